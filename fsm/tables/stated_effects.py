"""Split the cell of effects into its sentences, one effect each."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator

from fsm.tables.read.cell_text import line_spans
from fsm.tables.read.table import Cell
from fsm.tables.words.lexicon import Lexicon

__all__ = ["effect_lines"]

_SEPARATOR = re.compile(r"&#?\w+;|([;\uff1b])")
"""A semicolon that separates effects, not one that ends a character reference."""


def effect_lines(cell: Cell, lexicon: Lexicon) -> Iterator[Cell]:
    """Yield the sentences of a cell: its lines, and the parts of a line with ``;`` between effects.

    A sentence that a break only wraps is one line. A line is split at ``;`` only where a part of it
    is an effect and the whole is not.
    """
    spans = deque(line_spans(cell.text))
    while spans:
        start, end = spans.popleft()
        if spans and not lexicon.effect(cell.text[start:end]):
            both = cell.text[start : spans[0][1]]
            end = spans.popleft()[1] if lexicon.effect(both) else end
        yield from _split(cell.slice(start, end), lexicon)


def _split(line: Cell, lexicon: Lexicon) -> Iterator[Cell]:
    """Yield the parts of a line between semicolons, or the line."""
    marks = [m.start() for m in _SEPARATOR.finditer(line.text) if m[1]]
    bounds = zip([0, *(mark + 1 for mark in marks)], [*marks, len(line.text)], strict=True)
    parts = [part for start, end in bounds if (part := _stripped(line, start, end)).text]
    is_list = len(parts) > 1 and not lexicon.effect(line.text)
    is_list = is_list and any(lexicon.effect(part.text) for part in parts)
    yield from parts if is_list else [line]


def _stripped(line: Cell, start: int, end: int) -> Cell:
    """Return a part of a line without the blanks around it."""
    text = line.text[start:end]
    indent = len(text) - len(text.lstrip())
    return line.slice(start + indent, start + indent + len(text.strip()))
