"""Every machine of a fault domain is tried: what passes a complete suite is equivalent.

46,656 machines have three states, two inputs and two outputs. None of them that differs from
the specification may pass, and none that does not differ may fail.
"""

from functools import cache

import numpy as np
import pytest

from fsm.errors import MachineError
from fsm.mealy import Mealy
from fsm.suites import METHODS, suite
from fsm.suites.execution.batch import MachineBatch
from fsm.suites.methods import Method
from fsm.suites.specification import Spec
from tests.depth import samples
from tests.suites.machines import every_machine, inequivalent

COMPLETE = [method for method in METHODS.values() if method.complete and not method.visible]
SPECIFICATIONS = samples(24, 4)


@cache
def domain() -> MachineBatch:
    return every_machine(states=3, inputs=2, outputs=2)


def specification(seed: int, states: int, *, partial: bool = False) -> Mealy:
    """Return a random machine; a partial one lacks about one cell in four."""
    random = np.random.default_rng(seed)
    after = random.integers(0, states, (states, 2))
    if partial:
        after[random.random(after.shape) < 0.25] = -1
    output = np.where(after < 0, -1, random.integers(0, 2, (states, 2)))
    return Mealy(f"seed {seed}", tuple("stuv"[:states]), ("a", "b"), ("0", "1"), after, output)


def test_the_domain_is_every_machine_once() -> None:
    cells = np.concatenate([domain().next, domain().output], axis=2).reshape(len(domain()), -1)
    assert len(np.unique(cells, axis=0)) == 46_656


@pytest.mark.parametrize("states", [1, 2, 3])
@pytest.mark.parametrize("method", COMPLETE, ids=lambda m: m.name)
def test_no_inequivalent_machine_survives(method: Method, states: int) -> None:
    for seed in range(SPECIFICATIONS):
        mealy = specification(seed, states)
        n = suite(mealy, method.name).guarantee.states
        made = suite(mealy, method.name, extra_states=3 - n)
        assert made.guarantee.implementation_states == 3
        failed = domain().fails(made.words(), made.mealy)
        assert np.array_equal(failed, inequivalent(domain(), mealy)), mealy


@pytest.mark.parametrize("method", [m for m in COMPLETE if m.partial], ids=lambda m: m.name)
def test_partial_specifications_where_they_are_defined(method: Method) -> None:
    tried = 0
    for seed in range(3 * SPECIFICATIONS):
        mealy = specification(seed, 2 + seed % 2, partial=True)
        try:
            n = suite(mealy, method.name).guarantee.states
        except MachineError:
            continue
        made = suite(mealy, method.name, extra_states=3 - n)
        failed = domain().fails(made.words(), made.mealy)
        assert np.array_equal(failed, inequivalent(domain(), mealy)), mealy
        tried += not made.spec.is_complete
    assert tried >= SPECIFICATIONS / 4


@pytest.mark.parametrize("extra_states", [0, 1])
def test_a_suite_for_fewer_extra_states_lets_some_pass(extra_states: int) -> None:
    """The guarantee ends where it says: the domain is larger than some suites prove."""
    survivors = 0
    for seed in range(SPECIFICATIONS):
        mealy = specification(seed, 1)
        made = suite(mealy, "chain", extra_states=extra_states)
        failed = domain().fails(made.words(), made.mealy)
        survivors += int((inequivalent(domain(), mealy) & ~failed).sum())
    assert survivors


@pytest.mark.parametrize("states", [1, 2])
def test_where_the_state_is_visible(states: int) -> None:
    """All machines of three states that show one of as many marks as the specification has."""
    for seed in range(SPECIFICATIONS // 4):
        mealy = specification(seed, states)
        n = suite(mealy, "observable").guarantee.states
        made = suite(mealy, "observable", extra_states=3 - n)
        marks = every_mark(3, n)
        for mark in marks:
            batch = MachineBatch(domain().next, domain().output, np.tile(mark, (len(domain()), 1)))
            failed = batch.fails(made.words(), visible := reduced_visible(made.mealy, n))
            assert np.array_equal(failed, differs_visibly(batch, visible))


def every_mark(states: int, marks: int) -> np.ndarray:
    number = np.arange(marks**states)
    return np.stack([number // marks**i % marks for i in range(states)], axis=1).astype(np.int32)


def reduced_visible(mealy: Mealy, states: int) -> Mealy:
    """Return the reachable part, where the marks are the numbers of the states."""
    spec = Spec.of(mealy)
    assert len(spec.states) == states
    return Mealy(
        mealy.name,
        spec.states,
        mealy.inputs,
        mealy.outputs,
        np.array(spec.next),
        np.array(spec.output),
        shown=spec.states,
    )


def differs_visibly(batch: MachineBatch, mealy: Mealy) -> np.ndarray:
    """Return which machines a trace tells apart where the mark of a state is an output too."""
    assert batch.shown is not None
    marks = len(mealy.states)
    rows = np.arange(len(batch))[:, None, None]
    joined = batch.output * marks + batch.shown[rows, batch.next]
    output = mealy.output * marks + mealy.next
    both = tuple(str(i) for i in range(marks * len(mealy.outputs)))
    plain = Mealy(mealy.name, mealy.states, mealy.inputs, both, mealy.next, output)
    return inequivalent(MachineBatch(batch.next, joined), plain) | (batch.shown[:, 0] != 0)
