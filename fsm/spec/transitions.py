"""Hold a table of transitions against its machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from fsm.machine import Machine
from fsm.spec.finding import Finding, at
from fsm.spec.origins import declared, incomplete
from fsm.spec.table import Cell, Table

__all__ = ["check_transitions"]


def check_transitions(
    file: str, table: Table, columns: Mapping[str, int], machine: Machine
) -> Iterator[Finding]:
    """Yield what is wrong, doubled, missing or incomplete."""
    name = machine.name
    numbers = {row.line: number for number, row in enumerate(table.rows, 1)}

    def find(cell: Cell, code: str, text: str) -> Finding:
        return at(file, cell, code, text, name, numbers.get(cell.line))

    cells = {(t.source, t.label, t.target) for t in machine.transitions}
    seen: set[tuple[str, str, str]] = set()
    for row in incomplete(table, columns):
        yield find(row.cells[0], "broken-row", "needs a from, an event and a to")
    for d in declared(table, columns):
        key = (d.source, d.event, d.target)
        if key not in cells:
            yield find(d.place, "wrong-transition", _wrong(machine, *key))
        elif key in seen:
            yield find(d.place, "duplicate-row", f"repeats {_arrow(*key)}")
        seen.add(key)
    for key in sorted(cells - seen):
        yield find(table.header[0], "missing-row", f"no row for {_arrow(*key)}")


def _arrow(source: str, event: str, target: str) -> str:
    return f"{source} --{event}--> {target}"


def _wrong(machine: Machine, source: str, event: str, target: str) -> str:
    actual = (t.target for t in machine.transitions if (t.source, t.label) == (source, event))
    found = next(actual, None)
    says = f"it leads to {found}" if found else "there is no such transition"
    return f"{_arrow(source, event, target)}: the machine says {says}"
