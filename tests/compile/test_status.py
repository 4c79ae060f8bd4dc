"""A state's status is the top-level state it stands in."""

import pytest
from statemachine import State, StateChart

from fsm.compile import compile_chart


class Grouped(StateChart):
    waiting = State("Waiting", initial=True)

    class shown(State.Compound, name="Shown"):
        first = State(initial=True)
        second = State(final=True)

    gone = State("Gone", final=True)
    begin = waiting.to(shown)
    go = shown.first.to(shown.second)
    leave = shown.to(gone)


class Flat(StateChart):
    red = State("Red", initial=True)
    green = State("Green")
    turn = red.to(green) | green.to(red)


@pytest.mark.parametrize(
    ("chart", "expected"),
    [
        (Grouped, {"waiting": None, "first": "Shown", "second": "Shown", "gone": "Gone"}),
        (Flat, {"red": "Red", "green": "Green"}),
    ],
)
def test_status_of_each_state(chart: type, expected: dict[str, str | None]) -> None:
    assert {s.name: s.status for s in compile_chart(chart).states} == expected
