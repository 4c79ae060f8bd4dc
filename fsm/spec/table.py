"""Tables as a page has them: each cell as written, with its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fsm.spec.text import parts, plain

__all__ = ["Cell", "Heading", "Row", "Table"]


@dataclass(frozen=True, slots=True)
class Cell:
    """A piece of a page as written, with its place; line and column are counted from 1.

    >>> cell = Cell("Sent<br>Failed", 7, 20)
    >>> [(part.shown, part.column, part.end) for part in cell.parts()]
    [('Sent', 20, 24), ('Failed', 28, 34)]
    """

    text: str
    line: int
    column: int

    @property
    def end(self) -> int:
        """The column after the last character of the first line."""
        return self.column + len(self.text.partition("\n")[0])

    @property
    def shown(self) -> str:
        """The text a reader sees, on one line."""
        return " ".join(part.shown_alone for part in self.parts())

    @property
    def shown_alone(self) -> str:
        """The text a reader sees of a piece without line breaks."""
        return plain(self.text)

    def parts(self) -> Iterator[Cell]:
        """Yield the lines a reader sees (list items, or what breaks separate), where any."""
        return (self.slice(start, end) for start, end in parts(self.text))

    def slice(self, start: int, end: int) -> Cell:
        """Return a part of this piece, from one offset up to another."""
        before = self.text[:start]
        newline = before.rfind("\n")
        column = self.column + start if newline < 0 else start - newline
        return Cell(self.text[start:end], self.line + before.count("\n"), column)


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading, with its id where it has one: ``## Title {#id}``."""

    cell: Cell
    id: str


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
    """A table, with the texts above it: one of them may say what it is about.

    ``width`` is the number of columns. ``above`` are the texts since the table before, the
    nearest first; ``section`` is the id of the nearest heading.
    """

    header: Row
    rows: tuple[Row, ...]
    width: int
    above: tuple[Cell, ...] = ()
    section: str = ""

    @property
    def line(self) -> int:
        """The line of the header."""
        return self.header.line

    @property
    def last_line(self) -> int:
        """The line of the last row."""
        return self.rows[-1].line if self.rows else self.line

    @property
    def title(self) -> str:
        """The text right above."""
        return self.above[0].text if self.above else ""
