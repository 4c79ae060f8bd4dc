"""What is learnt from a log: the language of what was travelled, with true counts."""

from collections import Counter
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fsm
from fsm.discovery.discovering import learn_from
from fsm.discovery.evidence import exclusive_evidence
from fsm.discovery.prefix_tree import tree_of
from fsm.discovery.traces import as_trace_counts
from fsm.errors import ArgumentError, LogError
from fsm.machine import Machine, State, Transition
from tests.depth import at_full_depth, samples
from tests.discovery.random_logs import Traces, machine_of, random_machine, walks, with_errors

MACHINES = 20


def same_language(machine: fsm.Machine, traces: Traces, noise: float = 0) -> bool:
    return fsm.compare(machine, learn_from(as_trace_counts(traces), noise=noise).machine).same


def count_found(least: int, errors: float = 0, noise: float = 0) -> int:
    random, found, tried = Random(7), 0, 0
    while tried < MACHINES:
        machine = random_machine(random)
        if (traces := walks(machine, random, least)) is None:
            continue
        tried += 1
        if errors:
            traces = with_errors(traces, random, errors)
        found += same_language(machine, traces, noise)
    return found


@at_full_depth
@pytest.mark.parametrize(("least", "found"), [(50, 0.86), (150, 0.9)])
def test_random_machines_are_found_again_from_their_logs(least: int, found: float) -> None:
    assert count_found(least) >= MACHINES * found


@at_full_depth
@pytest.mark.parametrize(("least", "found"), [(50, 0.8), (150, 0.8)])
def test_random_machines_are_found_again_from_logs_with_errors(least: int, found: float) -> None:
    assert count_found(least, 0.01, 0.01) >= MACHINES * found


@pytest.mark.parametrize("seed", [101, 271, 294])
def test_states_differ_by_what_no_single_trace_shows(seed: int) -> None:
    random = Random(seed)
    machine = random_machine(random, 3, 3)
    traces = walks(machine, random, 25)
    assert traces is not None
    assert same_language(machine, traces)


TRACES = st.lists(st.lists(st.sampled_from("abc"), max_size=6).map(tuple), min_size=1, max_size=40)


@settings(deadline=None, max_examples=samples(100))
@given(TRACES)
def test_what_messages_did_is_accepted_and_counted(traces: list[tuple[str, ...]]) -> None:
    found = learn_from(as_trace_counts(traces))
    assert found.accepted == found.messages == len(traces)
    met, visits = Counter[tuple[str, str]](), Counter[str]()
    for trace in traces:
        state = found.machine.initial
        for event in trace:
            met[state, event] += 1
            visits[state] += 1
            transition = found.machine.step(state, event)
            assert transition is not None
            state = transition.target
        visits[state] += 1
    assert {(e.source, e.event): e.times for e in found.evidence} == met
    assert all(visits[e.source] == e.visits for e in found.evidence)
    assert all(1 <= e.messages <= e.times for e in found.evidence)


@settings(deadline=None, max_examples=samples(100))
@given(TRACES, st.randoms(use_true_random=False))
def test_the_order_of_messages_changes_nothing(
    traces: list[tuple[str, ...]], random: Random
) -> None:
    shuffled = random.sample(traces, len(traces))
    first, second = (learn_from(as_trace_counts(some)).machine for some in (traces, shuffled))
    assert fsm.compare(first, second).same


@pytest.mark.parametrize(
    ("seen", "visits", "is_certain"),
    [
        pytest.param(30, 100, True, id="often"),
        pytest.param(1, 100, False, id="once"),
        pytest.param(40, 10_000, False, id="rarely-in-many"),
    ],
)
def test_an_event_that_one_state_never_shows(seen: int, visits: int, *, is_certain: bool) -> None:
    evidence = exclusive_evidence(np.array([seen]), visits, np.array([0]), 5_000)
    assert (evidence > 6) is is_certain


def test_a_tree_that_grows_too_large_ends_at_a_level_and_all_events_are_counted() -> None:
    traces = as_trace_counts([("a", "b", "a"), ("a", "a", "b"), ("b",)])
    tree = tree_of(traces, most=5)
    assert (len(tree), tree.depth, tree.whole) == (5, 2, False)


def learnt_from_delivery(log: object, **options: float) -> fsm.Discovery:
    return fsm.discover(log, "with-feedback", **options)


def test_names_and_statuses_are_those_of_the_reference() -> None:
    log = next(fsm.simulate("with-feedback", messages=3000, seed=1))
    found = learnt_from_delivery(log)
    reference = fsm.load("with-feedback")
    assert [s.name for s in found.machine.states] == [s.name for s in reference.states]
    assert [s.status for s in found.machine.states] == [s.status for s in reference.states]
    assert found.reference is not None
    assert found.reference.contradictions == ()
    known = {(t.source, t.event, t.target) for t in reference.transitions}
    assert {(t.source, t.event, t.target) for t in found.machine.transitions} <= known


def test_transitions_of_the_reference_that_nobody_travelled_are_not_learnt() -> None:
    found = learn_from(as_trace_counts({("relayed",): 20}), fsm.load("with-feedback"))
    assert [(t.source, t.event) for t in found.machine.transitions] == [("to_send", "relayed")]
    assert found.reference is not None
    assert len(found.reference.never_travelled) == len(fsm.load("with-feedback").transitions) - 1


def test_what_the_reference_does_not_accept_is_told_with_counts() -> None:
    traces = as_trace_counts({("relayed", "opened"): 9, ("relayed", "delivered"): 40})
    found = learn_from(traces, fsm.load("with-feedback"))
    assert found.reference is not None
    (item,) = found.reference.contradictions
    assert (item.state, item.event, item.messages, item.visits) == ("awaiting", "opened", 9, 49)


def test_an_event_after_a_final_state_makes_it_not_final() -> None:
    traces = as_trace_counts(
        {
            ("relayed", "hard_bounce"): 40,
            ("relayed", "delivered"): 40,
            ("relayed", "hard_bounce", "delivered"): 30,
        }
    )
    found = learn_from(traces, fsm.load("with-feedback"))
    assert not found.machine.state("hard_bounced").final


PARCEL = Machine(
    "parcel",
    "parcel",
    tuple(State(name, name.title(), name, (name,)) for name in ("new", "packed", "received")),
    ("pack", "receive"),
    (
        Transition("new", "pack", "packed", "pack"),
        Transition("packed", "receive", "received", "receive"),
    ),
    "new",
)


@pytest.mark.parametrize(
    ("traces", "status"),
    [
        pytest.param({("pack", "receive"): 200, ("pack", "cancel"): 100}, None, id="an-end"),
        pytest.param(
            {("pack", "receive"): 200, ("cancel", "receive"): 100}, "Packed", id="agreeing"
        ),
        pytest.param(
            {("pack", "receive"): 200, ("cancel",): 99, ("cancel", "receive"): 1}, None, id="not"
        ),
    ],
)
def test_what_the_reference_does_not_know_has_a_status_only_where_it_clearly_agrees(
    traces: dict[tuple[str, ...], int], status: str | None
) -> None:
    machine = learn_from(as_trace_counts(traces), PARCEL).machine
    (cancelled,) = (t.target for t in machine.transitions if t.event == "cancel")
    assert machine.state(cancelled).status == status


def test_a_reference_that_hardly_corresponds_does_not_change_what_is_learnt() -> None:
    random = Random(1)
    machine = machine_of([[1, 0, -1], [2, -1, 0], [-1, 0, 1]])
    traces = walks(machine, random, 20)
    assert traces is not None
    reference = machine_of([[1, 2, 2], [3, 3, 0], [0, 1, -1], [2, 1, 3]])
    alone, named = (learn_from(as_trace_counts(traces), r) for r in (None, reference))
    assert fsm.compare(alone.machine, named.machine).same
    assert any("most visited of several states" in note for note in named.notes)


def test_an_event_without_its_guard_is_accepted_where_the_reference_has_it_with_one() -> None:
    targets = {"go[ok]": "packed", "go[not ok]": "received"}
    guarded = replace(
        PARCEL,
        events=tuple(targets),
        transitions=tuple(
            Transition("new", event, target, "go", guard=event[3:-1])
            for event, target in targets.items()
        ),
    )
    found = learn_from(as_trace_counts({("go",): 9}), guarded)
    assert found.reference is not None
    assert found.reference.contradictions == found.reference.never_travelled == ()
    assert found.machine.state(found.machine.transitions[0].target).status is None
    assert "which guard" in found.notes[-1]


def test_an_end_that_the_reference_does_not_know_is_none_of_its_states() -> None:
    """Nothing follows there, so nothing shows that it is one of the documented ends."""
    traces = as_trace_counts({("relayed", "delivered"): 200, ("relayed", "cancel"): 100})
    found = learn_from(traces, fsm.load("with-feedback"))
    (cancelled,) = (t.target for t in found.machine.transitions if t.event == "cancel")
    assert found.machine.state(cancelled).status is None
    (delivered,) = (t.target for t in found.machine.transitions if t.event == "delivered")
    assert found.machine.state(delivered).status == "Sent"


def test_what_only_came_after_a_cell_that_is_left_out_is_left_out_too() -> None:
    step = Transition("q", "b", "q", "b")
    reference = Machine("q", "q", (State("q", None, "q", ("q",)),), ("a", "b"), (step,), "q")
    traces = as_trace_counts(list(map(tuple, ["aa", "ab", "bbaa", "baaa", "aa", "ba", "bab"])))
    found = learn_from(traces, reference, noise=0.15)
    assert found.left_out
    assert all(1 <= e.messages <= e.times <= e.visits for e in found.evidence)


def test_noise_is_left_out_and_told() -> None:
    traces = as_trace_counts({("a", "b"): 98, ("b",): 2})
    found = learn_from(traces, noise=0.01)
    assert [(item.event, item.messages) for item in found.left_out] == [("b", 2)]
    assert (found.messages, found.accepted) == (100, 98)


def test_the_events_of_a_companion_are_left_aside() -> None:
    log = next(fsm.simulate("with-feedback", messages=300, seed=1, companion="engagement"))
    found = learnt_from_delivery(log)
    assert found.beside > 0
    assert "opened" not in found.machine.events


@pytest.mark.parametrize("noise", [0.4, -0.1, True, "2%", float("nan")])
def test_a_share_that_is_none_is_refused(noise: float) -> None:
    with pytest.raises(ArgumentError, match="noise"):
        fsm.discover([], noise=noise)


def test_a_log_of_too_many_events_is_refused() -> None:
    names = [f"e{n}" for n in range(501)]
    times = pl.Series(["2026-01-01T00:00:00Z"] * 501)
    log = pl.DataFrame({"message_id": names, "event": names, "timestamp": times})
    with pytest.raises(LogError, match="more than 500 different events"):
        fsm.discover(log)


def test_a_log_that_takes_too_much_work_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fsm.discovery.merging.MOST_WORK", 3)
    with pytest.raises(LogError, match=r"2 different events.* differ too much"):
        learn_from(as_trace_counts(["abab", "ba"]))


def test_a_log_without_events_is_refused() -> None:
    log = pl.DataFrame(schema=dict.fromkeys(("message_id", "event", "timestamp"), pl.String))
    with pytest.raises(LogError, match="no events"):
        fsm.discover(log)


def test_the_newsletter_is_found_as_it_is_documented(corpus: Path) -> None:
    log = fsm.open_log(
        corpus / "logs/newsletter-2013.csv.gz",
        columns={"message_id": "case_id", "event": "activity"},
    )
    found = learnt_from_delivery(log)
    assert found.reference is not None
    assert found.accepted == found.messages == 9266
    assert found.reference.contradictions == ()
    assert len(found.machine.states) == len(fsm.load("with-feedback").states)
