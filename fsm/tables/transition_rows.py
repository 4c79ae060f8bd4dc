"""Where each transition comes from: the transitions table of a machine's page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fsm.machine import Machine, Source
from fsm.tables.read.cell_text import plain
from fsm.tables.read.page import read_page
from fsm.tables.read.table import Cell, Row, Table
from fsm.tables.words.lexicon import Lexicon, load_lexicon

__all__ = [
    "TRANSITION_ROLES",
    "DeclaredTransition",
    "column_roles",
    "declared_transitions",
    "incomplete_rows",
    "is_transitions",
    "read_origins",
]

ITSELF = "itself"
TRANSITION_ROLES = frozenset({"from", "event", "to"})


@dataclass(frozen=True, slots=True)
class DeclaredTransition:
    """One transition as a page declares it, with its place and its source."""

    source: str
    event: str
    target: str
    origin: Source
    place: Cell
    row: Row


def read_origins(page: Path, machine: Machine) -> dict[tuple[str, str, str], Source]:
    """Return the source of each transition of a machine, keyed (from, event, to)."""
    lexicon = load_lexicon()
    return {
        (d.source, d.event, d.target): d.origin
        for table in read_page(page).tables
        if lexicon.machine(table.title) == machine.name and is_transitions(table, lexicon)
        for d in declared_transitions(table, column_roles(table, lexicon))
    }


def column_roles(table: Table, lexicon: Lexicon) -> dict[str, int]:
    """Return the index of each column whose header the lexicon knows, by role; the first one."""
    found: dict[str, int] = {}
    for i, cell in enumerate(table.header):
        if role := lexicon.column(cell.text):
            found.setdefault(role, i)
    return found


def is_transitions(table: Table, lexicon: Lexicon) -> bool:
    """Whether the table declares transitions (from, event, to)."""
    return column_roles(table, lexicon).keys() >= TRANSITION_ROLES


def declared_transitions(
    table: Table, at: Mapping[str, int], states: Callable[[Cell], Sequence[str]] | None = None
) -> Iterator[DeclaredTransition]:
    """Yield the transitions of a table; a row may name several states it starts from.

    ``at`` has the columns by role; ``states`` tells what states a cell names, without it those
    between its commas. Rows that lack a state or the event are left out, see
    :func:`incomplete_rows`.
    """
    for row in table.rows:
        text = _texts(row, at)
        if not _is_complete(text):
            continue
        origin = Source(text.get("source", ""), text.get("reason", ""))
        place = row.cells[at["from"]]
        for state in states(place) if states else map(str.strip, text["from"].split(",")):
            target = state if text["to"] == ITSELF else text["to"]
            yield DeclaredTransition(state, text["event"], target, origin, place, row)


def incomplete_rows(table: Table, at: Mapping[str, int]) -> Iterator[Row]:
    """Yield the rows of a transitions table that lack a state or the event."""
    return (row for row in table.rows if not _is_complete(_texts(row, at)))


def _texts(row: Row, at: Mapping[str, int]) -> dict[str, str]:
    return {role: plain(row.cells[i].text) for role, i in at.items() if i < len(row.cells)}


def _is_complete(text: dict[str, str]) -> bool:
    return all(text.get(role) for role in ("from", "event", "to"))
