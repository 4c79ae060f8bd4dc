"""The fault domain of the state cover: w, wp and hsi find every wrong machine of it.

A machine belongs to it where each of its states is reached by a word of the state cover and at most
k further inputs, or where two words of the cover lead to equivalent states. So it may have far more
states than the specification and k together. h and chain are not complete for it, which shows that
the domain is larger than the one of all machines of a size.
"""

from functools import cache

import numpy as np
import pytest

from fsm.mealy import Mealy
from fsm.suites import METHODS, Suite, suite
from fsm.suites.execution.batch import MachineBatch
from fsm.suites.specification import Word
from tests.depth import DEEP, at_full_depth, samples
from tests.suites.machines import every_machine, inequivalent
from tests.suites.test_exhaustion import specification

BY_COVER = [name for name, method in METHODS.items() if method.by_cover]
SAMPLES = samples(40_000, 10_000)


@cache
def machines(states: int) -> MachineBatch:
    """Return every machine of three states, or a sample of larger ones."""
    if states == 3:
        return every_machine(states=3, inputs=2, outputs=2)
    random = np.random.default_rng(states)
    shape = SAMPLES, states, 2
    after = random.integers(0, states, shape, dtype=np.int32)
    return MachineBatch(after, random.integers(0, 2, shape, dtype=np.int32))


def reached(batch: MachineBatch, word: Word) -> np.ndarray:
    at = np.zeros(len(batch), dtype=np.int32)
    for x in word:
        at = batch.next[np.arange(len(batch)), at, x]
    return at


def in_domain(batch: MachineBatch, cover: list[Word], k: int) -> np.ndarray:
    """Return which machines belong to the domain, from its definition."""
    count, states, _ = batch.next.shape
    rows = np.arange(count)
    ends = [reached(batch, word) for word in cover]
    met = np.zeros((count, states), dtype=bool)
    for at in ends:
        met[rows, at] = True
    near = closure(batch, met, k)
    every = closure(batch, met, states)
    same = equivalent(batch)
    meet = np.zeros(count, dtype=bool)
    for i, a in enumerate(ends):
        for b in ends[:i]:
            meet |= same[rows, a, b]
    return (near == every).all(axis=1) | meet


def closure(batch: MachineBatch, met: np.ndarray, inputs: int) -> np.ndarray:
    """Return the states met within a number of inputs."""
    met = met.copy()
    for _ in range(inputs):
        further = met.copy()
        for s in range(met.shape[1]):
            for x in range(batch.next.shape[2]):
                here = np.flatnonzero(met[:, s])
                further[here, batch.next[here, s, x]] = True
        met = further
    return met


def equivalent(batch: MachineBatch) -> np.ndarray:
    same = (batch.output[:, :, None] == batch.output[:, None, :]).all(axis=-1)
    rows = np.arange(len(batch))[:, None, None]
    for _ in range(same.shape[1]):
        for x in range(batch.next.shape[2]):
            a, b = batch.next[:, :, None, x], batch.next[:, None, :, x]
            same = same & same[rows, a, b]
    return same


def survivors(made: Suite, batch: MachineBatch) -> int:
    """Count the wrong machines of the domain that pass; no right one may fail."""
    domain = in_domain(batch, made.spec.cover, made.options.extra_states)
    wrong = inequivalent(batch, made.mealy)
    failed = batch.fails(made.words(), made.mealy)
    assert not (failed & ~wrong).any()
    return int((domain & wrong & ~failed).sum())


def specifications(states: int) -> list[Mealy]:
    """Return random machines without equivalent states."""
    found = (specification(seed, states) for seed in range(200))
    minimal = [m for m in found if suite(m, "hsi").guarantee.states == states]
    return minimal[: samples(4, 2)]


@pytest.mark.parametrize("method", BY_COVER)
@pytest.mark.parametrize("k", [0, 1])
@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("states", [3, 4, 5, 6] if DEEP else [4])
def test_no_wrong_machine_of_the_domain_passes(method: str, n: int, k: int, states: int) -> None:
    for mealy in specifications(n):
        assert survivors(suite(mealy, method, extra_states=k), machines(states)) == 0


def test_the_domain_is_larger_than_what_chain_proves() -> None:
    """Of the machines of the domain with more states than n + k, some pass."""
    assert any(survivors(suite(m, "chain", extra_states=1), machines(4)) for m in specifications(2))


@at_full_depth
@pytest.mark.parametrize("method", BY_COVER)
@pytest.mark.parametrize(("n", "k"), [(1, 1), (2, 0)])
def test_exhaustively(method: str, n: int, k: int) -> None:
    """None of the 46,656 machines of three states."""
    for mealy in specifications(n):
        assert survivors(suite(mealy, method, extra_states=k), machines(3)) == 0


@pytest.mark.parametrize("method", METHODS)
def test_the_guarantee_names_the_domain_where_it_holds(method: str) -> None:
    made = suite("engagement", method, extra_states=int(METHODS[method].complete))
    said = "a word of the state cover and at most 1 further input" in str(made.guarantee)
    assert said == (method in BY_COVER)
    assert (made.guarantee.as_dict()["cover_domain"] is not None) == said
