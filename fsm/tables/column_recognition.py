"""Recognise the columns of a table by their cells, and tell which columns it needs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from fsm.machine import Machine
from fsm.tables.read.cell_text import normalise, plain
from fsm.tables.read.table import Cell, Table
from fsm.tables.stated_effects import effect_lines
from fsm.tables.words.lexicon import Lexicon

__all__ = [
    "FREE_ROLES",
    "SHOWN_ROLES",
    "IsKnown",
    "recognise_columns",
    "required_columns",
    "step_cells",
    "transition_cells",
    "unswapped_columns",
]

SHOWN_ROLES = ("indicators", "status")
"""Columns of what a row shows: needed in a steps table, checked in one of transitions."""
FREE_ROLES = ("decision", "source", "reason", "note")
"""Columns that hold free text, in both kinds of tables."""

IsKnown = Callable[[Cell], bool]
"""Whether a cell is a word of some role."""


def recognise_columns(
    table: Table, columns: Mapping[str, int], known: Mapping[str, IsKnown], roles: Collection[str]
) -> tuple[dict[str, int], dict[int, str], tuple[int, ...]]:
    """Recognise the columns that no header names by their cells.

    ``known`` says for each role whether a cell is one of its words. Returns all columns by role,
    those that were recognised by their cells, and those with unknown content.
    """
    by_role = {role: i for role, i in columns.items() if role in roles or role in FREE_ROLES}
    guessed: dict[int, str] = {}
    unknown = []
    for i in sorted(set(range(len(table.header))) - set(by_role.values())):
        cells = [row.cells[i] for row in table.rows if i < row.width]
        counts = {role: sum(map(known[role], cells)) for role in known if role not in by_role}
        role = max(counts, key=lambda role: counts[role], default="")
        if role and counts[role]:
            by_role[role], guessed[i] = i, role
        elif plain(table.header[i].text) or any(plain(cell.text) for cell in cells):
            unknown.append(i)
    return by_role, guessed, tuple(unknown)


def unswapped_columns(
    table: Table, columns: Mapping[str, int], known: Mapping[str, IsKnown]
) -> tuple[dict[str, int], tuple[int, ...]]:
    """Return the columns by role with swapped headers put right, and those with such headers.

    Headers are swapped where none of the cells below them has the role that the header says, and
    most of them have the role of another such header.
    """
    by_header = {i: role for role, i in columns.items() if role in known}
    by_cells: dict[int, str] = {}
    for i, role in by_header.items():
        cells = [row.cells[i] for row in table.rows if i < row.width]
        if any(map(known[role], cells)):
            continue
        for other, is_known in known.items():
            if 2 * sum(map(is_known, cells)) > len(cells):
                by_cells[i] = other
    if not by_cells or set(by_cells.values()) != {by_header[i] for i in by_cells}:
        return dict(columns), ()
    return {**columns, **{role: i for i, role in by_cells.items()}}, tuple(sorted(by_cells))


def step_cells(lexicon: Lexicon) -> dict[str, IsKnown]:
    """Return what recognises the cells of a steps table, by role."""
    return {
        "step": lambda cell: lexicon.knows_step(cell.text),
        "indicators": lambda cell: any(
            lexicon.effect(line.text) for line in effect_lines(cell, lexicon)
        ),
        "status": lambda cell: lexicon.status(cell.text) is not None,
    }


def transition_cells(machine: Machine) -> dict[str, IsKnown]:
    """Return what recognises the cells of a transitions table, by role."""
    states = {normalise(state.name) for state in machine.states}
    events = {normalise(name) for t in machine.transitions for name in (t.label, t.event)}

    def is_state(cell: Cell) -> bool:
        return any(normalise(part) in states for part in plain(cell.text).split(","))

    def is_target(cell: Cell) -> bool:
        return is_state(cell) or normalise(cell.text) == "itself"

    def is_event(cell: Cell) -> bool:
        return normalise(cell.text) in events

    return {"from": is_state, "event": is_event, "to": is_target}


def required_columns(machine: Machine, *, is_transitions: bool) -> Sequence[str]:
    """Return the columns without which a table does not say what its machine does."""
    if is_transitions:
        return ("from", "event", "to")
    return ("step", *SHOWN_ROLES) if machine.indicators else ("step", "status")
