"""Where each transition comes from: the transitions table of a machine's page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fsm.machine import Machine, Origin
from fsm.tables.read.cell_text import plain
from fsm.tables.read.page import read_page
from fsm.tables.read.table import Cell, Row, Table
from fsm.tables.words.lexicon import Lexicon, load_lexicon

__all__ = [
    "TRANSITION_ROLES",
    "Declared",
    "declared",
    "incomplete",
    "is_transitions",
    "origins",
    "roles",
]

ITSELF = "itself"
TRANSITION_ROLES = frozenset({"from", "event", "to"})


@dataclass(frozen=True, slots=True)
class Declared:
    """One transition as a page declares it, with its place and its source."""

    source: str
    event: str
    target: str
    origin: Origin
    place: Cell
    row: Row


def origins(page: Path, machine: Machine) -> dict[tuple[str, str, str], Origin]:
    """Return the source of each transition of a machine, keyed (from, event, to)."""
    lexicon = load_lexicon()
    return {
        (d.source, d.event, d.target): d.origin
        for table in read_page(page).tables
        if lexicon.machine(table.title) == machine.name and is_transitions(table, lexicon)
        for d in declared(table, roles(table, lexicon))
    }


def roles(table: Table, lexicon: Lexicon) -> dict[str, int]:
    """Return the index of each column whose header the lexicon knows, by role; the first one."""
    found: dict[str, int] = {}
    for i, cell in enumerate(table.header):
        if role := lexicon.column(cell.text):
            found.setdefault(role, i)
    return found


def is_transitions(table: Table, lexicon: Lexicon) -> bool:
    """Whether the table declares transitions (from, event, to)."""
    return roles(table, lexicon).keys() >= TRANSITION_ROLES


def declared(
    table: Table, at: Mapping[str, int], states: Callable[[Cell], Sequence[str]] | None = None
) -> Iterator[Declared]:
    """Yield the transitions of a table; a row may name several states it starts from.

    ``at`` has the columns by role; ``states`` tells what states a cell names, without it those
    between its commas. Rows that lack a state or the event are left out, see
    :func:`incomplete`.
    """
    for row in table.rows:
        text = _texts(row, at)
        if not _is_complete(text):
            continue
        origin = Origin(text.get("source", ""), text.get("reason", ""))
        place = row.cells[at["from"]]
        for state in states(place) if states else map(str.strip, text["from"].split(",")):
            target = state if text["to"] == ITSELF else text["to"]
            yield Declared(state, text["event"], target, origin, place, row)


def incomplete(table: Table, at: Mapping[str, int]) -> Iterator[Row]:
    """Yield the rows of a transitions table that lack a state or the event."""
    return (row for row in table.rows if not _is_complete(_texts(row, at)))


def _texts(row: Row, at: Mapping[str, int]) -> dict[str, str]:
    return {role: plain(row.cells[i].text) for role, i in at.items() if i < len(row.cells)}


def _is_complete(text: dict[str, str]) -> bool:
    return all(text.get(role) for role in ("from", "event", "to"))
