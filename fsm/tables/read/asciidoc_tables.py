"""Read the tables of AsciiDoc: ``|===`` with spans, repeated cells and cells over several lines."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from fsm.errors import PageError
from fsm.tables.read.asciidoc_text import shown_lines
from fsm.tables.read.bounds import MAX_CELLS, MAX_HTML_CELLS
from fsm.tables.read.csv_rows import read_csv_rows
from fsm.tables.read.html import MAX_SPAN
from fsm.tables.read.shown_cells import TableRow, shown_cell, table_of_rows
from fsm.tables.read.table import Cell, Table

__all__ = ["BlockAttributes", "read_asciidoc_table"]

_SPEC = re.compile(
    r"(?:(?P<columns>\d{1,4})?(?:\.(?P<rows>\d{1,4}))?(?P<kind>[+*]))?"
    r"(?:[<^>])?(?:\.[<^>])?(?P<style>[a-z])?\Z"
)
_COLUMN = re.compile(r"\s*(?:(?P<times>\d{1,4})\*)?[^,;]*?(?P<style>[a-z])?\s*\Z")
_FORMATS = {",": "csv", ":": "dsv", "|": "psv", "!": "psv"}


@dataclass(frozen=True, slots=True)
class BlockAttributes:
    """What ``[...]`` above a block says: positional texts, named ones, options, ids, roles."""

    positional: tuple[str, ...] = ()
    named: Mapping[str, str] = field(default_factory=dict)
    options: frozenset[str] = frozenset()


@dataclass
class _WrittenCell:
    lines: list[tuple[str, int, int]]
    columns: int = 1
    rows: int = 1
    times: int = 1
    style: str = ""
    row_begins: bool = False
    """Whether it is the first cell of its line."""


def read_asciidoc_table(
    lines: Sequence[str],
    first: int,
    mark: str,
    block: BlockAttributes,
    attributes: Mapping[str, str],
    name: str,
) -> Table | None:
    """Return the table between two lines of delimiters.

    ``first`` is the line number of the first of ``lines``; ``mark`` begins the delimiter. Raises
    :class:`PageError` for a table of too many cells.
    """
    kind = block.named.get("format", _FORMATS[mark])
    separator = block.named.get("separator") or {"csv": ",", "dsv": ":", "tsv": "\t"}.get(
        kind, mark
    )
    styles = _column_styles(block.named.get("cols", ""))
    if kind in ("csv", "tsv"):
        cells = _csv_cells(lines, first, {"delim": separator.replace("\\t", "\t")})
    elif kind == "dsv":
        cells = _csv_cells(lines, first, {"delim": separator, "escape": "\\"})
    else:
        cells = _separated_cells(lines, first, separator)
    width = len(styles) or _first_width(cells)
    if sum(cell.columns * cell.rows * cell.times for cell in cells) > MAX_HTML_CELLS:
        raise PageError(f"{name}:{first - 1}: a table of more than {MAX_HTML_CELLS:,} cells")
    if not 0 < width <= MAX_CELLS:
        return None
    styles = styles or [""] * width
    rows = _rows(cells, width, styles, attributes)
    header = "header" in block.options or (
        "noheader" not in block.options and _has_header(lines, cells)
    )
    if header and rows:
        rows[0] = replace(rows[0], is_header=True)
    return table_of_rows(rows)


def _column_styles(text: str) -> list[str]:
    """Return the style of each column that ``cols`` states, none without ``cols``."""
    styles: list[str] = []
    for part in re.split(r"[,;]", text) if text.strip() else ():
        match = _COLUMN.match(part)
        times = min(int(match["times"] or 1), MAX_CELLS) if match else 1
        styles += [(match["style"] if match else "") or ""] * times
        if len(styles) > MAX_CELLS:
            break
    if text.strip().isdecimal() and len(text.strip()) < 4:
        return [""] * int(text)
    return styles


def _separated_cells(lines: Sequence[str], first: int, separator: str) -> list[_WrittenCell]:
    cells: list[_WrittenCell] = []
    bar = re.compile(rf"(?<!\\){re.escape(separator)}")
    for i, line in enumerate(lines):
        number, begin = first + i, 0
        is_first = True
        for match in bar.finditer(line):
            before = line[begin : match.start()]
            head, spec = _without_spec(before)
            if is_first and not cells and head.strip():
                cells.append(_WrittenCell([], row_begins=True))  # a cell without its separator
            if cells:
                cells[-1].lines.append(_piece(head, number, begin, separator))
            cells.append(_specified(spec, row_begins=is_first))
            is_first = False
            begin = match.end()
        if cells:
            cells[-1].lines.append(_piece(line[begin:], number, begin, separator))
    return cells


def _piece(text: str, line: int, offset: int, separator: str) -> tuple[str, int, int]:
    return text.replace(f"\\{separator}", separator), line, offset + 1


def _without_spec(before: str) -> tuple[str, str]:
    """Return the text before a separator without the specifier that stands directly before it."""
    start = max(before.rfind(" "), before.rfind("\t")) + 1
    spec = before[start:]
    return (before[:start], spec) if spec and _SPEC.match(spec) else (before, "")


def _specified(spec: str, *, row_begins: bool) -> _WrittenCell:
    match = _SPEC.match(spec)
    if not match:
        return _WrittenCell([], row_begins=row_begins)
    columns, rows = (max(1, min(int(match[n] or 1), MAX_SPAN)) for n in ("columns", "rows"))
    if match["kind"] == "*":
        times = max(1, min(int(match["columns"] or 1), MAX_CELLS))
        return _WrittenCell([], times=times, style=match["style"] or "", row_begins=row_begins)
    return _WrittenCell([], columns, rows, 1, match["style"] or "", row_begins)


def _csv_cells(
    lines: Sequence[str], first: int, options: Mapping[str, object]
) -> list[_WrittenCell]:
    cells = []
    for begin, row in read_csv_rows(lines, options):
        for i, text in enumerate(row):
            column = max(lines[begin].find(text.partition("\n")[0].strip()), 0) + 1
            pieces = [
                (t, first + begin + n, column if n == 0 else 1)
                for n, t in enumerate(text.split("\n"))
            ]
            cells.append(_WrittenCell(pieces, row_begins=i == 0))
    return cells


def _first_width(cells: Sequence[_WrittenCell]) -> int:
    """Return the number of columns that the cells of the first line take."""
    width = 0
    for i, cell in enumerate(cells):
        if i and cell.row_begins:
            break
        width += cell.columns * cell.times
    return width


def _has_header(lines: Sequence[str], cells: Sequence[_WrittenCell]) -> bool:
    """Whether the first line is a header: it is not empty, and the next one is."""
    if len(lines) < 2 or not lines[0].strip() or lines[1].strip() or not cells:
        return False
    second = next((i for i, cell in enumerate(cells) if i and cell.row_begins), None)
    first_row = cells[:second] if second else cells
    return all(not text.strip() for c in first_row for text, line, _ in c.lines[1:])


def _rows(
    cells: Sequence[_WrittenCell], width: int, styles: Sequence[str], attributes: Mapping[str, str]
) -> list[TableRow]:
    """Return the rows that the cells fill one after the other; an unfinished one is kept."""
    grid = _Filling(width)
    for written in cells:
        for _ in range(written.times):
            column = grid.next_column()
            grid.add(_cell(written, styles[column], attributes), written.columns, written.rows)
    grid.fill()
    if grid.own:
        grid.finish()
    return grid.rows


@dataclass
class _Filling:
    """Rows of a table while cells fill them."""

    width: int
    rows: list[TableRow] = field(default_factory=list)
    row: list[Cell] = field(default_factory=list)
    own: list[Cell] = field(default_factory=list)
    """The cells of the row that do not span into it from above."""
    spanning: dict[int, tuple[Cell, int]] = field(default_factory=dict)
    """The cells of rows above that span this row, by column, and how many rows are left."""
    below: dict[int, tuple[Cell, int]] = field(default_factory=dict)
    """The same for the next row."""

    def next_column(self) -> int:
        """Return the column of the next cell, in a new row if this one is full."""
        self.fill()
        while len(self.row) >= self.width:
            self.finish()
            self.fill()
        return len(self.row)

    def add(self, cell: Cell, columns: int, rows: int) -> None:
        """Add a cell, cut at the end of the row."""
        self.own.append(cell)
        for _ in range(min(columns, self.width - len(self.row))):
            if rows > 1:
                self.below[len(self.row)] = cell, rows - 1
            self.row.append(cell)

    def fill(self) -> None:
        """Add the cells that span into this row."""
        while len(self.row) < self.width and len(self.row) in self.spanning:
            column = len(self.row)
            cell, left = self.spanning.pop(column)
            if left > 1:
                self.below[column] = cell, left - 1
            self.row.append(cell)

    def finish(self) -> None:
        """Begin a new row."""
        line = min((cell.line for cell in self.own), default=self.row[0].line)
        self.rows.append(TableRow(tuple(self.row), line, is_header=False))
        self.row, self.own = [], []
        self.spanning, self.below = self.below, {}


def _cell(written: _WrittenCell, style: str, attributes: Mapping[str, str]) -> Cell:
    style = written.style or style
    _, line, column = written.lines[0] if written.lines else ("", 1, 1)
    if style == "l":  # a literal cell is shown as it is written
        return shown_cell(shown_lines(written.lines, {}, has_lists=False), line, column)
    text = "".join(text for text, _, _ in written.lines).strip()
    has_lists = style == "a" or "\n" in "\n".join(t for t, _, _ in written.lines).strip()
    if len(text) == 1:  # a mark such as * or -
        has_lists = False
    return shown_cell(shown_lines(written.lines, attributes, has_lists=has_lists), line, column)
