"""The tables of a page that is not Markdown, from its document tree."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

from docutils import nodes

from fsm.sphinx.table import GENERATED
from fsm.tables.read.page import Page
from fsm.tables.read.table import Cell, Row, Table
from fsm.tables.write import escaped_cell

__all__ = ["doctree_page"]

_Element = TypeVar("_Element", bound=nodes.Element)

_IGNORE = "fsm:ignore"
_TEXTS = (nodes.paragraph, nodes.title, nodes.rubric, nodes.term)


def doctree_page(document: nodes.document, name: str) -> Page:
    """Return the tables of a document; a cell has the line in which its text begins.

    Tables that directives of ours made, and those directly below a comment ``fsm:ignore``, are
    left out and counted.
    """
    tables: list[Table] = []
    texts: list[Cell] = []
    above: list[Cell] = []
    ignored, is_ignored = 0, False
    for node in _blocks(document):
        if isinstance(node, nodes.comment):
            is_ignored = node.astext().strip() == _IGNORE
            continue
        if not isinstance(node, nodes.table):
            text = _cell(node)
            texts.append(text)
            above.insert(0, text)
        elif GENERATED not in node["classes"]:
            titles = [_cell(title) for title in node.findall(nodes.title)]
            ignored += is_ignored
            tables += [] if is_ignored else _tables(node, (*titles, *above))
            above = []
        is_ignored = False
    return Page(name, tuple(tables), tuple(texts), ignored=ignored)


def _blocks(node: nodes.Element) -> Iterator[nodes.Element]:
    """Yield tables, comments, and texts outside of tables, in the order of the page."""
    for child in node.children:
        if isinstance(child, (nodes.table, nodes.comment, *_TEXTS)):
            yield child
        elif isinstance(child, nodes.Element):
            yield from _blocks(child)


def _tables(table: nodes.table, above: Sequence[Cell]) -> Iterator[Table]:
    rows = [
        Row(tuple(map(_cell, entries)), _line(entries[0]))
        for entries in _rows_of_entries(table)
        if entries
    ]
    if rows:
        yield Table(rows[0].cells, tuple(rows[1:]), tuple(above))


def _rows_of_entries(table: nodes.table) -> Iterator[list[nodes.entry]]:
    """Yield the cells of each row; a cell that spans columns or rows is in each of them."""
    spanning: dict[int, tuple[nodes.entry, int]] = {}
    """The cells of rows above that span this row, by column, and how many rows are left."""
    parts = [part for group in _children(table, nodes.tgroup) for part in group.children]
    for row in (row for part in parts for row in _children(part, nodes.row)):
        entries: list[nodes.entry] = []
        for entry in _children(row, nodes.entry):
            _add_spanning(entries, spanning)
            for _ in range(entry.get("morecols", 0) + 1):
                if entry.get("morerows"):
                    spanning[len(entries)] = entry, entry["morerows"]
                entries.append(entry)
        _add_spanning(entries, spanning)
        yield entries


def _add_spanning(entries: list[nodes.entry], spanning: dict[int, tuple[nodes.entry, int]]) -> None:
    while (column := len(entries)) in spanning:
        entry, left = spanning.pop(column)
        if left > 1:
            spanning[column] = entry, left - 1
        entries.append(entry)


def _children(node: nodes.Node, kind: type[_Element]) -> list[_Element]:
    return [child for child in node.children if isinstance(child, kind)]


def _cell(node: nodes.Element) -> Cell:
    """Return the text of a node as Markdown that shows it; its blocks are lines."""
    texts = [text.astext() for text in _leaves(node)]
    return Cell(escaped_cell("\n".join(texts)), _line(node), 1)


def _leaves(node: nodes.Element) -> Iterator[nodes.Element]:
    """Yield the blocks of text in a node: itself, or those inside of it."""
    if isinstance(node, nodes.TextElement):
        yield node
        return
    for child in node.children:
        if isinstance(child, nodes.Element):
            yield from _leaves(child)


def _line(node: nodes.Element) -> int:
    """Return the line of a node, or of the nearest one that knows its line."""
    inside = (child.line for child in node.findall(nodes.Element) if child.line)
    line = next(inside, None)
    return line or (_line(node.parent) if isinstance(node.parent, nodes.Element) else 1)
