"""A page, one of its sections, or a TOML file about one, as the machine that its table declares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from fsm.errors import PageError, warn_of_assumptions
from fsm.machine import Machine
from fsm.questions import Question, Remark
from fsm.tables.declared.additions import with_additions
from fsm.tables.declared.diagrams import diagram_at, diagram_machine, state_diagrams
from fsm.tables.declared.reading import bound_page, page_of, readings_of, refusal
from fsm.tables.declared.tables import read_declared
from fsm.tables.read.cell_text import normalise
from fsm.tables.read.page import Page, read_page
from fsm.tables.read.page_parts import DocumentedDiagram
from fsm.tables.read.sections import split_page_name
from fsm.tables.read.table import Table
from fsm.tables.recognition import Load
from fsm.tables.row_origins import with_bound_rows
from fsm.tables.words.binding import Binding, read_binding
from fsm.text import quantity
from fsm.trust import NameInFile

__all__ = ["TableMachine", "load_page", "machine_tables", "page_machine"]


@dataclass(frozen=True)
class TableMachine:
    """A table that declares a machine: the machine, or what stands against it."""

    line: int
    title: str
    """The text that names the table; of one column among several, its header."""
    section: str
    """The id of its section, empty where it has none."""
    form: str
    machine: Machine | None
    assumed: tuple[Remark, ...]
    findings: tuple[Remark, ...]
    questions: tuple[Question, ...]


def load_page(name: str, load: Load) -> Machine:
    """Return the machine of ``page.md``, ``page.md#section`` or of a TOML file about a table.

    A file that binds a table to a machine gives that machine, with the rows as origins.

    Warns once of what was assumed. Raises :class:`PageError` with file, line and what to do for a
    page without such a table or with several, and for a table that leaves something open.
    """
    if Path(name).suffix.lower() == ".toml":
        binding = read_binding(Path(name))
        if binding.machine:
            return _bound_machine(name, binding, load)
        path, section = page_of(binding)
        return page_machine(name, read_page(path), section, load, binding)
    file, section = split_page_name(name)
    return page_machine(name, read_page(Path(file)), section, load)


def _bound_machine(name: str, binding: Binding, load: Load) -> Machine:
    """Return the machine that a file binds a table to, with the rows of its page as origins."""
    target = binding.machine
    if isinstance(name, NameInFile):  # a page that names the file does not allow its code either
        target = NameInFile(target, binding.place("", target))
    page = bound_page(binding)
    pages = [read_page(page)] if page else []
    return with_bound_rows(load(target), binding, pages)


def page_machine(
    name: str, page: Page, section: str, load: Load, binding: Binding | None = None
) -> Machine:
    """Return the machine that a page that has been read declares; see :func:`load_page`."""
    placed = diagram_at(page, section) if binding is None else None
    if placed:
        return _drawn_machine(name, page, section, [placed])
    tables = machine_tables(page, section, load, binding)
    if not tables and binding is None and (diagrams := state_diagrams(page, section)):
        return _drawn_machine(name, page, section, diagrams)
    chosen = _chosen(page, section, tables, binding)
    if chosen.machine is None:
        raise PageError(refusal(chosen.findings, chosen.questions, page.name))
    machine = with_additions(chosen.machine, binding) if binding else chosen.machine
    assumed = [f"{remark.place}: {remark.text}" for remark in chosen.assumed]
    others = len(page.tables) - 1
    if others and not section and binding is None:
        text = f"{page.name}:{chosen.line}: the only one of {others + 1} tables that is a machine"
        assumed.append(text)
    warn_of_assumptions(name, assumed)
    return replace(machine, name=name, assumed=tuple(assumed))


def _drawn_machine(
    name: str, page: Page, section: str, diagrams: Sequence[DocumentedDiagram]
) -> Machine:
    """Return the machine of the only state diagram, and say what of the page is not read."""
    where = f"{page.name}#{section}" if section else page.name
    machine = diagram_machine(page, where, diagrams)
    assumed = list(machine.assumed)
    tables = 0 if section else len(page.tables)
    if tables:
        line = diagrams[0].source.line
        what = f"is the machine; {quantity(tables, 'table')} of the page declare none"
        assumed.append(f"{page.name}:{line}: the state diagram {what}")
    warn_of_assumptions(name, assumed)
    return replace(machine, name=name, assumed=tuple(assumed))


def machine_tables(
    page: Page, section: str, load: Load, binding: Binding | None = None
) -> list[TableMachine]:
    """Return the tables of a page, or of one of its sections, that declare machines.

    Tables of steps, whose rows name no states, are among them where no other table is.
    """
    tables = page.tables_of(page.section(section)) if section else page.tables
    wanted = binding.title if binding else None
    found = []
    is_steps = binding is not None and (binding.form == "steps" or bool(binding.follows))
    for table in () if is_steps else tables:
        if wanted is not None and normalise(table.title) != normalise(wanted):
            continue
        declared = read_declared(page, table, binding)
        if declared.form:
            found.append(
                TableMachine(
                    table.line,
                    table.title,
                    table.section.id if table.section else "",
                    declared.form,
                    declared.machine,
                    declared.assumed,
                    declared.findings,
                    declared.questions,
                )
            )
    return found or _tables_of_steps(page, tables, load, binding)


def _tables_of_steps(
    page: Page, tables: Sequence[Table], load: Load, binding: Binding | None
) -> list[TableMachine]:
    sections = {table.line: table.section.id if table.section else "" for table in tables}
    readings = readings_of(page, load, binding) if tables else []
    wanted = binding.title if binding else None
    return [
        TableMachine(
            reading.table.line,
            reading.table.title,
            sections[reading.table.line],
            "steps",
            reading.machine,
            reading.assumed,
            reading.findings,
            reading.questions,
        )
        for reading in readings
        if reading.table.line in sections
        and (wanted is None or normalise(reading.table.title) == normalise(wanted))
    ]


def _chosen(
    page: Page, section: str, tables: Sequence[TableMachine], binding: Binding | None
) -> TableMachine:
    """Return the only table; raises :class:`PageError` with what there is for none or several."""
    if len(tables) == 1:
        return tables[0]
    where = f"{page.name}#{section}" if section else page.name
    if not tables:
        if binding and binding.title is not None:
            raise PageError(f"{where}: no table {binding.title!r} that declares a machine")
        if not page.tables:
            raise PageError(f"{where}: no table and no state diagram in this page")
        if not any(table.rows for table in page.tables):
            raise PageError(f"{where}: the table has no rows")
        count = quantity(len(page.tables), "table")
        raise PageError(
            f"{where}: {count}, none with columns such as From, Event, To or a matrix of states "
            f"and events; name its columns in a file: fsm draft {page.name} -o {_toml(page)}"
        )
    ids = [table.section for table in tables]
    if all(ids) and len(set(ids)) == len(ids):
        listed = ", ".join(f"{page.name}#{t.section} (line {t.line})" for t in tables)
        raise PageError(f"{where}: {len(tables)} tables declare machines; name one: {listed}")
    if not all(table.title for table in tables):
        lines = ", ".join(str(table.line) for table in tables)
        raise PageError(
            f"{where}: {len(tables)} tables declare machines, at lines {lines}; give each a "
            "heading of its own, and name it: page.md#heading"
        )
    listed = ", ".join(f"{t.title!r} (line {t.line})" for t in tables)
    raise PageError(
        f"{where}: {len(tables)} tables declare machines: {listed}; name one by title = in a file: "
        f"fsm draft {where} -o {_toml(page)}"
    )


def _toml(page: Page) -> str:
    return f"{Path(page.name).stem}.toml"
