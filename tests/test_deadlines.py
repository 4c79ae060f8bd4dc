"""Machines differ where a validity period ends in other states, or counts from another event."""

from dataclasses import replace

import pytest

from fsm.catalog import load_bare
from fsm.comparison import DifferenceKind, compare
from fsm.machine import Deadline, Machine

MACHINE = load_bare("with-feedback")
OTHERS = {  # another deadline; where the first difference is
    "in another state": (Deadline("relayed", "retry_failed", "awaiting"), "awaiting"),
    "from another event": (Deadline("soft_bounce", "retry_failed", "retrying"), "retrying"),
    "by another event": (Deadline("relayed", "hard_bounce", "retrying"), "retrying"),
    "none": (None, "retrying"),
}


@pytest.mark.parametrize(("deadline", "state"), OTHERS.values(), ids=list(OTHERS))
def test_another_deadline_is_a_difference(deadline: Deadline | None, state: str) -> None:
    other: Machine = replace(MACHINE, deadline=deadline)
    [found] = compare(MACHINE, other).differences
    assert (found.kind, found.states) == (DifferenceKind.DEADLINE, (state, state))
    assert compare(MACHINE, MACHINE).same
