"""Timers of a flat machine start and stop where python-statemachine enters and leaves states."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from random_charts import declare, plans
from statemachine import State, StateChart, StateMachine
from statemachine.exceptions import TransitionNotAllowed
from test_random_charts import inputs_of, set_guards

from fsm.compile import compile_chart
from fsm.errors import MachineError
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
