"""Hold the documented tables of pages against the machines they describe."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from operator import attrgetter

from fsm.errors import FsmError, PageError
from fsm.tables.check.bound import Bound, Fit, bound_table, check_bound
from fsm.tables.check.finding import Finding, Report, at
from fsm.tables.check.statements import Word
from fsm.tables.check.table_check import TableCheck
from fsm.tables.read.cell_text import normalise, plain
from fsm.tables.read.page import Page
from fsm.tables.read.table import Cell, Table
from fsm.tables.recognition import Load, documented_tables
from fsm.tables.words.binding import Binding, Names
from fsm.tables.words.draft import lookalikes
from fsm.tables.words.lexicon import Lexicon

__all__ = ["Finding", "Report", "check_pages"]

_STEPS = 5
"""The steps of the tables that are published in many languages."""


def check_pages(
    pages: Sequence[Page],
    lexicons: Lexicon | Sequence[Lexicon],
    load: Load,
    bindings: Sequence[Binding] = (),
) -> Report:
    """Check every documented table of the pages, see :mod:`fsm.tables.recognition`.

    A table that a binding is about is checked as the binding says, see
    :mod:`fsm.tables.check.bound`; a binding that fits no table is itself a finding. The rest of a
    page is read in the language that knows most of its tables' words, the first such one of
    ``lexicons``. A documented table whose title names no machine is a finding, too.
    """
    given = [lexicons] if isinstance(lexicons, Lexicon) else list(lexicons)
    names = [_names(binding, load) for binding in bindings]
    found = [_PageCheck(page, given, load, names) for page in pages]
    used = {i for page in found for i in page.used}
    findings = [finding for page in found for finding in page.findings]
    partly = {i for page in found for i in page.bound}
    findings += [
        _unused(n.binding, partly=i in partly) for i, n in enumerate(names) if i not in used
    ]
    tables = [check for page in found for check in page.checks]
    bound = [bound for page in found for bound in page.bound.values()]
    confirmed: Counter[str] = Counter()
    for check in tables:
        confirmed[check.name] += check.confirmed
    for page in found:
        for i, result in page.bound.items():
            confirmed[names[i].machine.name] += result.confirmed
    whole = [check.table.table for check in tables if check.table.is_first]
    documented = len(whole) + sum(len(result.tables) for result in bound)
    return Report(
        pages=len(pages),
        tables=documented,
        rows=sum(len(table.rows) for table in whole) + sum(result.rows for result in bound),
        findings=tuple(_in_order(findings)),
        confirmed={name: count for name, count in confirmed.items() if count},
        checked=tuple(check.checked for check in tables),
        other_tables=sum(len(page.tables) for page in pages) - documented,
        ignored_tables=sum(page.ignored for page in pages),
        generated_blocks=sum(page.generated for page in pages),
    )


def _names(binding: Binding, load: Load) -> Names:
    """Return the names that a binding gives to those of its machine."""
    try:
        machine = load(binding.machine)
    except FsmError as error:
        raise PageError(f"{binding.place('', binding.machine)}: {error}") from error
    return Names(machine, binding)


def _unused(binding: Binding, *, partly: bool) -> Finding:
    """Return that a binding fits no table; ``partly``: one has some of its columns."""
    title = f"the title {binding.title!r} and " if binding.title is not None else ""
    headers = ", ".join(repr(h) for h in (*binding.columns.values(), *binding.indicators.values()))
    text = f"the binding fits no table: none has {title}the columns {headers}"
    if partly:
        text = f"the binding fits no table in full: none has all of the columns {headers}"
    return at(binding.name, Cell("machine", 1, 1), "unused-binding", text, binding.machine)


def _in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings in the order of the pages given, and of their lines."""
    found = list(findings)
    files = {name: i for i, name in enumerate(dict.fromkeys(f.file for f in found))}
    return sorted(found, key=lambda f: (files[f.file], f.line, f.column))


class _PageCheck:
    """The tables of one page, and what only several of them together show."""

    def __init__(
        self, page: Page, lexicons: Sequence[Lexicon], load: Load, bindings: Sequence[Names]
    ) -> None:
        self.page = page
        self.lexicons = lexicons
        self.own = _language(page, lexicons)
        self.found = [at(page.name, n.place, n.code, n.text) for n in page.notices]
        self.used: set[int] = set()
        """The bindings, by their numbers, that name a table of the page."""
        self.bound, left = self._bound(bindings)
        self.checks = [check for table in left for check in self._recognised(table, load)]
        for check in self.checks:
            check.run()
        self._name_the_nameless()
        self._join_swapped()
        self._missing_tables()
        self._inconsistent_labels()
        if not self.checks and not self.bound:
            self._unknown_language()

    @property
    def findings(self) -> list[Finding]:
        """All findings, of the page and of its tables."""
        return [
            *self.found,
            *(finding for result in self.bound.values() for finding in result.findings),
            *(finding for check in self.checks for finding in check.findings),
        ]

    def _bound(self, bindings: Sequence[Names]) -> tuple[dict[int, Bound], list[Table]]:
        """Return what each binding, by its number, says of its tables; and the tables left."""
        fits: defaultdict[int, list[Fit]] = defaultdict(list)
        left = []
        for table in self.page.tables:
            fitting = [(i, fit) for i, n in enumerate(bindings) if (fit := bound_table(table, n))]
            fitting = [(i, fit) for i, fit in fitting if fit.is_whole] or fitting
            self.used |= {i for i, fit in fitting if fit.is_named}
            if len(fitting) > 1:
                names = " and ".join(bindings[i].binding.name for i, _ in fitting)
                text = f"{names} fit this table; a title in each tells them apart"
                self.found.append(at(self.page.name, table.header[0], "two-bindings", text))
            elif fitting:
                ((i, fit),) = fitting
                fits[i].append(fit)
            else:
                left.append(table)
        return {i: check_bound(self.page, bindings[i], own) for i, own in fits.items()}, left

    def _recognised(self, table: Table, load: Load) -> Iterator[TableCheck]:
        """Yield the checks of a table, in the language of the page or in another one.

        The language that knows all of its columns comes first.
        """
        order = [self.own, *(lexicon for lexicon in self.lexicons if lexicon is not self.own)]
        claims = [(lexicon, documented_tables(table, lexicon, load)) for lexicon in order]
        claims = [(lexicon, found) for lexicon, found in claims if found]
        whole = [claim for claim in claims if not any(d.guessed or d.unknown for d in claim[1])]
        for lexicon, documented in (whole or claims)[:1]:
            rest = [other for other in order if other is not lexicon]
            if lexicon is not self.own:
                there = f"on a page in {self.own.language!r}"
                text = f"a table in {lexicon.language!r}, {there}"
                name = documented[0].name
                self.found.append(at(self.page.name, table.header[0], "wrong-language", text, name))
            yield from (TableCheck(self.page.name, one, lexicon, rest, load) for one in documented)

    def _siblings(self, lexicon: Lexicon, name: str) -> list[str]:
        """Return the machines whose tables have the steps of this one, itself left out."""
        steps = lexicon.documented.get(name)
        return [
            other for other, own in lexicon.documented.items() if own == steps and other != name
        ]

    def _name_the_nameless(self) -> None:
        """Tell by its rows which machine a table is about, where its title does not."""
        there = {check.name for check in self.checks}
        seen: set[str] = set()
        for i, check in enumerate(self.checks):
            if check.table.is_transitions:
                continue
            if not check.name:
                named = self._by_rows(check, there)
            elif check.name in seen:
                named = self._second(check, there)
            else:
                named = check
            self.checks[i] = named
            seen.add(named.name)
            there.add(named.name)

    def _by_rows(self, check: TableCheck, there: set[str]) -> TableCheck:
        """Return the check of a table without a machine, taken for the one it fits, if any."""
        names = [name for name in check.lexicon.documented if name not in there]
        fitting = [taken for name in names if not (taken := check.taken_for(name)).errors]
        if len(fitting) != 1:
            return check
        title = plain(check.table.name_cell.text)
        code = "lost-mode" if _is_shortened(title, check.lexicon) else "unknown-title"
        text = f"{check.table.untitled}; its rows are those of {fitting[0].name}"
        fitting[0].findings.insert(0, fitting[0].find(code, text))
        return fitting[0]

    def _second(self, check: TableCheck, there: set[str]) -> TableCheck:
        """Return the check of a second table of a machine, taken for another one it fits better."""
        free = [name for name in self._siblings(check.lexicon, check.name) if name not in there]
        taken = min(
            (check.taken_for(name) for name in free), key=attrgetter("errors"), default=check
        )
        if taken.errors >= check.errors:
            text = f"a second table of {check.name}"
            check.findings.append(replace(check.find("duplicate-table", text), severity="warning"))
            return check
        text = f"a second title that names {check.name}; the rows are those of {taken.name}"
        taken.findings.insert(0, taken.find("lost-mode", text))
        return taken

    def _join_swapped(self) -> None:
        """Make one finding of two tables that stand under each other's titles."""
        faulty = [check for check in self.checks if check.name and check.errors > 1]
        for a, b in pairwise(faulty):
            crossed = (a.taken_for(b.name), b.taken_for(a.name))
            if any(check.errors for check in crossed):
                continue
            text = (
                f"this is the table of {b.name}, and the one in line {b.table.table.line} that "
                f"of {a.name}: their titles are swapped"
            )
            place = at(self.page.name, a.table.table.header[0], "swapped-tables", text, a.name)
            self.found.append(place)
            for check, right in zip((a, b), crossed, strict=True):
                self.checks[self.checks.index(check)] = right

    def _missing_tables(self) -> None:
        """Report the titles of tables of the same steps that no table follows."""
        there = {check.name for check in self.checks}
        if not there:
            return
        siblings = {n for name in there for n in self._siblings(self.own, name)} - there
        for cell in self.page.texts:
            name = self.own.machine(cell.text)
            if name in siblings:
                text = f"the title {plain(cell.text)!r} without the table of {name}"
                self.found.append(at(self.page.name, cell, "missing-table", text, str(name)))

    def _inconsistent_labels(self) -> None:
        """Report labels that are right, but not the ones used elsewhere in the page."""
        uses: defaultdict[tuple[str, str], list[Word]] = defaultdict(list)
        for check in self.checks:
            if check.lexicon is self.own:
                for word in check.words:
                    uses[word.section, word.name].append(word)
        for words in uses.values():
            counts = Counter(word.label for word in words)
            (usual, most), *rare = counts.most_common()
            for label, count in rare:
                word = next(word for word in words if word.label == label)
                text = f"{label!r} here, {usual!r} elsewhere in the page ({count} and {most} times)"
                self.found.append(
                    at(self.page.name, word.cell, "inconsistent-label", text, severity="warning")
                )

    def _unknown_language(self) -> None:
        """Report a page whose tables look documented, in words that nobody knows."""
        tables = lookalikes(self.page, _STEPS)
        if tables is None:
            return
        text = (
            "two tables that look documented, in a language that no lexicon knows; begin one "
            f"with: fsm check --draft-lexicon {self.page.name}"
        )
        place = tables[0].header[0]
        self.found.append(at(self.page.name, place, "unknown-language", text))


def _is_shortened(title: str, lexicon: Lexicon) -> bool:
    """Whether a title is a known one that lost a word."""
    words = set(normalise(title).split())
    return any(words < set(known.split()) for known in lexicon.titles)


def _language(page: Page, lexicons: Sequence[Lexicon]) -> Lexicon:
    """Return the language of a page."""
    if len(lexicons) == 1:
        return lexicons[0]
    texts = Counter(text for table in page.tables for text in _texts(table))
    return max(
        lexicons,
        key=lambda lexicon: sum(n for text, n in texts.items() if lexicon.knows(text)),
    )


def _texts(table: Table) -> Iterator[str]:
    yield from (cell.text for cell in table.above)
    for cells in (table.header, *(row.cells for row in table.rows)):
        for cell in cells:
            yield from (part.text for part in cell.parts())
