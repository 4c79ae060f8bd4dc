"""Read the tables of a Markdown page; every cell knows its line and column."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from fsm.errors import PageError
from fsm.files import decode_utf8, read_bytes
from fsm.tables.read.bounds import MAX_BYTES, MAX_HTML, MAX_HTML_CELLS, PAGE_KIND, check_bounds
from fsm.tables.read.comments import (
    Comment,
    PageComments,
    blanked,
    find_comments,
    parse_markdown,
    without_front_matter,
)
from fsm.tables.read.containers import is_unread_table
from fsm.tables.read.diagrams import (
    fenced_diagrams,
    html_diagrams,
    linked_diagrams,
    placed_diagrams,
)
from fsm.tables.read.html import html_headings, html_tables, read_html_table
from fsm.tables.read.page_parts import DocumentedDiagram, Notice, Page
from fsm.tables.read.pipe_tables import markdown_headings, markdown_tables, markdown_texts
from fsm.tables.read.sections import enclosing, html_anchors, sections_of
from fsm.tables.read.table import Cell, Section, Table

if TYPE_CHECKING:
    from markdown_it.token import Token

__all__ = ["SUFFIXES", "DocumentedDiagram", "Notice", "Page", "parse_page", "read_page"]

SUFFIXES = (".md", ".markdown", ".mdown", ".mkd", ".mdx", ".qmd", ".rmd")
"""The suffixes of Markdown pages."""


def read_page(path: Path) -> Page:
    """Read a page from a file; raises :class:`PageError` naming the file and what to do."""
    data = read_bytes(path, MAX_BYTES, PAGE_KIND, PageError)
    return parse_page(decode_utf8(data, str(path), PageError), str(path))


def parse_page(text: str, name: str) -> Page:
    """Parse a page.

    Front matter, generated blocks and comments are replaced by blanks, so that every line keeps
    its number. A table directly below ``<!-- fsm:ignore -->`` is left out. Raises
    :class:`PageError` for a page that exceeds the limits of :mod:`fsm.tables.read.bounds`.
    """
    written = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    check_bounds(written, name)
    comments = find_comments(written, name)
    visible, generated = _visible(written, comments)
    tokens = parse_markdown(visible, name)
    lines = visible.split("\n")
    without_code = _without_code(tokens, visible, comments)
    html = _read_html(without_code, name)
    # Markdown inside an HTML table belongs to its cells.
    markdown = [t for t in markdown_tables(tokens, lines) if t.line not in html.lines]
    texts = [cell for cell in markdown_texts(tokens, lines) if cell.line not in html.lines]
    first_lines = dict(html.tables) | {table.line: table for table in markdown}
    requests = [c for c in comments.comments if _requests(c, "ignore")]
    ignored, unused = _ignored(first_lines, requests, lines)
    tables = sorted([*(t for _, t in html.tables), *markdown], key=lambda table: table.line)
    kept = [t for t in _with_texts_above(tables, texts) if t.line not in ignored]
    ends = {line: _end(table) for line, table in first_lines.items()}
    sections = sections_of(
        [*markdown_headings(tokens), *html_headings(without_code)],
        html_anchors(without_code, ends),
        len(lines),
    )
    diagrams = chain(
        fenced_diagrams(tokens, lines), html_diagrams(visible), linked_diagrams(without_code)
    )
    notices = (
        *html.notices,
        *(_notice(c, "unused-ignore", _UNUSED) for c in unused),
        *(_notice(c, "open-comment", _OPEN) for c in comments.comments if c.is_open),
    )
    all_lines = tuple(written.split("\n"))
    unread = sum(t.type == "fence" and is_unread_table(t.info, t.content) for t in tokens)
    return Page(
        name,
        in_sections(kept, sections),
        tuple(texts),
        all_lines,
        len(ignored),
        notices,
        generated,
        unread,
        sections,
        placed_diagrams(diagrams, sections),
    )


def _end(table: Table) -> int:
    """Return the line behind a table."""
    cells = table.rows[-1].cells if table.rows else table.header
    return max(cell.line + cell.text.count("\n") for cell in cells) + 1


def in_sections(tables: Sequence[Table], sections: Sequence[Section]) -> tuple[Table, ...]:
    """Return tables, each with the innermost section that it stands in."""
    around = enclosing(sections, [table.line for table in tables])
    return tuple(replace(t, section=s) for t, s in zip(tables, around, strict=True))


_UNUSED = "fsm:ignore without a table directly below it"
_OPEN = "a comment without an end (-->) hides the rest of the page"


def _notice(comment: Comment, code: str, text: str) -> Notice:
    return Notice(Cell("<!--", comment.line, comment.column), code, text)


def _requests(comment: Comment, *words: str) -> bool:
    """Whether a comment is a request to fsm that begins with one of some words."""
    return comment.is_alone and comment.request is not None and comment.request[0] in words


def _visible(written: str, comments: PageComments) -> tuple[str, int]:
    """Return the page with blanks for comments and generated blocks, and the number of blocks."""
    ranges = []
    generated = 0
    begin: Comment | None = None
    for comment in comments.comments:
        ranges.append((comment.start, comment.end))
        if begin is not None and _requests(comment, "end"):
            ranges.append((begin.start, comment.end))
            generated += 1
            begin = None
        elif comment.is_alone and comment.request and not _requests(comment, "end", "ignore"):
            begin = comment
    return blanked(without_front_matter(written), ranges), generated


def _ignored(
    first_lines: dict[int, Table], requests: Sequence[Comment], lines: Sequence[str]
) -> tuple[set[int], list[Comment]]:
    """Return the tables to leave out, by the lines of their headers, and requests without one.

    ``first_lines`` has each table by the line that it begins in.
    """
    next_text: dict[int, int] = {}
    """The next line that is not empty below each line, both counted from 1."""
    for number in range(len(lines), 0, -1):
        is_empty = number == len(lines) or not lines[number].strip("> \t")
        next_text[number] = next_text.get(number + 1, 0) if is_empty else number + 1
    ignored, unused = set(), []
    for comment in requests:
        table = first_lines.get(next_text[comment.line])
        if table:
            ignored.add(table.line)
        else:
            unused.append(comment)
    return ignored, unused


class _Html(NamedTuple):
    """The HTML tables of a page, each with the line it begins in, and all lines they take."""

    tables: list[tuple[int, Table]]
    lines: set[int]
    notices: list[Notice]


def _read_html(text: str, name: str) -> _Html:
    """Return the tables that are written in HTML; ``text`` is the page without its code."""
    html = _Html([], set(), [])
    for source in html_tables(text):
        if not source.text.endswith(">"):
            text = "a <table> without its </table> is not read"
            place = Cell("<table", source.line, source.column)
            html.notices.append(Notice(place, "open-table", text))
            continue
        if len(source.text) > MAX_HTML:
            limit = f"more than {MAX_HTML:,} characters"
            raise PageError(f"{name}:{source.line}: an HTML table of {limit}")
        html.lines.update(range(source.line, source.line + source.text.count("\n") + 1))
        table = read_html_table(source)
        if table is None:
            continue
        if sum(row.width for row in table.rows) > MAX_HTML_CELLS:
            limit = f"more than {MAX_HTML_CELLS:,} cells"
            raise PageError(f"{name}:{source.line}: an HTML table of {limit}")
        html.tables.append((source.line, table))
    return html


def _without_code(tokens: Sequence[Token], visible: str, comments: PageComments) -> str:
    lines = blanked(visible, comments.code_spans).split("\n")
    for token in tokens:
        if token.type in ("fence", "code_block") and token.map:
            for i in range(token.map[0], min(token.map[1], len(lines))):
                lines[i] = ""
    return "\n".join(lines)


def _with_texts_above(tables: Sequence[Table], texts: Sequence[Cell]) -> Iterator[Table]:
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
