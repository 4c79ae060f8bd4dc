"""Cells count as covered when they were run: a test that fails runs no further."""

from typing import Any

import pytest

import fsm
from fsm.pytest_plugin.conformance import Case
from fsm.pytest_plugin.coverage import SuiteCoverage
from fsm.suites import suite
from tests.suites.test_implementation import Table


class Wrong(Table):
    """Answers one event wrongly, and everything else as it should."""

    def __init__(self, mealy: Any, event: str) -> None:
        super().__init__(mealy)
        self.event = event

    def send(self, event: str) -> str | None:
        right = super().send(event)
        return "?" if event == self.event else right


@pytest.mark.parametrize("failing", [1, 2, 3])
def test_cells_after_a_failure_were_not_run(failing: int) -> None:
    made = suite(fsm.load("with-feedback"), "table")
    record = SuiteCoverage("test_it.py::test_it", made.mealy, made.machine, label="with-feedback")
    trace = ("relayed", "soft_bounce", "retry_succeeded")
    case = Case(made, made.mealy.word(trace), record, {})
    with pytest.raises(pytest.fail.Exception):
        case.run(Wrong(made.mealy, trace[failing - 1]))
    facts = case.coverage.facts()
    cells = [tuple(cell[:2]) for cell in record.facts("")["cells"]]
    states = ("to_send", "awaiting", "retrying")
    expected = list(zip(states[:failing], trace, strict=False))
    assert {cells[i] for i in facts["run"]} == set(expected)
    assert [cells[i] for i in facts["failed"]] == expected[-1:]
