"""The replies of receiving servers by their codes, and events by the domain of their recipient.

Both are counted part by part: the memory they take grows with the kinds, not with the log.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from fsm.engine.result import Replay
from fsm.logs.log import Log
from fsm.logs.mapping.blame import code_of

__all__ = ["DomainRow", "DomainTable", "ReplyKind", "ReplyTable", "domains_of", "replies_of"]

_MOST = 100
"""Maximum number of rows of a table; the others are counted in one sentence."""
_EVENTS = 8
"""Events with a column of their own in the table of domains."""
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


@dataclass(frozen=True, slots=True)
class DomainRow:
    """A domain, the number of its events, and those of each event with a column."""

    domain: str
    total: int
    counts: Sequence[int]


@dataclass(frozen=True, slots=True)
class DomainTable:
    """The domains with the most events, the events with a column, and the number of domains."""

    events: Sequence[str]
    first: Sequence[DomainRow]
    domains: int


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


def domains_of(replay: Replay) -> DomainTable:
    """Return the events by the domain of their recipient; pseudonyms and names have no domain."""
    total = pl.DataFrame(schema={"domain": pl.String(), "event": pl.String(), "count": pl.UInt32()})
    if "recipient" in replay.log.present:
        for part in _domain_events(replay.log, replay):
            total = pl.concat([total, part]).group_by("domain", "event").agg(pl.col("count").sum())
    by_event = total.group_by("event").agg(pl.col("count").sum())
    events = by_event.sort(["count", "event"], descending=[True, False])["event"].head(_EVENTS)
    by_domain = total.group_by("domain").agg(pl.col("count").sum())
    largest = by_domain.sort(["count", "domain"], descending=[True, False])
    first = largest.head(_MOST)
    cells = {
        (domain, event): count
        for domain, event, count in total.join(first, on="domain", how="semi").iter_rows()
    }
    return DomainTable(
        events.to_list(),
        [
            DomainRow(domain, count, [cells.get((domain, event), 0) for event in events])
            for domain, count in first.iter_rows()
        ],
        largest.height,
    )


def _domain_events(log: Log, replay: Replay) -> Iterator[pl.DataFrame]:
    """Yield how often each event occurs in each domain, a part of the log at a time."""
    domain = pl.col("recipient").str.extract(r"@([^@<>\s]+?)>?\s*$").str.to_lowercase()
    for part in log.frames():
        rows = part.filter(pl.col("timestamp") <= replay.as_of) if replay.as_of else part
        yield (
            rows.select(domain.alias("domain"), pl.col("event").fill_null(""))
            .drop_nulls("domain")
            .group_by("domain", "event")
            .agg(pl.len().cast(pl.UInt32).alias("count"))
        )
