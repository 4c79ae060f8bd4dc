"""Read the tables of a page; every cell knows its line and column."""

from __future__ import annotations

from collections.abc import Sequence
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
from fsm.tables.read.myst import directive_tables
from fsm.tables.read.page_parts import Notice, Page, ignore_notice
from fsm.tables.read.pipe_tables import markdown_headings, markdown_tables, markdown_texts
from fsm.tables.read.sections import html_anchors, sections_of, tables_in_sections
from fsm.tables.read.table import Cell, Table, with_texts_above

if TYPE_CHECKING:
    from markdown_it.token import Token

__all__ = [
    "PAGE_FORMATS",
    "PAGE_SUFFIXES",
    "SUFFIXES",
    "WRITTEN_SUFFIXES",
    "Notice",
    "Page",
    "parse_page",
    "read_page",
]

SUFFIXES = (".md", ".markdown", ".mdown", ".mkd", ".mdx", ".qmd", ".rmd")
"""The suffixes of Markdown pages."""
_HTML = (".html", ".htm", ".xhtml")
_RESTRUCTURED = (".rst", ".rest")
_ASCIIDOC = (".adoc", ".asciidoc", ".asc")
WRITTEN_SUFFIXES = (*SUFFIXES, *_RESTRUCTURED, *_ASCIIDOC)
"""The suffixes of pages that people write."""
PAGE_SUFFIXES = (*WRITTEN_SUFFIXES, *_HTML)
"""The suffixes of all pages that are read."""
PAGE_FORMATS = "Markdown (.md), HTML (.html), reStructuredText (.rst) and AsciiDoc (.adoc)"
"""The formats of pages, for messages."""


def read_page(path: Path) -> Page:
    """Read a page from a file; raises :class:`PageError` naming the file and what to do."""
    data = read_bytes(path, MAX_BYTES, PAGE_KIND, PageError)
    return parse_page(decode_utf8(data, str(path), PageError), str(path))


def parse_page(text: str, name: str) -> Page:
    """Parse a page: HTML, reStructuredText or AsciiDoc by the suffix of its name, else Markdown.

    A table directly below a comment ``fsm:ignore`` is left out. Raises :class:`PageError` for a
    page that exceeds the limits of :mod:`fsm.tables.read.bounds`.
    """
    written = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    suffix = Path(name).suffix.lower()
    if suffix in _RESTRUCTURED:
        from fsm.tables.read.restructured import parse_restructured

        return parse_restructured(written, name)
    if suffix in _ASCIIDOC:
        from fsm.tables.read.asciidoc import parse_asciidoc

        return parse_asciidoc(written, name)
    if suffix in _HTML:
        from fsm.tables.read.html_page import parse_html

        return parse_html(written, name)
    return _parse_markdown_page(written, name)


def _parse_markdown_page(written: str, name: str) -> Page:
    """Parse a Markdown page.

    Front matter, generated blocks and comments are replaced by blanks, so that every line keeps
    its number.
    """
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
    directives = list(directive_tables(tokens, lines))
    markdown += [table for _, table in directives]
    first_lines = dict(html.tables) | {table.line: table for table in markdown} | dict(directives)
    requests = [c for c in comments.comments if _requests(c, "ignore")]
    ignored, unused = _ignored(first_lines, requests, lines)
    tables = sorted([*(t for _, t in html.tables), *markdown], key=lambda table: table.line)
    kept = [t for t in with_texts_above(tables, texts) if t.line not in ignored]
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
        *(ignore_notice(Cell("<!--", c.line, c.column)) for c in unused),
        *(_notice(c, "open-comment", _OPEN) for c in comments.comments if c.is_open),
    )
    all_lines = tuple(written.split("\n"))
    unread = sum(t.type == "fence" and is_unread_table(t.info, t.content) for t in tokens)
    unread -= len(directives)
    return Page(
        name,
        tables_in_sections(kept, sections),
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
