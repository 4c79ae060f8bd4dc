"""Tables as nodes of docutils, which every builder of Sphinx writes."""

from __future__ import annotations

from collections.abc import Iterable

from docutils import nodes

from fsm.tables.write import Grid
from fsm.text import display_width, visible

__all__ = ["GENERATED", "table_node"]

GENERATED = "fsm-table"
"""The class of tables that are generated, not written by hand."""
_WIDEST = 32
"""Maximum width in characters of a column in plain text."""


def table_node(grid: Grid, title: str = "", *, has_row_headers: bool = False) -> nodes.table:
    """Return a table; with row headers, the first cell of each row is one."""
    table = nodes.table(classes=[GENERATED, "colwidths-auto"])
    if title:
        table += nodes.title("", visible(title))
    group = nodes.tgroup(cols=len(grid.header))
    table += group
    for number, column in enumerate(zip(grid.header, *grid.rows, strict=True)):
        lines = (line for cell in column for line in cell.split("\n"))
        width = min(max(map(display_width, lines)), _WIDEST)
        colspec = nodes.colspec(colwidth=max(width, 1))
        if has_row_headers and number == 0:
            colspec["stub"] = 1
        group += colspec
    group += nodes.thead("", _row(grid.header))
    group += nodes.tbody("", *map(_row, grid.rows))
    return table


def _row(cells: Iterable[str]) -> nodes.row:
    return nodes.row("", *map(_entry, cells))


def _entry(text: str) -> nodes.entry:
    lines = [visible(line) for line in text.split("\n")]
    if len(lines) == 1:
        return nodes.entry("", nodes.paragraph("", lines[0])) if text else nodes.entry()
    return nodes.entry("", nodes.line_block("", *(nodes.line("", line) for line in lines)))
