"""Which events a log can hold at all, by the formats it was read from.

An indicator of events that no format of a log records is unknown, not zero.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

import polars as pl

from fsm.logs.canonical_columns import CANONICAL
from fsm.logs.log_file import LogFile

__all__ = ["recordable_by", "recordable_events"]

_CONVERTED = ("format", "native", "rule")
"""Columns that a converted log has, and hardly any other one."""


def recordable_by(
    families: Collection[str], formats: Iterable[str | None], relayed: bool | None = None
) -> frozenset[str] | None:
    """Return the machines' events that some format can record; ``None`` where it may be any.

    ``families`` are those the files were read as, ``formats`` those of their rows. Hand-overs
    that were added count as recorded; ``relayed`` is ``ReadingOptions.relayed``.
    """
    from fsm.logs.mapping.event_mapping import format_names, load_format

    known = set(format_names())
    names = set(formats) | (known & set(families))
    if not names or names - known or set(families) & set(CANONICAL):
        return None
    tables = [load_format(name) for name in names if name]
    recorded = frozenset[str]().union(*(table.events for table in tables))
    return recorded if relayed is False else recorded | {"relayed"}


def recordable_events(file: LogFile) -> frozenset[str] | None:
    """Return the events that a canonical log can hold; ``None`` for any.

    A log that was converted from other formats names the format of each row; any other canonical
    log may hold any event.
    """
    rows = file.raw(_CONVERTED)
    if not set(rows.collect_schema().names()) >= set(_CONVERTED):
        return None
    first = rows.select(_CONVERTED).head(1).collect()
    if first.is_empty() or None in first.row(0):
        return None
    formats = rows.select(pl.col("format").unique()).collect()["format"].to_list()
    return recordable_by((), formats)
