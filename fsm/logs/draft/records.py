"""The records of a sample, as columns of texts: one way of reading a log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

__all__ = [
    "JOINED",
    "FoundRecord",
    "SampledRecords",
    "columns_of_records",
    "flattened",
    "with_joined",
]

JOINED = " + "
"""Stands between the names of fields that only together tell messages apart."""

MOST_FIELDS = 300
"""Fields of a log that are looked at."""
_DEEPEST = 8
_LONGEST = 2000
"""Characters of a value that are looked at."""

FoundRecord = tuple[int | None, dict[str, str]]
"""The line of a record, where it is known, and its values by their paths."""


@dataclass(frozen=True)
class SampledRecords:
    """The records of a sample under one way of reading them."""

    read: Mapping[str, object]
    """The entries of ``[read]``: the container, a separator, paths of records."""
    columns: Mapping[str, list[str | None]]
    """The values of each field, record by record."""
    lines: list[int | None]
    each: str | None = None
    """The list whose entries are the records; their paths begin with a dot."""
    lost: int = 0
    """Entries of lists that this way of reading passes over, though they look like events."""
    unread: int = 0
    """Lines or pieces that are no records under it."""
    named: bool = True
    """Whether the log gives its fields names."""
    remarks: tuple[str, ...] = field(default=())

    def __len__(self) -> int:
        return len(self.lines)


def columns_of_records(
    found: Iterable[FoundRecord],
) -> tuple[dict[str, list[str | None]], list[int | None]]:
    """Return records as columns, and their lines."""
    records = list(found)
    names: dict[str, None] = {}
    for _, values in records:
        if len(names) < MOST_FIELDS:
            names |= dict.fromkeys(values)
    columns = {name: [values.get(name) or None for _, values in records] for name in names}
    return columns, [line for line, _ in records]


def with_joined(records: SampledRecords, name: str) -> SampledRecords:
    """Return records with a field that joins others they have, named as "shop + order"."""
    parts = name.split(JOINED)
    if len(parts) < 2 or not all(part in records.columns for part in parts):
        return records
    rows = zip(*(records.columns[part] for part in parts), strict=True)
    joined = [" ".join(filter(None, row)) if all(row) else None for row in rows]
    return replace(records, columns={**records.columns, name: joined})


def flattened(value: Any, path: str = "", depth: int = 0) -> dict[str, str]:
    """Return the plain values in a value by their paths; of a list, the first entry.

    >>> flattened({"id": 7, "to": [{"email": "a"}, {"email": "b"}], "test": False})
    {'id': '7', 'to.0.email': 'a', 'test': 'false'}
    """
    if depth > _DEEPEST:
        return {}
    if isinstance(value, dict):
        found: dict[str, str] = {}
        for key, inner in value.items():
            if len(found) < MOST_FIELDS and key and "." not in key:
                found |= flattened(inner, f"{path}.{key}" if path else key, depth + 1)
        return found
    if isinstance(value, list):
        return flattened(value[0], f"{path}.0" if path else "0", depth + 1) if value else {}
    if value is None:
        return {}
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return {path: text[:_LONGEST]} if path and text.strip() else {}
