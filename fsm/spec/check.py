"""Hold the documented tables of pages against the machines they describe."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from fsm.machine import Machine
from fsm.spec.draft import lookalikes
from fsm.spec.finding import Checked, Finding, Report, at
from fsm.spec.layout import Documented, documented_tables
from fsm.spec.lexicon import Lexicon
from fsm.spec.page import Page
from fsm.spec.reading import Reader, Word, near
from fsm.spec.steps import check_steps
from fsm.spec.table import Table
from fsm.spec.text import normalise, plain
from fsm.spec.transitions import check_transitions

__all__ = ["Finding", "Report", "check_pages"]

_STEPS = 5
"""The steps of the tables that are published in many languages."""
_FEW = 2
"""More words than these in another language are one finding."""

Load = Callable[[str], Machine]


def check_pages(pages: Sequence[Page], lexicons: Lexicon | Sequence[Lexicon], load: Load) -> Report:
    """Check every documented table of the pages, see :mod:`fsm.spec.layout`.

    A page is read in the language that knows most of its tables' words, the first such one of
    ``lexicons``. A steps table whose title names no machine is itself a finding.
    """
    given = [lexicons] if isinstance(lexicons, Lexicon) else list(lexicons)
    found = [_PageCheck(page, given, load) for page in pages]
    tables = [check for page in found for check in page.checks]
    confirmed: Counter[str] = Counter()
    for check in tables:
        confirmed[check.name] += check.confirmed
    whole = [check.table.table for check in tables if check.table.is_first]
    return Report(
        pages=len(pages),
        tables=len(whole),
        rows=sum(len(table.rows) for table in whole),
        findings=tuple(_in_order(finding for page in found for finding in page.findings)),
        confirmed={name: count for name, count in confirmed.items() if count},
        checked=tuple(check.checked for check in tables),
    )


def _in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings in the order of the pages given, and of their lines."""
    found = list(findings)
    files = {name: i for i, name in enumerate(dict.fromkeys(f.file for f in found))}
    return sorted(found, key=lambda f: (files[f.file], f.line, f.column))


@dataclass
class _TableCheck:
    """One table held against one machine."""

    file: str
    table: Documented
    lexicon: Lexicon
    others: Sequence[Lexicon]
    load: Load
    findings: list[Finding] = field(default_factory=list)
    words: list[Word] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The machine, empty where the title names none."""
        return self.table.name

    @property
    def errors(self) -> int:
        """How many of the findings are no warnings."""
        return sum(finding.severity == "error" for finding in self.findings)

    @property
    def confirmed(self) -> int:
        """How many rows agree with the machine."""
        rows = len(self.table.table.rows)
        if not self.name or (self.table.is_transitions and self.errors):
            return 0
        return rows - len({f.row for f in self.findings if f.severity == "error" and f.row})

    @property
    def checked(self) -> Checked:
        """The table, with what was found in it."""
        kind = "transitions" if self.table.is_transitions else "steps"
        line, found = self.table.table.line, tuple(self.findings)
        return Checked(self.file, line, self.name, kind, self._labels(), found)

    def _labels(self) -> tuple[str, ...]:
        columns = self.table.columns
        named = ("from", "event") if self.table.is_transitions else ("step",)
        labels = []
        for row in self.table.table.rows:
            cells = [row.cells[columns[role]] for role in named if columns[role] < row.width]
            step = (
                self.lexicon.step(self.name, cells[0].text)
                if len(named) == len(cells) == 1
                else None
            )
            said = " ".join(plain(cell.text) for cell in cells)
            labels.append(step.event.replace("_", " ") if step else said)
        return tuple(labels)

    def run(self) -> _TableCheck:
        """Find what is wrong."""
        if not self.name:
            self.findings = [self._unknown_title()]
        elif self.table.is_transitions:
            machine, table = self.load(self.name), self.table.table
            self.findings = list(check_transitions(self.file, table, machine, self.lexicon))
        else:
            self.findings, self.words = self._steps()
        return self

    def _steps(self) -> tuple[list[Finding], list[Word]]:
        reader = Reader(self.file, self.table, self.lexicon, self.others)
        rows = self.table.table.rows
        statements = [reader.statement(row, number) for number, row in enumerate(rows, 1)]
        found = [finding for statement in statements for finding in statement.findings]
        machine = self.load(self.name)
        found += check_steps(self.file, self.table, machine, self.lexicon, statements)
        return _languages_joined(found), reader.words

    def taken_for(self, name: str) -> _TableCheck:
        """Return the check of the same table, taken for the one of another machine."""
        return replace(self, table=replace(self.table, name=name), findings=[], words=[]).run()

    def find(self, code: str, text: str) -> Finding:
        """Return a finding at what names the machine."""
        return at(self.file, self.table.name_cell, code, text, self.name)

    def _unknown_title(self) -> Finding:
        title = plain(self.table.name_cell.text)
        hint = near(title, tuple(self.lexicon.titles))
        return self.find("unknown-title", f"the title {title!r} names no machine{hint}")


def _languages_joined(findings: list[Finding]) -> list[Finding]:
    """Make one finding of many words in another language."""
    foreign = [finding for finding in findings if finding.code == "wrong-language"]
    if len(foreign) <= _FEW:
        return findings
    rest = f"; {len(foreign) - 1} more words of the table too"
    first = replace(foreign[0], message=foreign[0].message + rest)
    return [first, *(finding for finding in findings if finding.code != "wrong-language")]


class _PageCheck:
    """The tables of one page, and what only several of them together show."""

    def __init__(self, page: Page, lexicons: Sequence[Lexicon], load: Load) -> None:
        self.page = page
        self.lexicons = lexicons
        self.own = _language(page, lexicons)
        self.found: list[Finding] = []
        self.checks = [check for table in page.tables for check in self._recognised(table, load)]
        for check in self.checks:
            check.run()
        self._name_the_nameless()
        self._join_swapped()
        self._missing_tables()
        self._inconsistent_labels()
        if not self.checks:
            self._unknown_language()

    @property
    def findings(self) -> list[Finding]:
        """All findings, of the page and of its tables."""
        return [*self.found, *(finding for check in self.checks for finding in check.findings)]

    def _recognised(self, table: Table, load: Load) -> Iterator[_TableCheck]:
        """Yield the checks of a table, in the language of the page or in another one."""
        others = [lexicon for lexicon in self.lexicons if lexicon is not self.own]
        for lexicon in (self.own, *others):
            documented = documented_tables(table, lexicon)
            rest = [other for other in (self.own, *others) if other is not lexicon]
            if documented and lexicon is not self.own:
                there = f"on a page in {self.own.language!r}"
                text = f"a table in {lexicon.language!r}, {there}"
                name = documented[0].name
                self.found.append(at(self.page.name, table.header[0], "wrong-language", text, name))
            if documented:
                yield from (
                    _TableCheck(self.page.name, one, lexicon, rest, load) for one in documented
                )
                return

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

    def _by_rows(self, check: _TableCheck, there: set[str]) -> _TableCheck:
        """Return the check of a table without a machine, taken for the one it fits, if any."""
        names = [name for name in check.lexicon.documented if name not in there]
        fitting = [taken for name in names if not (taken := check.taken_for(name)).errors]
        if len(fitting) != 1:
            return check
        title = plain(check.table.name_cell.text)
        code = "lost-mode" if _is_shortened(title, check.lexicon) else "unknown-title"
        text = f"the title {title!r} names no machine; its rows are those of {fitting[0].name}"
        fitting[0].findings.insert(0, fitting[0].find(code, text))
        return fitting[0]

    def _second(self, check: _TableCheck, there: set[str]) -> _TableCheck:
        """Return the check of a second table of a machine, taken for another one it fits better."""
        free = [name for name in self._siblings(check.lexicon, check.name) if name not in there]
        taken = min((check.taken_for(name) for name in free), key=_errors, default=check)
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


def _errors(check: _TableCheck) -> int:
    return check.errors


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
