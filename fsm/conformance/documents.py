"""What a page documents about each cell of a machine."""

from __future__ import annotations

import os
import re
import warnings
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from fsm.alphabet import guarded_inputs, joint_inputs
from fsm.catalog import load
from fsm.conformance.page_names import (
    answers_of,
    by_loose_form,
    loose_form,
    spelling_questions,
    states_by_status,
    unrelated_tables,
    with_guards_of,
)
from fsm.conformance.page_notes import first_notes, read_otherwise, row_assumption
from fsm.conformance.stated_rows import (
    StatedCell,
    TableRows,
    bound_rows_of,
    declared_rows_of,
    recognised_rows_of,
    row_text,
)
from fsm.conformance.votes import DOCUMENT, Vote, judge, shows_states
from fsm.errors import AssumptionWarning, PageError
from fsm.file_kinds import misplaced_file
from fsm.machine import Machine, Origin
from fsm.settings import ProjectSettings
from fsm.tables.declared.pages import page_machine
from fsm.tables.declared.reading import bound_page
from fsm.tables.read.cell_text import normalise_name
from fsm.tables.read.page import PAGE_FORMATS, PAGE_SUFFIXES, Page, read_page
from fsm.tables.read.sections import split_page_name
from fsm.tables.read.table import Table
from fsm.tables.words.binding import Binding, read_binding
from fsm.tables.words.machine_names import MachineNames
from fsm.text import quantity

__all__ = ["DocumentedCells", "declared_cells", "read_documented_cells"]

_Key = tuple[str, str]
_OF_ENDS = re.compile(r":\d+: (?:initial|final)\b")


@dataclass(frozen=True)
class DocumentedCells:
    """What a page states about the cells of a machine."""

    page: str
    """The page, with its section."""
    rows: Mapping[_Key, tuple[StatedCell, ...]]
    """The rows about each cell, by state and event."""
    is_whole: bool
    """Whether a cell without a row is rejected, since each row names its state."""
    is_origin: bool = False
    """Whether the machine was made from this page: then both have one vote."""
    notes: tuple[str, ...] = ()
    """What was assumed, and what was not read."""
    open: frozenset[_Key] = frozenset()
    """Cells of which the page leaves open, by guards that the machine lacks, what happens."""

    def vote(self, state: str, event: str) -> Vote | None:
        """Return what the page says about a cell, ``None`` where it is silent."""
        if (state, event) in self.open:
            return None
        stated = self.rows.get((state, event), ())
        if not stated:
            return Vote.rejects_it(DOCUMENT, "has no row") if self.is_whole else None
        votes = [_vote(cell.target, cell.shown) for cell in stated]
        if not judge(votes).agrees:
            texts = " and ".join(dict.fromkeys(vote.text for vote in votes))
            return Vote.fails(DOCUMENT, f"contradicts itself: {texts}")
        target = next((cell.target for cell in stated if cell.target is not None), None)
        shown = next((cell.shown for cell in stated if cell.shown is not None), None)
        return _vote(target, shown)

    def origins(self, state: str, event: str) -> tuple[Origin, ...]:
        """Return the rows about a cell."""
        return tuple(cell.origin for cell in self.rows.get((state, event), ()))


def _vote(target: str | None, shown: str | None) -> Vote:
    if target is not None:
        return Vote.goes_to(DOCUMENT, target, shown)
    return Vote.accepts(DOCUMENT) if shown is None else Vote.shows(DOCUMENT, shown)


def read_documented_cells(
    name: str, machine: Machine, machine_name: str, settings: ProjectSettings | None = None
) -> DocumentedCells:
    """Return what a page states about a machine.

    ``name`` is a page, a section of one (``page.md#section``), or a TOML file about its table. A
    binding of the ``settings`` between the two is used; else the tables that are recognised as
    those of the machine; else the machine that the page declares. ``machine_name`` is the name by
    which the machine was loaded, which tells whether it was made from the page.

    Raises :class:`PageError` for a page that cannot be read, or that says nothing about the
    machine.
    """
    page_name, binding = _page_and_binding(name)
    path = Path(split_page_name(page_name)[0])
    bindings = [binding] if binding and binding.machine else _bindings(settings, machine_name, path)
    if not bindings and _is_itself(machine_name, page_name):
        return declared_cells(name, machine, machine, read_page(path), is_origin=True)
    found = _read(name, page_name, binding, bindings, machine)
    if bindings or not _is_cited(machine, machine_name, path):
        return found
    # What was added from prose, or by a decision, stands in no row.
    added = {(t.source, t.event) for t in machine.transitions if t.origin and t.origin.row is None}
    return replace(found, is_origin=True, open=found.open | (added - found.rows.keys()))


def _read(
    name: str,
    page_name: str,
    binding: Binding | None,
    bindings: Sequence[Binding],
    machine: Machine,
) -> DocumentedCells:
    path = Path(split_page_name(page_name)[0])
    page = read_page(path) if bindings or binding is None else None
    for bound in bindings:
        if page and (rows := bound_rows_of(page, bound, machine)):
            return _of_rows(name, rows, machine)
    section = split_page_name(page_name)[1]
    if page and binding is None and not section and (rows := recognised_rows_of(page, machine)):
        return _of_rows(name, rows, machine)
    page = page or read_page(path)
    try:
        declared = _declared(name, page, section, machine)
    except PageError:
        tables = page.tables_of(page.section(section)) if section else page.tables
        if spelling_questions(page, tables, answers_of(page, tables, machine)):
            raise
        if binding is None and (rows := declared_rows_of(page, tables, machine)):
            return _of_rows(name, rows, machine, tables)
        raise
    return declared_cells(name, declared, machine, page)


def _declared(name: str, page: Page, section: str, machine: Machine) -> Machine:
    """Return the machine that a page declares; where it does not mark the initial state, ours."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AssumptionWarning)  # they are among the notes
        try:
            return load(name)
        except PageError:
            tables = page.tables_of(page.section(section)) if section else page.tables
            answers = answers_of(page, tables, machine)
            for known in (answers, replace(answers, initial=machine.initial)):
                with suppress(PageError):
                    return page_machine(name, page, section, load, known)
            raise


def _page_and_binding(name: str) -> tuple[str, Binding | None]:
    """Return the page of a name, and the TOML file about it where the name is one."""
    path = Path(split_page_name(name)[0])
    suffix = path.suffix.lower()
    if suffix not in ("", ".toml", *PAGE_SUFFIXES) and path.is_file():
        wrong = misplaced_file(str(path), "page") or f"{suffix} files are not read"
        raise PageError(f"{name}: {wrong}; a page is {PAGE_FORMATS}")
    if suffix != ".toml":
        return name, None
    binding = read_binding(Path(name))
    page = bound_page(binding)
    if page is None:
        raise PageError(f'{name}: names no page; add page = "PAGE.md", the page of its table')
    return str(page), binding


def _bindings(settings: ProjectSettings | None, machine_name: str, page: Path) -> list[Binding]:
    """Return the bindings between a machine and a page: the machine's own, those of settings."""
    files = list(settings.files("bindings")) if settings else []
    own = Path(machine_name)
    found = [read_binding(path) for path in [own] * (own.suffix.lower() == ".toml") + files]
    names = {machine_name, *(binding.machine for binding in found if binding.name == machine_name)}
    return [
        binding
        for binding in found
        if binding.machine and binding.machine in names
        if _is_same(bound_page(binding) or page, page)
    ]


def _is_itself(machine_name: str, page_name: str) -> bool:
    """Whether a machine is a page, or a TOML file about it without a machine of its own."""
    page = Path(split_page_name(page_name)[0])
    file = Path(split_page_name(machine_name)[0])
    if file.suffix.lower() == ".toml":
        binding = read_binding(file)
        made = None if binding.machine else bound_page(binding)
        return made is not None and _is_same(made, page)
    return _is_same(file, page)


def _is_cited(machine: Machine, machine_name: str, page: Path) -> bool:
    """Whether a machine was made from a page: its transitions cite it, as ``fsm convert`` writes.

    The page may have changed since then.
    """
    folder = Path(split_page_name(machine_name)[0]).parent
    cited = {t.origin.file for t in machine.transitions if t.origin and t.origin.file}
    return any(_is_same(at / each, page) for each in cited for at in (Path(), folder))


def _is_same(a: Path, b: Path) -> bool:
    return os.path.realpath(a) == os.path.realpath(b)


def _of_rows(
    name: str, read: TableRows, machine: Machine, tables: Sequence[Table] = ()
) -> DocumentedCells:
    """Return what rows state; ``tables`` are those that may be about something else."""
    written = [n for cell in read.cells for n in (cell.state, cell.target) if n is not None]
    showing = states_by_status(machine, written)
    cells = [
        replace(
            cell,
            state=showing.get(cell.state, cell.state),
            target=cell.target and showing.get(cell.target, cell.target),
        )
        for cell in read.cells
    ]
    _check_states(name, [cell.state for cell in cells], machine)
    named: defaultdict[int, set[str]] = defaultdict(set)
    for cell in cells:
        named[cell.origin.line] |= {cell.state, cell.target or cell.state}
    unrelated = unrelated_tables(tables, named, machine)
    aside = {row.line for table in unrelated for row in table.rows}
    rows: defaultdict[_Key, list[StatedCell]] = defaultdict(list)
    for cell in cells:
        if cell.origin.line in aside:
            continue
        for symbol in _symbols(machine, cell):
            rows[cell.state, symbol].append(cell)
    notes = [f"{name}: {text}" for text in read_otherwise(showing, unrelated, ())]
    if read.unread:
        count = quantity(len(read.unread), "row")
        notes.append(
            f"{name}: {count} not understood, the first at {read.unread[0]}; see fsm check"
        )
    return DocumentedCells(
        name,
        {key: tuple(cells) for key, cells in rows.items()},
        read.names_states,
        notes=(*notes, row_assumption(name, is_whole=read.names_states)),
    )


def _check_states(name: str, states: Sequence[str], machine: Machine) -> None:
    """Refuse a page that is about something else."""
    own = [state.name for state in machine.states]
    if set(own).isdisjoint(states):
        first = f"such as {states[0]!r}" if states else "if it has any"
        raise PageError(
            f"{name}: none of its states, {first}, is one of {machine.name}, such as {own[0]!r}; "
            "a file can bind its table to the machine, see fsm guide documentation"
        )


def _symbols(machine: Machine, cell: StatedCell) -> list[str]:
    """Return the input symbols of the machine that a row is about."""
    of_label = [t for t in machine.transitions if cell.label in (t.label, t.event)]
    here = [t.event for t in of_label if t.source == cell.state]
    found = here or [t.event for t in of_label]
    return list(dict.fromkeys(found)) or [cell.label]


def declared_cells(
    name: str,
    declared: Machine,
    machine: Machine,
    page: Page | None = None,
    *,
    is_origin: bool = False,
) -> DocumentedCells:
    """Return what a page states that declares a machine of its own.

    ``page`` has the texts of the rows; ``is_origin`` tells that ``machine`` was made from it.
    Raises :class:`PageError` where the two machines have no state in common.
    """
    names = MachineNames(machine, Binding(machine.name, {}, {}, {}))
    _check_events(name, declared, machine, names)
    declared = with_guards_of(machine, declared)

    def own(name: str, forms: Mapping[str, str]) -> str:
        return forms.get(normalise_name(name)) or by_loose_form(forms).get(loose_form(name), name)

    known = {state.name: own(state.name, names.states) for state in declared.states}
    showing = states_by_status(machine, known.values())
    states = {state: showing.get(known, known) for state, known in known.items()}
    _check_states(name, list(states.values()), machine)
    symbols: defaultdict[str, list[str]] = defaultdict(list)
    for joint in joint_inputs(machine, declared):
        if joint.b is not None:
            symbols[joint.b].append(joint.a if joint.a is not None else own(joint.b, names.events))
    tables = page.tables if page else ()
    texts = {row.line: row_text(row) for table in tables for row in table.rows}
    unrelated = _unrelated(tables, declared, states, machine) if page and not is_origin else []
    aside = {row.line for table in unrelated for row in table.rows}
    rows: defaultdict[_Key, list[StatedCell]] = defaultdict(list)
    reached: defaultdict[_Key, dict[str, str]] = defaultdict(dict)
    for t in declared.transitions:
        origin = t.origin or Origin("declared", "", name)
        if origin.line in aside:
            continue
        if page and _is_same(Path(origin.file), Path(page.name)):
            origin = replace(origin, reason=texts.get(origin.line, origin.reason))
        source, target = states[t.source], states[t.target]
        shown = None if shows_states(declared) else declared.status(t.target)
        shown = shown and own(shown, names.statuses)
        for symbol in dict.fromkeys(symbols[t.event]):
            stated = StatedCell(source, t.label, target, shown, origin)
            rows[source, symbol].append(stated)
            reached[source, symbol][t.event] = target
    # Where it begins and ends says nothing about a cell.
    assumed = [text for text in declared.assumed if not _OF_ENDS.search(text)]
    notes = [] if is_origin else first_notes(name, assumed)
    inputs = Counter(ours for of_page in symbols.values() for ours in dict.fromkeys(of_page))
    left_open = frozenset(
        key
        for key, targets in reached.items()
        if _is_open(targets, inputs[key[1]], key[1], machine)
    )
    if not is_origin:
        notes += [f"{name}: {text}" for text in read_otherwise(showing, unrelated, left_open)]
        notes.append(row_assumption(name, is_whole=True))
    return DocumentedCells(
        name,
        {key: tuple(cells) for key, cells in rows.items()},
        True,
        is_origin,
        tuple(notes),
        left_open,
    )


def _check_events(name: str, declared: Machine, machine: Machine, names: MachineNames) -> None:
    """Refuse tables that tell which states follow which, and not by which events."""
    invented = {t.event == f"to {t.target}" for t in declared.transitions}
    if invented == {True} and not any(normalise_name(e) in names.events for e in declared.events):
        raise PageError(
            f"{name}: its tables tell which states follow each other, not by which events: they "
            f"say nothing about single cells of {machine.name}; give a table with an event column"
        )


def _unrelated(
    tables: Sequence[Table], declared: Machine, states: Mapping[str, str], machine: Machine
) -> list[Table]:
    named: defaultdict[int, set[str]] = defaultdict(set)
    for t in declared.transitions:
        if t.origin:
            named[t.origin.line] |= {states[t.source], states[t.target]}
    return unrelated_tables(tables, named, machine)


def _is_open(targets: Mapping[str, str], inputs: int, symbol: str, machine: Machine) -> bool:
    """Whether an input of the machine is several of the page that lead to different states."""
    is_guarded = symbol in guarded_inputs(machine)
    return len(set(targets.values())) > 1 or (is_guarded and len(targets) < inputs)
