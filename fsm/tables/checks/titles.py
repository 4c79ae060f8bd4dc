"""Find titles that name the wrong machine, or none, by the rows of the tables below them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from itertools import pairwise
from operator import attrgetter

from fsm.tables.checks.finding import Finding, finding_at
from fsm.tables.checks.table_check import TableCheck
from fsm.tables.read.cell_text import is_unspaced, normalise, plain
from fsm.tables.read.page import Page
from fsm.tables.words.lexicon import Lexicon

__all__ = ["find_machines", "find_missing_tables", "swap_titles"]


def find_machines(checks: Sequence[TableCheck]) -> list[TableCheck]:
    """Return the checks of a page, each of a steps table with the machine that its rows show.

    The rows decide where a title names no machine, or one that an earlier table documents.
    """
    documented = {check.name for check in checks}
    earlier: set[str] = set()
    corrected = []
    for check in checks:
        right = _with_right_machine(check, documented, earlier)
        corrected.append(right)
        if not right.table.is_transitions:
            documented.add(right.name)
            earlier.add(right.name)
    return corrected


def _with_right_machine(
    check: TableCheck, documented: AbstractSet[str], earlier: AbstractSet[str]
) -> TableCheck:
    if check.table.is_transitions:
        return check
    if not check.name:
        return _untitled(check, documented)
    return _second(check, documented) if check.name in earlier else check


def _untitled(check: TableCheck, documented: AbstractSet[str]) -> TableCheck:
    """Return the check against the only free machine that agrees with every row, if there is one.

    A machine is free while no table of the page documents it.
    """
    free = [name for name in check.lexicon.documented if name not in documented]
    fitting = [other for name in free if not (other := check.as_table_of(name)).errors]
    if len(fitting) != 1:
        return check
    (right,) = fitting
    title = plain(check.table.name_cell.text)
    code = "lost-mode" if _lacks_words(title, check.lexicon) else "unknown-title"
    text = f"{check.table.title_fault}; its rows are those of {right.name}"
    right.findings.insert(0, right.title_finding(code, text))
    return right


def _second(check: TableCheck, documented: AbstractSet[str]) -> TableCheck:
    """Return the check of a second table of a machine, against another one that it fits better."""
    free = [name for name in _siblings(check.lexicon, check.name) if name not in documented]
    others = [check.as_table_of(name) for name in free]
    best = min(others, key=attrgetter("errors"), default=check)
    if best.errors >= check.errors:
        text = f"a second table of {check.name}"
        check.findings.append(check.title_finding("duplicate-table", text, "warning"))
        return check
    text = f"a second title that names {check.name}; the rows are those of {best.name}"
    best.findings.insert(0, best.title_finding("lost-mode", text))
    return best


def _siblings(lexicon: Lexicon, name: str) -> list[str]:
    """Return the other machines whose documented tables have the same steps."""
    steps = lexicon.documented.get(name)
    others = lexicon.documented.items()
    return [other for other, its_steps in others if its_steps == steps and other != name]


def _lacks_words(title: str, lexicon: Lexicon) -> bool:
    """Whether a title is a known one that lost a word, or letters of a script without blanks."""
    label = normalise(title)
    if is_unspaced(label):
        return any(label in known and label != known for known in lexicon.titles)
    words = set(label.split())
    return any(words < set(known.split()) for known in lexicon.titles)


def swap_titles(checks: Sequence[TableCheck]) -> tuple[list[TableCheck], list[Finding]]:
    """Return the checks with swapped titles put right, and one finding for each such pair.

    Titles are swapped where two neighbouring tables are wrong and each agrees with the machine
    that the title of the other one names.
    """
    corrected, findings = list(checks), []
    faulty = [i for i, check in enumerate(checks) if check.name and check.errors > 1]
    for i, j in pairwise(faulty):
        first, second = corrected[i], corrected[j]
        as_second, as_first = first.as_table_of(second.name), second.as_table_of(first.name)
        if as_second.errors or as_first.errors:
            continue
        text = (
            f"this is the table of {second.name}, and the one in line {second.table.table.line} "
            f"is that of {first.name}: their titles are swapped"
        )
        header = first.table.table.header[0]
        findings.append(finding_at(first.file, header, "swapped-tables", text, first.name))
        corrected[i], corrected[j] = as_second, as_first
    return corrected, findings


def find_missing_tables(
    page: Page, lexicon: Lexicon, checks: Sequence[TableCheck]
) -> Iterator[Finding]:
    """Yield the titles without a table, of machines with the same steps as those of the page."""
    documented = {check.name for check in checks}
    siblings = {name for known in documented for name in _siblings(lexicon, known)} - documented
    for cell in page.texts if siblings else ():
        name = lexicon.machine(cell.text)
        if name and name in siblings:
            text = f"the title {plain(cell.text)!r} without the table of {name}"
            yield finding_at(page.name, cell, "missing-table", text, name)
