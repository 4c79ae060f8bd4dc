"""Hand-overs that a log does not record: added before a message's first event, and counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

import polars as pl

from fsm.logs.mapping.event_mapping import format_names, load_format
from fsm.logs.mapping.to_canonical import SCHEMA

__all__ = ["NATIVE", "find_missing_handovers", "with_handovers"]

NATIVE = "(implied)"
"""The native event of hand-overs that were added."""
_DELIVERY_EVENTS = (
    "relayed",
    "delivered",
    "soft_bounce",
    "hard_bounce",
    "retry_succeeded",
    "retry_failed",
)
"""Events of a message that was handed over; others need no hand-over before them."""
_KEY_NAMES = ("key", "other")
_KEY = [
    pl.struct("message_id", "recipient").hash(seed).alias(name)
    for seed, name in enumerate(_KEY_NAMES)
]
"""Two hashes that identify the message of an event. 128 bits, because there may be very many."""


def find_missing_handovers(rows: pl.LazyFrame, wanted: bool | None) -> pl.DataFrame:
    """Return the rows (``at``) before which a hand-over is missing, with its ``timestamp``.

    With ``wanted`` None, only messages of formats that cannot record hand-overs are considered.
    The time of a hand-over is that of the first event of the message.
    """
    deliveries = rows.with_row_index("at").filter(pl.col("event").is_in(_DELIVERY_EVENTS))
    deliveries = deliveries.with_columns(_KEY)
    if wanted is None:
        formats = rows.select(pl.col("format").unique()).collect()["format"].to_list()
        known = set(formats) & set(format_names())  # canonical logs may name any format
        silent = [name for name in formats if name in known and not load_format(name).relays]
        wanted = bool(silent)
        if silent and silent != formats:
            keys = deliveries.filter(pl.col("format").is_in(silent)).select(_KEY_NAMES).unique()
            deliveries = deliveries.join(keys, on=_KEY_NAMES, how="semi")
    if not wanted:
        return pl.DataFrame(schema={"at": pl.UInt32(), "timestamp": SCHEMA["timestamp"]})
    messages = deliveries.group_by(_KEY_NAMES).agg(
        (pl.col("event") == "relayed").any().alias("recorded"),
        pl.col("at").min(),
        pl.col("timestamp").min(),
    )
    missing = messages.filter(~pl.col("recorded")).select("at", "timestamp")
    return missing.collect(engine="streaming").sort("at")


def with_handovers(
    frames: Iterable[pl.DataFrame], missing: pl.DataFrame, counts: Counter[str]
) -> Iterator[pl.DataFrame]:
    """Yield frames of rows with the hand-overs added, each before the row it belongs to.

    ``missing`` comes from :func:`find_missing_handovers`; ``counts`` are updated by file.
    """
    start = done = 0  # rows and hand-overs of the frames before
    for frame in frames:
        end = start + frame.height
        stop = int(missing["at"].search_sorted(end, "left"))
        added = missing.slice(done, stop - done)
        if added.height:
            places = added["at"] - start
            handovers = _handovers(frame[places.to_list()], added["timestamp"])
            counts.update(handovers["file"].to_list())
            # Row n keeps the odd number 2n + 1, and a hand-over before it takes 2n.
            rows = pl.int_range(frame.height, eager=True, dtype=pl.UInt32)
            order = pl.concat([places * 2, rows * 2 + 1])
            yield pl.concat([handovers, frame])[order.arg_sort()]
        else:
            yield frame
        start, done = end, stop


def _handovers(firsts: pl.DataFrame, times: pl.Series) -> pl.DataFrame:
    """Return a hand-over for each first row of a message, at these times."""
    without_value = ("event_id", "fault", "reason", "code", "reply")
    return firsts.with_columns(
        times,
        pl.lit("relayed").alias("event"),
        pl.lit(-1, pl.Int64).alias("seq"),
        pl.lit(False).alias("final"),
        pl.lit(NATIVE).alias("native"),
        pl.lit("no hand-over is recorded before this line").alias("rule"),
        *(pl.lit(None, SCHEMA[name]).alias(name) for name in without_value),
        pl.lit("the hand-over is assumed").alias("doubt"),
    )
