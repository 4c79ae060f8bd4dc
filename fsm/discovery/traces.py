"""The distinct traces of a log as arrays, and what a machine does with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from fsm.arrays import Codes, Index, Mask
from fsm.engine.distinct_traces import DistinctTraces

__all__ = ["NONE", "TraceCounts", "Travelled", "as_trace_counts"]

NONE = -1
"""Stands in tables of transitions for no state."""


@dataclass(frozen=True, repr=False)
class TraceCounts:
    """Traces with how many messages have each; a trace may occur several times.

    ``codes`` holds the events of one trace after the other, as numbers of ``events``; ``offsets``
    where each trace begins in it.
    """

    events: tuple[str, ...]
    codes: Codes
    offsets: Index
    counts: Index

    @cached_property
    def lengths(self) -> Index:
        """The number of events of each trace."""
        return np.diff(self.offsets, append=len(self.codes))

    @property
    def messages(self) -> int:
        """How many messages there are."""
        return int(self.counts.sum())

    @classmethod
    def of_parts(cls, events: tuple[str, ...], parts: Sequence[DistinctTraces]) -> TraceCounts:
        """Return the traces of a replay; ``events`` are those of its machine, in its order."""
        codes = np.concatenate([np.zeros(0, np.int64), *(part.codes for part in parts)])
        lengths = np.concatenate([np.zeros(0, np.int64), *(part.lengths for part in parts)])
        counts = np.concatenate([np.zeros(0, np.int64), *(part.counts for part in parts)])
        return cls(events, codes, np.cumsum(lengths) - lengths, counts)

    def without_unknown(self) -> tuple[TraceCounts, int]:
        """Return the traces without events that are none of ``events``, and how many these were."""
        known = self.codes < len(self.events)
        owners = np.repeat(np.arange(len(self.offsets)), self.lengths)
        lengths = np.bincount(owners[known], minlength=len(self.offsets))
        kept = replace(self, codes=self.codes[known], offsets=np.cumsum(lengths) - lengths)
        return kept, int(self.counts[owners[~known]].sum())

    def replayed(self, table: Index) -> Travelled:
        """Execute a table, states x events, which has :data:`NONE` where an event is rejected.

        A trace is followed up to its first event that is rejected.
        """
        before = np.full(len(self.codes), NONE, np.int64)
        active = np.flatnonzero(self.lengths > 0)
        states = np.zeros(len(active), np.int64)
        last = np.zeros(len(self.offsets), np.int64)
        place = 0
        while len(active):
            at = self.offsets[active] + place
            before[at] = states
            states = table[states, self.codes[at]]
            last[active] = states
            goes_on = (states != NONE) & (self.lengths[active] > place + 1)
            active, states = active[goes_on], states[goes_on]
            place += 1
        return Travelled(self, table, before, last)


@dataclass(frozen=True, repr=False)
class Travelled:
    """What a table does with traces.

    ``before`` is the state before each event, :data:`NONE` behind the first rejected one;
    ``last`` the state after each trace, :data:`NONE` if an event was rejected.
    """

    traces: TraceCounts
    table: Index
    before: Index
    last: Index

    @cached_property
    def _owners(self) -> Index:
        return np.repeat(np.arange(len(self.traces.offsets)), self.traces.lengths)

    @cached_property
    def _cells(self) -> Index:
        """The cell of each event that was followed, flat; :data:`NONE` for the others."""
        followed = self.before != NONE
        return np.where(followed, self.before * self.table.shape[1] + self.traces.codes, NONE)

    @cached_property
    def times(self) -> Index:
        """How often each cell was met, states x events."""
        followed = self._cells != NONE
        weights = self.traces.counts[self._owners[followed]]
        return self._summed(self._cells[followed], weights)

    @cached_property
    def messages(self) -> Index:
        """How many messages met each cell, states x events."""
        followed = self._cells != NONE
        pairs = np.unique(self._owners[followed] * self.table.size + self._cells[followed])
        owners, cells = np.divmod(pairs, max(self.table.size, 1))
        return self._summed(cells, self.traces.counts[owners])

    def _summed(self, cells: Index, weights: Index) -> Index:
        sums = np.bincount(cells, weights=weights, minlength=self.table.size)
        return sums.astype(np.int64).reshape(self.table.shape)

    @cached_property
    def ends(self) -> Index:
        """How many messages end in each state."""
        accepted = self.last != NONE
        weights = self.traces.counts[accepted]
        sums = np.bincount(self.last[accepted], weights=weights, minlength=len(self.table))
        return sums.astype(np.int64)

    @property
    def accepted(self) -> Mask:
        """Which traces are accepted as a whole."""
        accepted: Mask = self.last != NONE
        return accepted

    @cached_property
    def visits(self) -> Index:
        """How often each state was visited: by an event that follows, or at the end of a trace."""
        visits: Index = self.times.sum(axis=1) + self.ends
        return visits


def as_trace_counts(traces: Mapping[tuple[str, ...], int] | Iterable[Sequence[str]]) -> TraceCounts:
    """Return traces, given as the names of their events, as arrays.

    ``traces`` maps each trace to how many messages have it, or holds one trace for each message.

    >>> as_trace_counts([["a", "b"], ["a"]]).events
    ('a', 'b')
    """
    pairs = list(traces.items() if isinstance(traces, Mapping) else ((t, 1) for t in traces))
    events = tuple(sorted({event for trace, _ in pairs for event in trace}))
    numbers = {event: number for number, event in enumerate(events)}
    codes = np.array([numbers[event] for trace, _ in pairs for event in trace], np.int64)
    lengths = np.array([len(trace) for trace, _ in pairs], np.int64)
    counts = np.array([count for _, count in pairs], np.int64)
    return TraceCounts(events, codes, np.cumsum(lengths) - lengths, counts)
