"""Read tables that are written in HTML: each cell with its place, spanned cells repeated."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise, takewhile
from typing import NamedTuple

from fsm.tables.read.cell_text import OffsetParser, plain
from fsm.tables.read.sections import Heading
from fsm.tables.read.shown_cells import stacked_header
from fsm.tables.read.table import Cell, Row, SourceText, Table

__all__ = ["MAX_SPAN", "MAX_WIDTH", "html_headings", "html_tables", "read_html_table"]

MAX_SPAN = 50
"""The most rows or columns that a cell can span; larger spans are cut."""
MAX_WIDTH = 1000
"""The most cells of a row; further cells are left out."""

_DIGITS = 9
"""How many digits of a span are read; Python refuses to read thousands of them."""

_TAG = re.compile(r"<(/?)table\b", re.IGNORECASE)


_HEADING = re.compile(r"<h([1-6])\b[^<>]{0,500}>((?:(?!</?h[1-6]\b).){0,1000})</h\1", re.I | re.S)


class _OpenCell(NamedTuple):
    """A cell while it is read: the offset of its text, its spans, whether it is a header cell."""

    start: int
    columns: int
    rows: int
    is_header: bool


def html_headings(text: str) -> Iterator[Heading]:
    """Yield the headings that are written in HTML; their ids are anchors."""
    if "<h" not in text and "<H" not in text:
        return
    source = SourceText(text)
    for match in _HEADING.finditer(text):
        yield Heading(match[2], source.line(match.start()), int(match[1]))


def html_tables(text: str) -> Iterator[Cell]:
    """Yield the outermost tables as they are written; of one without an end, only ``<table``."""
    depth = start = counted = 0
    line = 1  # of the offset up to which line feeds are counted; none is counted twice
    for tag in _TAG.finditer(text):
        depth += -1 if tag[1] else 1
        if depth == 1 and not tag[1]:
            start = tag.start()
        elif depth == 0:
            end = (text.find(">", tag.end()) + 1) or len(text)
            line += text.count("\n", counted, start)
            counted = start
            yield Cell(text[start:end], line, start - text.rfind("\n", 0, start))
        depth = max(depth, 0)
    if depth:
        line += text.count("\n", counted, start)
        yield Cell(text[start : start + len("<table")], line, start - text.rfind("\n", 0, start))


def read_html_table(source: Cell) -> Table | None:
    """Read a table; return ``None`` if it has no cells."""
    parser = _TableParser(source)
    parser.run()
    parser.end_row()
    rows = [row for row in parser.rows if row[0]]
    if not rows:
        return None
    header_rows = len(list(takewhile(lambda row: row[1], rows))) or 1
    header = stacked_header([tuple(cells) for cells, _ in rows[:header_rows]])
    body = tuple(
        Row(tuple(cells), _own_line(cells, above))
        for (above, _), (cells, _) in pairwise(rows[header_rows - 1 :])
    )
    return Table(header, body, tuple(parser.captions))


def _own_line(cells: list[Cell], above: list[Cell]) -> int:
    """Return the line of the first cell that does not span from the row above."""
    spanned = {id(cell) for cell in above}
    return next((cell for cell in cells if id(cell) not in spanned), cells[0]).line


class _TableParser(OffsetParser):
    """Reads the rows of one table; tables inside its cells are part of their text."""

    def __init__(self, source: Cell) -> None:
        super().__init__(source.text)
        self.source = source
        self.rows: list[tuple[list[Cell], bool]] = []
        """The cells of each row, and whether it is a row of headers."""
        self.captions: list[Cell] = []
        self.depth = 0
        self.row: list[Cell] | None = None
        self.is_header_row = True
        self.cell: _OpenCell | None = None
        self.caption = -1
        """The offset of the caption, -1 before it begins."""
        self.spans: dict[int, tuple[Cell, int]] = {}
        """The cells of rows above that span this row, by column, and how many rows are left."""
        self.next_spans: dict[int, tuple[Cell, int]] = {}
        """The same for the next row."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.depth += tag == "table"
        if self.depth > 1:
            return
        if tag == "caption":
            self.caption = self.after_start_tag
        elif tag == "tr":
            self.end_row()
            self.row, self.is_header_row = [], True
        elif tag in ("td", "th"):
            self.end_cell()
            self.row = [] if self.row is None else self.row
            spans = {name: _span(value) for name, value in attrs}
            columns, rows = spans.get("colspan", 1), spans.get("rowspan", 1)
            self.cell = _OpenCell(self.after_start_tag, columns, rows, tag == "th")

    def handle_endtag(self, tag: str) -> None:
        if self.depth == 1 and tag in ("td", "th"):
            self.end_cell()
        elif self.depth == 1 and tag in ("tr", "thead", "tbody", "table"):
            self.end_row()
        elif tag == "caption" and self.caption >= 0:
            self.captions = [self.source.slice(self.caption, self.before_tag)]
        self.depth -= tag == "table"

    def end_cell(self) -> None:
        """Finish the open cell."""
        if self.cell is None or self.row is None:
            return
        opened, self.cell = self.cell, None
        cell = _stripped(self.source.slice(opened.start, self.before_tag))
        self.is_header_row &= opened.is_header
        self.fill(self.row)
        for _ in range(min(opened.columns, MAX_WIDTH - len(self.row))):
            if opened.rows > 1:
                self.next_spans[len(self.row)] = cell, opened.rows - 1
            self.row.append(cell)

    def fill(self, row: list[Cell]) -> None:
        """Add the cells that span from the rows above into this one."""
        while len(row) in self.spans:
            cell, left = self.spans.pop(len(row))
            if left > 1:
                self.next_spans[len(row)] = cell, left - 1
            row.append(cell)

    def end_row(self) -> None:
        """Finish the open row."""
        self.end_cell()
        if self.row is None:
            return
        self.fill(self.row)
        # A row that is too short for a spanning cell uses up one of the cell's rows, too.
        rest = {i: (cell, left - (i >= len(self.row))) for i, (cell, left) in self.spans.items()}
        self.spans = {i: span for i, span in rest.items() if span[1]} | self.next_spans
        self.next_spans = {}
        self.rows.append((self.row, self.is_header_row))
        self.row = None


def _stripped(cell: Cell) -> Cell:
    text = cell.text
    start = len(text) - len(text.lstrip())
    return cell.slice(start, start + len(text.strip())) if plain(text) else cell


def _span(value: str | None) -> int:
    """Return the value of a span, within bounds; 0 is read as 1, so that no cell is lost."""
    if not (value and value.isascii() and value.isdigit()):
        return 1
    return max(1, min(int(value[:_DIGITS]), MAX_SPAN))
