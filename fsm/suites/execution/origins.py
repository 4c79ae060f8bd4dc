"""Where the step on which a test failed is specified: its documented row, decision or cell."""

from __future__ import annotations

from typing import NamedTuple

from fsm.suites.execution.implementation import RunResult
from fsm.suites.generation import Suite
from fsm.text import visible

__all__ = ["SpecifiedCell", "describe_mistake", "specified_cell", "state_before"]


class SpecifiedCell(NamedTuple):
    """Where a cell of a machine is specified."""

    place: str
    """The row or decision, such as ``row 3``; empty where the machine alone says it."""
    reason: str
    """What is said there, or what the machine does."""

    def __str__(self) -> str:
        if not self.place:
            return visible(f"specified: {self.reason}") if self.reason else ""
        return visible(f"specified by {self.place}: {self.reason}".removesuffix(": "))


def specified_cell(suite: Suite, run: RunResult) -> SpecifiedCell:
    """Return where the last step of a run is specified, as far as the machine says it."""
    machine, state = suite.machine, state_before(suite, run)
    if machine is None or not state:
        return SpecifiedCell("", "")
    event = run.trace[-1]
    step = machine.step(state, event)
    if step is None:
        return SpecifiedCell("", f"{state} rejects {event}")
    origin = step.origin
    return SpecifiedCell(origin.citation, origin.reason) if origin else SpecifiedCell("", "")


def state_before(suite: Suite, run: RunResult) -> str:
    """Return the state in which the last event of a run was sent; empty where none was."""
    if not run.trace:
        return ""
    mealy = suite.mealy
    return mealy.states[mealy.walk(mealy.word(run.trace))[-2]]


def describe_mistake(suite: Suite, run: RunResult) -> str:
    """Return in one line where a run failed, what is right there, and what was seen."""
    wrong = run.steps[-1]
    state = state_before(suite, run)
    place = f"{wrong.event} in {state}" if state else "after the reset"
    expected, got = wrong.shown_answers
    return visible(f"{place}: expected {expected}, got {got}")
