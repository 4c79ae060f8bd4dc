"""The least repair is the least one: against plain searches, on random machines and traces."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fsm.conformance.least_repair import LeastRepair, repair_traces
from fsm.conformance.repair_model import repair_model
from fsm.engine.product_machine import EventCodes
from fsm.errors import MachineError
from fsm.machine import Machine
from tests.conformance.repairs import (
    EVENTS,
    EXPIRY,
    coded,
    enumerated_cost,
    machines,
    searched_cost,
)
from tests.depth import samples

ALPHABET = EventCodes((*EVENTS, "beside"), ())
TRACES = st.lists(st.sampled_from((*EVENTS, "beside")), max_size=9)
MAY_END = st.sampled_from(("any", "final"))


def repaired(
    machine: Machine, traces: list[list[str]], may_end: str, alphabet: EventCodes = ALPHABET
) -> LeastRepair:
    """Return the least repair; a machine in which no message can end is left out."""
    deadlines = bool(alphabet.starting_events)
    try:
        model = repair_model(
            machine, alphabet, may_end=may_end, outside="beside", deadlines=deadlines
        )
    except MachineError:
        assume(False)
    return repair_traces(model, [coded(alphabet, traces)])


@settings(max_examples=samples(1000, 60))
@given(machines(), st.lists(TRACES, max_size=70), MAY_END)
def test_it_costs_what_a_search_finds(
    machine: Machine, traces: list[list[str]], may_end: str
) -> None:
    result = repaired(machine, traces, may_end)
    judged = [trace for trace in traces if not machine.alphabet.isdisjoint(trace)]
    costs = [searched_cost(machine, trace, may_end) or 0 for trace in judged]
    assert result.cost == sum(costs)
    assert (result.fitting, result.not_fitting) == (costs.count(0), len(costs) - costs.count(0))
    assert result.without_events == len(traces) - len(judged)
    assert result.extra + result.missing == sum(edit.count for edit in result.edits)


@settings(max_examples=samples(300, 20))
@given(machines(3), st.lists(st.sampled_from(EVENTS), min_size=1, max_size=4), MAY_END)
def test_no_accepted_trace_is_nearer(machine: Machine, trace: list[str], may_end: str) -> None:
    result = repaired(machine, [trace], may_end)
    assert result.cost == enumerated_cost(machine, trace, may_end, 9)


@settings(max_examples=samples(1000, 60))
@given(machines(deadlines=True), st.lists(TRACES, max_size=20), st.data(), MAY_END)
def test_the_end_of_a_validity_period_costs_nothing(
    machine: Machine, traces: list[list[str]], data: st.DataObject, may_end: str
) -> None:
    assert machine.deadline is not None
    for trace in traces:
        if machine.deadline.start in trace:
            at = data.draw(st.integers(trace.index(machine.deadline.start) + 1, len(trace)))
            trace.insert(at, EXPIRY)
    result = repaired(
        machine, traces, may_end, EventCodes(ALPHABET.events, (machine.deadline.start,))
    )
    judged = [trace for trace in traces if not machine.alphabet.isdisjoint(trace)]
    assert result.cost == sum(searched_cost(machine, trace, may_end) or 0 for trace in judged)


@settings(max_examples=samples(300, 20))
@given(
    machines(6), st.lists(st.lists(st.sampled_from(EVENTS), min_size=1, max_size=20), max_size=9)
)
def test_edits_make_the_trace_an_accepted_one(machine: Machine, traces: list[list[str]]) -> None:
    for trace in traces:
        result = repaired(machine, [trace], "any")
        assert result.cost == (searched_cost(machine, trace, "any") or 0)
