"""Records as a table: what :mod:`fsm.logs.records.translation` does, on whole columns.

It gives up on a table with anything in it that it does not surely read in the same way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from itertools import chain, compress, count
from types import NoneType
from typing import Any, Protocol

import polars as pl

from fsm.logs.mapping.doubts import all_doubts
from fsm.logs.mapping.event_mapping import Format
from fsm.logs.mapping.record_layout import FieldSource, RecordLayout
from fsm.logs.native_event import NativeEvent
from fsm.logs.records.entries import listed
from fsm.logs.records.fields import joined, recipients, status_code, text_of, value_at
from fsm.logs.records.times import RecordTimes
from fsm.logs.records.translation import NO_ID

__all__ = ["RecordTable", "first_values", "table_events"]

_TYPES = {"time": pl.Int64, "line": pl.Int64, "handed_over": pl.Int64}
_TEXTS = ("message_id", "reply", "explanation", "event_id", "delivery_id", "relay")


class RecordTable(Protocol):
    """Records of one format, of which any path can be had as a column."""

    def __len__(self) -> int:
        """Return how many records there are."""

    def values(self, path: str, rows: Sequence[int] | None) -> list[Any]:
        """Return what stands on a path in each record, or in those of some rows."""


def table_events(
    table: RecordTable, form: Format, lines: Sequence[int], times: RecordTimes
) -> pl.DataFrame | None:
    """Return the events of records that stand on lines; None where a record needs a closer look."""
    layout = form.layout
    entries = _entries(table, layout)
    columns = _Columns(table, entries)
    when, handed_over = _both_times(columns, times, layout)
    if when is None:
        return None
    names = [name or "" for name in _texts(columns.first(layout.sources("event")))]
    if form.is_own and "" in names:
        return None
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
        "line": lines if entries is None else _taken(lines, entries.rows),
        "code": _codes(columns.first(layout.sources("code"))),
        "doubt": _doubts(messages, when, times),
        "handed_over": handed_over,
    }
    if list in set(map(type, whom)):
        found = _spread(found)
    return _frame(found, layout)


# Columns --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Entries:
    """The entries of records, one after the other, each with the row of its record."""

    values: Sequence[object]
    rows: Sequence[int]

    @cached_property
    def objects(self) -> Sequence[int]:
        """The places of the entries that have fields."""
        return [n for n, value in enumerate(self.values) if type(value) is not str]


def _entries(table: RecordTable, layout: RecordLayout) -> _Entries | None:
    if not layout.each:
        return None
    lists = [*table.values(layout.each[0], None)]
    lacking: Sequence[int] = [row for row, value in enumerate(lists) if not value]
    for path in layout.each[1:]:
        if not lacking:
            break
        lacking = _filled(lists, lacking, table.values(path, lacking))
    told = listed([own or None for own in lists], layout.each_pattern)
    if set(map(len, told)) == {1}:
        return _Entries([own[0] for own in told], range(len(told)))
    at = [row for row, own in enumerate(told) for _ in own]
    return _Entries(list(chain.from_iterable(told)), at)


def first_values(table: RecordTable, sources: Sequence[FieldSource]) -> list[Any]:
    """Return the first value of a field in each record; None where it has none."""
    return _Columns(table, None).first(sources)


def _filled(found: list[Any], lacking: Sequence[int], values: Sequence[Any]) -> Sequence[int]:
    """Put values into the rows of a column that lack one; return the rows that still do."""
    if values.count(None) == len(values):
        return lacking
    for row, value in zip(lacking, values, strict=True):
        if value is not None:
            found[row] = value
    return [
        row
        for row, value in zip(lacking, values, strict=True)
        if not value and (value is None or value == "" or value == [])
    ]


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
        found, *others = self._of(sources[0], rows), *sources[1:]
        while others and found.count(None) == len(found):
            found = self._of(others.pop(0), rows)
        if not others or all(found):
            return found
        lacking: Sequence[int] = [
            n
            for n, value in enumerate(found)
            if not value and (value is None or value == "" or value == [])
        ]
        found = [*found]  # the column may be another field's, too
        for source in others:
            if not lacking:
                break
            own = lacking if rows is None else [rows[n] for n in lacking]
            lacking = _filled(found, lacking, self._of(source, own))
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
        if isinstance(at, range):  # one entry in each record
            return self.table.values(path, rows)
        return self.table.values(path, at if rows is None else _taken(at, rows))

    def _of_entries(self, path: str, rows: Sequence[int] | None) -> list[Any]:
        if self.entries is None:
            return [None] * (len(self) if rows is None else len(rows))
        values, keys = self.entries.values, [key for key in path.split(".") if key]
        if not keys:
            return [*values] if rows is None else [values[row] for row in rows]
        found: list[Any] = [None] * len(values)
        for row in self.entries.objects:
            found[row] = reduce(value_at, keys, values[row])
        return found if rows is None else [found[row] for row in rows]


def _taken(values: Sequence[int], rows: Sequence[int]) -> Sequence[int]:
    whole = isinstance(rows, range) and len(rows) == len(values)
    return values if whole else [values[row] for row in rows]


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


def _doubts(
    messages: Sequence[str | None], when: Sequence[int], times: RecordTimes
) -> Sequence[str | None]:
    if all(messages) and not times.doubts:
        return [None] * len(messages)
    pairs = zip(messages, when, strict=True)
    return [all_doubts(None if own else NO_ID, times.doubts.get(time)) for own, time in pairs]


def _frame(columns: Mapping[str, Sequence[Any]], layout: RecordLayout) -> pl.DataFrame:
    """Return columns as a frame; every event gets a message, and an identity if it was posted."""
    frame = pl.DataFrame(
        [
            _series(name, columns[name], _TYPES.get(name, pl.String))
            for name in NativeEvent._fields
            if name in columns
        ]
    )
    if frame["message_id"].null_count():
        frame = frame.with_columns(pl.coalesce("message_id", "recipient"))
    if layout.is_posted and frame["event_id"].null_count():
        identity = pl.concat_str("native", pl.lit("@"), "time")
        frame = frame.with_columns(pl.coalesce("event_id", identity))
    return frame


def _series(name: str, values: Sequence[Any], dtype: type[pl.DataType]) -> pl.Series:
    if not any(values) and values.count(None) == len(values):
        return pl.Series(name, [None], dtype).new_from_index(0, len(values))
    return pl.Series(name, values, dtype)


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
        rows = list(compress(count(), map(own.__contains__, names)))
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


class _Codes(dict[tuple[int, int, int], str]):
    """Enhanced codes by their three numbers."""

    def __missing__(self, numbers: tuple[int, int, int]) -> str:
        code = self[numbers] = ".".join(map(str, numbers))
        return code


_NUMBERS = ("class", "subject", "detail")


def _codes(values: list[Any]) -> list[str | None]:
    """Return values as codes; some are objects of three numbers."""
    if dict not in set(map(type, values)):
        codes = _texts(values)
        is_explained = " " in "".join(filter(None, codes))
        return list(map(status_code, codes)) if is_explained else codes
    known, codes = _Codes(), [*values]
    for row, value in enumerate(values):
        if type(value) is not dict:
            codes[row] = None if value is None else status_code(value)
            continue
        one, two, three = map(value.get, _NUMBERS)
        if type(one) is type(two) is type(three) is int:
            codes[row] = known[one, two, three]
        else:
            codes[row] = status_code(value)
    return codes


def _both_times(
    columns: _Columns, times: RecordTimes, layout: RecordLayout
) -> tuple[Sequence[int] | None, Sequence[int | None]]:
    """Return when events happened, and when their messages were handed over, if that is told."""
    told = columns.first(layout.sources("time"))
    handed_over = columns.first(layout.sources("handed_over"))
    if set(map(type, handed_over)) == {str}:
        together = times.values(told + handed_over)
        if together is not None:
            return together[: len(told)], together[len(told) :]
    return times.values(told), times.some(handed_over)
