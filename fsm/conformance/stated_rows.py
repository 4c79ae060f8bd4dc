"""What the rows of a documented table state about the cells of a machine, right or wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from fsm.catalog import load
from fsm.machine import Machine, Origin
from fsm.tables.checks.binding_fit import TableFit, fit_table
from fsm.tables.checks.statements import RowReader
from fsm.tables.declared.cells import state_of
from fsm.tables.declared.tables import read_declared
from fsm.tables.declared.words import table_words
from fsm.tables.read.cell_text import plain
from fsm.tables.read.page import Page
from fsm.tables.read.source_states import read_source_states
from fsm.tables.read.table import Cell, Row, Table
from fsm.tables.recognition import DocumentedTable, Load, documented_tables
from fsm.tables.transition_rows import TRANSITION_ROLES, declared_transitions
from fsm.tables.words.binding import ROLES, Binding
from fsm.tables.words.lexicon import Lexicon
from fsm.tables.words.lexicon_files import combined_lexicons
from fsm.tables.words.machine_names import MachineNames
from fsm.tables.words.page_language import language_of

__all__ = [
    "StatedCell",
    "TableRows",
    "bound_rows_of",
    "declared_rows_of",
    "recognised_rows_of",
    "row_text",
]

_ITSELF = ("itself", "same state")
_EMPTY = ("", "-")


@dataclass(frozen=True, slots=True)
class StatedCell:
    """What one row states about one cell; names that are not the machine's stay as written."""

    state: str
    label: str
    """The event, with its guard where the row has one: ``confirm [can_start]``."""
    target: str | None
    """The state to which the event leads; ``None`` where the row does not tell."""
    shown: str | None
    """The status after the event; ``None`` where the row does not tell."""
    origin: Origin
    """The row: its number, its text, its page and line."""


@dataclass(frozen=True, slots=True)
class TableRows:
    """What the tables of a page state about a machine."""

    cells: tuple[StatedCell, ...]
    names_states: bool
    """Whether the rows say in which state an event happens: then cells without a row reject."""
    unread: tuple[str, ...] = ()
    """The places of rows that were not understood."""


def bound_rows_of(page: Page, binding: Binding, machine: Machine) -> TableRows | None:
    """Return what the tables state that a binding is about, ``None`` where it fits no table.

    Raises :class:`fsm.errors.PageError` for a binding with names that the machine lacks.
    """
    names = MachineNames(machine, binding)
    fits = [fit for table in page.tables if (fit := fit_table(table, names)) and not fit.missing]
    if not fits:
        return None
    return _read_rows(_BoundRows(page.name, names), fits)


def declared_rows_of(page: Page, tables: Iterable[Table], machine: Machine) -> TableRows | None:
    """Return what tables of transitions state, ``None`` where there are none.

    They declare a machine of their own; their names are read as those of the machine where they are
    its names in another form. Rows that contradict each other are kept.
    """
    cells: list[StatedCell] = []
    unread: list[str] = []
    for table in tables:
        declared = read_declared(page, table)
        columns = {role: name for role, name in declared.columns.items() if role in ROLES}
        if declared.form != "transitions" or not columns.keys() >= TRANSITION_ROLES:
            continue
        names = MachineNames(machine, Binding(machine.name, columns, {}, {}))
        if (fit := fit_table(table, names)) and not fit.missing:
            read = _read_rows(_BoundRows(page.name, names, has_own_names=True), [fit])
            cells += read.cells
            unread += read.unread
    return TableRows(tuple(cells), names_states=True, unread=tuple(unread)) if cells else None


def _read_rows(reader: _BoundRows, fits: Iterable[TableFit]) -> TableRows:
    cells, unread = [], []
    for fit in fits:
        for number, row in enumerate(fit.table.rows, 1):
            of_row = list(reader.cells_of(row, fit.columns, number))
            cells += of_row
            unread += [] if of_row else [f"{reader.file}:{row.line}"]
    return TableRows(tuple(cells), "from" in reader.names.binding.columns, tuple(unread))


@dataclass(frozen=True)
class _BoundRows:
    file: str
    names: MachineNames
    has_own_names: bool = False
    """Whether a name that the machine lacks is one of the page, not one that is not understood."""

    def cells_of(self, row: Row, columns: Mapping[str, int], number: int) -> Iterator[StatedCell]:
        """Yield what a row states; nothing where a name of it is not known."""
        if row.width <= max(columns.values()):
            return
        cells = {role: row.cells[i] for role, i in columns.items()}
        event, guard = self._label(cells)
        if event is None or guard is None:
            return
        label = f"{event} [{guard}]" if guard else event
        origin = Origin(f"row {number}", row_text(row), self.file, row.line)
        shown = self._name(cells.get("status"), "statuses")
        for source in self._sources(cells.get("from"), label):
            target = self._name(cells.get("to"), "states")
            if "to" in cells and plain(cells["to"].text) in _ITSELF:
                target = source
            yield StatedCell(source, label, target, shown, origin)

    def _label(self, cells: dict[str, Cell]) -> tuple[str | None, str | None]:
        meaning, names = self.names.binding.meaning, self.names
        event = meaning(cells["event"].text, names.events)
        if self.has_own_names:
            event = event or plain(cells["event"].text) or None
        if "guard" not in cells or plain(cells["guard"].text) in _EMPTY:
            return event, ""
        return event, meaning(cells["guard"].text, names.guards)

    def _name(self, cell: Cell | None, kind: str) -> str | None:
        """Return the name in a cell: that of the machine, else the text as it is written."""
        if cell is None or plain(cell.text) in _EMPTY:
            return None
        known = self.names.binding.meaning(cell.text, getattr(self.names, kind))
        return known or self._unmarked(cell.text)

    def _unmarked(self, text: str) -> str:
        """Return the state of a text with marks such as ``(initial)``: ours, or its own name."""
        name = state_of(plain(text), table_words()).name
        return self.names.state(name) or name

    def _state(self, text: str) -> str | None:
        known = self.names.state(text)
        if known is None and self.has_own_names:
            return self.names.state(self._unmarked(text))
        return known

    def _sources(self, cell: Cell | None, label: str) -> Sequence[str]:
        machine = self.names.machine
        if cell is not None:
            read = read_source_states(cell, self._state, machine)
            if self.has_own_names:
                return (*read.states, *read.unknown)
            return () if read.unknown else read.states
        fitting = {t.event for t in machine.transitions if label in (t.label, t.event)}
        firsts = filter(None, (machine.first_transition(event) for event in sorted(fitting)))
        return [next(firsts).source] if fitting else ()


def recognised_rows_of(page: Page, machine: Machine) -> TableRows | None:
    """Return what the tables state that are recognised as those of a machine, ``None`` without any.

    They are recognised by the words of a known language, as ``fsm check`` does.
    """
    lexicons = combined_lexicons([])
    of_page = language_of(page, lexicons)
    cells: list[StatedCell] = []
    unread: list[str] = []
    found = names_states = False
    for table in page.tables:
        for documented in documented_tables(table, of_page, _only(machine)):
            if documented.name != machine.name:
                continue
            found = True
            if documented.is_transitions:
                names_states = True
                cells += _of_transitions(page.name, documented, machine, of_page)
            elif "step" in documented.columns:
                others = [lexicon for lexicon in lexicons if lexicon is not of_page]
                reader = RowReader(page.name, documented, of_page, others)
                rows = enumerate(documented.table.rows, 1)
                read = [_of_step(page.name, reader, row, n, machine) for n, row in rows]
                cells += [cell for cell, _ in read if cell]
                unread += [place for cell, place in read if cell is None]
    return TableRows(tuple(cells), names_states, tuple(unread)) if found else None


def _only(machine: Machine) -> Load:
    """Return what loads machines by their names, of which one is this machine."""
    return lambda name: machine if name == machine.name else load(name)


def _of_transitions(
    file: str, documented: DocumentedTable, machine: Machine, lexicon: Lexicon
) -> Iterator[StatedCell]:
    numbers = {row.line: number for number, row in enumerate(documented.table.rows, 1)}
    names = {state.name for state in machine.states}

    def states(cell: Cell) -> Sequence[str]:
        known = read_source_states(cell, lambda text: _one_of(plain(text), names), machine)
        return (*known.states, *known.unknown)

    columns = documented.columns
    for declared in declared_transitions(documented.table, columns, states):
        i = columns.get("status")
        cell = declared.row.cells[i] if i is not None and i < declared.row.width else None
        shown = (lexicon.status(cell.text) or plain(cell.text)) if cell is not None else None
        label = declared.origin.label or f"row {numbers[declared.row.line]}"
        origin = Origin(label, row_text(declared.row), file, declared.row.line)
        yield StatedCell(
            declared.source,
            declared.event,
            declared.target,
            None if shown in _EMPTY else shown,
            origin,
        )


def _one_of(text: str, names: set[str]) -> str | None:
    return text if text in names else None


def _of_step(
    file: str, reader: RowReader, row: Row, number: int, machine: Machine
) -> tuple[StatedCell | None, str]:
    """Return what a row of steps states, ``None`` where its step is not known; and its place."""
    statement = reader.read(row, number)
    transition = statement.step.transition(machine) if statement.step else None
    place = f"{file}:{row.line}"
    if transition is None:
        return None, place
    origin = Origin(f"row {number}", row_text(row), file, row.line)
    shown = statement.status or None
    return StatedCell(transition.source, transition.label, None, shown, origin), place


def row_text(row: Row) -> str:
    """Return the cells of a row, as a reader sees them."""
    return " | ".join(" / ".join(plain(part.text) for part in cell.parts()) for cell in row.cells)
