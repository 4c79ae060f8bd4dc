"""The documented rows of a page as tests of an implementation: ``--fsm-implementation``.

``pytest orders.md --fsm-implementation shop:Shop`` runs each row of the page: reset, the shortest
trace to the state in which the row starts, its event; then what the system shows is compared. A
test is called ``orders.md::shop:Shop against orders:Order::row 3 The parcel leaves``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fsm.pytest_plugin.coverage import SessionCoverage, SuiteCoverage
from fsm.pytest_plugin.project import implementation_of
from fsm.text import visible

if TYPE_CHECKING:
    from fsm.machine import Machine, Origin, Transition
    from fsm.settings import NamedImplementation
    from fsm.tables.checks.finding import CheckReport
    from fsm.tables.read.page import Page
    from fsm.tables.words.binding import Binding

__all__ = ["SystemRows", "tested_machines"]

_LABEL = 60


class SystemRows(pytest.Collector):
    """A machine of a page and an implementation of it: a test for each documented row."""

    def __init__(
        self,
        *,
        machine: Machine,
        implementation: NamedImplementation,
        labels: Mapping[int, str],
        lines: Sequence[str],
        **kwargs: Any,
    ) -> None:
        from fsm.mealy import Mealy
        from fsm.suites.execution.rows import documented_rows

        super().__init__(**kwargs)
        self.machine, self.implementation = machine, implementation
        self.labels, self.lines = labels, lines
        self.coverage = SuiteCoverage(
            self.nodeid,
            Mealy.of(machine, rejections=False),
            machine,
            label=machine.name,
            planned=len(list(documented_rows(machine))),
            variant=f"against {implementation.code}",
            is_page=True,
        )

    def collect(self) -> Iterator[pytest.Item]:
        """Yield a test for each row, in the order of the page."""
        from fsm.suites.execution.rows import documented_rows

        for origin, transitions in documented_rows(self.machine):
            label = self.labels.get(origin.row or 0, "") or transitions[0].label
            name = f"{origin.label} {label[:_LABEL]}"
            yield _RowTest.from_parent(self, name=name, origin=origin, transitions=transitions)


class _RowTest(pytest.Item):
    """One row; the test fails where the implementation does anything else."""

    parent: SystemRows

    def __init__(
        self, *, origin: Origin, transitions: tuple[Transition, ...], **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.origin, self.transitions = origin, transitions

    def runtest(self) -> None:
        from fsm.errors import FsmError
        from fsm.implementations import connect
        from fsm.suites.execution.rows import run_row

        implementation = self.parent.implementation
        coverage = SessionCoverage.begin_test(self, self.parent.coverage, {})
        assumed = "\n".join(map(visible, self.parent.machine.assumed))
        if assumed:
            self.add_report_section("call", "assumed", assumed)
        fault = ""
        try:
            with connect(implementation.code) as connection:
                runs = run_row(connection, self.parent.machine, self.transitions)
            for ran in filter(None, (run.run for run in runs)):
                coverage.add(ran)
            failures = [run.failure for run in runs if run.failure]
            if failures:
                row = visible(f"{self.origin.citation}: {self._row()}")
                fault = "\n".join([row, *failures])
        except FsmError as error:
            place = f"{implementation.place}: " if implementation.place else ""
            fault = visible(f"{place}{error}")
        if fault:  # outside the except block, so that pytest shows the text and no causes
            coverage.fail()
            pytest.fail(fault, pytrace=False)

    def _row(self) -> str:
        """Return the row as the page has it; a machine of the library has its own page."""
        if not self.origin.file:
            return self.origin.reason
        return "".join(self.parent.lines[self.origin.line - 1 : self.origin.line]).strip()

    def reportinfo(self) -> tuple[Path, int | None, str]:
        return self.path, self.origin.line - 1 if self.origin.line else None, self.name


def tested_machines(
    config: pytest.Config,
    path: Path,
    page: Page,
    report: CheckReport,
    bindings: Sequence[Binding],
) -> Iterator[tuple[Machine, NamedImplementation, dict[int, str]]]:
    """Yield the machines that a page documents and that have an implementation.

    Each comes with the implementation, and the words of its rows by number. A page without a table
    about a known machine may declare one itself. Raises :class:`fsm.errors.FsmError`.
    """
    from fsm.catalog import load
    from fsm.tables.row_origins import bound_rows, with_bound_rows

    page = replace(page, name=os.path.relpath(path))
    bound = [binding for binding in bindings if binding.machine]
    names = dict.fromkeys(table.machine for table in report.checked if table.machine)
    # A file of a machine is not called like the machine in it.
    sources = {load(binding.machine).name: binding.machine for binding in bound if names}
    for own_name in names:
        name = sources.get(own_name, own_name)
        implementation = implementation_of(config, name, path)
        if implementation is None:
            continue
        machine = load(name)
        labels: dict[int, str] = {}
        for table in report.checked:
            if table.machine == own_name and table.kind == "steps":
                labels.update(enumerate(table.labels, 1))
        for binding in bound:
            if binding.machine == name:
                machine = with_bound_rows(machine, binding, [page])
                labels.update((r.number, r.event) for r in bound_rows(page, binding, machine))
        yield machine, implementation, labels
    if names or not page.tables:
        return
    place = os.path.relpath(path)
    implementation = implementation_of(config, place, path)
    if implementation is None:
        return
    readings = [binding for binding in bindings if binding.page and not binding.machine]
    yield from ((m, implementation, {}) for m in _declared_machines(page, readings[:1]))


def _declared_machines(page: Page, readings: Sequence[Binding]) -> Iterator[Machine]:
    """Yield the machine of each table of a page that declares one, as ``readings`` say.

    Raises :class:`fsm.errors.FsmError` for a table that leaves something open.
    """
    from fsm.catalog import load
    from fsm.errors import PageError
    from fsm.tables.declared.additions import with_additions
    from fsm.tables.declared.pages import machine_tables
    from fsm.tables.declared.reading import page_of, refusal

    binding = readings[0] if readings else None
    section = page_of(binding)[1] if binding else ""
    tables = machine_tables(page, section, load, binding)
    for table in tables:
        if table.machine is None:
            raise PageError(refusal(table.findings, table.questions, page.name))
        machine = with_additions(table.machine, binding) if binding else table.machine
        own = f"#{table.section}" if table.section else f":{table.line}"
        assumed = tuple(f"{remark.place}: {remark.text}" for remark in table.assumed)
        name = page.name + own if len(tables) > 1 else page.name
        yield replace(machine, name=name, assumed=assumed)
