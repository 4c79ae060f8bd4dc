"""States of a learnt machine named after the states that a reference is in after the same traces.

The reference names and never adds: a state of the learnt machine at which messages arrive in
several states of the reference becomes several states, each with the transitions that messages
travelled from it. Which events are possible stays as it was learnt.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count

import numpy as np

from fsm.arrays import Index
from fsm.discovery.traces import NONE, Travelled
from fsm.machine import Machine, State

__all__ = ["initial_first", "learnt_states", "reference_table", "split_by_reference"]


def reference_table(reference: Machine, events: Sequence[str]) -> Index:
    """Return the table of a reference over the events of a log; its initial state is row 0.

    The rows are in the order of :func:`initial_first`.
    """
    names = [state.name for state in initial_first(reference)]
    table = np.full((len(names), max(len(events), 1)), NONE, np.int64)
    for number, name in enumerate(names):
        for code, event in enumerate(events):
            transition = reference.step(name, event)
            if transition:
                table[number, code] = names.index(transition.target)
    return table


def initial_first(reference: Machine) -> list[State]:
    """Return the states of a reference, the initial one first."""
    return sorted(reference.states, key=lambda state: state.name != reference.initial)


def split_by_reference(table: Index, theirs: Travelled) -> tuple[Index, list[int]]:
    """Return the learnt table with states split by those of a reference, and which these are.

    ``theirs`` is what the reference does with the traces.
    :data:`NONE` stands for a state that messages only reach after an event that the reference
    rejects, unless what follows makes it one of the others.
    """
    traces, reference = theirs.traces, theirs.table
    ours = traces.replayed(table)
    arrivals = np.full(len(traces.codes), NONE, np.int64)
    followed = (ours.before != NONE) & (theirs.before != NONE)
    cells = ours.before[followed], traces.codes[followed]
    arrivals[followed] = table[cells]
    named = np.full(len(traces.codes), NONE, np.int64)
    named[followed] = reference[theirs.before[followed], cells[1]]
    met: dict[int, set[int]] = {0: {0}}
    for state, name in np.unique(np.stack([arrivals, named]), axis=1).T.tolist():
        if state != NONE and name != NONE:
            met.setdefault(state, set()).add(name)
    # A state that corresponds to only one state of the reference is that one, however reached:
    # what follows tells it. Where nothing follows, an event that the reference rejects may have led
    # to an end that it does not know.
    goes_on = (table != NONE).any(axis=1)
    only = {s: next(iter(names)) for s, names in met.items() if len(names) == 1 and goes_on[s]}
    pairs: dict[tuple[int, int], int] = {(0, 0): 0}
    rows: list[list[int]] = []
    for state, name in _growing(pairs):
        row = []
        for code, target in enumerate(table[state].tolist()):
            if target == NONE:
                row.append(NONE)
                continue
            after = int(reference[name, code]) if name != NONE else NONE
            pair = (target, only.get(target, after))
            row.append(pairs.setdefault(pair, len(pairs)))
        rows.append(row)
    return np.array(rows, np.int64).reshape(len(rows), -1), [name for _, name in pairs]


def _growing(pairs: dict[tuple[int, int], int]) -> Iterator[tuple[int, int]]:
    """Yield the keys of a mapping in order, also those that are added meanwhile."""
    at = 0
    while at < len(pairs):
        yield list(pairs)[at]
        at += 1


def learnt_states(
    names: Sequence[int], visits: Sequence[int], reference: Machine | None
) -> list[State]:
    """Return the states: those of the reference where they correspond, else ``s0``, ``s1``, ....

    Of several states with one counterpart, the most visited has its name; the others have its
    status.
    """
    known = initial_first(reference) if reference else []
    taken = {state.name for state in known}
    free = (name for name in (f"s{n}" for n in count()) if name not in taken)
    first: dict[int, int] = {}
    for number, name in enumerate(names):
        if name != NONE and (name not in first or visits[number] > visits[first[name]]):
            first[name] = number
    states = []
    for number, name in enumerate(names):
        if name != NONE and first[name] == number:
            states.append(known[name])
            continue
        new = next(free)
        if name == NONE:
            states.append(State(new, None, new, (new,)))
        else:
            part_of = known[name]
            states.append(State(new, part_of.status, f"part of {part_of.title}", (new,)))
    return states
