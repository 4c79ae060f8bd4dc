"""Records of one provider, a block at a time: what ``fields`` does, on whole columns.

This reads only what it surely reads as ``fields`` does. It gives up on a block with anything
else in it: another provider's record, an envelope of another kind, a fault.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import tzinfo
from itertools import chain
from types import NoneType
from typing import Any, cast

import numpy as np
import polars as pl

from fsm.logs.mapping.event_mapping import Format
from fsm.logs.mapping.record_layout import FieldSource, RecordLayout
from fsm.logs.native_event import NativeEvent
from fsm.logs.native_times import native_time
from fsm.logs.records.fields import NO_ID, event_identity, recipients, status_code, text_of
from fsm.logs.records.projection import ColumnValues, Envelope, LineParser, Pruned
from fsm.logs.timestamps import microseconds

__all__ = ["Columns", "column_texts", "columns_of", "frame_of", "parsed_column", "spread", "times"]

Columns = Callable[[Sequence[str], int, tzinfo], "pl.DataFrame | None"]
"""What makes events of lines, the first of which has a number; None where it gives up."""

Way = Callable[[Sequence[str]], "ColumnValues | None"]
"""What makes records of lines."""

_TYPES = {"time": pl.Int64, "line": pl.Int64, "handed_over": pl.Int64}
_SECOND = 1_000_000


def columns_of(form: Format) -> Columns:
    """Return what makes events of blocks of a provider's records."""
    layout = form.layout
    pruned = Pruned(layout.paths(), chain(*layout.recognise))
    ways: list[Way] = [lambda lines: parsed_column(lines, pruned.parse)]
    if layout.records:
        envelope = Envelope(pruned.struct, layout.records, layout.beside)
        ways.append(lambda lines: _taken_out(lines, envelope))

    def read(lines: Sequence[str], first: int, zone: tzinfo) -> pl.DataFrame | None:
        for way in ways:
            records = way(lines)
            if records and _all_known(pruned, records, layout.recognise):
                ways.sort(key=lambda own: own is not way)  # the next block is of the same kind
                return _events(pruned, records, layout, first, zone)
        return None

    return read


def parsed_column(lines: Sequence[str], parse: LineParser) -> ColumnValues | None:
    """Return the record of each line; None where a line has none."""
    try:
        return list(map(parse, lines))
    except (ValueError, RecursionError):
        return None


def _taken_out(lines: Sequence[str], envelope: Envelope) -> ColumnValues | None:
    envelopes = parsed_column(lines, envelope.parse)
    return envelope.opened(envelopes) if envelopes else None


def _all_known(pruned: Pruned, records: Sequence[Any], signs: Sequence[tuple[str, ...]]) -> bool:
    """Return whether every record has all keys of one of the signs, and no null there."""
    known = [False] * len(records)
    for keys in signs:
        columns = [pruned.values(records, key) for key in keys]
        if not any(None in column for column in columns):
            return True
        rows = zip(known, *columns, strict=True)
        known = [before or None not in row for before, *row in rows]
    return all(known)


def _events(
    pruned: Pruned, records: Sequence[Any], layout: RecordLayout, first: int, zone: tzinfo
) -> pl.DataFrame | None:
    def of(name: str) -> ColumnValues:
        return pruned.first(records, layout.sources(name))

    when = times(of("time"), zone)
    if when is None:
        return None
    names = [name or "" for name in column_texts(of("event"))]
    messages = _cut(column_texts(of("message_id")), layout.message_id_ends)
    whom = of("recipient")
    if set(map(type, whom)) != {str}:
        whom = [to if type(to) is str else _addresses(to) for to in whom]
        if [] in whom:
            return None
    columns = {
        "message_id": messages,
        "recipient": whom,
        "native": _natives(pruned, records, names, layout.detail),
        "time": when,
        "line": range(first, first + len(records)),
        "code": _codes(of("code")),
        "reply": column_texts(of("reply")),
        "event_id": column_texts(of("event_id")),
        "delivery_id": column_texts(of("delivery_id")),
        "doubt": [None if message else NO_ID for message in messages],
    }
    return frame_of(columns if list not in set(map(type, whom)) else spread(columns))


def _addresses(value: object) -> str | list[str]:
    """Return the only address of a field, or all that it holds."""
    found = recipients(value)
    return found[0] if len(found) == 1 else found


def spread(columns: Mapping[str, Sequence[Any]]) -> dict[str, Sequence[Any]]:
    """Return columns with a row for each recipient of a record; some of these are in lists."""
    whom = [(to,) if type(to) is str else to for to in columns["recipient"]]
    at = [number for number, each in enumerate(whom) for _ in each]
    whole = len(at) == len(whom) and all(whom)
    rows = {name: c if whole else [c[n] for n in at] for name, c in columns.items()}
    return {**rows, "recipient": list(chain(*whom))}


def frame_of(columns: Mapping[str, Sequence[Any]]) -> pl.DataFrame:
    """Return columns as a frame; every event gets a message and an identity."""
    told = dict(columns)
    if None in told["message_id"]:
        pairs = zip(told["message_id"], told["recipient"], strict=True)
        told["message_id"] = [message or to for message, to in pairs]
    if None in told["event_id"]:
        rows = zip(told["event_id"], told["native"], told["time"], strict=True)
        told["event_id"] = [own or event_identity(native, time) for own, native, time in rows]
    return pl.DataFrame(
        [pl.Series(n, told[n], _TYPES.get(n, pl.String)) for n in NativeEvent._fields if n in told]
    )


def _cut(messages: list[str | None], ending: str | None) -> list[str | None]:
    if ending is None:
        return messages
    return column_texts(pl.Series(messages, dtype=pl.String).str.replace_all(ending, "").to_list())


def _natives(
    pruned: Pruned,
    records: Sequence[Any],
    names: list[str],
    details: Mapping[str, Sequence[FieldSource]],
) -> list[str]:
    """Return the path of each event: its name, and what tells more of events of that name."""
    natives = names
    more = {name: details.get(name) or details.get(name.lower()) for name in set(names)}
    for sources in {tuple(sources) for sources in more.values() if sources}:
        columns = [column_texts(pruned.first(records, (source,))) for source in sources]
        own = {name for name, its in more.items() if its and tuple(its) == sources}
        longer = zip(names, natives, zip(*columns, strict=True), strict=True)
        natives = [
            "/".join([name, *(part or "" for part in parts)]).rstrip("/") if name in own else native
            for name, native, parts in longer
        ]
    return natives


def column_texts(values: ColumnValues) -> list[str | None]:
    """Return values as texts; None for none, and for what is no plain value."""
    kinds = set(map(type, values))
    if kinds <= {str, NoneType}:
        return [value or None for value in values] if "" in values else values
    return list(map(text_of, values))


def _codes(values: ColumnValues) -> list[str | None]:
    return (
        list(map(status_code, values)) if dict in set(map(type, values)) else column_texts(values)
    )


def _of_texts(values: pl.Series) -> pl.Series:
    """Return times of texts; null where a text needs a closer look."""
    if values.str.contains(r"^[0-9]{1,11}$").all():
        return values.cast(pl.Int64) * _SECOND
    return microseconds(values)


def times(values: ColumnValues, zone: tzinfo) -> list[int] | None:
    """Return values as microseconds since 1970; None where one is no time."""
    kinds = set(map(type, values))
    if kinds <= {int, float} and all(0 < value < 1e11 for value in (min(values), max(values))):
        seconds = np.array(values, dtype=np.float64)
        return cast(list[int], np.rint(seconds * _SECOND).astype(np.int64).tolist())
    if kinds == {str}:
        found = _of_texts(pl.Series(values, dtype=pl.String))
        if not found.null_count() and (found > 0).all():
            return found.to_list()
    moments = [native_time(value, zone) for value in values]
    return None if None in moments else cast(list[int], moments)
