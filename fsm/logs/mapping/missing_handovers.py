"""Hand-overs that a log does not record: put before a message's first event, and counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

import polars as pl

from fsm.logs.mapping.event_mapping import format_names, load_format
from fsm.logs.mapping.to_canonical import SCHEMA

__all__ = ["NATIVE", "implied", "merged"]

NATIVE = "(implied)"
_WAY = ("relayed", "delivered", "soft_bounce", "hard_bounce", "retry_succeeded", "retry_failed")
"""Events of a message on its way; others need no hand-over before them."""
_NAMES = ("key", "other")
_KEY = [
    pl.struct("message_id", "recipient").hash(seed).alias(name) for seed, name in enumerate(_NAMES)
]
"""Which message an event is of."""


def implied(rows: pl.LazyFrame, wanted: bool | None) -> pl.DataFrame:
    """Return the rows (``at``) before which a hand-over is missing, with its ``timestamp``.

    ``wanted`` None means: those of formats that cannot record one. The time of a hand-over is
    that of the message's first event. Messages are told apart by 128 bits of their names, so that
    there may be very many.
    """
    ways = rows.with_row_index("at").filter(pl.col("event").is_in(_WAY)).with_columns(_KEY)
    if wanted is None:
        formats = rows.select(pl.col("format").unique()).collect()["format"].to_list()
        known = set(formats) & set(format_names())  # canonical logs may name any format
        silent = [name for name in formats if name in known and not load_format(name).relays]
        wanted = bool(silent)
        if silent and silent != formats:
            keys = ways.filter(pl.col("format").is_in(silent)).select(_NAMES).unique()
            ways = ways.join(keys, on=_NAMES, how="semi")
    if not wanted:
        return pl.DataFrame(schema={"at": pl.UInt32(), "timestamp": SCHEMA["timestamp"]})
    first = ways.group_by(_NAMES).agg(
        (pl.col("event") == "relayed").any().alias("told"),
        pl.col("at").min(),
        pl.col("timestamp").min(),
    )
    found = first.filter(~pl.col("told")).select("at", "timestamp")
    return found.collect(engine="streaming").sort("at")


def merged(
    rows: Iterable[pl.DataFrame], added: pl.DataFrame, counts: Counter[str]
) -> Iterator[pl.DataFrame]:
    """Yield rows with the hand-overs, each before the row it belongs to; count them by file."""
    start = place = 0
    ats = added["at"]
    for frame in rows:
        end = start + frame.height
        stop = int(ats.search_sorted(end, "left"))
        here = added.slice(place, stop - place)
        start, place, before = end, stop, start
        if here.height:
            new = _before(frame[(here["at"] - before).to_list()], here["timestamp"])
            counts.update(new["file"].to_list())
            order = pl.concat(
                [
                    (here["at"] - before) * 2,
                    pl.int_range(frame.height, eager=True, dtype=pl.UInt32) * 2 + 1,
                ]
            )
            yield pl.concat([new, frame])[order.arg_sort()]
        else:
            yield frame


def _before(firsts: pl.DataFrame, times: pl.Series) -> pl.DataFrame:
    """Return the hand-overs before the first rows of messages."""
    nothing = ("event_id", "fault", "code", "reply")
    return firsts.with_columns(
        times,
        pl.lit("relayed").alias("event"),
        pl.lit(-1, pl.Int64).alias("seq"),
        pl.lit(False).alias("final"),
        pl.lit(NATIVE).alias("native"),
        pl.lit("no hand-over is recorded before this line").alias("rule"),
        *(pl.lit(None, SCHEMA[name]).alias(name) for name in nothing),
        pl.lit("the hand-over is taken to have been").alias("doubt"),
    )
