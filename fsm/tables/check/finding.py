"""What a check finds, and its report."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from fsm.presentation import RichValue
from fsm.tables.read.table import Cell

__all__ = ["Checked", "Finding", "Report", "Severity", "at"]

Severity: TypeAlias = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One disagreement, at its place. ``row`` counts the body rows of the table from 1."""

    file: str
    line: int
    column: int
    code: str
    message: str
    machine: str
    row: int | None
    severity: Severity = "error"
    end: int | None = None
    """The column behind the place, where it is known."""
    reference: str = ""
    """The row as it should be, in the words of the page."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.severity}[{self.code}] {self.message}"


def at(
    file: str,
    cell: Cell,
    code: str,
    message: str,
    machine: str = "",
    row: int | None = None,
    severity: Severity = "error",
    reference: str = "",
) -> Finding:
    """Return a finding at a cell."""
    place = file, cell.line, cell.column
    return Finding(*place, code, message, machine, row, severity, cell.end, reference)


@dataclass(frozen=True, slots=True)
class Checked:
    """One table held against its machine (empty where none is known), and what was found in it.

    ``labels`` say what each row is about, ``kind`` is ``steps`` or ``transitions``.
    """

    file: str
    line: int
    machine: str
    kind: str
    labels: tuple[str, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Report(RichValue):
    """What was checked and what was found, in page order."""

    pages: int
    tables: int
    rows: int
    findings: tuple[Finding, ...]
    confirmed: dict[str, int] = field(default_factory=dict)
    """Documented rows that agree with their machine, by machine name."""
    checked: tuple[Checked, ...] = ()
    """The tables; their findings are among ``findings``, which has those of whole pages too."""
    other_tables: int = 0
    """The tables that document no machine, and were not checked."""
    ignored_tables: int = 0
    """The tables that ``fsm:ignore`` leaves out."""
    generated_blocks: int = 0
    """The blocks that ``fsm docs`` writes and checks; what is in them is not read."""
    unread: dict[str, int] = field(default_factory=dict)
    """The files of a directory that are documentation, but not pages, by their suffix."""
    failure: str = ""
    """Why the run as a whole failed: there was nothing to check, or not what was expected."""
