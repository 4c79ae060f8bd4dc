"""Write into the chunks of a bucket what the tables need that have a row for each message."""

from __future__ import annotations

import numpy as np

from fsm.arrays import Codes
from fsm.engine.bucket_counts import SettledBucket
from fsm.engine.buckets import Bucket
from fsm.engine.timelines import NEVER

__all__ = [
    "INSTANT",
    "LAST",
    "outcome_type",
    "write_outcomes",
    "write_resumption",
    "write_statuses",
]

INSTANT, LAST = 1, 2
"""Marks of a message's last event, and of others at that time."""


def write_outcomes(bucket: Bucket, settled: SettledBucket) -> None:
    """Write :attr:`fsm.engine.buckets.SeriesColumns.outcomes`."""
    timelines = settled.timelines
    first = timelines.starts
    if timelines.resumed is not None:
        first = first[(timelines.resumed.begins < 0) & (settled.event_counts > 0)]
    for number, (product, folded) in enumerate(settled.products):
        kind = outcome_type(len(product.table.follow))
        outcomes = folded.cells.astype(kind) << kind.type(1)
        outcomes[first] |= kind.type(1)
        values = np.full(len(settled.rows.keys), np.iinfo(kind).max, dtype=kind)
        values[settled.events(timelines.order)] = settled.events(outcomes)
        for chunk, at, part in bucket.split(values):
            if chunk.series is not None:  # the checkpoint's rows have no series
                chunk.series.outcomes[number].write(at, part)


def write_statuses(bucket: Bucket, settled: SettledBucket) -> None:
    """Write :class:`fsm.engine.buckets.StatusColumns`."""
    counts, resumed = settled.event_counts, settled.timelines.resumed
    if resumed is not None and settled.known is not None and len(settled.known.events):
        counts = counts + np.where(resumed.begins >= 0, settled.known.events[resumed.begins], 0)
    for chunk, at, part in bucket.split(_on_last_rows(settled, counts.astype(np.uint32))):
        if chunk.statuses is not None:
            chunk.statuses.events.write(at, part)
    for number, folded in enumerate(settled.timelines.folded):
        for chunk, at, part in bucket.split(_on_last_rows(settled, folded.final)):
            if chunk.statuses is not None:
                chunk.statuses.finals[number].write(at, part)


def write_resumption(bucket: Bucket, settled: SettledBucket) -> None:
    """Write :class:`fsm.engine.buckets.ResumptionColumns`."""
    for chunk, at, part in bucket.split(_marks(settled)):
        if chunk.resumption is not None:
            chunk.resumption.marks.write(at, part)
    for number in range(len(settled.products)):
        states = _on_last_rows(settled, settled.states_before_expiry(number))
        for chunk, at, part in bucket.split(states):
            if chunk.resumption is not None:
                chunk.resumption.states[number].write(at, part)
    began = settled.timelines.began
    for period, times in enumerate(() if began is None else began.T):
        for chunk, at, part in bucket.split(_on_last_rows(settled, times, NEVER)):
            if chunk.resumption is not None:
                chunk.resumption.starts[period].write(at, part)


def _marks(settled: SettledBucket) -> Codes:
    """Mark each message's last row, and, where duplicates are known, all rows of its instant.

    A later run needs them to know a duplicate of that instant; one of an earlier instant is late.
    """
    rows, resumed = settled.rows, settled.timelines.resumed
    marks = np.zeros(len(rows.keys), np.uint8)
    if rows.times is not None and (rows.ids is not None or rows.names is not None):
        order = settled.events(settled.timelines.order)
        owners = np.repeat(np.arange(len(settled.event_counts)), settled.event_counts)
        if resumed is not None:
            order = np.append(order, resumed.rows)
            owners = np.append(owners, resumed.owners)
        ended = rows.times[settled.last]
        marks[order[rows.times[order] == ended[owners]]] = INSTANT
    marks[settled.last] = LAST
    return marks


def _on_last_rows(settled: SettledBucket, per_message: Codes, rest: int = 0) -> Codes:
    """Return a column that has each message's number on its last row."""
    values = np.full(len(settled.rows.keys), rest, dtype=per_message.dtype)
    values[settled.last] = per_message
    return values


def outcome_type(cells: int) -> np.dtype[np.unsignedinteger]:
    """Return the type of outcomes; its largest number is none of them."""
    return np.min_scalar_type(2 * cells + 1)
