"""Cells of pages that are not Markdown, as Markdown that shows the same text at the same place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from fsm.tables.read.cell_text import escaped_cell
from fsm.tables.read.table import Cell, Row, Table

__all__ = ["ShownLine", "TableRow", "shown_cell", "stacked_header", "table_of_rows"]


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A line of a text without markup, with the place where it stands in the page."""

    text: str
    line: int
    column: int
    is_new: bool = True
    """Whether a reader sees it below the line before, and not as its continuation."""


def shown_cell(lines: Iterable[ShownLine], line: int, column: int) -> Cell:
    """Return a cell that shows some lines; without any, an empty one at a place.

    Line feeds and blanks put each line of the cell where it stands in the page.

    >>> shown_cell([ShownLine("a*", 7, 3), ShownLine("b", 8, 3)], 7, 3)
    Cell(text='a\\\\*<br>\\n  b', line=7, column=3)
    """
    parts: list[str] = []
    first = last = line
    for shown in lines:
        if not parts:
            first = last = shown.line
            column = shown.column
            parts.append(escaped_cell(shown.text))
            continue
        feeds = max(0, min(shown.line - last, _MOST_FEEDS))
        indent = " " * min(shown.column - 1, _MOST_INDENT) if feeds else " "
        parts.append(f"{'<br>' * shown.is_new}{chr(10) * feeds}{indent}{escaped_cell(shown.text)}")
        last += feeds
    return Cell("".join(parts), first, column)


_MOST_FEEDS = 1000
_MOST_INDENT = 500


@dataclass(frozen=True, slots=True)
class TableRow:
    """The cells of a row, those that span columns or rows repeated; whether it is a header."""

    cells: tuple[Cell, ...]
    line: int
    is_header: bool


def table_of_rows(rows: Iterable[TableRow], above: Iterable[Cell] = ()) -> Table | None:
    """Return the table of some rows; without a header, the first row is it.

    Header rows below one another are one header. ``None``: there is no cell.
    """
    filled = [row for row in rows if row.cells]
    if not filled:
        return None
    count = next((i for i, row in enumerate(filled) if not row.is_header), len(filled)) or 1
    header = stacked_header([row.cells for row in filled[:count]])
    body = tuple(Row(row.cells, row.line) for row in filled[count:])
    return Table(header, body, tuple(above))


def stacked_header(rows: list[tuple[Cell, ...]]) -> tuple[Cell, ...]:
    """Return one header of several rows, with the texts of each column below one another."""
    *upper, last = rows
    header = []
    for i, cell in enumerate(last):
        texts = [row[i].text for row in upper if i < len(row)]
        above = [text for text in dict.fromkeys(texts) if text != cell.text]
        header.append(Cell("<br>".join([*above, cell.text]), cell.line, cell.column))
    return tuple(header)
