"""The coverage of conformance tests in a session: cells, documented rows, failures.

What a test ran is sent with its reports, and so arrives from the workers of pytest-xdist as soon as
the test ends: what a worker had run before it crashed is counted. What is printed and written at
the end: see :mod:`fsm.pytest_plugin.coverage_summary`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

from fsm.pytest_plugin import coverage_summary
from fsm.pytest_plugin.variants import Variants
from fsm.text import visible

if TYPE_CHECKING:
    from collections.abc import Generator

    from fsm.conformance.covered_machines import CoverableCell, CoveredSuite
    from fsm.machine import Machine
    from fsm.mealy import Mealy
    from fsm.suites.execution.implementation import RunResult

__all__ = ["SessionCoverage", "SuiteCoverage", "TestCoverage"]

_Sent: TypeAlias = dict[str, Any]
"""Values that can be sent to another process."""
_Key: TypeAlias = tuple[str, str]
"""The name of a test function, and its variant."""

_NAME = "fsm-covered"
_SENT = "fsm_coverage"
"""The attribute of a report that has what its test ran."""


class SuiteCoverage:
    """What there is to run for one test function.

    ``machine`` is the compiled machine of ``mealy``, where it was made from one. ``proves`` says
    for which implementations the tests are complete. ``is_page`` is for the rows of a page.

    Where the function has parameters besides the case, such as several implementations, each
    variant has its own coverage: what one implementation passes says nothing about another.
    """

    def __init__(
        self,
        function: str,
        mealy: Mealy,
        machine: Machine | None,
        *,
        label: str,
        proves: str = "",
        planned: int = 0,
        variant: str = "",
        is_page: bool = False,
    ) -> None:
        self.function, self.mealy, self.machine, self.label = function, mealy, machine, label
        self.proves, self.planned, self.variant, self.is_page = proves, planned, variant, is_page

    def title(self, variant: str) -> str:
        """Return the name of a variant for people."""
        return f"{self.label} {variant}".rstrip()

    @cached_property
    def places(self) -> dict[tuple[int, int], int]:
        """The cells that a trace reaches, state by state, with their numbers from 0."""
        from fsm.suites.equivalence import trimmed

        mealy = self.mealy
        index = {name: s for s, name in enumerate(mealy.states)}
        cells = (
            (s, x)
            for s in map(index.__getitem__, trimmed(mealy).states)
            for x in range(len(mealy.inputs))
            if mealy.next[s, x] >= 0
        )
        return {cell: place for place, cell in enumerate(cells)}

    def facts(self, variant: str) -> _Sent:
        """Return what there is to run, for a variant."""
        return {
            "machine": self.mealy.name,
            "title": self.title(variant),
            "proves": self.proves,
            "is_page": self.is_page,
            "planned": self.planned,
            "cells": [self._cell(*cell) for cell in self.places],
        }

    def _cell(self, s: int, x: int) -> tuple[object, ...]:
        """Return the fields of a cell, see :func:`_cell_of`."""
        from fsm.mealy import REJECTED

        mealy = self.mealy
        state, event, target = mealy.states[s], mealy.inputs[x], int(mealy.next[s, x])
        output = mealy.outputs[int(mealy.output[s, x])]
        step = self.machine.step(state, event) if self.machine else None
        is_rejected = step is None if self.machine else output == REJECTED
        shown = mealy.shown[target] if mealy.shown else output
        origin = step.origin if step else None
        row = None
        if origin and origin.row is not None:
            row = (origin.file, origin.line, origin.row, origin.citation, origin.reason)
        return state, event, mealy.states[target], shown, is_rejected, row


class TestCoverage:
    """What one test ran of its suite."""

    __test__ = False  # no class of tests

    def __init__(self, suite: SuiteCoverage, variant: str) -> None:
        self.suite, self.variant = suite, variant
        self._is_done = self._has_failed = False
        self._run: set[tuple[int, int]] = set()
        self._failed: set[tuple[int, int]] = set()

    @property
    def title(self) -> str:
        """The name of the suite and its variant for people."""
        return self.suite.title(self.variant)

    @property
    def key(self) -> _Key:
        """What the coverage of the suite is kept by."""
        return self.suite.function, self.variant

    def add(self, run: RunResult) -> None:
        """Count a run: the cells that it ran, and where it failed; a test may have several."""
        self._is_done = True
        word = self.suite.mealy.word(run.trace)
        cells = list(zip(self.suite.mealy.walk(word), word, strict=False))
        self._run.update(cells)
        if not run.agrees:
            self.fail()
            self._failed.update(cells[-1:])

    def fail(self) -> None:
        """Say that the implementation failed, whatever pytest says of the test at its end."""
        self._has_failed = True

    def facts(self) -> _Sent:
        """Return what was run."""
        places = self.suite.places
        return {
            "done": self._is_done,
            "has_failed": self._has_failed,
            "run": sorted(places[cell] for cell in self._run),
            "failed": sorted(places[cell] for cell in self._failed),
        }


_TEST = pytest.StashKey[TestCoverage]()


class _Received:
    """What the reports of a session say of a suite."""

    def __init__(self, key: _Key, facts: _Sent) -> None:
        self.key, self.facts = key, facts
        self.tests: set[str] = set()
        self.done: set[str] = set()
        self.failed: set[str] = set()
        self.cells_run: defaultdict[int, set[str]] = defaultdict(set)
        self.cells_failed: defaultdict[int, set[str]] = defaultdict(set)

    def add(self, test: str, facts: _Sent) -> None:
        """Add what a test ran."""
        if facts["done"]:
            self.done.add(test)
        if facts["has_failed"]:
            self.failed.add(test)
        for cell in facts["run"]:
            self.cells_run[cell].add(test)
        for cell in facts["failed"]:
            self.cells_failed[cell].add(test)

    def suite(self, failed: Iterable[str], expected: Iterable[str]) -> CoveredSuite:
        """Return the coverage, the same however the tests were spread over processes.

        ``failed`` are tests that failed for pytest, ``expected`` those that failed as expected.
        """
        from fsm.conformance.covered_machines import CoveredSuite

        failed, expected = self.tests & set(failed), self.tests & set(expected)
        expected -= failed
        facts = self.facts
        return CoveredSuite(
            function=self.key[0],
            variant=self.key[1],
            machine=facts["machine"],
            title=facts["title"],
            proves=facts["proves"],
            is_page=facts["is_page"],
            planned=facts["planned"],
            done=len(self.done),
            failed=tuple(sorted(failed | expected | self.failed)),
            expected=tuple(sorted(expected)),
            overlooked=tuple(sorted(self.failed - failed - expected)),
            cells=tuple(
                _cell_of(cell, self.cells_run.get(i, ()), self.cells_failed.get(i, ()))
                for i, cell in enumerate(facts["cells"])
            ),
        )


class SessionCoverage:
    """The coverage of a session, told at its end."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._variants = Variants()
        self._sent: set[_Key] = set()
        """The suites of which this process has sent what there is to run."""
        self._received: dict[_Key, _Received] = {}
        self._failed: set[str] = set()
        self._expected: set[str] = set()
        self._written: list[str] = []
        self._faults: list[str] = []
        """What fails the session: floors that were missed, files that nobody can write."""

    @classmethod
    def begin(cls, config: pytest.Config) -> None:
        """Start recording the coverage of a session."""
        config.pluginmanager.register(cls(config), _NAME)

    @staticmethod
    def begin_test(
        item: pytest.Item, suite: SuiteCoverage, parameters: Mapping[str, object]
    ) -> TestCoverage:
        """Return the coverage of a test with these parameters, which now begins."""
        covered = item.config.pluginmanager.get_plugin(_NAME)
        assert isinstance(covered, SessionCoverage)  # noqa: S101
        variant = covered._variants.text(suite.function, parameters) or suite.variant
        item.stash[_TEST] = TestCoverage(suite, variant)
        return item.stash[_TEST]

    @staticmethod
    def note_parameters(
        item: pytest.Item, suite: SuiteCoverage, parameters: Mapping[str, object]
    ) -> None:
        """Number the values of the parameters of a test, in the order of collection."""
        covered = item.config.pluginmanager.get_plugin(_NAME)
        assert isinstance(covered, SessionCoverage)  # noqa: S101
        covered._variants.note(suite.function, parameters)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Send with the reports of a test what it ran, and once what there is to run."""
        report = yield
        test = item.stash.get(_TEST, None)
        if test and call.when != "teardown":
            is_new = test.key not in self._sent
            self._sent.add(test.key)
            suite = test.suite.facts(test.variant) if is_new else None
            ran = test.facts() if call.when == "call" else None
            setattr(report, _SENT, {"key": list(test.key), "suite": suite, "ran": ran})
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Receive what a test ran, and how it ended."""
        if hasattr(self._config, "workeroutput"):
            return  # its controller receives the report
        if sent := getattr(report, _SENT, None):
            key = (sent["key"][0], sent["key"][1])
            if sent["suite"] and key not in self._received:
                self._received[key] = _Received(key, sent["suite"])
            received = self._received[key]
            received.tests.add(report.nodeid)
            if sent["ran"]:
                received.add(report.nodeid, sent["ran"])
        if report.failed:
            self._failed.add(report.nodeid)
        elif report.skipped and hasattr(report, "wasxfail") and report.when != "setup":
            self._expected.add(report.nodeid)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write files and check floors; a session that misses a floor fails."""
        if hasattr(self._config, "workeroutput"):
            return
        self._written, self._faults = coverage_summary.write_files(self._config, self._suites)
        self._faults += coverage_summary.missed_floors(self._config, self._suites)
        good = (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)
        if self._faults and session.exitstatus in good:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Print one line for each test function, with ``--fsm-cov`` what was not run."""
        for line in coverage_summary.session_lines(self._config, self._suites):
            terminalreporter.write_line(visible(line))
        for line in self._written:
            terminalreporter.write_line(visible(line))
        for line in self._faults:
            terminalreporter.write_line(visible(line), red=True, bold=True)

    @cached_property
    def _suites(self) -> list[CoveredSuite]:
        """The coverage of all processes at the end, in the order in which the functions began."""
        return [found.suite(self._failed, self._expected) for found in self._received.values()]


def _cell_of(fields: Sequence[Any], tests: Iterable[str], failed: Iterable[str]) -> CoverableCell:
    from fsm.conformance.covered_machines import CoverableCell, DocumentedRow

    state, event, target, shown, is_rejected, row = fields
    return CoverableCell(
        state,
        event,
        target,
        shown,
        is_rejected,
        row=DocumentedRow(*row) if row else None,
        tests=tuple(sorted(tests)),
        failed=tuple(sorted(failed)),
    )
