"""Check one table against one machine: steps (``step_check``), transitions (``transition_check``).

A table of steps has a row per documented step of the machine, a table of transitions a row per
transition. What both have in common is checked here: the title, the columns, the language.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from fsm.machine import Machine
from fsm.tables.checks.finding import CheckedTable, Finding, Severity, finding_at
from fsm.tables.checks.statements import LabelUse, RowReader
from fsm.tables.checks.step_check import check_steps
from fsm.tables.checks.transition_check import check_transitions
from fsm.tables.column_recognition import required_columns
from fsm.tables.read.cell_text import plain
from fsm.tables.read.table import Cell, Row
from fsm.tables.recognition import DocumentedTable, Load
from fsm.tables.words.lexicon import Lexicon
from fsm.tables.words.spelling import spelling_hint

__all__ = ["TableCheck"]

_MAX_FOREIGN_WORDS = 2
"""More words in another language than these are joined to one finding."""
_INCOMPLETE = ("missing-column", "swapped-headers", "unknown-column")
"""Findings of columns, after which the rows are not confirmed."""


@dataclass
class TableCheck:
    """The check of one table against one machine."""

    file: str
    table: DocumentedTable
    lexicon: Lexicon
    other_lexicons: Sequence[Lexicon]
    load: Load
    findings: list[Finding] = field(default_factory=list)
    uses: list[LabelUse] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The machine, empty where the title names none."""
        return self.table.name

    @property
    def errors(self) -> int:
        """How many findings in cells are errors, not warnings."""
        return sum(f.severity == "error" and f.code not in _INCOMPLETE for f in self.findings)

    @property
    def confirmed(self) -> int:
        """How many rows agree with the machine."""
        is_incomplete = any(finding.code in _INCOMPLETE for finding in self.findings)
        if not self.name or is_incomplete or (self.table.is_transitions and self.errors):
            return 0
        wrong_rows = {f.row for f in self.findings if f.severity == "error" and f.row}
        return len(self.table.table.rows) - len(wrong_rows)

    @property
    def checked(self) -> CheckedTable:
        """The table with its findings."""
        kind = "transitions" if self.table.is_transitions else "steps"
        line, findings = self.table.table.line, tuple(self.findings)
        labels = tuple(map(self._row_label, self.table.table.rows))
        return CheckedTable(self.file, line, self.name, kind, labels, findings)

    def _row_label(self, row: Row) -> str:
        """Return what a row is about: its event where the step is known, else its words."""
        roles = ("from", "event") if self.table.is_transitions else ("step",)
        columns = [self.table.columns[role] for role in roles if role in self.table.columns]
        cells = [row.cells[i] for i in columns if i < row.width] or row.cells[:1]
        if not self.table.is_transitions and cells:
            step = self.lexicon.step(self.name, cells[0].text)
            if step:
                return step.event.replace("_", " ")
        return " ".join(plain(cell.text) for cell in cells)

    def run(self) -> TableCheck:
        """Find what is wrong; return itself."""
        if not self.name:
            self.findings = [self._unknown_title()]
            return self
        machine = self.load(self.name)
        needed = required_columns(machine, is_transitions=self.table.is_transitions)
        missing = [role for role in needed if role not in self.table.columns]
        self.findings = list(self._column_findings())
        if not self.table.unknown:  # an unknown column may well be the missing one
            self.findings += map(self._missing_column, missing)
        if not self.table.is_transitions:
            if "step" in self.table.columns:
                self._check_steps(machine)
        elif not missing:
            table, columns = self.table.table, self.table.columns
            self.findings += check_transitions(self.file, table, columns, machine, self.lexicon)
        return self

    def _check_steps(self, machine: Machine) -> None:
        reader = RowReader(self.file, self.table, self.lexicon, self.other_lexicons)
        statements = [reader.read(row, n) for n, row in enumerate(self.table.table.rows, 1)]
        findings = check_steps(self.file, self.table, machine, self.lexicon, statements)
        self.findings += _with_foreign_words_joined(list(findings))
        self.uses = reader.uses

    def _column_findings(self) -> Iterator[Finding]:
        """Yield the columns that were recognised only by their cells, or not at all."""
        header = self.table.table.header
        if self.table.swapped:
            first, *others = (header[i] for i in self.table.swapped)
            names = " and ".join(repr(plain(cell.text)) for cell in others)
            text = f"by their cells, the headers {plain(first.text)!r} and {names} are swapped"
            yield self._finding_at(first, "swapped-headers", text)
        for i, role in self.table.guessed.items():
            text = (
                f"unknown header {plain(header[i].text)!r}; by its cells this is the column "
                f"{role}, as in {self._header(role)!r}"
            )
            yield self._finding_at(header[i], "renamed-column", text, "warning")
        for i in self.table.unknown:
            title = plain(header[i].text)
            known_role = self.lexicon.column(title)
            if known_role:
                fault = (
                    f"the column {title!r} ({known_role}) does not belong here, or is there twice"
                )
            else:
                fault = f"unknown column {title!r}"
            hint = spelling_hint(title, self.lexicon.columns)
            text = f"{fault}; it is not checked{hint}"
            yield self._finding_at(header[i], "unknown-column", text)

    def _missing_column(self, role: str) -> Finding:
        text = f"the table has no column {role}, as in {self._header(role)!r}"
        return self._finding_at(self.table.table.header[0], "missing-column", text)

    def _header(self, role: str) -> str:
        return self.lexicon.preferred.get(("columns", role), role)

    def _finding_at(
        self, cell: Cell, code: str, text: str, severity: Severity = "error"
    ) -> Finding:
        return finding_at(self.file, cell, code, text, self.name, severity=severity)

    def as_table_of(self, name: str) -> TableCheck:
        """Return the check of this table against another machine."""
        table = replace(self.table, name=name)
        return replace(self, table=table, findings=[], uses=[]).run()

    def title_finding(self, code: str, text: str, severity: Severity = "error") -> Finding:
        """Return a finding at the text that names the machine."""
        return self._finding_at(self.table.name_cell, code, text, severity)

    def _unknown_title(self) -> Finding:
        hint = spelling_hint(plain(self.table.name_cell.text), self.lexicon.titles)
        return self.title_finding("unknown-title", f"{self.table.title_fault}{hint}")


def _with_foreign_words_joined(findings: list[Finding]) -> list[Finding]:
    """Return the findings with many words in another language joined to one finding."""
    foreign = [finding for finding in findings if finding.code == "wrong-language"]
    if len(foreign) <= _MAX_FOREIGN_WORDS:
        return findings
    rest = f"; so are {len(foreign) - 1} more words of the table"
    first = replace(foreign[0], message=foreign[0].message + rest)
    return [first, *(finding for finding in findings if finding.code != "wrong-language")]
