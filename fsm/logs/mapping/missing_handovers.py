"""Hand-overs that a log does not record: added before a message's first event, and counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import polars as pl

from fsm.logs.mapping.event_mapping import DELIVERY_EVENTS
from fsm.logs.mapping.to_canonical import SCHEMA

__all__ = ["NATIVE", "AddedHandovers", "find_missing_handovers", "with_handovers"]

NATIVE = "(implied)"
"""The native event of hand-overs that were added."""
_TOLD = "the hand-over is assumed, at the time that the record of a later event tells"
_ASSUMED = "the hand-over is assumed, at the time of the first event"
_KEY_NAMES = ("key", "other")
_KEY = [
    pl.struct("message_id", "recipient").hash(seed).alias(name)
    for seed, name in enumerate(_KEY_NAMES)
]
"""Two hashes that identify the message of an event. 128 bits, because there may be very many."""


@dataclass
class AddedHandovers:
    """How many hand-overs were added, by file; ``told`` are those at a time that a record tells."""

    counts: Counter[str] = field(default_factory=Counter)
    told: Counter[str] = field(default_factory=Counter)


def find_missing_handovers(
    rows: pl.LazyFrame, wanted: bool | None, known: Sequence[pl.LazyFrame] = ()
) -> pl.DataFrame:
    """Return the rows (``at``) before which a hand-over is missing, with its ``timestamp``.

    With ``wanted`` None, canonical logs and logs that are not of mails are left as they are.
    ``known`` have the messages whose hand-overs are recorded elsewhere, or only once for all
    their recipients. The time of a hand-over is that which an event of the message tells (``told``
    is true then), else that of its first event. A message that was only stopped was never handed
    over.
    """
    missing = pl.DataFrame(
        schema={"at": pl.UInt32, "timestamp": SCHEMA["timestamp"], "told": pl.Boolean}
    )
    if wanted is False:
        return missing
    is_delivery = pl.col("event").is_in(DELIVERY_EVENTS) & ~pl.col("is_stop").fill_null(False)
    if wanted is None:
        is_delivery &= pl.col("of_mail")
    deliveries = rows.with_row_index("at").filter(is_delivery)
    messages = (
        deliveries.with_columns(_KEY)
        .group_by(_KEY_NAMES)
        .agg(
            (pl.col("event") == "relayed").any().alias("recorded"),
            pl.col("at").min(),
            pl.col("timestamp").min(),
            pl.col("handed_over").min(),
        )
        .filter(~pl.col("recorded"))
    )
    for frame in known:
        handed_over = frame.select(_KEY).unique()
        messages = messages.join(handed_over, on=_KEY_NAMES, how="anti")
    told = (pl.col("handed_over") <= pl.col("timestamp")).fill_null(False)
    found = messages.select(
        "at",
        pl.when(told).then("handed_over").otherwise("timestamp").alias("timestamp"),
        told.alias("told"),
    )
    return found.collect(engine="streaming").sort("at")


def with_handovers(
    frames: Iterable[pl.DataFrame], missing: pl.DataFrame, added: AddedHandovers
) -> Iterator[pl.DataFrame]:
    """Yield frames of rows with the hand-overs added, each before the row it belongs to.

    ``missing`` comes from :func:`find_missing_handovers`; ``added`` counts them.
    """
    start = done = 0  # rows and hand-overs of the frames before
    for frame in frames:
        end = start + frame.height
        stop = int(missing["at"].search_sorted(end, "left"))
        own = missing.slice(done, stop - done)
        if own.height:
            places = own["at"] - start
            handovers = _handovers(frame[places], own)
            added.counts.update(_by_file(handovers["file"]))
            added.told.update(_by_file(handovers["file"].filter(own["told"])))
            # Row n keeps the odd number 2n + 1, and a hand-over before it takes 2n.
            rows = pl.int_range(frame.height, eager=True, dtype=pl.UInt32)
            order = pl.concat([places * 2, rows * 2 + 1])
            yield pl.concat([handovers, frame])[order.arg_sort()]
        else:
            yield frame
        start, done = end, stop


def _by_file(files: pl.Series) -> dict[str, int]:
    return dict(files.value_counts().iter_rows())


def _handovers(firsts: pl.DataFrame, missing: pl.DataFrame) -> pl.DataFrame:
    """Return a hand-over for each first row of a message."""
    without_value = ("event_id", "fault", "reason", "code", "reply", "relay")
    doubt = pl.when(missing["told"]).then(pl.lit(_TOLD)).otherwise(pl.lit(_ASSUMED))
    return firsts.with_columns(
        missing["timestamp"],
        pl.lit("relayed").alias("event"),
        pl.lit(-1, pl.Int64).alias("seq"),
        pl.lit(False).alias("final"),
        pl.lit(NATIVE).alias("native"),
        pl.lit("no hand-over is recorded before this line").alias("rule"),
        *(pl.lit(None, pl.String).alias(name) for name in without_value),
        doubt.alias("doubt"),
    )
