"""What the rows of a steps table state, and which of their words are not as they should be."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple, TypeVar

from fsm.machine import Effect
from fsm.tables.check.finding import Finding, Severity, at
from fsm.tables.read.cell_text import line_spans, normalise, plain, script_of
from fsm.tables.read.table import Cell, Row
from fsm.tables.recognition import DocumentedTable
from fsm.tables.words.lexicon import Lexicon, Stated, Step
from fsm.tables.words.spelling import spelling_hint

__all__ = ["RowReader", "Said", "Statement", "Word"]

Value = TypeVar("Value")


class Said(NamedTuple):
    """An effect on an indicator, and the part of a cell that states it."""

    indicator: str
    effect: Effect
    cell: Cell


class Word(NamedTuple):
    """A label of the page's language as used: what it stands for, and where."""

    section: str
    name: str
    label: str
    cell: Cell


@dataclass(slots=True)
class Statement:
    """What one row states; ``None`` for what could not be read, with a finding why."""

    row: Row
    number: int
    step: Step | None = None
    status: str | None = None
    effects: tuple[Said, ...] | None = None
    findings: list[Finding] = field(default_factory=list)


@dataclass
class RowReader:
    """Reads the rows of one table in one language; ``others`` are known languages beside it."""

    file: str
    table: DocumentedTable
    lexicon: Lexicon
    others: Sequence[Lexicon]
    words: list[Word] = field(default_factory=list)
    """The labels met, as far as they are right."""

    def statement(self, row: Row, number: int) -> Statement:
        """Return what a row states."""
        found = Statement(row, number)
        headers = len(self.table.table.header)
        if row.width != headers:
            text = (
                f"has {row.width} cells under {headers} headers; a | inside a cell is written \\|"
            )
            self._find(found, row.cells[0], "broken-row", text)
            return found
        cells = {role: row.cells[i] for role, i in self.table.columns.items()}
        self._step(found, cells["step"])
        if found.step:
            if "status" in cells:
                self._status(found, cells["status"])
            if "indicators" in cells:
                self._effects(found, cells["indicators"])
        return found

    def _step(self, found: Statement, cell: Cell) -> None:
        name = self.table.name
        known = self.lexicon.step_labels(name)
        found.step, _ = self._understood(
            found, cell, "step", known, lambda lexicon: lexicon.step(name, cell.text)
        )

    def _status(self, found: Statement, cell: Cell) -> None:
        known = self.lexicon.statuses
        found.status, ours = self._understood(
            found, cell, "status", known, lambda lexicon: lexicon.status(cell.text)
        )
        if found.status and ours:
            self._use(found, "statuses", found.status, cell.text, cell)

    def _effects(self, found: Statement, cell: Cell) -> None:
        said: list[Said] = []
        parts = list(self._lines(cell))
        for part in parts:
            stated, ours = self._effect(found, part)
            if stated is None:
                continue
            said.append(Said(stated.indicator, stated.effect, part))
            if ours:
                self._use(found, "indicators", stated.indicator, stated.word, part)
                pattern = normalise(part.text).replace(stated.word, "{indicator}", 1)
                self._note("effects", stated.effect.value, pattern, part)
        if len(said) == len(parts):
            found.effects = tuple(said)

    def _lines(self, cell: Cell) -> Iterator[Cell]:
        """Yield the lines of a cell; two of them as one where a break only wraps a sentence."""
        spans = deque(line_spans(cell.text))
        while spans:
            start, end = spans.popleft()
            if spans and not self.lexicon.effect(cell.text[start:end]):
                both = cell.text[start : spans[0][1]]
                end = spans.popleft()[1] if self.lexicon.effect(both) else end
            yield cell.slice(start, end)

    def _effect(self, found: Statement, part: Cell) -> tuple[Stated | None, bool]:
        return self._understood(
            found, part, "effect", self._effect_labels, lambda lexicon: lexicon.effect(part.text)
        )

    @cached_property
    def _effect_labels(self) -> dict[str, tuple[str, Effect]]:
        """The sentences on all indicators, and what they mean."""
        return {
            pattern.replace("{indicator}", word): (name, effect)
            for pattern, effect in self.lexicon.effects
            for word, name in self.lexicon.indicators.items()
        }

    def _understood(
        self,
        found: Statement,
        cell: Cell,
        what: str,
        known: Mapping[str, object],
        meaning: Callable[[Lexicon], Value | None],
    ) -> tuple[Value | None, bool]:
        """Return what a cell means, and whether in the language of the page.

        A meaning in another language, or none, is a finding.
        """
        if value := meaning(self.lexicon):
            return value, True
        text = plain(cell.text)
        for other in self.others:
            if value := meaning(other):
                here = f"on a page in {self.lexicon.language!r}"
                fault = f"the {what} {text!r} is in {other.language!r}, {here}"
                self._find(found, cell, "wrong-language", fault)
                return value, False
        strange = next(
            (c for c in text if c.isalpha() and script_of(c) not in self.lexicon.scripts), ""
        )
        if strange:
            fault = f"the {what} {text!r} has the {script_of(strange).lower()} letter {strange!r}"
            self._find(found, cell, "wrong-script", fault)
        else:
            self._find(
                found, cell, "unknown-label", f"unknown {what} {text!r}{spelling_hint(text, known)}"
            )
        return None, False

    def _use(self, found: Statement, section: str, name: str, label: str, cell: Cell) -> None:
        """Note a label, or report that it is understood, but not the right one."""
        if not self.lexicon.tolerates(label):
            self._note(section, name, label, cell)
            return
        right = self.lexicon.written.get((section, name), name)
        text = f"{plain(label)!r} stands for {right!r}, the word used elsewhere"
        self._find(found, cell, "tolerated-variant", text, "warning")

    def _note(self, section: str, name: str, label: str, cell: Cell) -> None:
        self.words.append(Word(section, name, normalise(label), cell))

    def _find(
        self, found: Statement, cell: Cell, code: str, text: str, severity: Severity = "error"
    ) -> None:
        finding = at(self.file, cell, code, text, self.table.name, found.number, severity)
        found.findings.append(finding)
