"""The result of a comparison: differences, each with the shortest trace that shows it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TypeAlias

from fsm.machine import Effect
from fsm.presentation import RichValue
from fsm.trace import Trace

__all__ = [
    "Comparison",
    "Difference",
    "DifferenceKind",
    "EffectDifference",
    "Settlement",
    "StatePair",
]

StatePair: TypeAlias = tuple[str, str]
"""A state of the first machine and the state of the second one after the same trace."""


class DifferenceKind(Enum):
    """In what two machines differ."""

    STATUS = "status"
    """The same trace shows different statuses."""
    FINAL = "final"
    """The same trace leads to a final state in one machine only."""
    ACCEPTS = "accepts"
    """One machine accepts the event, the other one rejects it."""
    ALPHABET = "alphabet"
    """Only one machine knows the event."""
    DEADLINE = "deadline"
    """The end of the validity period does something in one machine only."""
    TIMER = "timer"
    """A timer runs or starts in one machine only."""
    INDICATOR = "indicator"
    """Only one machine has the indicator."""
    ANSWER = "answer"
    """The event is answered differently; only where answers are compared."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference, with the shortest trace that shows it.

    ``states`` are the states after the trace; for an event (``ACCEPTS``, ``ALPHABET``,
    ``ANSWER``), which is the last one of the trace, those before it. ``shows`` is what each machine
    has there: its status (``None``: nothing is shown yet), ``final`` or ``not final``,
    ``accepted`` or ``rejected``, ``known`` or ``unknown``, the event of its deadline or ``None``,
    the timers that only it has, starts anew or lets run on, or ``None``, its indicator or ``None``,
    its answer, with what it shows then. Events are named with the guards that either machine asks
    for; see :mod:`fsm.alphabet`.
    """

    kind: DifferenceKind
    """In what they differ."""
    states: StatePair
    """The states of both machines."""
    path: Sequence[str]
    """The events of the trace; differences share the beginnings of theirs."""
    shows: tuple[str | None, str | None]
    """What the first machine has there, and the second."""
    event: str | None = None
    """The event, where the difference is about one."""

    @property
    def trace(self) -> Trace:
        """A shortest trace that shows the difference."""
        return tuple(self.path)

    def as_dict(self) -> dict[str, Any]:
        """Return a value for JSON."""
        return {
            "kind": self.kind.value,
            "event": self.event,
            "states": _sides(self.states),
            "shows": _sides(self.shows),
            "trace": list(self.trace),
        }


@dataclass(frozen=True, slots=True)
class EffectDifference:
    """A transition of both machines that changes indicators differently.

    ``states`` are the states before the event; the event is the last one of the trace.
    """

    event: str
    """The event."""
    states: StatePair
    """The states of both machines before it."""
    path: Sequence[str]
    """The events of the trace; differences share the beginnings of theirs."""
    effects: tuple[tuple[str, Effect, Effect], ...]
    """The indicators that differ: name, effect in the first machine, in the second."""

    @property
    def trace(self) -> Trace:
        """A shortest trace that ends with the event."""
        return tuple(self.path)

    def as_dict(self) -> dict[str, Any]:
        """Return a value for JSON."""
        return {
            "event": self.event,
            "states": _sides(self.states),
            "indicators": {name: {"a": x.value, "b": y.value} for name, x, y in self.effects},
            "trace": list(self.trace),
        }


@dataclass(frozen=True, slots=True)
class Settlement:
    """Where two machines with one skeleton agree for good.

    ``pairs`` is the greatest set of pairs of states in which both statuses agree, both are
    final or neither is, the deadline and timers do the same, and which no event leaves.
    """

    pairs: tuple[StatePair, ...]
    """The pairs of states from which on both agree, nearest first."""
    traces: Mapping[StatePair, Trace] = field(compare=False, repr=False)
    """A shortest trace to each pair of states, made when it is asked for."""
    reached_from_all: bool
    """Whether every pair that differs can reach a settled one."""

    @property
    def settled(self) -> tuple[tuple[StatePair, Trace], ...]:
        """The pairs of states from which on both agree, each with its trace."""
        return tuple((pair, self.traces[pair]) for pair in self.pairs)

    def as_dicts(self) -> Iterator[dict[str, Any]]:
        """Yield the pairs of states from which on both agree, with their traces, for JSON."""
        for pair in self.pairs:
            yield {"states": _sides(pair), "trace": list(self.traces[pair])}

    def as_dict(self) -> dict[str, Any]:
        """Return a value for JSON."""
        return {
            "settled": list(self.as_dicts()),
            "reached_from_all": self.reached_from_all,
        }


@dataclass(frozen=True, repr=False)
class Comparison(RichValue):
    """What tells two machines apart."""

    a: str
    """The name of the first machine."""
    b: str
    """The name of the second machine."""
    differences: tuple[Difference, ...]
    """Shortest trace first; then deadlines and indicators."""
    effects: tuple[EffectDifference, ...]
    """The transitions of both that change indicators differently."""
    skeleton: tuple[StatePair, ...] | None
    """The states of both, one to one, where the machines differ in nothing but labels."""
    settlement: Settlement | None
    """``None`` where there is no common skeleton."""
    not_compared: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    """The reachable states of each machine that no trace of both leads to."""
    guards: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = ()
    """The events whose guards are not the same: the event, and what it depends on in each."""
    by_answers: str = ""
    """Why only the answers to events were compared, and what is shown; empty where all was."""

    @property
    def same(self) -> bool:
        """Whether no trace tells the machines apart. Names, titles and sources are not compared."""
        return not self.differences and not self.effects

    def __repr__(self) -> str:
        count = len(self.differences) + len(self.effects)
        result = "the same" if self.same else f"{count:,} difference{'s' * (count > 1)}"
        return f"<Comparison of {self.a!r} and {self.b!r}: {result}>"

    def as_dict(self) -> dict[str, Any]:
        """Return a value for JSON; ``a`` and ``b`` always stand for the two machines."""
        skeleton = None if self.skeleton is None else [_sides(pair) for pair in self.skeleton]
        return {
            "a": self.a,
            "b": self.b,
            "same": self.same,
            "differences": [difference.as_dict() for difference in self.differences],
            "effects": [effect.as_dict() for effect in self.effects],
            "skeleton": skeleton,
            "settlement": self.settlement.as_dict() if self.settlement else None,
            "not_compared": {"a": list(self.not_compared[0]), "b": list(self.not_compared[1])},
            "guards": [{"event": e, "a": list(x), "b": list(y)} for e, x, y in self.guards],
            "by_answers": self.by_answers,
        }


def _sides(pair: tuple[str | None, str | None]) -> dict[str, str | None]:
    return {"a": pair[0], "b": pair[1]}
