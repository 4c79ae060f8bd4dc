"""Deal the rows of a batch out by message, so that each message is in one bucket.

A chunk has the rows of one batch sorted by the highest byte of their key: a bucket is a range of
that byte, the same slice of every chunk, whatever the number of buckets turns out to be.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fsm.replay.fold import Codes, Index
from fsm.replay.scan import Batch
from fsm.replay.settle import Rows
from fsm.replay.store import Column, Store

__all__ = ["DIGITS", "Bucket", "Chunk", "deal"]

DIGITS = 256
_TOP = np.uint64(56)
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


def deal(batch: Batch, store: Store, names: Iterable[str]) -> Chunk:
    """Sort a batch by digit, and keep the columns of these names."""
    digits = (batch.keys >> _TOP).astype(np.uint8)
    order = digits.argsort(kind="stable")
    bounds = np.zeros(DIGITS + 1, dtype=np.intp)
    np.cumsum(np.bincount(digits, minlength=DIGITS), out=bounds[1:])
    columns = {
        name: store.put(getattr(batch, name).take(order, mode="clip"))
        for name in names
        if getattr(batch, name) is not None
    }
    rows = None if batch.rows is None else store.put(batch.rows.astype(np.uint32))
    kept = store.put(order.astype(np.uint32))
    return Chunk(batch.first, len(order), bounds, kept, rows, columns)


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
        return Rows(**columns)

    def _read(self, name: str) -> Codes:
        return np.concatenate([c.columns[name].read(a, z) for c, a, z in self.slices])

    def write(self, name: str, values: Codes) -> None:
        """Write a column of the bucket's rows into the chunks."""
        done = 0
        for chunk, first, last in self.slices:
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
