"""What is counted of the events of a file: by meaning, by record, and every doubt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from fsm.logs.ledger import RecordClass
from fsm.logs.mapping.doubts import single_doubts
from fsm.logs.mapping.event_mapping import EXCLUDED, SIDE_EVENTS, Format
from fsm.logs.notes import Notes, Occurrences

__all__ = [
    "IS_SIDE_EVENT",
    "ReadEvents",
    "count_decided",
    "count_doubts",
    "count_events",
    "count_joined",
]

HOP = "passed on to a server of one's own, whose log has it"
"""What deliveries that were none are counted as."""

IS_SIDE_EVENT = pl.col("of_mail").fill_null(value=False) & pl.col("event").is_in(SIDE_EVENTS)
"""Whether no machine uses a row. Of logs that are not of mails every event counts."""


@dataclass(frozen=True, repr=False)
class ReadEvents:
    """Native events that become no rows; of those without an id, the numbers of their records."""

    unmapped: pl.DataFrame
    nothing: pl.DataFrame
    nameless: pl.Series


def count_events(rows: pl.DataFrame, others: ReadEvents, form: Format, notes: Notes) -> None:
    """Count the events of a file: those that become rows, and the others.

    Rows that stop a message are counted by :func:`count_decided`; their records count as excluded
    until then.
    """
    _count_natives(others.unmapped, notes.unmapped, form)
    _count_natives(others.nothing, notes.passed, form)
    _count_by(others.nothing, "table_doubt", notes.doubts)
    _count_rows(rows.filter(~pl.col("is_stop")), notes)
    count_doubts(rows, notes, "event_doubt")
    _count_by(rows, "table_doubt", notes.doubts)
    by_class = _by_class(rows) | {
        RecordClass.REJECTED: others.nameless,
        RecordClass.UNMAPPED: others.unmapped["record"],
        RecordClass.PASSED: others.nothing["record"],
    }
    _count_records(by_class, notes)


def count_decided(stops: pl.DataFrame, notes: Notes) -> None:
    """Count rows of one file that stop a message, when it is decided what they are.

    Their records, where they have one, were counted as excluded until now.
    """
    stops = stops.with_columns(of_mail=pl.lit(value=True))
    _count_rows(stops, notes)
    count_doubts(stops, notes)
    alone = stops.filter(pl.col("record").is_not_null())
    notes.records.count(RecordClass.EXCLUDED, -alone["record"].n_unique())
    _count_records(_by_class(alone.with_columns(is_stop=False)), notes)


def count_joined(changed: pl.DataFrame, notes: Notes) -> None:
    """Count rows of one file that :mod:`fsm.logs.mapping.same_messages` left out or doubts."""
    left_out = changed.filter("is_left_out")
    notes.events -= left_out.height
    doubted = left_out.filter(pl.col("doubt").is_not_null()).select("line", "doubt")
    for text in single_doubts(doubted, "doubt")["doubt"].to_list():
        notes.doubts.remove(text)
    hops = left_out.filter("is_hop")
    if hops.height:
        notes.passed.add(HOP, int(hops["line"][0]), hops.height)
    alone = hops["record"].drop_nulls().n_unique()
    notes.records.count(RecordClass.EVENTS, -alone)
    notes.records.count(RecordClass.PASSED, alone)
    count_doubts(changed.filter(~pl.col("is_left_out")), notes, "doubted")


def _by_class(events: pl.DataFrame) -> dict[RecordClass, pl.Series]:
    """Return the records of events with a meaning, by what they are."""
    records = events["record"]
    is_side_event = events.select(IS_SIDE_EVENT).to_series()
    is_excluded = is_side_event & (events["event"] == EXCLUDED) | events["is_stop"]
    is_side_event &= ~is_excluded
    if not (is_excluded | is_side_event).any():
        return {RecordClass.EVENTS: records}
    return {
        RecordClass.EVENTS: records.filter(~is_side_event & ~is_excluded),
        RecordClass.EXCLUDED: records.filter(is_excluded),
        RecordClass.BESIDE: records.filter(is_side_event),
    }


def _count_records(by_class: Mapping[RecordClass, pl.Series], notes: Notes) -> None:
    """Count records by the classes of their events; one of several events counts as its best."""
    records = pl.concat(by_class.values())
    if records.n_unique() < len(records):
        classes = np.repeat(list(by_class), [len(part) for part in by_class.values()])
        best = pl.DataFrame({"record": records, "class": classes}).group_by("record").max()
        for kind, count in best.group_by("class").len().iter_rows():
            notes.records.count(RecordClass(kind), count)
    else:  # one event of each, as nearly everywhere
        for kind, part in by_class.items():
            notes.records.count(kind, len(part))


def _count_rows(rows: pl.DataFrame, notes: Notes) -> None:
    is_side_event = rows.select(IS_SIDE_EVENT).to_series()
    notes.events += rows.height - int(is_side_event.sum())
    _count_by(rows.filter(is_side_event), "event", notes.side_events)


def count_doubts(rows: pl.DataFrame, notes: Notes, column: str = "doubt") -> None:
    """Count the doubts of rows of one file, each of several apart."""
    _count_by(single_doubts(rows.select("line", column), column), column, notes.doubts)


def _count_by(rows: pl.DataFrame, column: str, occurrences: Occurrences) -> None:
    texts = rows.filter(pl.col(column).is_not_null())
    grouped = texts.group_by(column, maintain_order=True).agg(pl.len(), pl.col("line").first())
    for text, count, line in grouped.iter_rows():
        occurrences.add(text, line, count)


def _count_natives(events: pl.DataFrame, occurrences: Occurrences, form: Format) -> None:
    """Count events by their native names, which are quotes unless the table has them."""
    for (native,), part in events.group_by("native", maintain_order=True):
        name = str(native)
        is_quote = name and name not in form.meanings
        template, quote = ("{}", name) if is_quote else (name or "an event without a name", None)
        occurrences.add(template, int(part["line"][0]), part.height, quote=quote)
