"""Check the documented tables of pages against the machines that they describe."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from fsm.errors import FsmError, PageError
from fsm.tables.checks.bound_check import BoundTables
from fsm.tables.checks.finding import CheckedTable, CheckReport, Finding, finding_at
from fsm.tables.checks.page_check import PageCheck
from fsm.tables.read.page import Page
from fsm.tables.read.table import Cell
from fsm.tables.recognition import Load
from fsm.tables.words.binding import Binding
from fsm.tables.words.lexicon import Lexicon
from fsm.tables.words.machine_names import MachineNames

__all__ = ["check_tables"]


def check_tables(
    pages: Sequence[Page],
    lexicons: Lexicon | Sequence[Lexicon],
    load: Load,
    bindings: Sequence[Binding] = (),
) -> CheckReport:
    """Check every documented table of some pages, see :mod:`fsm.tables.recognition`.

    A table that a binding is about is checked as the binding says, see
    :mod:`fsm.tables.checks.bound_check`; a binding that fits no table is itself a finding. The
    other tables of a page are read in the language that knows most of their words, the first such
    one of ``lexicons``. A documented table whose title names no machine is a finding, too.
    """
    known = [lexicons] if isinstance(lexicons, Lexicon) else list(lexicons)
    names = [_machine_names(binding, load) for binding in bindings]
    checks = [PageCheck(page, known, load, names).run() for page in pages]
    tables = [check for page in checks for check in page.table_checks]
    bound = [(i, result) for page in checks for i, result in page.bound.items()]
    confirmed: Counter[str] = Counter()
    for check in tables:
        confirmed[check.name] += check.confirmed
    for i, result in bound:
        confirmed[names[i].machine.name] += result.confirmed
    # A table that documents several machines is counted once.
    recognised = [check.table.table for check in tables if check.table.is_first]
    documented = len(recognised) + sum(len(result.tables) for _, result in bound)
    findings = [finding for page in checks for finding in page.all_findings]
    return CheckReport(
        pages=len(pages),
        tables=documented,
        rows=sum(len(table.rows) for table in recognised) + sum(r.rows for _, r in bound),
        findings=tuple(_in_order([*findings, *_unused_bindings(bindings, checks)])),
        confirmed={name: count for name, count in confirmed.items() if count},
        checked=(
            *(check.checked for check in tables),
            *(
                table
                for page in checks
                for i, result in page.bound.items()
                for table in _checked_tables(page.page.name, names[i].machine.name, result)
            ),
        ),
        other_tables=sum(len(page.tables) for page in pages) - documented,
        ignored_tables=sum(page.ignored for page in pages),
        generated_blocks=sum(page.generated for page in pages),
        diagrams=sum(check.diagrams.checked for check in checks),
        other_diagrams=sum(check.diagrams.others for check in checks),
        unread_tables=sum(page.unread_tables for page in pages),
    )


def _checked_tables(file: str, machine: str, bound: BoundTables) -> Iterator[CheckedTable]:
    """Yield the bound tables of a page, each with the findings in it."""
    starts = [*(table.line for table in bound.tables), sys.maxsize]
    for start, end, rows in zip(starts, starts[1:], bound.documented, strict=False):
        found = tuple(finding for finding in bound.findings if start <= finding.line < end)
        yield CheckedTable(file, start, machine, "bound", tuple(r.event for r in rows), found)


def _machine_names(binding: Binding, load: Load) -> MachineNames:
    """Return the names of a binding's machine."""
    try:
        machine = load(binding.machine)
    except FsmError as error:
        raise PageError(f"{binding.place('', binding.machine)}: {error}") from error
    return MachineNames(machine, binding)


def _unused_bindings(bindings: Sequence[Binding], checks: Sequence[PageCheck]) -> list[Finding]:
    """Return a finding for each binding that names no table of the pages."""
    used = {i for page in checks for i in page.used_bindings}
    partly = {i for page in checks for i in page.bound}
    findings = []
    for i, binding in enumerate(bindings):
        if i in used:
            continue
        columns = (*binding.columns.values(), *binding.indicators.values())
        headers = ", ".join(map(repr, columns))
        title = f"the title {binding.title!r} and " if binding.title is not None else ""
        text = f"the binding fits no table: none has {title}the columns {headers}"
        if i in partly:
            text = f"the binding fits no table in full: none has all of the columns {headers}"
        place = Cell("machine", 1, 1)
        findings.append(finding_at(binding.name, place, "unused-binding", text, binding.machine))
    return findings


def _in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings in the order of their pages, lines and columns."""
    unordered = list(findings)
    files = {name: i for i, name in enumerate(dict.fromkeys(f.file for f in unordered))}
    return sorted(unordered, key=lambda f: (files[f.file], f.line, f.column))
