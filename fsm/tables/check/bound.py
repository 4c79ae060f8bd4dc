"""Check tables of any form against any machine, as a binding says what their columns are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from fsm.machine import Effect, Machine, Transition
from fsm.tables.check.finding import Finding, Severity, at
from fsm.tables.read.cell_text import normalise, normalise_name, plain
from fsm.tables.read.page import Page
from fsm.tables.read.source_states import read_source_states
from fsm.tables.read.table import Cell, Row, Table
from fsm.tables.recognition import Knows, recognised
from fsm.tables.words.binding import Binding, Names
from fsm.tables.words.lexicon import is_distinctive

__all__ = ["Bound", "Fit", "bound_table", "check_bound"]

_EFFECTS = {
    "+1": Effect.INCREASES, "+": Effect.INCREASES, "up": Effect.INCREASES,
    "-1": Effect.DECREASES, "down": Effect.DECREASES,
    "0": Effect.NO_CHANGE, "": Effect.NO_CHANGE, "-": Effect.NO_CHANGE,
    "\u2013": Effect.NO_CHANGE, "\u2014": Effect.NO_CHANGE, "\u2212": Effect.NO_CHANGE,
    "\u22121": Effect.DECREASES,
}  # fmt: skip
_ITSELF = ("itself", "same state")


@dataclass(frozen=True, slots=True)
class Bound:
    """What a binding found in a page: its tables, their rows and how many agree, its findings."""

    tables: tuple[Table, ...]
    rows: int
    confirmed: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Fit:
    """A table that a binding is about: its columns by role, indicators by their names.

    ``guessed`` are the columns recognised by their cells alone, ``missing`` those that are not
    there, each as the binding calls it.
    """

    table: Table
    columns: Mapping[str, int]
    indicators: Mapping[str, int]
    guessed: Mapping[int, str]
    missing: tuple[str, ...]
    is_named: bool
    """Whether the binding names the table, by all its columns or by its title."""

    @property
    def is_whole(self) -> bool:
        """Whether every column is there under its header."""
        return not self.guessed and not self.missing


def bound_table(table: Table, names: Names) -> Fit | None:
    """Return how a binding fits a table, ``None`` where the table is not its.

    A table is its where all columns are there; or where its complete title stands above it in
    several words, or a row has a known event under the right header: then a column may have
    another header, and is recognised by its cells.
    """
    binding = names.binding
    titled = binding.title is not None and normalise(binding.title) == normalise(table.title)
    if binding.title is not None and not titled:
        return None
    at = {normalise(cell.text): i for i, cell in reversed(list(enumerate(table.header)))}
    wanted = {**binding.columns, **{f"indicator {n}": h for n, h in binding.indicators.items()}}
    columns = {name: at[h] for name, header in wanted.items() if (h := normalise(header)) in at}
    missing = [name for name in wanted if name not in columns]
    guessed: dict[int, str] = {}
    telling = titled and is_distinctive(normalise(table.title))
    if missing:
        known = _known(names)
        if not telling and not _has_event(table, columns, known["event"]):
            return None
        known = {name: known[name.partition(" ")[0]] for name in missing}
        if sum(name.startswith("indicator ") for name in missing) > 1:
            known = {n: knows for n, knows in known.items() if not n.startswith("indicator ")}
        columns, guessed, _ = recognised(table, columns, known, wanted)
    left = tuple(wanted[name] for name in wanted if name not in columns)
    indicators = {name: columns.get(f"indicator {name}", -1) for name in binding.indicators}
    own = {name: i for name, i in columns.items() if name in binding.columns}
    told = {i: wanted[name] for i, name in guessed.items()}
    return Fit(table, own, indicators, told, left, telling or not missing)


def _known(names: Names) -> dict[str, Knows]:
    binding = names.binding

    def by(kind: Mapping[str, str]) -> Knows:
        return lambda cell: binding.named(cell.text, kind) is not None

    def is_source(cell: Cell) -> bool:
        named = _naming(binding, names.states)
        return bool(read_source_states(cell, named, names.machine).states)

    return {
        "from": is_source,
        "event": by(names.events),
        "guard": by(names.guards),
        "to": by(names.states),
        "status": by(names.statuses),
        "indicator": lambda cell: bool(plain(cell.text)) and _effect(cell, binding) is not None,
    }


def _naming(binding: Binding, names: Mapping[str, str]) -> Callable[[str], str | None]:
    return lambda text: binding.named(text, names)


def _has_event(table: Table, columns: Mapping[str, int], is_event: Knows) -> bool:
    i = columns.get("event")
    rows = table.rows if i is not None else ()
    return any(is_event(row.cells[i]) for row in rows if i is not None and i < row.width)


def _effect(cell: Cell, binding: Binding) -> Effect | None:
    word = normalise(cell.text)
    named = normalise_name(binding.labels.get(word, word))
    return _EFFECTS.get(named) or next(
        (e for e in Effect if normalise_name(e.value) == named), None
    )


def check_bound(page: Page, names: Names, fits: Sequence[Fit]) -> Bound:
    """Check tables of a page that fit a binding.

    Each row must do what the machine does: its event in each of its states, or, without a column
    of states, at the end of the shortest trace to the event. With that column the tables
    together must have every transition.
    """
    check = _Check(page.name, names.binding, names.machine, names)
    for fit in fits:
        check.table(fit)
    whole = [fit for fit in fits if not fit.missing]
    if whole and "from" in names.binding.columns:
        check.missing(whole[-1].table)
    return Bound(
        tuple(fit.table for fit in fits),
        sum(len(fit.table.rows) for fit in fits),
        check.confirmed,
        tuple(check.findings),
    )


@dataclass
class _Check:
    file: str
    binding: Binding
    machine: Machine
    names: Names
    findings: list[Finding] = field(default_factory=list)
    seen: dict[tuple[str, str], int] = field(default_factory=dict)
    confirmed: int = 0

    def table(self, fit: Fit) -> None:
        """Check one table."""
        header = fit.table.header
        for i, name in fit.guessed.items():
            text = (
                f"the header {plain(header[i].text)!r} is not the {name!r} of {self.binding.name}"
            )
            self._find(header[i], "renamed-column", f"{text}; by its cells it is", None, "warning")
        for name in fit.missing:
            text = f"the table has no column {name!r}, which {self.binding.name} names"
            self._find(header[0], "missing-column", text, None)
        if not fit.missing:
            for number, row in enumerate(fit.table.rows, 1):
                before = len(self.findings)
                self.row(fit, row, number)
                found = _joined(self.findings[before:])
                self.findings[before:] = found
                self.confirmed += not any(finding.severity == "error" for finding in found)

    def row(self, fit: Fit, row: Row, number: int) -> None:
        """Check one row."""
        if row.width != len(fit.table.header):
            fault = f"has {row.width} cells under {len(fit.table.header)} headers"
            self._find(row.cells[0], "broken-row", fault, number)
            return
        cells = {role: row.cells[i] for role, i in fit.columns.items()}
        for transition in self._transitions(cells, number):
            self._target(cells, transition, number)
            effects = self.machine.effects(transition)
            for name, place in fit.indicators.items():
                self._effect(row.cells[place], name, effects[name], transition, number)

    def _target(self, cells: Mapping[str, Cell], transition: Transition, number: int) -> None:
        to = transition.target
        if "to" in cells:
            states = self.names.states | dict.fromkeys(_ITSELF, transition.source)
            self._compare(cells["to"], "state", states, to, transition, number)
        if "status" in cells:
            shown = self.machine.status(to)
            self._compare(cells["status"], "status", self.names.statuses, shown, transition, number)

    def _transitions(self, cells: Mapping[str, Cell], number: int) -> list[Transition]:
        """Return what a row is about: a transition in each of its states."""
        event = self._known(cells["event"], "event", self.names.events, number)
        guard: str | None = ""
        if "guard" in cells and plain(cells["guard"].text) not in ("", "-"):
            guard = self._known(cells["guard"], "guard", self.names.guards, number)
        sources = self._sources(cells["from"], number) if "from" in cells else [None]
        if event is None or guard is None:
            return []
        label = f"{event} [{guard}]" if guard else event
        found = [t for source in sources if (t := self._found(cells, label, source, number))]
        keys = [(t.source if "from" in cells else "", t.label) for t in found]
        if keys and all(key in self.seen for key in keys):
            text = f"repeats row {self.seen[keys[0]]}"
            self._find(cells["event"], "duplicate-row", text, number)
            return []
        for key in keys:
            self.seen.setdefault(key, number)
        return found

    def _sources(self, cell: Cell, number: int) -> Sequence[str | None]:
        """Return the states a row starts from; none where a word of them is not known."""
        found = read_source_states(cell, _naming(self.binding, self.names.states), self.machine)
        for word in found.unknown:
            text = f"unknown state {word!r}{self.names.close(word, self.names.states)}"
            self._find(cell, "unknown-label", text, number)
        if not found.states and not found.unknown:
            self._find(cell, "unknown-label", f"{plain(cell.text)!r} is no state", number)
        return () if found.unknown else found.states

    def _found(
        self, cells: Mapping[str, Cell], label: str, source: str | None, number: int
    ) -> Transition | None:
        found = self._first(label, source)
        if found is None:
            where = f" in {source}" if source else ""
            text = f"the machine has no transition {label!r}{where}"
            self._find(cells["event"], "wrong-transition", text, number)
        return found

    def _first(self, label: str, source: str | None) -> Transition | None:
        machine = self.machine
        fitting = [t for t in machine.transitions if label in (t.label, t.event)]
        if source is not None:
            return next((t for t in fitting if t.source == source), None)
        traces = [(machine.trace_to(t.event, t.source), t) for t in fitting]
        known = [(len(trace), trace, t) for trace, t in traces if trace]
        return min(known, key=lambda found: found[:2])[2] if known else None

    def missing(self, table: Table) -> None:
        """Report the transitions that no row has."""
        known = dict.fromkeys((t.source, t.label) for t in self.machine.transitions)
        for source, label in known:
            if (source, label) not in self.seen:
                text = f"no row for {label!r} in {source}"
                self._find(table.header[0], "missing-row", text, None)

    def _compare(
        self,
        cell: Cell,
        what: str,
        names: Mapping[str, str],
        expected: str | None,
        transition: Transition,
        number: int,
    ) -> None:
        if expected is None and plain(cell.text) in ("", "-"):
            return
        said = self._known(cell, what, names, number)
        if said is not None and said != expected:
            code = "wrong-status" if what == "status" else "wrong-transition"
            self._find(cell, code, _against(what, said, transition, expected), number)

    def _effect(
        self, cell: Cell, name: str, expected: Effect, transition: Transition, number: int
    ) -> None:
        said = _effect(cell, self.binding)
        if said is None:
            self._find(cell, "unknown-label", f"unknown effect {plain(cell.text)!r}", number)
        elif said is not expected:
            text = _against(name, said.value, transition, expected.value)
            self._find(cell, "wrong-effect", text, number)

    def _known(self, cell: Cell, what: str, names: Mapping[str, str], number: int) -> str | None:
        found = self.binding.named(cell.text, names)
        if found is None:
            text = f"unknown {what} {plain(cell.text)!r}{self.names.close(cell.text, names)}"
            self._find(cell, "unknown-label", text, number)
        return found

    def _find(
        self, cell: Cell, code: str, text: str, number: int | None, severity: Severity = "error"
    ) -> None:
        finding = at(self.file, cell, code, text, self.machine.name, number, severity)
        self.findings.append(finding)


def _joined(findings: Sequence[Finding]) -> list[Finding]:
    """Make one finding of those that a row has in several of its states."""
    first: dict[tuple[int, int, str], Finding] = {}
    more: dict[tuple[int, int, str], int] = {}
    for finding in findings:
        key = finding.line, finding.column, finding.code
        same = key in first and finding.message != first[key].message
        more[key] = more.get(key, 0) + same
        first.setdefault(key, finding)
    return [
        replace(f, message=f"{f.message}; and in {more[key]} more") if more[key] else f
        for key, f in first.items()
    ]


def _against(what: str, said: str, transition: Transition, expected: str | None) -> str:
    place = f"{transition.label!r} in {transition.source}"
    return f"{what} {said!r} for {place}, the machine says {expected!r}"
