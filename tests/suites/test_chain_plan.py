"""Plans of a chained suite: every one is complete, and the search finds small ones."""

from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings

from fsm.mealy import Mealy
from fsm.suites.derive import chain_plan
from fsm.suites.derive.chain import chain_tests, shortest_chain
from fsm.suites.distinguish.adaptive_sequence import adaptive_words
from fsm.suites.distinguish.identifiers import few_words
from fsm.suites.distinguish.separation import inseparable_pair, state_separator
from fsm.suites.equivalence import reduced
from fsm.suites.specification import Spec
from tests.depth import samples
from tests.suites.domain import survivor
from tests.suites.machines import mealys

# Cells as "output:next", a row for each state.
TABLES = {
    "four-states": "1:3 0:0|1:2 0:1|1:3 1:1|0:1 1:0",
    "five-states": "1:2 1:1 1:0|1:2 0:1 0:2|1:2 0:4 1:0|0:4 1:0 0:4|0:3 1:4 1:1",
    "not-adaptive": "1:5 0:3 0:5|0:1 0:2 1:1|1:4 0:4 0:0|0:3 1:1 1:1|0:1 1:1 0:0|0:1 0:1 0:2",
}
SIZES = {"four-states": [22, 56], "five-states": [45, 153], "not-adaptive": [62, 204]}
BY_ORDERS = {"four-states": [24, 60], "five-states": [54, 170], "not-adaptive": [68, 218]}
"""The sizes without search: the best of twelve orders."""


def table(name: str) -> Mealy:
    rows = [
        [tuple(map(int, cell.split(":"))) for cell in row.split()]
        for row in TABLES[name].split("|")
    ]
    cells = np.array(rows)
    return Mealy(
        name,
        tuple(f"s{i}" for i in range(cells.shape[0])),
        tuple("abc"[: cells.shape[1]]),
        tuple("012"),
        cells[:, :, 1],
        cells[:, :, 0],
    )


def changed_plans(spec: Spec, extra_states: int, count: int) -> list[chain_plan.ChainPlan]:
    """Return plans that were changed over and over."""
    apart = state_separator(spec)
    families = chain_plan.identifier_families(spec, apart, few_words(spec, apart, extra_states))
    changes = chain_plan._Changes(spec, apart, families)
    plans = [chain_plan.ChainPlan(chain_plan.cover_order(spec), families[-1])]
    while len(plans) < count:
        plans.append(changes.changed(plans[-1]))
    return plans[:: max(1, count // 5)]


@settings(max_examples=samples(60, 6))
@given(mealys(states=(2, 4), inputs=(1, 2), outputs=(2, 2)))
def test_every_plan_is_complete(mealy: Mealy) -> None:
    mealy = reduced(mealy)
    spec = Spec.of(mealy)
    for extra_states in (0, 1):
        for plan in changed_plans(spec, extra_states, 40):
            words = list(chain_tests(spec, extra_states, state_separator(spec), plan))
            assert survivor(words, mealy, len(spec.next) + extra_states) is None


@settings(max_examples=samples(40, 4))
@given(mealys(states=(2, 4), inputs=(1, 2), outputs=(2, 2), partial=True))
def test_every_plan_of_a_partial_machine_is_complete(mealy: Mealy) -> None:
    spec = Spec.of(mealy)
    if inseparable_pair(spec) or next(spec.cells(), None) is None:
        return
    for plan in changed_plans(spec, 0, 40):
        words = list(chain_tests(spec, 0, state_separator(spec), plan))
        assert survivor(words, mealy, len(spec.next)) is None


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize(("tried", "sizes"), [(12, BY_ORDERS), (500, SIZES)], ids=["orders", "all"])
def test_the_search_finds_small_suites(
    name: str, tried: int, sizes: dict[str, list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chain_plan, "TRIED", tried)
    spec = Spec.of(table(name))
    assert [sum(map(len, shortest_chain(spec, k))) for k in (0, 1)] == sizes[name]


def test_the_search_ends_by_the_steps_of_all_plans(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain_plan, "TRIED", 500)
    monkeypatch.setattr(chain_plan, "STEPS", 1_000)
    spec = Spec.of(table("five-states"))
    apart = state_separator(spec)
    families = chain_plan.identifier_families(spec, apart, few_words(spec, apart, 0))
    made = []

    def size(plan: chain_plan.ChainPlan) -> int:
        made.append(sum(map(len, chain_tests(spec, 0, apart, plan))))
        return made[-1]

    best = chain_plan.smallest_plan(spec, apart, families, size)
    separation = 10 * max(map(len, spec.cover))  # of every two of five states
    steps = [inputs + separation for inputs in made]
    assert sum(steps[:-1]) < 1_000 <= sum(steps)
    assert size(best) == min(made)


def test_adaptive_words_tell_a_state_from_every_other_one() -> None:
    spec = Spec.of(table("four-states"))
    words = adaptive_words(spec)
    assert words is not None
    for s, word in enumerate(words):
        others = [t for t in range(4) if t != s]
        assert all(spec.apart(s, t, word) == spec.apart(t, s, words[t]) for t in others)
    assert adaptive_words(Spec.of(table("not-adaptive"))) is None


def test_plans_begin_with_each_order_and_each_family() -> None:
    spec = Spec.of(table("four-states"))
    apart = state_separator(spec)
    families = chain_plan.identifier_families(spec, apart, few_words(spec, apart, 0))
    plans = list(islice(chain_plan._first_plans(spec, families), 100))
    assert len(families) == 3
    assert len(plans) == 2 * 3 * 6
    assert {frozenset(plan.order) for plan in plans} == {frozenset(chain_plan.cover_order(spec))}
