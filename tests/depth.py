"""How deep the tests go: a few samples of each law, or with ``FSM_TEST_DEPTH=deep`` all of them.

``make test`` shows within two minutes that everything works; ``make test-deep`` takes the time to
look everywhere, and is what has to pass before a change lands.
"""

import os

DEEP = os.environ.get("FSM_TEST_DEPTH") == "deep"


def samples(all_of_them: int, few: int = 0) -> int:
    """Return how many samples to take: all at full depth, else ``few`` or about one in twelve."""
    return all_of_them if DEEP else few or max(2, all_of_them // 12)
