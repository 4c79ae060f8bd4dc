"""Deal the rows of a batch out by message, so that each message is in one bucket.

A chunk has the rows of one batch sorted by the highest byte of their key: a bucket is a range of
that byte, the same slice of every chunk, whatever the number of buckets turns out to be.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fsm.arrays import Codes, Index
from fsm.engine.encode import Batch
from fsm.engine.spill import Column, Store
from fsm.engine.timelines import Past, Rows

__all__ = ["DIGITS", "Bucket", "Chunk", "deal", "rows_between"]

DIGITS = 256
_TOP = np.uint64(56)
_PAST = "past"
_NAMES = ("keys", "checks", "codes", "times", "seqs", "ids", "names", "deliveries")


@dataclass(frozen=True)
class Chunk:
    """The rows of one batch. ``bounds`` are where each digit begins in the sorted columns.

    ``order`` are the places, in the batch, of the sorted rows; ``rows`` the numbers in the file
    of the batch's places, counted from ``first``, ``None`` where they are the same.
    """

    first: int
    size: int
    bounds: Index
    order: Column
    rows: Column | None
    columns: dict[str, Column]

    def numbers(self, places: Index) -> Index:
        """Return the numbers, in the log, of sorted rows."""
        at = self.order.read().take(places).astype(np.intp)
        return self.first + (at if self.rows is None else self.rows.read().take(at))

    def unsorted(self, name: str) -> Codes:
        """Return a column of the sorted rows in the order of the batch."""
        values = np.empty(self.size, self.columns[name].kind)
        values[self.order.read()] = self.columns[name].read()
        return values


def deal(batch: Batch, store: Store, names: Iterable[str], past: Past | None = None) -> Chunk:
    """Sort a batch by digit, and keep the columns of these names, and what a checkpoint knew."""
    digits = (batch.keys >> _TOP).astype(np.uint8)
    order = digits.argsort(kind="stable")
    bounds = np.zeros(DIGITS + 1, dtype=np.intp)
    np.cumsum(np.bincount(digits, minlength=DIGITS), out=bounds[1:])
    columns = {
        name: store.put(getattr(batch, name).take(order, mode="clip"))
        for name in names
        if getattr(batch, name) is not None
    }
    if past is not None:
        columns |= {name: store.put(values.take(order)) for name, values in _past_columns(past)}
    rows = None if batch.rows is None else store.put(batch.rows.astype(np.uint32))
    kept = store.put(order.astype(np.uint32))
    return Chunk(batch.first, len(order), bounds, kept, rows, columns)


def _past_columns(past: Past) -> Iterator[tuple[str, Codes]]:
    yield _PAST, past.events
    yield from ((f"{_PAST} state {i}", column) for i, column in enumerate(past.states.T))
    yield from ((f"{_PAST} start {i}", column) for i, column in enumerate(past.starts.T))


@dataclass(frozen=True)
class Bucket:
    """The same range of digits in every chunk."""

    chunks: Sequence[Chunk]
    digits: tuple[int, int]

    @property
    def slices(self) -> list[tuple[Chunk, int, int]]:
        """The chunks, with where the bucket's rows begin and end in each."""
        first, last = self.digits
        return [(c, int(c.bounds[first]), int(c.bounds[last])) for c in self.chunks]

    def rows(self) -> Rows:
        """Return the rows of the bucket, in file order."""
        names = [name for name in _NAMES if name in self.chunks[0].columns]
        columns: dict[str, Any] = {name: self._read(name) for name in names}
        return Rows(**columns, past=self._past())

    def _past(self) -> Past | None:
        """Return what a checkpoint knew; its chunks are the first ones."""
        there = self.chunks[0].columns
        if _PAST not in there:
            return None
        events = self._read(_PAST)
        states, starts = (
            np.array([self._read(name) for name in there if name.startswith(f"{_PAST} {kind}")])
            for kind in ("state", "start")
        )
        return Past(states.T, events, starts.T)

    def _read(self, name: str) -> Codes:
        parts = [c.columns[name].read(a, z) for c, a, z in self.slices if name in c.columns]
        return np.concatenate(parts)

    def kind(self, name: str) -> np.dtype[Any] | None:
        """Return the type of a column; ``None`` where no chunk has it."""
        return next((c.columns[name].kind for c in self.chunks if name in c.columns), None)

    def write(self, name: str, values: Codes) -> None:
        """Write a column of the bucket's rows into those chunks that have it."""
        done = 0
        for chunk, first, last in self.slices:
            if name in chunk.columns:
                chunk.columns[name].write(first, values[done : done + last - first])
            done += last - first

    def numbers(self, rows: Index) -> Index:
        """Return the numbers, in the log, of rows of the bucket."""
        found = np.empty(len(rows), dtype=np.intp)
        done = 0
        for chunk, first, last in self.slices:
            here = (rows >= done) & (rows < done + last - first)
            if here.any():
                found[here] = chunk.numbers(rows[here] - done + first)
            done += last - first
        return found


def rows_between(
    chunks: Sequence[Chunk], first: int, last: int, names: Sequence[str]
) -> tuple[Index, list[Codes]]:
    """Return the kept rows from ``first`` up to ``last``, and columns of theirs."""
    rows, columns = [np.zeros(0, np.intp)], [[] for _ in names]  # type: list[Index], list[list[Codes]]
    for chunk in chunks:
        span = chunk.size if chunk.rows is None else int(chunk.rows.read()[-1]) + 1
        if chunk.first + span <= first or chunk.first >= last:
            continue
        numbers = np.arange(chunk.size) if chunk.rows is None else chunk.rows.read()
        numbers = numbers + chunk.first
        here = slice(*np.searchsorted(numbers, (first, last)))
        rows.append(numbers[here])
        for column, name in zip(columns, names, strict=True):
            column.append(chunk.unsorted(name)[here])
    empty = np.zeros(0, np.uint8)
    return np.concatenate(rows), [np.concatenate([empty, *parts]) for parts in columns]
