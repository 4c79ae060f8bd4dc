"""Hold the documented tables of a page against the machines they describe."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from itertools import pairwise

from fsm.machine import Machine, Transition
from fsm.run import run
from fsm.spec.draft import lookalikes
from fsm.spec.lexicon import Lexicon, Step
from fsm.spec.origins import declared, incomplete, is_transitions, roles
from fsm.spec.page import Cell, Page, Row, Table
from fsm.spec.text import items, plain

__all__ = ["Finding", "Report", "check_pages"]

_STEPS = 5
"""The steps of the tables that are published in many languages."""

Load = Callable[[str], Machine]


@dataclass(frozen=True, slots=True)
class Finding:
    """One disagreement, at its place. ``row`` counts the body rows of the table from 1."""

    file: str
    line: int
    column: int
    code: str
    message: str
    machine: str
    row: int | None
    severity: str = "error"

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.severity}[{self.code}] {self.message}"


@dataclass(frozen=True, slots=True)
class Report:
    """What was checked and what was found, in page order."""

    pages: int
    tables: int
    rows: int
    findings: tuple[Finding, ...]
    confirmed: dict[str, int] = field(default_factory=dict)
    """Documented rows that agree with their machine, by machine name."""


def check_pages(pages: Sequence[Page], lexicons: Lexicon | Sequence[Lexicon], load: Load) -> Report:
    """Check every documented table of the pages.

    A page is read in the language that knows most of its tables' words, the first such one of
    ``lexicons``.

    A table is documented when its title names a machine and its columns are those of a steps
    table (step, status, perhaps indicators) or of a transitions table (from, event, to). A
    steps table whose title names no machine is itself a finding.
    """
    given = [lexicons] if isinstance(lexicons, Lexicon) else list(lexicons)
    checks = [check for page in pages for check in _page_checks(page, given, load)]
    confirmed: Counter[str] = Counter()
    for check in checks:
        confirmed[check.name] += check.confirmed
    return Report(
        pages=len(pages),
        tables=len(checks),
        rows=sum(len(check.table.rows) for check in checks),
        findings=tuple(_in_order(finding for check in checks for finding in check.findings)),
        confirmed={name: count for name, count in confirmed.items() if count},
    )


def _in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings in the order of the pages given, and of their lines."""
    found = list(findings)
    files = {name: i for i, name in enumerate(dict.fromkeys(f.file for f in found))}
    return sorted(found, key=lambda f: (files[f.file], f.line, f.column))


def _page_checks(page: Page, lexicons: Sequence[Lexicon], load: Load) -> list[_TableCheck]:
    """Run the checks of a page."""
    own = _language(page, lexicons)
    checks = [c for table in page.tables if (c := _recognised(page, table, own, lexicons, load))]
    for check in checks:
        check.run()
    _join_swapped(checks)
    for check in checks[:1]:
        check.missing_tables(page, {other.name for other in checks})
    unknown = None if checks else _unknown_language(page, own)
    return [unknown] if unknown else checks


def _unknown_language(page: Page, lexicon: Lexicon) -> _TableCheck | None:
    """Return one finding for a page whose tables look documented, in words that nobody knows."""
    tables = lookalikes(page, _STEPS)
    if tables is None:
        return None
    check = _TableCheck(page.name, replace(tables[0], rows=()), lexicon, "", None)
    text = (
        "two tables that look documented, in a language that no lexicon knows; begin one with: "
        f"fsm check --draft-lexicon {page.name}"
    )
    check._find(tables[0].header[0], "unknown-language", text, None)
    return check


def _recognised(
    page: Page, table: Table, own: Lexicon, lexicons: Sequence[Lexicon], load: Load
) -> _TableCheck | None:
    """Return the check of a table, in the language of the page or in another one."""
    for lexicon in (own, *(other for other in lexicons if other is not own)):
        check = _TableCheck.of(page.name, table, lexicon, load)
        if check:
            if lexicon is not own:
                check.wrong_language(own)
            return check
    return None


def _join_swapped(checks: Sequence[_TableCheck]) -> None:
    """Make one finding of two tables that stand under each other's titles."""
    faulty = [check for check in checks if check.machine and len(check.errors) > 1]
    for a, b in pairwise(faulty):
        crossed = [replace(x, machine=y.machine, name=y.name) for x, y in ((a, b), (b, a))]
        for check in crossed:
            check.findings = []
            check.run()
        if not any(check.errors for check in crossed):
            a.findings, b.findings = [], []
            a.swapped(b)


def _language(page: Page, lexicons: Sequence[Lexicon]) -> Lexicon:
    """Return the language of a page."""
    if len(lexicons) == 1:
        return lexicons[0]
    texts = [text for table in page.tables for text in _words(table)]
    return max(lexicons, key=lambda lexicon: sum(map(lexicon.knows, texts)))


def _words(table: Table) -> Iterator[str]:
    yield table.title
    for cells in (table.header, *(row.cells for row in table.rows)):
        for cell in cells:
            yield from items(cell.text)


@dataclass
class _TableCheck:
    file: str
    table: Table
    lexicon: Lexicon
    name: str
    machine: Machine | None
    findings: list[Finding] = field(default_factory=list)
    confirmed: int = 0

    @classmethod
    def of(cls, file: str, table: Table, lexicon: Lexicon, load: Load) -> _TableCheck | None:
        """Return the check of a documented table, or ``None`` for any other table."""
        steps = {"step", "status"} <= roles(table, lexicon).keys()
        if not steps and not is_transitions(table, lexicon):
            return None
        name = lexicon.machine(table.title)
        return cls(file, table, lexicon, name or "", load(name) if name else None)

    def run(self) -> None:
        if self.machine is None:
            self._unknown_title()
        elif is_transitions(self.table, self.lexicon):
            self._transitions(self.machine)
        else:
            self._steps(self.machine)

    @property
    def errors(self) -> list[Finding]:
        """The findings that are no warnings."""
        return [finding for finding in self.findings if finding.severity == "error"]

    # Pages ---------------------------------------------------------------------------------

    def wrong_language(self, own: Lexicon) -> None:
        """Report a table in another language than the rest of its page."""
        text = f"a table in {self.lexicon.language!r}, on a page in {own.language!r}"
        self._find(self.table.header[0], "wrong-language", text, None)

    def swapped(self, other: _TableCheck) -> None:
        """Report that this table and another one stand under each other's titles."""
        text = (
            f"this is the table of {other.name}, and the one in line {other.table.line} that of "
            f"{self.name}: their titles are swapped"
        )
        self.confirmed = other.confirmed = 0
        self._find(self.table.header[0], "swapped-tables", text, None)

    def missing_tables(self, page: Page, there: set[str]) -> None:
        """Report the titles of tables of the same steps that no table follows."""
        steps = self.lexicon.documented.get(self.name)
        for cell in page.loose:
            name = self.lexicon.machine(cell.text)
            if name and name not in there and self.lexicon.documented.get(name) == steps:
                text = f"the title {plain(cell.text)!r} without the table of {name}"
                self._find(cell, "missing-table", text, None)

    # Steps ---------------------------------------------------------------------------------

    def _steps(self, machine: Machine) -> None:
        seen: dict[Step, int] = {}
        for number, row in enumerate(self.table.rows, 1):
            before = len(self.findings)
            step = self._row(machine, row, number)
            if step in seen:
                self._find(row.cells[0], "duplicate-row", f"repeats row {seen[step]}", number)
            elif step:
                seen[step] = number
            self.confirmed += all(f.severity == "warning" for f in self.findings[before:])
        self._order(machine, seen)
        documented = {s for (name, _), s in self.lexicon.steps.items() if name == machine.name}
        for step in sorted(documented - seen.keys(), key=lambda s: (s.event, s.source or "")):
            where = f" in {step.source}" if step.source else ""
            self._find(
                self.table.header[0],
                "missing-row",
                f"no row for the step {step.event!r}{where}",
                None,
            )

    def _order(self, machine: Machine, seen: dict[Step, int]) -> None:
        """Report the first row that does not stand where the documented order has it."""
        order = [step for step, _ in self.lexicon.documented.get(machine.name, ()) if step in seen]
        for step, (found, number) in zip(order, seen.items(), strict=False):
            if found != step:
                text = f"{found.event!r} where the documented order has {step.event!r}"
                cell = self.table.rows[number - 1].cells[0]
                self._find(cell, "row-order", text, number, "warning")
                return

    def _row(self, machine: Machine, row: Row, number: int) -> Step | None:
        at = roles(self.table, self.lexicon)
        if row.width != len(self.table.header):
            self._find(
                row.cells[0],
                "broken-row",
                f"has {row.width} cells under {len(self.table.header)} headers; "
                "a | inside a cell is written \\|",
                number,
            )
            return None
        cell = row.cells[at["step"]]
        step = self.lexicon.step(machine.name, cell.text)
        transition = _outcome(machine, step) if step else None
        if not step or not transition:
            self._unknown(cell, "step", self.lexicon.step_labels(machine.name), number)
            return None
        self._status(machine, transition, row.cells[at["status"]], number)
        if "indicators" in at:
            self._effects(machine, transition, row.cells[at["indicators"]], number)
        return step

    def _status(self, machine: Machine, transition: Transition, cell: Cell, number: int) -> None:
        said, expected = self.lexicon.status(cell.text), machine.status(transition.target)
        self._tolerate(plain(cell.text), "statuses", said, cell, number)
        if said is None:
            self._unknown(cell, "status", tuple(self.lexicon.statuses), number)
        elif said != expected:
            self._find(
                cell,
                "wrong-status",
                f"status {said!r} for {transition.label!r} in {transition.source}, "
                f"the machine says {expected!r}",
                number,
            )

    def _effects(self, machine: Machine, transition: Transition, cell: Cell, number: int) -> None:
        expected = machine.effects(transition)
        said: dict[str, str] = {}
        for item in items(cell.text):
            found = self.lexicon.effect(item)
            if found is None:
                self._find(cell, "unknown-label", f"unknown effect {item!r}", number)
                return
            indicator, stated = found.indicator, found.effect
            self._tolerate(found.word, "indicators", indicator, cell, number)
            said[indicator] = stated.value
            if indicator not in expected:
                self._find(cell, "unknown-label", f"{indicator!r} is no indicator here", number)
            elif stated is not expected[indicator]:
                self._find(
                    cell,
                    "wrong-effect",
                    f"{indicator} {stated.value} for {transition.label!r} in {transition.source}, "
                    f"the machine says {expected[indicator].value}",
                    number,
                )
        for indicator in expected:
            if indicator not in said:
                self._find(cell, "missing-effect", f"says nothing of {indicator!r}", number)

    # Transitions ---------------------------------------------------------------------------

    def _transitions(self, machine: Machine) -> None:
        cells = {(t.source, t.label, t.target) for t in machine.transitions}
        seen: set[tuple[str, str, str]] = set()
        for row in incomplete(self.table, self.lexicon):
            self._find(row.cells[0], "broken-row", "needs a from, an event and a to", None)
        for d in declared(self.table, self.lexicon):
            key = (d.source, d.event, d.target)
            if key not in cells:
                self._find(d.place, "wrong-transition", _wrong(machine, *key), None)
            elif key in seen:
                self._find(d.place, "duplicate-row", f"repeats {_arrow(*key)}", None)
            seen.add(key)
        for key in sorted(cells - seen):
            self._find(self.table.header[0], "missing-row", f"no row for {_arrow(*key)}", None)
        if not self.findings:
            self.confirmed += len(self.table.rows)

    # Words ---------------------------------------------------------------------------------

    def _unknown_title(self) -> None:
        close = _close(self.table.title, tuple(self.lexicon.titles))
        self.findings.append(
            Finding(
                self.file,
                self.table.line,
                1,
                "unknown-title",
                f"the title {plain(self.table.title)!r} names no machine{close}",
                "",
                None,
            )
        )

    def _unknown(self, cell: Cell, what: str, known: tuple[str, ...], number: int) -> None:
        text = plain(cell.text)
        self._find(cell, "unknown-label", f"unknown {what} {text!r}{_close(text, known)}", number)

    def _tolerate(self, word: str, section: str, name: str | None, cell: Cell, number: int) -> None:
        """Report a word that is understood, but is not the right one."""
        if name is None or not self.lexicon.tolerates(word):
            return
        right = self.lexicon.written.get((section, name), name)
        text = f"{word!r} stands for {right!r}, the word used elsewhere"
        self._find(cell, "tolerated-variant", text, number, "warning")

    def _find(
        self, cell: Cell, code: str, message: str, number: int | None, severity: str = "error"
    ) -> None:
        place = self.file, cell.line, cell.column
        self.findings.append(Finding(*place, code, message, self.name, number, severity))


def _outcome(machine: Machine, step: Step) -> Transition | None:
    """Return the transition that the shortest trace to a step ends with."""
    trace = machine.trace_to(step.event, step.source)
    return run(machine, trace)[-1].transition if trace else None


def _close(text: str, known: tuple[str, ...]) -> str:
    near = get_close_matches(plain(text).casefold(), known, 1, 0.5)
    return f"; did you mean {near[0]!r}?" if near else ""


def _arrow(source: str, event: str, target: str) -> str:
    return f"{source} --{event}--> {target}"


def _wrong(machine: Machine, source: str, event: str, target: str) -> str:
    actual: Iterator[str] = (
        t.target for t in machine.transitions if (t.source, t.label) == (source, event)
    )
    found = next(actual, None)
    says = f"it leads to {found}" if found else "there is no such transition"
    return f"{_arrow(source, event, target)}: the machine says {says}"
