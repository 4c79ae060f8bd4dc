"""Propose which columns of a table with unknown headers name states and events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from fsm.tables.declared.cells import visible_text
from fsm.tables.read.cell_text import normalise, plain
from fsm.tables.read.table import Table

__all__ = ["proposed_columns", "shown_headers"]

_ENOUGH = 0.5
"""Two columns name states where at least this share of the names of one stands in both."""


def shown_headers(table: Table) -> tuple[str, ...]:
    """Return the headers of a table that have a text, each once."""
    return tuple(dict.fromkeys(filter(None, (plain(cell.text) for cell in table.header))))


def proposed_columns(table: Table) -> Mapping[str, str]:
    """Return headers by role, where the cells tell; nothing where they do not.

    Two columns that name the same things are the states before and after, in this order; the
    only column left, or the only one between them, has the events.
    """
    headers = [plain(cell.text) for cell in table.header]
    if len(set(map(normalise, headers))) < len(headers) or not all(headers):
        return {}
    names = [set(_names(table, i)) for i in range(len(headers))]
    pairs = [
        (len(names[i] & names[j]) / max(1, min(len(names[i]), len(names[j]))), i, j)
        for i in range(len(headers))
        for j in range(i + 1, len(headers))
    ]
    likely = [pair for pair in pairs if pair[0] >= _ENOUGH]
    if len(likely) != 1:
        return {}
    _, start, target = likely[0]
    others = [i for i in range(len(headers)) if i not in (start, target)]
    between = [i for i in others if start < i < target]
    events = others if len(others) == 1 else between
    if others and len(events) != 1:
        return {}
    columns = {"from": headers[start], "to": headers[target]}
    return columns | ({"event": headers[events[0]]} if events else {})


def _names(table: Table, column: int) -> Iterator[str]:
    for row in table.rows:
        text = normalise(visible_text(row.cells[column])) if column < row.width else ""
        if any(letter.isalpha() for letter in text):
            yield text
