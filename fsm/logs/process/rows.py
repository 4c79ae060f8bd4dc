"""Rows of the events of process mining: their names are taken as they stand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, tzinfo

import polars as pl

from fsm.logs.ledger import RecordClass
from fsm.logs.log_file import renamed_events
from fsm.logs.mapping.to_canonical import READ_SCHEMA, SCHEMA
from fsm.logs.native_times import native_time
from fsm.logs.notes import Notes
from fsm.logs.timestamps import microseconds

__all__ = ["FREE_TEXT", "NUMBER", "OWN", "event_rows", "readable_events"]

_OF_EVENT = ("message_id", "recipient", "event", "timestamp", "file", "line")
OWN = tuple(name for name in SCHEMA if name not in _OF_EVENT)
"""Columns that stand as attributes in an event log that was written from a converted log."""
NUMBER = "number"
"""The column with the number of each event, where one may have several rows."""
FREE_TEXT = ("rule", "doubt")
"""Those that are left out where recipients are pseudonyms."""
_LONGEST = 1000
"""Bytes of an id; events of longer ones are rejected."""
_TRUTH = {"true": True, "1": True, "false": False, "0": False}


def readable_events(events: Mapping[str, pl.Series], notes: Notes, zone: tzinfo) -> pl.DataFrame:
    """Return the events that have an id, a name and a time, with their times as times.

    ``events`` has ``message_id``, ``event``, ``timestamp`` and ``line``, and whichever other
    columns of rows are known, all but the line as texts. ``zone`` is that of times
    without one. The other events are counted in ``notes``.
    """
    written = events["timestamp"]
    times = _times(written, notes, zone)
    frame = pl.DataFrame([*events.values()]).with_columns(
        times.cast(pl.Datetime("us")).dt.replace_time_zone("UTC").alias("timestamp")
    )
    too_long = frame["message_id"].str.len_bytes().fill_null(0) > _LONGEST
    faults = {
        "an event of no message": frame["message_id"].is_null(),
        "an event without a name": frame["event"].is_null(),
        "an event without a time": written.is_null(),
        "an event whose time cannot be read": times.is_null(),
        f"an id of more than {_LONGEST:,} bytes": too_long,
    }
    good = pl.Series([True]).new_from_index(0, frame.height)
    for reason, wrong in faults.items():
        new = wrong & good
        if new.any():
            notes.reject(reason, int(frame["line"].filter(new)[0]), records=int(new.sum()))
            good &= ~wrong
    return frame if good.all() else frame.filter(good)


def event_rows(
    events: pl.DataFrame, log_format: str, notes: Notes, renamed: Mapping[str, str]
) -> pl.DataFrame:
    """Return readable events as rows of a converted log, and count them.

    ``renamed`` has the events of machines that stand for others, by their names in the log.
    Rows with the same :data:`NUMBER`, where there is such a column, are of one event.
    """
    if renamed:
        native = pl.coalesce("native", "event") if "native" in events.columns else pl.col("event")
        events = events.with_columns(renamed_events(pl.col("event"), renamed), native=native)
    notes.events += events.height
    records = events[NUMBER].n_unique() if NUMBER in events.columns else events.height
    notes.records.count(RecordClass.EVENTS, records)
    if "doubt" in events.columns:
        doubtful = events.filter(pl.col("doubt").is_not_null())
        for (text,), part in doubtful.group_by("doubt", maintain_order=True):
            notes.doubts.add(str(text), int(part["line"][0]), part.height)
    given = {"format": pl.lit(log_format), "file": pl.lit(notes.name)}
    return events.select(
        _column(name, dtype, events.columns, given).alias(name)
        for name, dtype in READ_SCHEMA.items()
    )


def _column(
    name: str, dtype: pl.DataType, columns: Iterable[str], given: Mapping[str, pl.Expr]
) -> pl.Expr:
    if name not in columns:
        return given.get(name, pl.lit(None)).cast(dtype)
    if dtype == pl.Boolean:
        text = pl.col(name).str.to_lowercase()
        return text.replace_strict(_TRUTH, default=None, return_dtype=pl.Boolean)
    column = pl.col(name).cast(dtype, strict=False)
    return pl.coalesce(column, given[name]) if name in given else column


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
