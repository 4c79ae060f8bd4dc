"""The coverage of conformance tests in a session: cells, documented rows, failures.

Under pytest-xdist, each worker sends the coverage of its tests, and the controller merges it. With
``--fsm-cov-file`` it is written to a file, which ``fsm conform --tests`` reads.
"""

from __future__ import annotations

import shlex
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

from fsm.text import quantity, shortened, visible

if TYPE_CHECKING:
    from fsm.suites import Suite

__all__ = ["SessionCoverage", "SuiteCoverage", "coverage_file"]

CoverageFacts: TypeAlias = dict[str, Any]
"""The coverage of one test function as values that can be sent to another process."""

_NAME = "fsm-covered"
_LINES = 25
"""Maximum number of states listed with cells that were not run."""


class SuiteCoverage:
    """The coverage of one test function in this process.

    Where it has parameters besides the case, such as several implementations, each variant has its
    own coverage: what one implementation passes says nothing about another.
    """

    def __init__(self, function: str, suite: Suite, variant: str = "", planned: int = 0) -> None:
        self.function, self.suite, self.variant, self.planned = function, suite, variant, planned
        self.title = " ".join(filter(None, (f"{suite.mealy.name} by {suite.method.name}", variant)))
        self._done: set[int] = set()
        self.tests: list[str] = []
        self._run: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
        """The tests of each cell, by their places in ``tests``."""

    def add(self, cells: Iterable[tuple[int, int]]) -> None:
        """Count the test that began last, and the cells that it ran, as indices."""
        self._done.add(len(self.tests))  # a test may run its case several times
        for cell in set(cells):
            self._run[cell].append(len(self.tests) - 1)

    @property
    def done(self) -> int:
        """How many tests ran their case."""
        return len(self._done)

    def facts(self) -> CoverageFacts:
        """Return the coverage: what was run, and what there is to run."""
        from fsm.suites.equivalence import trimmed

        mealy, guarantee = self.suite.mealy, self.suite.guarantee
        reached = trimmed(mealy)
        accepted = {(t.source, t.event): t for t in getattr(self.suite.machine, "transitions", ())}
        cells, rows = [], []
        for state, row in zip(reached.states, reached.next.tolist(), strict=True):
            for event, target in zip(mealy.inputs, row, strict=True):
                if target >= 0:
                    cells.append((state, event))
                    step = accepted.get((state, event))
                    origin = step.origin if step else None
                    rows.append(origin.citation if origin and origin.row is not None else None)
        run = {(mealy.states[s], mealy.inputs[x]): tests for (s, x), tests in self._run.items()}
        return {
            "machine": mealy.name,
            "title": self.title,
            "proves": guarantee.domain if guarantee.complete else "",
            "planned": self.planned,
            "done": self.done,
            "cells": cells,
            "rows": rows,
            "run": {i: run[cell] for i, cell in enumerate(cells) if cell in run},
            "tests": self.tests,
        }


class SessionCoverage:
    """The coverage of a session, printed at its end."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._records: dict[tuple[str, str], SuiteCoverage] = {}
        self._sent: list[dict[str, CoverageFacts]] = []
        self._failures: dict[str, None] = {}

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
        function, suite, planned = record.function, record.suite, record.planned
        variant = _variant(item, parameters)
        found = covered._records.setdefault(
            (function, variant), SuiteCoverage(function, suite, variant, planned)
        )
        found.tests.append(item.nodeid)
        return found

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Record the names of failed tests."""
        if report.failed:
            self._failures[report.nodeid] = None

    def pytest_sessionfinish(self) -> None:
        """Send the coverage of a worker to its controller."""
        output = getattr(self._config, "workeroutput", None)
        if output is not None:
            output["fsm"] = self._facts()

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Receive the coverage of a worker."""
        self._sent.append(getattr(node, "workeroutput", {}).get("fsm", {}))

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Print one line for each test function, and with ``--fsm-cov`` what was not run.

        Then write the file of ``--fsm-cov-file``.
        """
        merged = _merged([self._facts(), *self._sent])
        for facts in merged.values():
            failures = self._failed(facts)
            if not (facts["done"] or failures):
                continue
            terminalreporter.write_line(visible(_line(facts, failures)))
            if self._config.getoption("--fsm-cov"):
                for line in _not_run(facts):
                    terminalreporter.write_line(visible(line))
        if path := coverage_file(self._config):
            terminalreporter.write_line(visible(self._write(path, merged)))

    def _failed(self, facts: CoverageFacts) -> list[str]:
        tests = set(facts["tests"])
        return [name for name in self._failures if name in tests]

    def _write(self, path: Path, merged: dict[str, CoverageFacts]) -> str:
        """Write the coverage to a file, and return a line about it."""
        from fsm.conformance.covered_cells import coverage_json
        from fsm.errors import FsmError
        from fsm.files import write_bytes

        suites = [_written(merged[key], self._failed(merged[key])) for key in sorted(merged)]
        try:
            write_bytes(coverage_json(suites), path)
        except FsmError as error:
            raise pytest.UsageError(f"--fsm-cov-file: {error}") from None
        return f"fsm: coverage of {quantity(len(suites), 'suite')} written to {path}"

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
            whole = merged.setdefault(function, {**facts, "done": 0, "run": {}, "tests": []})
            before = len(whole["tests"])
            whole["done"] += facts["done"]
            whole["tests"] = [*whole["tests"], *facts["tests"]]
            for cell, tests in facts["run"].items():
                moved = [before + test for test in tests]
                whole["run"][cell] = [*whole["run"].get(cell, []), *moved]
    return merged


def _written(facts: CoverageFacts, failures: list[str]) -> dict[str, object]:
    """Return the coverage of a test function for the file, the same however tests were spread."""
    from fsm.conformance.covered_cells import MOST_TESTS

    cells = []
    for i, (state, event) in enumerate(facts["cells"]):
        if i in facts["run"]:
            tests = sorted({facts["tests"][test] for test in facts["run"][i]})
            count, named = len(tests), tests[:MOST_TESTS]
            cells.append({"state": state, "event": event, "count": count, "tests": named})
    return {
        "machine": facts["machine"],
        "title": facts["title"],
        "planned": facts["planned"],
        "done": facts["done"],
        "failed": sorted(failures),
        "cells": cells,
    }


def coverage_file(config: pytest.Config) -> Path | None:
    """Return the file of ``--fsm-cov-file``, in the directory where pytest was started."""
    name = config.getoption("--fsm-cov-file")
    return config.invocation_params.dir / name if name else None


def _line(facts: CoverageFacts, failures: list[str]) -> str:
    rows = {row for row in facts["rows"] if row is not None}
    counts = [
        f"{facts['done']:,} of {facts['planned']:,} tests",
        f"{len(facts['run']):,} of {len(facts['cells']):,} cells",
    ]
    if rows:
        counts.append(f"{len(rows - _rows_not_run(facts))} of {len(rows)} documented rows")
    return f"fsm: {facts['title']}: {', '.join(counts)}; {_verdict(facts, failures)}"


def _verdict(facts: CoverageFacts, failures: list[str]) -> str:
    if failures:
        return f"{len(failures):,} failed, to rerun: pytest {shlex.quote(failures[0])}"
    if facts["done"] < facts["planned"]:
        return "no guarantee until all tests are run"
    return f"complete for {facts['proves']}" if facts["proves"] else "all passed, no guarantee"


def _rows_not_run(facts: CoverageFacts) -> set[str]:
    run = set(facts["run"])
    rows = enumerate(facts["rows"])
    return {row for i, row in rows if row is not None and i not in run}


def _not_run(facts: CoverageFacts) -> Iterator[str]:
    """Yield a line for each state with cells that were not run."""
    run = set(facts["run"])
    states: dict[str, list[str]] = {}
    for i, (state, event) in enumerate(facts["cells"]):
        if i not in run:
            row = facts["rows"][i]
            states.setdefault(state, []).append(event if row is None else f"{event} ({row})")
    for state in list(states)[:_LINES]:
        yield f"  not run in {state}: {', '.join(states[state])}"
    if len(states) > _LINES:
        yield f"  and cells of {quantity(len(states) - _LINES, 'more state')}"
    if not states:
        yield "  every cell was run"
