"""Tables as a page has them: each cell as written, with its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fsm.tables.read.cell_text import line_spans, plain

__all__ = ["Cell", "Row", "Table"]


@dataclass(frozen=True, slots=True)
class Cell:
    """A piece of a page as written, with its place; line and column are counted from 1.

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
        """Yield the lines a reader sees: list items, or what breaks and bars separate."""
        return (self.slice(start, end) for start, end in line_spans(self.text))

    def slice(self, start: int, end: int) -> Cell:
        """Return a part of this piece, from one offset up to another."""
        before = self.text[:start]
        newline = before.rfind("\n")
        column = self.column + start if newline < 0 else start - newline
        return Cell(self.text[start:end], self.line + before.count("\n"), column)


@dataclass(frozen=True, slots=True)
class Row:
    """One row, with as many cells as are written."""

    cells: tuple[Cell, ...]
    line: int

    @property
    def width(self) -> int:
        """The number of cells."""
        return len(self.cells)


@dataclass(frozen=True, slots=True)
class Table:
    """A table; ``above`` are the texts since the table before it, the nearest first."""

    header: tuple[Cell, ...]
    rows: tuple[Row, ...]
    above: tuple[Cell, ...] = ()

    @property
    def line(self) -> int:
        """The line of the header."""
        return self.header[0].line

    @property
    def title(self) -> str:
        """The text right above, as a reader sees it."""
        return plain(self.above[0].text) if self.above else ""
