"""Messages by the domain of their recipient, and by the relay: the mail server that answered.

Both are counted part by part: the memory they take grows with the domains and relays, and with the
messages that bounced or have a relay.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import polars as pl

from fsm.engine.result import Replay
from fsm.indicators import percent
from fsm.logs.log_file import LogFile
from fsm.logs.recipient_domains import hidden_domains, with_domain
from fsm.logs.rows import FURTHER, event_frames
from fsm.reports.machines import Side

__all__ = ["BOUNCES", "Breakdown", "BreakdownRow", "StatusColumn", "domains_of", "relays_of"]

BOUNCES = ("soft_bounce", "hard_bounce", "retry_failed")
"""The events by which a message counts as bounced."""
_MOST = 300
"""Maximum number of rows of a table; the others are counted in one sentence."""
_EVENTS = 8
"""Events with a column of their own."""


@dataclass(frozen=True, slots=True)
class StatusColumn:
    """A status, under one side or, if ``side`` is None, equally under all of them."""

    status: str
    side: Side | None


@dataclass(frozen=True, slots=True)
class BreakdownRow:
    """The messages of one domain or relay: all, those that bounced, those of each status.

    ``events`` are the numbers of the events with a column of their own.
    """

    name: str
    messages: int
    bounced: int
    statuses: Sequence[int]
    events: Sequence[int]

    @property
    def share(self) -> float | None:
        """The bounced messages in percent."""
        return percent(self.bounced, self.messages)


@dataclass(frozen=True, slots=True)
class Breakdown:
    """The rows with the most bounced messages, their columns, and how many rows there are.

    ``without`` counts messages that are in none, ``several`` those that are in more than one.
    """

    columns: Sequence[StatusColumn]
    events: Sequence[str]
    first: Sequence[BreakdownRow]
    names: int
    without: int
    several: int = 0


_NOTHING = Breakdown((), (), (), 0, 0)


def domains_of(replay: Replay, sides: Sequence[Side]) -> Breakdown:
    """Return the messages by the domain of their recipient; pseudonyms stand for redacted ones."""
    if "recipient" not in replay.log.present:
        return _NOTHING
    hidden = hidden_domains(replay.log)
    events, bounced = _events_of_domains(replay, hidden)
    counts, without = _Counts(sides, "domain"), 0
    for part in replay.status_frames():
        rows = with_domain(part, hidden)
        without += rows["domain"].null_count()
        bounces = rows.join(bounced, on=replay.log.keys, how="left", nulls_equal=True)
        counts.add(bounces.drop_nulls("domain").with_columns(pl.col("bounced").fill_null(False)))
    return counts.breakdown(events, without)


def relays_of(replay: Replay, sides: Sequence[Side]) -> Breakdown:
    """Return the messages by the relays that answered; the events of mail servers name them."""
    answers = _answers(replay)
    if answers.is_empty():
        return _NOTHING
    keys = replay.log.keys
    answered = answers.group_by(keys).agg(pl.len().alias("relays"))
    counts = _Counts(sides, "relay")
    for part in replay.status_frames():
        counts.add(part.join(answers, on=keys, how="inner", nulls_equal=True))
    several = answered.filter(pl.col("relays") > 1).height
    events = pl.DataFrame(schema=_events_schema("relay"))
    return counts.breakdown(events, replay.messages - answered.height, several)


class _Counts:
    """Messages by domain or relay, and by their statuses."""

    def __init__(self, sides: Sequence[Side], by: str) -> None:
        self._sides, self._by = sides, by
        self._keys = [by, *(f"{side.machine.name}.status" for side in sides)]
        schema: dict[str, pl.DataType] = dict.fromkeys(self._keys, pl.String())
        self._total = pl.DataFrame(schema={**schema, "messages": pl.Int64(), "bounced": pl.Int64()})

    def add(self, rows: pl.DataFrame) -> None:
        """Add messages; ``rows`` have the domain or relay, the statuses, and ``bounced``."""
        part = rows.group_by(pl.col(key).cast(pl.String) for key in self._keys).agg(
            pl.len().cast(pl.Int64).alias("messages"), pl.col("bounced").sum().cast(pl.Int64)
        )
        joined = pl.concat([self._total, part.select(self._total.columns)])
        self._total = joined.group_by(self._keys).agg(pl.col("messages", "bounced").sum())

    def breakdown(self, events: pl.DataFrame, without: int, several: int = 0) -> Breakdown:
        """Return the breakdown; ``events`` has the numbers of events by name."""
        by = self._by
        named = self._total.group_by(by).agg(pl.col("messages", "bounced").sum())
        ordered = named.sort(["bounced", "messages", by], descending=[True, True, False])
        shown = ordered.head(_MOST)
        columns, counted = self._statuses(shown)
        totals = events.group_by("event").agg(pl.col("count").sum())
        frequent = totals.sort(["count", "event"], descending=[True, False])["event"]
        names = frequent.head(_EVENTS).to_list()
        of_shown = events.join(shown, on=by, how="semi").select(by, "event", "count")
        cells = {(name, event): count for name, event, count in of_shown.iter_rows()}
        rows = [
            BreakdownRow(
                name,
                messages,
                bounced,
                [column.get(name, 0) for column in counted],
                [cells.get((name, event), 0) for event in names],
            )
            for name, messages, bounced in shown.iter_rows()
        ]
        return Breakdown(columns, names, rows, ordered.height, without, several)

    def _statuses(
        self, shown: pl.DataFrame
    ) -> tuple[Sequence[StatusColumn], Sequence[dict[str, int]]]:
        """Return the columns of statuses, and the numbers in each by name."""
        of_sides = []
        for side in self._sides:
            column = f"{side.machine.name}.status"
            rows = self._total.join(shown, on=self._by, how="semi")
            grouped = rows.group_by(self._by, column).agg(pl.col("messages").sum())
            counts: dict[str, dict[str, int]] = {
                part.name: {} for part in side.statuses if part.recorded
            }
            for name, status, count in grouped.iter_rows():
                if status in counts:
                    counts[status][name] = count
            of_sides.append(counts)
        if len(of_sides) > 1 and all(_same(counts, of_sides[0]) for counts in of_sides):
            return [StatusColumn(s, None) for s in of_sides[0]], list(of_sides[0].values())
        is_only = len(of_sides) == 1
        pairs = [
            (StatusColumn(status, None if is_only else side), counted)
            for side, counts in zip(self._sides, of_sides, strict=True)
            for status, counted in counts.items()
        ]
        return [column for column, _ in pairs], [counted for _, counted in pairs]


def _same(a: dict[str, dict[str, int]], b: dict[str, dict[str, int]]) -> bool:
    """Return whether two sides count the same; a status without messages may lack."""
    return {s: c for s, c in a.items() if c} == {s: c for s, c in b.items() if c}


def _answers(replay: Replay) -> pl.DataFrame:
    """Return each message with each relay that answered, and whether it bounced there."""
    keys = replay.log.keys
    schema = dict.fromkeys((*keys, "relay"), pl.String()) | {"bounced": pl.Boolean()}
    parts = [pl.DataFrame(schema=schema)]
    bounced = pl.col("event").is_in(BOUNCES).any().alias("bounced")
    for rows in chain.from_iterable(map(_relay_frames, replay.log.files)):
        answered = rows.drop_nulls("relay")
        if replay.as_of:
            answered = answered.filter(pl.col("timestamp") <= replay.as_of)
        lacking = [pl.lit(None, pl.String).alias(k) for k in keys if k not in rows.columns]
        parts.append(answered.with_columns(lacking).group_by(*keys, "relay").agg(bounced))
    return pl.concat(parts).group_by(*keys, "relay").agg(pl.col("bounced").any())


def _relay_frames(file: LogFile) -> Iterator[pl.DataFrame]:
    """Yield the events of a file that names relays, part by part."""
    if file.format != "jsonl" and "relay" not in file.raw().collect_schema():
        return
    column = f"{FURTHER}relay"
    for part in event_frames(file, file.present, ["relay"]):
        rows = part.with_columns(pl.col(column).cast(pl.String).replace("", None).alias("relay"))
        yield file.redaction.with_relays(rows) if file.redaction else rows


def _events_of_domains(replay: Replay, hidden: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return how often each event occurs in each domain, and the keys of what ``bounced``."""
    keys = replay.log.keys
    total = pl.DataFrame(schema=_events_schema("domain"))
    bounced = pl.DataFrame(schema=dict.fromkeys(keys, pl.String))
    for rows in _frames(replay):
        domains = with_domain(rows.select("recipient", "event"), hidden).drop_nulls("domain")
        part = domains.group_by("domain", "event").agg(pl.len().cast(pl.Int64).alias("count"))
        total = pl.concat([total, part]).group_by("domain", "event").agg(pl.col("count").sum())
        bounces = rows.filter(pl.col("event").is_in(BOUNCES)).select(keys)
        bounced = pl.concat([bounced, bounces]).unique(maintain_order=True)
    return total, bounced.with_columns(bounced=True)


def _events_schema(by: str) -> dict[str, pl.DataType]:
    return {by: pl.String(), "event": pl.String(), "count": pl.Int64()}


def _frames(replay: Replay) -> Iterator[pl.DataFrame]:
    """Yield the events of the log up to where it was read."""
    for part in replay.log.frames():
        yield part.filter(pl.col("timestamp") <= replay.as_of) if replay.as_of else part
