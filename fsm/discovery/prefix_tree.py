"""The prefix tree of traces: a node for each sequence of events with which some message begins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fsm.arrays import Index
from fsm.discovery.traces import TraceCounts

__all__ = ["MOST_NODES", "PrefixTree", "tree_of"]

MOST_NODES = 1_000_000
"""Nodes of a tree. What lies deeper in the traces of a larger log is not learnt from."""


@dataclass(frozen=True, repr=False)
class PrefixTree:
    """Nodes as arrays, level after level; node 0 is the empty sequence.

    ``event`` is the last event of each node, as a number below ``width``, ``visits`` how many
    messages begin with it; its children are the ``sizes`` nodes from ``first`` on. ``depth`` is
    the number of events of the longest sequence, ``whole`` whether the tree has all traces whole.
    """

    width: int
    event: Index
    visits: Index
    first: Index
    sizes: Index
    depth: int
    whole: bool

    def __len__(self) -> int:
        return len(self.event)

    def children(self, nodes: Index) -> tuple[Index, Index]:
        """Return the children of some nodes, and for each the position of its parent in these."""
        sizes = self.sizes[nodes]
        owners = np.repeat(np.arange(len(nodes)), sizes)
        starts = np.repeat(self.first[nodes] - (np.cumsum(sizes) - sizes), sizes)
        return starts + np.arange(len(owners)), owners

    def count(self, nodes: Index) -> int:
        """Return how many messages visit some nodes, each counted as often as it does."""
        return int(self.visits[nodes].sum())

    def by_event(self, children: Index) -> Index:
        """Return how many messages go on to some nodes, by event."""
        counts = np.bincount(
            self.event[children], weights=self.visits[children], minlength=self.width
        )
        return counts.astype(np.int64)


def tree_of(traces: TraceCounts, most: int = MOST_NODES) -> PrefixTree:
    """Return the prefix tree of traces; levels beyond ``most`` nodes are left out."""
    width = max(len(traces.events), 1)
    levels = [(np.full(1, -1, np.int64), np.array([traces.messages], np.int64))]
    sizes = list[Index]()
    active = np.arange(len(traces.offsets))
    nodes, size, total, whole = np.zeros(len(active), np.int64), 1, 1, True
    while True:
        goes_on = traces.lengths[active] > len(levels) - 1
        active, nodes = active[goes_on], nodes[goes_on]
        codes = traces.codes[traces.offsets[active] + len(levels) - 1]
        keys, numbers = np.unique(nodes * width + codes, return_inverse=True)
        if not len(keys) or total + len(keys) > most:
            whole = not len(keys)
            break
        sizes.append(np.bincount(keys // width, minlength=size))
        visits = np.bincount(numbers, weights=traces.counts[active]).astype(np.int64)
        levels.append((keys % width, visits))
        nodes, size, total = numbers, len(keys), total + len(keys)
    sizes.append(np.zeros(size, np.int64))
    all_sizes = np.concatenate(sizes)
    return PrefixTree(
        width,
        np.concatenate([events for events, _ in levels]),
        np.concatenate([visits for _, visits in levels]),
        1 + np.cumsum(all_sizes) - all_sizes,
        all_sizes,
        len(levels) - 1,
        whole,
    )
