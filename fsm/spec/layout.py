"""Which tables of a page are documented ones, and what their columns are.

A steps table has the columns step, status and perhaps indicators. Its title names its machine;
or each column beside the step names it in its header, and then one table documents several
machines (``Step | Summary, without the service | Status, without the service | Summary, with
...``). A transitions table has the columns from, event and to.
"""

from __future__ import annotations

from dataclasses import dataclass

from fsm.spec.lexicon import Lexicon
from fsm.spec.origins import is_transitions, roles
from fsm.spec.table import Cell, Table

__all__ = ["Documented", "documented_tables"]


@dataclass(frozen=True, slots=True)
class Documented:
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


def documented_tables(table: Table, lexicon: Lexicon) -> list[Documented]:
    """Return what a table documents, one entry for each machine; nothing for any other table."""
    columns = roles(table, lexicon)
    transitions = is_transitions(table, lexicon)
    if transitions or {"step", "status"} <= columns.keys():
        named = [cell for cell in table.above if lexicon.machine(cell.text)]
        name_cell = (named or [*table.above, table.header[0]])[0]
        name = lexicon.machine(name_cell.text) or ""
        return [Documented(table, name, name_cell, columns, transitions)]
    return _by_header(table, lexicon, columns)


def _by_header(table: Table, lexicon: Lexicon, columns: dict[str, int]) -> list[Documented]:
    by_machine: dict[str, dict[str, int]] = {}
    cells: dict[str, Cell] = {}
    for i, cell in enumerate(table.header):
        if found := lexicon.header(cell.text):
            role, machine = found
            by_machine.setdefault(machine, {}).setdefault(role, i)
            cells.setdefault(machine, cell)
    if "step" not in columns:
        return []
    complete = [name for name, own in by_machine.items() if "status" in own]
    return [
        Documented(
            table,
            name,
            cells[name],
            {"step": columns["step"], **by_machine[name]},
            is_first=name == complete[0],
        )
        for name in complete
    ]
