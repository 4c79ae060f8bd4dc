"""Two machines compared by their answers alone, where one of them has answers beside its statuses.

A system may reject an event and change nevertheless, or answer with an exception. The machine that
is learnt from it is a Mealy machine: what differs then is the answer to an event.
"""

from __future__ import annotations

from pathlib import Path

from fsm.catalog import as_specification
from fsm.comparison.result import Comparison, Difference, DifferenceKind, StatePair
from fsm.graph import PathSearch
from fsm.machine import Machine
from fsm.mealy import REJECTED, Mealy

__all__ = ["compare_answers", "with_answers"]


def with_answers(machine: Machine | Mealy | str) -> Machine | Mealy | str:
    """Return the Mealy machine of a diagram that has no statuses alone; else what is given."""
    from fsm.formats import DRAWN

    if isinstance(machine, str) and Path(machine).suffix.lower() in DRAWN:
        found = as_specification(machine)
        return machine if isinstance(found, Machine) or not found.unheld else found
    return machine


def compare_answers(a: Machine | Mealy, b: Machine | Mealy, reason: str) -> Comparison:
    """Compare the answers of two machines, and what they show; ``reason`` is why only those.

    Both run in lockstep, over the events that both accept or both reject.
    """
    pairs = _Answers(*_alike(a, b))
    pairs.explore()
    return Comparison(
        a=a.name,
        b=b.name,
        differences=tuple(pairs.differences),
        effects=(),
        skeleton=None,
        settlement=None,
        not_compared=pairs.not_compared(),
        by_answers=reason,
    )


def _alike(a: Machine | Mealy, b: Machine | Mealy) -> tuple[Mealy, Mealy]:
    """Return both as Mealy machines; a machine answers what the other one shows."""
    if isinstance(a, Machine):
        first, second = reversed(_alike(b, a))
        return first, second
    if isinstance(b, Machine):
        return a, Mealy.of(b, "output" if a.shown is None else "status")
    return a, b


class _Answers:
    """The pairs of states that one trace reaches in both machines, and where answers differ."""

    def __init__(self, a: Mealy, b: Mealy) -> None:
        self.a, self.b = a, b
        self.shows = a.shown is not None and b.shown is not None
        self.pairs = PathSearch[tuple[int, int], str]((a.initial, b.initial))
        self.differences: list[Difference] = []

    def explore(self) -> None:
        """Find the pairs and the differences, breadth first."""
        shown = self._shown(self.a, self.a.initial), self._shown(self.b, self.b.initial)
        start = self._names((self.a.initial, self.b.initial))
        if shown[0] != shown[1]:
            self.differences.append(Difference(DifferenceKind.STATUS, start, (), shown))
        shared: list[tuple[str, int, int]] = []
        for event in dict.fromkeys((*self.a.inputs, *self.b.inputs)):
            x, y = _column(self.a, event), _column(self.b, event)
            if min(x, y) >= 0:
                shared.append((event, x, y))
            else:
                knows = ("known", "unknown") if y < 0 else ("unknown", "known")
                self.differences.append(
                    Difference(DifferenceKind.ALPHABET, start, (event,), knows, event)
                )
        for pair in self.pairs:
            for event, x, y in shared:
                self._step(pair, event, x, y)

    def _step(self, pair: tuple[int, int], event: str, x: int, y: int) -> None:
        ours = self.a.answer(pair[0], x, shows=self.shows)
        theirs = self.b.answer(pair[1], y, shows=self.shows)
        if ours != theirs:
            path = (*self.pairs.path(pair), event)
            self.differences.append(
                Difference(DifferenceKind.ANSWER, self._names(pair), path, (ours, theirs), event)
            )
        after = int(self.a.next[pair[0], x]), int(self.b.next[pair[1], y])
        if min(after) >= 0 and _rejects(self.a, pair[0], x) == _rejects(self.b, pair[1], y):
            self.pairs.reach(after, pair, event)

    def _shown(self, mealy: Mealy, state: int) -> str:
        return mealy.shown[state] if self.shows and mealy.shown else ""

    def _names(self, pair: tuple[int, int]) -> StatePair:
        return self.a.states[pair[0]], self.b.states[pair[1]]

    def not_compared(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the reachable states of each that no pair has."""
        ours, theirs = {s for s, _ in self.pairs}, {t for _, t in self.pairs}
        return _outside(self.a, ours), _outside(self.b, theirs)


def _column(mealy: Mealy, event: str) -> int:
    return mealy.inputs.index(event) if event in mealy.inputs else -1


def _rejects(mealy: Mealy, state: int, x: int) -> bool:
    return mealy.outputs[int(mealy.output[state, x])] == REJECTED


def _outside(mealy: Mealy, compared: set[int]) -> tuple[str, ...]:
    """Return the reachable states that are not among some."""
    reached = (mealy.states[s] for s in mealy.reached if s not in compared)
    return tuple(reached)
