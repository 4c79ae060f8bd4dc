"""Read the tables of a document tree of docutils: a page in reStructuredText."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from docutils import nodes

from fsm.tables.read.cell_text import is_note_mark
from fsm.tables.read.diagrams import diagram_in_code, linked_diagrams, placed_diagrams
from fsm.tables.read.page_parts import DocumentedDiagram, Notice, Page, ignore_notice
from fsm.tables.read.sections import Anchor, Heading, sections_of, tables_in_sections
from fsm.tables.read.shown_cells import ShownLine, TableRow, shown_cell, table_of_rows
from fsm.tables.read.table import Cell, Table

__all__ = ["doctree_page"]

_Element = TypeVar("_Element", bound=nodes.Element)

_IGNORE = "fsm:ignore"
_TEXTS = (nodes.paragraph, nodes.title, nodes.rubric, nodes.term)
_BLOCKS = (nodes.table, nodes.comment, nodes.literal_block, nodes.target, *_TEXTS)
_NOT_SHOWN = (nodes.system_message, nodes.footnote_reference, nodes.citation_reference)
_NOT_TEXT = (nodes.footnote, nodes.citation, nodes.substitution_definition, nodes.system_message)
_MOST_SHOWN = 20_000
"""The most characters of a text of a cell: substitutions repeat texts."""


def doctree_page(
    document: nodes.document, name: str, lines: Sequence[str] = (), *, skipped_class: str = ""
) -> Page:
    """Return the tables of a document; a cell has the place in which its text begins.

    ``lines`` are those of the page: without them, columns are 1. Tables with a class
    ``skipped_class``, and those directly below a comment ``fsm:ignore``, are left out and counted.
    """
    reader = _DocumentReader(document, lines, skipped_class)
    reader.run()
    tables = reader.tables
    last = max([len(lines), *(text.line for text in reader.texts), *(t.line for t in tables)])
    sections = sections_of(reader.headings, reader.anchors(), last)
    return Page(
        name,
        tables_in_sections(tables, sections),
        tuple(reader.texts),
        tuple(lines),
        reader.ignored,
        tuple(reader.notices),
        sections=sections,
        diagrams=placed_diagrams(iter(reader.diagrams), sections),
    )


@dataclass
class _DocumentReader:
    document: nodes.document
    lines: Sequence[str]
    skipped_class: str
    tables: list[Table] = field(default_factory=list)
    texts: list[Cell] = field(default_factory=list)
    above: list[Cell] = field(default_factory=list)
    """The texts between the last table and this place, the last one first."""
    headings: list[Heading] = field(default_factory=list)
    labels: list[tuple[str, int, int]] = field(default_factory=list)
    """The id of each target, its line, and how many blocks stand before it."""
    blocks: list[tuple[int, int]] = field(default_factory=list)
    """The line of each block, and the one behind it if it is a table."""
    diagrams: list[DocumentedDiagram] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    ignored: int = 0
    cursors: defaultdict[int, int] = field(default_factory=lambda: defaultdict(int))
    """How far each line is read; a text is searched for behind this column."""

    def run(self) -> None:
        """Go through the blocks in the order of the page."""
        comment: nodes.comment | None = None
        for node, level in _blocks(self.document, 0):
            if isinstance(node, nodes.target):
                self.add_labels(node)
                continue
            if comment is not None and not isinstance(node, nodes.table):
                self.notices.append(self.unused_ignore(comment))
            is_ignored = comment is not None
            comment = None
            if isinstance(node, nodes.comment):
                comment = node if node.astext().strip() == _IGNORE else None
            elif isinstance(node, nodes.literal_block):
                self.add_code(node)
            elif isinstance(node, nodes.table):
                self.add_table(node, is_ignored=is_ignored)
            else:
                self.add_text(node, level)
        if comment is not None:
            self.notices.append(self.unused_ignore(comment))
        self.diagrams += linked_diagrams(self._linked_text())

    def unused_ignore(self, comment: nodes.comment) -> Notice:
        """Return the notice for a request to ignore a table that none follows."""
        line = _line(comment)
        while line > 1 and line <= len(self.lines) and _IGNORE not in self.lines[line - 1]:
            line -= 1
        return ignore_notice(Cell("..", line, 1))

    def anchors(self) -> list[Anchor]:
        """Return the targets, each with the block below it."""
        found = []
        for name, line, count in self.labels:
            below, end = self.blocks[count] if count < len(self.blocks) else (0, 0)
            found.append(Anchor(name, line, below, end))
        return sorted(found, key=lambda anchor: anchor.line)

    def add_labels(self, node: nodes.target) -> None:
        """Add the names of a target, if it is a place of the page."""
        if node.get("refuri") or node.get("refname") or not node.line:
            return
        for name in _names(node):
            self.labels.append((name, node.line, len(self.blocks)))

    def add_code(self, node: nodes.literal_block) -> None:
        """Add a diagram, if the code is one."""
        languages = [str(word) for word in node["classes"] if word != "code"]
        language = str(node.get("language") or next(iter(languages), ""))
        first = node.get("fsm_line") or node.line or _line(node)
        column = int(node.get("fsm_column") or 1)
        text = node.astext()
        if path := str(node.get("fsm_path", "")):
            text = path
        diagram = diagram_in_code(language, Cell(text, int(first), column))
        if diagram:
            self.diagrams.append(replace(diagram, path=path))

    def add_table(self, node: nodes.table, *, is_ignored: bool) -> None:
        """Add a table, unless it is generated or ignored."""
        if self.skipped_class and self.skipped_class in node["classes"]:
            return
        titles = [self.cell(title) for title in _children(node, nodes.title)]
        table = table_of_rows(self.rows(node), (*titles, *self.above))
        self.above = []
        if table is None:
            return
        end = max((cell.line for row in table.rows for cell in row.cells), default=table.line) + 1
        self.blocks.append((table.line, end))
        for label in _names(node):
            self.labels.append((label, table.line, len(self.blocks) - 1))
        self.ignored += is_ignored
        self.tables += [] if is_ignored else [table]

    def add_text(self, node: nodes.Element, level: int) -> None:
        """Add a paragraph or a heading."""
        text = self.cell(node)
        parent = node.parent
        if isinstance(node, nodes.title) and isinstance(parent, nodes.section):
            text = replace(text, line=self.title_line(node, parent))
            ids = tuple(str(name) for name in parent["ids"])
            self.headings.append(Heading(text.text, text.line, level, ids))
        if text.text:
            self.texts.append(text)
            self.above.insert(0, text)
        self.blocks.append((text.line, 0))

    def title_line(self, title: nodes.title, section: nodes.section) -> int:
        """Return the line of a title; docutils tells that of the line below it."""
        line = title.line or section.line or _line(title)
        written = title.rawsource.strip()
        for number in (line - 1, line, line - 2, line + 1):
            if 0 < number <= len(self.lines) and self.lines[number - 1].strip() == written:
                return number
        return line

    def rows(self, table: nodes.table) -> Iterator[TableRow]:
        """Yield the rows; a cell that spans columns or rows is in each of them."""
        spanning: dict[int, tuple[Cell, int]] = {}
        """The cells of rows above that span this row, by column, and how many rows are left."""
        parts = [part for group in _children(table, nodes.tgroup) for part in group.children]
        for part in parts:
            for row in _children(part, nodes.row):
                cells: list[Cell] = []
                own: list[Cell] = []
                below: dict[int, tuple[Cell, int]] = {}
                for entry in _children(row, nodes.entry):
                    _add_spanning(cells, spanning, below)
                    cell = self.cell(entry)
                    for _ in range(entry.get("morecols", 0) + 1):
                        if entry.get("morerows"):
                            below[len(cells)] = cell, entry["morerows"]
                        cells.append(cell)
                    own.append(cell)
                _add_spanning(cells, spanning, below)
                spanning = below
                line = min((cell.line for cell in own), default=_line(row))
                yield TableRow(tuple(cells), line, isinstance(part, nodes.thead))

    def cell(self, node: nodes.Element) -> Cell:
        """Return the text of a node as Markdown that shows it; its blocks are lines."""
        line = _line(node)
        shown: list[ShownLine] = []
        for leaf in _leaves(node):
            first = leaf.get("fsm_line") or leaf.line or line
            written = leaf.rawsource.split("\n")
            texts = _shown(leaf, self.document)[:_MOST_SHOWN].split("\n")
            for i, text in enumerate(texts):
                visible = " ".join(text.split())
                if visible:
                    column = self.column(first + i, written[i] if i < len(written) else visible)
                    shown.append(ShownLine(visible, first + i, column, i == 0))
        return shown_cell(shown, line, 1)

    def column(self, line: int, written: str) -> int:
        """Return the column in which a text stands in a line, behind what was read of it."""
        text = written.strip()
        if not (0 < line <= len(self.lines) and text):
            return 1
        whole, done = self.lines[line - 1], self.cursors[line]
        quoted = text.replace('"', '""')  # in comma-separated values
        start = max(whole.find(text, done), whole.find(quoted, done), -1)
        if start < 0:
            return 1
        self.cursors[line] = start + len(text)
        return start + 1

    def _linked_text(self) -> str:
        """Return the targets of links and pictures, each in its line, as links in Markdown."""
        links: defaultdict[int, list[str]] = defaultdict(list)
        for node in self.document.findall(nodes.Element):
            uri = node.get("refuri") or node.get("uri")
            if isinstance(node, (nodes.reference, nodes.image)) and uri:
                links[_line(node)].append(f"]({uri})")
        last = max(links, default=0)
        return "\n".join(" ".join(links[i]) if i in links else "" for i in range(1, last + 1))


def _blocks(node: nodes.Element, level: int) -> Iterator[tuple[nodes.Element, int]]:
    """Yield the blocks in the order of the page, each with the level of its section."""
    for child in node.children:
        if isinstance(child, _BLOCKS):
            yield child, level
        elif isinstance(child, nodes.Element) and not isinstance(child, _NOT_TEXT):
            yield from _blocks(child, level + isinstance(child, nodes.section))


def _names(node: nodes.Element) -> list[str]:
    """Return the ids of a node, as its page writes them and as docutils does."""
    ids: list[str] = [*node["ids"], *node["names"]]
    return list(dict.fromkeys(ids))


def _add_spanning(
    cells: list[Cell],
    spanning: dict[int, tuple[Cell, int]],
    below: dict[int, tuple[Cell, int]],
) -> None:
    while (column := len(cells)) in spanning:
        cell, left = spanning.pop(column)
        if left > 1:
            below[column] = cell, left - 1
        cells.append(cell)


def _children(node: nodes.Node, kind: type[_Element]) -> list[_Element]:
    return [child for child in node.children if isinstance(child, kind)]


def _leaves(node: nodes.Element) -> Iterator[nodes.Element]:
    """Yield the blocks of text in a node: itself, or those inside of it."""
    if isinstance(node, nodes.TextElement):
        yield node
        return
    for child in node.children:
        if isinstance(child, nodes.Element) and not isinstance(child, _NOT_TEXT):
            yield from _leaves(child)


def _shown(node: nodes.Node, document: nodes.document, depth: int = 0) -> str:
    """Return the text that a reader sees: without marks of notes, substitutions replaced."""
    if isinstance(node, nodes.Text):
        return node.astext()
    if isinstance(node, _NOT_SHOWN):
        return ""
    if isinstance(node, nodes.image):
        return str(node.get("alt", ""))
    if isinstance(node, nodes.substitution_reference):
        names, definitions = document.substitution_names, document.substitution_defs
        written = str(node.get("refname", ""))
        definition = definitions.get(written) or definitions.get(names.get(written.lower(), ""))
        if definition is not None and depth == 0:
            return "".join(_shown(child, document, 1) for child in definition.children)
        return node.astext()
    text = "".join(_shown(child, document, depth) for child in node.children)
    is_note = isinstance(node, nodes.superscript) and is_note_mark(text)
    return "" if is_note else text


def _line(node: nodes.Element) -> int:
    """Return the line of a node, or of the nearest one that knows its line."""
    inside = (child.line for child in node.findall(nodes.Element) if child.line)
    line = node.get("fsm_line") or next(inside, None)
    return line or (_line(node.parent) if isinstance(node.parent, nodes.Element) else 1)
