"""Read what the rows of a steps table state, and report labels that are not as they should be."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple, TypeVar

from fsm.machine import Effect
from fsm.tables.checks.finding import Finding, Severity, finding_at
from fsm.tables.read.cell_text import normalise, plain, script_of
from fsm.tables.read.table import Cell, Row
from fsm.tables.recognition import DocumentedTable
from fsm.tables.stated_effects import effect_lines
from fsm.tables.words.chinese import OTHER_CHINESE, chinese_script_of
from fsm.tables.words.lexicon import DocumentedStep, Lexicon, StatedEffect
from fsm.tables.words.spelling import spelling_hint

__all__ = ["EffectClaim", "LabelUse", "RowReader", "Statement"]

Meaning = TypeVar("Meaning")


class EffectClaim(NamedTuple):
    """An effect on an indicator, and the part of a cell that states it."""

    indicator: str
    effect: Effect
    cell: Cell
    word: str
    """The word for the indicator, normalised."""


class LabelUse(NamedTuple):
    """A label of the page's language where it is used, and the name that it stands for."""

    section: str
    name: str
    label: str
    cell: Cell


@dataclass(slots=True)
class Statement:
    """What one row states; a part that could not be read is ``None`` and has a finding."""

    row: Row
    number: int
    step: DocumentedStep | None = None
    status: str | None = None
    effects: tuple[EffectClaim, ...] | None = None
    findings: list[Finding] = field(default_factory=list)


@dataclass
class RowReader:
    """Reads the rows of one table in the language of the page, or else in another known one."""

    file: str
    table: DocumentedTable
    lexicon: Lexicon
    other_lexicons: Sequence[Lexicon]
    uses: list[LabelUse] = field(default_factory=list)
    """The preferred labels that were read."""

    def read(self, row: Row, number: int) -> Statement:
        """Return what a row states."""
        statement = Statement(row, number)
        headers = len(self.table.table.header)
        if row.width != headers:
            text = (
                f"the row has {row.width} cells under {headers} headers; write a | inside a cell "
                "as \\|"
            )
            self._report(statement, row.cells[0], "broken-row", text)
            return statement
        cells = {role: row.cells[i] for role, i in self.table.columns.items()}
        self._read_step(statement, cells["step"])
        if statement.step:
            if "status" in cells:
                self._read_status(statement, cells["status"])
            if "indicators" in cells:
                self._read_effects(statement, cells["indicators"])
        return statement

    def _read_step(self, statement: Statement, cell: Cell) -> None:
        machine = self.table.name
        labels = self.lexicon.steps_of(machine)
        statement.step, is_own = self._meaning(
            statement, cell, "step", labels, lambda lexicon: lexicon.step(machine, cell.text)
        )
        if statement.step and is_own:
            name = f"{statement.step.event} in {statement.step.source or 'any state'}"
            self._use(statement, "steps", name, cell.text, cell)

    def _read_status(self, statement: Statement, cell: Cell) -> None:
        labels = self.lexicon.statuses
        statement.status, is_own = self._meaning(
            statement, cell, "status", labels, lambda lexicon: lexicon.status(cell.text)
        )
        if statement.status and is_own:
            self._use(statement, "statuses", statement.status, cell.text, cell)

    def _read_effects(self, statement: Statement, cell: Cell) -> None:
        claims = []
        lines = list(effect_lines(cell, self.lexicon))
        for line in lines:
            if stated := self._effect(statement, line):
                claims.append(EffectClaim(stated.indicator, stated.effect, line, stated.word))
        if len(claims) == len(lines):
            statement.effects = tuple(claims)

    def _effect(self, statement: Statement, line: Cell) -> StatedEffect | None:
        stated, is_own = self._meaning(
            statement,
            line,
            "effect",
            self._effect_labels,
            lambda lexicon: lexicon.effect(line.text),
        )
        if stated and is_own:
            self._use(statement, "indicators", stated.indicator, stated.word, line)
            pattern = normalise(line.text).replace(stated.word, "{indicator}", 1)
            self.uses.append(LabelUse("effects", stated.effect.value, pattern, line))
        return stated

    @cached_property
    def _effect_labels(self) -> dict[str, tuple[str, Effect]]:
        """Every sentence about an indicator, with the indicator and the effect."""
        return {
            pattern.replace("{indicator}", word): (name, effect)
            for pattern, effect in self.lexicon.effects
            for word, name in self.lexicon.indicators.items()
        }

    def _meaning(
        self,
        statement: Statement,
        cell: Cell,
        kind: str,
        labels: Mapping[str, object],
        look_up: Callable[[Lexicon], Meaning | None],
    ) -> tuple[Meaning | None, bool]:
        """Return what a cell means, and whether it is in the language of the page.

        A meaning in another language, or none, is reported.
        """
        if meaning := look_up(self.lexicon):
            return meaning, True
        text = plain(cell.text)
        for other in self.other_lexicons:
            if meaning := look_up(other):
                page = f"on a page in {self.lexicon.language!r}"
                fault = f"the {kind} {text!r} is in {other.language!r}, {page}"
                self._report(statement, cell, "wrong-language", fault)
                return meaning, False
        letters = [c for c in text if c.isalpha()]
        foreign = next((c for c in letters if script_of(c) not in self.lexicon.scripts), "")
        script = script_of(foreign).lower() if foreign else ""
        if not foreign and (variant := OTHER_CHINESE.get(self.lexicon.language)):
            foreign = next((c for c in letters if chinese_script_of(c) == variant), "")
            script = variant
        if foreign:
            fault = f"the {kind} {text!r} has the {script} letter {foreign!r}"
            self._report(statement, cell, "wrong-script", fault)
        else:
            fault = f"unknown {kind} {text!r}{spelling_hint(text, labels)}"
            self._report(statement, cell, "unknown-label", fault)
        return None, False

    def _use(self, statement: Statement, section: str, name: str, label: str, cell: Cell) -> None:
        """Note the use of a label, or report that another label is preferred."""
        if not self.lexicon.tolerates(label):
            self.uses.append(LabelUse(section, name, normalise(label), cell))
            return
        preferred = self.lexicon.preferred.get((section, name), name)
        text = f"{plain(label)!r} is understood, but {preferred!r} is the word used elsewhere"
        self._report(statement, cell, "tolerated-variant", text, "warning")

    def _report(
        self, statement: Statement, cell: Cell, code: str, text: str, severity: Severity = "error"
    ) -> None:
        finding = finding_at(
            self.file, cell, code, text, self.table.name, statement.number, severity
        )
        statement.findings.append(finding)
