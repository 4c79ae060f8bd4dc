"""Tables whose cells are decided again and again: what is counted on the way, and what is found."""

from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fsm
from fsm.discovery.annealing import Chains, Description, annealed_tables
from fsm.discovery.discovering import learn_from
from fsm.discovery.learning import with_certain_states
from fsm.discovery.prefix_tree import tree_of
from fsm.discovery.traces import as_trace_counts
from tests.depth import cases, samples
from tests.discovery.random_logs import random_machine, walks

TRACES = st.lists(st.lists(st.sampled_from("abc"), min_size=1, max_size=6), min_size=1, max_size=30)


@settings(deadline=None, max_examples=samples(100, 10))
@given(TRACES, st.randoms(use_true_random=False))
def test_what_is_counted_after_each_decision_is_what_the_tables_do(
    traces: list[list[str]], random: Random
) -> None:
    log = Description(tree_of(as_trace_counts(traces)), 3)
    shape = (2, 3, log.width)
    tables = np.array([random.randrange(3) for _ in range(6 * log.width)]).reshape(shape)
    chains = Chains(log, tables)
    for _ in range(8):
        chains.decide(random.randrange(3 * log.width))
        anew = Chains(log, chains.tables)
        assert (chains.cells == anew.cells).all()
        assert (chains.times == anew.times).all()
        assert chains.lengths == pytest.approx(anew.lengths)


@pytest.mark.parametrize("seed", cases([403, 406, 408, 410, 430]))
def test_a_thin_log_shows_a_machine_that_merging_does_not_find(seed: int) -> None:
    random = Random(seed)
    machine = random_machine(random, 3, 3)
    traces = walks(machine, random, 25)
    assert traces is not None
    assert fsm.compare(machine, learn_from(as_trace_counts(traces)).machine).same


@pytest.mark.parametrize("repeats", [1, 30_000], ids=["too-few-events", "too-many-events"])
def test_nothing_is_sought_in_a_log_of(repeats: int) -> None:
    traces = as_trace_counts({("a", "b"): repeats})
    assert annealed_tables(tree_of(traces), [np.zeros((1, 2), np.int64)]) == []


@pytest.mark.parametrize(
    ("times", "states"),
    [pytest.param(3, 1, id="by-chance"), pytest.param(60, 2, id="certain")],
)
def test_states_are_one_that_no_event_tells_apart_with_certainty(times: int, states: int) -> None:
    """Behind ``a`` nothing follows, which is certain only where it was seen often."""
    traces = as_trace_counts({("a",): times, ("b", "b", "a"): times, ("b",): times})
    table = np.array([[1, 0], [-1, -1]])
    assert len(with_certain_states(table, traces, 5.0, 0.0)) == states
