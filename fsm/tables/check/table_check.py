"""Hold one documented table against one machine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from fsm.tables.check.finding import CheckedTable, Finding, Severity, at
from fsm.tables.check.statements import RowReader, Word
from fsm.tables.check.step_check import check_steps
from fsm.tables.check.transition_check import check_transitions
from fsm.tables.read.cell_text import plain
from fsm.tables.read.table import Cell
from fsm.tables.recognition import DocumentedTable, Load, required
from fsm.tables.words.lexicon import Lexicon
from fsm.tables.words.spelling import spelling_hint

__all__ = ["TableCheck"]

_FEW = 2
"""More words than these in another language are one finding."""
_UNREAD = ("unknown-column", "missing-column")


@dataclass
class TableCheck:
    """One table held against one machine."""

    file: str
    table: DocumentedTable
    lexicon: Lexicon
    others: Sequence[Lexicon]
    load: Load
    findings: list[Finding] = field(default_factory=list)
    words: list[Word] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The machine, empty where the title names none."""
        return self.table.name

    @property
    def errors(self) -> int:
        """How many of the findings are no warnings; columns that are not read do not count."""
        return sum(f.severity == "error" and f.code not in _UNREAD for f in self.findings)

    @property
    def confirmed(self) -> int:
        """How many rows agree with the machine."""
        rows = len(self.table.table.rows)
        unread = any(finding.code in _UNREAD for finding in self.findings)
        if not self.name or unread or (self.table.is_transitions and self.errors):
            return 0
        return rows - len({f.row for f in self.findings if f.severity == "error" and f.row})

    @property
    def checked(self) -> CheckedTable:
        """The table, with what was found in it."""
        kind = "transitions" if self.table.is_transitions else "steps"
        line, found = self.table.table.line, tuple(self.findings)
        return CheckedTable(self.file, line, self.name, kind, self._labels(), found)

    def _labels(self) -> tuple[str, ...]:
        columns = self.table.columns
        named = ("from", "event") if self.table.is_transitions else ("step",)
        labels = []
        for row in self.table.table.rows:
            places = [columns[role] for role in named if role in columns]
            cells = [row.cells[i] for i in places if i < row.width] or [*row.cells[:1]]
            step = (
                self.lexicon.step(self.name, cells[0].text)
                if len(named) == len(cells) == 1
                else None
            )
            said = " ".join(plain(cell.text) for cell in cells)
            labels.append(step.event.replace("_", " ") if step else said)
        return tuple(labels)

    def run(self) -> TableCheck:
        """Find what is wrong."""
        if not self.name:
            self.findings = [self._unknown_title()]
            return self
        self.findings = list(self._columns())
        machine = self.load(self.name)
        needed = required(machine, is_transitions=self.table.is_transitions)
        missing = [role for role in needed if role not in self.table.columns]
        if missing and not self.table.unknown:
            self.findings += [self._missing_column(role) for role in missing]
        if self.table.is_transitions and not missing:
            table, columns = self.table.table, self.table.columns
            self.findings += check_transitions(self.file, table, columns, machine, self.lexicon)
        elif not self.table.is_transitions and "step" in self.table.columns:
            found, self.words = self._steps()
            self.findings += found
        return self

    def _columns(self) -> Iterator[Finding]:
        """Yield the columns that were told by their cells alone, or not at all."""
        header = self.table.table.header
        for i, role in self.table.guessed.items():
            text = (
                f"the header {plain(header[i].text)!r} is not known; by its cells this is the "
                f"column {role}, as in {self._header(role)!r}"
            )
            yield self._at(header[i], "renamed-column", text, "warning")
        for i in self.table.unknown:
            title = plain(header[i].text)
            known = self.lexicon.column(title)
            why = f"does not belong here, or stands twice ({known})" if known else "is not known"
            hint = spelling_hint(title, self.lexicon.columns)
            text = f"the column {title!r} {why}, so it is not checked{hint}"
            yield self._at(header[i], "unknown-column", text)

    def _missing_column(self, role: str) -> Finding:
        text = f"the table has no column {role}, as in {self._header(role)!r}"
        return self._at(self.table.table.header[0], "missing-column", text)

    def _header(self, role: str) -> str:
        return self.lexicon.written.get(("columns", role), role)

    def _at(self, cell: Cell, code: str, text: str, severity: Severity = "error") -> Finding:
        return at(self.file, cell, code, text, self.name, severity=severity)

    def _steps(self) -> tuple[list[Finding], list[Word]]:
        reader = RowReader(self.file, self.table, self.lexicon, self.others)
        rows = self.table.table.rows
        statements = [reader.statement(row, number) for number, row in enumerate(rows, 1)]
        found = [finding for statement in statements for finding in statement.findings]
        machine = self.load(self.name)
        found += check_steps(self.file, self.table, machine, self.lexicon, statements)
        return _languages_joined(found), reader.words

    def taken_for(self, name: str) -> TableCheck:
        """Return the check of the same table, taken for the one of another machine."""
        return replace(self, table=replace(self.table, name=name), findings=[], words=[]).run()

    def find(self, code: str, text: str) -> Finding:
        """Return a finding at what names the machine."""
        return at(self.file, self.table.name_cell, code, text, self.name)

    def _unknown_title(self) -> Finding:
        hint = spelling_hint(plain(self.table.name_cell.text), self.lexicon.titles)
        return self.find("unknown-title", f"{self.table.untitled}{hint}")


def _languages_joined(findings: list[Finding]) -> list[Finding]:
    """Make one finding of many words in another language."""
    foreign = [finding for finding in findings if finding.code == "wrong-language"]
    if len(foreign) <= _FEW:
        return findings
    rest = f"; {len(foreign) - 1} more words of the table too"
    first = replace(foreign[0], message=foreign[0].message + rest)
    return [first, *(finding for finding in findings if finding.code != "wrong-language")]
