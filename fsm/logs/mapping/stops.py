"""Messages that somebody stopped: failed where they were handed over, excluded where they were not.

Who stopped it does not matter: a provider that drops, blocks or suppresses the message, a transport
that discards it. What matters is what the log shows of the message before: a hand-over, or an
attempt to deliver it. What was settled before stays so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import polars as pl

from fsm.logs.mapping.doubts import joined_doubts
from fsm.logs.mapping.event_mapping import EXCLUDED, STOPPED

__all__ = ["decide_stops", "with_decisions"]

_FAILED = "stopped after it was handed over"
_NOT_HANDED_OVER = "stopped, and never handed over"
_LATE = "a hand-over of the message is recorded after it was stopped"
_SETTLED = "stopped when the message was settled already: that changes nothing"

_KEY = ("message_id", "recipient")
_BEGUN = ("relayed", "soft_bounce")
"""Events that show that a message is on its way."""
_SETTLING = ("delivered", "hard_bounce", "retry_succeeded", "retry_failed")
_SCHEMA = pl.Schema(
    {"at": pl.UInt32(), "decided": pl.String(), "because": pl.String(), "doubted": pl.String()}
)


def decide_stops(rows: pl.LazyFrame) -> pl.DataFrame:
    """Return the rows (``at``) that stop a message, and what each is ``decided`` to be.

    That is ``excluded``, or ``stopped`` for what changes nothing, or null for a failure, which
    the row is already; with the rule (``because``), and what is doubtful. Times decide, not the
    order of the rows; what happened at the same instant counts as before.
    """
    numbered = rows.select(*_KEY, "event", "timestamp", "is_stop").with_row_index("at")
    stops = numbered.filter("is_stop").collect(engine="streaming")
    if not stops.height:
        return pl.DataFrame(schema=_SCHEMA)
    other = numbered.filter(~pl.col("is_stop")).join(
        stops.select(_KEY).unique().lazy(), on=_KEY, how="semi", nulls_equal=True
    )
    firsts = other.group_by(_KEY).agg(
        pl.col("timestamp").filter(pl.col("event").is_in(events)).min().alias(name)
        for name, events in (("begun", _BEGUN), ("settled", _SETTLING))
    )
    stops = stops.join(
        firsts.collect(engine="streaming"),
        on=_KEY,
        how="left",
        nulls_equal=True,
        maintain_order="left",
    )
    time = pl.col("timestamp")
    on_its_way = (pl.col("begun") <= time).fill_null(False)
    first_failure = time.filter(on_its_way).min().over(_KEY)
    settled = ((pl.col("settled") <= time) | (first_failure < time)).fill_null(False)
    late = pl.col("begun").is_not_null() & ~on_its_way
    return stops.select(
        "at",
        pl.when(settled)
        .then(pl.lit(STOPPED))
        .when(~on_its_way)
        .then(pl.lit(EXCLUDED))
        .alias("decided"),
        pl.when(~settled)
        .then(pl.when(on_its_way).then(pl.lit(_FAILED)).otherwise(pl.lit(_NOT_HANDED_OVER)))
        .alias("because"),
        pl.when(settled).then(pl.lit(_SETTLED)).when(late).then(pl.lit(_LATE)).alias("doubted"),
    ).cast(_SCHEMA)


def with_decisions(
    frames: Iterable[pl.DataFrame], decisions: pl.DataFrame, stopped: list[pl.DataFrame]
) -> Iterator[pl.DataFrame]:
    """Yield frames of rows with :func:`decide_stops` applied.

    The rows that are stops are added to ``stopped``; their doubts are those about the decisions.
    """
    if not decisions.height:
        yield from frames
        return
    start = 0
    for frame in frames:
        own = frame.with_row_index("at", start).join(
            decisions, on="at", how="left", maintain_order="left"
        )
        decided = own.with_columns(
            event=pl.coalesce("decided", "event"),
            final=pl.when(pl.col("decided").is_null()).then("final"),
            rule=pl.when(pl.col("because").is_null())
            .then("rule")
            .otherwise(pl.concat_str("rule", "because", separator=": ", ignore_nulls=True)),
            doubt=joined_doubts("doubt", "doubted"),
        )
        stops = decided.filter("is_stop")
        stopped.append(stops.select("file", "line", "record", "event", doubt="doubted"))
        yield decided.select(frame.columns)
        start += frame.height
