"""Read the tables of a Markdown page; every cell knows its line and column."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from fsm.errors import PageError

if TYPE_CHECKING:
    from markdown_it.token import Token

__all__ = ["MAX_BYTES", "Cell", "Page", "Row", "Table", "parse_page", "read_page"]

MAX_BYTES = 2 * 2**20
"""Pages larger than this are refused: no documentation page is."""
MAX_CELLS = 1000
"""Rows of more cells are refused."""

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_BEGINS = re.compile(r"<!--\s*fsm:(?!end\b)")
_ENDS = re.compile(r"<!--\s*fsm:end\s*-->")
_FRONT_MATTER = re.compile(r"\A---[ \t]*\n.*?^(?:---|\.\.\.)[ \t]*$\n?", re.DOTALL | re.MULTILINE)
_PIPE = re.compile(r"(?<!\\)\|")


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell as written, with its place (both counted from 1)."""

    text: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Row:
    """One body row. ``width`` is the number of cells as written, which may not be the header's."""

    cells: tuple[Cell, ...]
    line: int
    width: int


@dataclass(frozen=True, slots=True)
class Table:
    """A table with the text right above it, which names what it is about."""

    title: str
    line: int
    header: tuple[Cell, ...]
    rows: tuple[Row, ...]
    above: int = -1
    """Which token of the page the title is."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page: the name it is reported under, and its tables from top to bottom."""

    name: str
    tables: tuple[Table, ...]
    loose: tuple[Cell, ...] = ()
    """The paragraphs and headings that no table follows."""
    lines: tuple[str, ...] = ()
    """The page as it is written."""


def read_page(path: Path) -> Page:
    """Read a page from a file; raises :class:`PageError` naming the file and what to do."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise PageError(f"{path}: larger than {MAX_BYTES >> 20} MiB, not a documentation page")
        data = path.read_bytes()
    except OSError as error:
        raise PageError(f"{path}: {error.strerror or error}") from error
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise PageError(f"{path}:{line}: not UTF-8 text; save the page as UTF-8") from error
    return parse_page(text, str(path))


def parse_page(text: str, name: str) -> Page:
    """Parse a page.

    Front matter, generated blocks and comments are blanked, so that every line keeps its number.
    Raises :class:`PageError` for a row of more than :data:`MAX_CELLS` cells.
    """
    from markdown_it import MarkdownIt

    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    visible = _COMMENT.sub(_blank, _without_generated(_FRONT_MATTER.sub(_blank, lines)))
    _check_rows(visible, name)
    markdown = MarkdownIt("commonmark").enable("table")
    markdown.core.ruler.disable("inline")  # what a cell says is read by fsm.spec.text
    tokens = markdown.parse(visible)
    tables = tuple(_tables(tokens, visible.split("\n")))
    titles = {table.above for table in tables}
    loose = (
        Cell(token.content, token.map[0] + 1, 1)
        for i, token in enumerate(tokens)
        if token.type == "inline" and token.map and token.level == 1 and i not in titles
    )
    return Page(name, tables, tuple(loose), tuple(lines.split("\n")))


def _blank(match: re.Match[str]) -> str:
    return _spaces(match.group())


def _spaces(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)


def _without_generated(text: str) -> str:
    """Blank the generated blocks; one without an end is left as it is."""
    parts, done = [], 0
    while begin := _BEGINS.search(text, done):
        end = _ENDS.search(text, begin.end())
        if end is None:
            break
        parts += [text[done : begin.start()], _spaces(text[begin.start() : end.end()])]
        done = end.end()
    return "".join([*parts, text[done:]])


def _check_rows(text: str, name: str) -> None:
    """Refuse rows that no table has, over which a parser would sit for minutes."""
    for number, line in enumerate(text.split("\n"), 1):
        if line.count("|") > MAX_CELLS:
            raise PageError(f"{name}:{number}: a row of more than {MAX_CELLS:,} cells")


def _tables(tokens: list[Token], lines: list[str]) -> Iterator[Table]:
    title, above = "", -1
    start = 0
    depth = 0
    for i, token in enumerate(tokens):
        if token.type == "table_open":
            start, depth = i, depth + 1
        elif token.type == "table_close":
            depth -= 1
            yield replace(_table(title, tokens[start : i + 1], lines), above=above)
        elif token.type == "inline" and depth == 0:
            title, above = token.content, i


def _table(title: str, tokens: list[Token], lines: list[str]) -> Table:
    rows: list[Row] = []
    for i, token in enumerate(tokens):
        if token.type == "tr_open" and token.map:
            end = next(j for j in range(i, len(tokens)) if tokens[j].type == "tr_close")
            texts = [t.content for t in tokens[i:end] if t.type == "inline"]
            rows.append(_row(texts, token.map[0], lines))
    return Table(title, rows[0].line, rows[0].cells, tuple(rows[1:]))


def _row(texts: list[str], index: int, lines: list[str]) -> Row:
    starts = list(_cell_starts(lines[index]))
    cells = tuple(
        Cell(text, index + 1, starts[i] if i < len(starts) else 1) for i, text in enumerate(texts)
    )
    return Row(cells, index + 1, len(starts))


def _cell_starts(line: str) -> Iterator[int]:
    """Yield the column of the first character of each cell of a table row."""
    bars = [match.start() for match in _PIPE.finditer(line)]
    body = line.rstrip()
    if not body.lstrip().startswith("|"):
        bars.insert(0, -1)
    if bars and bars[-1] == len(body) - 1 and len(bars) > 1:
        bars.pop()
    for bar in bars:
        rest = line[bar + 1 :]
        yield bar + 2 + len(rest) - len(rest.lstrip())
