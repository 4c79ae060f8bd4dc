"""Fold the events of every message through a table, all messages at once. Numpy only.

*Group* brings the rows of each message together, in their order: two passes of a radix sort over
bits of the message's key, and a second look where two messages share those bits. *Fold* then
looks up the k-th event of every message that has one, round after round: one table lookup per
round, and no Python loop per event. When only a few long messages are left, a plain loop over
them is faster than arrays of a few cells.

What an event did is its *cell*, the number ``state x width + code`` of the table's cell it met:
the state before it, the state after it and whether it was rejected are lookups by that number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fsm.arrays import Codes, Index, Keys, Mask, smallest

__all__ = [
    "Execution",
    "Folded",
    "Groups",
    "Table",
    "compose",
    "execute",
    "fold",
    "fold_functions",
    "group",
]

FEW = 64
"""Below this many active messages the plain loop takes over."""

_HIGH, _LOW = np.uint64(40), np.uint64(24)  # the two digits; the engine deals out by the bits above
_SMALL = 1 << 18  # rows whose messages a low digit of 8 bits tells apart well enough


# Tables --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Table:
    """A dense table, flat. Row *s* begins at ``s * width``; a rejected event stays in its row.

    ``follow`` holds, per cell, where the row of the next state begins; ``rejects`` whether the
    cell rejects.
    """

    width: int
    follow: Codes
    rejects: Mask

    @classmethod
    def of(cls, rows: Sequence[Sequence[int]] | Sequence[int], width: int) -> Table:
        """Make a table of rows of next states, where -1 rejects (:attr:`fsm.Machine.table`)."""
        targets = np.array(rows, dtype=np.int64).reshape(-1, width)
        rejects = targets < 0
        stays = np.arange(len(targets), dtype=np.int64)[:, None]
        follow = np.where(rejects, stays, targets) * width
        return cls(width, follow.ravel().astype(smallest(targets.size)), rejects.ravel())

    @property
    def states(self) -> int:
        """The number of states."""
        return len(self.follow) // self.width if self.width else 0


# Messages ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Groups:
    """Rows by message: ``order`` names the rows, ``starts`` where each message begins in it."""

    order: Index
    starts: Index


def group(keys: Keys, checks: Codes | None = None) -> Groups:
    """Bring the rows of each message together; within a message they keep their order.

    ``keys`` are 64-bit hashes of the messages' identities, ``checks`` a second, independent hash:
    rows are of one message where both agree.
    """
    count = len(keys)
    if not count:
        return Groups(np.zeros(0, np.intp), np.zeros(0, np.intp))
    low = (keys >> _LOW).astype(np.uint8 if count <= _SMALL else np.uint16)
    order = np.argsort(low, kind="stable")
    high = (keys >> _HIGH).astype(np.uint16)
    order = order.take(high.take(order).argsort(kind="stable"))
    sorted_keys = keys.take(order)
    new = _changes(sorted_keys)
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
    """Sort those rows wholly whose digits agree though their messages differ; in place."""
    starts = np.flatnonzero(new)
    at = order.take(starts)
    alike = ~(_differs(low.take(at)) | _differs(high.take(at)))
    if not alike.any():
        return
    mixed = np.flatnonzero(np.append(alike, False) | np.append(False, alike))
    run = np.append(0, np.cumsum(~alike)).take(mixed)
    lengths = np.append(starts, len(order)).take(mixed + 1) - starts.take(mixed)
    within = np.arange(int(lengths.sum())) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    places, runs = np.repeat(starts.take(mixed), lengths) + within, np.repeat(run, lengths)
    rows = order[places]
    by = [keys[rows], runs] if checks is None else [checks[rows], keys[rows], runs]
    again = np.lexsort(by)
    order[places] = rows[again]
    new[places] = np.logical_or.reduce([_changes(column[again]) for column in by])


# States --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Folded:
    """What the events did: ``cells`` has one entry per event, ``final`` one per message."""

    table: Table
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

    @cached_property
    def rejected(self) -> Index:
        """The positions of the rejected events."""
        return np.flatnonzero(self.table.rejects.take(self.cells))


def fold(table: Table, codes: Codes, starts: Index, initial: int | Codes = 0) -> Folded:
    """Fold events through a table.

    ``codes`` holds the events (column numbers) of one message after the other, each message's in
    order; ``starts`` holds the index of each message's first event, ascending, and may name an
    index twice where a message has no events. ``initial`` is the state of every message before
    its first event, or one state per message. A rejected event changes nothing.
    """
    follow, kind = table.follow, table.follow.dtype
    lengths = np.diff(starts, append=len(codes))
    cells = np.empty(len(codes), dtype=kind)
    rows = np.full(len(starts), initial, dtype=np.int64) * table.width
    rows = rows.astype(kind)
    final = rows
    empty = np.flatnonzero(lengths == 0)
    at, row, left = (a[lengths > 0] if len(empty) else a for a in (starts, rows, lengths))
    while len(at) > FEW:
        cell = row + codes.take(at)
        cells[at] = cell
        going = np.flatnonzero(left > 1)
        row = follow.take(cell.take(going))
        at = at.take(going) + 1
        left = left.take(going) - 1
    _fold_few(table, codes, cells, at, row, left)
    if len(codes):
        final = follow.take(cells.take(starts + lengths - 1, mode="clip"))
        final[empty] = rows[empty]
    return Folded(table, cells, final // table.width)


def _fold_few(table: Table, codes: Codes, cells: Codes, at: Index, row: Codes, left: Index) -> None:
    follow = table.follow.tolist() if len(at) else []
    for first, state, length in zip(at.tolist(), row.tolist(), left.tolist(), strict=True):
        met = []
        here = state
        for code in codes[first : first + length].tolist():
            met.append(here + code)
            here = follow[here + code]
        cells[first : first + length] = met


# Whole logs, and parts of them -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Execution:
    """A log, executed. ``first`` and ``final`` have one entry per message: the row of its first
    event and its final state. ``before`` has the state before each row's event; ``rejected`` the
    rows whose event was rejected, ascending.
    """

    first: Index
    final: Codes
    before: Codes
    rejected: Index


def execute(table: Table, keys: Keys, codes: Codes, checks: Codes | None = None) -> Execution:
    """Group and fold the rows of a log, given in order; see :func:`group` and :func:`fold`.

    >>> once = Table.of([[1], [-1]], 1)
    >>> done = execute(once, np.array([7, 9, 7], np.uint64), np.zeros(3, np.uint8))
    >>> done.final.tolist(), done.before.tolist(), done.rejected.tolist()
    ([1, 1], [0, 0, 1], [2])
    """
    groups = group(keys, checks)
    folded = fold(table, codes.take(groups.order), groups.starts)
    before = np.empty_like(folded.cells)
    before[groups.order] = folded.before
    rejected = np.sort(groups.order[folded.rejected])
    return Execution(groups.order[groups.starts], folded.final, before, rejected)


def fold_functions(table: Table, codes: Codes, starts: Index) -> Codes:
    """Fold events into functions from state to state: messages x states.

    Such a summary of a part of a log does not need the state the part begins in; summaries of
    successive parts are joined by :func:`compose`.
    """
    identity = (np.arange(table.states) * table.width).astype(table.follow.dtype)
    functions = np.tile(identity, (len(starts), 1))
    lengths = np.diff(starts, append=len(codes))
    active, step = np.flatnonzero(lengths > 0), 0
    while len(active):
        event = codes[starts[active] + step]
        functions[active] = table.follow[functions[active] + event[:, None]]
        step += 1
        active = active[lengths[active] > step]
    return functions // table.width


def compose(first: Codes, then: Codes) -> Codes:
    """Return the functions that do what ``first`` does, and ``then`` the others (row by row)."""
    return np.take_along_axis(then, first.astype(np.intp), axis=1)
