"""A table of a page as the machine that it declares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from fsm.errors import MachineError
from fsm.machine import Machine
from fsm.questions import Question, Remark
from fsm.tables.declared.building import build_machine
from fsm.tables.declared.forms import TableForm, recognise_form
from fsm.tables.declared.list_rows import ListReader
from fsm.tables.declared.matrix_rows import MatrixReader
from fsm.tables.declared.statements import Statements
from fsm.tables.declared.words import table_words
from fsm.tables.read.cell_text import plain
from fsm.tables.read.page_parts import Page
from fsm.tables.read.table import Table
from fsm.tables.words.binding import Binding

__all__ = ["Declared", "read_declared"]


@dataclass(frozen=True)
class Declared:
    """What a table declares: a machine, or why it gives none."""

    table: Table
    form: str
    """One of :data:`fsm.tables.declared.forms.FORMS`; empty for a table of no form."""
    machine: Machine | None
    columns: Mapping[str, str] = field(default_factory=dict)
    """The headers of the columns by their roles."""
    assumed: tuple[Remark, ...] = ()
    """The conventions that were applied."""
    findings: tuple[Remark, ...] = ()
    """The cells that were not understood, and contradictions."""
    questions: tuple[Question, ...] = ()
    """What the table does not decide."""


def read_declared(page: Page, table: Table, binding: Binding | None = None) -> Declared:
    """Return what a table of transitions, of successors or a matrix declares.

    Raises :class:`PageError` where the binding names what the table does not have. A table of
    steps has no form here, see :mod:`fsm.tables.declared.steps`.
    """
    words = table_words()
    form = recognise_form(table, words, binding)
    if form is None:
        return Declared(table, "", None)
    stated = Statements(page.name, table.line, binding)
    stated.has_statuses = "status" in form.columns
    _say_columns(table, form, stated)
    if form.name == "successors" and form.unread and not (binding and binding.form):
        headers = tuple(plain(table.header[i].text) for i in form.unread)
        text = (
            f"does the column {headers[0]!r} name the events? "
            'if it does, write it as event under [columns]; if not, form = "successors"'
        )
        stated.ask("columns.event", text, headers, table.line)
    is_list = form.name in ("transitions", "successors")
    (ListReader if is_list else MatrixReader)(table, form, words, stated).read()
    title = table.section.title if table.section else table.title
    machine = None
    try:
        machine = build_machine(stated, page.name, title or Path(page.name).stem)
    except MachineError as error:
        stated.find(table.line, str(error))
    columns = {role: plain(table.header[i].text) for role, i in form.columns.items()}
    order = sorted(stated.findings, key=lambda remark: _line(remark.place))
    return Declared(
        table,
        form.name,
        machine,
        columns,
        tuple(stated.assumed),
        tuple(order),
        tuple(stated.questions),
    )


def _line(place: str) -> int:
    number = place.rpartition(":")[2]
    return int(number) if number.isdigit() else 0


def _say_columns(table: Table, form: TableForm, stated: Statements) -> None:
    """Say which columns were taken without certainty, and which are not read."""
    for column, text in form.assumed:
        stated.assume(table.header[column].line, text)
    unread = [plain(table.header[i].text) or f"column {i + 1}" for i in form.unread]
    if unread:
        names = ", ".join(map(repr, unread))
        stated.assume(table.line, f"not part of the machine: the column {names}")
