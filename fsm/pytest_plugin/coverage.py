"""The coverage of conformance tests in a session: cells, documented rows, failures.

Under pytest-xdist, each worker sends the coverage of its tests, and the controller merges it. What
is printed and written at the end: see :mod:`fsm.pytest_plugin.coverage_summary`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

from fsm.pytest_plugin import coverage_summary
from fsm.text import shortened, visible

if TYPE_CHECKING:
    from fsm.conformance.covered_machines import CoverableCell, CoveredSuite
    from fsm.machine import Machine
    from fsm.mealy import Mealy
    from fsm.suites.execution.implementation import RunResult

__all__ = ["SessionCoverage", "SuiteCoverage"]

CoverageFacts: TypeAlias = dict[str, Any]
"""The coverage of one test function as values that can be sent to another process."""

_NAME = "fsm-covered"


class SuiteCoverage:
    """The coverage of one test function in this process.

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
        self.title = f"{label} {variant}".rstrip()
        self._done: set[int] = set()
        self.tests: list[str] = []
        self._run: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
        """The tests of each cell, by their places in ``tests``."""
        self._failed: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
        """The tests that failed in each cell, in the same way."""

    def of_variant(self, variant: str) -> SuiteCoverage:
        """Return a new coverage of the same function, for other parameters."""
        return SuiteCoverage(
            self.function,
            self.mealy,
            self.machine,
            label=self.label,
            proves=self.proves,
            planned=self.planned,
            variant=variant,
            is_page=self.is_page,
        )

    def add(self, run: RunResult) -> None:
        """Count a run of the test that began last: the cells that it ran, and where it failed."""
        test = len(self.tests) - 1
        self._done.add(test)  # a test may run its case several times
        word = self.mealy.word(run.trace)
        cells = list(zip(self.mealy.walk(word), word, strict=False))
        for cell in set(cells):
            self._run[cell].append(test)
        if cells and not run.agrees:
            self._failed[cells[-1]].append(test)

    def facts(self) -> CoverageFacts:
        """Return the coverage: what was run, and what there is to run."""
        from fsm.suites.equivalence import trimmed

        mealy = self.mealy
        index = {name: s for s, name in enumerate(mealy.states)}
        cells = [
            self._cell(s, x)
            for s in map(index.__getitem__, trimmed(mealy).states)
            for x in range(len(mealy.inputs))
            if mealy.next[s, x] >= 0
        ]
        places = {cell[:2]: i for i, cell in enumerate(cells)}
        return {
            "function": self.function,
            "machine": mealy.name,
            "variant": self.variant,
            "title": self.title,
            "proves": self.proves,
            "is_page": self.is_page,
            "planned": self.planned,
            "done": len(self._done),
            "cells": cells,
            "run": self._by_place(self._run, places),
            "failed": self._by_place(self._failed, places),
            "tests": self.tests,
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

    def _by_place(
        self, tests: dict[tuple[int, int], list[int]], places: dict[tuple[object, ...], int]
    ) -> dict[int, list[int]]:
        names = ((self.mealy.states[s], self.mealy.inputs[x]) for s, x in tests)
        return {places[name]: found for name, found in zip(names, tests.values(), strict=True)}


class SessionCoverage:
    """The coverage of a session, told at its end."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._records: dict[tuple[str, str], SuiteCoverage] = {}
        self._sent: list[dict[str, CoverageFacts]] = []
        self._failures: dict[str, None] = {}
        self._written: list[str] = []
        self._faults: list[str] = []
        """What fails the session: floors that were missed, files that nobody can write."""

    @classmethod
    def begin(cls, config: pytest.Config) -> None:
        """Start recording the coverage of a session."""
        config.pluginmanager.register(cls(config), _NAME)

    @staticmethod
    def variant(
        item: pytest.Item, record: SuiteCoverage, parameters: dict[str, Any]
    ) -> SuiteCoverage:
        """Return the coverage to which a test with these parameters, which now begins, belongs."""
        covered = item.config.pluginmanager.get_plugin(_NAME)
        assert isinstance(covered, SessionCoverage)  # noqa: S101
        variant = _variant(item, parameters) or record.variant
        found = covered._records.setdefault((record.function, variant), record.of_variant(variant))
        found.tests.append(item.nodeid)
        return found

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Record the names of failed tests."""
        if report.failed:
            self._failures[report.nodeid] = None

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Send the coverage of a worker to its controller, or write files and check floors.

        A session that misses a floor fails.
        """
        output = getattr(self._config, "workeroutput", None)
        if output is not None:
            output["fsm"] = self._facts()
            return
        self._written, self._faults = coverage_summary.write_files(self._config, self._suites)
        self._faults += coverage_summary.missed_floors(self._config, self._suites)
        good = (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)
        if self._faults and session.exitstatus in good:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Receive the coverage of a worker."""
        self._sent.append(getattr(node, "workeroutput", {}).get("fsm", {}))

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
        merged = _merged([self._facts(), *self._sent])
        return [_suite_of(facts, self._failures) for facts in merged.values()]

    def _facts(self) -> dict[str, CoverageFacts]:
        return {" ".join(key): record.facts() for key, record in self._records.items()}


def _variant(item: pytest.Item, parameters: dict[str, Any]) -> str:
    """Return a text for parameters: their names, and their values or which ones they are."""
    if not parameters:
        return ""
    place: dict[str, int] = item.callspec.indices  # type: ignore[attr-defined]
    texts = []
    for name, value in sorted(parameters.items()):
        plain = value if isinstance(value, str | int | float) else getattr(value, "__name__", None)
        text = f"#{place[name] + 1}" if plain is None else shortened(str(plain), 60)
        texts.append(f"{name}={text}")
    return f"({', '.join(texts)})"


def _merged(parts: Iterable[dict[str, CoverageFacts]]) -> dict[str, CoverageFacts]:
    """Merge the coverage of several processes."""
    merged: dict[str, CoverageFacts] = {}
    for part in parts:
        for function, facts in part.items():
            empty = {"done": 0, "run": {}, "failed": {}, "tests": []}
            whole = merged.setdefault(function, {**facts, **empty})
            before = len(whole["tests"])
            whole["done"] += facts["done"]
            whole["tests"] = [*whole["tests"], *facts["tests"]]
            for kind in ("run", "failed"):
                for cell, tests in facts[kind].items():
                    moved = [before + test for test in tests]
                    whole[kind][cell] = [*whole[kind].get(cell, []), *moved]
    return merged


def _suite_of(facts: CoverageFacts, failures: Iterable[str]) -> CoveredSuite:
    """Return the coverage of a function, the same however its tests were spread over processes."""
    from fsm.conformance.covered_machines import CoveredSuite

    tests = facts["tests"]
    own = set(tests)
    names: dict[str, dict[int, tuple[str, ...]]] = {
        kind: {
            cell: tuple(sorted({tests[t] for t in found})) for cell, found in facts[kind].items()
        }
        for kind in ("run", "failed")
    }
    return CoveredSuite(
        function=facts["function"],
        machine=facts["machine"],
        variant=facts["variant"],
        title=facts["title"],
        proves=facts["proves"],
        is_page=facts["is_page"],
        planned=facts["planned"],
        done=facts["done"],
        failed=tuple(sorted(name for name in failures if name in own)),
        cells=tuple(
            _cell_of(cell, names["run"].get(i, ()), names["failed"].get(i, ()))
            for i, cell in enumerate(facts["cells"])
        ),
    )


def _cell_of(
    fields: Sequence[Any], tests: tuple[str, ...], failed: tuple[str, ...]
) -> CoverableCell:
    from fsm.conformance.covered_machines import CoverableCell, DocumentedRow

    state, event, target, shown, is_rejected, row = fields
    return CoverableCell(
        state,
        event,
        target,
        shown,
        is_rejected,
        row=DocumentedRow(*row) if row else None,
        tests=tests,
        failed=failed,
    )
