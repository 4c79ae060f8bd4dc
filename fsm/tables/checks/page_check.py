"""Check the tables of one page, and what only several of them together show."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from fsm.tables.checks.binding_fit import TableFit, fit_table
from fsm.tables.checks.bound_check import BoundTables, check_bound_tables
from fsm.tables.checks.diagram_check import (
    CheckedDiagrams,
    DocumentedMachine,
    check_diagrams,
    declared_machines,
)
from fsm.tables.checks.finding import Finding, Severity, finding_at
from fsm.tables.checks.statements import LabelUse
from fsm.tables.checks.table_check import TableCheck
from fsm.tables.checks.titles import find_machines, find_missing_tables, swap_titles
from fsm.tables.read.cell_text import normalise
from fsm.tables.read.page import Page
from fsm.tables.read.table import Cell, Table
from fsm.tables.recognition import Load, documented_tables
from fsm.tables.transition_rows import column_roles
from fsm.tables.words.draft import lookalikes
from fsm.tables.words.lexicon import Lexicon
from fsm.tables.words.machine_names import MachineNames
from fsm.tables.words.page_language import language_of, table_texts

__all__ = ["PageCheck"]

_COLUMNS = frozenset({"step", "indicators", "status"})
"""The columns of a table that looks documented."""
_STEPS = 5
"""How many steps the documented tables have that are published in many languages."""


@dataclass
class PageCheck:
    """The check of one page; bindings are referred to by their numbers."""

    page: Page
    lexicons: Sequence[Lexicon]
    load: Load
    bindings: Sequence[MachineNames]
    lexicon: Lexicon = field(init=False)
    """The language of the page."""
    findings: list[Finding] = field(default_factory=list)
    """The findings of the page as a whole."""
    used_bindings: set[int] = field(default_factory=set)
    """The bindings that name a table of the page."""
    bound: dict[int, BoundTables] = field(default_factory=dict)
    """The tables of each binding."""
    table_checks: list[TableCheck] = field(default_factory=list)
    """The checks of all other documented tables."""

    diagrams: CheckedDiagrams = field(default_factory=CheckedDiagrams)
    """The diagrams beside the documented tables."""

    def __post_init__(self) -> None:
        self.lexicon = language_of(self.page, self.lexicons)

    def run(self) -> PageCheck:
        """Find what is wrong; return itself."""
        for notice in self.page.notices:
            self._report(notice.place, notice.code, notice.text)
        other_tables = self._check_bound_tables()
        checks = [check.run() for table in other_tables for check in self._recognised(table)]
        checks, swapped = swap_titles(find_machines(checks))
        self.table_checks = checks
        self.findings += swapped
        self.findings += find_missing_tables(self.page, self.lexicon, checks)
        self._report_inconsistent_labels()
        if self.page.diagrams:
            self.diagrams = check_diagrams(self.page, self._documented_machines())
        if not checks and not self.bound:
            self._report_unknown_language()
        return self

    @property
    def all_findings(self) -> list[Finding]:
        """The findings of the page, of its bound tables and of its other tables."""
        return [
            *self.findings,
            *self.diagrams.findings,
            *(finding for result in self.bound.values() for finding in result.findings),
            *(finding for check in self.table_checks for finding in check.findings),
        ]

    def _report(
        self, cell: Cell, code: str, text: str, machine: str = "", severity: Severity = "error"
    ) -> None:
        finding = finding_at(self.page.name, cell, code, text, machine, severity=severity)
        self.findings.append(finding)

    def _check_bound_tables(self) -> list[Table]:
        """Check the tables that a binding is about; return the other ones."""
        fits_of: defaultdict[int, list[TableFit]] = defaultdict(list)
        others = []
        for table in self.page.tables:
            fits = self._fits(table)
            self.used_bindings |= {i for i, fit in fits if fit.is_named}
            if len(fits) > 1:
                names = " and ".join(self.bindings[i].binding.name for i, _ in fits)
                text = f"{names} fit this table; give each binding a title"
                self._report(table.header[0], "two-bindings", text)
            elif fits:
                ((i, fit),) = fits
                fits_of[i].append(fit)
            else:
                others.append(table)
        self.bound = {
            i: check_bound_tables(self.page, self.bindings[i], fits) for i, fits in fits_of.items()
        }
        return others

    def _documented_machines(self) -> list[DocumentedMachine]:
        """Return the machines that tables of the page document, each with its table."""
        bound = [
            DocumentedMachine(self.bindings[i], table)
            for i, result in self.bound.items()
            for table in result.tables
        ]
        named = [check for check in self.table_checks if check.name]
        named.sort(key=lambda check: not check.table.is_transitions)  # they have a row for each
        known = bound + [
            DocumentedMachine.of(self.load(check.name), check.table.table) for check in named
        ]
        tables = {each.table for each in known}
        rest = [table for table in self.page.tables if table not in tables]
        return known + list(declared_machines(self.page, rest))

    def _fits(self, table: Table) -> list[tuple[int, TableFit]]:
        """Return the bindings that fit a table; where some fit it wholly, only these."""
        fits = [(i, fit) for i, b in enumerate(self.bindings) if (fit := fit_table(table, b))]
        return [(i, fit) for i, fit in fits if fit.is_whole] or fits

    def _recognised(self, table: Table) -> Iterator[TableCheck]:
        """Yield the checks of a table, one for each machine that it documents.

        A language that knows all columns of the table is preferred, then that of the page.
        """
        others = [lexicon for lexicon in self.lexicons if lexicon is not self.lexicon]
        order = [self.lexicon, *others]
        texts = set(map(normalise, table_texts(table)))
        headers = [cell.text for cell in table.header]
        readings = [
            (lexicon, documented_tables(table, lexicon, self.load))
            for lexicon in order
            if lexicon.may_document(texts, headers)
        ]
        readings = [(lexicon, tables) for lexicon, tables in readings if tables]
        if not readings:
            self._report_unknown_rows(table, order)
        readings.sort(key=lambda reading: any(t.guessed or t.unknown for t in reading[1]))
        for lexicon, tables in readings[:1]:
            if lexicon is not self.lexicon:
                page = f"on a page in {self.lexicon.language!r}"
                text = f"a table in {lexicon.language!r}, {page}"
                self._report(table.header[0], "wrong-language", text, tables[0].name)
            rest = [other for other in order if other is not lexicon]
            for documented in tables:
                yield TableCheck(self.page.name, documented, lexicon, rest, self.load)

    def _report_unknown_rows(self, table: Table, lexicons: Sequence[Lexicon]) -> None:
        """Report a table that has the columns of a documented one, but no known row."""
        for lexicon in lexicons if table.rows else ():
            if column_roles(table, lexicon).keys() >= _COLUMNS:
                text = (
                    "no row of this table is known, although it has the columns of a documented "
                    "one; add its words to a lexicon, or name its machine in the title"
                )
                self._report(table.header[0], "unknown-rows", text, severity="warning")
                return

    def _report_inconsistent_labels(self) -> None:
        """Report labels that are right, but not the ones used elsewhere in the page."""
        uses: defaultdict[tuple[str, str], list[LabelUse]] = defaultdict(list)
        for check in self.table_checks:
            if check.lexicon is self.lexicon:
                for use in check.uses:
                    uses[use.section, use.name].append(use)
        for of_name in uses.values():
            counts = Counter(use.label for use in of_name)
            (usual, most), *rare = counts.most_common()
            for label, count in rare:
                cell = next(use.cell for use in of_name if use.label == label)
                here, elsewhere = (repr(x.replace("{indicator}", "...")) for x in (label, usual))
                text = f"{here} here, {elsewhere} elsewhere in the page ({count} and {most} times)"
                self._report(cell, "inconsistent-label", text, severity="warning")

    def _report_unknown_language(self) -> None:
        """Report tables that look documented on a page whose words no lexicon knows."""
        tables = lookalikes(self.page, _STEPS)
        if tables:
            look = "two tables look" if len(tables) > 1 else "this table looks"
            text = (
                f"{look} documented, but no lexicon knows the language; to draft one, "
                f"run: fsm draft {self.page.name} --kind lexicon"
            )
            self._report(tables[0].header[0], "unknown-language", text)
