"""Read the tables of a Markdown page; every cell knows its line and column."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from fsm.errors import PageError
from fsm.spec.html import html_tables, read_table
from fsm.spec.table import Cell, Row, Table

if TYPE_CHECKING:
    from markdown_it.token import Token

__all__ = ["MAX_BYTES", "MAX_CELLS", "Page", "parse_page", "read_page"]

MAX_BYTES = 2 * 2**20
"""Pages larger than this are refused: no documentation page is."""
MAX_CELLS = 1000
"""Rows of more cells are refused."""
MAX_ROW = 20_000
"""Rows of more characters are refused."""
MAX_TABLE = 100_000
"""HTML tables of more characters are refused."""

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_BEGINS = re.compile(r"<!--\s*fsm:(?!end\b)")
_ENDS = re.compile(r"<!--\s*fsm:end\s*-->")
_FRONT_MATTER = re.compile(r"\A---[ \t]*\n.*?^(?:---|\.\.\.)[ \t]*$\n?", re.DOTALL | re.MULTILINE)
_PIPE = re.compile(r"(?<!\\)\|")
_QUOTE = re.compile(r"[ \t>]*")
_ANCHOR = re.compile(r"\s*\{#[^}]*\}\s*\Z")


@dataclass(frozen=True, slots=True)
class Page:
    """A page: the name it is reported under, and its tables from top to bottom."""

    name: str
    tables: tuple[Table, ...]
    texts: tuple[Cell, ...] = ()
    """The lines of its paragraphs and headings."""
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

    written = text.replace("\r\n", "\n").replace("\r", "\n")
    visible = _COMMENT.sub(_blank, _without_generated(_FRONT_MATTER.sub(_blank, written)))
    _check_rows(visible, name)
    markdown = MarkdownIt("commonmark").enable("table")
    markdown.core.ruler.disable("inline")  # what a cell says is read by fsm.spec.text
    lines = visible.split("\n")
    tokens = markdown.parse(visible)
    tables, taken = _html_tables(tokens, lines, name)
    tables += (table for table in _tables(tokens, lines) if table.line not in taken)
    texts = [cell for cell in _texts(tokens, lines) if cell.line not in taken]
    found = _with_texts_above(sorted(tables, key=lambda table: table.line), texts)
    return Page(name, tuple(found), tuple(texts), tuple(written.split("\n")))


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
        bars = line.count("|")
        if bars > MAX_CELLS:
            raise PageError(f"{name}:{number}: a row of more than {MAX_CELLS:,} cells")
        if bars and len(line) > MAX_ROW:
            raise PageError(f"{name}:{number}: a row of more than {MAX_ROW:,} characters")


# HTML ----------------------------------------------------------------------------------------


def _html_tables(tokens: list[Token], lines: list[str], name: str) -> tuple[list[Table], set[int]]:
    """Return the tables written in HTML outside code, and the lines they take (from 1)."""
    shown = list(lines)
    for token in tokens:
        if token.type == "fence" and token.map:
            for i in range(token.map[0], min(token.map[1], len(shown))):
                shown[i] = ""
    tables, taken = [], set()
    for whole in html_tables("\n".join(shown)):
        if len(whole.text) > MAX_TABLE:
            size = f"{MAX_TABLE:,} characters"
            raise PageError(f"{name}:{whole.line}: an HTML table of more than {size}")
        taken |= set(range(whole.line, whole.line + whole.text.count("\n") + 1))
        if table := read_table(whole):
            tables.append(table)
    return tables, taken


# Markdown ------------------------------------------------------------------------------------


def _tables(tokens: list[Token], lines: list[str]) -> Iterator[Table]:
    header: tuple[Cell, ...] = ()
    rows: list[Row] = []
    for token in tokens:
        if token.type == "table_open":
            header, rows = (), []
        elif token.type == "tr_open" and token.map:
            cells = tuple(_cells(lines[token.map[0]], token.map[0] + 1))
            if header:
                rows.append(Row(cells, token.map[0] + 1))
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
    if not bars or bars[0] > first:
        bars.insert(0, first - 1)
    if bars[-1] != len(body) - 1 or len(bars) == 1:
        bars.append(len(body))
    for bar, end in pairwise(bars):
        text = body[bar + 1 : end]
        yield Cell(text.strip(), number, bar + 2 + len(text) - len(text.lstrip()))


def _texts(tokens: list[Token], lines: list[str]) -> Iterator[Cell]:
    """Yield the lines of what is no table and no code."""
    inside = False
    for token in tokens:
        if token.type in ("table_open", "table_close"):
            inside = token.type == "table_open"
        elif token.map and not inside and token.type in ("inline", "html_block"):
            for i in range(token.map[0], min(token.map[1], len(lines))):
                text = _ANCHOR.sub("", lines[i].lstrip(" \t>#")).strip()
                if text:
                    yield Cell(text, i + 1, lines[i].index(text) + 1)


def _with_texts_above(tables: list[Table], texts: list[Cell]) -> Iterator[Table]:
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
