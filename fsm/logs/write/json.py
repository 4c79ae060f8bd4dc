"""OCEL 2.0 as JSON: an object or an event a line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import IO

import polars as pl

from fsm.logs.write.ocel import (
    ALWAYS,
    KINDS,
    MESSAGE_OBJECTS,
    ObjectKind,
    attributes,
    event_types,
    objects,
    ocel_events,
)
from fsm.logs.write.texts import all_of, in_json, joined_texts, write_texts

__all__ = ["write_json"]

_BETWEEN = ",\n"


def write_json(rows: pl.LazyFrame, file: IO[bytes]) -> None:
    """Write rows of a converted log."""
    columns = attributes(rows)
    kinds = [_declared(kind.name, dict.fromkeys(kind.attributes, "string")) for kind in KINDS]
    types = [_declared(kind.name, kind.attributes) for kind in event_types(rows)]
    file.write(b'{"objectTypes":[\n')
    write_texts(file, [pl.Series(kinds)], _BETWEEN)
    file.write(b'],\n"eventTypes":[\n')
    write_texts(file, [pl.Series(types, dtype=pl.String)], _BETWEEN)
    file.write(b'],\n"objects":[\n')
    texts = (part.select(_object(kind)).to_series() for kind, part in objects(rows))
    write_texts(file, texts, _BETWEEN)
    file.write(b'],\n"events":[\n')
    write_texts(
        file, (part.select(_event(columns)).to_series() for part in ocel_events(rows)), _BETWEEN
    )
    file.write(b"]}\n")


def _declared(name: str, types: Mapping[str, str]) -> str:
    listed = [{"name": attribute, "type": kind} for attribute, kind in types.items()]
    return json.dumps({"name": name, "attributes": listed}, ensure_ascii=False)


def _object(kind: ObjectKind) -> pl.Expr:
    since = f',"time":"{ALWAYS}"'
    values = [_attribute(name, in_json(pl.col(name)), since) for name in kind.attributes]
    related = [
        pl.col(other.column)
        .list.eval(_relation(pl.element(), other))
        .list.join(",")
        .replace("", None)
        for other in (MESSAGE_OBJECTS if kind.name == "message" else ())
    ]
    head = joined_texts(pl.lit('{"id":'), in_json(pl.col("id")), pl.lit(f',"type":"{kind.name}"'))
    return _ended(head, values, related)


def _event(types: Mapping[str, str]) -> pl.Expr:
    head = joined_texts(
        pl.lit('{"id":"'),
        pl.col("id"),
        pl.lit('","type":'),
        in_json(pl.col("event")),
        pl.lit(',"time":"'),
        pl.col("time"),
        pl.lit('"'),
    )
    values = {
        name: in_json(pl.col(name)) if kind == "string" else pl.col(name).cast(pl.String)
        for name, kind in types.items()
    }
    written = [_attribute(name, value) for name, value in values.items()]
    return _ended(head, written, [_relation(pl.col(kind.column), kind) for kind in KINDS])


def _attribute(name: str, value: pl.Expr, more: str = "") -> pl.Expr:
    return joined_texts(pl.lit(f'{{"name":"{name}"{more},"value":'), value, pl.lit("}"))


def _relation(to: pl.Expr, kind: ObjectKind) -> pl.Expr:
    before, after = pl.lit('{"objectId":'), pl.lit(f',"qualifier":"{kind.qualifier}"}}')
    return joined_texts(before, in_json(to), after)


def _ended(head: pl.Expr, values: list[pl.Expr], related: list[pl.Expr]) -> pl.Expr:
    parts = [head, pl.lit(',"attributes":['), all_of(values, ",")]
    if related:
        parts += [pl.lit('],"relationships":['), all_of(related, ",")]
    return joined_texts(*parts, pl.lit("]}"))
