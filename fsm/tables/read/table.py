"""The tables of a page: each cell as it is written, with its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fsm.tables.read.cell_text import line_spans, plain

__all__ = ["Cell", "Row", "Table"]


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
class Table:
    """A table; ``above`` has the texts between the table before it and this one, nearest first."""

    header: tuple[Cell, ...]
    rows: tuple[Row, ...]
    above: tuple[Cell, ...] = ()

    @property
    def line(self) -> int:
        """The line of the header."""
        return self.header[0].line

    @property
    def title(self) -> str:
        """The text directly above, as a reader sees it."""
        return plain(self.above[0].text) if self.above else ""
