"""Alignments: which events of a trace are extra, and which are missing, in which state.

Of several least repairs one is chosen, from the beginning of the trace on, so that as much as
possible of the log stays as it was recorded. An event is accepted where some least repair accepts
it: at once if it can, else after missing events, of which each is the first one in the declared
order that can be. An event that no least repair accepts there is extra.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fsm.arrays import Codes, Index
from fsm.conformance.cost_vectors import CostVectors
from fsm.conformance.lazy_fold import LazyTable, fold_lazily, grown
from fsm.conformance.repair_model import NEVER_REACHED, Costs

__all__ = ["Alignments", "Edit"]

_MOST_AT_ONCE = 1 << 22
"""Costs that are looked at in one go."""


class Edit(NamedTuple):
    """One edit of a trace; ``before`` is what happens next, empty at the end of the trace."""

    state: str
    """The state in which an event is missing, or extra."""
    kind: str
    """``missing`` or ``extra``."""
    event: str
    """The event."""
    before: str
    """The event of the log before which it is missing; of an extra event, the event itself."""


class Alignments:
    """The steps of alignments met so far, and the edits of each.

    A step is what happens at an event in a state, given the costs of what is left: its edits, and
    the state after it.
    """

    def __init__(self, vectors: CostVectors) -> None:
        self.vectors, self.model = vectors, vectors.model
        self._states = len(self.model.states)
        self._names = self.model.alphabet.names(self.model.machine)
        self._numbers = np.full(1 << 10, -1, np.intp)
        self._cells = np.zeros(0, np.intp)
        self._table = LazyTable(self._explore)
        self._children: dict[tuple[int, Edit], int] = {}
        self.edits: list[tuple[Edit, ...]] = [()]
        """The different sequences of edits; the first one is empty."""
        self.edits_of_step = np.zeros(len(self._table.follow), np.int32)
        """The sequence of edits of each step, by its number."""

    def align(self, cells: Index, offsets: Index, lengths: Index) -> tuple[Index, Index]:
        """Align traces, given the cells of :meth:`CostVectors.fold`.

        Returns the step of each event, and the state in which each trace ends, before what is
        missing at its end.
        """
        inputs = self._numbered(cells) * self._states
        return fold_lazily(self._table, inputs, offsets, lengths, self.model.start, 1)

    def after(self, steps: Index) -> Index:
        """Return the states after steps."""
        return self._table.after(steps)

    def edits_of(self, step: int) -> tuple[Edit, ...]:
        """Return the edits of a step."""
        return self.edits[int(self.edits_of_step[step])]

    def edits_at_end(self, state: int) -> int:
        """Return what is missing at the end of a trace that is in a state, as its number."""
        costs, at, number = self.model.ends[None], np.array([state]), 0
        while costs[0, at[0]] > 0:
            found, target = self._insertion(at, costs)
            number = self._child(number, self._missing(int(at[0]), int(found[0]), ""))
            at = target
        return number

    def _child(self, parent: int, edit: Edit) -> int:
        """Return the number of a sequence of edits with one more edit."""
        child = self._children.setdefault((parent, edit), len(self.edits))
        if child == len(self.edits):
            self.edits.append((*self.edits[parent], edit))
        return child

    def name(self, code: int) -> str:
        """Return the event of a code; of an expiry, the event that happens."""
        return self._names[code] or ""

    def _numbered(self, cells: Index) -> Codes:
        """Number the cells of cost vectors as they are met."""
        self._numbers = grown(self._numbers, int(cells.max(initial=0)) + 1, -1)
        numbers = self._numbers.take(cells)
        if (numbers < 0).any():
            met = np.zeros(len(self._numbers), np.bool_)
            met[cells] = True
            (new,) = np.nonzero(met & (self._numbers < 0))
            self._numbers[new] = np.arange(len(self._cells), len(self._cells) + len(new))
            self._cells = np.append(self._cells, new)
            numbers = self._numbers.take(cells)
        return numbers

    def _explore(self, steps: Index) -> Index:
        """Find the edits of steps; return the state after each."""
        self.edits_of_step = grown(self.edits_of_step, len(self._table.follow), 0)
        found = np.empty(len(steps), np.intp)
        size = max(1, _MOST_AT_ONCE // self._states)
        for first in range(0, len(steps), size):
            some = steps[first : first + size]
            cells = self._cells[some // self._states]
            after, edits = self._steps(cells, some % self._states)
            found[first : first + size], self.edits_of_step[some] = after, edits
        return found

    def _steps(self, cells: Index, states: Index) -> tuple[Index, Index]:
        """Return the states after events, and the numbers of the edits that lead to them."""
        vectors, each = self.vectors, np.arange(len(cells))
        left, codes = vectors.vectors[cells // vectors.width], cells % vectors.width
        at_once = self.model.accepted(codes, left)
        costs = self.model.with_insertions(at_once)
        least = vectors.vectors[vectors.table.follow[cells], states] + vectors.increments[cells]
        edits, states = np.zeros(len(cells), np.intp), states.copy()
        (extra,) = np.nonzero(costs[each, states] > least)
        edits[extra] = self._extended(
            edits[extra], states[extra], np.full(len(extra), -1), codes[extra]
        )
        (rows,) = np.nonzero(costs[each, states] <= least)
        while len(rows):
            here = states[rows]
            now = at_once[rows, here] == costs[rows, here]
            states[rows[now]] = self._target(codes[rows[now]], here[now], left[rows[now]])
            rows, here = rows[~now], here[~now]
            inputs, states[rows] = self._insertion(here, costs[rows])
            edits[rows] = self._extended(edits[rows], here, inputs, codes[rows])
        return states, edits

    def _target(self, codes: Codes, states: Index, left: Costs) -> Index:
        """Return the states of least cost to which events lead; of equal ones the first choice."""
        targets = self.model.moves[:, codes, states]
        costs = np.where(targets >= 0, left[np.arange(len(states)), targets], NEVER_REACHED)
        found: Index = targets[costs.argmin(axis=0), np.arange(len(states))].astype(np.intp)
        return found

    def _insertion(self, states: Index, costs: Costs) -> tuple[Index, Index]:
        """Return the first event that a least repair adds in each state (or -1), and its target."""
        each = np.arange(len(states))
        cost = costs[each, states]
        inputs, after = np.full(len(states), -1), states.copy()
        for number, row in enumerate(self.model.targets):
            targets = row[states]
            fits = (inputs < 0) & (targets >= 0)
            fits &= costs[each, np.maximum(targets, 0)] + 1 == cost
            inputs[fits], after[fits] = number, targets[fits]
        return inputs, after

    def _missing(self, state: int, number: int, before: str) -> Edit:
        return Edit(self.model.states[state], "missing", self.model.inputs[number], before)

    def _extended(self, edits: Index, states: Index, inputs: Index, codes: Codes) -> Index:
        """Add one more edit to sequences of edits: a missing input, or -1 for an extra event."""
        sizes = (len(self.edits), self._states, len(self.model.inputs) + 1, self.vectors.width)
        keys = np.ravel_multi_index((edits, states, inputs + 1, codes), sizes)
        distinct, which = np.unique(keys, return_inverse=True)
        numbers = np.zeros(len(distinct), np.intp)
        parts = zip(*(part.tolist() for part in np.unravel_index(distinct, sizes)), strict=True)
        for place, (parent, state, number, code) in enumerate(parts):
            name = self.name(code)
            extra = Edit(self.model.states[state], "extra", name, name)
            edit = self._missing(state, number - 1, name) if number else extra
            numbers[place] = self._child(parent, edit)
        return numbers[which]
