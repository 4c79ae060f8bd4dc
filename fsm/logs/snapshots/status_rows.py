"""What the texts of an export mean: a message, seen in a status."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, tzinfo

import polars as pl

from fsm.logs.ledger import RecordClass
from fsm.logs.mapping.blame import code_of
from fsm.logs.native_times import from_datetime, from_text, native_time
from fsm.logs.notes import Notes, Occurrences
from fsm.logs.snapshots.labels import Labels
from fsm.tables.read.cell_text import normalise_name

__all__ = ["SIGHTING", "understood"]

SIGHTING: dict[str, pl.DataType] = {
    "message_id": pl.String(),
    "recipient": pl.String(),
    "delivery_id": pl.String(),
    "status": pl.String(),
    "kind": pl.String(),
    "reason": pl.String(),
    "event_fault": pl.String(),
    "exported": pl.Int64(),
    "changed": pl.Int64(),
    "line": pl.Int64(),
}
"""The columns of a sighting. ``exported`` and ``changed`` (microseconds) are null where the row
does not tell when it was exported, and when its status changed."""

_WITH_REASON = ("pending", "taken", "failed")
_COMPACT = {8: 8, 14: 8}
"""Digits of 20260105 and 20260105093000, and how many of them are the date."""


def understood(rows: pl.DataFrame, labels: Labels, zone: tzinfo, notes: Notes) -> pl.DataFrame:
    """Return the sightings in records, counted as joined; what is not known is counted.

    A status that is not known but is a reason (some exports write that) is a failure for it.
    """
    frame = _with_status(_with_id(rows, notes), labels, notes)
    frame = _with_kind(frame, labels, notes)
    times = [_times(frame, name, labels, zone, notes) for name in ("exported", "changed")]
    notes.records.count(RecordClass.JOINED, frame.height)
    return frame.with_columns(times).select(*SIGHTING)


def _with_id(rows: pl.DataFrame, notes: Notes) -> pl.DataFrame:
    nameless = rows.filter(pl.col("message_id").is_null() & pl.col("recipient").is_null())
    _reject(nameless, "a row without an id and an address", notes)
    if rows["message_id"].null_count() > nameless.height:
        notes.assumed["ids"] = "rows without an id of a message: address and delivery stand for it"
    of_delivery = pl.concat_str("delivery_id", "recipient", separator="/")
    named = rows.with_columns(pl.coalesce("message_id", of_delivery, "recipient"))
    return named.filter(pl.col("message_id").is_not_null())


def _with_status(frame: pl.DataFrame, labels: Labels, notes: Notes) -> pl.DataFrame:
    """Replace what the status is called by what it is, and drop rows where nobody knows it."""
    known = _meant(frame["status"], lambda label: labels.statuses.get(normalise_name(label)))
    reason = _meant(frame["status"], lambda t: t if normalise_name(t) in labels.reasons else None)
    label, empty = pl.col("status"), pl.col("status").is_null()
    frame = frame.with_columns(known=known, written=reason).with_columns(
        pl.coalesce("written", "reason").alias("reason")
    )
    frame = frame.with_columns(
        pl.when(pl.col("written").is_not_null() | (empty & pl.col("reason").is_not_null()))
        .then(pl.coalesce("known", pl.lit("failed")))
        .otherwise("known")
        .alias("known")
    )
    lost = frame.filter(pl.col("known").is_null())
    _reject(lost.filter(empty), "a row without a status", notes)
    unknown = lost.filter(~empty)
    _count_each(unknown, "status {}", label, notes.unmapped)
    notes.records.count(RecordClass.UNMAPPED, unknown.height)
    return frame.filter(pl.col("known").is_not_null()).with_columns(status=pl.col("known"))


def _with_kind(frame: pl.DataFrame, labels: Labels, notes: Notes) -> pl.DataFrame:
    """Add the kind of a failure, and whose fault it is.

    The kind is what a column says, else what the reason is known for, else what a code in it
    says (RFC 3463). Of a message that is not Failed any reason is one to try again, except
    those that rows without a failure have, too.
    """
    reasons = {
        text: labels.reasons.get(normalise_name(text)) for text in _distinct(frame["reason"])
    }
    facts = {text: found for text, found in reasons.items() if found}
    texts = pl.col("reason")
    frame = frame.with_columns(
        by_reason=_meant(frame["reason"], lambda t: facts[t].kind if t in facts else None),
        event_fault=_meant(frame["reason"], lambda t: facts[t].fault if t in facts else None),
        blank=texts.is_null() | texts.is_in([t for t, found in facts.items() if found.blank]),
        by_column=_meant(frame["kind"], lambda label: labels.kinds.get(normalise_name(label))),
        code=frame.select(reply=texts, code=pl.lit(None, pl.String)).select(code_of()).to_series(),
    )
    code = pl.col("code").str.slice(0, 1).replace_strict({"5": "hard", "4": "soft"}, default=None)
    said = [pl.col(name).replace("unsaid", None) for name in ("by_column", "by_reason")]
    waits = pl.col("status").is_in(["pending", "taken"])
    kind = (
        pl.when(waits & pl.col("blank") & pl.col("by_column").is_null())
        .then(pl.lit("unsaid"))
        .when(waits)
        .then(pl.coalesce(*said, code, pl.lit("soft")))
        .when(pl.col("status") == "failed")
        .then(pl.coalesce(*said, code, pl.lit("unsaid")))
        .otherwise(pl.lit("unsaid"))
    )
    matters = pl.col("status").is_in(_WITH_REASON)
    strange = matters & texts.is_not_null() & pl.coalesce("by_reason", code).is_null()
    _count_each(frame.filter(strange), "reason {}", texts, notes.unmapped)
    shown = pl.when(matters & ~pl.col("blank")).then(texts)
    return frame.with_columns(kind=kind, reason=shown)


def _times(frame: pl.DataFrame, name: str, labels: Labels, zone: tzinfo, notes: Notes) -> pl.Series:
    """Return a column of times; those that are none are counted, and null."""
    found = {text: _time(text, labels.time_format, zone) for text in _distinct(frame[name])}
    bad = frame.filter(pl.col(name).is_in([text for text, time in found.items() if time is None]))
    what = "time {} (time_format in a file for --labels says how it is written)"
    _count_each(bad, what, pl.col(name), notes.rejected)
    return _replaced(frame[name], found, pl.Int64()).alias(name)


def _time(text: str, time_format: str | None, zone: tzinfo) -> int | None:
    if time_format:
        try:
            return from_datetime(datetime.strptime(text, time_format), zone)
        except ValueError:
            pass
    if text.isdecimal() and text.startswith("20") and len(text) in _COMPACT:
        date = _COMPACT[len(text)]
        return from_text(f"{text[:date]}T{text[date:]}".rstrip("T"), zone)
    return native_time(text, zone)


def _distinct(column: pl.Series) -> list[str]:
    return column.unique().drop_nulls().sort().to_list()


def _meant(column: pl.Series, find: Callable[[str], str | None]) -> pl.Series:
    return _replaced(column, {text: find(text) for text in _distinct(column)}, pl.String())


def _replaced(column: pl.Series, table: Mapping[str, object], dtype: pl.DataType) -> pl.Series:
    new = pl.Series(list(table.values()), dtype=dtype)
    return column.replace_strict(pl.Series(list(table), dtype=pl.String), new, default=None)


def _reject(frame: pl.DataFrame, reason: str, notes: Notes) -> None:
    if frame.height:
        notes.reject(reason, int(frame["line"][0]), records=frame.height)


def _count_each(frame: pl.DataFrame, what: str, said: pl.Expr, tally: Occurrences) -> None:
    grouped = frame.group_by(said.alias("said"), maintain_order=True)
    for text, count, line in grouped.agg(pl.len(), pl.col("line").first()).iter_rows():
        tally.add(what, line, count, quote=text)
