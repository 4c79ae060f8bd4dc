"""Write into the chunks of a bucket what the tables need that have a row for each message."""

from __future__ import annotations

import numpy as np

from fsm.arrays import Codes
from fsm.engine.bucket_counts import FoldedBucket
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


def write_outcomes(bucket: Bucket, folded_bucket: FoldedBucket) -> None:
    """Write :attr:`fsm.engine.buckets.SeriesColumns.outcomes`."""
    timelines = folded_bucket.timelines
    first = timelines.offsets
    if timelines.resumed is not None:
        first = first[(timelines.resumed.begins < 0) & (folded_bucket.event_counts > 0)]
    for number, (product, folded) in enumerate(folded_bucket.products):
        kind = outcome_type(len(product.table.follow))
        outcomes = folded.cells.astype(kind) << kind.type(1)
        outcomes[first] |= kind.type(1)
        values = np.full(len(folded_bucket.rows.keys), np.iinfo(kind).max, dtype=kind)
        values[folded_bucket.events(timelines.order)] = folded_bucket.events(outcomes)
        for chunk, at, part in bucket.split(values):
            if chunk.series is not None:  # the checkpoint's rows have no series
                chunk.series.outcomes[number].write(at, part)


def write_statuses(bucket: Bucket, folded_bucket: FoldedBucket) -> None:
    """Write :class:`fsm.engine.buckets.StatusColumns`."""
    counts, resumed = folded_bucket.event_counts, folded_bucket.timelines.resumed
    if resumed is not None and folded_bucket.known is not None and len(folded_bucket.known.events):
        counts = counts + np.where(
            resumed.begins >= 0, folded_bucket.known.events[resumed.begins], 0
        )
    for chunk, at, part in bucket.split(_on_last_rows(folded_bucket, counts.astype(np.uint32))):
        if chunk.statuses is not None:
            chunk.statuses.events.write(at, part)
    for number, folded in enumerate(folded_bucket.timelines.folded):
        for chunk, at, part in bucket.split(_on_last_rows(folded_bucket, folded.final)):
            if chunk.statuses is not None:
                chunk.statuses.finals[number].write(at, part)


def write_resumption(bucket: Bucket, folded_bucket: FoldedBucket) -> None:
    """Write :class:`fsm.engine.buckets.ResumptionColumns`."""
    for chunk, at, part in bucket.split(_marks(folded_bucket)):
        if chunk.resumption is not None:
            chunk.resumption.marks.write(at, part)
    for number in range(len(folded_bucket.products)):
        states = _on_last_rows(folded_bucket, folded_bucket.states_before_expiry(number))
        for chunk, at, part in bucket.split(states):
            if chunk.resumption is not None:
                chunk.resumption.states[number].write(at, part)
    timelines = folded_bucket.timelines
    for name in ("period_starts", "dues"):
        times = getattr(timelines, name)
        for number, column in enumerate(() if times is None else times.T):
            for chunk, at, part in bucket.split(_on_last_rows(folded_bucket, column, NEVER)):
                if chunk.resumption is not None:
                    getattr(chunk.resumption, name)[number].write(at, part)


def _marks(folded_bucket: FoldedBucket) -> Codes:
    """Mark each message's last row, and, where duplicates are known, all rows of its instant.

    A later run needs them to know a duplicate of that instant; one of an earlier instant is late.
    """
    rows, resumed = folded_bucket.rows, folded_bucket.timelines.resumed
    marks = np.zeros(len(rows.keys), np.uint8)
    if rows.times is not None and (rows.ids is not None or rows.names is not None):
        order = folded_bucket.events(folded_bucket.timelines.order)
        owners = np.repeat(np.arange(len(folded_bucket.event_counts)), folded_bucket.event_counts)
        if resumed is not None:
            order = np.append(order, resumed.rows)
            owners = np.append(owners, resumed.owners)
        ended = rows.times[folded_bucket.last]
        marks[order[rows.times[order] == ended[owners]]] = INSTANT
    marks[folded_bucket.last] = LAST
    return marks


def _on_last_rows(folded_bucket: FoldedBucket, per_message: Codes, rest: int = 0) -> Codes:
    """Return a column that has each message's number on its last row."""
    values = np.full(len(folded_bucket.rows.keys), rest, dtype=per_message.dtype)
    values[folded_bucket.last] = per_message
    return values


def outcome_type(cells: int) -> np.dtype[np.unsignedinteger]:
    """Return the type of outcomes; its largest number is none of them."""
    return np.min_scalar_type(2 * cells + 1)
