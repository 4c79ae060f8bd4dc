"""Which rows of a list state a transition at all: no headings, refusals, struck or open names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from fsm.tables.declared.cells import visible_text
from fsm.tables.declared.statements import Statements
from fsm.tables.declared.words import TableWords
from fsm.tables.read.table import Cell, Row

__all__ = ["ListRow", "held_rows"]

_OPEN = set("?.\u2026 ")
"""What stands for a name that nobody has written yet."""
_STRUCK = re.compile(r"~~|<(?:del|s|strike)\b", re.IGNORECASE)
_MEANT = {"from": "state", "event": "event", "to": "state"}


class ListRow(NamedTuple):
    """A row of a list: its number, the row, and its cells by role."""

    number: int
    row: Row
    cells: Mapping[str, Cell]


def held_rows(rows: Iterable[ListRow], words: TableWords, stated: Statements) -> Iterator[ListRow]:
    """Yield the rows that hold; what the others say instead is noted with their lines."""
    for each in rows:
        texts = {role: visible_text(cell) for role, cell in each.cells.items()}
        if _is_heading(each):
            stated.assume(each.row.line, f"a heading inside the table: {texts['from']!r}")
        elif _is_allowed(each, texts.get("allowed", ""), words, stated) and not any(
            _is_open(role, each, texts, stated) for role in _MEANT
        ):
            yield each


def _is_heading(each: ListRow) -> bool:
    """Whether one cell spans the row."""
    places = {(each.cells[r].line, each.cells[r].column) for r in _MEANT if r in each.cells}
    return len(places) == 1 and {"from", "to"} <= each.cells.keys()


def _is_allowed(each: ListRow, text: str, words: TableWords, stated: Statements) -> bool:
    """Whether a row holds, by the column that says so."""
    if not text or words.says("yes", text):
        return True
    if words.says("no", text) or words.says("rejected", text):
        stated.assume(each.row.line, f"row {each.number} says {text!r}: it is no transition")
    else:
        stated.find(each.row.line, f"{text!r} does not say whether the row holds")
    return False


def _is_open(role: str, each: ListRow, texts: Mapping[str, str], stated: Statements) -> bool:
    """Whether a cell names nothing yet, or nothing any more; that is a finding."""
    text = texts.get(role, "")
    is_open = bool(text) and set(text) <= _OPEN
    if not (is_open or (role in each.cells and _STRUCK.search(each.cells[role].text))):
        return False
    stated.find(each.row.line, f"{text!r} names no {_MEANT[role]}; write one")
    return True
