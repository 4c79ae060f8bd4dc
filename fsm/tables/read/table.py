"""The tables of a page: each cell as it is written, with its place."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from fsm.tables.read.cell_text import line_spans, plain

__all__ = ["Cell", "Row", "Section", "SourceText", "Table", "with_texts_above"]


@dataclass(frozen=True, slots=True)
class Cell:
    """A piece of a page as it is written; line and column are counted from 1.

    >>> [(part.text, part.column, part.end) for part in Cell("Sent<br>Failed", 7, 20).parts()]
    [('Sent', 20, 24), ('Failed', 28, 34)]
    """

    text: str
    line: int
    column: int

    @property
    def end(self) -> int:
        """The column after the last character of the first line."""
        return self.column + len(self.text.partition("\n")[0])

    def parts(self) -> Iterator[Cell]:
        """Yield the lines that a reader sees: list items, or texts between breaks and bars."""
        return (self.slice(start, end) for start, end in line_spans(self.text))

    def slice(self, start: int, end: int) -> Cell:
        """Return a part of this piece, from one offset up to another."""
        newline = self.text.rfind("\n", 0, start)
        column = self.column + start if newline < 0 else start - newline
        line = self.line + self.text.count("\n", 0, start)
        return Cell(self.text[start:end], line, column)


class SourceText:
    """A page whose pieces are cut out by their offsets, in time that does not grow with it.

    >>> SourceText("a\\nbc").cell(3, 4)
    Cell(text='c', line=2, column=2)
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def line(self, offset: int) -> int:
        """Return the line of an offset."""
        return bisect_right(self._starts, offset)

    def offset(self, cell: Cell) -> int:
        """Return the offset at which a piece begins."""
        return self._starts[cell.line - 1] + cell.column - 1

    def cell(self, start: int, end: int) -> Cell:
        """Return the piece between two offsets."""
        line = self.line(start)
        return Cell(self.text[start:end], line, start - self._starts[line - 1] + 1)


@dataclass(frozen=True, slots=True)
class Row:
    """One row, with as many cells as it is written with."""

    cells: tuple[Cell, ...]
    line: int

    @property
    def width(self) -> int:
        """The number of cells."""
        return len(self.cells)


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a page that a link can name: below a heading, or behind an anchor."""

    ids: tuple[str, ...]
    """What may stand behind ``#`` in a link, the one that the page states first."""
    title: str
    """The heading as a reader sees it; of an anchor, that of the section it stands in."""
    line: int
    end: int
    """The line behind the last one."""
    level: int
    """1 for the title of a page; an anchor is one deeper than the section it stands in."""

    @property
    def id(self) -> str:
        """The first of its ids, empty if it has none."""
        return self.ids[0] if self.ids else ""

    def has(self, line: int) -> bool:
        """Whether a line of the page belongs to the section, or to one inside it."""
        return self.line <= line < self.end


@dataclass(frozen=True, slots=True)
class Table:
    """A table; ``above`` has the texts between the table before it and this one, nearest first."""

    header: tuple[Cell, ...]
    rows: tuple[Row, ...]
    above: tuple[Cell, ...] = ()
    section: Section | None = None
    """The innermost section that it stands in."""

    @property
    def line(self) -> int:
        """The line of the header."""
        return self.header[0].line

    @property
    def title(self) -> str:
        """The text directly above, as a reader sees it."""
        return plain(self.above[0].text) if self.above else ""


def with_texts_above(tables: Sequence[Table], texts: Sequence[Cell]) -> Iterator[Table]:
    """Yield the tables with the texts between them and the one before, the nearest first."""
    waiting = deque(texts)
    last = 0
    for table in tables:
        above: list[Cell] = []
        while waiting and waiting[0].line < table.line:
            cell = waiting.popleft()
            above += [cell] if cell.line > last else []
        last = table.rows[-1].line if table.rows else table.line
        yield replace(table, above=(*table.above, *reversed(above)))
