"""With extra states, where complete suites are most easily wrong: no machine of the domain errs.

Machines of three and four states, and implementations of one or two more. These domains are too
large to be listed, so :mod:`tests.suites.domain` searches them. The specifications are such that a
suite which leaves a single word out lets some implementation pass.
"""

import pytest

from fsm.suites import METHODS, suite
from tests.depth import cases
from tests.suites.domain import survivor
from tests.suites.test_exhaustion import specification

COMPLETE = [name for name, method in METHODS.items() if method.complete and not method.visible]
SEEDS = {  # (states, extra states): seeds of specifications without equivalent states
    (3, 1): (7, 15, 35),
    (3, 2): (7, 15),
    (4, 1): (8, 16, 42, 53, 56),
    (4, 2): (0, 12, 16),
}
CASES = [(n, k, seed) for (n, k), seeds in SEEDS.items() for seed in seeds]


@pytest.mark.parametrize("method", COMPLETE)
@pytest.mark.parametrize(("n", "k", "seed"), cases(CASES), ids=lambda value: str(value))
def test_no_wrong_machine_passes(method: str, n: int, k: int, seed: int) -> None:
    made = suite(specification(seed, n), method, extra_states=k)
    assert (made.guarantee.states, made.guarantee.implementation_states) == (n, n + k)
    assert survivor(made.words(), made.mealy, n + k) is None


@pytest.mark.parametrize("method", COMPLETE)
@pytest.mark.parametrize(("n", "k"), SEEDS)
def test_the_search_finds_what_a_suite_for_one_state_less_lets_pass(
    method: str, n: int, k: int
) -> None:
    machines = [specification(seed, n) for seed in SEEDS[n, k]]
    suites = [suite(mealy, method, extra_states=k - 1) for mealy in machines]
    assert any(survivor(made.words(), made.mealy, n + k) for made in suites)
