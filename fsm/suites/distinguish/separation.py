"""Which states can be told apart, and by which shortest words."""

from __future__ import annotations

from itertools import combinations

from fsm.suites.distinguish.identifiers import Separator
from fsm.suites.distinguish.pair_table import PairTable
from fsm.suites.distinguish.splitting_tree import SplittingTree
from fsm.suites.specification import Spec

__all__ = ["inseparable_pair", "separator_of"]


def separator_of(spec: Spec) -> Separator:
    """Return what tells any two states apart, found in the way that suits the specification."""
    return SplittingTree(spec).apart if spec.is_complete else PairTable(spec).apart


def inseparable_pair(spec: Spec) -> tuple[int, int] | None:
    """Return the first two states that no word tells apart, ``None`` where there are none."""
    apart = separator_of(spec)
    pairs = combinations(range(len(spec.next)), 2)
    return next((pair for pair in pairs if apart(*pair) is None), None)
