"""Timers as plain Python: one message, one event at a time. And random machines with timers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import product
from random import Random

from fsm.machine import Deadline, Machine, State, Timer, Transition

EVENTS = ("a", "b", "t", "u")
MOST = 40
"""Firings in a row after which a message is taken to go on for ever."""


class EndlessError(Exception):
    """Timers fire for ever."""


@dataclass
class Message:
    """One message under a machine: its state, the clocks that run, and what happened."""

    machine: Machine
    validity: int | None = None
    clocks: list[tuple[int, int]] = field(default_factory=list)
    """When a timer is due, and its number."""
    fired: list[tuple[int, str]] = field(default_factory=list)
    state: str = ""
    period_ends: int | None = None
    over: bool = False

    in_a_row: int = 0

    def follow(self, rows: Sequence[tuple[int, str]], end: int) -> Message:
        """Let the rows happen, each (time, event), and what is due up to the end."""
        machine = self.machine
        self.state = machine.initial
        for number, timer in enumerate(machine.timers):
            if machine.initial in timer.states and rows:
                self.clocks.append((rows[0][0] + timer.delay, number))
        start = machine.deadline.start if machine.deadline and self.validity is not None else None
        begun = next((time for time, event in rows if event == start), None)
        if begun is not None and self.validity is not None:
            self.period_ends = begun + self.validity
        for place, (time, event) in enumerate(rows):
            if place:
                self.elapse(time, event)
            self.take(time, event)
        self.elapse(end, None)
        return self

    def elapse(self, until: int, event: str | None) -> None:
        """Let happen what is due; a timer of this event waits for the row that records it."""
        timers = self.machine.timers
        while True:
            clock, period = min(self.clocks, default=None), self.period_ends
            if clock and (clock[0] > until or timers[clock[1]].event == event):
                clock = None
            if period is not None and period <= until and (clock is None or period <= clock[0]):
                self.expire(period)
            elif clock is not None:
                self.fire(clock)
            else:
                return

    def fire(self, clock: tuple[int, int]) -> None:
        """Fire a timer."""
        self.clocks.remove(clock)
        timer = self.machine.timers[clock[1]]
        self.in_a_row += 1
        if self.in_a_row > MOST:
            raise EndlessError
        if self.machine.step(self.state, timer.event):
            self.fired.append((clock[0], str(timer)))
            self.step(clock[0], timer.event)

    def expire(self, time: int) -> None:
        """End the validity period."""
        deadline = self.machine.deadline
        assert deadline
        self.over, self.period_ends, self.in_a_row = True, None, 0
        if self.state == deadline.state:
            self.move(time, deadline.event)

    def take(self, time: int, event: str) -> None:
        """Let a row happen; it may be the firing of a timer that is due."""
        self.in_a_row = 0
        timers = self.machine.timers
        mine = [c for c in self.clocks if timers[c[1]].event == event and c[0] <= time]
        if mine:
            self.clocks.remove(min(mine))
        if any(timer.event == event for timer in timers):
            self.clocks = [(max(due, time), number) for due, number in self.clocks]
        self.step(time, event)

    def step(self, time: int, event: str) -> None:
        """Take a transition, if there is one; nothing stays in the deadline's state once over."""
        deadline = self.machine.deadline
        if self.move(time, event) and self.over and deadline and self.state == deadline.state:
            self.move(time, deadline.event)

    def move(self, time: int, event: str) -> bool:
        """Take a transition, start and stop timers; return whether there is one."""
        transition = self.machine.step(self.state, event)
        if transition is None:
            return False
        before, after = self.state, transition.target
        for number, timer in enumerate(self.machine.timers):
            starts = after in timer.states and before not in timer.states
            starts |= (before, event) in timer.restarts
            is_outside = timer.stops and after not in timer.states
            if timer.stops and (starts or is_outside):
                self.clocks = [clock for clock in self.clocks if clock[1] != number]
            if starts and not is_outside:
                self.clocks.append((time + timer.delay, number))
        self.state = after
        return True


def timed_machine(random: Random, *, name: str = "m", deadline: bool = False) -> Machine:
    """Return a random machine with one to three timers."""
    names = [f"s{i}" for i in range(random.randint(2, 4))]
    cells = {
        (source, event): random.choice(names)
        for source in names
        for event in EVENTS
        if random.random() < 0.6
    }
    timers = {}
    for _ in range(random.randint(1, 3)):
        states = tuple(s for s in names if random.random() < 0.5) or (random.choice(names),)
        restarts = tuple(cell for cell in cells if random.random() < 0.15)
        stops = deadline or random.random() < 0.7
        event = random.choice(("t", "u", "b"))
        timer = Timer(event, random.choice((0, 1, 2, 3, 5, 8)), states, restarts, stops)
        timers[str(timer)] = timer
    ends = [cell for cell in cells if cell[1] == "u"]
    return Machine(
        name,
        name,
        tuple(State(s, s.upper(), s, (s,)) for s in names),
        EVENTS,
        tuple(Transition(s, e, t, e) for (s, e), t in cells.items()),
        random.choice(names),
        deadline=Deadline("a", "u", ends[0][0]) if ends and deadline else None,
        timers=tuple(timers.values()),
    )


def rows_of_messages(random: Random, messages: int) -> dict[str, list[tuple[int, str]]]:
    """Return random rows of messages, each (time, event), in order; times often coincide."""
    return {
        f"m{number}": sorted(
            (
                (random.randint(0, 12), random.choice((*EVENTS, "unknown")))
                for _ in range(random.choice((1, 1, 2, 3, 5)))
            ),
            key=lambda row: row[0],
        )
        for number in range(messages)
    }


def expiring(machine: Machine, delay: timedelta) -> Machine:
    """Return a machine whose states say whether the validity period runs or is over, by a timer."""
    deadline = machine.deadline
    assert deadline
    states, transitions = [], []
    for phase in ("", " running", " over"):
        for state in machine.states:
            states.append(replace(state, name=state.name + phase))
        for state, event in product(machine.states, machine.events):
            step = machine.step(state.name, event)
            target = step.target if step else state.name
            after = " running" if not phase and event == deadline.start else phase
            ended = machine.step(deadline.state, deadline.event)
            if phase == " over" and step and target == deadline.state and ended:
                target = ended.target
            if step or after != phase:
                transitions.append(Transition(state.name + phase, event, target + after, event))
        if phase == " running":
            for state in machine.states:
                ended = machine.step(state.name, deadline.event)
                target = ended.target if ended and state.name == deadline.state else state.name
                transitions.append(Transition(state.name + phase, "over", target + " over", "over"))
    running = tuple(state.name for state in states if state.name.endswith(" running"))
    return replace(
        machine,
        name="expiring",
        states=tuple(states),
        events=(*machine.events, "over"),
        transitions=tuple(transitions),
        deadline=None,
        timers=(Timer.of("over", delay, *running),),
    )
