"""The least repair is the least one: against plain searches, on random machines and traces."""

from collections import Counter

import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import fsm
from fsm.conformance.alignment import Edit
from fsm.conformance.cost_vectors import MOST_VECTORS, CostVectors
from fsm.conformance.least_repair import LeastRepair, repair_traces
from fsm.conformance.message_alignment import align_message
from fsm.conformance.repair_model import model_repairs
from fsm.engine.product_machine import EventCodes
from fsm.errors import MachineError
from fsm.machine import Deadline, Machine, State, Transition
from tests.conformance.repairs import (
    EVENTS,
    EXPIRY,
    coded,
    enumerated_cost,
    machines,
    may_stop,
    searched_cost,
)
from tests.depth import samples

ALPHABET = EventCodes((*EVENTS, "beside"))
TRACES = st.lists(st.sampled_from((*EVENTS, "beside")), max_size=9)
MAY_END = st.sampled_from(("any", "all", "final"))


def with_period(machine: Machine) -> EventCodes:
    """Return the alphabet with the timer of a machine's deadline."""
    assert machine.deadline is not None
    return EventCodes(ALPHABET.events, ((machine.name, machine.deadline.timer(1)),))


def repaired(
    machine: Machine,
    traces: list[list[str]],
    may_end: str,
    alphabet: EventCodes = ALPHABET,
    most: int = MOST_VECTORS,
) -> LeastRepair:
    """Return the least repair; a machine in which no message can end is left out."""
    try:
        model = model_repairs(machine, alphabet, may_end=may_end, outside="beside")
    except MachineError:
        assume(False)
    return repair_traces(model, [coded(alphabet, traces)], most)


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
    result = repaired(machine, traces, may_end, with_period(machine))
    judged = [trace for trace in traces if not machine.alphabet.isdisjoint(trace)]
    assert result.cost == sum(searched_cost(machine, trace, may_end) or 0 for trace in judged)


RETURNS = Machine(
    "returns",
    "after its period it can only be where it began",
    (State("s0", None, "s0", ("s0",)), State("s1", None, "s1", ("s1",))),
    EVENTS,
    (Transition("s0", "a", "s1", "a"), Transition("s1", "b", "s0", "b")),
    "s0",
    deadline=Deadline("c", "b", "s1"),
)


@pytest.mark.parametrize(
    ("trace", "cost"),
    [
        pytest.param(["c", EXPIRY], 1, id="the period ends where the message began"),
        pytest.param(["c", "a", EXPIRY, "b"], 2, id="nothing leads away afterwards"),
        pytest.param(["a"], 0, id="the period never ends"),
    ],
)
def test_a_message_ends_where_its_validity_period_leaves_no_end(
    trace: list[str], cost: int
) -> None:
    result = repaired(RETURNS, [trace], "any", with_period(RETURNS))
    assert (result.cost, searched_cost(RETURNS, trace, "any")) == (cost, cost)


def test_a_repair_may_lead_to_where_a_validity_period_leaves_no_end() -> None:
    cells = [("s0", "a", "s1"), ("s1", "a", "s2"), ("s2", "a", "s3"), ("s1", "b", "s4")]
    cells += [("s5", "a", "s0")]  # never reached: the end of the period changes no state
    machine = Machine(
        "long",
        "long way to its end",
        tuple(State(f"s{n}", None, "", (f"s{n}",), final=n == 3) for n in range(6)),
        EVENTS,
        tuple(Transition(source, event, target, event) for source, event, target in cells),
        "s0",
        deadline=Deadline("c", "a", "s5"),
    )
    trace = ["c", EXPIRY, "a"]
    result = repaired(machine, [trace], "final", with_period(machine))
    assert result.cost == searched_cost(machine, trace, "final") == 2


@settings(max_examples=samples(300, 20))
@given(machines(5), st.lists(st.sampled_from(EVENTS), min_size=1, max_size=12), MAY_END)
def test_an_alignment_is_a_trace_of_the_machine(
    machine: Machine, trace: list[str], may_end: str
) -> None:
    log = pl.DataFrame(
        {
            "message_id": ["m"] * len(trace),
            "event": trace,
            "timestamp": [f"2026-01-01T00:00:{i:02}Z" for i in range(len(trace))],
        }
    )
    result = repaired(machine, [trace], may_end)
    (aligned,) = align_message(log, "m", machine, may_end=may_end)
    assert [event.event for event in aligned.events if event.kind != "missing"] == trace
    state = machine.initial
    for event in aligned.events:
        assert event.before == state
        step = machine.step(state, event.event)
        state = state if event.kind == "extra" else step.target if step else ""
        assert event.after == state
    assert may_stop(machine, state, may_end)
    assert aligned.cost == searched_cost(machine, trace, may_end)
    edits = Counter(event.kind for event in aligned.events)
    assert (result.extra, result.missing) == (edits["extra"], edits["missing"])


def chain(*events: str) -> Machine:
    """Return a machine that accepts events one after the other."""
    names = [str(i) for i in range(len(events) + 1)]
    states = (State(name, None, name, (name,), final=name == names[-1]) for name in names)
    steps = zip(names, events, names[1:], strict=False)
    transitions = (Transition(source, event, to, event) for source, event, to in steps)
    return Machine("chain", "chain", tuple(states), events, tuple(transitions), "0")


CHAIN = chain("a", "b", "c")


def test_as_much_as_possible_stays_as_it_was_recorded() -> None:
    """One event would be extra, or one is missing: it is missing."""
    result = repaired(CHAIN, [["a", "c"]], "any", EventCodes(CHAIN.events))
    (found,) = result.edits
    assert (found.edit, found.rows) == (Edit("1", "missing", "b", "c"), (1,))


def test_what_is_missing_at_the_end() -> None:
    result = repaired(CHAIN, [["a"], ["a"]], "final", EventCodes(CHAIN.events))
    assert [(found.edit, found.count, found.rows) for found in result.edits] == [
        (Edit("1", "missing", "b", ""), 2, (0, 1)),
        (Edit("2", "missing", "c", ""), 2, (0, 1)),
    ]


def test_how_many_messages_need_an_edit() -> None:
    traces = [["a", "a", "a"], ["b"], ["a", "a", "c"]]
    result = repaired(CHAIN, traces, "any", EventCodes(CHAIN.events))
    counts = {
        (found.edit.kind, found.edit.event): (found.count, found.messages, found.alone, found.rows)
        for found in result.edits
    }
    assert counts == {
        ("extra", "a"): (3, 2, 1, (1, 5)),
        ("missing", "a"): (1, 1, 1, (3,)),
        ("missing", "b"): (1, 1, 0, (6,)),
    }


def test_fitness_compares_with_leaving_out_everything() -> None:
    result = repaired(CHAIN, [["a"], ["a"]], "final", EventCodes(CHAIN.events))
    assert result.fitness == 1 - 4 / (2 + 2 * 3)


MAIL = fsm.load("with-feedback")
OF_MAIL = EventCodes(MAIL.events)
MODEL = model_repairs(MAIL, OF_MAIL, may_end="any", outside="beside")


@settings(max_examples=samples(300, 20))
@given(machines(5), st.lists(TRACES, max_size=20), st.integers(1, 12), MAY_END)
def test_what_is_too_much_work_is_between_its_bounds(
    machine: Machine, traces: list[list[str]], most: int, may_end: str
) -> None:
    exact = repaired(machine, traces, may_end)
    result = repaired(machine, traces, may_end, most=most)
    least, highest = result.bounds
    assert result.cost + least <= exact.cost <= result.cost + highest
    assert (result.fitting, result.not_fitting) == (exact.fitting, exact.not_fitting)
    assert result.bounded or result == exact


def test_a_message_that_is_too_much_work_is_said() -> None:
    traces = [["relayed", "delivered"], ["delivered"], ["relayed", *["delivered"] * 3]]
    results = [repair_traces(MODEL, [coded(OF_MAIL, traces)], most) for most in (1, 2, 3)]
    assert [(result.bounded, result.bounds, result.cost) for result in results] == [
        (2, (3, 4), 0),
        (1, (2, 2), 1),
        (0, (0, 0), 3),
    ]


def test_cost_vectors_do_not_grow_with_the_length_of_traces() -> None:
    """A log of one long message needs no more of them than one of a short message."""
    sizes = []
    for length in (20, 2000):
        vectors = CostVectors(MODEL)
        repeated = ["soft_bounce", "relayed", "delivered"] * length
        traces = coded(OF_MAIL, [["relayed", *repeated]])
        vectors.fold(traces.codes, traces.offsets, traces.lengths)
        sizes.append(len(vectors))
    assert sizes[0] == sizes[1] < 20
