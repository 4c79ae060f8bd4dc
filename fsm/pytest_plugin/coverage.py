"""What the conformance tests of a session ran: cells, documented rows, failures.

Under pytest-xdist each worker sends what its own tests ran, and the controller adds it up.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

from fsm.text import visible

if TYPE_CHECKING:
    from fsm.suites import Suite

__all__ = ["Covered", "Record"]

Facts: TypeAlias = dict[str, Any]
"""What is told of one test function, in values that can be sent to another process."""

_NAME = "fsm-covered"
_LINES = 25  # of what was not run


class Record:
    """The tests of one test function that ran in this process."""

    def __init__(self, suite: Suite) -> None:
        self.suite = suite
        self.title = f"{suite.mealy.name} by {suite.method.name}"
        self.planned = self.done = 0
        self._run: set[tuple[int, int]] = set()

    def add(self, cells: Iterable[tuple[int, int]]) -> None:
        """Count a test and the cells it ran, as indices of states and inputs."""
        self.done += 1
        self._run.update(cells)

    def facts(self) -> Facts:
        """Return what was run, and what there is to run."""
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
                    rows.append(step.origin.row if step and step.origin else None)
        run = {(mealy.states[s], mealy.inputs[x]) for s, x in self._run}
        return {
            "title": self.title,
            "proves": guarantee.domain if guarantee.complete else "",
            "planned": self.planned,
            "done": self.done,
            "cells": cells,
            "rows": rows,
            "run": [i for i, cell in enumerate(cells) if cell in run],
        }


class Covered:
    """The records of a session, told at its end."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._records: dict[str, Record] = {}
        self._sent: list[dict[str, Facts]] = []
        self._failures: dict[str, None] = {}

    @classmethod
    def begin(cls, config: pytest.Config) -> None:
        """Keep the records of a session."""
        config.pluginmanager.register(cls(config), _NAME)

    @staticmethod
    def record(config: pytest.Config, function: str, suite: Suite) -> Record:
        """Begin the record of a test function."""
        covered = config.pluginmanager.get_plugin(_NAME)
        assert isinstance(covered, Covered)  # noqa: S101
        return covered._records.setdefault(function, Record(suite))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the names of failures."""
        if report.failed:
            self._failures[report.nodeid] = None

    def pytest_sessionfinish(self) -> None:
        """Send what a worker ran to its controller."""
        output = getattr(self._config, "workeroutput", None)
        if output is not None:
            output["fsm"] = self._facts()

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take what a worker ran."""
        self._sent.append(getattr(node, "workeroutput", {}).get("fsm", {}))

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Close with one line for each test function, and with what was not run."""
        for function, facts in _joined([self._facts(), *self._sent]).items():
            failures = [name for name in self._failures if name.startswith(f"{function}[")]
            if not (facts["done"] or failures):
                continue
            terminalreporter.write_line(visible(_line(facts, failures)))
            if self._config.getoption("--fsm-cov"):
                for line in _not_run(facts):
                    terminalreporter.write_line(visible(line))

    def _facts(self) -> dict[str, Facts]:
        return {function: record.facts() for function, record in self._records.items()}


def _joined(parts: Iterable[dict[str, Facts]]) -> dict[str, Facts]:
    """Add up what several processes ran."""
    joined: dict[str, Facts] = {}
    for part in parts:
        for function, facts in part.items():
            whole = joined.setdefault(function, {**facts, "done": 0, "run": []})
            whole["done"] += facts["done"]
            whole["run"] = sorted({*whole["run"], *facts["run"]})
    return joined


def _line(facts: Facts, failures: list[str]) -> str:
    rows = {row for row in facts["rows"] if row is not None}
    told = [
        f"{facts['done']:,} of {facts['planned']:,} tests",
        f"{len(facts['run']):,} of {len(facts['cells']):,} cells",
    ]
    if rows:
        told.append(f"{len(rows - _rows_not_run(facts))} of {len(rows)} documented rows")
    return f"fsm: {facts['title']}: {', '.join(told)}; {_verdict(facts, failures)}"


def _verdict(facts: Facts, failures: list[str]) -> str:
    if failures:
        return f"{len(failures):,} failed, again: pytest {shlex.quote(failures[0])}"
    if facts["done"] < facts["planned"]:
        return "no guarantee before all tests are run"
    return f"complete for {facts['proves']}" if facts["proves"] else "all passed, no guarantee"


def _rows_not_run(facts: Facts) -> set[int]:
    run = set(facts["run"])
    rows = enumerate(facts["rows"])
    return {row for i, row in rows if row is not None and i not in run}


def _not_run(facts: Facts) -> Iterator[str]:
    """Yield a line for each state of which cells were not run, and one for the rows."""
    run = set(facts["run"])
    states: dict[str, list[str]] = {}
    for i, (state, event) in enumerate(facts["cells"]):
        if i not in run:
            row = facts["rows"][i]
            states.setdefault(state, []).append(event if row is None else f"{event} (row {row})")
    for state in list(states)[:_LINES]:
        yield f"  not run in {state}: {', '.join(states[state])}"
    if len(states) > _LINES:
        yield f"  and cells of {len(states) - _LINES:,} more states"
    if not states:
        yield "  every cell was run"
