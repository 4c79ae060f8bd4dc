"""Propose a lexicon from a page in a language that nobody has taught yet.

The rows of documented tables stand in one order in every language, and so do the columns: a
table of the same shape tells the words for its steps, statuses and effects by their places.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from fsm.errors import PageError
from fsm.machine import Machine
from fsm.tables.read.cell_text import items, plain
from fsm.tables.read.page import Page
from fsm.tables.read.table import Table
from fsm.tables.words.lexicon import Lexicon
from fsm.text import HIDDEN

__all__ = ["draft", "lookalikes"]

ROLES = ("step", "indicators", "status")
_MARKED = (re.compile(r"\[!UICONTROL\s+([^\]]*)\]"), re.compile(r"\*\*([^*]+)\*\*"))
_REVIEW = "# REVIEW"


def lookalikes(page: Page, rows: int) -> tuple[Table, Table] | None:
    """Return two tables that look like documented ones: of three columns, and the same steps."""
    shaped = [
        table
        for table in page.tables
        if len(table.header) == len(ROLES) and len(table.rows) == rows and table.title
    ]
    for a, b in pairwise(shaped):
        if [plain(row.cells[0].text) for row in a.rows] == [
            plain(row.cells[0].text) for row in b.rows
        ]:
            return a, b
    return None


def draft(page: Page, machines: Sequence[Machine], known: Lexicon) -> str:
    """Return a lexicon as TOML, of the two tables of a page that look like documented ones.

    ``machines`` are those of the tables, in their order; ``known`` is a lexicon of both. Every
    line is to be reviewed; those that could not be told from the page are marked.
    Raises :class:`PageError` where the page has no such tables.
    """
    steps = known.documented[machines[0].name]
    tables = lookalikes(page, len(steps))
    if tables is None:
        raise PageError(
            f"{page.name}: no two tables of {len(ROLES)} columns and the same {len(steps)} steps; "
            "begin with a copy of a lexicon that ships"
        )
    words = _Words()
    for machine, table in zip(machines, tables, strict=True):
        words.titles.setdefault(machine.name, []).append(plain(table.title))
        for role, cell in zip(ROLES, table.header, strict=True):
            _note(words.columns, role, plain(cell.text))
        for (step, _), row in zip(known.documented[machine.name], table.rows, strict=True):
            transition = machine.first_transition(step.event, step.source)
            if transition is None or row.width != len(ROLES):
                continue
            _note(words.steps, step.event, plain(row.cells[0].text))
            _note(words.statuses, machine.status(transition.target) or "", plain(row.cells[2].text))
            effects = machine.effects(transition).items()
            for (name, effect), item in zip(effects, _items(row.cells[1].text), strict=False):
                word, pattern = item
                if word:
                    _note(words.indicators, name, word)
                _note(words.effects, effect.value, pattern)
    sources = {step.event: step.source for step, _ in steps}
    return "".join(f"{line}\n" for line in words.lines([m.name for m in machines], sources))


def _note(section: dict[str, list[str]], name: str, label: str) -> None:
    if label and label not in section.setdefault(name, []):
        section[name].append(label)


def _items(cell: str) -> Iterator[tuple[str, str]]:
    """Yield the word for the indicator in each item of a cell, and the item with a slot for it."""
    for part in re.split(r"</li>|<br\s*/?>", cell):
        texts = items(part)
        if not texts:
            continue
        marked = next((found for mark in _MARKED if (found := mark.search(part))), None)
        word = plain(marked[1]) if marked else ""
        yield word, texts[0].replace(word, "{indicator}", 1) if word else texts[0]


@dataclass
class _Words:
    titles: dict[str, list[str]] = field(default_factory=dict)
    columns: dict[str, list[str]] = field(default_factory=dict)
    statuses: dict[str, list[str]] = field(default_factory=dict)
    indicators: dict[str, list[str]] = field(default_factory=dict)
    effects: dict[str, list[str]] = field(default_factory=dict)
    steps: dict[str, list[str]] = field(default_factory=dict)

    def lines(self, machines: Sequence[str], sources: dict[str, str | None]) -> Iterator[str]:
        """Yield the lines of the TOML."""
        yield "# Proposed from the places of the words in a page: read every line of it."
        yield f'language = "xx"  {_REVIEW}: the code of the language'
        yield "tolerated = []"
        for section in ("titles", "columns", "statuses", "indicators", "effects"):
            yield f"\n[{section}]"
            for name, labels in getattr(self, section).items():
                slotless = section == "effects" and any("{indicator}" not in x for x in labels)
                mark = f"  {_REVIEW}: put {{indicator}} for its name" if slotless else ""
                mark = f"  {_REVIEW}: several words" if len(labels) > 1 and not mark else mark
                yield f"{_quoted(name)} = [{', '.join(map(_quoted, labels))}]{mark}"
        for event, labels in self.steps.items():
            yield "\n[[steps]]"
            yield f"machines = [{', '.join(map(_quoted, machines))}]"
            yield f"event = {_quoted(event)}"
            if sources[event]:
                yield f"from = {_quoted(str(sources[event]))}"
            yield f"labels = [{', '.join(map(_quoted, labels))}]"


def _quoted(text: str) -> str:
    """Return a basic string of TOML, in which unseen characters are escapes."""
    plain = json.dumps(text, ensure_ascii=False)
    return HIDDEN.sub(lambda match: f"\\U{ord(match[0]):08X}", plain)
