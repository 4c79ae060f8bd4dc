"""Rows of the events of process mining: their names are taken as they stand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, tzinfo

import polars as pl

from fsm.logs.ledger import RecordClass
from fsm.logs.mapping.to_canonical import SCHEMA
from fsm.logs.native_times import native_time
from fsm.logs.notes import Notes
from fsm.logs.timestamps import microseconds

__all__ = ["OWN", "event_rows"]

OWN = ("delivery_id", "event_id", "seq", "final", "fault", "code", "reply", "native", "rule")
"""Columns that stand as attributes in an event log that was written from a converted log."""
_LONGEST = 1000
"""Bytes of an id; events of longer ones are rejected."""
_WITHOUT = {
    "message_id": "an event of no {}",
    "event": "an event without a name",
    "timestamp": "an event without a time",
}
_TRUTH = {"true": True, "1": True, "false": False, "0": False}


def event_rows(
    events: Mapping[str, pl.Series], log_format: str, notes: Notes, zone: tzinfo
) -> pl.DataFrame:
    """Return events as rows of a converted log, and count them.

    ``events`` has ``message_id``, ``event``, ``timestamp`` and ``line``, and whichever other
    columns of :data:`SCHEMA` are known, all but the line as texts. ``zone`` is that of times
    without one. Events that lack an id, a name or a time are only counted in ``notes``.
    """
    written = events["timestamp"]
    times = _times(written, notes, zone)
    frame = pl.DataFrame([*events.values()]).with_columns(
        times.cast(pl.Datetime("us")).dt.replace_time_zone("UTC").alias("timestamp")
    )
    faults = {reason: frame[name].is_null() for name, reason in _WITHOUT.items()}
    faults["an event whose time cannot be read"] = times.is_null() & written.is_not_null()
    faults[_WITHOUT["timestamp"]] = written.is_null()
    faults[f"an id of more than {_LONGEST:,} bytes"] = (
        frame["message_id"].str.len_bytes().fill_null(0) > _LONGEST
    )
    frame = _without(frame, faults, notes)
    notes.events += frame.height
    notes.records.count(RecordClass.EVENTS, frame.height)
    for text, part in _occurrences(frame, "doubt"):
        notes.doubts.add(text, int(part["line"][0]), part.height)
    given = {"format": pl.lit(log_format), "file": pl.lit(notes.name)}
    return frame.select(
        _column(name, dtype, frame.columns, given).alias(name) for name, dtype in SCHEMA.items()
    )


def _column(
    name: str, dtype: pl.DataType, columns: Iterable[str], given: Mapping[str, pl.Expr]
) -> pl.Expr:
    if name in given:
        return given[name].cast(dtype)
    if name not in columns:
        return pl.lit(None, dtype)
    if dtype == pl.Boolean:
        text = pl.col(name).str.to_lowercase()
        return text.replace_strict(_TRUTH, default=None, return_dtype=pl.Boolean)
    return pl.col(name).cast(dtype, strict=False)


def _without(frame: pl.DataFrame, faults: Mapping[str, pl.Series], notes: Notes) -> pl.DataFrame:
    """Return the events without faults; each of the others is counted under its first one."""
    good = pl.Series([True]).new_from_index(0, frame.height)
    for reason, wrong in faults.items():
        new = wrong & good
        if new.any():
            notes.reject(reason, int(frame["line"].filter(new)[0]), records=int(new.sum()))
            good &= ~wrong
    return frame if good.all() else frame.filter(good)


def _occurrences(frame: pl.DataFrame, column: str) -> list[tuple[str, pl.DataFrame]]:
    if column not in frame.columns or not frame[column].is_not_null().any():
        return []
    parts = frame.filter(pl.col(column).is_not_null()).group_by(column, maintain_order=True)
    return [(str(text), part) for (text,), part in parts]


def _times(texts: pl.Series, notes: Notes, zone: tzinfo) -> pl.Series:
    """Return times in microseconds since 1970; null where a text is none."""
    times = microseconds(texts)
    rest = (times.is_null() & texts.is_not_null()).arg_true()
    if not len(rest):
        return times
    unread = texts.gather(rest)
    if zone == UTC:
        plain = microseconds(unread + "Z")
        if plain.is_not_null().any():
            notes.assumed["zone"] = "times without a zone are read as UTC (--tz names another)"
            times = times.scatter(rest, plain)
            rest = (times.is_null() & texts.is_not_null()).arg_true()
            unread = texts.gather(rest)
    by_text = {text: native_time(text, zone) for text in unread.unique().to_list()}
    if zone != UTC and any(time is not None for time in by_text.values()):
        notes.assumed["zone"] = f"times without a zone are read as {zone}"
    read = pl.Series([by_text[text] for text in unread.to_list()], dtype=pl.Int64)
    return times.scatter(rest, read)
