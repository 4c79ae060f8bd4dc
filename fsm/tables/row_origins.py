"""The rows of the tables that are bound to a machine, as the origins of its transitions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fsm.machine import Machine, Origin
from fsm.tables.checks.binding_fit import fit_table
from fsm.tables.checks.bound_check import BoundRow, check_bound_tables
from fsm.tables.read.page import Page
from fsm.tables.words.binding import Binding
from fsm.tables.words.machine_names import MachineNames

__all__ = ["bound_rows", "with_bound_rows"]


def bound_rows(page: Page, binding: Binding, machine: Machine) -> Iterator[BoundRow]:
    """Yield the rows of the tables of a page that a binding is about, with their transitions.

    Raises :class:`fsm.errors.PageError` for a binding with names that the machine does not have.
    """
    names = MachineNames(machine, binding)
    fits = [fit for table in page.tables if (fit := fit_table(table, names))]
    for of_table in check_bound_tables(page, names, fits).documented:
        yield from of_table


def with_bound_rows(machine: Machine, binding: Binding, pages: Iterable[Page]) -> Machine:
    """Return a machine whose transitions come from the rows of its bound tables.

    A row that contradicts the machine documents nothing. Of several rows about one transition the
    first one counts; transitions without a row keep the origin that they have.
    """
    origins: dict[tuple[str, str, str], Origin] = {}
    for page in pages:
        for row in bound_rows(page, binding, machine):
            origin = Origin(f"row {row.number}", row.text, page.name, row.line)
            for t in row.transitions if row.agrees else ():
                origins.setdefault((t.source, t.label, t.target), origin)
    if not origins:
        return machine
    known = {(t.source, t.label, t.target): t.origin for t in machine.transitions if t.origin}
    return machine.with_origins({**known, **origins})
