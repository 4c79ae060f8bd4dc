"""Read whole HTML pages, such as those of a generated site."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import replace

from fsm.errors import PageError
from fsm.tables.read.bounds import MAX_HTML, MAX_LINES, PAGE_KIND
from fsm.tables.read.cell_text import plain
from fsm.tables.read.comments import blanked
from fsm.tables.read.diagrams import html_diagrams, linked_diagrams, placed_diagrams
from fsm.tables.read.html import html_headings, html_tables, read_html_table
from fsm.tables.read.page_parts import Notice, Page, ignore_notice
from fsm.tables.read.sections import html_anchors, sections_of, tables_in_sections
from fsm.tables.read.table import Cell, Row, SourceText, Table, with_texts_above

__all__ = ["parse_html"]

MAX_TEXT = 2_000
"""Of longer texts outside tables, the beginning is read."""
MAX_PAGE_CELLS = 50_000
"""Pages with more cells are refused."""

_COMMENT = re.compile(r"<!--(.*?)(?:-->|\Z)", re.DOTALL)
_HIDDEN = re.compile(
    r"<(script|style|template|noscript|textarea|svg)\b[^<>]*>.*?(?:</\1\b[^<>]*>|\Z)",
    re.IGNORECASE | re.DOTALL,
)
_BLOCK = re.compile(
    r"</?(?:address|article|aside|blockquote|body|br|caption|dd|details|div|dl|dt|figcaption"
    r"|figure|footer|form|h[1-6]|head|header|hr|html|li|main|nav|ol|p|pre|section|summary|table"
    r"|tbody|td|th|thead|title|tr|ul)\b[^<>]*>",
    re.IGNORECASE,
)
_OUTSIDE = re.compile(r"<[^<>]*>|&[#\w]{1,40};|[\\|*`\[\]]|(?<!\w)_+|_+(?!\w)")
"""Tags and entities, which stay as they are, and what would be marks in Markdown."""
_HEADER_LINK = re.compile(
    r"<a\b[^<>]{0,500}\bclass=[\"']?[^<>\"']{0,100}\b(?:headerlink|anchor|direct-link)\b[^<>]{0,500}>"
    r"[^<>]{0,20}</a>",
    re.IGNORECASE,
)
"""The sign beside a heading that links to it."""


def parse_html(text: str, name: str) -> Page:
    """Parse an HTML page; raises :class:`PageError` for one that exceeds the limits of pages."""
    if text.count("\n") >= MAX_LINES:
        raise PageError(f"{name}: more than {MAX_LINES:,} lines, not {PAGE_KIND}")
    comments = list(_COMMENT.finditer(text))
    visible = blanked(text, [comment.span() for comment in comments])
    visible = _blanked_elements(visible)
    places = SourceText(text)
    reader = _TableFinder(visible, places, name)
    requests = [comment for comment in comments if comment[1].strip() == "fsm:ignore"]
    ignored = {start for request in requests if (start := reader.ignored(request))}
    texts = list(_texts(blanked(visible, reader.covered), places))
    shown = [(start, _with_markup_shown(table)) for start, table in reader.tables]
    above = with_texts_above([table for _, table in shown], texts)
    kept = [table for (start, _), table in zip(shown, above, strict=True) if start not in ignored]
    ends = {places.line(start): places.line(end) + 1 for start, end in reader.covered}
    anchored = _HEADER_LINK.sub(lambda match: " " * len(match[0]), visible)
    lines = text.split("\n")
    sections = sections_of(html_headings(anchored), html_anchors(visible, ends), len(lines))
    diagrams = [*html_diagrams(visible), *linked_diagrams(visible)]
    return Page(
        name,
        tables_in_sections(kept, sections),
        tuple(texts),
        tuple(lines),
        len(ignored),
        tuple(reader.notices),
        sections=sections,
        diagrams=placed_diagrams(iter(diagrams), sections),
    )


class _TableFinder:
    """The tables of an HTML page, each with its offset, and what could not be read."""

    def __init__(self, visible: str, places: SourceText, name: str) -> None:
        self.visible, self.places = visible, places
        self.tables: list[tuple[int, Table]] = []
        self.covered: list[tuple[int, int]] = []
        """The offsets of all tables."""
        self.notices: list[Notice] = []
        self.cells = 0
        for source in html_tables(visible):
            if source.text.endswith(">"):
                self.add(source, name)
            else:
                reason = "a <table> without its </table> is not read"
                self.notices.append(Notice(source, "open-table", reason))

    def add(self, source: Cell, name: str) -> None:
        """Add a table as it is written."""
        if len(source.text) > MAX_HTML:
            limit = f"more than {MAX_HTML:,} characters"
            raise PageError(f"{name}:{source.line}: an HTML table of {limit}")
        start = self.places.offset(source)
        self.covered.append((start, start + len(source.text)))
        table = read_html_table(source)
        if table is None:
            return
        self.cells += sum(row.width for row in table.rows)
        if self.cells > MAX_PAGE_CELLS:
            limit = f"more than {MAX_PAGE_CELLS:,} cells in this page"
            raise PageError(f"{name}:{source.line}: {limit}")
        self.tables.append((start, table))

    def ignored(self, request: re.Match[str]) -> int:
        """Return the offset of the table directly below a request, 0 where there is none."""
        starts = [start for start, _ in self.tables]
        number = bisect_left(starts, request.end())
        if number < len(starts) and not self.visible[request.end() : starts[number]].strip():
            return starts[number]
        mark = self.places.cell(request.start(), request.start() + len("<!--"))
        self.notices.append(ignore_notice(mark))
        return 0


def _blanked_elements(text: str) -> str:
    """Return the page with blanks for elements that show no text."""
    lower = text.lower()
    if not any(
        f"<{word}" in lower
        for word in ("script", "style", "template", "noscript", "svg", "textarea")
    ):
        return text
    return blanked(text, [match.span() for match in _HIDDEN.finditer(text)])


def _texts(text: str, places: SourceText) -> Iterator[Cell]:
    """Yield the texts between the tags of blocks, outside tables."""
    start = 0
    for tag in [*_BLOCK.finditer(text), None]:
        end = tag.start() if tag else len(text)
        written = _HEADER_LINK.sub("", text[start:end][:MAX_TEXT]).strip()
        if written and plain(written):
            first = start + len(text[start:end]) - len(text[start:end].lstrip())
            cell = places.cell(first, first)
            yield replace(cell, text=_shown(written))
        start = tag.end() if tag else end


def _with_markup_shown(table: Table) -> Table:
    """Return a table whose texts are read as they are: in HTML, an asterisk is no mark."""

    def shown(cells: tuple[Cell, ...]) -> tuple[Cell, ...]:
        return tuple(replace(cell, text=_shown(cell.text)) for cell in cells)

    rows = tuple(Row(shown(row.cells), row.line) for row in table.rows)
    return Table(shown(table.header), rows, shown(table.above))


def _shown(text: str) -> str:
    """Return Markdown that shows a text in HTML.

    >>> _shown("<b>a*</b> &lt;b_c_")
    '<b>a\\\\*</b> &lt;b_c\\\\_'
    """
    return _OUTSIDE.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    text = match[0]
    return text if text[0] in "<&" else "".join(f"\\{c}" for c in text)
