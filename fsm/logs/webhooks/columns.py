"""Records of one provider, a block at a time: what ``fields`` does, on whole columns.

This reads only what it surely reads as ``fields`` does. It gives up on a block with anything
else in it: another provider's record, an envelope, a list of recipients, a fault.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from itertools import chain
from typing import Any, cast

import polars as pl

from fsm.logs.meaning import Format
from fsm.logs.webhooks.fields import NO_ID
from fsm.replay.instants import microseconds

__all__ = ["Columns", "columns_of"]

Columns = Callable[[Sequence[str], int], "pl.DataFrame | None"]
"""What makes events of lines, the first of which has a number; None where it gives up."""

_FIELDS = ("name", "message_id", "recipient", "time", "event_id", "delivery_id", "code", "reply")
_SECOND = 1_000_000


def columns_of(form: Format) -> Columns:
    """Return what makes events of blocks of a provider's records."""
    record = cast(Mapping[str, Any], form.record)
    details: Mapping[str, Sequence[str]] = record.get("detail", {})
    used = [*chain(*(record.get(name, []) for name in _FIELDS)), *chain(*details.values())]
    signs = [tuple(keys) for keys in record["recognise"]]
    schema = _schema([path for path in used if not _has_index(path)], chain(*signs))
    known = pl.any_horizontal(
        pl.all_horizontal(pl.col(key).is_not_null() for key in keys) for keys in signs
    )
    raw = [_first(record.get(name, [])).alias(name) for name in _FIELDS]
    native = _native(_first(record["name"]), record.get("default"), details)
    cut = record.get("message_id_ends")

    def read(lines: Sequence[str], first: int) -> pl.DataFrame | None:
        frame = _parsed(lines, schema)
        if frame is None or not frame.select(known.all()).item():
            return None
        found = frame.select(*raw, native.alias("native"))
        return _events(found, first, cut)

    return read


def _parsed(lines: Sequence[str], schema: Mapping[str, pl.DataType]) -> pl.DataFrame | None:
    text = "\n".join(lines)
    if "\\ud" in text:  # half a character, perhaps
        return None
    try:
        frame = pl.read_ndjson(io.BytesIO(text.encode()), schema=schema)
    except (pl.exceptions.PolarsError, UnicodeEncodeError):
        return None
    return frame if frame.height == len(lines) else None


def _events(found: pl.DataFrame, first: int, cut: str | None) -> pl.DataFrame | None:
    texts = pl.col(pl.String)
    nested = pl.any_horizontal(
        texts.str.contains(r"^[\[{]").any(), pl.col("native").str.contains(r"/[\[{]").any()
    )
    times = _times(found["time"])
    to = pl.col("recipient")
    if times is None or found.select(nested | ~to.str.contains("@", literal=True).all()).item():
        return None
    if found["recipient"].null_count() or found["native"].null_count():
        return None
    message = pl.col("message_id").replace("", None)
    if cut:
        message = message.str.replace(cut, "").replace("", None)
    identity = pl.format("{}@{}", "native", "time")
    return found.with_columns(
        times.alias("time"),
        pl.int_range(first, first + found.height, dtype=pl.Int64).alias("line"),
        pl.when(message.is_null()).then(pl.lit(NO_ID)).alias("doubt"),
    ).select(
        pl.coalesce(message, to).alias("message_id"),
        "recipient",
        "native",
        "time",
        "line",
        "code",
        "reply",
        pl.coalesce("event_id", identity).alias("event_id"),
        "delivery_id",
        "doubt",
    )


def _times(texts: pl.Series) -> pl.Series | None:
    """Return microseconds since 1970; None where a text needs a closer look."""
    if texts.null_count():
        return None
    if texts.str.contains(r"^[0-9]+(?:\.[0-9]*)?$").all():
        seconds = texts.cast(pl.Float64)
        small = seconds.is_between(1, 1e11, closed="left").all()
        return (seconds * _SECOND).round().cast(pl.Int64) if small else None
    times = microseconds(texts)
    return None if times.null_count() else times


def _native(name: pl.Expr, default: str | None, details: Mapping[str, Sequence[str]]) -> pl.Expr:
    name = name if default is None else name.fill_null(default)
    native = name
    for key, paths in details.items():
        more = [_path(path).replace("", None).fill_null("") for path in paths]
        longer = pl.concat_str([name, *more], separator="/").str.strip_chars_end("/")
        own = (name == key) | (name.str.to_lowercase() == key)
        native = pl.when(own).then(longer).otherwise(native)
    return native


def _first(paths: Sequence[str]) -> pl.Expr:
    """Return the first of the paths that has a value."""
    values = [_path(path).replace("", None) for path in paths if not _has_index(path)]
    return pl.coalesce(values) if values else pl.lit(None, pl.String)


def _path(path: str) -> pl.Expr:
    first, *rest = path.split(".")
    return reduce(lambda part, key: part.struct.field(key), rest, pl.col(first))


def _has_index(path: str) -> bool:
    return any(key.isdigit() for key in path.split("."))


def _schema(paths: Sequence[str], signs: Any) -> dict[str, pl.DataType]:
    """Return the type of each field that is used: texts, in structs where paths lead through."""
    tree: dict[str, Any] = {}
    for path in paths:
        node = tree
        for key in path.split("."):
            node = node.setdefault(key, {})
    for key in signs:
        tree.setdefault(key, {})
    return {key: _type(inner) for key, inner in tree.items()}


def _type(tree: Mapping[str, Any]) -> pl.DataType:
    if not tree:
        return pl.String()
    return pl.Struct({key: _type(inner) for key, inner in tree.items()})
