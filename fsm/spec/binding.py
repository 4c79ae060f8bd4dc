"""Bind any table of a page to any machine: a small TOML says what its columns are.

::

    machine = "shop.parcels:Parcel"
    title = "Life of a parcel"      # of the tables that are meant; without it, all that fit

    [columns]                       # role = "header"; one of event, and of to or status, is needed
    from = "Before"
    event = "What happens"
    guard = "If"
    to = "Afterwards"
    status = "Shown as"

    [indicators]                    # indicator = "header"
    Arrived = "Arrived"

    [labels]                        # a state, event, guard, status or effect = its words there
    on_the_way = ["in the van"]

States, events and guards are known by their names, states by their titles too; an indicator's
cell states an effect (``increases``), ``+1``, ``-1``, or ``0``, nothing or a dash for no change.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from fsm.errors import PageError
from fsm.machine import Effect, Machine, Transition
from fsm.spec.finding import Finding, at
from fsm.spec.page import Page
from fsm.spec.table import Cell, Row, Table
from fsm.spec.text import fold, normalise, plain

__all__ = ["Binding", "check_bound", "read_binding"]

ROLES = ("from", "event", "guard", "to", "status")

_EFFECTS = {
    "+1": Effect.INCREASES, "+": Effect.INCREASES, "up": Effect.INCREASES,
    "-1": Effect.DECREASES, "down": Effect.DECREASES,
    "0": Effect.NO_CHANGE, "": Effect.NO_CHANGE, "-": Effect.NO_CHANGE,
    "\u2013": Effect.NO_CHANGE, "\u2014": Effect.NO_CHANGE, "\u2212": Effect.NO_CHANGE,
    "\u22121": Effect.DECREASES,
}  # fmt: skip


@dataclass(frozen=True)
class Binding:
    """What the columns of a table are: ``columns`` by role, ``indicators`` by name.

    ``labels`` are the further words for what has a name, normalised.
    """

    machine: str
    columns: Mapping[str, str]
    indicators: Mapping[str, str]
    labels: Mapping[str, str]
    title: str | None = None

    def positions(self, table: Table) -> tuple[dict[str, int], dict[str, int]] | None:
        """Return where each role and each indicator stands, ``None`` where one is missing."""
        if self.title is not None and normalise(self.title) != normalise(table.title):
            return None
        at = {normalise(cell.text): i for i, cell in reversed(list(enumerate(table.header)))}
        headers = [normalise(h) for h in (*self.columns.values(), *self.indicators.values())]
        if not all(header in at for header in headers):
            return None
        roles, indicators = (
            {name: at[normalise(header)] for name, header in columns.items()}
            for columns in (self.columns, self.indicators)
        )
        return roles, indicators

    def named(self, text: str, names: Mapping[str, str]) -> str | None:
        """Return what a text stands for, by the labels and by names (normalised to name)."""
        word = normalise(text)
        found = self.labels.get(word)
        return found if found in names.values() else names.get(word)


def read_binding(path: Path) -> Binding:
    """Read a binding; raises :class:`PageError` naming the file and the fault."""
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise PageError(f"{path}: {error.strerror or error}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PageError(f"{path}: not TOML: {error}") from error
    known = {"machine", "title", "columns", "indicators", "labels"}
    unknown = sorted(data.keys() - known)
    if unknown:
        raise PageError(f"{path}: no entry {unknown[0]!r}; there are: {', '.join(sorted(known))}")
    columns = _texts(data, "columns", path)
    strange = sorted(columns.keys() - set(ROLES))
    if strange:
        raise PageError(f"{path}: no column {strange[0]!r}; there are: {', '.join(ROLES)}")
    if not isinstance(data.get("machine"), str) or "event" not in columns:
        raise PageError(f"{path}: needs machine = NAME, and [columns] with event = HEADER")
    if not ({"to", "status"} & columns.keys() or data.get("indicators")):
        raise PageError(f"{path}: nothing to check; name a column to, status, or an indicator")
    title = data.get("title")
    return Binding(
        data["machine"],
        columns,
        _texts(data, "indicators", path),
        _labels(data.get("labels", {}), path),
        title if title is None else str(title),
    )


def _texts(data: Mapping[str, Any], section: str, path: Path) -> dict[str, str]:
    entries = data.get(section, {})
    if not isinstance(entries, dict) or not all(isinstance(v, str) for v in entries.values()):
        raise PageError(f'{path}: [{section}] has lines such as event = "Header"')
    return entries


def _labels(entries: object, path: Path) -> dict[str, str]:
    labels: dict[str, str] = {}
    for name, words in entries.items() if isinstance(entries, dict) else ():
        for word in words if isinstance(words, list) else [words]:
            if labels.setdefault(normalise(str(word)), name) != name:
                raise PageError(f"{path}: {word!r} stands for two names")
    return labels


def check_bound(page: Page, binding: Binding, machine: Machine) -> tuple[int, int, list[Finding]]:
    """Check the tables of a page that fit a binding: their number, their rows, what was found.

    Each row must do what the machine does: its event in its state, or, without a column of
    states, at the end of the shortest trace to the event. With that column the tables together
    must have every transition.
    """
    bound = [(t, found) for t in page.tables if (found := binding.positions(t))]
    check = _Check(page.name, binding, machine)
    for table, (roles, indicators) in bound:
        for number, row in enumerate(table.rows, 1):
            check.row(table, row, number, roles, indicators)
    if bound and "from" in binding.columns:
        check.missing(bound[-1][0])
    return len(bound), sum(len(table.rows) for table, _ in bound), check.findings


@dataclass
class _Check:
    file: str
    binding: Binding
    machine: Machine
    findings: list[Finding] = field(default_factory=list)
    seen: dict[tuple[str, str], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        machine = self.machine
        self.states = {fold(s.title): s.name for s in machine.states}
        self.states |= {fold(s.name.replace("_", " ")): s.name for s in machine.states}
        self.states |= {fold(s.name): s.name for s in machine.states}
        self.events = _by_name(t.trigger for t in machine.transitions)
        self.guards = _by_name(t.guard for t in machine.transitions)
        self.statuses = _by_name(machine.statuses)

    def row(
        self,
        table: Table,
        row: Row,
        number: int,
        roles: Mapping[str, int],
        indicators: Mapping[str, int],
    ) -> None:
        """Check one row."""
        if row.width != len(table.header):
            fault = f"has {row.width} cells under {len(table.header)} headers"
            self._find(row.cells[0], "broken-row", fault, number)
            return
        cells = {role: row.cells[i] for role, i in roles.items()}
        transition = self._transition(cells, number)
        if transition is None:
            return
        machine, to = self.machine, transition.target
        if "to" in cells:
            self._compare(cells["to"], "state", self.states, to, transition, number)
        if "status" in cells:
            shown = machine.status(to)
            self._compare(cells["status"], "status", self.statuses, shown, transition, number)
        effects = machine.effects(transition)
        for name, place in indicators.items():
            self._effect(row.cells[place], name, effects.get(name), transition, number)

    def _transition(self, cells: Mapping[str, Cell], number: int) -> Transition | None:
        event = self._known(cells["event"], "event", self.events, number)
        guard: str | None = ""
        if "guard" in cells and plain(cells["guard"].text) not in ("", "-"):
            guard = self._known(cells["guard"], "guard", self.guards, number)
        source: str | None = None
        if "from" in cells:
            source = self._known(cells["from"], "state", self.states, number)
        if event is None or guard is None or ("from" in cells and source is None):
            return None
        label = f"{event} [{guard}]" if guard else event
        found = self._first(label, source)
        if found is None:
            where = f" in {source}" if source else ""
            text = f"the machine has no transition {label!r}{where}"
            self._find(cells["event"], "wrong-transition", text, number)
            return None
        key = (found.source if source else "", label)
        if key in self.seen:
            self._find(cells["event"], "duplicate-row", f"repeats row {self.seen[key]}", number)
            return None
        self.seen[key] = number
        return found

    def _first(self, label: str, source: str | None) -> Transition | None:
        fitting = [t for t in self.machine.transitions if label in (t.label, t.event)]
        if source is not None:
            return next((t for t in fitting if t.source == source), None)
        traces = [(self.machine.trace_to(t.event, t.source), t) for t in fitting]
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
        self, cell: Cell, name: str, expected: Effect | None, transition: Transition, number: int
    ) -> None:
        if expected is None:
            self._find(cell, "unknown-label", f"{name!r} is no indicator of the machine", number)
            return
        word = normalise(cell.text)
        named = self.binding.labels.get(word, word)
        said = _EFFECTS.get(named) or next((e for e in Effect if fold(e.value) == named), None)
        if said is None:
            self._find(cell, "unknown-label", f"unknown effect {plain(cell.text)!r}", number)
        elif said is not expected:
            text = _against(name, said.value, transition, expected.value)
            self._find(cell, "wrong-effect", text, number)

    def _known(self, cell: Cell, what: str, names: Mapping[str, str], number: int) -> str | None:
        found = self.binding.named(cell.text, names)
        if found is None:
            known = get_close_matches(normalise(cell.text), (*names, *self.binding.labels), 1, 0.5)
            close = f"; did you mean {known[0]!r}?" if known else ""
            text = f"unknown {what} {plain(cell.text)!r}{close}"
            self._find(cell, "unknown-label", text, number)
        return found

    def _find(self, cell: Cell, code: str, text: str, number: int | None) -> None:
        self.findings.append(at(self.file, cell, code, text, self.machine.name, number))


def _by_name(names: Iterator[str] | tuple[str, ...]) -> dict[str, str]:
    return {fold(form): name for name in names for form in (name.replace("_", " "), name)}


def _against(what: str, said: str, transition: Transition, expected: str | None) -> str:
    place = f"{transition.label!r} in {transition.source}"
    return f"{what} {said!r} for {place}, the machine says {expected!r}"
