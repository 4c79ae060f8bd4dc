"""Compare a table of transitions with its machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from fsm.machine import Machine, Transition
from fsm.tables.checks.finding import Finding, finding_at
from fsm.tables.read.cell_text import plain
from fsm.tables.read.source_states import read_source_states
from fsm.tables.read.table import Cell, Table
from fsm.tables.stated_effects import effect_lines
from fsm.tables.transition_rows import declared_transitions, incomplete_rows
from fsm.tables.words.lexicon import Lexicon

__all__ = ["check_transitions"]

Fault = tuple[Cell, str, str]
"""A cell, the code of a finding, its text."""


def check_transitions(
    file: str, table: Table, columns: Mapping[str, int], machine: Machine, lexicon: Lexicon
) -> Iterator[Finding]:
    """Yield the transitions that are wrong, repeated, missing or incomplete.

    Columns of statuses, and of effects on indicators with ``;`` or breaks between them, are checked
    where the table has them.
    """
    numbers = {row.line: number for number, row in enumerate(table.rows, 1)}
    for cell, code, text in _faults(table, columns, machine, lexicon):
        yield finding_at(file, cell, code, text, machine.name, numbers.get(cell.line))


def _faults(
    table: Table, columns: Mapping[str, int], machine: Machine, lexicon: Lexicon
) -> Iterator[Fault]:
    for row in incomplete_rows(table, columns):
        yield row.cells[0], "broken-row", "a row needs a from, an event and a to"
    transitions = {(t.source, t.label, t.target): t for t in machine.transitions}
    seen: set[tuple[str, str, str]] = set()
    for declared in declared_transitions(table, columns, _states_of(machine)):
        key = (declared.source, declared.event, declared.target)
        if key not in transitions:
            yield declared.cell, "wrong-transition", _contradiction(machine, *key)
        elif key in seen:
            yield declared.cell, "duplicate-row", f"repeats {_arrow(*key)}"
        else:
            row = declared.row
            cells = {role: row.cells[i] for role, i in columns.items() if i < row.width}
            yield from _status_faults(cells, transitions[key], machine, lexicon)
            yield from _effect_faults(cells, transitions[key], machine, lexicon)
        seen.add(key)
    for key in sorted(transitions.keys() - seen):
        yield table.header[0], "missing-row", f"no row for {_arrow(*key)}"


def _states_of(machine: Machine) -> Callable[[Cell], Sequence[str]]:
    """Return a function from a cell to the states that it names, unknown names among them."""
    names = {state.name for state in machine.states}

    def state(text: str) -> str | None:
        name = plain(text)
        return name if name in names else None

    def states(cell: Cell) -> Sequence[str]:
        sources = read_source_states(cell, state, machine)
        return (*sources.states, *sources.unknown)

    return states


def _status_faults(
    cells: Mapping[str, Cell], transition: Transition, machine: Machine, lexicon: Lexicon
) -> Iterator[Fault]:
    cell = cells.get("status")
    if cell is None:
        return
    stated, expected = lexicon.status(cell.text), machine.status(transition.target)
    text = plain(cell.text)
    if stated is None and text not in ("", "-"):
        yield cell, "unknown-label", f"unknown status {text!r}"
    elif stated != expected:
        place = _place(transition)
        yield cell, "wrong-status", f"status {text!r} {place}, the machine says {expected!r}"


def _effect_faults(
    cells: Mapping[str, Cell], transition: Transition, machine: Machine, lexicon: Lexicon
) -> Iterator[Fault]:
    cell = cells.get("indicators")
    if cell is None:
        return
    unstated = dict(machine.effects(transition))
    for line in effect_lines(cell, lexicon):
        stated = lexicon.effect(line.text)
        expected = unstated.pop(stated.indicator, None) if stated else None
        if stated is None or expected is None:
            yield line, "unknown-label", f"unknown effect {plain(line.text)!r}"
        elif stated.effect is not expected:
            text = f"{plain(line.text)!r} {_place(transition)}, the machine says {expected.value}"
            yield line, "wrong-effect", text
    for name in unstated:
        yield cell, "missing-effect", f"the effect on {name!r} is not stated"


def _place(transition: Transition) -> str:
    return f"for {transition.label!r} in {transition.source}"


def _arrow(source: str, event: str, target: str) -> str:
    return f"{source} --{event}--> {target}"


def _contradiction(machine: Machine, source: str, event: str, target: str) -> str:
    targets = (t.target for t in machine.transitions if (t.source, t.label) == (source, event))
    actual = next(targets, None)
    says = f"it leads to {actual}" if actual else "there is no such transition"
    return f"{_arrow(source, event, target)}: the machine says {says}"
