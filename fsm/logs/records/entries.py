"""The entries of a record: one for each recipient, where a record tells of several."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from fsm.logs.mapping.record_layout import RecordLayout
from fsm.logs.records.fields import ProviderRecord, value_at

__all__ = ["entries_of", "listed"]

_NONE: Sequence[object] = (None,)


def entries_of(layout: RecordLayout) -> Callable[[ProviderRecord], Sequence[object]]:
    """Return what finds the entries of a record; a single None where it has none."""
    if not layout.each:
        return lambda _: _NONE
    ways = [path.split(".") for path in layout.each]

    def entries(record: ProviderRecord) -> Sequence[object]:
        for way in ways:
            value: object = record
            for key in way:
                value = value_at(value, key)
            if value:
                return listed(value, layout.each_pattern)
        return _NONE

    return entries


def listed(value: object, pattern: str | None) -> Sequence[object]:
    """Return a value as a list of entries; a text may hold several, each a match of a pattern."""
    if isinstance(value, list):
        return value
    if pattern is None or not isinstance(value, str):
        return [value]
    found: Sequence[object] = _matches(value, pattern)
    return found or [value]


def _matches(text: str, pattern: str) -> list[dict[str, Any]]:
    """Return the named groups of every match, found in linear time."""
    import polars as pl

    whole = pl.Series([text]).str.extract_all(pattern).explode().drop_nulls()
    return whole.str.extract_groups(pattern).to_list()
