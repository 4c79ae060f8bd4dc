"""How deep the tests go: a few samples of each law, or with ``FSM_TEST_DEPTH=deep`` all of them.

``make test`` shows within two minutes that everything works; ``make test-deep`` takes the time to
look everywhere, and is what has to pass before a change lands.
"""

import os
from collections.abc import Iterable
from typing import TypeVar

T = TypeVar("T")

DEEP = os.environ.get("FSM_TEST_DEPTH") == "deep"


def cases(all_of_them: Iterable[T]) -> list[T]:
    """Return the cases of a table to run: all at full depth, else every fourth one."""
    return list(all_of_them)[:: 1 if DEEP else 4]


def samples(all_of_them: int, few: int = 0) -> int:
    """Return how many samples to take: all at full depth, else ``few`` or about one in twelve."""
    return all_of_them if DEEP else few or max(2, all_of_them // 12)
