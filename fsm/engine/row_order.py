"""The rows of each message in the order they happened, without duplicates and late rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsm.arrays import Codes, Index, Mask, Times
from fsm.engine.encode import LAST, Rows
from fsm.engine.fold import Groups

__all__ = ["Resumed", "across_files", "in_time", "resumed_groups", "without_duplicates"]

_FACTOR = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, repr=False)
class Resumed:
    """Where messages continue from a checkpoint.

    ``begins`` is the row of the checkpoint that each message begins with, or -1. ``rows`` are
    all rows of the checkpoint, ``owners`` the message of each.
    """

    begins: Index
    rows: Index
    owners: Index


def in_time(groups: Groups, times: Times, seqs: Times | None) -> Groups:
    """Sort by (time, seq, file order) those messages that are not in order already."""
    order, offsets = groups.order, groups.offsets
    times = times.take(order)
    back: Mask = times[1:] < times[:-1]
    if seqs is not None:
        tied = np.flatnonzero(times[1:] == times[:-1])
        back[tied] = seqs.take(order[tied + 1]) < seqs.take(order[tied])
    back[offsets[1:] - 1] = False
    if not back.any():
        return groups
    owners = groups.owners
    mixed = np.zeros(len(offsets), dtype=np.bool_)
    mixed[owners[1:][back]] = True
    places = np.flatnonzero(mixed[owners])
    by = [times[places], owners[places]]
    if seqs is not None:
        by.insert(0, seqs.take(order[places]))
    order = order.copy()
    order[places] = order[places][np.lexsort(by)]
    return Groups(order, offsets)


def across_files(groups: Groups, rows: Rows, ranks: Callable[[], Codes], known: int) -> Groups:
    """Put rows of several files that have one instant in the order of :mod:`event_order`.

    The rows of each file keep their order: a row comes no earlier than those before it in its
    file. The first ``known`` rows, those of a checkpoint, come first.
    """
    if rows.files is None or rows.times is None or len(groups.order) < 2:
        return groups
    order, times, files = groups.order, rows.times.take(groups.order), rows.files.take(groups.order)
    tied: Mask = times[1:] == times[:-1]
    tied[groups.offsets[1:] - 1] = False
    if rows.seqs is not None:  # they decide where all events of an instant have one
        seqs, instants = rows.seqs.take(order), np.append(0, np.cumsum(~tied))
        lacking = np.zeros(instants[-1] + 1, dtype=np.bool_)
        lacking[instants[seqs == LAST]] = True
        tied &= (seqs[1:] == seqs[:-1]) | lacking[instants[1:]]
    mixed = tied & (files[1:] != files[:-1])
    if not mixed.any():
        return groups
    instants = np.append(0, np.cumsum(~tied))
    several = np.zeros(instants[-1] + 1, dtype=np.bool_)
    several[instants[1:][mixed]] = True
    places = np.flatnonzero(several[instants])
    there, instants, files = order[places], instants[places], files[places]
    by_rank = ranks()
    ranked = np.where(there < known, 0, 1 + by_rank[rows.codes[there]])
    by_file = np.lexsort((files, instants))
    parts = np.append(
        0, np.cumsum((np.diff(instants[by_file]) != 0) | (np.diff(files[by_file]) != 0))
    )
    width = len(by_rank) + 1
    highest = np.empty(len(places), np.int64)
    highest[by_file] = np.maximum.accumulate(parts * width + ranked[by_file]) - parts * width
    order = order.copy()
    order[places] = there[np.lexsort((files, highest, instants))]
    return Groups(order, groups.offsets)


def _keep(groups: Groups, kept: Mask) -> Groups:
    """Leave out rows; a message that loses all its rows stays, without any."""
    before = np.append(0, np.cumsum(kept))
    return Groups(groups.order[kept], before[groups.offsets])


def without_duplicates(groups: Groups, rows: Rows, known: int) -> tuple[Groups, Index]:
    """Drop a message's later rows of one event id, or of one event at one time.

    The first ``known`` rows, those of a checkpoint, stay.
    """
    if rows.ids is None and rows.names is None:
        return groups, np.zeros(0, np.intp)
    kept = np.ones(len(groups.order), dtype=np.bool_)
    owners, lengths = groups.owners, groups.lengths
    several = np.repeat(lengths > 1, lengths)  # most messages of many logs have one event
    if rows.ids is not None:
        ids = rows.ids.take(groups.order)
        kept &= ~_repeated(several & (ids != 0), ids, owners)
    if rows.names is not None and rows.times is not None:
        names, times = rows.names.take(groups.order), rows.times.take(groups.order)
        kept &= ~_repeated(several & kept, names, times, owners)
    kept |= groups.order < known
    return _keep(groups, kept), groups.order[~kept]


def _repeated(among: Mask, *columns: NDArray[np.generic]) -> Mask:
    """Return which rows repeat, in every column, an earlier row."""
    places = np.flatnonzero(among)
    places = places[_may_repeat([column[places] for column in columns])]
    values = [column[places] for column in columns]
    by = np.lexsort(values)
    same = np.logical_and.reduce([v[by][1:] == v[by][:-1] for v in values])
    repeated = np.zeros(len(among), dtype=np.bool_)
    repeated[places[by[1:]][same]] = True
    return repeated


def _may_repeat(columns: Sequence[NDArray[Any]]) -> Index:
    """Return the rows whose columns have a hash that another row has too: few, in most logs.

    Sorting one column of hashes is cheaper than sorting all rows by all columns.
    """
    hashes = np.zeros(len(columns[0]), np.uint64)
    for column in columns:
        hashes = (hashes ^ column.astype(np.uint64)) * _FACTOR
        hashes ^= hashes >> np.uint64(32)
    ordered = np.sort(hashes)
    shared = ordered[1:][ordered[1:] == ordered[:-1]]
    if not len(shared):
        return np.zeros(0, np.intp)
    at = np.searchsorted(shared, hashes).clip(max=len(shared) - 1)
    return np.flatnonzero(shared[at] == hashes)


def resumed_groups(groups: Groups, known: int) -> tuple[Groups, Index, Resumed]:
    """Begin each message with the last row that the checkpoint has of it.

    The first ``known`` rows of the bucket are the checkpoint's. A row of the log that stands
    before one of them is late; it is returned, and left out, as are the checkpoint's rows.
    """
    owners = groups.owners
    places = np.flatnonzero(groups.order < known)
    rows = groups.order[places]
    last, begins = (np.full(len(groups.offsets), -1, dtype=np.intp) for _ in range(2))
    # Of several rows of one message the last one stays: numpy assigns in order.
    last[owners[places]] = places
    begins[owners[places]] = rows
    earlier = np.arange(len(groups.order)) <= last[owners]
    late = groups.order[earlier & (groups.order >= known)]
    return _keep(groups, ~earlier), late, Resumed(begins, rows, owners[places])
