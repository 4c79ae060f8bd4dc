"""XES (IEEE 1849): a trace for each message, with its events in order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

import polars as pl

from fsm.logs.write.texts import in_xml, instants, joined_texts, write_texts
from fsm.logs.write.traces import message_name, message_traces

__all__ = ["write_xes"]

_ROWS = 50_000
"""Events turned to text at a time."""

_DAY = "1970-01-01T00:00:00Z"
"""The default that a global attribute needs; every event has a time of its own."""
_EXTENSIONS = ("Concept", "Time", "Lifecycle")
_NO_ATTRIBUTES = ("message_id", "recipient", "delivery_id", "event", "timestamp", "first", "last")
"""Columns that are not written as ordinary attributes of an event."""


def write_xes(rows: pl.LazyFrame, file: IO[bytes]) -> None:
    """Write rows of a converted log; see :func:`fsm.logs.write.traces.message_traces`."""
    file.write(_head(bool(rows.select(pl.col("native").is_not_null().all()).collect().item())))
    parts = (part for group in message_traces(rows) for part in group.iter_slices(_ROWS))
    write_texts(file, (part.select(_row(part.schema)).to_series() for part in parts))
    file.write(b"</log>\n")


def _head(has_natives: bool) -> bytes:
    """Return the part before the traces. Attributes that all events have are declared global."""
    keys = {"Event": "concept:name", "EventAndTransition": "concept:name lifecycle:transition"}
    global_attributes = [
        _lit("string", "concept:name", "", 2),
        _lit("date", "time:timestamp", _DAY, 2),
    ]
    global_attributes.append(_lit("string", "lifecycle:transition", "complete", 2))
    if has_natives:
        keys["NativeEvent"] = "native"
        global_attributes.append(_lit("string", "native", "", 2))
    return "".join(
        (
            '<?xml version="1.0" encoding="UTF-8"?>\n',
            '<log xes.version="1.0" xmlns="http://www.xes-standard.org/">\n',
            *_extensions(),
            '\t<global scope="trace">\n',
            _lit("string", "concept:name", "", 2),
            '\t</global>\n\t<global scope="event">\n',
            *global_attributes,
            "\t</global>\n",
            *(f'\t<classifier name="{n}" scope="event" keys="{k}"/>\n' for n, k in keys.items()),
            _lit("string", "concept:name", "Delivery log", 1),
            _lit("string", "lifecycle:model", "standard", 1),
        )
    ).encode()


def _extensions() -> Iterator[str]:
    for name in _EXTENSIONS:
        prefix = name.lower()
        uri = f"http://www.xes-standard.org/{prefix}.xesext"
        yield f'\t<extension name="{name}" prefix="{prefix}" uri="{uri}"/>\n'


def _lit(kind: str, key: str, value: str, depth: int) -> str:
    return f'{depth * chr(9)}<{kind} key="{key}" value="{value}"/>\n'


def _row(schema: pl.Schema) -> pl.Expr:
    """Return an event as text, with the beginning and end of its trace."""
    head = (
        _attribute("string", "concept:name", message_name(), 2),
        *(_attribute("string", name, pl.col(name), 2) for name in ("message_id", "recipient")),
    )
    event = (
        pl.lit("\t\t<event>\n"),
        _attribute("string", "concept:name", pl.col("event"), 3),
        _attribute("date", "time:timestamp", instants(pl.col("timestamp"), "%.f"), 3),
        pl.lit(_lit("string", "lifecycle:transition", "complete", 3)),
        _attribute("string", "delivery_id", pl.col("delivery_id"), 3),
        *(_typed(name, dtype) for name, dtype in schema.items() if name not in _NO_ATTRIBUTES),
        pl.lit("\t\t</event>\n"),
    )
    first = pl.when("first").then(pl.concat_str(pl.lit("\t<trace>\n"), *head, ignore_nulls=True))
    last = pl.when("last").then(pl.lit("\t</trace>\n"))
    return pl.concat_str(first, *event, last, ignore_nulls=True)


def _typed(name: str, dtype: pl.DataType) -> pl.Expr:
    if isinstance(dtype, pl.String):
        return _attribute("string", name, pl.col(name), 3)
    kind = "boolean" if isinstance(dtype, pl.Boolean) else "int"
    return _attribute(kind, name, pl.col(name).cast(pl.String), 3)


def _attribute(kind: str, key: str, value: pl.Expr, depth: int) -> pl.Expr:
    """Return an attribute as text; null where there is no value."""
    before = f'{depth * chr(9)}<{kind} key="{key}" value="'
    return joined_texts(pl.lit(before), in_xml(value), pl.lit('"/>\n'))
