"""Tables that describe a log in fewer words, found by changing one cell after the other.

Merging decides about a cell once, with what is known then, and a wrong decision spoils the later
ones. Here all cells have a target from the begin, and each is decided again and again, with all
messages and all other cells: by simulated annealing (S. Kirkpatrick, C. Gelatt, M. Vecchi, 1983),
in several chains at once. Early, chance has a say; at last, only the length of the description,
which is that of probabilistic automata with Dirichlet priors (D. Pfau, N. Bartlett, F. Wood:
Probabilistic Deterministic Infinite Automata, 2010).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from random import Random
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from fsm.arrays import Index
from fsm.discovery.evidence import PRIOR
from fsm.discovery.prefix_tree import PrefixTree
from fsm.discovery.traces import NONE

Nats: TypeAlias = NDArray[np.float64]

__all__ = ["MOST_LOOKS", "annealed_tables"]

MOST_LOOKS = 1_200_000_000
"""Looks at nodes of the tree that are allowed: some seconds. A round that takes more is left out."""

_LEAST_EVENTS = 200
"""Events of a log below which no table is sought: chance alone explains so few."""
_CHAINS = 8
_SWEEPS = 25
"""How often each cell is decided in one round of annealing."""
_POLISHING = 6
"""How often each cell is decided again, at most, without chance."""
_ROUNDS = 5
_WARMEST = 6.0
"""Nats that chance may lose at the begin of a round; at its end it may lose none."""
_LEAST_STATES, _SPARE = 10, 2
"""Rows of the tables: at least so many, and so many more than the smallest given table has."""
_AGREEING = 3
"""How many chains have the shortest description where no more rounds follow."""
_SAME = 0.01
_DEPTH = 0.95
"""The share of the events that lie in the levels of the tree which are looked at."""


def annealed_tables(tree: PrefixTree, tables: Sequence[Index]) -> list[Index]:
    """Return complete tables that describe a tree shortly; given ones are where it begins.

    Nothing is returned for a log that is too small to show more than the given tables do, and for
    one so large that a round is beyond the bound: there merging has evidence enough. It ends when
    several chains, which began at random, came to the shortest description.
    """
    rows = max(_LEAST_STATES, _SPARE + min(map(len, tables)))
    log = _Description(tree, rows)
    cells = rows * tree.width
    round_looks = _SWEEPS * cells * _CHAINS * rows * (log.size + cells)
    if int(tree.visits[1:].sum()) < _LEAST_EVENTS or round_looks > MOST_LOOKS:
        return []
    begin = np.stack([_padded(table, rows) for table in tables if len(table) <= rows])
    found, lengths = _polished(log, begin)
    found, lengths = found[[lengths.argmin()]], lengths.min(keepdims=True)
    random = Random(0)  # noqa: S311 - chance, not secrets
    for _ in range(min(_ROUNDS, MOST_LOOKS // round_looks)):
        if (lengths < lengths.min() + _SAME).sum() >= _AGREEING:
            break
        more, more_lengths = _annealed(log, random)
        found = np.concatenate([found, more])
        lengths = np.concatenate([lengths, more_lengths])
    return list(found[lengths < lengths.min() + _SAME][:_AGREEING])


def _padded(table: Index, rows: int) -> Index:
    """Return a table with more rows; cells without a target lead to their own state."""
    padded = np.repeat(np.arange(rows)[:, None], table.shape[1], axis=1)
    padded[: len(table)] = np.where(table == NONE, padded[: len(table)], table)
    return padded


class _Description:
    """A tree that tables describe; ``rows`` is how many states these have.

    Its deep levels, which are many and have few messages, are left out.
    """

    def __init__(self, tree: PrefixTree, rows: int) -> None:
        self.rows, self.width = rows, tree.width
        ends = [0, 1]
        while ends[-1] < len(tree):
            ends.append(ends[-1] + int(tree.sizes[ends[-2] : ends[-1]].sum()))
        reached = np.cumsum(tree.visits)[np.array(ends[1:]) - 1]
        self.levels = ends[: 2 + int(np.searchsorted(reached, _DEPTH * reached[-1]))]
        self.size = size = self.levels[-1]
        self.event, self.visits = tree.event[:size], tree.visits[:size]
        self.parent = np.append(0, np.repeat(np.arange(len(tree)), tree.sizes)[: size - 1])
        self.first, self.behind = _intervals(self.parent, self.levels)
        most = np.arange(int(self.visits.sum()) + 1)
        # The logarithms of rising factorials, of which marginal likelihoods consist.
        self.of_events = np.append(0.0, np.cumsum(np.log(most + PRIOR)))
        self.of_visits = np.append(0.0, np.cumsum(np.log(most + PRIOR * (self.width + 1))))

    def length(self, times: Index, visits: Index) -> Nats:
        """Return how long tables describe the tree, of which each cell was travelled so often."""
        ends = visits - times.sum(axis=-1)
        explained = self.of_events[times].sum(axis=(-1, -2)) + self.of_events[ends].sum(axis=-1)
        explained -= self.of_visits[visits].sum(axis=-1)
        used = (visits > 0).sum(axis=-1)
        lengths: Nats = (times > 0).sum(axis=(-1, -2)) * np.log(used + 1) - explained
        return lengths


def _intervals(parent: Index, levels: Sequence[int]) -> tuple[Index, Index]:
    """Return for each node its place in depth-first order, and that behind its last descendant."""
    sizes = np.ones(len(parent), np.int64)
    for begin, end in reversed(list(pairwise(levels[1:]))):
        np.add.at(sizes, parent[begin:end], sizes[begin:end])
    first = np.zeros(len(parent), np.int64)
    for begin, end in pairwise(levels[1:]):
        before = np.cumsum(sizes[begin:end]) - sizes[begin:end]
        owners = parent[begin:end]
        of_first_sibling = before[np.searchsorted(owners, owners)]
        first[begin:end] = first[owners] + 1 + before - of_first_sibling
    return first, first + sizes


class _Chains:
    """Several tables, chain x state x event, whose cells are decided one after the other."""

    def __init__(self, log: _Description, tables: Index) -> None:
        self.log, self.tables = log, tables.copy()
        many, rows, width = tables.shape
        chains = np.arange(many)
        self.cells = np.full((log.size, many), NONE, np.int64)
        """By which cell a message comes to each node, node x chain."""
        at = np.zeros((log.size, many), np.int64)
        for begin, end in pairwise(log.levels[1:]):
            level = at[log.parent[begin:end]] * width + log.event[begin:end, None]
            self.cells[begin:end] = level
            at[begin:end] = self.tables.reshape(many, -1)[chains, level]
        self.times = self._counted(self.cells[1:] + chains * rows * width, log.visits[1:], many)
        """How often each cell is travelled, chain x cell."""
        self.lengths = log.length(
            self.times.reshape(tables.shape), self._visits(self.tables, self.times)
        )

    def _counted(self, cells: Index, weights: Index, tables: int) -> Index:
        size = tables * self.log.rows * self.log.width
        repeated = np.repeat(weights, cells.shape[1])
        counted = np.bincount(cells.ravel(), weights=repeated, minlength=size)
        return counted.astype(np.int64).reshape(tables, -1)

    def _visits(self, tables: Index, times: Index) -> Index:
        many, rows = len(tables), self.log.rows
        places = tables.reshape(many, -1) + (np.arange(many) * rows)[:, None]
        visits = np.bincount(places.ravel(), weights=times.ravel(), minlength=many * rows)
        arrivals = visits.astype(np.int64).reshape(many, rows)
        arrivals[:, 0] += int(self.log.visits[0])
        return arrivals

    def decide(self, cell: int, chance: Nats | None = None) -> None:
        """Decide where one cell leads, in each chain."""
        log, many = self.log, len(self.tables)
        rows, size = log.rows, log.rows * log.width
        source, event = divmod(cell, log.width)
        self._split_off(source, event)
        tried = np.repeat(self.tables, rows, axis=0)
        tried[:, source, event] = np.tile(np.arange(rows), many)
        nodes, chains = self._behind(cell)
        new = self._moved(nodes, chains, cell, tried)
        old = self.cells[nodes, chains] + chains * size
        kept = self.times - self._counted(old[:, None], log.visits[nodes], many)
        times = np.repeat(kept, rows, axis=0) + self._counted(new, log.visits[nodes], many * rows)
        lengths = log.length(times.reshape(tried.shape), self._visits(tried, times))
        lengths = lengths.reshape(many, rows)
        chosen = (lengths if chance is None else lengths - chance).argmin(axis=1)
        self.tables[:, source, event] = chosen
        number = np.arange(many) * rows + chosen
        self.times, self.lengths = times[number], lengths[np.arange(many), chosen]
        self.cells[nodes, chains] = new[np.arange(len(nodes)), chosen[chains]] % size

    def _split_off(self, source: int, event: int) -> None:
        """Make a state without messages a copy of the target of a cell, so that it can split."""
        chains = np.arange(len(self.tables))
        unused = self.times.reshape(self.tables.shape).sum(axis=2) == 0
        unused[:, source] = False
        unused[chains, self.tables[:, source, event]] = False
        chain = np.flatnonzero(unused.any(axis=1))
        targets = self.tables[chain, source, event]
        self.tables[chain, unused[chain].argmax(axis=1)] = self.tables[chain, targets]

    def _behind(self, cell: int) -> tuple[Index, Index]:
        """Return the nodes that messages reach by a cell or later, each with its chain."""
        log, many = self.log, len(self.tables)
        nodes, chains = np.nonzero(self.cells == cell)
        changes = np.zeros((log.size + 1) * many, np.int64)
        changes += np.bincount(log.first[nodes] * many + chains, minlength=len(changes))
        changes -= np.bincount(log.behind[nodes] * many + chains, minlength=len(changes))
        inside = np.cumsum(changes.reshape(-1, many), axis=0) > 0
        below, owners = np.nonzero(inside[log.first])
        return below, owners

    def _moved(self, nodes: Index, chains: Index, cell: int, tried: Index) -> Index:
        """Return by which cells messages come to some nodes, if this cell leads elsewhere."""
        log, many = self.log, len(self.tables)
        rows, size = log.rows, log.rows * log.width
        first = np.arange(len(tried)) * size
        after = (tried.reshape(-1, size) * log.width + first[:, None]).ravel()
        place = np.full((log.size, many), NONE, np.int64)
        place[nodes, chains] = np.arange(len(nodes))
        parents = place[log.parent[nodes], chains]
        base = first.reshape(many, rows)
        cells = np.zeros((len(nodes), rows), np.int64)
        ends = np.searchsorted(nodes, log.levels)
        for begin, end in pairwise(ends.tolist()):
            if begin == end:
                continue
            parent = parents[begin:end]
            moved = np.take(after, cells[parent]) + log.event[nodes[begin:end], None]
            here = base[chains[begin:end]] + cell
            cells[begin:end] = np.where((parent == NONE)[:, None], here, moved)
        return cells


def _polished(log: _Description, tables: Index) -> tuple[Index, Nats]:
    """Decide each cell again until nothing changes, always for the shorter description."""
    chains = _Chains(log, tables)
    for _ in range(_POLISHING):
        before = chains.tables.copy()
        for cell in range(log.rows * log.width):
            chains.decide(cell)
        if (chains.tables == before).all():
            break
    return chains.tables, chains.lengths


def _annealed(log: _Description, random: Random) -> tuple[Index, Nats]:
    """Return tables that began at random, after one round."""
    cells = log.rows * log.width
    tables = np.array([random.randrange(log.rows) for _ in range(_CHAINS * cells)])
    chains = _Chains(log, tables.reshape(_CHAINS, log.rows, log.width))
    for sweep in reversed(range(_SWEEPS)):
        warmth = _WARMEST * sweep / (_SWEEPS - 1)
        for cell in random.sample(range(cells), cells):
            chains.decide(cell, _gumbel(random, log.rows) * warmth if warmth else None)
    return chains.tables, chains.lengths


def _gumbel(random: Random, rows: int) -> Nats:
    """Return random numbers: the largest sum with them is chosen as often as a softmax says."""
    uniform = np.array([random.random() for _ in range(_CHAINS * rows)])
    chance: Nats = -np.log(-np.log(np.clip(uniform, 1e-12, 1 - 1e-12)))
    return chance.reshape(_CHAINS, rows)
