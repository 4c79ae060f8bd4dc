"""Hand-overs that a log does not record: put before a message's first event, and counted."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from fsm.logs.canonical import SCHEMA
from fsm.logs.meaning import format_names, load_format

__all__ = ["NATIVE", "implied", "merged"]

NATIVE = "(implied)"
_WAY = ("relayed", "delivered", "soft_bounce", "hard_bounce", "retry_succeeded", "retry_failed")
"""Events of a message on its way; others need no hand-over before them."""
_KEY = ("message_id", "recipient")


def implied(rows: pl.LazyFrame, wanted: bool | None) -> pl.DataFrame:
    """Return the hand-overs that rows lack, with ``at``: the row before which each belongs.

    ``wanted`` None means: those of formats that cannot record one. The time of a hand-over is
    that of the message's first event.
    """
    if wanted is False:
        return pl.DataFrame(schema={**SCHEMA, "at": pl.UInt32()})
    ways = rows.with_row_index("at").filter(pl.col("event").is_in(_WAY))
    if wanted is None:
        silent = [name for name in format_names() if not load_format(name).relays]
        ways = ways.join(
            ways.filter(pl.col("format").is_in(silent)).select(_KEY).unique(),
            on=_KEY,
            how="semi",
            nulls_equal=True,
        )
    first = ways.group_by(_KEY).agg(
        (pl.col("event") == "relayed").any().alias("told"),
        pl.col("timestamp").min(),
        pl.col("at").min().alias("at"),
        *(pl.col(name).sort_by("at").first() for name in ("delivery_id", "format", "file", "line")),
    )
    found = first.filter(~pl.col("told")).collect(engine="streaming").sort("at")
    return found.with_columns(
        pl.lit("relayed").alias("event"),
        pl.lit(-1, pl.Int64).alias("seq"),
        pl.lit(False).alias("final"),
        pl.lit(NATIVE).alias("native"),
        pl.lit("no hand-over is recorded before this line").alias("rule"),
        *(pl.lit(None, SCHEMA[name]).alias(name) for name in ("event_id", "fault", "code")),
        pl.lit(None, pl.String).alias("reply"),
        pl.lit("the hand-over is taken to have been").alias("doubt"),
    ).select(*SCHEMA, "at")


def merged(rows: Iterator[pl.DataFrame], added: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Yield rows with the hand-overs, each before the row it belongs to."""
    start = place = 0
    ats = added["at"]
    for frame in rows:
        end = start + frame.height
        stop = int(ats.search_sorted(end, "left"))
        if stop > place:
            numbered = frame.with_columns(at=pl.int_range(start, end, dtype=pl.UInt32), own=1)
            new = added.slice(place, stop - place).with_columns(own=0)
            both = pl.concat([new, numbered.select(new.columns)], how="vertical_relaxed")
            yield both.sort("at", "own").drop("at", "own")
        else:
            yield frame
        start, place = end, stop
