"""The entries of a record: one for each recipient, where a record tells of several."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from itertools import islice
from typing import cast

from fsm.logs.mapping.record_layout import RecordLayout
from fsm.logs.records.fields import ProviderRecord, value_at

__all__ = ["empty_lists", "entries_of", "listed"]

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
                [own] = listed([value], layout.each_pattern)
                return own
        return _NONE

    return entries


def empty_lists(layout: RecordLayout) -> Callable[[ProviderRecord], bool]:
    """Return what tells whether a record has lists of entries, and no entry in any of them."""
    ways = [path.split(".") for path in layout.each]

    def is_empty(record: ProviderRecord) -> bool:
        lists = [reduce(value_at, way, cast(object, record)) for way in ways]
        return [] in lists and not any(lists)

    return is_empty


def listed(values: Sequence[object], pattern: str | None) -> list[Sequence[object]]:
    """Return values as lists of entries; a text may hold several, each a match of a pattern."""
    lists: list[Sequence[object]] = [
        value if isinstance(value, list) else [value] for value in values
    ]
    texts = [row for row, value in enumerate(values) if isinstance(value, str)]
    if pattern is None or not texts:
        return lists
    matches = _matches([str(values[row]) for row in texts], pattern)
    for row, entries in zip(texts, matches, strict=True):
        lists[row] = entries or lists[row]
    return lists


def _matches(texts: Sequence[str], pattern: str) -> Iterator[list[object]]:
    """Yield the named groups of every match in each text, found in linear time."""
    import polars as pl

    found = pl.Series(texts, dtype=pl.String).str.extract_all(pattern)
    whole = found.explode().drop_nulls()
    entries = iter(whole.str.extract_groups(pattern).to_list())
    for count in found.list.len().to_list():
        yield list(islice(entries, count))
