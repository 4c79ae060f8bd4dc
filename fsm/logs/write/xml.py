"""OCEL 2.0 as XML."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
from fsm.logs.write.texts import all_of, in_xml, joined_texts, write_texts

__all__ = ["write_xml"]


def write_xml(rows: pl.LazyFrame, file: IO[bytes]) -> None:
    """Write rows of a converted log. What XML cannot hold is spelled out: ``[U+0007]``."""
    columns = attributes(rows)
    kinds = {kind.name: dict.fromkeys(kind.attributes, "string") for kind in KINDS}
    types = {kind.name: kind.attributes for kind in event_types(rows)}
    file.write(b'<?xml version="1.0" encoding="UTF-8"?>\n<log>\n')
    for sort, declared in (("object", kinds), ("event", types)):
        file.write("".join(_declared(sort, declared)).encode())
    file.write(b"<objects>\n")
    write_texts(file, (part.select(_object(kind)).to_series() for kind, part in objects(rows)))
    file.write(b"</objects>\n<events>\n")
    write_texts(file, (part.select(_event(columns)).to_series() for part in ocel_events(rows)))
    file.write(b"</events>\n</log>\n")


def _declared(sort: str, types: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    yield f"<{sort}-types>\n"
    names = pl.select(in_xml(pl.lit(pl.Series(list(types), dtype=pl.String)))).to_series()
    for name, attributes_of in zip(names, types.values(), strict=True):
        listed = "".join(
            f'<attribute name="{a}" type="{kind}"/>' for a, kind in attributes_of.items()
        )
        yield f'<{sort}-type name="{name}"><attributes>{listed}</attributes></{sort}-type>\n'
    yield f"</{sort}-types>\n"


def _object(kind: ObjectKind) -> pl.Expr:
    values = [
        _attribute(name, in_xml(pl.col(name)), f' time="{ALWAYS}"') for name in kind.attributes
    ]
    related = [
        pl.col(other.column).list.eval(_relation(pl.element(), other)).list.join("")
        for other in (MESSAGE_OBJECTS if kind.name == "message" else ())
    ]
    head = joined_texts(
        pl.lit('<object id="'), in_xml(pl.col("id")), pl.lit(f'" type="{kind.name}">')
    )
    return _ended(head, values, related, "</object>\n")


def _event(types: Mapping[str, str]) -> pl.Expr:
    head = joined_texts(
        pl.lit('<event id="'),
        pl.col("id"),
        pl.lit('" type="'),
        in_xml(pl.col("event")),
        pl.lit('" time="'),
        pl.col("time"),
        pl.lit('">'),
    )
    values = [_attribute(name, in_xml(pl.col(name).cast(pl.String))) for name in types]
    related = [_relation(pl.col(kind.column), kind) for kind in KINDS]
    return _ended(head, values, related, "</event>\n")


def _attribute(name: str, value: pl.Expr, more: str = "") -> pl.Expr:
    return joined_texts(pl.lit(f'<attribute name="{name}"{more}>'), value, pl.lit("</attribute>"))


def _relation(to: pl.Expr, kind: ObjectKind) -> pl.Expr:
    after = pl.lit(f'" qualifier="{kind.qualifier}"/>')
    return joined_texts(pl.lit('<relationship object-id="'), in_xml(to), after)


def _ended(head: pl.Expr, values: list[pl.Expr], related: list[pl.Expr], end: str) -> pl.Expr:
    parts = [head, pl.lit("<attributes>"), all_of(values, ""), pl.lit("</attributes><objects>")]
    if related:
        parts.append(all_of(related, ""))
    return joined_texts(*parts, pl.lit(f"</objects>{end}"))
