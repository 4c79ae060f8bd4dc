"""Fold traces through a table that is made while it is met, all traces at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from fsm.arrays import Codes, Index

__all__ = ["REFUSED", "LazyTable", "fold_lazily", "grown"]

REFUSED = -1
"""The state after a cell that is beyond what the table may hold."""
_UNKNOWN = -2
_FEW = 64

T = TypeVar("T", bound=np.generic)


def grown(values: NDArray[T], size: int, fill: int) -> NDArray[T]:
    """Return an array with at least ``size`` values; where it is too short, at least twice as long.

    >>> grown(np.array([1, 2, 3]), 4, 0).tolist(), grown(np.array([1, 2]), 2, 0).tolist()
    ([1, 2, 3, 0, 0, 0], [1, 2])
    """
    if size <= len(values):
        return values
    more = max(size, 2 * len(values)) - len(values)
    return np.append(values, np.full(more, fill, values.dtype))


@dataclass(repr=False)
class LazyTable:
    """A table whose cells are found when they are first met.

    ``explore`` takes cells, ascending, and returns the state after each, or :data:`REFUSED`.
    """

    explore: Callable[[Index], Index]
    follow: Index = field(default_factory=lambda: np.full(1 << 10, _UNKNOWN, np.intp))

    def after(self, cells: Index) -> Index:
        """Return the states after cells."""
        self.follow = grown(self.follow, int(cells.max(initial=0)) + 1, _UNKNOWN)
        found = self.follow.take(cells)
        unknown = found == _UNKNOWN
        if unknown.any():
            new = np.unique(cells[unknown])
            self.follow[new] = self.explore(new)
            found = self.follow.take(cells)
        return found


def fold_lazily(
    table: LazyTable, inputs: Codes, offsets: Index, lengths: Index, first: int, stride: int
) -> tuple[Index, Index]:
    """Return the cell that each input met, and the state in which each trace ends.

    A cell is ``input + state * stride``. ``first`` is the state of all traces before their first
    input. A trace that meets a cell that the table refuses ends there, in :data:`REFUSED`.
    """
    cells = np.full(len(inputs), REFUSED, np.intp)
    final = np.full(len(offsets), first, np.intp)
    active = np.flatnonzero(lengths)
    at, left = offsets[active], lengths[active]
    state = np.full(len(active), first, np.intp)
    while len(at) > _FEW:
        cell = inputs.take(at) + state * stride
        state = table.after(cell)
        cells[at] = cell
        going = (left > 1) & (state != REFUSED)
        final[active[~going]] = state[~going]
        active, at, left, state = active[going], at[going] + 1, left[going] - 1, state[going]
    for trace, begin, length, current in zip(
        active.tolist(), at.tolist(), left.tolist(), state.tolist(), strict=True
    ):
        final[trace] = _fold_one(
            table, inputs, cells, range(begin, begin + length), current, stride
        )
    return cells, final


def _fold_one(
    table: LazyTable, inputs: Codes, cells: Index, places: range, state: int, stride: int
) -> int:
    """Fold what is left of one trace; return its last state."""
    for place, code in zip(places, inputs[places.start : places.stop].tolist(), strict=True):
        cell = code + state * stride
        cells[place] = cell
        state = int(table.follow[cell]) if cell < len(table.follow) else _UNKNOWN
        if state == _UNKNOWN:
            state = int(table.after(np.array([cell]))[0])
        if state == REFUSED:
            break
    return state
