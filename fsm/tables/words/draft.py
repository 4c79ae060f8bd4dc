"""Draft a lexicon from a page in a language without one.

Documented tables have the same rows and columns in the same order in every language, so the
position of each word in a table of the same shape tells what it means.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from fsm.errors import PageError
from fsm.machine import Machine
from fsm.tables.read.cell_text import cell_lines, plain
from fsm.tables.read.page import Page
from fsm.tables.read.table import Row, Table
from fsm.tables.words.lexicon import DocumentedStep, Lexicon
from fsm.toml import toml_string

__all__ = ["draft_lexicon", "lookalikes"]

_ROLES = ("step", "indicators", "status")
_MARKED = (re.compile(r"\[!UICONTROL\s+([^\]]*)\]"), re.compile(r"\*\*([^*]+)\*\*"))
"""How pages mark the name of an indicator in a sentence."""
_REVIEW = "# REVIEW"


def lookalikes(page: Page, rows: int) -> tuple[Table, Table] | None:
    """Return two tables that look documented: titled, of three columns, with the same steps."""
    shaped = [
        table
        for table in page.tables
        if len(table.header) == len(_ROLES) and len(table.rows) == rows and table.title
    ]
    return next((pair for pair in pairwise(shaped) if _steps(pair[0]) == _steps(pair[1])), None)


def _steps(table: Table) -> list[str]:
    return [plain(row.cells[0].text) for row in table.rows]


def draft_lexicon(page: Page, machines: Sequence[Machine], known: Lexicon) -> str:
    """Return a lexicon as TOML, with the words of the two tables of a page that look documented.

    ``machines`` are those of the tables, in their order; ``known`` is a lexicon of both. Every
    line needs a review; those that the page leaves open are marked. Raises :class:`PageError`
    where the page has no such tables.
    """
    steps = known.documented[machines[0].name]
    tables = lookalikes(page, len(steps))
    if tables is None:
        raise PageError(
            f"{page.name}: no two tables of {len(_ROLES)} columns and the same {len(steps)} steps; "
            "begin with a copy of a lexicon that ships: fsm check --show-lexicon en"
        )
    draft = _Draft([machine.name for machine in machines])
    for machine, table in zip(machines, tables, strict=True):
        draft.add("titles", machine.name, plain(table.title))
        for role, cell in zip(_ROLES, table.header, strict=True):
            draft.add("columns", role, plain(cell.text))
        for (step, _), row in zip(known.documented[machine.name], table.rows, strict=True):
            draft.add_row(row, machine, step)
    sources = {step.event: step.source for step, _ in steps}
    return "".join(f"{line}\n" for line in draft.lines(sources))


@dataclass
class _Draft:
    """The labels of each name, by section."""

    machines: Sequence[str]
    sections: dict[str, dict[str, list[str]]] = field(
        default_factory=lambda: {
            name: {} for name in ("titles", "columns", "statuses", "indicators", "effects", "steps")
        }
    )

    def add(self, section: str, name: str, label: str) -> None:
        """Add a label, unless it is empty or known."""
        if label and label not in (labels := self.sections[section].setdefault(name, [])):
            labels.append(label)

    def add_row(self, row: Row, machine: Machine, step: DocumentedStep) -> None:
        """Add the labels of a row, which is a step of a machine."""
        transition = step.transition(machine)
        if transition is None or row.width != len(_ROLES):
            return
        step_cell, effects_cell, status_cell = row.cells
        self.add("steps", step.event, plain(step_cell.text))
        self.add("statuses", machine.status(transition.target) or "", plain(status_cell.text))
        effects = machine.effects(transition).items()
        sentences = _sentences(effects_cell.text)
        for (name, effect), (word, pattern) in zip(effects, sentences, strict=False):
            self.add("indicators", name, word)
            self.add("effects", effect.value, pattern)

    def lines(self, sources: Mapping[str, str | None]) -> Iterator[str]:
        """Yield the lines of the TOML file; ``sources`` are the source states of the steps."""
        yield "# Drafted from the positions of the words in a page: review every line."
        yield 'kind = "lexicon"'
        yield f'language = "xx"  {_REVIEW}: the code of the language'
        yield "tolerated = []"
        for section, names in self.sections.items():
            if section != "steps":
                yield f"\n[{section}]"
                for name, labels in names.items():
                    review = _review(section, labels)
                    yield f"{toml_string(name)} = {_list(labels)}{review}"
        for event, labels in self.sections["steps"].items():
            yield "\n[[steps]]"
            yield f"machines = {_list(self.machines)}"
            yield f"event = {toml_string(event)}"
            if source := sources[event]:
                yield f"from = {toml_string(source)}"
            yield f"labels = {_list(labels)}"


def _sentences(cell: str) -> Iterator[tuple[str, str]]:
    """Yield the word for the indicator in each line of a cell, and the line with a slot for it."""
    for part in re.split(r"</li>|<br\s*/?>", cell):
        texts = cell_lines(part)
        if not texts:
            continue
        marked = next((match for mark in _MARKED if (match := mark.search(part))), None)
        word = plain(marked[1]) if marked else ""
        yield word, texts[0].replace(word, "{indicator}", 1) if word else texts[0]


def _review(section: str, labels: Sequence[str]) -> str:
    """Return a comment on labels that the page leaves open, or nothing."""
    if section == "effects" and any("{indicator}" not in label for label in labels):
        return f"  {_REVIEW}: put {{indicator}} for its name"
    return f"  {_REVIEW}: several words" if len(labels) > 1 else ""


def _list(texts: Sequence[str]) -> str:
    return f"[{', '.join(map(toml_string, texts))}]"
