"""Read the transitions that a page declares, and where each of them comes from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fsm.machine import Machine, Origin
from fsm.tables.read.cell_text import plain
from fsm.tables.read.page import read_page
from fsm.tables.read.table import Cell, Row, Table
from fsm.tables.words.lexicon import Lexicon
from fsm.tables.words.lexicon_files import load_lexicon

__all__ = [
    "TRANSITION_ROLES",
    "DeclaredTransition",
    "column_roles",
    "declared_transitions",
    "incomplete_rows",
    "is_transitions",
    "read_origins",
]

_ITSELF = "itself"
TRANSITION_ROLES = frozenset({"from", "event", "to"})


@dataclass(frozen=True, slots=True)
class DeclaredTransition:
    """One transition as a page declares it, with its origin; ``cell`` names its source state."""

    source: str
    event: str
    target: str
    origin: Origin
    cell: Cell
    row: Row


def read_origins(page: Path, machine: Machine) -> dict[tuple[str, str, str], Origin]:
    """Return the origin of each transition of a machine, keyed (from, event, to)."""
    lexicon = load_lexicon()
    return {
        (d.source, d.event, d.target): d.origin
        for table in read_page(page).tables
        if lexicon.machine(table.title) == machine.name and is_transitions(table, lexicon)
        for d in declared_transitions(table, column_roles(table, lexicon))
    }


def column_roles(table: Table, lexicon: Lexicon) -> dict[str, int]:
    """Return the first column of each role whose header the lexicon knows."""
    columns: dict[str, int] = {}
    for i, cell in enumerate(table.header):
        if role := lexicon.column(cell.text):
            columns.setdefault(role, i)
    return columns


def is_transitions(table: Table, lexicon: Lexicon) -> bool:
    """Whether the table declares transitions (from, event, to)."""
    return column_roles(table, lexicon).keys() >= TRANSITION_ROLES


def declared_transitions(
    table: Table,
    columns: Mapping[str, int],
    states: Callable[[Cell], Sequence[str]] | None = None,
) -> Iterator[DeclaredTransition]:
    """Yield the transitions of a table; a row may name several states it starts from.

    ``columns`` are by role; ``states`` returns the states that a cell names, by default the names
    between its commas. Rows without a state or an event are left out, see
    :func:`incomplete_rows`.
    """
    for row in table.rows:
        texts = _texts(row, columns)
        if not _is_complete(texts):
            continue
        origin = Origin(texts.get("source", ""), texts.get("reason", ""))
        cell = row.cells[columns["from"]]
        for state in states(cell) if states else map(str.strip, texts["from"].split(",")):
            target = state if texts["to"] == _ITSELF else texts["to"]
            yield DeclaredTransition(state, texts["event"], target, origin, cell, row)


def incomplete_rows(table: Table, columns: Mapping[str, int]) -> Iterator[Row]:
    """Yield the rows of a transitions table that lack a state or the event."""
    return (row for row in table.rows if not _is_complete(_texts(row, columns)))


def _texts(row: Row, columns: Mapping[str, int]) -> dict[str, str]:
    return {role: plain(row.cells[i].text) for role, i in columns.items() if i < row.width}


def _is_complete(texts: Mapping[str, str]) -> bool:
    return all(texts.get(role) for role in ("from", "event", "to"))
