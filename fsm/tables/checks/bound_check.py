"""Check the tables that a binding is about against its machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from fsm.machine import Effect, Machine, Transition
from fsm.tables.checks.binding_fit import TableFit, effect_in_cell
from fsm.tables.checks.finding import Finding, Severity, finding_at
from fsm.tables.read.cell_text import plain
from fsm.tables.read.page import Page
from fsm.tables.read.source_states import read_source_states
from fsm.tables.read.table import Cell, Row, Table
from fsm.tables.words.binding import Binding
from fsm.tables.words.machine_names import MachineNames

__all__ = ["BoundRow", "BoundTables", "check_bound_tables"]

_ITSELF = ("itself", "same state")
_EMPTY = ("", "-")


@dataclass(frozen=True, slots=True)
class BoundRow:
    """A row of a bound table, and the transitions that it documents, one for each source state."""

    number: int
    line: int
    text: str
    """Its cells, as a reader sees them."""
    event: str
    """The words of its event."""
    transitions: tuple[Transition, ...]
    agrees: bool
    """Whether the row states what the machine does."""


@dataclass(frozen=True, slots=True)
class BoundTables:
    """The tables of a page that a binding is about, their rows, how many agree, the findings."""

    tables: tuple[Table, ...]
    rows: int
    confirmed: int
    findings: tuple[Finding, ...]
    documented: tuple[tuple[BoundRow, ...], ...] = ()
    """The rows of each table."""


def check_bound_tables(page: Page, names: MachineNames, fits: Sequence[TableFit]) -> BoundTables:
    """Check the tables of a page that a binding is about.

    Each row must state what the machine does on its event: in each state that the row starts
    from or, without a column of states, at the end of the shortest trace to the event. With a
    column of states, the tables together must have every transition; without one, every event.
    """
    check = _BoundCheck(page.name, names)
    for fit in fits:
        check.check_table(fit)
    complete = [fit for fit in fits if not fit.missing]
    if complete:
        check.report_missing_rows(complete[-1].table)
    return BoundTables(
        tuple(fit.table for fit in fits),
        sum(len(fit.table.rows) for fit in fits),
        check.confirmed,
        tuple(check.findings),
        tuple(map(tuple, check.documented)),
    )


@dataclass
class _BoundCheck:
    file: str
    names: MachineNames
    findings: list[Finding] = field(default_factory=list)
    first_rows: dict[tuple[str, str], int] = field(default_factory=dict)
    """The first row of each (state, event with guard); the state is empty where no column is."""
    confirmed: int = 0
    documented: list[list[BoundRow]] = field(default_factory=list)
    unread: int = 0
    """How many transitions the rows may have whose event or guard is not known."""
    unread_events: set[str] = field(default_factory=set)
    """The events of rows that start from a state that is not known."""

    @property
    def binding(self) -> Binding:
        return self.names.binding

    @property
    def machine(self) -> Machine:
        return self.names.machine

    # Tables --------------------------------------------------------------------------------

    def check_table(self, fit: TableFit) -> None:
        """Check one table."""
        self.documented.append([])
        header = fit.table.header
        for i, name in fit.guessed.items():
            text = (
                f"unknown header {plain(header[i].text)!r}; by its cells this is the column "
                f"{name!r} of {self.binding.name}"
            )
            self.report(header[i], "renamed-column", text, None, "warning")
        for name in fit.missing:
            text = f"the table has no column {name!r}, which {self.binding.name} names"
            self.report(header[0], "missing-column", text, None)
        if fit.missing:
            return
        for number, row in enumerate(fit.table.rows, 1):
            before = len(self.findings)
            transitions = self.check_row(fit, row, number)
            of_row = _joined(self.findings[before:])
            self.findings[before:] = of_row
            agrees = all(finding.severity != "error" for finding in of_row)
            self.confirmed += agrees
            texts = [" / ".join(plain(part.text) for part in cell.parts()) for cell in row.cells]
            i = fit.columns["event"]
            event = texts[i] if i < len(texts) else ""
            text = " | ".join(texts)
            of_table = self.documented[-1]
            of_table.append(BoundRow(number, row.line, text, event, tuple(transitions), agrees))

    def report_missing_rows(self, table: Table) -> None:
        """Report the transitions that no row has, unless the unread rows may be theirs.

        Without a column of states a row is about an event: each event that a trace reaches has one.
        An event with guards needs them in a column, or need not be there.
        """
        if "from" in self.binding.columns:
            keys = dict.fromkeys((t.source, t.label) for t in self.machine.transitions)
        else:
            keys = self._reachable_events()
        missing = [k for k in keys if k not in self.first_rows and k[1] not in self.unread_events]
        if len(missing) <= self.unread:
            return
        for source, label in missing:
            place = f" in {source}" if source else ""
            text = f"no row for {label!r}{place}"
            self.report(table.header[0], "missing-row", text, None)

    def _reachable_events(self) -> dict[tuple[str, str], None]:
        """Return what the rows of a table without states must have, as keys of ``first_rows``."""
        reached = [t for t in self.machine.transitions if self.machine.trace_to(t.event, t.source)]
        has_guards = "guard" in self.binding.columns
        return dict.fromkeys(("", t.label) for t in reached if has_guards or not t.guard)

    # One row -------------------------------------------------------------------------------

    def check_row(self, fit: TableFit, row: Row, number: int) -> list[Transition]:
        """Check one row; return the transitions that it is about."""
        if row.width != len(fit.table.header):
            fault = f"the row has {row.width} cells under {len(fit.table.header)} headers"
            self.report(row.cells[0], "broken-row", fault, number)
            return []
        cells = {role: row.cells[i] for role, i in fit.columns.items()}
        transitions = self.transitions(cells, number)
        for transition in transitions:
            self.check_target(cells, transition, number)
            effects = self.machine.effects(transition)
            for name, i in fit.indicators.items():
                self.check_effect(row.cells[i], name, effects[name], transition, number)
        return transitions

    def transitions(self, cells: Mapping[str, Cell], number: int) -> list[Transition]:
        """Return the transitions that a row is about, one for each state that it starts from."""
        event = self.known_name(cells["event"], "event", self.names.events, number)
        guard: str | None = ""
        if "guard" in cells and plain(cells["guard"].text) not in _EMPTY:
            guard = self.known_name(cells["guard"], "guard", self.names.guards, number)
        has_sources = "from" in cells
        sources = self.source_states(cells["from"], number) if has_sources else (None,)
        if event is None or guard is None:
            self.unread += max(1, len(sources))
            return []
        label = f"{event} [{guard}]" if guard else event
        if not sources:
            self.unread_events.add(label)
        transitions = []
        for source in sources:
            if transition := self.transition(label, source):
                transitions.append(transition)
            else:
                where = f" in {source}" if source else ""
                text = f"the machine has no transition {label!r}{where}"
                self.report(cells["event"], "wrong-transition", text, number)
        keys = [(t.source if has_sources else "", t.label) for t in transitions]
        if keys and all(key in self.first_rows for key in keys):
            text = f"repeats row {self.first_rows[keys[0]]}"
            self.report(cells["event"], "duplicate-row", text, number)
            return []
        for key in keys:
            self.first_rows.setdefault(key, number)
        return transitions

    def source_states(self, cell: Cell, number: int) -> Sequence[str]:
        """Return the states a row starts from; none where one of the names is unknown."""
        sources = read_source_states(cell, self.names.state, self.machine)
        for name in sources.unknown:
            text = f"unknown state {name!r}{self.names.hint(name, self.names.states)}"
            self.report(cell, "unknown-label", text, number)
        if not sources.states and not sources.unknown:
            self.report(cell, "unknown-label", f"{plain(cell.text)!r} names no state", number)
        return () if sources.unknown else sources.states

    def transition(self, label: str, source: str | None) -> Transition | None:
        """Return the transition of an event in a state, or the one with the shortest trace."""
        fitting = [t for t in self.machine.transitions if label in (t.label, t.event)]
        if source is not None:
            return next((t for t in fitting if t.source == source), None)
        traces = [(self.machine.trace_to(t.event, t.source), t) for t in fitting]
        reachable = [(len(trace), trace, t) for trace, t in traces if trace]
        return min(reachable, key=lambda entry: entry[:2])[2] if reachable else None

    def check_target(self, cells: Mapping[str, Cell], transition: Transition, number: int) -> None:
        """Check the state and the status after a transition."""
        if "to" in cells:
            states = self.names.states | dict.fromkeys(_ITSELF, transition.source)
            expected: str | None = transition.target
            self.check_name(cells["to"], "state", states, expected, transition, number)
        if "status" in cells:
            expected = self.machine.status(transition.target)
            statuses = self.names.statuses
            self.check_name(cells["status"], "status", statuses, expected, transition, number)

    def check_name(
        self,
        cell: Cell,
        kind: str,
        names: Mapping[str, str],
        expected: str | None,
        transition: Transition,
        number: int,
    ) -> None:
        """Check that a cell names the expected state or status."""
        if expected is None and plain(cell.text) in _EMPTY:
            return
        stated = self.known_name(cell, kind, names, number)
        if stated is not None and stated != expected:
            code = "wrong-status" if kind == "status" else "wrong-transition"
            text = _contradiction(kind, plain(cell.text), transition, expected)
            self.report(cell, code, text, number)

    def check_effect(
        self, cell: Cell, indicator: str, expected: Effect, transition: Transition, number: int
    ) -> None:
        """Check that a cell states the expected effect."""
        stated = effect_in_cell(cell, self.binding)
        if stated is None:
            self.report(cell, "unknown-label", f"unknown effect {plain(cell.text)!r}", number)
        elif stated is not expected:
            words = plain(cell.text) or stated.value
            text = _contradiction(indicator, words, transition, expected.value)
            self.report(cell, "wrong-effect", text, number)

    def known_name(
        self, cell: Cell, kind: str, names: Mapping[str, str], number: int
    ) -> str | None:
        """Return the name that a cell stands for; an unknown one is reported."""
        name = self.binding.meaning(cell.text, names)
        if name is None:
            text = f"unknown {kind} {plain(cell.text)!r}{self.names.hint(cell.text, names)}"
            self.report(cell, "unknown-label", text, number)
        return name

    def report(
        self, cell: Cell, code: str, text: str, number: int | None, severity: Severity = "error"
    ) -> None:
        """Add a finding at a cell."""
        finding = finding_at(self.file, cell, code, text, self.machine.name, number, severity)
        self.findings.append(finding)


def _joined(findings: Sequence[Finding]) -> list[Finding]:
    """Return one finding for all states of a row in which one cell has the same fault."""
    first: dict[tuple[int, int, str], Finding] = {}
    more: dict[tuple[int, int, str], int] = {}
    for finding in findings:
        key = finding.line, finding.column, finding.code
        is_other = key in first and finding.message != first[key].message
        more[key] = more.get(key, 0) + is_other
        first.setdefault(key, finding)
    return [_in_more_states(finding, more[key]) for key, finding in first.items()]


def _in_more_states(finding: Finding, count: int) -> Finding:
    if not count:
        return finding
    states = "state" if count == 1 else "states"
    return replace(finding, message=f"{finding.message}; and in {count} more {states}")


def _contradiction(kind: str, stated: str, transition: Transition, expected: str | None) -> str:
    place = f"{transition.label!r} in {transition.source}"
    return f"{kind} {stated!r} for {place}, the machine says {expected!r}"
