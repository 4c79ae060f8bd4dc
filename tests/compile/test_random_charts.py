"""The compiled table does what python-statemachine does, on random charts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress

from hypothesis import HealthCheck, Phase, event, given, seed, settings
from hypothesis import strategies as st
from random_charts import Plan, declare, fail, plans
from statemachine.exceptions import TransitionNotAllowed

from fsm.compile import compile_chart
from fsm.compile.oracle import Oracle
from fsm.errors import MachineError
from fsm.machine import Machine
from fsm.machine_parts import refinements
from tests.depth import at_full_depth, samples


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


def active(chart) -> tuple[str, ...]:
    ids = (s.id for s in chart.configuration if s.is_atomic)
    return tuple(sorted(ids, key=lambda id_: int(id_[1:])))


def inputs_of(machine: Machine) -> list[tuple[str, str, dict[str, bool]]]:
    refined = refinements(machine.guards, machine.events)
    return [(text, *refined.get(text, (text, {}))) for text in machine.events]


def check(chart_class, machine: Machine, picks: Sequence[int]) -> None:
    """Send a trace to a plain instance, with its guards set as a user would set them."""
    inputs = inputs_of(machine)
    chart = chart_class()
    state, word = machine.initial, []
    assert active(chart) == machine.state(state).atoms
    for pick in picks if inputs else ():
        text, name, valuation = inputs[pick % len(inputs)]
        word.append(text)
        set_guards(chart, valuation)
        transition = machine.step(state, text)
        chart.taken = 0
        with suppress(TransitionNotAllowed):
            chart.send(name)
        if not chart.taken:
            assert transition is None, f"{word} is rejected, the table says {transition}"
        else:
            assert transition is not None, f"{word} is accepted, the table rejects it"
            state = transition.target
        assert active(chart) == machine.state(state).atoms, word
    assert Oracle(chart_class, machine).disagreement(word) is None


def count(self) -> None:
    self.__dict__["taken"] = self.__dict__.get("taken", 0) + 1


COUNTED = {"before_transition": count, "catch_errors_as_events": False}
CI = settings(
    derandomize=True,
    deadline=None,
    database=None,
    print_blob=False,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


TRACES = st.lists(st.lists(st.integers(0, 999), min_size=8, max_size=8), min_size=3, max_size=5)


def compiled(chart_class) -> Machine | None:
    """Compile; a refusal must name the class."""
    try:
        return compile_chart(chart_class)
    except MachineError as refusal:
        assert str(refusal).startswith("Drawn: ")  # noqa: PT017
        return None


@settings(CI, max_examples=samples(200))
@given(plans(), TRACES)
def test_a_compiled_table_agrees_with_the_library_on_every_trace(plan, traces):
    chart_class = declare(plan, **COUNTED)
    machine = compiled(chart_class)
    event("compiled" if machine else "refused")
    for picks in traces if machine else ():
        check(chart_class, machine, picks)


NO_ANSWER = ("before the first event", "for ever", "is an error there", "remembers nothing yet")
"""Refusals of charts that end with an error in the library, or do what only data decide."""


@at_full_depth
def test_nearly_all_charts_with_an_answer_are_compiled():
    """A refusal is easy to be right with; so charts that nest or guard must compile."""
    seen: Counter[tuple[str, bool]] = Counter()
    kept: Counter[tuple[str, bool]] = Counter()

    @seed(1)
    @settings(CI, derandomize=False, max_examples=samples(200, 60), phases=[Phase.generate])
    @given(plans())
    def count(plan):
        try:
            compile_chart(declare(plan))
        except MachineError as error:
            seen[features(plan)] += not any(text in str(error) for text in NO_ANSWER)
        else:
            seen[features(plan)] += 1
            kept[features(plan)] += 1

    count()
    for shape in ("nested", "parallel"):
        assert seen[shape, True] > samples(200, 60) // 20
        assert kept[shape, True] / seen[shape, True] > 0.8


@settings(CI, max_examples=samples(60))
@given(plans(), st.lists(st.integers(0, 999), min_size=6, max_size=6))
def test_the_oracle_runs_no_action_and_leaves_the_class_as_it_was(plan, picks):
    chart_class = declare(plan, on_enter_state=fail, on_transition=fail, prepare_event=fail)
    machine = compiled(chart_class)
    if not machine or not machine.events:
        return
    word = [machine.events[pick % len(machine.events)] for pick in picks]
    verdicts = Oracle(chart_class, machine).walk(word)
    assert compile_chart(chart_class) == machine
    assert Oracle(chart_class, machine).walk(word) == verdicts
    assert not chart_class.__subclasses__()
