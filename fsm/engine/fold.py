"""Fold the events of every message through a table, all messages at once. Numpy only.

*Group* brings the rows of each message together, in their order: two passes of a radix sort over
bits of the message's key, and a second look where two messages share those bits. *Fold* then
looks up the k-th event of every message that has one, round after round: one table lookup per
round, and no Python loop per event. When only a few long messages are left, a plain loop over
them is faster than arrays of a few cells.

What an event did is its *cell*, the number ``state x width + code`` of the table's cell it met:
the state before it, the state after it and whether it was rejected are lookups by that number.

Why our own code: for 10 million events a replay takes 2.0 CPU seconds, a loop with a dict in Python
9.1, the query of :mod:`fsm.sql` on DuckDB 8.6, and a group-by of polars that only counts the events
of each message takes as long as the replay (``tests/bench/replay.md``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fsm.arrays import Codes, Index, Keys, Mask

__all__ = ["FoldedEvents", "Groups", "TransitionTable", "fold_events", "group_rows"]

FEW = 64
"""Below this many active messages the plain loop takes over."""

# Sorting by all 64 bits of a key takes four passes over 16-bit digits; two of them, 32 bits, tell
# the messages of a bucket apart but for a few, which _separate sorts again by whole keys. The
# digits are bits 24 to 39 and 40 to 55: the highest 8 bits choose the bucket (see buckets.py), so
# that within a bucket they are nearly constant.
_HIGH, _LOW = np.uint64(40), np.uint64(24)
_SMALL = 1 << 18  # rows that a low digit of 8 bits separates well enough, in half the time


# Tables --------------------------------------------------------------------------------------


@dataclass(frozen=True, repr=False)
class TransitionTable:
    """A dense table, flat. Row *s* begins at ``s * width``; a rejected event stays in its row.

    ``follow`` holds, per cell, where the row of the next state begins.
    """

    width: int
    follow: Codes

    @classmethod
    def of(cls, rows: Sequence[Sequence[int]] | Sequence[int], width: int) -> TransitionTable:
        """Make a table of rows of next states, where -1 rejects (:attr:`fsm.Machine.table`)."""
        targets = np.array(rows, dtype=np.int64).reshape(-1, width)
        stays = np.arange(len(targets), dtype=np.int64)[:, None]
        follow = np.where(targets < 0, stays, targets) * width
        return cls(width, follow.ravel().astype(np.min_scalar_type(targets.size)))


# Messages ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, repr=False)
class Groups:
    """Rows by message: ``order`` names the rows, ``offsets`` where each message begins in it."""

    order: Index
    offsets: Index

    @property
    def lengths(self) -> Index:
        """The number of rows of each message."""
        return np.diff(self.offsets, append=len(self.order))

    @property
    def owners(self) -> Index:
        """The message of each row."""
        return np.repeat(np.arange(len(self.offsets)), self.lengths)


def group_rows(keys: Keys, checks: Codes | None = None) -> Groups:
    """Bring the rows of each message together; within a message they keep their order.

    ``keys`` are 64-bit hashes of the messages' identities, ``checks`` a second, independent hash:
    rows are of one message where both agree.
    """
    count = len(keys)
    if not count:
        return Groups(np.zeros(0, np.intp), np.zeros(0, np.intp))
    # numpy's stable sort of 8 and 16-bit numbers is a radix sort: the low digit first, then the
    # high one, which keeps the order of the low digits where the high ones are equal.
    low = (keys >> _LOW).astype(np.uint8 if count <= _SMALL else np.uint16)
    order = np.argsort(low, kind="stable")
    high = (keys >> _HIGH).astype(np.uint16)
    order = order.take(high.take(order).argsort(kind="stable"))
    new = _changes(keys.take(order))
    if checks is not None:
        new[1:] |= _differs(checks.take(order))
    _separate(order, new, keys, checks, low, high)
    return Groups(order, np.flatnonzero(new))


def _changes(values: Codes) -> Mask:
    new = np.empty(len(values), dtype=np.bool_)
    new[:1] = True
    new[1:] = _differs(values)
    return new


def _differs(values: Codes) -> Mask:
    different: Mask = values[1:] != values[:-1]
    return different


def _separate(
    order: Index, new: Mask, keys: Keys, checks: Codes | None, low: Codes, high: Codes
) -> None:
    """Sort the rows of different messages with equal digits by all bits; in place.

    The rows are in runs of equal digits. Where a run holds two messages, their rows may
    alternate, and each change begins a stretch of rows of one message.
    """
    # Example: messages A and B have the same digits, C and D have their own. The rows stand as
    # C A B A B D; ``new`` is true for each of them, since the message changes at each. The
    # stretches of A and B are alike in their digits: they are sorted by whole keys to C A A B B D,
    # and ``new`` becomes 1 1 0 1 0 1.
    starts = np.flatnonzero(new)
    at = order.take(starts)
    # Which stretches have the digits of the next one, though they are of another message.
    alike = ~(_differs(low.take(at)) | _differs(high.take(at)))
    if not alike.any():
        return
    # The stretches of runs with several messages, and the number of the run of each.
    mixed = np.flatnonzero(np.append(alike, False) | np.append(False, alike))
    run = np.append(0, np.cumsum(~alike)).take(mixed)
    lengths = np.append(starts, len(order)).take(mixed + 1) - starts.take(mixed)
    within = np.arange(int(lengths.sum())) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    places, runs = np.repeat(starts.take(mixed), lengths) + within, np.repeat(run, lengths)
    rows = order[places]
    by = [keys[rows], runs] if checks is None else [checks[rows], keys[rows], runs]
    resorted = np.lexsort(by)
    order[places] = rows[resorted]
    new[places] = np.logical_or.reduce([_changes(column[resorted]) for column in by])


# States --------------------------------------------------------------------------------------


@dataclass(frozen=True, repr=False)
class FoldedEvents:
    """What the events did: ``cells`` has one entry per event, ``final`` one per message."""

    table: TransitionTable
    cells: Codes
    final: Codes

    @cached_property
    def before(self) -> Codes:
        """The state before each event."""
        return self.cells // self.table.width

    @cached_property
    def after(self) -> Codes:
        """The state after each event."""
        return self.table.follow.take(self.cells) // self.table.width


def fold_events(
    table: TransitionTable, codes: Codes, offsets: Index, initial: int | Codes = 0
) -> FoldedEvents:
    """Fold events through a table.

    ``codes`` holds the events (column numbers) of one message after the other, each message's in
    order; ``offsets`` holds the index of each message's first event, ascending, and may name an
    index twice where a message has no events. ``initial`` is the state of every message before
    its first event, or one state per message. A rejected event changes nothing.

    >>> once = TransitionTable.of([[1], [-1]], 1)
    >>> folded = fold_events(once, np.zeros(3, np.uint8), np.array([0, 2]))
    >>> folded.before.tolist(), folded.final.tolist()
    ([0, 1, 0], [1, 1])
    """
    follow, kind = table.follow, table.follow.dtype
    lengths = np.diff(offsets, append=len(codes))
    cells = np.empty(len(codes), dtype=kind)
    rows = np.full(len(offsets), initial, dtype=np.int64) * table.width
    rows = rows.astype(kind)
    final = rows
    empty = np.flatnonzero(lengths == 0)
    at, row, left = (a[lengths > 0] if len(empty) else a for a in (offsets, rows, lengths))
    while len(at) > FEW:
        cell = row + codes.take(at)
        cells[at] = cell
        going = np.flatnonzero(left > 1)
        row = follow.take(cell.take(going))
        at = at.take(going) + 1
        left = left.take(going) - 1
    _fold_few(table, codes, cells, at, row, left)
    if len(codes):
        final = follow.take(cells.take(offsets + lengths - 1, mode="clip"))
        final[empty] = rows[empty]
    return FoldedEvents(table, cells, final // table.width)


def _fold_few(
    table: TransitionTable, codes: Codes, cells: Codes, at: Index, row: Codes, left: Index
) -> None:
    follow = table.follow.tolist() if len(at) else []
    for first, state, length in zip(at.tolist(), row.tolist(), left.tolist(), strict=True):
        visited = []
        current = state
        for code in codes[first : first + length].tolist():
            visited.append(current + code)
            current = follow[current + code]
        cells[first : first + length] = visited
