"""Hold a table of transitions against its machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from fsm.machine import Machine, Transition
from fsm.tables.check.finding import Finding, at
from fsm.tables.read.cell_text import plain
from fsm.tables.read.source_states import read_source_states
from fsm.tables.read.table import Cell, Row, Table
from fsm.tables.transition_rows import declared_transitions, incomplete_rows
from fsm.tables.words.lexicon import Lexicon

__all__ = ["check_transitions"]


def check_transitions(
    file: str, table: Table, columns: Mapping[str, int], machine: Machine, lexicon: Lexicon
) -> Iterator[Finding]:
    """Yield what is wrong, doubled, missing or incomplete.

    Columns of statuses and of effects on indicators, ``;`` between them, are checked where there
    are such.
    """
    name = machine.name
    numbers = {row.line: number for number, row in enumerate(table.rows, 1)}

    def find(cell: Cell, code: str, text: str) -> Finding:
        return at(file, cell, code, text, name, numbers.get(cell.line))

    machine_cells = {(t.source, t.label, t.target): t for t in machine.transitions}
    cells = machine_cells.keys()
    seen: set[tuple[str, str, str]] = set()
    for row in incomplete_rows(table, columns):
        yield find(row.cells[0], "broken-row", "needs a from, an event and a to")
    for d in declared_transitions(table, columns, _states_of(machine)):
        key = (d.source, d.event, d.target)
        if key not in cells:
            yield find(d.place, "wrong-transition", _wrong(machine, *key))
        elif key in seen:
            yield find(d.place, "duplicate-row", f"repeats {_arrow(*key)}")
        else:
            found = machine_cells[key]
            yield from (find(*fault) for fault in _shown(d.row, columns, machine, lexicon, found))
        seen.add(key)
    for key in sorted(cells - seen):
        yield find(table.header[0], "missing-row", f"no row for {_arrow(*key)}")


def _states_of(machine: Machine) -> Callable[[Cell], Sequence[str]]:
    """Return what tells which states a cell names, unknown ones among them."""
    names = {state.name for state in machine.states}

    def named(text: str) -> str | None:
        shown = plain(text)
        return shown if shown in names else None

    def states(cell: Cell) -> Sequence[str]:
        found = read_source_states(cell, named, machine)
        return (*found.states, *found.unknown)

    return states


def _shown(
    row: Row,
    columns: Mapping[str, int],
    machine: Machine,
    lexicon: Lexicon,
    transition: Transition,
) -> Iterator[tuple[Cell, str, str]]:
    """Yield what status and effects of a row have wrong: the cell, the code, the text."""
    cells = {role: row.cells[i] for role, i in columns.items() if i < row.width}
    place = f"for {transition.label!r} in {transition.source}"
    if cell := cells.get("status"):
        said, expected = lexicon.status(cell.text), machine.status(transition.target)
        if said is None and plain(cell.text) not in ("", "-"):
            yield cell, "unknown-label", f"unknown status {plain(cell.text)!r}"
        elif said != expected:
            yield cell, "wrong-status", f"status {said!r} {place}, the machine says {expected!r}"
    if cell := cells.get("indicators"):
        left = dict(machine.effects(transition))
        for part in plain(cell.text).split(";"):
            stated = lexicon.effect(part)
            effect = left.pop(stated.indicator, None) if stated else None
            if stated is None or effect is None:
                yield cell, "unknown-label", f"unknown effect {part.strip()!r}"
            elif stated.effect is not effect:
                says = f"{stated.indicator} {stated.effect.value} {place}"
                yield cell, "wrong-effect", f"{says}, the machine says {effect.value}"
        for name in left:
            yield cell, "missing-effect", f"says nothing of {name!r}"


def _arrow(source: str, event: str, target: str) -> str:
    return f"{source} --{event}--> {target}"


def _wrong(machine: Machine, source: str, event: str, target: str) -> str:
    actual = (t.target for t in machine.transitions if (t.source, t.label) == (source, event))
    found = next(actual, None)
    says = f"it leads to {found}" if found else "there is no such transition"
    return f"{_arrow(source, event, target)}: the machine says {says}"
