"""The replies of receiving servers, by their codes.

They are counted part by part: the memory they take grows with the kinds, not with the log.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from fsm.engine.result import Replay
from fsm.logs.mapping.blame import code_of

__all__ = ["ReplyKind", "ReplyTable", "replies_of"]

_MOST = 100
"""Maximum number of rows of a table; the others are counted in one sentence."""
_KIND = ("event", "code", "reason")


@dataclass(frozen=True, slots=True)
class ReplyKind:
    """Replies with the same event, code and reason: their number, and one of them.

    The example is the first one in the order of the alphabet.
    """

    event: str
    code: str
    reason: str
    count: int
    example: str


@dataclass(frozen=True, slots=True)
class ReplyTable:
    """The most frequent kinds of replies, and the numbers of all kinds and replies."""

    first: Sequence[ReplyKind]
    kinds: int
    replies: int


def replies_of(replay: Replay) -> ReplyTable:
    """Return the replies in the logs that were converted; canonical logs have none."""
    texts = dict.fromkeys((*_KIND, "example"), pl.String())
    parts = [pl.DataFrame(schema={**texts, "count": pl.UInt32()})]
    for file in replay.log.files:
        if file.origin is None:
            continue
        rows = file.raw()
        if replay.as_of:
            rows = rows.filter(pl.col("timestamp") <= replay.as_of)
        if "reply" in rows.collect_schema():
            parts.append(_kinds(rows))
    kinds = pl.concat(parts).group_by(_KIND).agg(pl.col("example").min(), pl.col("count").sum())
    ordered = kinds.sort(["count", *_KIND], descending=[True, False, False, False])
    return ReplyTable(
        [ReplyKind(**row) for row in ordered.head(_MOST).iter_rows(named=True)],
        ordered.height,
        int(ordered["count"].sum()),
    )


def _kinds(rows: pl.LazyFrame) -> pl.DataFrame:
    """Return the kinds of replies of a converted log, with their number and an example."""
    has_reply = pl.col("reply").fill_null("") != ""
    code = pl.coalesce(code_of(), "code")
    return (
        rows.filter(has_reply | pl.col("code").is_not_null())
        .with_columns(pl.col("event").fill_null(""), code.fill_null("").alias("code"))
        .with_columns(pl.col("reason").fill_null(""))
        .group_by(_KIND)
        .agg(
            pl.col("reply").min().fill_null("").alias("example"),
            pl.len().cast(pl.UInt32).alias("count"),
        )
        .select(*_KIND, "example", "count")
        .collect(engine="streaming")
    )
