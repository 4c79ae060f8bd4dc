"""Parts of suites: what several goals leave, and what is said where there is no goal."""

import numpy as np
import pytest

import fsm
from fsm.errors import FsmError, MachineError
from fsm.mealy import Mealy
from fsm.suites import suite
from fsm.suites.narrowing import narrowed

MADE = suite(fsm.load("with-feedback"), "wp", extra_states=1)
TABLE = suite(fsm.load("with-feedback"), "table")
GOALS = [("delivered", "row 3"), ("hard_bounced", "D3"), ("retrying", "hard_bounced:delivered")]


@pytest.mark.parametrize(("state", "row"), GOALS)
def test_of_two_goals_both_are_served(state: str, row: str) -> None:
    alone = [set(narrowed(MADE, to=state).tests), set(narrowed(MADE, covering=row).tests)]
    both = set(narrowed(MADE, to=state, covering=row).tests)
    assert both == alone[0] & alone[1]
    assert alone[0] > both < alone[1]
    assert set(narrowed(narrowed(MADE, covering=row), to=state).tests) == both


def test_two_goals_that_no_test_serves_together() -> None:
    goals = {"to": "hard_bounced", "covering": "retrying:retry_failed"}
    for goal in goals:
        assert narrowed(TABLE, **{goal: goals[goal]}).size.tests
    with pytest.raises(FsmError) as refusal:
        narrowed(TABLE, **goals)
    assert str(refusal.value) == (
        "with-feedback: no test of table does both: reach 'hard_bounced' and run 'retry_failed' in "
        "'retrying'; each alone has tests, leave one out"
    )


def ring(size: int) -> Mealy:
    """Return a machine whose states follow one another in a ring."""
    after = np.roll(np.arange(size), -1)[:, None]
    names = tuple(f"s{number}" for number in range(size))
    return Mealy("ring", names, ("x",), ("0", "1"), after, (np.arange(size) == 0)[:, None] * 1)


@pytest.mark.parametrize(("size", "end"), [(3, "s2"), (24, "s23"), (25, "s23, ... (25 in all)")])
def test_many_names_are_cut(size: int, end: str) -> None:
    with pytest.raises(MachineError) as refusal:
        narrowed(suite(ring(size), "table"), to="nowhere")
    assert str(refusal.value).endswith(f", {end}")
