"""Read pages in reStructuredText: docutils parses them, and opens no file and no address.

Roles and directives that docutils does not know, such as those of Sphinx, are accepted: a role
shows its text, a directive that holds text shows it, a diagram is one, and any other is left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import RLock
from typing import Any, ClassVar, cast

from docutils import frontend, nodes, utils
from docutils.parsers.rst import Directive, Parser, directives, states
from docutils.parsers.rst.directives.tables import ListTable, RSTTable
from docutils.statemachine import StringList

from fsm.errors import PageError
from fsm.tables.read.bounds import (
    MAX_HTML_CELLS,
    MAX_NESTING,
    PAGE_KIND,
    check_bounds,
    check_markup_size,
)
from fsm.tables.read.csv_rows import read_csv_rows
from fsm.tables.read.diagrams import diagram_kind
from fsm.tables.read.doctree import doctree_page
from fsm.tables.read.page_parts import Page

__all__ = ["parse_restructured"]

MAX_BORDERS = 3_000
"""Grid tables with more lines or crossings of borders are refused: docutils is slow with them."""
MAX_LINE = 2_000
"""Lines of more characters are refused."""
MAX_MARKS = 1_500
"""Paragraphs with more marks are refused: docutils is slow with marks that have no end."""
MAX_TITLES = 2_000
"""Pages with more lines of punctuation, which may underline titles, are refused."""
_MARKS = re.compile(r"[*`|_:\[]")
_UNDERLINE = re.compile(r"([^\w\s])\1{2,}\s*\Z")

_CONTAINERS = frozenset({
    "admonition", "attention", "caution", "centered", "collapse", "compound", "container",
    "danger", "deprecated", "details", "dropdown", "epigraph", "error", "grid", "grid-item",
    "card", "hint", "hlist", "important", "note", "only", "rst-class", "class", "seealso",
    "sidebar", "tab", "tab-item", "tab-set", "tabs", "group-tab", "tip", "topic", "versionadded",
    "versionchanged", "versionremoved", "warning", "grid-item-card",
})  # fmt: skip
"""Directives that show their content."""
_KEPT = frozenset({"image", "figure", "replace", "unicode", "rubric", "table", "parsed-literal"})
"""Directives of docutils that only make text, and change nothing outside the page."""
_CODE = frozenset({"code", "code-block", "sourcecode"})
_GRID = re.compile(r"\s*\+[-=+]{2,}\+?\s*\Z|\s*=+[ =]*=\s*\Z")
_TABLES = ("list-table", "csv-table", "table")
_LOCK = RLock()


def parse_restructured(text: str, name: str) -> Page:
    """Parse a page; raises :class:`PageError` for one that would take docutils too long."""
    lines = text.split("\n")
    check_bounds(text, name)
    check_markup_size(text, name)
    _check_bounds(lines, name)
    settings = frontend.get_default_settings(cast("Any", Parser))
    settings.file_insertion_enabled = settings.raw_enabled = False
    settings.report_level, settings.halt_level = 5, 6  # nothing is printed, nothing is raised
    settings.warning_stream = False
    settings.syntax_highlight = "none"
    settings.character_level_inline_markup = False
    settings.line_length_limit = MAX_LINE + 1
    document = utils.new_document(name, settings)
    with _own_directives() as unread:
        try:
            inliner = states.Inliner()
            # A subclass would not do: docutils reads patterns from the attributes of the class.
            inliner.interpreted = _shown_role  # type: ignore[method-assign,assignment]
            Parser(inliner=inliner).parse(text, document)
        except RecursionError as error:
            raise PageError(f"{name}: nested deeper than {MAX_NESTING} levels") from error
    page = doctree_page(document, name, lines)
    return page.with_unread_tables(len(unread) + _broken_tables(document))


def _broken_tables(document: nodes.document) -> int:
    """Return how many tables docutils could not read."""
    messages = (m.astext() for m in document.findall(nodes.system_message) if m["level"] > 2)
    return sum("Malformed table" in text or '-table" directive' in text for text in messages)


def _check_bounds(lines: Sequence[str], name: str) -> None:
    """Raise :class:`PageError` for a page that docutils would take minutes to read."""
    borders = first = marks = titles = 0
    for number, line in enumerate(lines, 1):
        if len(line) > MAX_LINE:
            raise PageError(f"{name}:{number}: a line of more than {MAX_LINE:,} characters")
        text = line.lstrip(" ")
        if text.startswith(("* ", "- ")):  # an item is a paragraph of its own
            marks = 0
        marks = marks + len(_MARKS.findall(text)) if text and text[0] not in "+|" else 0
        titles += _UNDERLINE.match(text) is not None
        if marks > MAX_MARKS or titles > MAX_TITLES:
            limit = f"{MAX_MARKS:,} marks" if marks > MAX_MARKS else f"{MAX_TITLES:,} titles"
            raise PageError(f"{name}:{number}: more than {limit}, not {PAGE_KIND}")
        if len(line) - len(text) > MAX_NESTING * 4:
            raise PageError(f"{name}:{number}: nested deeper than {MAX_NESTING} levels")
        if not text.startswith(("+", "|")):
            borders = 0
            continue
        first = first if borders else number
        borders += text.count("+") + 1
        if borders > MAX_BORDERS:
            limit = f"more than {MAX_BORDERS:,} lines and crossings"
            raise PageError(f"{name}:{first}: a grid table of {limit}, not {PAGE_KIND}")
        if len(text) - len(text.lstrip("+|*- ")) > MAX_NESTING * 2 and not text.startswith("+"):
            raise PageError(f"{name}:{number}: nested deeper than {MAX_NESTING} levels")


def _shown_role(
    rawsource: str,
    text: str,
    role: str,
    lineno: int,  # noqa: ARG001
) -> tuple[list[nodes.Node], list[nodes.Node]]:
    """Return the text of a role, whoever defines the role."""
    shown = utils.unescape(text)
    if role.rpartition(":")[2].lower() in ("sup", "superscript"):
        return [nodes.superscript(rawsource, shown)], []
    if match := re.fullmatch(r"(.{1,500}?)\s*<[^<>]{1,500}>", shown, re.DOTALL):
        shown = match[1]
    return [nodes.inline(rawsource, shown.removeprefix("~"))], []


class _AnyOptions(dict[str, Callable[[str], object]]):
    """The options of a directive that accepts every one."""

    def __init__(self) -> None:
        super().__init__({"name": directives.unchanged})

    def __missing__(self, name: str) -> Callable[[str], object]:
        return directives.unchanged


class _Tolerant(Directive):
    """A directive that may have any options, arguments and content."""

    optional_arguments = 1000
    final_argument_whitespace = True
    has_content = True
    option_spec = cast("Any", _AnyOptions())


class _LeftOut(_Tolerant):
    """A directive that is not known; its content is counted if it seems to be a table."""

    unread: ClassVar[list[str]] = []

    def run(self) -> list[nodes.Node]:
        borders = sum(_GRID.match(line) is not None for line in self.content)
        if borders >= 2 or any(f".. {name}::" in line for line in self.content for name in _TABLES):
            self.unread.append(self.name)
        return []


class _Container(_Tolerant):
    """A directive that shows its content."""

    def run(self) -> list[nodes.Node]:
        node = nodes.container()
        if self.arguments and self.name not in ("only", "class", "rst-class"):
            title = nodes.paragraph(self.arguments[0], self.arguments[0])
            title.line = self.lineno
            node += title
        self.state.nested_parse(self.content, self.content_offset, node)
        return [node]


class _Code(_Tolerant):
    """A block of code or a diagram, with the place of its first line."""

    def run(self) -> list[nodes.Node]:
        is_code = self.name in _CODE
        language = (self.arguments[0] if self.arguments else "") if is_code else self.name
        text = "\n".join(self.content)
        node = nodes.literal_block(text, text, language=language)
        node["fsm_line"] = self.content_offset + 1
        block = self.block_text.split("\n")
        first = next((line for line in block[1:] if line.strip() and self.content), "")
        node["fsm_column"] = len(first) - len(first.lstrip()) + 1
        if self.arguments and not is_code and not text.strip():
            node["fsm_path"], node["fsm_line"] = self.arguments[0], self.lineno
        return [node]


class _CsvTable(_Tolerant):
    """A table of comma-separated values: each cell with the line in which its record begins."""

    def run(self) -> list[nodes.Node]:
        if "file" in self.options or "url" in self.options:
            _LeftOut.unread.append(self.name)
            return []
        return [self.table()]

    def table(self) -> nodes.table:
        """Return the table; a record that is too short has empty cells."""
        rows: list[tuple[int, list[str]]] = []
        is_header = 0
        if header := str(self.options.get("header", "")):
            rows += [(self.lineno + 1, row) for _, row in read_csv_rows([header], self.options)]
            is_header = len(rows)
        stated = str(self.options.get("header-rows", "0"))
        is_header += int(stated) if stated.isdecimal() and len(stated) < 4 else 0
        first = self.content_offset + 1
        rows += [(first + i, row) for i, row in read_csv_rows(list(self.content), self.options)]
        width = max((len(row) for _, row in rows), default=0)
        if width * len(rows) > MAX_HTML_CELLS:
            _LeftOut.unread.append(self.name)
            return nodes.table()
        table, group = nodes.table(), nodes.tgroup(cols=width)
        if self.arguments:
            title = nodes.title(self.arguments[0], self.arguments[0])
            title.line = self.lineno
            table += title
        table += group
        parts = nodes.thead(), nodes.tbody()
        group += list(parts)
        for number, (line, row) in enumerate(rows):
            node = nodes.row()
            for text in [*row, *[""] * (width - len(row))]:
                entry = nodes.entry()
                entry["fsm_line"] = line
                lines = text.split("\n")
                places = [(self.name, line - 1 + i) for i in range(len(lines))]
                self.state.nested_parse(StringList(lines, items=places), line - 1, entry)
                node += entry
            parts[number >= is_header].append(node)
        return table


def _directive_class(name: str) -> type[Directive]:
    if name == "csv-table":
        return _CsvTable
    if name == "list-table":
        return ListTable
    if name == "table":
        return RSTTable
    if name in _CODE or diagram_kind(name):
        return _Code
    if name in _CONTAINERS:
        return _Container
    return _LeftOut


@contextmanager
def _own_directives() -> Iterator[list[str]]:
    """Let docutils find the directives of this module while a page is parsed.

    Yields the names of the directives that seem to have a table, and were not read.
    """
    known = directives.directive

    def find(name: str, language: Any, document: nodes.document) -> tuple[Any, Any]:
        lowered = name.lower()
        if lowered in _KEPT - {"table"}:
            return known(lowered, language, document)
        return _directive_class(lowered), []

    with _LOCK:
        _LeftOut.unread = []
        directives.directive = find  # type: ignore[assignment]
        try:
            yield _LeftOut.unread
        finally:
            directives.directive = known
