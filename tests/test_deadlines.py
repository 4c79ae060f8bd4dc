"""Machines differ where a validity period ends in other states, or counts from another event.

And where other timers run, or start.
"""

from dataclasses import replace
from datetime import timedelta

import pytest

from fsm.analysis.relate import quotient
from fsm.catalog import load_bare
from fsm.comparison import DifferenceKind, compare
from fsm.errors import MachineError
from fsm.machine import Deadline, Machine, State, Timer, Transition

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


LAPSE = Timer.of("retry_failed", timedelta(days=1), "retrying")
AGAIN = (("retrying", "soft_bounce"),)
TIMED = replace(MACHINE, timers=(LAPSE,))
TIMERS = {  # other timers; the state and the trace of the first difference, and what each has
    "none": ((), "retrying", ("relayed", "soft_bounce"), "retry_failed after 1 d", None),
    "another delay": (
        (replace(LAPSE, delay=1),),
        *("retrying", ("relayed", "soft_bounce")),
        *("retry_failed after 1 d", "retry_failed after 0.000001 s"),
    ),
    "in another state": (
        (replace(LAPSE, states=("awaiting",)),),
        *("awaiting", ("relayed",), None, "retry_failed after 1 d"),
    ),
    "started again": (
        (replace(LAPSE, restarts=AGAIN),),
        *("retrying", ("relayed", "soft_bounce", "soft_bounce")),
        *("retry_failed after 1 d runs on", "retry_failed after 1 d started anew"),
    ),
    "not stopped": (
        (replace(LAPSE, stops=False),),
        *("retrying", ("relayed", "soft_bounce"), "retry_failed after 1 d"),
        "retry_failed after 1 d, which nothing stops",
    ),
}


@pytest.mark.parametrize(
    ("timers", "state", "trace", "ours", "theirs"), TIMERS.values(), ids=list(TIMERS)
)
def test_other_timers_are_a_difference(
    timers: tuple[Timer, ...],
    state: str,
    trace: tuple[str, ...],
    ours: str | None,
    theirs: str | None,
) -> None:
    [found] = compare(TIMED, replace(MACHINE, timers=timers)).differences
    assert (found.kind, found.states, found.trace) == (DifferenceKind.TIMER, (state, state), trace)
    assert found.shows == (ours, theirs)
    assert compare(TIMED, TIMED).same


def test_a_quotient_keeps_timers_that_do_not_tell_states_apart() -> None:
    names = ("a", "b", "c")
    machine = Machine(
        *("m", "m", tuple(State(name, "Open", name, (name,)) for name in names), ("go",)),
        tuple(Transition(name, "go", "b" if name == "a" else "c", "go") for name in names),
        "a",
        timers=(Timer("go", 1, names, restarts=(("b", "go"), ("c", "go"))),),
    )
    assert quotient(machine).timers == (Timer("go", 1, ("a", "b"), (("b", "go"),)),)
    machine = replace(
        machine, timers=(Timer("go", 1, ("b",)), Timer("go", 1, ("c",), (("c", "go"),)))
    )
    with pytest.raises(MachineError, match=r"the timer 'go after 0.000001 s in b' tells 'b'"):
        quotient(machine)
    everywhere = Timer("go", 1, names, restarts=tuple((name, "go") for name in names))
    (timer,) = quotient(replace(machine, timers=(everywhere,))).timers
    assert (timer.states, timer.restarts) == (("a",), (("a", "go"),))
