"""What a check of pages finds, and its report."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias

from fsm.presentation import RichValue
from fsm.read_only import hold_mappings
from fsm.tables.read.table import Cell
from fsm.text import quantity

__all__ = ["CheckReport", "CheckedTable", "Finding", "Place", "Severity", "finding_at"]

Severity: TypeAlias = Literal["error", "warning"]


class Place(NamedTuple):
    """A line of a file."""

    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Finding:
    """One disagreement, with its place. ``row`` counts the body rows of the table from 1."""

    file: str
    """The page."""
    line: int
    """The line, from 1; 0 for a finding about the whole file."""
    column: int
    """The column, from 1; 0 for a finding about a whole line."""
    code: str
    """What kind of finding it is; see the page of findings."""
    message: str
    """What is wrong, in one line."""
    machine: str
    """The machine of the table; empty where none is known."""
    row: int | None
    """The row of the table; ``None`` where the finding is about no row."""
    severity: Severity = "error"
    """Whether the check fails."""
    end: int | None = None
    """The column behind the place, where it is known."""
    reference: str = ""
    """The row as it should be, as Markdown in the words of the page; empty where none is known."""
    related: tuple[Place, ...] = ()
    """Other lines that belong to it, such as the row of a table that a diagram contradicts."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.severity}[{self.code}] {self.message}"


def finding_at(
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
class CheckedTable:
    """A table that was checked against its machine, and the findings in it.

    ``machine`` is empty where no machine is known, ``kind`` is ``steps``, ``transitions`` or
    ``bound``, and ``labels`` says of each row what it is about.
    """

    file: str
    line: int
    machine: str
    kind: str
    labels: tuple[str, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, repr=False)
class CheckReport(RichValue):
    """The result of a check: what was checked and what was found, in page order."""

    pages: int
    """How many pages were read."""
    tables: int
    """How many documented tables they have."""
    rows: int
    """How many rows these have."""
    findings: tuple[Finding, ...]
    """What is wrong, in page order."""
    confirmed: dict[str, int] = field(default_factory=dict)
    """How many documented rows agree with their machine, by machine name."""
    checked: tuple[CheckedTable, ...] = ()
    """The tables; their findings are among ``findings``, which has those of whole pages too."""
    other_tables: int = 0
    """How many tables document no machine, and were not checked."""
    ignored_tables: int = 0
    """How many tables ``fsm:ignore`` leaves out."""
    generated_blocks: int = 0
    """How many blocks ``fsm docs`` writes; their content is checked by ``fsm docs --check``."""
    unread: dict[str, int] = field(default_factory=dict)
    """How many documentation files of a directory are not Markdown, by suffix."""
    unread_tables: int = 0
    """How many directives in Markdown hold a table, and are not read: such as ``list-table``."""
    diagrams: int = 0
    """How many state diagrams were compared with a table."""
    other_diagrams: int = 0
    """How many diagrams were not: other kinds, or none of the tables is about the same states."""
    failure: str = ""
    """Why the whole run failed: nothing to check, or not as many tables as expected."""
    settings: str = ""
    """The file of settings that the run used; empty without one."""

    def __post_init__(self) -> None:
        hold_mappings(self, "confirmed", "unread")

    def __repr__(self) -> str:
        counts = (
            (self.pages, "page"),
            (self.tables, "documented table"),
            (self.rows, "row"),
            (len(self.findings), "finding"),
        )
        return f"<CheckReport: {', '.join(quantity(count, noun) for count, noun in counts)}>"
