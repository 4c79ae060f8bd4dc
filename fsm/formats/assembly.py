"""Assemble a machine from the parts of a file; each part comes with its line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NoReturn

from fsm.epoch import MICROSECOND, duration_fault, read_duration
from fsm.errors import MachineError
from fsm.guard import MAX_GUARDS, symbol, valuations
from fsm.machine import Deadline, Indicator, Machine, State, Timer, Transition
from fsm.machine_faults import colour_faults, timer_faults
from fsm.machine_parts import refinements
from fsm.suggest import no_such
from fsm.text import shortened

__all__ = ["MAX_BYTES", "MAX_PARTS", "Assembly", "refuse"]

MAX_BYTES = 16 * 2**20
"""A machine of 100,000 states and transitions needs less."""
MAX_PARTS = 250_000
"""Objects or elements in one file."""
MOST_NAMES = 1_000
"""Guards of one event."""


def refuse(file: str, line: int, what: str) -> NoReturn:
    """Raise :class:`MachineError` for a place in a file."""
    raise MachineError(f"{file}:{line}: {what}")


class Assembly:
    """Takes states, then events, then transitions, then the parts that refer to them.

    Every method raises :class:`MachineError`, with file and line, for a part that does not fit.
    """

    def __init__(self, file: str) -> None:
        self.file = file
        self.states: dict[str, State] = {}
        self.events: dict[str, None] = {}
        self.transitions: dict[tuple[str, str], Transition] = {}
        self._indicators: set[str] = set()
        self._guarded: set[str] = set()

    def state(self, line: int, state: State) -> None:
        """Add a state."""
        if state.name in self.states:
            refuse(self.file, line, f"a second state {_quoted(state.name)}; rename one of them")
        self.states[state.name] = state

    def event(self, line: int, event: str) -> None:
        """Add an input symbol."""
        if event in self.events:
            refuse(self.file, line, f"a second event {_quoted(event)}; leave it out")
        self.events[event] = None

    def transition(self, line: int, transition: Transition) -> None:
        """Add a transition between states, on an event, that were all added before."""
        self._known(line, "state", transition.source, self.states)
        self._known(line, "state", transition.target, self.states)
        self._known(line, "event", transition.event, self.events)
        cell = transition.source, transition.event
        if cell in self.transitions:
            what = f"a second transition of {_quoted(cell[1])} in state {_quoted(cell[0])}"
            refuse(self.file, line, f"{what}; a cell of the table has one target")
        self.transitions[cell] = transition

    def initial(self, line: int, name: str) -> str:
        """Return the name of the initial state."""
        if not self.states:
            refuse(self.file, line, "no state; a machine has at least one")
        self._known(line, "state", name, self.states)
        return name

    def indicator(self, line: int, indicator: Indicator) -> Indicator:
        """Return an indicator of statuses that exist."""
        if indicator.name in self._indicators:
            refuse(self.file, line, f"a second indicator {_quoted(indicator.name)}; leave it out")
        self._indicators.add(indicator.name)
        for status in sorted(indicator.statuses):
            self._known(line, "status", status, self._statuses())
        return indicator

    def colours(self, line: int, colours: Mapping[str, str]) -> Mapping[str, str]:
        """Return colours of statuses that exist."""
        for fault in colour_faults(colours, self._statuses()):
            refuse(self.file, line, fault)
        return colours

    def _statuses(self) -> dict[str, None]:
        return {s.status: None for s in self.states.values() if s.status is not None}

    def deadline(self, line: int, deadline: Deadline) -> Deadline:
        """Return a deadline whose event is accepted in its state."""
        self._known(line, "event", deadline.start, self.events)
        self._known(line, "state", deadline.state, self.states)
        if (deadline.state, deadline.event) not in self.transitions:
            what = f"the deadline's event {_quoted(deadline.event)} is not accepted in state"
            refuse(self.file, line, f"{what} {_quoted(deadline.state)}")
        return deadline

    def timer(
        self,
        line: int,
        event: str,
        after: str,
        states: tuple[str, ...],
        *,
        restarts: tuple[tuple[str, str], ...],
        stops: bool,
        scope: str,
    ) -> Timer:
        """Return a timer whose event and states exist, after a time such as ``30 min``."""
        delay = read_duration(after)
        if delay is None:
            what = f"after {shortened(after)!r} {duration_fault(after)}"
            refuse(self.file, line, f"{what}; write 45 s, 30 min or 1 h 30 min")
        timer = Timer(event, delay // MICROSECOND, states, restarts, stops, scope)
        cells, known = self.transitions, {*self.events, *self._guarded}
        for fault in timer_faults([timer], self.states.keys(), cells, known):
            refuse(self.file, line, fault)
        return timer

    def guards(self, line: int, event: str, names: Iterable[str]) -> tuple[str, ...]:
        """Return the guards an event depends on, after checking that it is refined by them."""
        if event in self._guarded:
            what = f"the guards of {_quoted(event)} stand here a second time"
            refuse(self.file, line, f"{what}; name them all in one place")
        self._guarded.add(event)
        guards = tuple(names)
        if len(set(guards)) > MAX_GUARDS:
            if len(guards) > MOST_NAMES or not refinements({event: guards}, self.events):
                what = f"event {_quoted(event)} depends on more than {MAX_GUARDS} guards"
                refuse(self.file, line, f"{what}, and no event says which of them hold")
            return guards
        for valuation in valuations(set(guards), ""):
            self._known(line, "event", symbol(event, valuation), self.events)
        return guards

    def machine(
        self,
        *,
        name: str,
        title: str,
        initial: str,
        indicators: tuple[Indicator, ...],
        colours: Mapping[str, str] | None = None,
        deadline: Deadline | None,
        companion: str | None,
        guards: Mapping[str, tuple[str, ...]],
        unreachable: tuple[str, ...],
        ignored: tuple[str, ...],
        assumed: tuple[str, ...] = (),
        unit: str | None = None,
        timers: tuple[Timer, ...] = (),
    ) -> Machine:
        """Return the machine of these parts."""
        return Machine(
            name=name,
            title=title,
            states=tuple(self.states.values()),
            events=tuple(self.events),
            transitions=tuple(self.transitions.values()),
            initial=initial,
            indicators=indicators,
            colours=colours or {},
            deadline=deadline,
            companion=companion,
            guards=guards,
            unreachable=unreachable,
            ignored=ignored,
            assumed=assumed,
            unit=unit,
            timers=timers,
        )

    def _known(self, line: int, kind: str, name: str, names: Iterable[str]) -> None:
        if name in names:
            return
        refuse(self.file, line, no_such(kind, name, names))


def _quoted(name: str) -> str:
    return repr(shortened(name))
