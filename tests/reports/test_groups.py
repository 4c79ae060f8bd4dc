"""Machines are drawn as one where the same events lead to the same states of the same names."""

import pytest

from fsm.machine import Machine, State, Transition
from fsm.reports.flow import group_by_skeleton


def machine(name: str, states: str, event: str = "go", status: str = "S") -> Machine:
    made = tuple(State(s, status, s, (s,)) for s in states)
    first, second = states
    return Machine(name, name, made, (event,), (Transition(first, event, second, event),), first)


ONE = machine("one", "ab")
GROUPS = {
    "the same but for its statuses": (machine("two", "ab", status="T"), [["one", "two"]]),
    "other names": (machine("two", "xy"), [["one"], ["two"]]),
    "another event": (machine("two", "ab", event="leave"), [["one"], ["two"]]),
    "the other way round": (machine("two", "ba"), [["one"], ["two"]]),
}


@pytest.mark.parametrize(("other", "groups"), GROUPS.values(), ids=list(GROUPS))
def test_which_machines_are_one(other: Machine, groups: list[list[str]]) -> None:
    found = group_by_skeleton((ONE, other))
    assert [[m.name for m in group] for group in found] == groups


def test_a_third_machine_joins_the_group_it_fits() -> None:
    machines = (ONE, machine("two", "xy"), machine("three", "ab"), machine("four", "xy"))
    found = group_by_skeleton(machines)
    assert [[m.name for m in group] for group in found] == [["one", "three"], ["two", "four"]]
