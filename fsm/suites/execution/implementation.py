"""Tests run step by step against an implementation, through an adapter that the user writes.

>>> import fsm
>>> class AlwaysSent:
...     def reset(self) -> None: ...
...     def send(self, event: str) -> str:
...         return "Sent"
>>> mealy = Mealy.of(fsm.load("with-feedback"), "output")
>>> print(run_test(AlwaysSent(), mealy, ["relayed", "delivered"]))
  step  event    expected  got   state
>    1  relayed  Pending   Sent  awaiting
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

from fsm.errors import ArgumentError
from fsm.implementations.connecting import connection_of
from fsm.implementations.connection import Connection
from fsm.implementations.observation import (
    Observed,
    advance_and_observe,
    reset_and_observe,
    run_whole,
    send_and_observe,
)
from fsm.machine_parts import Timer
from fsm.mealy import NOTHING, REJECTED, Mealy, with_shown
from fsm.suites.execution.timing import Advance, timed_steps
from fsm.text import align_columns, visible, with_visible_ends

__all__ = ["Implementation", "RunResult", "StepResult", "run_test"]


class Implementation(Protocol):
    """An adapter to the system under test.

    Its methods may be coroutine functions. Where the specification shows something at any time,
    such as the status of a message, the adapter also has a method ``observe() -> str | None``,
    which is called after the reset and after every event; ``None`` where nothing is shown yet. If
    it has a method ``advance(seconds)``, timers are tested by letting time pass; ``close()`` is
    called at the end by whoever made the adapter.
    """

    def reset(self) -> object:
        """Bring the system to its initial state."""

    def send(self, event: str) -> object:
        """Send an event and return the answer: an output, ``rejected`` for a rejected event.

        ``None`` where the system gives no answer of its own; then the answer is what
        ``observe`` returns.
        """


class StepResult(NamedTuple):
    """A step that was run: the answer that the specification expects, and the one it got.

    ``event`` is empty for the observation after the reset; ``state`` is the state of the
    specification after the step.
    """

    event: str
    """The event; empty for the observation after the reset."""
    expected: str
    """What the specification answers."""
    got: str
    """What the implementation answers."""
    state: str
    """The state of the specification after the step."""

    @property
    def shown_answers(self) -> tuple[str, str]:
        """Both answers, in quotes where a blank at an end would not be seen."""
        return with_visible_ends(self.expected), with_visible_ends(self.got)

    @property
    def agrees(self) -> bool:
        """Whether both answers are the same."""
        return self.expected == self.got


class RunResult(NamedTuple):
    """The steps of a test up to the first one with a wrong answer."""

    steps: tuple[StepResult, ...]
    """The steps, up to the first one with a wrong answer."""
    left: tuple[str, ...] = ()
    """The events that were not run, because another timer would fire before the next one."""

    @property
    def agrees(self) -> bool:
        """Whether the implementation passed."""
        return all(step.agrees for step in self.steps)

    @property
    def trace(self) -> tuple[str, ...]:
        """The events that were sent."""
        return tuple(step.event for step in self.steps if step.event)

    def __str__(self) -> str:
        header = ("step", "event", "expected", "got", "state")
        observed = len(self.steps) - len(self.trace)  # the observation after the reset is step 0
        numbered = enumerate(self.steps, 1 - observed)
        rows = [
            tuple(map(visible, (str(n), step.event or "(reset)", *step.shown_answers, step.state)))
            for n, step in numbered
        ]
        marks = [" ", *(" " if step.agrees else ">" for step in self.steps)]
        lines = align_columns([header, *rows], right=[0])
        return "\n".join(f"{mark} {line}" for mark, line in zip(marks, lines, strict=True))


def run_test(
    implementation: Implementation | Connection,
    mealy: Mealy,
    trace: Iterable[str],
    *,
    timers: Sequence[Timer] = (),
    values: Mapping[str, Mapping[str, object]] | None = None,
) -> RunResult:
    """Reset an implementation and send it a trace, up to the first wrong answer.

    ``timers`` are those of the machine: if the implementation can advance time, their events are
    not sent, but time passes until they happen. ``values`` has the values that events come with,
    by event.

    An exception of the implementation is an answer, too. Raises :class:`fsm.errors.FsmError` where
    it lacks a method, and :class:`fsm.errors.MachineError` where the machine does not define the
    trace.
    """
    given: object = mealy
    if not isinstance(given, Mealy):
        raise ArgumentError(f"mealy: {given!r} is no Mealy machine; Mealy.of(machine) makes one")
    run = _Run(connection_of(implementation), mealy, trace)
    steps: list[StepResult] = []
    for step in run.steps(timers, values or {}):
        steps.append(step)
        if not step.agrees:
            break
    return RunResult(tuple(steps), run.left)


class _Run:
    """One run of a trace."""

    def __init__(self, connection: Connection, mealy: Mealy, trace: Iterable[str]) -> None:
        self.connection, self.mealy = connection, mealy
        self.word = mealy.word(trace)
        self.states = mealy.walk(self.word)
        self.shown = mealy.shown
        self.left: tuple[str, ...] = ()

    def steps(
        self, timers: Sequence[Timer], values: Mapping[str, Mapping[str, object]]
    ) -> Iterator[StepResult]:
        """Yield each step as it is run, the reset first where it shows something or fails."""
        shows = self.shown is not None
        timed = bool(timers) and self.connection.can_advance
        if not timed and not values:
            seen = run_whole(self.connection, self._names(), shows=shows)
            if seen:
                yield from self._of_whole(seen)
                return
        first = self._shows(self.states[0])
        seen_first = reset_and_observe(self.connection, shows=shows, expected=first)
        if shows or seen_first.failure:
            yield self._first(seen_first)
        planned = timed_steps(self.mealy, self.word, timers if timed else ())
        for number, step in enumerate(planned):
            place = self.states[number + 1]
            expected = self._shows(place)
            if isinstance(step, Advance):
                seen_step = advance_and_observe(
                    self.connection, step.seconds, shows=shows, expected=expected
                )
                yield self._result(number, seen_step, is_silent=True)
            else:
                seen_step = send_and_observe(
                    self.connection,
                    step,
                    shows=shows,
                    expected=expected,
                    values=values.get(step),
                )
                yield self._result(number, seen_step)
        self.left = self._names()[len(planned) :]

    def _names(self) -> tuple[str, ...]:
        return tuple(self.mealy.inputs[x] for x in self.word)

    def _shows(self, state: int) -> str | None:
        return None if self.shown is None else self.shown[state]

    def _of_whole(self, seen: list[Observed]) -> Iterator[StepResult]:
        if self.shown is not None:
            yield self._first(seen[0])
        for number, step in enumerate(seen[1:]):
            yield self._result(number, step)

    def _first(self, seen: Observed) -> StepResult:
        expected = self._shows(self.states[0]) or NOTHING
        return StepResult("", expected, seen.failure or seen.shown, self._name(0))

    def _result(self, number: int, seen: Observed, *, is_silent: bool = False) -> StepResult:
        s, x, t = self.states[number], self.word[number], self.states[number + 1]
        expected, got = self.mealy.outputs[int(self.mealy.output[s, x])], seen.text
        if self.shown is not None:
            if is_silent and expected == REJECTED:  # time that passes is not rejected
                expected = self.shown[t]
            expected = with_shown(expected, self.shown[t])
            got = with_shown(got, seen.shown) if seen.shown else got
        return StepResult(self.mealy.inputs[x], expected, got, self._name(number + 1))

    def _name(self, number: int) -> str:
        return self.mealy.states[self.states[number]]
