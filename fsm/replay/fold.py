"""Fold the events of every message through the dense table, all messages at once.

Round k looks up the k-th event of every message that has one: one table lookup per round and
no Python loop per event. When only a few long messages are left, a plain loop over them is
faster than an array of a few cells.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["Codes", "Folded", "dense", "fold"]

Codes: TypeAlias = NDArray[np.intp]

FEW = 32
"""Below this many active messages the plain loop takes over."""


@dataclass(frozen=True, slots=True)
class Folded:
    """What the events did. ``final`` has one entry per message, the others one per event."""

    final: Codes
    before: Codes
    after: Codes
    rejected: NDArray[np.bool_]


def dense(table: tuple[tuple[int, ...], ...], events: int) -> Codes:
    """Return a machine's table as an array, states x events; -1 rejects."""
    return np.array(table, dtype=np.intp).reshape(len(table), events)


def fold(table: Codes, codes: Codes, starts: Codes, initial: int) -> Folded:
    """Fold events through a table.

    ``codes`` holds the events (column numbers) of one message after the other, each message's
    in order; ``starts`` holds the index of each message's first event, ascending, and may name
    an index twice where a message has no events. A rejected event (-1) changes nothing.
    """
    count = len(codes)
    lengths = np.diff(starts, append=count)
    final = np.full(len(starts), initial, dtype=np.intp)
    before = np.empty(count, dtype=np.intp)
    after = np.empty(count, dtype=np.intp)
    active = np.flatnonzero(lengths > 0)
    step = 0
    while len(active) > FEW:
        at = starts[active] + step
        state = final[active]
        target = table[state, codes[at]]
        target = np.where(target < 0, state, target)
        before[at], after[at], final[active] = state, target, target
        step += 1
        active = active[lengths[active] > step]
    rows = [list(map(int, row)) for row in table] if len(active) else []
    for message in map(int, active):
        first, last = int(starts[message]) + step, int(starts[message] + lengths[message])
        states = _loop(rows, codes[first:last].tolist(), int(final[message]))
        before[first:last] = states[:-1]
        after[first:last] = states[1:]
        final[message] = states[-1]
    return Folded(final, before, after, table[before, codes] < 0)


def _loop(rows: list[list[int]], codes: list[int], state: int) -> list[int]:
    states = [state]
    for code in codes:
        target = rows[state][code]
        state = target if target >= 0 else state
        states.append(state)
    return states
