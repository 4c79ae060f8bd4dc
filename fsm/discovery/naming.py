"""States of a learnt machine named after the states that a reference is in after the same traces.

The reference names and never adds: a state of the learnt machine at which messages arrive in
several states of the reference becomes several states, each with the transitions that messages
travelled from it. Messages that did what the reference rejects are in none of its states: they
share the name of a state only where what they do next clearly agrees with it.

Where the two machines correspond so little that this makes more states than both have, only states
are split whose parts all do the same; another one has the name that most of its visits have.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import NamedTuple

import numpy as np

from fsm.arrays import Index
from fsm.discovery.evidence import agreement
from fsm.discovery.traces import NONE, TraceCounts, Travelled
from fsm.machine import Machine, State

__all__ = [
    "NamedTable",
    "initial_first",
    "learnt_states",
    "reference_table",
    "table_named_by",
    "undecided_cells",
]

_CLEARLY = 3.0
"""Evidence, in nats, beyond which messages that a reference rejected are in one of its states."""


def reference_table(reference: Machine, events: Sequence[str]) -> Index:
    """Return the table of a reference over the events of a log; its initial state is row 0.

    The rows are in the order of :func:`initial_first`. An event without its guard leads where all
    guards of it lead, else to :data:`NONE`; see :func:`undecided_cells`.
    """
    names = [state.name for state in initial_first(reference)]
    table = np.full((len(names), max(len(events), 1)), NONE, np.int64)
    for number, name in enumerate(names):
        for code, event in enumerate(events):
            targets = _targets(reference, name, event)
            if len(targets) == 1:
                table[number, code] = names.index(targets.pop())
    return table


def undecided_cells(reference: Machine, events: Sequence[str]) -> set[tuple[str, str]]:
    """Return the states and events of a log that lead to several states, by guards not logged."""
    return {
        (state.name, event)
        for state in reference.states
        for event in events
        if len(_targets(reference, state.name, event)) > 1
    }


def _targets(reference: Machine, state: str, event: str) -> set[str]:
    if event in reference.alphabet:
        transition = reference.step(state, event)
        return {transition.target} if transition else set()
    return {t.target for t in reference.transitions if (t.source, t.trigger) == (state, event)}


def initial_first(reference: Machine) -> list[State]:
    """Return the states of a reference, the initial one first."""
    return sorted(reference.states, key=lambda state: state.name != reference.initial)


class NamedTable(NamedTuple):
    """A learnt table whose states have the names of a reference."""

    table: Index
    names: list[int]
    """The state of the reference, as a row of its table; :data:`NONE` where there is none."""
    thinned: int
    """How many states were split into parts of which some lack what others do."""
    unsplit: int
    """How many states have the name of one of several states of the reference."""


Pair = tuple[int, int]
"""A state of the learnt machine, and one of the reference."""


def table_named_by(reference: Index, table: Index, traces: TraceCounts) -> NamedTable:
    """Return a learnt table with the names of a reference."""
    fixed: dict[int, int] = {}
    while new := _agreeing(split := _split(reference, table, traces, fixed)):
        fixed |= new
    unsplit = 0
    if len(split.parts) > len(table) + len(reference):
        while new := split.thinned(table):
            unsplit += len(new)
            fixed |= new
            split = _split(reference, table, traces, fixed)
    names = [name for _, name in split.pairs]
    return NamedTable(split.travelled.table, names, len(split.thinned(table)), unsplit)


class _Split(NamedTuple):
    """A learnt table split by the states of a reference, and what messages do with it."""

    pairs: list[Pair]
    travelled: Travelled

    @property
    def parts(self) -> list[int]:
        """The rows that messages visit."""
        return np.flatnonzero(self.travelled.visits).tolist()

    def by_state(self) -> Mapping[int, list[int]]:
        """Return the visited rows of each learnt state."""
        rows: dict[int, list[int]] = defaultdict(list)
        for row in self.parts:
            rows[self.pairs[row][0]].append(row)
        return rows

    def thinned(self, table: Index) -> dict[int, int]:
        """Return the states of which a part lacks what others do, with their most visited name."""
        visits, times = self.travelled.visits, self.travelled.times
        return {
            state: self.pairs[max(rows, key=lambda row: int(visits[row]))][1] if state else 0
            for state, rows in self.by_state().items()
            if len(rows) > 1 and ((times[rows] > 0) != (table[state] != NONE)).any()
        }


def _split(reference: Index, table: Index, traces: TraceCounts, fixed: Mapping[int, int]) -> _Split:
    """Split a table; states in ``fixed`` have one name however they are reached."""
    pairs: dict[Pair, int] = {(0, 0): 0}
    rows: list[list[int]] = []
    for state, name in _growing(pairs):
        row = []
        for code, target in enumerate(table[state].tolist()):
            if target == NONE:
                row.append(NONE)
                continue
            after = int(reference[name, code]) if name != NONE else NONE
            pair = (target, fixed.get(target, after))
            row.append(pairs.setdefault(pair, len(pairs)))
        rows.append(row)
    split = np.array(rows, np.int64).reshape(len(rows), -1)
    return _Split(list(pairs), traces.replayed(split))


def _agreeing(split: _Split) -> dict[int, int]:
    """Return the states whose messages that the reference rejected agree with its only name."""
    agreeing, times, visits = dict[int, int](), split.travelled.times, split.travelled.visits
    for state, rows in split.by_state().items():
        named = [row for row in rows if split.pairs[row][1] != NONE]
        if len(rows) != 2 or len(named) != 1:
            continue
        (known,), (unknown,) = named, set(rows) - set(named)
        evidence = agreement(times[known], int(visits[known]), times[unknown], int(visits[unknown]))
        if times[unknown].any() and evidence > _CLEARLY:
            agreeing[state] = split.pairs[known][1]
    return agreeing


def _growing(pairs: Mapping[Pair, int]) -> Iterator[Pair]:
    """Yield the keys of a mapping in order, also those that are added meanwhile."""
    known: list[Pair] = []
    while len(known) < len(pairs):
        new = list(pairs)[len(known) :]
        known += new
        yield from new


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
