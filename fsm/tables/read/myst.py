"""Read the tables of MyST: the directives ``list-table`` and ``csv-table`` in Markdown pages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from fsm.tables.read.bounds import MAX_CELLS, MAX_HTML_CELLS
from fsm.tables.read.csv_rows import read_csv_rows
from fsm.tables.read.shown_cells import TableRow, table_of_rows
from fsm.tables.read.table import Cell, Table

if TYPE_CHECKING:
    from markdown_it.token import Token

__all__ = ["directive_tables"]

_DIRECTIVE = re.compile(r"\{(list-table|csv-table)\}[ \t]*(.*)")
_OPTION = re.compile(r"\s*:?([\w-]+):(?:\s+(.*))?")
_ROW = re.compile(r"[ \t]*([*+-])[ \t]+([*+-])(?:[ \t]+|\Z)")
_CELL = re.compile(r"([ \t]+)([*+-])(?:[ \t]+|\Z)")
_ITEM = re.compile(r"\s*[*+-][ \t]+(?=\S)")


def directive_tables(tokens: Sequence[Token], lines: Sequence[str]) -> Iterator[tuple[int, Table]]:
    """Yield the tables that are directives, each with the line in which its directive begins.

    Tables of other files, and those that cannot be read, are left out.
    """
    for token in tokens:
        match = _DIRECTIVE.match(token.info) if token.type == "fence" else None
        if not match or not token.map:
            continue
        first = token.map[0] + 1
        written = lines[first : max(first, min(token.map[1], len(lines)))]
        content = token.content.split("\n")[: len(written)]
        options, start = _options(content)
        if "file" in options or "url" in options:
            continue
        content, written, line = content[start:], written[start:], first + 1 + start
        is_list = match[1] == "list-table"
        cells = (_listed if is_list else _separated)(content, written, line, options)
        rows = list(_rows(cells, options, token.map[0] + 1))
        if sum(len(row.cells) for row in rows) > MAX_HTML_CELLS:
            continue
        opening = lines[token.map[0]]
        title = match[2].strip()
        above = [Cell(title, token.map[0] + 1, max(opening.find(title), 0) + 1)] if title else []
        if table := table_of_rows(rows, above):
            yield token.map[0] + 1, table


def _options(content: Sequence[str]) -> tuple[dict[str, str], int]:
    """Return the options of a directive, and how many lines they take."""
    options: dict[str, str] = {}
    is_block = bool(content) and content[0].strip() == "---"
    number = int(is_block)
    while number < len(content):
        line = content[number].strip()
        if is_block and line == "---":
            return options, number + 1
        match = _OPTION.fullmatch(line)
        if not match or (not is_block and not line.startswith(":")):
            break
        options[match[1]] = match[2] or ""
        number += 1
    return options, number


def _listed(
    content: Sequence[str], written: Sequence[str], line: int, options: dict[str, str]
) -> Iterator[tuple[int, list[Cell]]]:
    """Yield the rows of nested lists."""
    del options
    row: list[list[tuple[str, int, int]]] = []
    begin, row_indent, cell_indent = line, -1, -1
    for i, text in enumerate(content):
        moved = max(written[i].find(text.strip()), 0) - (len(text) - len(text.lstrip()))
        match = _ROW.match(text)
        if match and row_indent in (-1, match.start(1)):
            if row:
                yield begin, list(map(_joined, row))
            row, begin = [], line + i
            row_indent, cell_indent = match.start(1), match.start(2)
        else:
            match = _CELL.match(text)
            if not (match and row and match.start(2) == cell_indent):
                if row:
                    blanks = len(text) - len(text.lstrip())
                    row[-1].append((text.strip(), line + i, moved + blanks + 1))
                continue
        row.append([(text[match.end() :], line + i, moved + match.end() + 1)])
    if row:
        yield begin, list(map(_joined, row))


def _joined(pieces: Sequence[tuple[str, int, int]]) -> Cell:
    """Return a cell of several lines; items of a list and paragraphs are lines of their own."""
    text, line, column = pieces[0]
    first = _ITEM.match(text)
    parts = [text[first.end() :] if first else text]
    is_apart = False
    for written, _, _ in pieces[1:]:
        item = _ITEM.match(written)
        shown = written[item.end() :] if item else written
        parts.append(f"<br>{shown}" if shown and (item or is_apart) else shown)
        is_apart = not shown
    return Cell("\n".join(parts).rstrip(), line, column)


def _separated(
    content: Sequence[str], written: Sequence[str], line: int, options: dict[str, str]
) -> Iterator[tuple[int, list[Cell]]]:
    """Yield the rows of comma-separated values."""
    for _, fields in read_csv_rows([options["header"]] if "header" in options else [], options):
        yield line - 1, [Cell(text.strip(), line - 1, 1) for text in fields]
    for begin, fields in read_csv_rows(content, options):
        end = 0
        cells = []
        for text in fields:
            start = max(written[begin].find(text.partition("\n")[0].strip(), end), 0)
            end = start + len(text.partition("\n")[0].strip())
            cells.append(Cell(text.strip(), line + begin, start + 1))
        yield line + begin, cells


def _rows(
    rows: Iterator[tuple[int, list[Cell]]], options: dict[str, str], line: int
) -> Iterator[TableRow]:
    stated = options.get("header-rows", "0")
    count = int(stated) if stated.isdecimal() and len(stated) < 4 else 0
    count += "header" in options
    for number, (begin, cells) in enumerate(rows):
        yield TableRow(tuple(cells[:MAX_CELLS]), max(begin, line), number < count)
