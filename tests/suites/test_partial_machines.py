"""Partial machines: states that no trace tells apart, and missing cells completed on request."""

import numpy as np
import pytest

from fsm.errors import MachineError
from fsm.formats.dot import parse_dot
from fsm.mealy import Mealy
from fsm.suites import Suite, suite
from fsm.suites.distinguish.separation import inseparable_pair
from fsm.suites.execution.batch import MachineBatch
from fsm.suites.specification import Spec
from tests.command import Fsm
from tests.depth import DEEP, at_full_depth, samples
from tests.suites.domain import survivor
from tests.suites.machines import every_machine, inequivalent

ALIKE = parse_dot(
    'digraph { a -> b [label="x/0"]; b -> c [label="y/1"]; c -> a [label="x/0"] }', "alike"
)
ONE_CELL = parse_dot(
    'digraph { a -> b [label="x/0"]; b -> a [label="x/1"]; a -> a [label="y/0"] }', "one_cell"
)


def alike(states: int, missing: float = 0.4) -> list[Mealy]:
    """Return random partial machines, all reachable, some of whose states are inseparable."""
    found = []
    for seed in range(600):
        random = np.random.default_rng(seed)
        after = random.integers(0, states, (states, 2))
        after[random.random(after.shape) < missing] = -1
        output = np.where(after < 0, -1, random.integers(0, 2, after.shape))
        mealy = Mealy(f"seed {seed}", tuple("stuv"[:states]), ("a", "b"), ("0", "1"), after, output)
        spec = Spec.of(mealy)
        if len(spec.states) == states and not spec.is_complete and inseparable_pair(spec):
            found.append(mealy)
    return found[: samples(60, 6)]


def wrong_ones_that_pass(made: Suite, batch: MachineBatch) -> int:
    """Count them; no right one may fail."""
    wrong = inequivalent(batch, made.mealy)
    failed = batch.fails(made.words(), made.mealy)
    assert not (failed & ~wrong).any()
    return int((wrong & ~failed).sum())


@pytest.mark.parametrize("states", [2, 3])
def test_no_wrong_machine_passes(states: int) -> None:
    for mealy in alike(states):
        made = suite(mealy, extra_states=3 - states)
        assert made.method.name == "counting"
        assert made.guarantee.implementation_states == 3
        assert wrong_ones_that_pass(made, every_machine(3, 2, 2)) == 0


@pytest.mark.parametrize("states", [3, 4] if DEEP else [3])
def test_no_wrong_machine_of_the_weaker_guarantee_passes(states: int) -> None:
    """The suite is for fewer states than the specification has, as many as the limit allows."""
    weaker = 0
    for mealy in alike(states):
        whole = suite(mealy).estimate.most.symbols
        made = suite(mealy, max_symbols=whole - 1) if whole > 60 else suite(mealy)
        fewer = made.guarantee.fewer_states
        weaker += fewer > 0
        if made.guarantee.implementation_states <= 3:
            batch = every_machine(made.guarantee.implementation_states, 2, 2)
            assert wrong_ones_that_pass(made, batch) == 0
        assert (f"{fewer} fewer than the {states}" in str(made.guarantee)) == (fewer > 0)
    assert weaker


@at_full_depth
@pytest.mark.parametrize("number", range(12))
def test_no_wrong_machine_of_four_states_passes(number: int) -> None:
    made = suite(alike(4, 0.5)[number], max_symbols=None)
    assert made.guarantee.implementation_states == 4
    assert survivor(made.words(), made.mealy, 4) is None


# Completion ------------------------------------------------------------------------------------

ANSWERS = {"reject": "rejected", "loop": "-"}


@pytest.mark.parametrize("completion", ANSWERS)
def test_missing_cells_are_tested_as_they_were_completed(completion: str) -> None:
    made = suite(ONE_CELL, complete=completion)  # type: ignore[arg-type]
    assert made.mealy.is_complete
    assert made.mealy.run(["x", "y", "x"]) == ("0", ANSWERS[completion], "1")
    assert not made.guarantee.partial
    assert f"1 cell is missing in the machine and completed (--complete {completion})" in str(
        made.guarantee
    )
    assert any("y" in made.mealy.inputs and (1, 1) in cells(made, test) for test in made.words())


def cells(made: Suite, word: tuple[int, ...]) -> set[tuple[int, int]]:
    return set(zip(made.mealy.walk(word), word, strict=False))


def test_completion_tells_every_two_states_apart_or_merges_them() -> None:
    made = suite(ALIKE, complete="reject")
    assert (made.method.name, made.guarantee.states) == ("chain", 3)


def test_a_complete_machine_has_nothing_to_complete(fsm: Fsm) -> None:
    with pytest.raises(MachineError, match="no cell is missing"):
        suite("engagement", complete="loop")
    result = fsm("suite", "engagement", "--complete", "loop")
    assert (result.status, result.out) == (2, "")
    assert "leave out --complete" in result.err


@pytest.mark.parametrize("method", ["chain", "h"])
def test_other_methods_say_what_to_do(method: str) -> None:
    with pytest.raises(MachineError, match="take the method counting or auto"):
        suite(ALIKE, method)
