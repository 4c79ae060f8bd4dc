"""Machines are timed together only where they always move together."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from fsm.engine import replay
from fsm.machine import Machine, State, Transition

START = datetime(2026, 5, 4, tzinfo=UTC)
EVENTS = ("go", "wait", "end")


def machine(name: str, cells: Mapping[tuple[str, str], str]) -> Machine:
    """Make a machine of the states a, b and c, which begins in a."""
    states = tuple(State(s, s, s, (s,)) for s in "abc")
    made = tuple(Transition(s, event, t, event) for (s, event), t in cells.items())
    return Machine(name, name, states, EVENTS, made, "a")


LOOP = {("b", "end"): "c", ("c", "end"): "b"}
ONE = machine("one", {("a", "go"): "b", ("b", "wait"): "b", **LOOP})
OTHERS = {  # as many states as the first machine has; its stays in b and c
    "moves at another event": (
        machine("two", {("a", "go"): "a", ("a", "wait"): "b", **LOOP}),
        [("b", "end", 20), ("c", None, 0)],
    ),
    "moves to another state": (
        machine("two", {("a", "go"): "b", ("b", "wait"): "c", **LOOP}),
        [("b", "wait", 10), ("c", "end", 20), ("b", None, 0)],
    ),
    "moves alike": (ONE, [("b", "end", 30), ("c", None, 0)]),
}


@pytest.mark.parametrize(("other", "stays"), OTHERS.values(), ids=list(OTHERS))
def test_each_machine_has_its_own_stays(
    other: Machine, stays: list[tuple[str, str | None, int]]
) -> None:
    log = pl.DataFrame(
        {
            "message_id": ["m"] * 3,
            "event": EVENTS,
            "timestamp": [START + timedelta(seconds=s) for s in (0, 10, 30)],
        }
    )
    machines = [ONE] if other is ONE else [ONE, other]
    found = replay(log, machines).durations
    own = found.filter(pl.col("machine") == other.name).drop("machine", "count")
    assert sorted(own.rows(), key=repr) == sorted(stays, key=repr)
    first = found.filter(pl.col("machine") == "one").drop("machine", "count")
    assert sorted(first.rows(), key=repr) == [("b", "end", 30), ("c", None, 0)]
