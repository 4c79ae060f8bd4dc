"""States of a learnt table split where what follows depends on how messages arrived.

Merging decides about few messages at a time, and each time the evidence may be thin; all messages
that arrive at a state together may show a difference that no part of them did.
"""

from __future__ import annotations

import numpy as np

from fsm.arrays import Index
from fsm.discovery.evidence import agreement, exclusive_evidence
from fsm.discovery.traces import NONE, TraceCounts

__all__ = ["split_by_arrival"]

_MOST_SPLITS = 50


def split_by_arrival(table: Index, traces: TraceCounts, limit: float, rare: float = 0.0) -> Index:
    """Return a table in which no cell leads to a state that differs from what follows this cell."""
    for _ in range(_MOST_SPLITS):
        follows, visits = _by_arrival(table, traces)
        targets = np.append(table.ravel(), 0)
        strongest, found = limit, NONE
        for state in range(len(table)):
            arrivals = np.flatnonzero((targets == state) & (visits > 0))
            if len(arrivals) < 2:
                continue
            all_follow, all_visits = follows[arrivals].sum(axis=0), int(visits[arrivals].sum())
            for cell in arrivals.tolist():
                row, of = follows[cell], int(visits[cell])
                evidence = exclusive_evidence(row, of, all_follow - row, all_visits - of, rare)
                if evidence > strongest:
                    strongest, found = evidence, cell
        if found == NONE:
            break
        other = _agreeing(table, found, follows, visits, limit, rare)
        table = _with_copy(table, found) if other == NONE else _redirected(table, found, other)
    return table


def _agreeing(
    table: Index, cell: int, follows: Index, visits: Index, limit: float, rare: float
) -> int:
    """Return the state that agrees best with what follows a cell; :data:`NONE` if none does."""
    targets = np.append(table.ravel(), 0)
    row, of = follows[cell], int(visits[cell])
    best, best_state = 0.0, NONE
    for state in range(len(table)):
        arrivals = np.flatnonzero((targets == state) & (visits > 0))
        if state == targets[cell] or cell == table.size or not len(arrivals):
            continue
        theirs, of_theirs = follows[arrivals].sum(axis=0), int(visits[arrivals].sum())
        if exclusive_evidence(row, of, theirs, of_theirs, rare) > limit:
            continue
        score = agreement(row, of, theirs, of_theirs)
        if score > best:
            best, best_state = score, state
    return best_state


def _redirected(table: Index, cell: int, state: int) -> Index:
    """Return a table in which a cell leads to another state."""
    redirected = table.copy()
    redirected[cell // table.shape[1], cell % table.shape[1]] = state
    return redirected


def _by_arrival(table: Index, traces: TraceCounts) -> tuple[Index, Index]:
    """Return which events follow the arrival by each cell, and how often there was such an arrival.

    The last row is the begin of the messages.
    """
    travelled = traces.replayed(table)
    size, width = table.size, table.shape[1]
    cells = np.where(travelled.before == NONE, NONE, travelled.before * width + traces.codes)
    arrival = np.append(np.int64(size), cells)[:-1] if len(cells) else cells
    arrival[traces.offsets[traces.lengths > 0]] = size
    weights = np.repeat(traces.counts, traces.lengths)
    known = (cells != NONE) & (arrival != NONE)
    pairs = arrival[known] * width + traces.codes[known]
    follows = np.bincount(pairs, weights=weights[known], minlength=(size + 1) * width)
    follows = follows.astype(np.int64).reshape(size + 1, width)
    ends = (traces.offsets + traces.lengths - 1)[travelled.accepted & (traces.lengths > 0)]
    arrived_last = np.bincount(cells[ends], weights=weights[ends], minlength=size + 1)
    return follows, follows.sum(axis=1) + arrived_last.astype(np.int64)


def _with_copy(table: Index, cell: int) -> Index:
    """Return a table with a copy of the state to which a cell leads, to which only it leads."""
    if cell == table.size:
        # Messages begin in the copy: it takes the place of the first state, which is the last now.
        copied = np.vstack([table, table[:1]])
        copied[copied == 0] = len(table)
        return copied
    copied = np.vstack([table, table[table.flat[cell]][None]])
    copied[cell // table.shape[1], cell % table.shape[1]] = len(table)
    return copied
