"""The least costs of what is left of a trace, by state: read from its end, as a fold.

A *cost vector* has, for each state, the fewest edits after which the rest of a trace is accepted
from it. Only differences within a vector matter for what comes before, so the least entry is taken
out of it and added to the cost; what remains is one of a number of vectors that does not grow with
the log. They are numbered as they are met, and the step from one to the next by an event is a cell
of a table: the dynamic programme over all traces becomes a fold, and traces that end alike share
their work.

Where these are too many, coarser vectors give bounds. With the least entries alone, what is left is
real repairs, though not all: an upper bound. It is exact where it is 0, since all states of a trace
that fits have the cost 0. With all other entries lowered to the next number it is a lower bound.
"""

from __future__ import annotations

from enum import Enum

import numpy as np

from fsm.arrays import Codes, Index
from fsm.conformance.lazy_fold import REFUSED, LazyTable, fold_lazily, grown
from fsm.conformance.regret import regrets
from fsm.conformance.repair_model import NEVER_REACHED, Costs, RepairModel

__all__ = ["MOST_VECTORS", "CostVectors", "Detail"]

MOST_VECTORS = 1 << 16
"""Cost vectors that are kept; a trace that needs another one is not repaired, but said."""
_MOST_NUMBERS = 1 << 25
"""Numbers in all vectors; with many states fewer vectors are kept."""
_MOST_AT_ONCE = 1 << 20
"""Numbers that are compared in one go."""


class Detail(Enum):
    """What is kept of the entries of cost vectors."""

    EXACT = "all of them"
    UPPER = "the least ones: upper bounds"
    LOWER = "the least ones, and for all others the next number: lower bounds"


class CostVectors:
    """The cost vectors met so far, and the table of the steps between them."""

    def __init__(
        self, model: RepairModel, most: int = MOST_VECTORS, detail: Detail = Detail.EXACT
    ) -> None:
        self.model, self._detail = model, detail
        self.width = model.alphabet.width
        self.table = LazyTable(self._explore)
        self.increments = np.zeros(len(self.table.follow), np.int32)
        """What each cell of the table adds to the cost."""
        self.vectors = np.zeros((16, len(model.states)), np.int32)
        self._most = max(1, min(most, _MOST_NUMBERS // len(model.states)))
        self._numbers: dict[bytes, int] = {}
        self._regrets = regrets(model)
        self._numbered(model.ends)

    def __len__(self) -> int:
        return len(self._numbers)

    def fold(self, codes: Codes, offsets: Index, lengths: Index) -> tuple[Index, Index]:
        """Return the cell that each event met, read from the end, and each trace's first vector.

        The cell of an event is the number of the vector after it times the width, plus its code.
        """
        ends = offsets + lengths
        cells, first = fold_lazily(
            self.table, codes[::-1], (len(codes) - ends)[::-1], lengths[::-1], 0, self.width
        )
        return cells[::-1], first[::-1]

    def costs(self, cells: Index, offsets: Index, lengths: Index, first: Index) -> Index:
        """Return the cost of each trace; -1 where it needs a vector that is not kept."""
        costs = np.full(len(offsets), REFUSED, np.intp)
        known = np.flatnonzero(first != REFUSED)
        costs[known] = self.vectors[first[known], self.model.start]
        some = np.flatnonzero(lengths)
        if len(some):
            added = np.add.reduceat(self.increments.take(cells, mode="clip"), offsets[some])
            costs[some] += np.where(first[some] != REFUSED, added, 0)
        return costs

    def _explore(self, cells: Index) -> Index:
        """Return the numbers of the vectors before events, given those after them."""
        self.increments = grown(self.increments, len(self.table.follow), 0)
        found = np.empty(len(cells), np.intp)
        size = max(1, _MOST_AT_ONCE // len(self.model.states) ** 2)
        for first in range(0, len(cells), size):
            some = cells[first : first + size]
            after = self.vectors[some // self.width]
            costs = self.model.before(some % self.width, after)
            bound = (costs[:, :, None] + self._regrets).min(axis=1)
            costs = np.where(costs > bound, NEVER_REACHED, costs)
            least = costs.min(axis=1)
            if self._detail is Detail.LOWER:
                costs = np.minimum(costs, least[:, None] + 1)
            elif self._detail is Detail.UPPER:
                costs = np.where(costs > least[:, None], NEVER_REACHED, costs)
            self.increments[some] = least
            costs = np.where(costs < NEVER_REACHED, costs - least[:, None], NEVER_REACHED)
            found[first : first + size] = [self._numbered(row) for row in costs.astype(np.int32)]
        return found

    def _numbered(self, vector: Costs) -> int:
        """Return the number of a vector, a new one if it is new and can be kept."""
        key = vector.tobytes()
        number = self._numbers.get(key)
        if number is not None:
            return number
        number = len(self._numbers)
        if number == self._most:
            return REFUSED
        self._numbers[key] = number
        if number == len(self.vectors):
            self.vectors = np.concatenate([self.vectors, np.zeros_like(self.vectors)])
        self.vectors[number] = vector
        return number
