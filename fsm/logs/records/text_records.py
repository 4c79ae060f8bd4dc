"""Columns of texts to events, by a mapping: what CSV, lines and pairs have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import polars as pl

from fsm.logs.mapping.event_mapping import NOTHING, Format
from fsm.logs.mapping.record_layout import FieldSource
from fsm.logs.notes import Notes
from fsm.logs.records.fields import NO_ID
from fsm.logs.records.times import RecordTimes

__all__ = ["TextTable", "table_events"]

_ENTRY = "\0entry"
_NO_EVENT = "a record without an event"
_NO_TIME = "a record without a time"
_OF_RECIPIENTS = ("recipient", "code", "reply")
"""Fields that hold several values where a text names several recipients."""


class TextTable:
    """Records as columns of texts, with the line of each."""

    def __init__(self, columns: Mapping[str, pl.Series], lines: pl.Series) -> None:
        """``columns`` are named by paths of a mapping; a path without a column is left out."""
        trimmed = {
            name: column.str.strip_chars().replace({"": None}) for name, column in columns.items()
        }
        self.frame = pl.DataFrame({"line": lines, **{f"={n}": c for n, c in trimmed.items()}})

    def field(self, sources: Sequence[FieldSource]) -> pl.Expr:
        """Return the first value that a field has in its places."""
        found = [self._place(source) for source in sources]
        return pl.coalesce(*[place for place in found if place is not None], pl.lit(None, pl.String))

    def _place(self, source: FieldSource) -> pl.Expr | None:
        if source.value is not None:
            return pl.lit(source.value)
        columns = [f"={path}" for path in source.paths if f"={path}" in self.frame.columns]
        if len(columns) < 2:
            return pl.col(columns[0]) if columns else None
        joined = pl.concat_str(columns, separator=" ", ignore_nulls=True)
        return pl.when(joined != "").then(joined)

    def spread(self, each: Sequence[str], pattern: str) -> None:
        """Make a row of every match of a pattern in the first of some columns that has a text.

        The named groups become columns, whose names begin with a dot.
        """
        text = self.field([FieldSource((path,)) for path in each])
        frame = self.frame.with_columns(text.str.extract_all(pattern).alias(_ENTRY)).explode(_ENTRY)
        groups = frame[_ENTRY].str.extract_groups(pattern).struct.unnest()
        named = groups.rename({name: f"=.{name}" for name in groups.columns})
        self.frame = frame.drop(_ENTRY).hstack(named)


def table_events(
    table: TextTable, form: Format, times: RecordTimes, notes: Notes
) -> pl.DataFrame:
    """Return the events of a table; what is none is counted in ``notes``."""
    layout = form.layout
    if layout.each_pattern:
        table.spread(layout.each, layout.each_pattern)
    fields = ("message_id", "recipient", "event", "time", "code", "reply", "event_id",
              "delivery_id", "handed_over")  # fmt: skip
    frame = table.frame.select(
        "line",
        *(table.field(layout.sources(name)).alias(name) for name in fields),
        _native(table, form).alias("native"),
    )
    if layout.message_id_ends:
        ends = f"(?:{layout.message_id_ends})$"
        frame = frame.with_columns(pl.col("message_id").str.replace(ends, ""))
    if layout.recipient_separator:
        frame = _by_recipient(frame, layout.recipient_separator)
    frame = frame.with_columns(times.series(frame["time"]), times.series(frame["handed_over"]))
    frame = _usable(frame, form, notes)
    to = pl.col("recipient") if not layout.sources("recipient") else pl.col("recipient").fill_null("")
    return frame.select(
        pl.coalesce("message_id", "recipient", pl.lit("")).alias("message_id"),
        to,
        "native", "time", "line", "code", "reply", "event_id", "delivery_id",
        pl.when(pl.col("message_id").is_null()).then(pl.lit(NO_ID)).alias("doubt"),
        "handed_over",
    )  # fmt: skip


def _native(table: TextTable, form: Format) -> pl.Expr:
    """Return the path of each event: its name, and what tells more of events of that name."""
    name = native = table.field(form.layout.sources("event"))
    for of, sources in form.layout.detail.items():
        parts = [table.field([source]).fill_null("") for source in sources]
        longer = pl.concat_str(name, *parts, separator="/").str.strip_chars_end("/")
        native = pl.when(name.str.to_lowercase() == of.lower()).then(longer).otherwise(native)
    return native


def _by_recipient(frame: pl.DataFrame, separator: str) -> pl.DataFrame:
    """Return a row for each recipient of a text; replies and codes may be as many."""
    several = frame["recipient"].str.contains(separator, literal=True).fill_null(value=False)
    if not several.any():
        return frame
    count = pl.col("recipient").str.split(separator).list.len()
    lists = []
    for name in _OF_RECIPIENTS:
        parts = pl.col(name).str.split(separator)
        whole = pl.col(name).repeat_by(count)
        lists.append(pl.when(parts.list.len() == count).then(parts).otherwise(whole).alias(name))
    spread = frame.filter(several).with_columns(lists).explode(_OF_RECIPIENTS)
    trimmed = spread.with_columns(pl.col(_OF_RECIPIENTS).str.strip_chars().replace({"": None}))
    others = trimmed.filter(pl.col("recipient").is_not_null())
    return pl.concat([frame.filter(~several), others]).sort("line", maintain_order=True)


def _usable(frame: pl.DataFrame, form: Format, notes: Notes) -> pl.DataFrame:
    """Return the events that have a name and a time; count the records of the others."""
    without_event = frame["native"].is_null()
    if without_event.any():
        _reject(frame.filter(without_event)["line"], _NO_EVENT, notes)
        frame = frame.filter(~without_event)
    without_time = frame["time"].is_null()
    if without_time.any():
        timeless = frame.filter(without_time).unique("line", keep="first", maintain_order=True)
        for native, line in timeless.select("native", "line").iter_rows():
            meaning = form.meaning(native)
            if meaning is not None and meaning.event == NOTHING:
                notes.pass_over("{}", line, quote=native)
            else:
                notes.reject(_NO_TIME, line)
        frame = frame.filter(~without_time)
    return frame


def _reject(lines: Iterable[int], reason: str, notes: Notes) -> None:
    for line in dict.fromkeys(lines):
        notes.reject(reason, line)
