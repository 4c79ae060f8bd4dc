"""Which tables of a page are documented ones, and what their columns are.

A table is ours where its complete title, directly above it, names a machine in several words; or
where a row is a known step under a known header; a table of transitions, where half of its rows
are cells of one machine. A single word such as "Delivery" stands above many tables, so it names
a machine only where the rows agree. Every other table is nobody's, as is a list of decisions that
no such title stands above.

A steps table has the columns step, status and perhaps indicators. Its title names its machine;
or each column beside the step names it in its header, and then one table documents several
machines (``Step | Summary, without the service | Status, without the service | Summary, with
...``). A transitions table has the columns from, event and to.

A column whose header nobody knows is recognised by its cells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from fsm.machine import Machine
from fsm.tables.read.cell_text import normalise, normalise_name, plain
from fsm.tables.read.table import Cell, Table
from fsm.tables.transition_rows import TRANSITION_ROLES, column_roles
from fsm.tables.words.lexicon import Lexicon, is_distinctive

__all__ = ["DocumentedTable", "documented_tables", "recognised", "required"]

SHOWN_ROLES = ("indicators", "status")
"""Columns of what a row shows: needed in a steps table, checked in one of transitions."""
_FREE = ("decision", "source", "reason", "note")
"""Columns that hold free text, in both kinds of tables."""
_ENOUGH = 2
"""So many known steps in a column tell what it is, whatever its header says."""

Load = Callable[[str], Machine]
Knows = Callable[[Cell], bool]


@dataclass(frozen=True, slots=True)
class DocumentedTable:
    """A table as it documents one machine: its name (empty where unknown), its columns by role.

    ``name_cell`` is the text that names the machine, or that should.
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

    @property
    def untitled(self) -> str:
        """Say that no title names the machine."""
        if not self.table.above:
            return "no title above the table names its machine"
        return f"the title {plain(self.name_cell.text)!r} names no machine"


def documented_tables(table: Table, lexicon: Lexicon, load: Load) -> list[DocumentedTable]:
    """Return what a table documents, one entry for each machine; nothing for any other table."""
    columns = column_roles(table, lexicon)
    halves = _halves(table, lexicon, columns)
    found = _Found(table, lexicon, load, columns)
    if not (halves or lexicon.full_title(table.title) or found.has_known_row()):
        return []
    if halves:
        return _by_header(table, lexicon, found, halves)
    cell, name = found.named()
    return [found.documented(name, cell)]


@dataclass
class _Found:
    """A table while it is recognised; ``columns`` by the headers that are known."""

    table: Table
    lexicon: Lexicon
    load: Load
    columns: dict[str, int]

    def has_known_row(self) -> bool:
        """Whether a row is a step of a machine, or a state and an event of one."""
        if "step" in self.columns:
            return any(map(self.lexicon.knows_step, self.texts(self.columns["step"])))
        if {"from", "event"} <= self.columns.keys():
            # A list of decisions holds some of the transitions, and needs no machine's title.
            machines = () if "decision" in self.columns else self.lexicon.titles.values()
            return any(map(self.is_of, dict.fromkeys(machines)))
        return self.step_column() is not None

    def step_column(self) -> int | None:
        """Return the column of which several cells are steps, each of several words."""
        for i in range(len(self.table.header)):
            steps = [t for t in self.texts(i) if self.lexicon.knows_step(t)]
            steps = [t for t in steps if is_distinctive(normalise(t))]
            if len(steps) >= _ENOUGH:
                return i
        return None

    def is_of(self, name: str) -> bool:
        """Whether at least half of the rows are cells of a machine: an event in one of its states.

        State and event of one row may be those of any machine: "sending", "stop".
        """
        rows = list(self.transitions(name))
        return bool(rows) and 2 * sum(rows) >= len(rows)

    def transitions(self, name: str) -> Iterator[bool]:
        """Yield of each row whether a machine has its event in its state."""
        machine = self.load(name)
        cells = {
            (normalise_name(t.source), normalise_name(e))
            for t in machine.transitions
            for e in (t.label, t.event)
        }
        at = self.columns["from"], self.columns["event"]
        for row in self.table.rows:
            sources, event = (normalise(row.cells[i].text) if i < row.width else "" for i in at)
            yield any((source.strip(), event) in cells for source in sources.split(","))

    def named(self) -> tuple[Cell, str]:
        """Return the text that names the machine, or should, and the machine or nothing."""
        table, lexicon = self.table, self.lexicon
        if table.above and (name := lexicon.full_title(table.above[0].text)):
            return table.above[0], name
        for cell in table.above:
            name = lexicon.machine(cell.text)
            if name and self.is_about(name):
                return cell, name
        return (*table.above, table.header[0])[0], ""

    def is_about(self, name: str) -> bool:
        """Whether a row of the table fits a machine."""
        if "step" not in self.columns and {"from", "event"} <= self.columns.keys():
            return any(self.transitions(name))
        column = self.columns.get("step", self.step_column())
        return column is not None and any(self.lexicon.step(name, t) for t in self.texts(column))

    def documented(self, name: str, cell: Cell) -> DocumentedTable:
        """Return the table as the one of a machine, its further columns told by their cells."""
        known: dict[str, Knows] = _steps_in(self.lexicon)
        is_transitions = self.is_transitions(name)
        if is_transitions:
            known = _known_in(self.load(name)) if name else {}
        wanted = (*TRANSITION_ROLES, *SHOWN_ROLES) if is_transitions else ("step", *SHOWN_ROLES)
        columns, guessed, unknown = recognised(self.table, self.columns, known, wanted)
        return DocumentedTable(
            self.table, name, cell, columns, is_transitions, True, guessed, unknown
        )

    def is_transitions(self, name: str) -> bool:
        """Whether the table declares transitions rather than steps."""
        if "step" in self.columns:
            return False
        if len(TRANSITION_ROLES & self.columns.keys()) >= _ENOUGH:
            return True
        if not name or any(map(self.lexicon.knows_step, self.all_texts())):
            return False
        found = recognised(self.table, self.columns, _known_in(self.load(name)), TRANSITION_ROLES)
        return found[0].keys() >= {"from", "event"}

    def texts(self, column: int) -> Iterator[str]:
        """Yield the texts of a column."""
        return (row.cells[column].text for row in self.table.rows if column < row.width)

    def all_texts(self) -> Iterator[str]:
        """Yield the texts of all cells."""
        return (cell.text for row in self.table.rows for cell in row.cells)


def recognised(
    table: Table, columns: Mapping[str, int], known: Mapping[str, Knows], wanted: Iterable[str]
) -> tuple[dict[str, int], dict[int, str], tuple[int, ...]]:
    """Tell the columns that no header names by their cells.

    ``known`` says of each role whether a cell is one of its words. Returns all columns by role,
    those that were told by their cells, and those that hold something nobody knows.
    """
    found = {role: i for role, i in columns.items() if role in wanted or role in _FREE}
    guessed: dict[int, str] = {}
    unknown = []
    for i in sorted(set(range(len(table.header))) - set(found.values())):
        cells = [row.cells[i] for row in table.rows if i < row.width]
        counts = {role: sum(map(known[role], cells)) for role in known if role not in found}
        role = max(counts, key=lambda role: counts[role], default="")
        if role and counts[role]:
            found[role], guessed[i] = i, role
        elif plain(table.header[i].text) or any(plain(cell.text) for cell in cells):
            unknown.append(i)
    return found, guessed, tuple(unknown)


def _steps_in(lexicon: Lexicon) -> dict[str, Knows]:
    return {
        "step": lambda cell: lexicon.knows_step(cell.text),
        "indicators": lambda cell: any(lexicon.effect(part.text) for part in cell.parts()),
        "status": lambda cell: lexicon.status(cell.text) is not None,
    }


def _known_in(machine: Machine) -> dict[str, Knows]:
    states = {normalise(state.name) for state in machine.states}
    events = {normalise(name) for t in machine.transitions for name in (t.label, t.event)}

    def is_state(cell: Cell) -> bool:
        return any(normalise(part) in states for part in plain(cell.text).split(","))

    def is_target(cell: Cell) -> bool:
        return is_state(cell) or normalise(cell.text) == "itself"

    def is_event(cell: Cell) -> bool:
        return normalise(cell.text) in events

    return {"from": is_state, "event": is_event, "to": is_target}


def _halves(
    table: Table, lexicon: Lexicon, columns: Mapping[str, int]
) -> dict[int, tuple[str, str]]:
    """Return role and machine of each column whose header names both; the role may be unknown.

    Without any known role it is a table of halves only where no plain column holds the statuses.
    """
    pairs = {i: pair for i, c in enumerate(table.header) if (pair := lexicon.header(c.text))}
    if not pairs and {"step", "status"} <= columns.keys():
        return {}
    for i, cell in enumerate(table.header):
        machine = lexicon.half(cell.text)
        if machine and i not in pairs and not lexicon.column(cell.text):
            pairs[i] = "", machine
    return dict(sorted(pairs.items()))


def _by_header(
    table: Table, lexicon: Lexicon, found: _Found, halves: Mapping[int, tuple[str, str]]
) -> list[DocumentedTable]:
    known = _steps_in(lexicon)
    step = found.columns.get("step", found.step_column())
    shared = {} if step is None else {"step": step}
    shared |= {role: i for role, i in found.columns.items() if role in _FREE}
    by_machine: dict[str, dict[str, int]] = {}
    guessed: dict[str, dict[int, str]] = {}
    for i, (role, machine) in halves.items():
        own = by_machine.setdefault(machine, dict(shared))
        cells = [row.cells[i] for row in table.rows if i < row.width]
        told = role or next((r for r in ("indicators", "status") if any(map(known[r], cells))), "")
        if told and told not in own:
            own[told] = i
            if not role:
                guessed.setdefault(machine, {})[i] = told
    taken = {i for own in by_machine.values() for i in own.values()}
    unknown = tuple(i for i in range(len(table.header)) if i not in taken)
    first = next(iter(by_machine))
    if step is not None and "step" not in found.columns:
        guessed.setdefault(first, {})[step] = "step"
    return [
        DocumentedTable(
            table,
            machine,
            _name_cell(table, halves, machine),
            own,
            is_first=machine == first,
            guessed=guessed.get(machine, {}),
            unknown=unknown if machine == first else (),
        )
        for machine, own in by_machine.items()
    ]


def _name_cell(table: Table, halves: Mapping[int, tuple[str, str]], machine: str) -> Cell:
    return next(table.header[i] for i, (_, name) in halves.items() if name == machine)


def required(machine: Machine, *, is_transitions: bool) -> Sequence[str]:
    """Return the columns without which a table does not say what its machine does."""
    if is_transitions:
        return ("from", "event", "to")
    return ("step", *SHOWN_ROLES) if machine.indicators else ("step", "status")
