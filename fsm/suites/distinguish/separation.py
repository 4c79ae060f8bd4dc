"""The shortest words that tell states apart, for complete and partial specifications."""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations

from fsm.suites.distinguish.identifiers import Separator
from fsm.suites.distinguish.pair_table import PairTable
from fsm.suites.distinguish.splitting_tree import SplittingTree
from fsm.suites.specification import Spec

__all__ = ["inseparable_pair", "state_separator"]


@lru_cache(2)  # a suite is counted, then made
def state_separator(spec: Spec) -> Separator:
    """Return the separator of a specification: a splitting tree, or a table of pairs if partial."""
    return SplittingTree(spec).apart if spec.is_complete else PairTable(spec).apart


def inseparable_pair(spec: Spec) -> tuple[int, int] | None:
    """Return the first two states that no word tells apart, ``None`` where there are none."""
    if spec.is_complete:
        alike = (states for states in spec.classes() if len(states) > 1)
        return next(((states[0], states[1]) for states in alike), None)
    apart = state_separator(spec)
    pairs = combinations(range(len(spec.next)), 2)
    return next((pair for pair in pairs if apart(*pair) is None), None)
