"""What an implementation does in each cell of a machine, found by running it.

A state is reached by a shortest trace on which the implementation did what the machine says, as
far as that can be seen; then the event is sent, and what is shown is observed. Where several states
show the same, further events tell them apart, so that an event that leads to a wrong state of the
right status is found where it happens, and not in the cells behind it.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TypeAlias

from fsm.conformance.answers import AnswerReading, Doubt, Seen, StateWords
from fsm.conformance.system_runs import OverError, ResetError, SystemRuns, are_alike
from fsm.conformance.votes import Vote, shows_states
from fsm.errors import FsmError
from fsm.implementations.connecting import connection_of
from fsm.implementations.connection import Connection
from fsm.implementations.output import apart_from_output
from fsm.machine import Machine
from fsm.mealy import NOTHING, REJECTED, Observable
from fsm.suites.execution.implementation import Implementation
from fsm.suites.execution.rows import observable_of
from fsm.text import first_names, quantity
from fsm.trace import Trace

__all__ = ["MOST_EVENTS", "CellRun", "ProbedCells", "probe"]

MOST_EVENTS = 1_000_000
"""So many events are sent at most; the cells that are left are not run."""

_Key: TypeAlias = tuple[str, str]


@dataclass(frozen=True, slots=True)
class CellRun:
    """A cell that was run: the events that were sent, and what was seen."""

    trace: Trace
    """The events: a shortest trace to the state, and the event."""
    answer: str
    """What was seen after the last one."""
    vote: Vote
    """What that says."""


@dataclass(frozen=True)
class ProbedCells:
    """What an implementation does in the cells that could be reached."""

    name: str
    """The implementation, as the caller named it."""
    runs: Mapping[_Key, CellRun]
    """The cells that were run, by state and event."""
    not_reached: tuple[str, ...]
    """The states to which no trace leads on which the implementation does as the machine says."""
    events: int
    """How many events were sent."""
    notes: tuple[str, ...] = ()
    """What was assumed, and what was left out."""

    def vote(self, state: str, event: str) -> Vote | None:
        """Return what the implementation does in a cell, ``None`` where that is not known."""
        run = self.runs.get((state, event))
        return run.vote if run else None


def probe(
    implementation: Implementation | Connection,
    machine: Machine,
    name: str = "",
    more_events: Iterable[str] = (),
    most: int = MOST_EVENTS,
    disputed: Mapping[_Key, Collection[str]] = MappingProxyType({}),
) -> ProbedCells:
    """Run every cell of a machine, and those of ``more_events``, in an implementation.

    ``disputed`` are cells on which another source contradicts the machine, with the states to which
    either says they lead: what the machine alone says of them does not tell in which state an
    implementation is.

    The implementation shows its status, or its state where it shows that one after a reset, or
    nothing but its answers where it has no ``observe``. At most so many events are sent.

    Raises :class:`FsmError` where it lacks another method, and where it does not begin as the
    machine does.
    """
    return _Probing(implementation, machine, list(more_events), most, disputed).result(name)


_REPEATS = 3
"""So often a run is repeated before the implementation is said to differ."""

_MORE_REPEATS = 12
"""So often, once an implementation was seen to do different things after the same events."""


class _Probing:
    def __init__(
        self,
        implementation: Implementation | Connection,
        machine: Machine,
        more: Sequence[str],
        most: int,
        disputed: Mapping[_Key, Collection[str]],
    ) -> None:
        self.machine = machine
        self.disputed = disputed
        connection = connection_of(implementation)
        seen = observable_of(connection, machine)
        self.runs = SystemRuns(connection, seen != "output", most, machine)
        is_state = seen == "status" and shows_states(machine) and bool(machine.statuses)
        self.observable: Observable = "state" if is_state else seen
        self.events = list(dict.fromkeys((*machine.events, *more)))
        self.reachable = list(machine.traces)
        self._separators: dict[bool, StateWords] = {}
        self._says_rejected = False
        self.stopped = ""
        """Why not every cell was run; empty where each was that could be reached."""
        self._begin()

    def _begin(self) -> None:
        """Forget every cell; what is known of the implementation as a whole is kept."""
        self.seen: dict[_Key, tuple[Trace, Seen, Seen]] = {}
        """The trace of each cell that was run, what was seen before its event, and after it."""
        self.like: dict[_Key, frozenset[str]] = {}
        """The states of which one must be the target, of cells that lead to a wrong one."""
        self.narrowed: dict[_Key, frozenset[str]] = {}
        """The states of which one must be the target, of cells that lead where they should."""
        self.unsteady: dict[_Key, None] = {}
        """The cells before which a trace ended otherwise than the time before."""
        self.overtaken: dict[_Key, None] = {}
        """The cells whose timer another one is ahead of."""
        self.hints: dict[_Key, str] = {}
        """Of cells that differ, what else explains it."""
        self.access: dict[str, Trace] = {self.machine.initial: ()}
        self.doubts: defaultdict[str, list[Doubt]] = defaultdict(list)

    def result(self, name: str) -> ProbedCells:
        with apart_from_output():
            self._run_all(name)
        answers = [after for _, _, after in self.seen.values()]
        reading = AnswerReading(
            self.observable,
            gives_sign=self._says_rejected,
            shows_statuses=any(answer.shown in self.runs.outputs for answer in answers),
        )
        runs = {
            cell: CellRun(
                trace,
                after.text + self.hints.get(cell, ""),
                self._vote(reading, cell, before, after),
            )
            for cell, (trace, before, after) in self.seen.items()
        }
        reached = {state for state, _ in self.seen}
        left = tuple(s for s in self.reachable if s not in reached)
        return ProbedCells(
            name, runs, left, self.runs.sent, tuple(self._notes(name, reading, left))
        )

    def _run_all(self, name: str) -> None:
        try:
            self._check_beginning(name)
            if not self._explore_all():
                self._begin()
                self._explore_all()
            self._confirm()
        except OverError:
            self.stopped = f"{self.runs.sent:,} events were sent"
        except ResetError as error:
            self.stopped = f"reset() failed: {error}"
        if self.stopped:
            self.like.clear()  # runs that are left might have explained it otherwise

    def _explore_all(self) -> bool:
        """Run every cell; return whether silence had one meaning all along."""
        silence = self.runs.silence
        self._explore([self.machine.initial])
        while state := self._least_doubtful():
            self._explore([state])
        return silence == self.runs.silence

    def _vote(self, reading: AnswerReading, cell: _Key, before: Seen, after: Seen) -> Vote:
        vote = reading.vote(before, after, self.like.get(cell))
        narrowed = self.narrowed.get(cell)
        is_open = vote.targets is None and not vote.rejects
        return replace(vote, targets=narrowed) if is_open and narrowed else vote

    def _notes(self, name: str, reading: AnswerReading, left: Sequence[str]) -> Iterable[str]:
        raised = Counter(
            after.failure.partition(":")[0]
            for (state, event), (_, _, after) in self.seen.items()
            if after.failure and not reading.gives_sign and self.machine.step(state, event) is None
        )
        for kind, number in sorted(raised.items()):
            yield (
                f"{name}: raises {kind} in {quantity(number, 'cell')} where the machine rejects: "
                f"if that is how it rejects, its adapter is to return {REJECTED!r} instead"
            )
        if self.seen and not (reading.gives_sign or raised):
            yield f"{name}: gives no sign of rejected events; no change may be a rejection"
        if note := self.runs.timer_note:
            yield f"{name}: {note}"
        if self.overtaken:
            cells = first_names([f"{event} in {state}" for state, event in self.overtaken])
            yield f"{name}: not run, because another timer fires first: {cells}"
        if self.unsteady:
            count = quantity(len(self.unsteady), "cell")
            yield f"{name}: {count} not judged: the same events did not lead to the same twice"
        if self.stopped:
            yield f"{name}: not every cell was run, {self.stopped}"
        elif left:
            yield (
                f"{name}: not run in {first_names(left)}: no trace leads there on which it does as "
                "specified"
            )

    # Running --------------------------------------------------------------------------------

    def _shows(self, state: str) -> str:
        return state if self.observable == "state" else self.machine.status(state) or NOTHING

    def _fits(self, before: Seen, after: Seen, state: str, event: str) -> bool:
        """Whether the machine does the same in a state, as far as that can be seen."""
        if after.failure:
            return False
        step = self.machine.step(state, event)
        if step is None:
            return after.shown == before.shown
        return not after.is_rejected and after.shown in (
            self._shows(step.target),
            *self.runs.silence,
        )

    # States ---------------------------------------------------------------------------------

    def _check_beginning(self, name: str) -> None:
        try:
            (first,) = self.runs.run(())
        except ResetError as error:
            raise FsmError(f"{name}: reset() failed: {error}") from error
        expected = self._shows(self.machine.initial)
        if self.runs.shows and first.shown != expected:
            raise FsmError(
                f"{name}: shows {first.shown!r} after a reset, and {self.machine.name} begins with "
                f"{expected!r}; is it an adapter for this machine?"
            )

    def _explore(self, states: Iterable[str]) -> None:
        """Run the cells of states, and of those that are reached from them."""
        queue = deque(states)
        while queue:
            state = queue.popleft()
            for event in self.events:
                self._run_cell(state, event)
            for event in self.events:
                if (state, event) in self.seen:
                    queue += self._follow(state, event)

    def _run_cell(self, state: str, event: str) -> None:
        trace = (*self.access[state], event)
        if not self.runs.can_run(trace):
            self.overtaken[state, event] = None
            return
        *_, before, after = self.runs.run(trace)
        is_there = not self.runs.shows or before.shown == self._shows(state)
        if is_there and self._is_steady(state, trace, before, after, _REPEATS):
            self.seen[state, event] = trace, before, after
            self._says_rejected |= after.is_rejected
        else:
            self.unsteady[state, event] = None

    def _follow(self, state: str, event: str) -> list[str]:
        """Find where a cell leads; return the state if it was not reached before."""
        trace, before, after = self.seen[state, event]
        step = self.machine.step(state, event)
        if step is None or not self._fits(before, after, state, event):
            return []
        doubt = self._identify((state, event), trace, step.target)
        if step.target not in doubt.like:
            if not self._is_as_before(doubt, step.target):
                self.doubts[step.target].append(doubt)
                self.like[state, event] = doubt.like
            return []
        if (state, event) in self.disputed and not self._is_certain(doubt, step.target):
            return []
        if doubt.behaviour or len(doubt.like) == 1:
            self.narrowed[state, event] = doubt.like
        if step.target in self.access:
            return []
        self.access[step.target] = trace
        return [step.target]

    def _is_steady(self, state: str, trace: Trace, before: Seen, after: Seen, repeats: int) -> bool:
        """Whether a run that does not fit the machine ends in the same way when it is repeated."""
        if self._fits(before, after, state, trace[-1]):
            return True
        again = (self.runs.run(trace)[-2:] for _ in range(repeats))
        return all(are_alike(before, b) and are_alike(after, a) for b, a in again)

    def _confirm(self) -> None:
        """Repeat the runs that do not fit, if the implementation was seen to be unsteady."""
        for (state, event), (trace, before, after) in list(self.seen.items()):
            if self.unsteady and not self._is_steady(state, trace, before, after, _MORE_REPEATS):
                del self.seen[state, event]
                self.unsteady[state, event] = None
        if self.unsteady:
            self.like.clear()

    def _is_as_before(self, doubt: Doubt, target: str) -> bool:
        """Whether a way to a state behaves like the one on which the state was run."""
        if target not in self.access:
            return False
        return self._identify(doubt.cell, self.access[target], target).behaviour == doubt.behaviour

    def _is_certain(self, doubt: Doubt, target: str) -> bool:
        """Whether no other state, reachable in the machine or not, can be where a way ended."""
        states = {state.name for state in self.machine.states}
        if self.observable != "state" and not states.issuperset(self.disputed[doubt.cell]):
            return False
        others = states - {target, *self.reachable}
        shown = self._shows(target)
        return len(doubt.like) == 1 and all(self._shows(other) != shown for other in others)

    def _identify(self, cell: _Key, trace: Trace, target: str) -> Doubt:
        """Find the states that behave like the one to which a trace leads."""
        shown = self._shows(target)
        first = [target, *(s for s in self.reachable if s != target and self._shows(s) == shown)]
        like = set(first)
        behaviour = []
        for place, a in enumerate(first) if self.observable != "state" else ():
            for b in first[place + 1 :] if a in like else ():
                word = self._word(a, b) if a in like and b in like else None
                if word is not None and self.runs.can_run((*trace, *word)):
                    seen = self.runs.run((*trace, *word))[-len(word) - 1 :]
                    behaviour.append((word, tuple(seen)))
                    like = {s for s in like if self._behaves(s, word, seen)}
        return Doubt(cell, trace, tuple(behaviour), frozenset(like))

    def _behaves(self, state: str, word: Trace, seen: Sequence[Seen]) -> bool:
        for event, before, after in zip(word, seen, seen[1:], strict=False):
            if (state, event) in self.disputed:
                return True
            if not self._fits(before, after, state, event):
                return False
            step = self.machine.step(state, event)
            signs = self._says_rejected and not after.is_time
            if step is None and signs and not after.is_rejected:
                return False
            state = step.target if step else state
        return True

    def _word(self, a: str, b: str) -> Trace | None:
        """Return a shortest trace that tells two states apart, ``None`` where none does.

        Rejections tell states apart once the implementation has shown that it tells of them.
        """
        separator = self._separators.get(self._says_rejected)
        if separator is None:
            separator = StateWords.of(self.machine, self.observable, rejections=self._says_rejected)
            self._separators[self._says_rejected] = separator
        return separator.word(a, b)

    def _least_doubtful(self) -> str | None:
        """Return a state to be run although it behaves unlike itself: if one of its cells differs.

        One wrong cell of the state explains what was seen as well as a wrong way to it, and where
        no other state behaves like it, nothing else does.
        """
        for state in self.reachable:
            for doubt in self.doubts[state] if state not in self.access else ():
                wrong = self._wrong_events(doubt.trace, state)
                if doubt.like and len(wrong) > 1:
                    continue
                for event in wrong if doubt.like else ():
                    self.hints[state, event] = doubt.hint
                self.access[state] = doubt.trace
                for other in self.doubts[state]:
                    if other.behaviour == doubt.behaviour:
                        del self.like[other.cell]
                return state
        return None

    def _wrong_events(self, trace: Trace, state: str) -> list[str]:
        traces = ((*trace, event) for event in self.events)
        runs = ((way[-1], self.runs.run(way)[-2:]) for way in traces if self.runs.can_run(way))
        return [event for event, seen in runs if not self._behaves(state, (event,), seen)]
