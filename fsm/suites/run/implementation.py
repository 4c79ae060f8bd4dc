"""Tests run against an implementation, step by step, through an adapter that the user writes.

>>> import fsm
>>> class AlwaysSent:
...     def reset(self) -> None: ...
...     def send(self, event: str) -> str:
...         return "Sent"
>>> mealy = Mealy.of(fsm.load("with-feedback"), "output")
>>> print(execute(AlwaysSent(), mealy, ["relayed", "delivered"]))
  step  event    expected  got   state
>    1  relayed  Pending   Sent  awaiting
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import NamedTuple, Protocol

from fsm.errors import FsmError
from fsm.mealy import NOTHING, Mealy
from fsm.text import display_width, pad, visible

__all__ = ["Implementation", "Run", "Taken", "execute", "joined", "observer", "text"]


class Implementation(Protocol):
    """An adapter to the system under test.

    Where the specification shows something at any time, such as the status of a message, it also
    has a method ``observe() -> str | None``, which is asked after the reset and after every
    event; ``None`` where nothing is shown yet.
    """

    def reset(self) -> object:
        """Bring the system to its initial state."""

    def send(self, event: str) -> str | None:
        """Send an event and return the answer: an output, ``rejected`` for a rejected event.

        ``None`` where the system answers nothing by itself; then what ``observe`` returns is
        taken for the answer.
        """


class Taken(NamedTuple):
    """A step that was run: what the specification says, and what the implementation said.

    ``event`` is empty for the look at the implementation after its reset; ``state`` is the
    state of the specification after the step.
    """

    event: str
    expected: str
    got: str
    state: str

    @property
    def agrees(self) -> bool:
        """Whether both said the same."""
        return self.expected == self.got


class Run(NamedTuple):
    """The steps of a test up to the first on which the two disagree."""

    taken: tuple[Taken, ...]

    @property
    def agrees(self) -> bool:
        """Whether the implementation passed."""
        return all(step.agrees for step in self.taken)

    @property
    def trace(self) -> tuple[str, ...]:
        """The events that were sent."""
        return tuple(step.event for step in self.taken if step.event)

    def __str__(self) -> str:
        header = ("step", "event", "expected", "got", "state")
        first = len(self.taken) - len(self.trace)  # a look after the reset is step 0
        numbered = enumerate(self.taken, 1 - first)
        texts = [(str(n), step.event or "(reset)", *step[1:]) for n, step in numbered]
        rows = [tuple(map(visible, row)) for row in texts]
        widths = [max(map(display_width, column)) for column in zip(header, *rows, strict=True)]
        marks = [" ", *(" " if step.agrees else ">" for step in self.taken)]
        lines = []
        for mark, (number, *row) in zip(marks, [header, *rows], strict=True):
            cells = [pad(text, width) for text, width in zip(row, widths[1:], strict=True)]
            lines.append("  ".join([f"{mark} {number:>{widths[0]}}", *cells]).rstrip())
        return "\n".join(lines)


def execute(implementation: Implementation, mealy: Mealy, trace: Iterable[str]) -> Run:
    """Reset an implementation and send it a trace, until it answers otherwise than the machine.

    An exception of the implementation is an answer, too. Raises :class:`FsmError` where it
    lacks a method, and :class:`fsm.errors.MachineError` where the trace is not defined.
    """
    word = mealy.word(trace)
    states = mealy.walk(word)
    observe = observer(implementation, shows=mealy.shown is not None)
    taken = []
    implementation.reset()
    if observe and mealy.shown:
        taken.append(Taken("", mealy.shown[states[0]], observe(), mealy.states[states[0]]))
    for s, x, t in zip(states, word, states[1:], strict=False):
        if taken and not taken[-1].agrees:
            break
        expected = mealy.outputs[int(mealy.output[s, x])]
        got = text(partial(implementation.send, mealy.inputs[x]))
        if observe and mealy.shown:
            seen = observe()
            expected, got = joined(expected, mealy.shown[t]), joined(got or seen, seen)
        taken.append(Taken(mealy.inputs[x], expected, got or NOTHING, mealy.states[t]))
    return Run(tuple(taken))


def observer(implementation: Implementation, *, shows: bool) -> Callable[[], str] | None:
    """Return what asks for the status, ``None`` where nothing is shown.

    Raises :class:`FsmError` where the implementation lacks a method.
    """
    kind = type(implementation).__name__
    for name in ("reset", "send", "observe")[: 3 if shows else 2]:
        if not callable(getattr(implementation, name, None)):
            hint = ": add it, or say observable='output'" if name == "observe" else ""
            raise FsmError(f"the implementation, a {kind}, has no method {name}(){hint}")
    observe = getattr(implementation, "observe", None)
    return (lambda: text(observe) or NOTHING) if shows and observe else None


def text(call: Callable[[], object]) -> str | None:
    """Return what a call answers as text; what it raises is an answer, too."""
    try:
        value = call()
    except Exception as error:  # whatever a system under test does, it is an answer
        return f"{type(error).__name__}: {error}"
    return None if value is None else str(value)


def joined(output: str, shown: str) -> str:
    """Return an output and what is shown after it as one text; once where they are the same."""
    return output if shown == output else f"{output}, shows {shown}"
