"""Timers of a flat machine start and stop where python-statemachine enters and leaves states."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from command import Fsm
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from random_charts import declare, plans
from statemachine import Event, State, StateChart, StateMachine
from statemachine.exceptions import TransitionNotAllowed
from test_random_charts import inputs_of, set_guards

from fsm.catalog import load
from fsm.compile import compile_chart
from fsm.errors import AssumptionWarning, MachineError
from fsm.formats.json_document import to_json
from fsm.machine import Machine, Timer
from tests.depth import samples

CI = settings(suppress_health_check=list(HealthCheck), deadline=None)


def record(self: StateChart, state: State) -> None:
    """Note each state that is entered."""
    self.__dict__.setdefault("entered", []).append(state.id)


def starts(machine: Machine, timer: Timer, state: str, event: str) -> bool:
    """Whether a step starts a timer, as the docstring of :class:`Timer` says."""
    step = machine.step(state, event)
    assert step
    is_after = step.target in timer.states
    enters = is_after and state not in timer.states
    return enters or ((state, event) in timer.restarts and (is_after or not timer.stops))


@settings(CI, max_examples=samples(300, 6))
@given(plans(), st.lists(st.integers(0, 999), min_size=8, max_size=8), st.booleans())
def test_timers_start_where_the_library_enters_their_state(plan, picks, stops):
    # A StateMachine does not enter the target of an internal transition to itself.
    is_internal = any(edge.internal for edge in plan.edges)
    assume(not (is_internal and issubclass(plan.base, StateMachine)))
    name = next((edge.event for edge in plan.edges if edge.event), None)
    ids = [state.id for state in plan.states if not state.is_history]
    timers = tuple(Timer(name, 1 + n, (id_,), stops=stops) for n, id_ in enumerate(ids))
    chart_class = declare(plan, timers=timers if name else (), on_enter_state=record)
    try:
        machine = compile_chart(chart_class)
    except MachineError:
        return
    chart, state, inputs = chart_class(), machine.initial, inputs_of(machine)
    for pick in picks if inputs else ():
        text, event, valuation = inputs[pick % len(inputs)]
        set_guards(chart, valuation)
        step, chart.entered = machine.step(state, text), []
        with suppress(TransitionNotAllowed):
            chart.send(event)
        if step is None:
            continue
        active = {each.id for each in chart.configuration}
        for timer in machine.timers:
            is_entered = timer.scope in chart.entered
            expected = is_entered and (timer.scope in active or not stops)
            assert starts(machine, timer, state, text) == expected, (timer, state, text)
            assert (step.target in timer.states) == (timer.scope in active)
        state = step.target


SECOND = timedelta(seconds=1)
NO_TIMERS: dict[str, tuple[Callable[[], object], str]] = {
    "delay in a text": (
        lambda: Timer("go", "5s", ("a",)),
        (
            "Timed: the timer of 'go' runs '5s'; write whole microseconds, 0 to a hundred years, "
            "or Timer.of('go', timedelta(minutes=30), 'state')"
        ),
    ),
    "delay in seconds": (
        lambda: Timer.of("go", 5, "a"),
        "the timer of 'go' runs 5; write timedelta(minutes=30), or timedelta(seconds=5)",
    ),
    "before its start": (lambda: Timer.of("go", -SECOND, "a"), "runs -1000000; write whole"),
    "no event": (lambda: Timer.of(None, SECOND, "a"), "the timer of None: name its event"),
    "states that are no text": (lambda: Timer.of("go", SECOND, 3), "name them by their ids"),
    "two states": (lambda: Timer.of("go", SECOND, "a", "b"), "name one state of the class"),
    "no timer": (lambda: ["go"], "Timed: timers holds 'go', which is no Timer"),
    "no timers": (lambda: 3, "Timed: timers is 3, not a sequence"),
}


def timed(value: object) -> Machine:
    class Timed(StateChart):
        timers = value
        a, b = State(initial=True), State(final=True)
        go = a.to(b)

    return compile_chart(Timed)


@pytest.mark.parametrize(("make", "message"), NO_TIMERS.values(), ids=list(NO_TIMERS))
def test_what_is_no_timer_is_refused(make, message):
    with pytest.raises(MachineError, match=re.escape(message)):
        timed(make())


@pytest.mark.parametrize("several", [tuple, list, next], ids=["tuple", "list", "alone"])
def test_timers_are_a_sequence_or_one_of_them(several):
    timer = Timer.of("go", SECOND, "a")
    assert timed(several(iter([timer]))).timers == (replace(timer, scope="a"),)


def test_a_timer_whose_event_is_accepted_nowhere_that_it_may_fire_is_said_to_do_nothing(
    fsm: Fsm, tmp_path: Path
) -> None:
    file = tmp_path / "m.json"
    said = []
    for state in ("a", "b"):
        file.write_text(to_json(timed([Timer.of("go", SECOND, state)])))
        said.append(fsm("show", str(file)).err)
    assert said[0] == "timer: go after 1 s in a\n"
    assert "timer: go after 1 s in b; it does nothing, because go is not accepted there" in said[1]


class Late(StateChart):
    a, b = State(initial=True), State()
    go = Event(a.to(b), delay=1500)
    back = b.to(a)


def test_an_event_that_comes_later_than_it_is_sent_is_said_to_be_no_timer():
    machine = compile_chart(Late)
    assert machine.timers == ()
    said = "go happens when it is recorded, which is 1.5 s after it was sent"
    assert machine.assumed == (said,)
    with pytest.warns(AssumptionWarning, match=f"Late: read with 1 assumption .{said}.; to see"):
        assert load(f"{__name__}:Late").assumed == (said,)
