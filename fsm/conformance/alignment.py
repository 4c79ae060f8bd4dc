"""Alignments: which events of a trace are extra, and which are missing, in which state.

Of several least repairs one is chosen, from the beginning of the trace on, so that as much as
possible of the log stays as it was recorded: an event is accepted where a least repair can accept
it; else an event is missing before it, the first one in the declared order of events; else it is
extra. So a missing event stands as early as it can.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from fsm.arrays import Codes, Index
from fsm.conformance.cost_vectors import CostVectors
from fsm.conformance.lazy_fold import LazyTable, fold_lazily
from fsm.conformance.repair_model import NEVER_REACHED

__all__ = ["AlignedTraces", "Alignments", "Edit"]


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


@dataclass(frozen=True, repr=False)
class AlignedTraces:
    """The edits of traces: ``steps`` is, for each event, the number of its step."""

    steps: Index
    final: Index
    """The state in which each trace ends, before what is missing at its end."""


class Alignments:
    """The steps of alignments met so far, and the edits of each.

    A step is what happens at an event in a state, given the costs of what is left: its edits, and
    the state after it.
    """

    def __init__(self, vectors: CostVectors) -> None:
        self._vectors, self._model = vectors, vectors.model
        self._states = len(self._model.states)
        self._numbers = np.full(1 << 10, -1, np.intp)
        self._cells: list[int] = []
        self._table = LazyTable(self._explore)
        self.edits: dict[int, tuple[Edit, ...]] = {}
        """The edits of those steps that have any."""

    def align(self, cells: Index, offsets: Index, lengths: Index) -> AlignedTraces:
        """Align traces, given the cells of :meth:`CostVectors.fold`."""
        inputs = self._numbered(cells) * self._states
        steps, final = fold_lazily(self._table, inputs, offsets, lengths, self._model.start, 1)
        return AlignedTraces(steps, final)

    def at_end(self, state: int) -> tuple[Edit, ...]:
        """Return what is missing at the end of a trace that is in a state."""
        edits, _ = self._insertions(state, self._model.ends, "")
        return tuple(edits)

    def _numbered(self, cells: Index) -> Codes:
        """Number the cells of cost vectors as they are met."""
        highest = int(cells.max(initial=0))
        if highest >= len(self._numbers):
            more = max(highest + 1, 2 * len(self._numbers)) - len(self._numbers)
            self._numbers = np.append(self._numbers, np.full(more, -1))
        numbers = self._numbers.take(cells)
        if (numbers < 0).any():
            new = np.unique(cells[numbers < 0])
            self._numbers[new] = np.arange(len(self._cells), len(self._cells) + len(new))
            self._cells += new.tolist()
            numbers = self._numbers.take(cells)
        return numbers

    def _explore(self, steps: Index) -> Index:
        return np.array([self._step(step) for step in steps.tolist()], np.intp)

    def _step(self, step: int) -> int:
        """Find the edits of a step; return the state after it."""
        number, state = divmod(step, self._states)
        cell = self._cells[number]
        after, code = divmod(cell, self._vectors.width)
        left = self._vectors.vectors[after]
        added = int(self._vectors.increments[cell])
        before = self._vectors.vectors[self._vectors.table.follow[cell]] + added
        edits: list[Edit] = []
        name = self._name(code)
        moves = self._model.moves.get(code)
        while True:
            cost = int(before[state])
            if moves is None:
                if left[state] + self._model.extra_cost[code] == cost:
                    if self._model.extra_cost[code]:
                        edits.append(Edit(self._model.states[state], "extra", name, name))
                    break
            else:
                targets = [int(t) for t in moves[:, state] if t >= 0 and left[t] == cost]
                if targets:
                    state = targets[0]
                    break
            found = self._insertion(state, before)
            if found is None:
                edits.append(Edit(self._model.states[state], "extra", name, name))
                break
            event, target = found
            edits.append(Edit(self._model.states[state], "missing", event, name))
            state = target
        if edits:
            self.edits[step] = tuple(edits)
        return state

    def _insertions(self, state: int, costs: Codes, before: str) -> tuple[list[Edit], int]:
        edits = []
        while costs[state] > 0:
            found = self._insertion(state, costs)
            assert found is not None  # noqa: S101 - a state with costs has a way to the end
            edits.append(Edit(self._model.states[state], "missing", found[0], before))
            state = found[1]
        return edits, state

    def _insertion(self, state: int, costs: Codes) -> tuple[str, int] | None:
        """Return the first event that can be missing in a state of a least repair."""
        cost = int(costs[state])
        for event, target in zip(
            self._model.inputs, self._model.targets[:, state].tolist(), strict=True
        ):
            if target >= 0 and costs[target] + 1 == cost < NEVER_REACHED:
                return event, target
        return None

    def _name(self, code: int) -> str:
        """Return the event of a code; of the end of a validity period, the deadline's event."""
        events, deadline = self._model.alphabet.events, self._model.machine.deadline
        if code < len(events):
            return events[code]
        return deadline.event if deadline and code > len(events) else ""
