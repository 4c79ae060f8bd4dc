"""The language of a page: the lexicon that knows most of the texts of its tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from fsm.tables.read.cell_text import normalise
from fsm.tables.read.page import Page
from fsm.tables.read.table import Table
from fsm.tables.words.lexicon import Lexicon

__all__ = ["language_of", "table_texts"]


def language_of(page: Page, lexicons: Sequence[Lexicon]) -> Lexicon:
    """Return the lexicon that knows most texts in and above the tables of a page."""
    if len(lexicons) == 1:
        return lexicons[0]
    texts = Counter(normalise(text) for table in page.tables for text in table_texts(table))
    candidates = [x for x in lexicons if not x.labels.isdisjoint(texts)] or lexicons
    return max(
        candidates,
        key=lambda lexicon: sum(n for text, n in texts.items() if lexicon.knows(text)),
    )


def table_texts(table: Table) -> Iterator[str]:
    """Yield the texts above a table and in its cells, line by line."""
    yield from (cell.text for cell in table.above)
    for cells in (table.header, *(row.cells for row in table.rows)):
        for cell in cells:
            yield from (part.text for part in cell.parts())
