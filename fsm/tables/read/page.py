"""Read the tables of a Markdown page; every cell knows its line and column."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from fsm.errors import PageError
from fsm.files import decode_utf8, read_bytes
from fsm.tables.read.comments import (
    MAX_NESTING,
    Comment,
    Scan,
    blanked,
    parsed,
    scan,
    without_front_matter,
)
from fsm.tables.read.html import html_tables, read_table
from fsm.tables.read.table import Cell, Row, Table

if TYPE_CHECKING:
    from markdown_it.token import Token

__all__ = [
    "MAX_BYTES",
    "MAX_CELLS",
    "SUFFIXES",
    "WHAT",
    "Notice",
    "Page",
    "check_bounds",
    "parse_page",
    "read_page",
]

SUFFIXES = (".md", ".markdown", ".mdown", ".mkd", ".mdx", ".qmd", ".rmd")
"""How the names of Markdown pages end."""
MAX_BYTES = 2 * 2**20
"""Pages larger than this are refused: no documentation page is."""
WHAT = "a documentation page"
MAX_LINES = 50_000
"""Pages of more lines are refused."""
MAX_CELLS = 1000
"""Rows of more cells are refused."""
MAX_ROW = 20_000
"""Rows of more characters are refused."""
MAX_TABLE = 100_000
"""HTML tables of more characters are refused."""
MAX_SPANNED = 20_000
"""HTML tables of more cells are refused: spans make many of few characters."""
MAX_BRACKETS = 200
"""Lines with brackets nested deeper are refused."""

_PIPE = re.compile(r"(?<!\\)\|")
_QUOTE = re.compile(r"[ \t>]*")


class Notice(NamedTuple):
    """Something of a page that could not be read: where, the code of the finding, and why."""

    place: Cell
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Page:
    """A page: the name it is reported under, and its tables from top to bottom."""

    name: str
    tables: tuple[Table, ...]
    texts: tuple[Cell, ...] = ()
    """The lines of its paragraphs and headings."""
    lines: tuple[str, ...] = ()
    """The page as it is written."""
    ignored: int = 0
    """How many tables were left out because ``fsm:ignore`` stands above them."""
    notices: tuple[Notice, ...] = ()
    generated: int = 0
    """How many blocks were left out because ``fsm docs`` writes them."""


def read_page(path: Path) -> Page:
    """Read a page from a file; raises :class:`PageError` naming the file and what to do."""
    data = read_bytes(path, MAX_BYTES, WHAT, PageError)
    return parse_page(decode_utf8(data, str(path), PageError), str(path))


def parse_page(text: str, name: str) -> Page:
    """Parse a page.

    Front matter, generated blocks and comments are blanked, so that every line keeps its number.
    A table directly below ``<!-- fsm:ignore -->`` is left out. Raises :class:`PageError` for what
    exceeds the bounds of this module, before it is parsed.
    """
    written = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    check_bounds(written, name)
    scanned = scan(written, name)
    visible, generated = _visible(written, scanned)
    tokens = parsed(visible, name)
    lines = visible.split("\n")
    found, taken, notices = _html_tables(tokens, visible, scanned, name)
    found += [(t.line, t) for t in _tables(tokens, lines) if t.line not in taken]
    texts = [cell for cell in _texts(tokens, lines) if cell.line not in taken]
    asked = [comment for comment in scanned.comments if _asks(comment, "ignore")]
    ignored, unused = _ignored(found, asked, lines)
    notices += [_notice(c, "unused-ignore", _UNUSED) for c in unused]
    notices += [_notice(c, "open-comment", _OPEN) for c in scanned.comments if c.is_open]
    tables = _with_texts_above(sorted((t for _, t in found), key=lambda table: table.line), texts)
    kept = tuple(table for table in tables if table.line not in ignored)
    page_lines = tuple(written.split("\n"))
    return Page(name, kept, tuple(texts), page_lines, len(ignored), tuple(notices), generated)


_UNUSED = "fsm:ignore without a table directly below it"
_OPEN = "a comment without an end (-->) hides the rest of the page"


def _notice(comment: Comment, code: str, text: str) -> Notice:
    return Notice(Cell("<!--", comment.line, comment.column), code, text)


def _asks(comment: Comment, *words: str) -> bool:
    return comment.is_alone and comment.request is not None and comment.request[0] in words


def _visible(written: str, scanned: Scan) -> tuple[str, int]:
    """Return the page with blanks for what no reader sees, and for what fsm wrote itself.

    Also how many blocks fsm wrote.
    """
    ranges = []
    generated = 0
    begin: Comment | None = None
    for comment in scanned.comments:
        ranges.append((comment.start, comment.end))
        if begin is not None and _asks(comment, "end"):
            ranges.append((begin.start, comment.end))
            generated += 1
            begin = None
        elif comment.is_alone and comment.request and not _asks(comment, "end", "ignore"):
            begin = comment
    return blanked(without_front_matter(written), ranges), generated


def check_bounds(text: str, name: str) -> None:
    """Refuse what no page has, and over which a parser would sit for minutes."""
    lines = text.split("\n")
    if len(lines) > MAX_LINES:
        raise PageError(f"{name}: more than {MAX_LINES:,} lines, not {WHAT}")
    for number, line in enumerate(lines, 1):
        bars = line.count("|")
        if bars > MAX_CELLS:
            raise PageError(f"{name}:{number}: a row of more than {MAX_CELLS:,} cells")
        if bars and len(line) > MAX_ROW:
            raise PageError(f"{name}:{number}: a row of more than {MAX_ROW:,} characters")
        quote = _QUOTE.match(line)
        if quote and quote.group().count(">") >= MAX_NESTING:
            raise PageError(f"{name}:{number}: quotes nested deeper than {MAX_NESTING} levels")
        if line.count("[") > MAX_BRACKETS and _depth(line) > MAX_BRACKETS:
            raise PageError(f"{name}:{number}: brackets nested deeper than {MAX_BRACKETS} levels")


def _depth(line: str) -> int:
    """Return how deep the brackets of a line are nested."""
    depths = accumulate((c == "[") - (c == "]") for c in line)
    return max(depths, default=0)


def _ignored(
    found: list[tuple[int, Table]], asked: list[Comment], lines: list[str]
) -> tuple[set[int], list[Comment]]:
    """Return the tables to leave out, by the lines of their headers, and requests without one."""
    headers = dict(found)
    below: dict[int, int] = {}
    """Each line (from 1) to the next one below it that is not empty."""
    for number in range(len(lines), 0, -1):
        empty = number == len(lines) or not lines[number].strip("> \t")
        below[number] = below.get(number + 1, 0) if empty else number + 1
    ignored, unused = set(), []
    for comment in asked:
        if (place := below[comment.line]) in headers:
            ignored.add(headers[place].line)
        else:
            unused.append(comment)
    return ignored, unused


# HTML ----------------------------------------------------------------------------------------


def _html_tables(
    tokens: list[Token], visible: str, scanned: Scan, name: str
) -> tuple[list[tuple[int, Table]], set[int], list[Notice]]:
    """Return the tables written in HTML outside code with the lines they begin in (from 1).

    Also the lines they take, and what could not be read.
    """
    shown = blanked(visible, scanned.spans).split("\n")
    for token in tokens:
        if token.type in ("fence", "code_block") and token.map:
            for i in range(token.map[0], min(token.map[1], len(shown))):
                shown[i] = ""
    tables, taken, notices = [], set(), []
    for whole in html_tables("\n".join(shown)):
        if not whole.text.endswith(">"):
            text = "a <table> without its </table> is not read"
            notices.append(Notice(Cell("<table", whole.line, whole.column), "open-table", text))
            continue
        if len(whole.text) > MAX_TABLE:
            size = f"{MAX_TABLE:,} characters"
            raise PageError(f"{name}:{whole.line}: an HTML table of more than {size}")
        taken |= set(range(whole.line, whole.line + whole.text.count("\n") + 1))
        if table := read_table(whole):
            if sum(row.width for row in table.rows) > MAX_SPANNED:
                size = f"{MAX_SPANNED:,} cells"
                raise PageError(f"{name}:{whole.line}: an HTML table of more than {size}")
            tables.append((whole.line, table))
    return tables, taken, notices


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
                text = _unclosed(_without_anchor(lines[i])).lstrip(" \t>#").strip()
                if text:
                    yield Cell(text, i + 1, lines[i].index(text) + 1)


def _unclosed(line: str) -> str:
    """Return a line without the number signs that may close a heading."""
    bare = line.rstrip()
    text = bare.rstrip("#")
    is_closed = line.lstrip(" \t>").startswith("#") and text.endswith((" ", "\t"))
    return text if is_closed else line


def _without_anchor(line: str) -> str:
    """Return a line without the name ``{#name}`` behind it; time is linear in its length."""
    bare = line.rstrip()
    text, mark, name = bare.rpartition("{#")
    return text if mark and name.find("}") == len(name) - 1 else line


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
