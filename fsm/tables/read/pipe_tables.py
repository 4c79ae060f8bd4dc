"""Read the tables and the other texts of a parsed Markdown page, each cell with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from fsm.tables.read.sections import Heading
from fsm.tables.read.table import Cell, Row, Table

if TYPE_CHECKING:
    from markdown_it.token import Token

__all__ = ["markdown_headings", "markdown_tables", "markdown_texts"]

_PIPE = re.compile(r"(?<!\\)\|")
_QUOTE = re.compile(r"[ \t>]*")


def markdown_tables(tokens: Sequence[Token], lines: Sequence[str]) -> Iterator[Table]:
    """Yield the Markdown tables of a page; ``lines`` are those that were parsed."""
    header: tuple[Cell, ...] = ()
    rows: list[Row] = []
    for token in tokens:
        if token.type == "table_open":
            header, rows = (), []
        elif token.type == "tr_open" and token.map:
            number = token.map[0] + 1
            cells = tuple(_cells(lines[number - 1], number))
            if header:
                rows.append(Row(cells, number))
            else:
                header = cells
        elif token.type == "table_close":
            yield Table(header, tuple(rows))


def _cells(line: str, number: int) -> Iterator[Cell]:
    """Yield the cells of a row as they are written."""
    quote = _QUOTE.match(line)
    first = quote.end() if quote else 0
    body = line.rstrip()
    bars = [match.start() for match in _PIPE.finditer(body, first)]
    if not bars or bars[0] > first:  # the row does not begin with a bar
        bars.insert(0, first - 1)
    if bars[-1] != len(body) - 1 or len(bars) == 1:  # it does not end with one
        bars.append(len(body))
    for bar, end in pairwise(bars):
        text = body[bar + 1 : end]
        yield Cell(text.strip(), number, bar + 2 + len(text) - len(text.lstrip()))


def markdown_headings(tokens: Sequence[Token]) -> Iterator[Heading]:
    """Yield the headings of a Markdown page."""
    for token, text in pairwise(tokens):
        if token.type == "heading_open" and token.map:
            yield Heading(text.content, token.map[0] + 1, int(token.tag[1]))


def markdown_texts(tokens: Sequence[Token], lines: Sequence[str]) -> Iterator[Cell]:
    """Yield the lines of a page that are neither tables nor code."""
    is_in_table = False
    for token in tokens:
        if token.type in ("table_open", "table_close"):
            is_in_table = token.type == "table_open"
        elif token.map and not is_in_table and token.type in ("inline", "html_block"):
            for i in range(token.map[0], min(token.map[1], len(lines))):
                text = _without_closing_marks(_without_anchor(lines[i])).lstrip(" \t>#").strip()
                if text:
                    yield Cell(text, i + 1, lines[i].index(text) + 1)


def _without_closing_marks(line: str) -> str:
    """Return a line without the number signs that may close a heading."""
    text = line.rstrip().rstrip("#")
    is_closed = line.lstrip(" \t>").startswith("#") and text.endswith((" ", "\t"))
    return text if is_closed else line


def _without_anchor(line: str) -> str:
    """Return a line without ``{#name}`` at its end, in linear time, unlike a regular expression."""
    text, mark, name = line.rstrip().rpartition("{#")
    return text if mark and name.find("}") == len(name) - 1 else line
