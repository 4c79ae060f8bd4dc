"""Which events a log can hold at all, by the formats it is of."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import polars as pl

from fsm.logs.detect import CANONICAL
from fsm.logs.log import Source
from fsm.logs.mapping.event_mapping import format_names, load_format

__all__ = ["recorded_events", "records_of"]

_CONVERTED = {"format", "native", "rule"}
"""Columns that a converted log has, and hardly another one."""


def recorded_events(
    families: Collection[str], formats: Iterable[str | None], relayed: bool | None = None
) -> frozenset[str] | None:
    """Return the machines' events that some format can record; ``None`` where it may be any.

    ``families`` are those the files were read as, ``formats`` those of their rows. Hand-overs
    that were put in count as recorded; ``relayed`` is :attr:`fsm.logs.conversion.Choices.relayed`.
    """
    known = set(format_names())
    names = set(formats) | (known & set(families))
    if not names or names - known or set(families) & set(CANONICAL):
        return None
    tables = [load_format(name) for name in names if name]
    held = frozenset[str]().union(*(table.events for table in tables))
    put_in = relayed or (relayed is None and not all(table.relays for table in tables))
    return held | {"relayed"} if put_in else held


def records_of(source: Source) -> frozenset[str] | None:
    """Return the same for a canonical log: any event, unless it was converted from other formats.

    A converted log names the format of each row.
    """
    names = sorted(_CONVERTED)
    rows = source.raw({name: name for name in names})
    if not set(rows.collect_schema().names()) >= _CONVERTED:
        return None
    first = rows.select(names).head(1).collect()
    if first.is_empty() or None in first.row(0):
        return None
    formats = rows.select(pl.col("format").unique()).collect()["format"].to_list()
    return recorded_events((), formats)
