"""A state's status is the top-level state it stands in."""

import pytest
from statemachine import HistoryState, State, StateChart

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


class Remembering(StateChart):
    idle = State("Idle", initial=True)

    class work(State.Compound, name="Work"):
        a = State(initial=True)
        b = State()
        h = HistoryState()

        _ = h.to(a)
        next = a.to(b) | b.to(a)

    start = idle.to(work)
    resume = idle.to(work.h)
    stop = work.to(idle)


class Flat(StateChart):
    red = State("Red", initial=True)
    green = State("Green")
    turn = red.to(green) | green.to(red)


@pytest.mark.parametrize(
    ("chart", "expected"),
    [
        (Grouped, {"waiting": None, "first": "Shown", "second": "Shown", "gone": "Gone"}),
        (Remembering, {"idle@a": None, "idle@b": None, "a": "Work", "b": "Work"}),
        (Flat, {"red": "Red", "green": "Green"}),
    ],
)
def test_status_of_each_state(chart: type, expected: dict[str, str | None]) -> None:
    assert {s.name: s.status for s in compile_chart(chart).states} == expected
