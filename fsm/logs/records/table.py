"""Records as a table: what :mod:`fsm.logs.records.translation` does, on whole columns.

It gives up on a table with anything in it that it does not surely read in the same way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from functools import reduce
from itertools import chain
from types import NoneType
from typing import Any, Protocol, cast

import numpy as np
import polars as pl

from fsm.logs.mapping.event_mapping import Format
from fsm.logs.mapping.record_layout import FieldSource, RecordLayout
from fsm.logs.native_event import NativeEvent
from fsm.logs.records.entries import listed
from fsm.logs.records.fields import joined, recipients, status_code, text_of, value_at
from fsm.logs.records.record_times import record_time
from fsm.logs.records.translation import NO_ID, WHOSE, is_personal, joined_doubts
from fsm.logs.timestamps import microseconds

__all__ = ["RecordTable", "events_of"]

_TYPES = {"time": pl.Int64, "line": pl.Int64, "handed_over": pl.Int64}
_TEXTS = ("message_id", "reply", "event_id", "delivery_id")
_SECOND = 1_000_000


class RecordTable(Protocol):
    """Records of one format, of which any path can be had as a column."""

    def __len__(self) -> int:
        """Return how many records there are."""

    def values(self, path: str, rows: Sequence[int] | None) -> list[Any]:
        """Return what stands on a path in each record, or in those of some rows."""


def events_of(
    table: RecordTable, form: Format, lines: Sequence[int], zone: tzinfo
) -> pl.DataFrame | None:
    """Return the events of records that stand on lines; None where a record needs a closer look."""
    layout = form.layout
    entries = _entries(table, layout)
    columns = _Columns(table, entries)
    when = _times(columns.first(layout.sources("time")), zone, layout)
    if when is None:
        return None
    names = [name or "" for name in _texts(columns.first(layout.sources("event")))]
    whom = columns.first(layout.sources("recipient"))
    if not _are_plain(whom, layout.recipient_separator):
        whom = [_addresses(to) for to in whom]
        if [] in whom or layout.recipient_separator:
            return None
    told = {name: _texts(columns.first(layout.sources(name))) for name in _TEXTS}
    messages = _cut(told["message_id"], layout.message_id_ends)
    found: dict[str, Sequence[Any]] = {
        **told,
        "message_id": messages,
        "recipient": whom,
        "native": _natives(columns, names, layout.detail),
        "time": when,
        "line": lines if entries is None else [lines[row] for row in entries.rows],
        "code": _codes(columns.first(layout.sources("code"))),
        "doubt": [None] * len(messages) if all(messages) else [_no_id(own) for own in messages],
        "handed_over": _times_or_none(columns.first(layout.sources("handed_over")), zone, layout),
    }
    if list in set(map(type, whom)):
        found = _spread(found)
    if len(found["line"]) > len(table):
        found["doubt"] = _shared(found, form)
    return _frame(found)


# Columns --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Entries:
    """The entries of records, one after the other, each with the row of its record."""

    values: Sequence[object]
    rows: Sequence[int]


def _entries(table: RecordTable, layout: RecordLayout) -> _Entries | None:
    if not layout.each:
        return None
    lists: list[object] = [None] * len(table)
    rows: Sequence[int] | None = None
    for path in layout.each:
        for row, value in zip(
            range(len(table)) if rows is None else rows, table.values(path, rows), strict=True
        ):
            if value:
                lists[row] = value
        rows = [row for row, value in enumerate(lists) if not value]
        if not rows:
            break
    pattern = layout.each_pattern
    told = [own if type(own) is list else listed(own, pattern) for own in lists]
    if set(map(len, told)) == {1}:
        return _Entries([own[0] for own in told], range(len(told)))
    at = [row for row, own in enumerate(told) for _ in own]
    return _Entries(list(chain.from_iterable(told)), at)


@dataclass(frozen=True)
class _Columns:
    """The columns of a table with a row for each record, or for each entry of one."""

    table: RecordTable
    entries: _Entries | None

    def __len__(self) -> int:
        return len(self.table) if self.entries is None else len(self.entries.rows)

    def first(self, sources: Sequence[FieldSource], rows: Sequence[int] | None = None) -> list[Any]:
        """Return the first value of each row that is neither null nor an empty text."""
        if not sources:
            return [None] * (len(self) if rows is None else len(rows))
        found = self._of(sources[0], rows)
        for source in sources[1:]:
            if None not in found and "" not in found:
                break
            lacking = [n for n, value in enumerate(found) if value is None or value == ""]
            own = lacking if rows is None else [rows[n] for n in lacking]
            for n, value in zip(lacking, self._of(source, own), strict=True):
                if value is not None:
                    found[n] = value
        return found

    def _of(self, source: FieldSource, rows: Sequence[int] | None) -> list[Any]:
        if source.value is not None:
            return [source.value] * (len(self) if rows is None else len(rows))
        if source.of_entry:
            return self._of_entries(source.paths[0], rows)
        columns = [self._of_records(path, rows) for path in source.paths]
        if len(columns) == 1:
            return columns[0]
        return list(map(joined, zip(*map(_texts, columns), strict=True)))

    def _of_records(self, path: str, rows: Sequence[int] | None) -> list[Any]:
        if self.entries is None:
            return self.table.values(path, rows)
        at = self.entries.rows
        if isinstance(at, range):
            return self.table.values(path, rows)
        own = at if rows is None else [at[row] for row in rows]
        return self.table.values(path, own)

    def _of_entries(self, path: str, rows: Sequence[int] | None) -> list[Any]:
        if self.entries is None:
            return [None] * (len(self) if rows is None else len(rows))
        values = self.entries.values
        own = values if rows is None else [values[row] for row in rows]
        keys = [key for key in path.split(".") if key]
        if len(keys) == 1:
            key = keys[0]
            if not key.isdigit():
                return [value.get(key) if type(value) is dict else None for value in own]
        return [reduce(value_at, keys, value) for value in own]


# Values ---------------------------------------------------------------------------------------


def _are_plain(whom: Sequence[Any], separator: str | None) -> bool:
    """Return whether all are single addresses that stand for themselves."""
    if set(map(type, whom)) != {str} or "" in whom:
        return False
    everything = " ".join(whom)
    return "<" not in everything and (separator is None or separator not in everything)


def _addresses(value: object) -> str | list[str]:
    """Return the only address of a field, or all that it holds."""
    found = recipients(value) if value != "" else [""]
    return found[0] if len(found) == 1 else found


def _spread(columns: Mapping[str, Sequence[Any]]) -> dict[str, Sequence[Any]]:
    """Return columns with a row for each recipient of a record; some of these are in lists."""
    whom = [[to] if type(to) is str else to for to in columns["recipient"]]
    at = [number for number, each in enumerate(whom) for _ in each]
    rows = {name: [column[n] for n in at] for name, column in columns.items()}
    return {**rows, "recipient": list(chain.from_iterable(whom))}


def _shared(columns: Mapping[str, Sequence[Any]], form: Format) -> list[str | None]:
    """Return the doubts of rows; of several rows of a record only one can be of some events."""
    lines, natives, doubts = columns["line"], columns["native"], columns["doubt"]
    personal = {native for native in set(natives) if is_personal(form, native)}
    counts = dict(zip(*np.unique(lines, return_counts=True), strict=True))
    return [
        joined_doubts(doubt, WHOSE) if native in personal and counts[line] > 1 else doubt
        for line, native, doubt in zip(lines, natives, doubts, strict=True)
    ]


def _no_id(message: str | None) -> str | None:
    return None if message else NO_ID


def _frame(columns: Mapping[str, Sequence[Any]]) -> pl.DataFrame:
    """Return columns as a frame; every event gets a message and an identity."""
    frame = pl.DataFrame(
        [
            pl.Series(name, columns[name], _TYPES.get(name, pl.String))
            for name in NativeEvent._fields
            if name in columns
        ]
    )
    return frame.with_columns(
        pl.coalesce("message_id", "recipient"),
        pl.coalesce("event_id", pl.concat_str("native", pl.lit("@"), "time")),
    )


def _cut(messages: list[str | None], ending: str | None) -> list[str | None]:
    if ending is None:
        return messages
    return _texts(pl.Series(messages, dtype=pl.String).str.replace_all(ending, "").to_list())


class _Paths(dict[tuple[str | None, ...], str]):
    """The paths of events by their parts."""

    def __missing__(self, parts: tuple[str | None, ...]) -> str:
        path = self[parts] = "/".join(part or "" for part in parts).rstrip("/")
        return path


def _natives(
    columns: _Columns, names: list[str], details: Mapping[str, Sequence[FieldSource]]
) -> list[str]:
    """Return the path of each event: its name, and what tells more of events of that name."""
    more = {name: details.get(name) or details.get(name.lower()) for name in set(names)}
    natives = names
    for sources in {tuple(sources) for sources in more.values() if sources}:
        own = {name for name, its in more.items() if its and tuple(its) == sources}
        rows = [row for row, name in enumerate(names) if name in own]
        parts = [_texts(columns.first((source,), rows)) for source in sources]
        paths = map(_Paths().__getitem__, zip([names[n] for n in rows], *parts, strict=True))
        natives = natives if natives is not names else names.copy()
        for row, path in zip(rows, paths, strict=True):
            natives[row] = path
    return natives


def _texts(values: list[Any]) -> list[str | None]:
    """Return values as texts; None for none, and for what is no plain value."""
    kinds = set(map(type, values))
    if kinds <= {str, NoneType}:
        return [value or None for value in values] if "" in values else values
    return list(map(text_of, values))


def _codes(values: list[Any]) -> list[str | None]:
    return list(map(status_code, values)) if dict in set(map(type, values)) else _texts(values)


# Times ----------------------------------------------------------------------------------------


def _of_texts(values: pl.Series) -> pl.Series:
    """Return times of texts; null where a text needs a closer look."""
    if values.str.contains(r"^[0-9]{1,11}$").all():
        return values.cast(pl.Int64) * _SECOND
    return microseconds(values)


def _times(values: list[Any], zone: tzinfo, layout: RecordLayout) -> list[int] | None:
    """Return values as microseconds since 1970; None where one is no time."""
    kinds = set(map(type, values))
    if layout.time.unit is None:
        if kinds <= {int, float} and all(0 < value < 1e11 for value in (min(values), max(values))):
            seconds = np.array(values, dtype=np.float64)
            return cast(list[int], np.rint(seconds * _SECOND).astype(np.int64).tolist())
        if kinds == {str} and not layout.time.formats:
            found = _of_texts(pl.Series(values, dtype=pl.String))
            if not found.null_count() and (found > 0).all():
                return found.to_list()
    read = record_time(layout.time)
    moments = [read(value, zone) for value in values]
    return None if None in moments else cast(list[int], moments)


def _times_or_none(values: list[Any], zone: tzinfo, layout: RecordLayout) -> Sequence[int | None]:
    """Return values as microseconds since 1970, None for what is no time."""
    if values.count(None) == len(values):
        return values
    read = record_time(layout.time)
    whole = _times(values, zone, layout) if None not in values else None
    return whole if whole is not None else [read(value, zone) for value in values]
