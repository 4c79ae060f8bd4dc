"""Recognise the documented tables of a page, and what their columns are.

A table is documented where its complete title, directly above it, names a machine in several
words; or where a row is a known step under a known header; or, for a table of transitions, where
half of its rows are cells of one machine. A single word such as "Delivery" stands above many
tables, so it names a machine only where the rows agree. All other tables are left alone, and so is
a list of decisions without such a title.

A steps table has the columns step, status and perhaps indicators. Its title names its machine;
or each column beside the step names it in its header, and then one table documents several
machines (``Step | Summary, without the service | Status, without the service | Summary, with
...``). A transitions table has the columns from, event and to.

A column whose header is unknown is recognised by its cells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from fsm.machine import Machine
from fsm.tables.column_recognition import (
    FREE_ROLES,
    SHOWN_ROLES,
    recognise_columns,
    step_cells,
    transition_cells,
    unswapped_columns,
)
from fsm.tables.read.cell_text import normalise, normalise_name, plain
from fsm.tables.read.table import Cell, Table
from fsm.tables.transition_rows import TRANSITION_ROLES, column_roles
from fsm.tables.words.lexicon import Lexicon, is_distinctive

__all__ = [
    "DocumentedTable",
    "Load",
    "documented_tables",
]

_ENOUGH = 2
"""So many known words show what a table is: columns of transitions, or steps in a column."""

Load = Callable[[str], Machine]


@dataclass(frozen=True, slots=True)
class DocumentedTable:
    """A table as it documents one machine, whose name is empty where it is unknown.

    ``name_cell`` is the text that names the machine, or that should; ``columns`` are by role.
    """

    table: Table
    name: str
    name_cell: Cell
    columns: dict[str, int]
    is_transitions: bool = False
    is_first: bool = True
    """Whether it is the first, perhaps the only one, of the machines of its table."""
    guessed: Mapping[int, str] = field(default_factory=dict)
    """The columns that were recognised by their cells alone, and their roles."""
    unknown: tuple[int, ...] = ()
    """The columns that were not recognised; listed with the first machine of the table."""
    swapped: tuple[int, ...] = ()
    """The columns whose headers stand above the cells of each other."""

    @property
    def title_fault(self) -> str:
        """Why the title names no machine."""
        if not self.table.above:
            return "no title above the table names its machine"
        return f"the title {plain(self.name_cell.text)!r} names no machine"


def documented_tables(table: Table, lexicon: Lexicon, load: Load) -> list[DocumentedTable]:
    """Return what a table documents, one entry for each machine; nothing for any other table."""
    columns = column_roles(table, lexicon)
    swapped: tuple[int, ...] = ()
    if "step" in columns:
        columns, swapped = unswapped_columns(table, columns, step_cells(lexicon))
    machine_columns = _machine_columns(table, lexicon, columns)
    recognition = _Recognition(table, lexicon, load, columns, swapped)
    if machine_columns:
        return _tables_by_header(recognition, machine_columns)
    if lexicon.machine_of_full_title(table.title) or recognition.has_known_row():
        return [recognition.documented()]
    return []


@dataclass
class _Recognition:
    """A table that is to be recognised; ``columns`` are those with known headers."""

    table: Table
    lexicon: Lexicon
    load: Load
    columns: dict[str, int]
    swapped: tuple[int, ...] = ()

    def documented(self) -> DocumentedTable:
        """Return the table with its machine; columns with unknown headers are recognised."""
        cell, name = self.machine()
        is_transitions = self.is_transitions(name)
        if is_transitions:
            known = transition_cells(self.load(name)) if name else {}
            roles: Sequence[str] = (*TRANSITION_ROLES, *SHOWN_ROLES)
        else:
            known = step_cells(self.lexicon)
            roles = ("step", *SHOWN_ROLES)
        columns, guessed, unknown = recognise_columns(self.table, self.columns, known, roles)
        return DocumentedTable(
            self.table,
            name,
            cell,
            columns,
            is_transitions=is_transitions,
            guessed=guessed,
            unknown=unknown,
            swapped=self.swapped,
        )

    def machine(self) -> tuple[Cell, str]:
        """Return the text that names the machine, or should, and the machine or nothing."""
        table, lexicon = self.table, self.lexicon
        if table.above and (name := lexicon.machine_of_full_title(table.above[0].text)):
            return table.above[0], name
        for cell in table.above:
            name = lexicon.machine(cell.text)
            if name and self.has_row_of(name):
                return cell, name
        return (*table.above, table.header[0])[0], ""

    # Rows ----------------------------------------------------------------------------------

    def has_known_row(self) -> bool:
        """Whether a row is a step of a machine, or half of the rows are cells of one."""
        if "step" in self.columns:
            return any(map(self.lexicon.knows_step, self.texts(self.columns["step"])))
        if {"from", "event"} <= self.columns.keys():
            # A list of decisions holds some of the transitions, so its rows do not suffice.
            machines = () if "decision" in self.columns else self.lexicon.titles.values()
            return any(map(self.is_mostly_of, dict.fromkeys(machines)))
        return self.step_column() is not None

    def has_row_of(self, name: str) -> bool:
        """Whether a row of the table fits a machine."""
        if "step" not in self.columns and {"from", "event"} <= self.columns.keys():
            return any(self.are_cells_of(name))
        column = self.columns.get("step", self.step_column())
        return column is not None and any(self.lexicon.step(name, t) for t in self.texts(column))

    def is_mostly_of(self, name: str) -> bool:
        """Whether at least half of the rows are cells of a machine: an event in one of its states.

        A single row may be a cell of any machine by chance: "sending", "stop".
        """
        rows = list(self.are_cells_of(name))
        return bool(rows) and 2 * sum(rows) >= len(rows)

    def are_cells_of(self, name: str) -> Iterator[bool]:
        """Yield of each row whether a machine has its event in one of its states."""
        cells = {
            (normalise_name(t.source), normalise_name(event))
            for t in self.load(name).transitions
            for event in (t.label, t.event)
        }
        columns = self.columns["from"], self.columns["event"]
        for row in self.table.rows:
            texts = (normalise(row.cells[i].text) if i < row.width else "" for i in columns)
            sources, event = texts
            yield any((source.strip(), event) in cells for source in sources.split(","))

    # Columns -------------------------------------------------------------------------------

    def step_column(self) -> int | None:
        """Return the column in which several cells are steps of several words."""
        for i in range(len(self.table.header)):
            steps = (t for t in self.texts(i) if self.lexicon.knows_step(t))
            if sum(is_distinctive(normalise(step)) for step in steps) >= _ENOUGH:
                return i
        return None

    def is_transitions(self, name: str) -> bool:
        """Whether the table declares transitions rather than steps."""
        if "step" in self.columns:
            return False
        if len(TRANSITION_ROLES & self.columns.keys()) >= _ENOUGH:
            return True
        texts = (cell.text for row in self.table.rows for cell in row.cells)
        if not name or any(map(self.lexicon.knows_step, texts)):
            return False
        known = transition_cells(self.load(name))
        columns, _, _ = recognise_columns(self.table, self.columns, known, TRANSITION_ROLES)
        return columns.keys() >= {"from", "event"}

    def texts(self, column: int) -> Iterator[str]:
        """Yield the texts of a column."""
        return (row.cells[column].text for row in self.table.rows if column < row.width)


# Tables of several machines ------------------------------------------------------------------


def _machine_columns(
    table: Table, lexicon: Lexicon, columns: Mapping[str, int]
) -> dict[int, tuple[str, str]]:
    """Return role and machine of each column whose header names a machine.

    The role is empty where the header does not name it. Where no header names a role, the table
    has such columns only if it lacks a plain column of statuses.
    """
    machine_columns = {
        i: pair
        for i, cell in enumerate(table.header)
        if (pair := lexicon.role_and_machine(cell.text))
    }
    if not machine_columns and {"step", "status"} <= columns.keys():
        return {}
    for i, cell in enumerate(table.header):
        machine = lexicon.machine_in_header(cell.text)
        if machine and i not in machine_columns and not lexicon.column(cell.text):
            machine_columns[i] = "", machine
    return dict(sorted(machine_columns.items()))


def _tables_by_header(
    recognition: _Recognition, machine_columns: Mapping[int, tuple[str, str]]
) -> list[DocumentedTable]:
    """Return what a table documents whose headers name the machines."""
    table = recognition.table
    known = recognition.columns
    step = known.get("step", recognition.step_column())
    shared = {} if step is None else {"step": step}
    shared |= {role: i for role, i in known.items() if role in FREE_ROLES}
    columns: dict[str, dict[str, int]] = {}
    guessed: dict[str, dict[int, str]] = {}
    for i, (named_role, machine) in machine_columns.items():
        of_machine = columns.setdefault(machine, dict(shared))
        role = named_role or _shown_role(table, i, recognition.lexicon)
        if role and role not in of_machine:
            of_machine[role] = i
            if not named_role:
                guessed.setdefault(machine, {})[i] = role
    first = next(iter(columns))
    if step is not None and "step" not in known:
        guessed.setdefault(first, {})[step] = "step"
    used = {i for of_machine in columns.values() for i in of_machine.values()}
    unknown = tuple(i for i in range(len(table.header)) if i not in used)
    return [
        DocumentedTable(
            table,
            machine,
            next(table.header[i] for i, (_, name) in machine_columns.items() if name == machine),
            of_machine,
            is_first=machine == first,
            guessed=guessed.get(machine, {}),
            unknown=unknown if machine == first else (),
        )
        for machine, of_machine in columns.items()
    ]


def _shown_role(table: Table, column: int, lexicon: Lexicon) -> str:
    """Return whether the cells of a column are effects or statuses, or nothing."""
    known = step_cells(lexicon)
    cells = [row.cells[column] for row in table.rows if column < row.width]
    return next((role for role in SHOWN_ROLES if any(map(known[role], cells))), "")
