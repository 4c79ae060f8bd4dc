"""The compiled table does what python-statemachine does, on random charts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from statemachine.exceptions import TransitionNotAllowed

from fsm.compile import compile_chart
from fsm.compile.guard import symbol, valuations
from fsm.compile.oracle import Oracle
from fsm.errors import MachineError
from fsm.machine import Machine

from random_charts import Plan, declare, plans


def features(plan: Plan) -> tuple[str, bool]:
    kind = "parallel" if plan.has("parallel") else "nested" if plan.is_nested else "flat"
    return kind, plan.is_guarded


def set_guards(chart, valuation) -> None:
    for name, truth in valuation.items():
        match name:
            case "n > 1":
                chart.n = 2 if truth else 0
            case "is_open":
                chart.open = truth
            case _:
                setattr(chart, name, truth)


def active(chart, order) -> str:
    return "+".join(sorted((s.id for s in chart.configuration if s.is_atomic), key=order.index))


def check(chart_class, machine: Machine, picks: Sequence[int]) -> None:
    """Send a trace to a plain instance, with its guards set as a user would set them."""
    inputs = [
        (symbol(event, v), event, v)
        for event, guards in machine.guards.items()
        for v in valuations(guards, "")
    ]
    if not inputs:
        return
    assert tuple(text for text, _, _ in inputs) == machine.events
    order = [f"s{i}" for i in range(50)]
    chart_class.allow_event_without_transition = False
    chart_class.catch_errors_as_events = False
    chart = chart_class()
    state = machine.initial
    assert active(chart, order) == state
    word = []
    for pick in picks:
        text, event_name, valuation = inputs[pick % len(inputs)]
        word.append(text)
        set_guards(chart, valuation)
        transition = machine.step(state, text)
        try:
            chart.send(event_name)
        except TransitionNotAllowed:
            assert transition is None, (word, "rejected", transition)
        else:
            assert transition is not None, (word, "accepted")
            state = transition.target
        assert active(chart, order) == state, (word, active(chart, order), state)
    assert Oracle(chart_class, machine).disagreement(word) is None
