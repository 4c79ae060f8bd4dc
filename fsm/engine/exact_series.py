"""The exact series: every instant at which an indicator changes, with the counts after it.

A series by periods has the counts at the end of each period; what rises and falls within one is
not in it. Extremes ("furthest apart", "never") need every instant. The rows of a log are
neither in order of time nor few, so each part of the log is reduced to a *run*: its instants in
order, with what they change. Runs are kept in a :class:`fsm.engine.spill.Spill`, which goes to
the disk beyond its limit, and merged piece by piece: at no time is more than a piece of each in
memory. Events of one instant have no order among messages: the counts are those after all of
them.

Why our own code: sorting all events of a log by time needs them all in memory at once; runs are
short lists of (instant, change), and merging them takes a bounded part of memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from fsm.arrays import Codes, Times
from fsm.engine.product_machine import ProductMachine
from fsm.engine.spill import NumberColumn, Spill

__all__ = ["Curve", "Moments", "Steps", "merged_moments", "steps_of"]

Curve: TypeAlias = tuple[str, str]
"""The curve of one indicator over time, named by its machine and by itself."""

PIECE = 1 << 18
"""Instants of a run that are read at once: of all runs together, about."""

_LEAST_PIECE = 1 << 12
_Integers: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True)
class Steps:
    """Events at instants, in any order, and, per product machine, their classes.

    A class is one of :attr:`fsm.engine.product_machine.ProductMachine.effects`.
    """

    times: Times
    classes: Sequence[Codes]


@dataclass(frozen=True)
class Moments:
    """Instants in microseconds since 1970, ascending, each once, and each curve's counts there.

    A count is that of messages after all events of the instant.
    """

    times: Times
    counts: Mapping[Curve, _Integers]


def steps_of(times: Times, outcomes: Sequence[Codes], products: Sequence[ProductMachine]) -> Steps:
    """Return the events of some rows; the outcomes are per product machine."""
    dropped = outcomes[0] == np.iinfo(outcomes[0].dtype).max
    if dropped.any():
        kept = ~dropped
        times, outcomes = times[kept], [column[kept] for column in outcomes]
    pairs = zip(products, outcomes, strict=True)
    return Steps(times, [product.effects.of_outcome.take(column) for product, column in pairs])


def merged_moments(
    parts: Iterable[Steps], products: Sequence[ProductMachine], spill: Spill
) -> Iterator[Moments]:
    """Yield every instant at which an indicator changes, in order, a piece at a time.

    ``parts`` are taken one after the other, so that only one is in memory. Before the first
    instant all counts are 0. Where nothing ever changes nothing is yielded.
    """
    curves = _Curves.of(products)
    runs = [run for part in parts if (run := _run(part, curves, spill)).length]
    counts = [0] * len(curves.columns)
    for times, steps in _merged(runs):
        if not len(times):
            continue
        reached = [
            np.cumsum(column, dtype=np.int64) + count
            for column, count in zip(steps, counts, strict=True)
        ]
        counts = [int(column[-1]) for column in reached]
        zeros = np.zeros(len(times), np.int64)
        yield Moments(
            times,
            {curve: zeros if at is None else reached[at] for curve, at in curves.column_of.items()},
        )


@dataclass(frozen=True)
class _Curves:
    """The curves of all products. Curves that the same classes change in the same way share a
    column: many machines have an indicator in common.

    ``columns`` are (number of the product, the change that each class makes); ``column_of`` is
    the number of each curve's column, ``None`` for a curve that nothing changes.
    """

    columns: list[tuple[int, NDArray[np.int8]]]
    column_of: dict[Curve, int | None]

    @classmethod
    def of(cls, products: Sequence[ProductMachine]) -> _Curves:
        columns: list[tuple[int, NDArray[np.int8]]] = []
        column_of: dict[Curve, int | None] = {}
        known: dict[tuple[int, bytes], int] = {}
        for number, product in enumerate(products):
            for at, (machine, indicator) in enumerate(product.effects.indicators):
                # One event is of one message, so no count changes by more than one.
                changes = product.effects.changes[:, at].astype(np.int8)
                curve = product.machines[machine].name, indicator
                if not changes.any():
                    column_of[curve] = None
                    continue
                key = number, changes.tobytes()
                if key not in known:
                    known[key] = len(columns)
                    columns.append((number, changes))
                column_of[curve] = known[key]
        return cls(columns, column_of)


@dataclass(frozen=True)
class _Run:
    """Instants in order, each once, and the change of each curve at them."""

    length: int
    times: NumberColumn
    steps: list[NumberColumn]

    def read(self, first: int, last: int) -> tuple[Times, list[Codes]]:
        last = min(last, self.length)
        return self.times.read(first, last), [column.read(first, last) for column in self.steps]


def _run(steps: Steps, curves: _Curves, spill: Spill) -> _Run:
    """Reduce events to a run; events and instants that change nothing are left out."""
    times, classes = steps.times, list(steps.classes)
    if (times[1:] < times[:-1]).any():
        order = times.argsort(kind="stable")
        times, classes = times.take(order), [column.take(order) for column in classes]
    ends = np.flatnonzero(np.append(times[1:] != times[:-1], [True] * bool(len(times))))
    changes = [_sums(column.take(classes[number]), ends) for number, column in curves.columns]
    kept = _moved(changes, len(ends))
    return _Run(
        len(kept),
        spill.put(times.take(ends.take(kept))),
        [spill.put(_narrow(column.take(kept))) for column in changes],
    )


def _sums(values: Codes, ends: Codes) -> _Integers:
    """Return the sums of stretches of values, each up to one of ``ends``."""
    reached = np.cumsum(values, dtype=np.int64).take(ends)
    return np.diff(reached, prepend=0)


def _narrow(values: _Integers) -> Codes:
    """Return numbers in the smallest signed type that holds them."""
    largest = int(np.abs(values).max()) if len(values) else 0
    return values.astype(np.min_scalar_type(-1 - largest))


# Merging -------------------------------------------------------------------------------------


class _Cursor:
    """A place in a run, and the piece of it that begins there."""

    def __init__(self, run: _Run) -> None:
        self.run, self.done = run, 0
        self.first = int(run.times.read(0, 1)[0])
        self.times: Times = np.zeros(0, np.int64)
        self.steps: list[Codes] = []

    def fill(self, size: int) -> None:
        """Read on where nothing is left of the piece."""
        if not len(self.times) and self.done < self.run.length:
            self.times, self.steps = self.run.read(self.done, self.done + size)
            self.done += len(self.times)

    @property
    def is_whole(self) -> bool:
        """Whether there is nothing beyond the piece."""
        return self.done == self.run.length

    def take(self, limit: int) -> tuple[Times, list[Codes]]:
        """Return what happens up to an instant, and drop it."""
        count = int(np.searchsorted(self.times, limit, side="right"))
        taken = self.times[:count], [column[:count] for column in self.steps]
        self.times, self.steps = self.times[count:], [column[count:] for column in self.steps]
        return taken


def _merged(runs: Iterable[_Run]) -> Iterator[tuple[Times, list[Codes]]]:
    """Yield the instants of all runs in order, each once, and the changes there.

    An instant is once in a run. So what the pieces hold up to the least of their ends is complete,
    and each step uses up a piece.
    """
    waiting = sorted(map(_Cursor, runs), key=lambda cursor: cursor.first, reverse=True)
    open_ones: list[_Cursor] = []
    while waiting or open_ones:
        if not open_ones:
            open_ones.append(waiting.pop())
        limit = _filled(open_ones)
        while waiting and waiting[-1].first <= limit:
            open_ones.append(waiting.pop())
            limit = _filled(open_ones)
        yield _joined([cursor.take(limit) for cursor in open_ones])
        open_ones = [c for c in open_ones if len(c.times) or not c.is_whole]


def _filled(cursors: Sequence[_Cursor]) -> int:
    """Fill the pieces; return the instant up to which all of them are known."""
    for cursor in cursors:
        cursor.fill(max(_LEAST_PIECE, PIECE // len(cursors)))
    return min(int(cursor.times[-1]) for cursor in cursors)


def _joined(parts: Sequence[tuple[Times, list[Codes]]]) -> tuple[Times, list[Codes]]:
    """Return pieces as one, in order of time; what happens at one instant is added up.

    Instants at which the changes of several pieces cancel each other out are left out.
    """
    if len(parts) == 1:
        return parts[0]
    times = np.concatenate([times for times, _ in parts])
    order = times.argsort(kind="stable")
    times = times.take(order)
    ends = np.flatnonzero(np.append(times[1:] != times[:-1], True))
    columns = zip(*(steps for _, steps in parts), strict=True)
    steps = [_sums(np.concatenate(column).take(order), ends) for column in columns]
    kept = _moved(steps, len(ends))
    return times.take(ends.take(kept)), [column.take(kept) for column in steps]


def _moved(changes: Sequence[Codes], length: int) -> Codes:
    """Return at which instants some curve changes."""
    moved = np.zeros(length, np.bool_)
    for column in changes:
        moved |= column != 0
    return np.flatnonzero(moved)
