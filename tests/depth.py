"""How deep the tests go: a few samples of each law, or with ``FSM_TEST_DEPTH=deep`` all of them.

``make test`` shows within two minutes that everything works; ``make test-deep`` takes the time to
look everywhere, and is what has to pass before a change lands.
"""

import os
from collections.abc import Iterable
from typing import TypeVar

import pytest

T = TypeVar("T")

DEEP = os.environ.get("FSM_TEST_DEPTH") == "deep"

at_full_depth = pytest.mark.skipif(not DEEP, reason="at full depth: FSM_TEST_DEPTH=deep")
"""For tests that take long beside what quick ones of the same room show already."""


def cases(all_of_them: Iterable[T]) -> list[T]:
    """Return the cases of a table to run: all at full depth, else every fifth one."""
    return list(all_of_them)[:: 1 if DEEP else 5]


def samples(all_of_them: int, few: int = 0) -> int:
    """Return how many samples to take: all at full depth, else ``few`` or about one in twelve."""
    return all_of_them if DEEP else few or max(2, all_of_them // 12)
