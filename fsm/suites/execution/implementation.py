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

import sys
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, redirect_stdout
from functools import partial
from typing import NamedTuple, Protocol

from fsm.errors import ArgumentError, FsmError
from fsm.mealy import NOTHING, Mealy, with_shown
from fsm.text import align_columns, visible

__all__ = [
    "SYSTEM_FAILURES",
    "Implementation",
    "RunResult",
    "StepResult",
    "answer_of",
    "apart_from_output",
    "observer",
    "run_test",
]


SYSTEM_FAILURES = (Exception, SystemExit)
"""What a call of a system under test may raise; ``sys.exit()`` of its code does not end ours."""


def apart_from_output() -> AbstractContextManager[object]:
    """Return a context in which what a system under test prints goes to standard error."""
    return redirect_stdout(sys.stderr)


class Implementation(Protocol):
    """An adapter to the system under test.

    Where the specification shows something at any time, such as the status of a message, the
    adapter also has a method ``observe() -> str | None``, which is called after the reset and
    after every event; ``None`` where nothing is shown yet.
    """

    def reset(self) -> object:
        """Bring the system to its initial state."""

    def send(self, event: str) -> str | None:
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
    def agrees(self) -> bool:
        """Whether both answers are the same."""
        return self.expected == self.got


class RunResult(NamedTuple):
    """The steps of a test up to the first one with a wrong answer."""

    steps: tuple[StepResult, ...]
    """The steps, up to the first one with a wrong answer."""

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
            tuple(map(visible, (str(n), step.event or "(reset)", *step[1:])))
            for n, step in numbered
        ]
        marks = [" ", *(" " if step.agrees else ">" for step in self.steps)]
        lines = align_columns([header, *rows], right=[0])
        return "\n".join(f"{mark} {line}" for mark, line in zip(marks, lines, strict=True))


def run_test(implementation: Implementation, mealy: Mealy, trace: Iterable[str]) -> RunResult:
    """Reset an implementation and send it a trace, up to the first wrong answer.

    An exception of the implementation is an answer, too. Raises :class:`FsmError` where it
    lacks a method, and :class:`fsm.errors.MachineError` where the machine does not define the
    trace.
    """
    given: object = mealy
    if not isinstance(given, Mealy):
        raise ArgumentError(f"mealy: {given!r} is no Mealy machine; Mealy.of(machine) makes one")
    word = mealy.word(trace)
    states = mealy.walk(word)
    observe = observer(implementation, shows=mealy.shown is not None)
    steps = []
    implementation.reset()
    if observe and mealy.shown:
        steps.append(StepResult("", mealy.shown[states[0]], observe(), mealy.states[states[0]]))
    for s, x, t in zip(states, word, states[1:], strict=False):
        if steps and not steps[-1].agrees:
            break
        expected = mealy.outputs[int(mealy.output[s, x])]
        got = answer_of(partial(implementation.send, mealy.inputs[x]))
        if observe and mealy.shown:
            seen = observe()
            expected, got = with_shown(expected, mealy.shown[t]), with_shown(got or seen, seen)
        steps.append(StepResult(mealy.inputs[x], expected, got or NOTHING, mealy.states[t]))
    return RunResult(tuple(steps))


def observer(implementation: Implementation, *, shows: bool) -> Callable[[], str] | None:
    """Return a function that observes the implementation, ``None`` where nothing is shown.

    Raises :class:`FsmError` where the implementation lacks a method.
    """
    if isinstance(implementation, type):
        raise FsmError(
            f"the implementation is the class {implementation.__name__}, not an instance; "
            f"write {implementation.__name__}()"
        )
    kind = type(implementation).__name__
    for name in ("reset", "send", "observe")[: 3 if shows else 2]:
        if not callable(getattr(implementation, name, None)):
            hint = ": add it, or say observable='output'" if name == "observe" else ""
            raise FsmError(f"the implementation, of type {kind}, has no method {name}(){hint}")
    observe = getattr(implementation, "observe", None)
    return (lambda: answer_of(observe) or NOTHING) if shows and observe else None


def answer_of(call: Callable[[], object]) -> str | None:
    """Return the result of a call as text; an exception is an answer, too."""
    try:
        value = call()
    except SYSTEM_FAILURES as error:  # whatever a system under test does, it is an answer
        return f"{type(error).__name__}: {error}"
    return None if value is None else str(value)
