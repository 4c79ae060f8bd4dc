"""States from a prefix tree: its nodes are merged where nothing tells their futures apart.

The order is that of the red-blue framework (K. Lang, B. Pearlmutter, R. Price: Results of the
Abbadingo One DFA learning competition, 1998): the states found so far are complete, and the cell
of their table that most messages travelled is decided next. It leads to a state that agrees with
what follows in the log, or else to a new state. The tree stays as it is: a state is the set of
nodes that lead to it, so that a wrong decision for few messages spoils no later one for many.

Two tests tell a state and the nodes of a cell apart. Their futures are compared sequence by
sequence, as in k-tails, as far as messages support it; and what the cell's messages do is added up
by the states that they would visit, where differences show that are too thin in single sequences.
Both look for events that one side never shows (see :mod:`fsm.discovery.evidence`): how frequent
an event is depends on more than the state in real logs. It decides among states that agree, and
tells two apart only where one distribution for both is less likely than two.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import numpy as np

from fsm.arrays import Index
from fsm.discovery.evidence import agreement, exclusive_evidence
from fsm.discovery.prefix_tree import PrefixTree
from fsm.discovery.traces import NONE
from fsm.errors import LogError
from fsm.text import quantity

__all__ = ["MOST_STATES", "MOST_WORK", "merged_states"]

MOST_STATES = 200
"""States of a learnt machine; beyond it, what is left goes to the states that agree best."""

MOST_WORK = 2_000_000
"""Work beyond which a log is refused, as it differs too much: below a minute. Logs of processes
take few thousands."""

_LONGEST = 3
"""Events of the longest sequences whose futures are compared: further on, a state that counts its
visits, such as one of repeated attempts, would be as many states."""

Cell = tuple[int, int]
"""A state and an event, as numbers."""


def merged_states(tree: PrefixTree, limit: float, rare: float = 0.0) -> Index:
    """Return the table of the learnt machine, states x events; state 0 is the initial one.

    Two states differ where the evidence is more than ``limit`` nats. Cells with at most a share
    ``rare`` of the visits of their state are left out, as cells without messages are.
    Raises :class:`fsm.errors.LogError` where this takes more than :data:`MOST_WORK`.
    """
    states = _States(tree, limit, rare)
    states.enter(np.zeros(1, np.int64), states.new())
    while (cell := states.most_travelled()) is not None:
        states.decide(cell)
    return states.table


@dataclass(repr=False)
class _States:
    """The states found so far, and the cells whose targets are still open."""

    tree: PrefixTree
    limit: float
    rare: float
    parts: list[list[Index]] = field(default_factory=list)
    """The nodes of each state, in parts as they were found."""
    visits: list[int] = field(default_factory=list)
    counts: list[Index] = field(default_factory=list)
    """How often each event followed, by state."""
    target: dict[Cell, int] = field(default_factory=dict)
    """Where decided cells lead; :data:`NONE` for what is left out."""
    nodes: dict[Cell, list[Index]] = field(default_factory=dict)
    """The nodes that open cells lead to, and how many messages travel these cells."""
    travelled: dict[Cell, int] = field(default_factory=dict)
    work: int = 0

    @property
    def table(self) -> Index:
        """The table of what is decided."""
        table = np.full((len(self.parts), self.tree.width), NONE, np.int64)
        for cell, target in self.target.items():
            table[cell] = target
        return table

    def count_work(self, nodes: Index) -> None:
        """Count one look at some nodes; a log that takes too many is refused."""
        self.work += 1 + self.tree.width // 10 + len(nodes) // 1000
        if self.work > MOST_WORK:
            raise LogError(
                f"the traces of the log ({quantity(self.tree.width, 'different event')}) differ "
                "too much to learn a machine from them; give kinds of events the same name "
                "(--event NATIVE=NAME), or leave out what is rare (--noise 0.05)"
            )

    def new(self) -> int:
        """Make a state without nodes."""
        self.parts.append([])
        self.visits.append(0)
        self.counts.append(np.zeros(self.tree.width, np.int64))
        return len(self.parts) - 1

    def members(self, state: int) -> Index:
        """Return the nodes of a state."""
        if len(self.parts[state]) > 1:
            self.parts[state] = [np.concatenate(self.parts[state])]
        return self.parts[state][0]

    def most_travelled(self) -> Cell | None:
        """Return the open cell that most messages travelled; the first one of several."""
        return max(self.travelled, key=lambda c: (self.travelled[c], -c[0], -c[1]), default=None)

    def enter(self, nodes: Index, state: int) -> None:
        """Let nodes lead to a state, and the nodes behind them to where its cells lead."""
        work = deque([(nodes, state)])
        while work:
            nodes, state = work.popleft()
            self.count_work(nodes)
            self.parts[state].append(nodes)
            self.visits[state] += self.tree.count(nodes)
            children, _ = self.tree.children(nodes)
            counts = self.tree.by_event(children)
            self.counts[state] = self.counts[state] + counts
            events = self.tree.event[children]
            for event in np.flatnonzero(counts).tolist():
                cell, some = (state, event), children[events == event]
                if cell not in self.target:
                    self.nodes.setdefault(cell, []).append(some)
                    self.travelled[cell] = self.travelled.get(cell, 0) + int(counts[event])
                elif self.target[cell] != NONE:
                    work.append((some, self.target[cell]))

    def decide(self, cell: Cell) -> None:
        """Decide where an open cell leads: nowhere, to a state that agrees, or to a new one."""
        nodes = np.concatenate(self.nodes.pop(cell))
        if self.travelled.pop(cell) <= self.rare * self.visits[cell[0]]:
            self.target[cell] = NONE
            return
        table = self.table
        scores = [self._agreement(state, nodes, table) for state in range(len(self.parts))]
        best = max(range(len(scores)), key=lambda state: scores[state])
        if scores[best] == -np.inf:
            best = self.new() if len(self.parts) < MOST_STATES else 0
        self.target[cell] = best
        self.enter(nodes, best)

    def _agreement(self, state: int, nodes: Index, table: Index) -> float:
        """Return how well nodes agree with a state; minus infinity where they contradict it."""
        by_sequence = self._by_sequence(self.members(state), nodes)
        if by_sequence < 0:
            return -np.inf
        return by_sequence + self._by_state(state, nodes, table)

    def _by_sequence(self, ours: Index, theirs: Index) -> float:
        """Compare two futures, event by event, for each sequence of events that both show."""
        score = 0.0
        work = deque([(ours, theirs, _LONGEST)])
        while work:
            ours, theirs, left = work.popleft()
            self.count_work(theirs)
            (a, of_a, children_a), (b, of_b, children_b) = map(self._future, (ours, theirs))
            if exclusive_evidence(a, of_a, b, of_b, self.rare) > self.limit:
                return -np.inf
            score += agreement(a, of_a, b, of_b)
            if not left:
                continue
            events_a, events_b = self.tree.event[children_a], self.tree.event[children_b]
            for event in np.flatnonzero(np.minimum(a, b) > 1).tolist():
                some_a, some_b = children_a[events_a == event], children_b[events_b == event]
                work.append((some_a, some_b, left - 1))
        return score

    def _future(self, nodes: Index) -> tuple[Index, int, Index]:
        children, _ = self.tree.children(nodes)
        return self.tree.by_event(children), self.tree.count(nodes), children

    def _by_state(self, state: int, nodes: Index, table: Index) -> float:
        """Compare what messages do behind some nodes with the states that they would visit.

        They begin in ``state``, and are followed as far as ``table`` is decided.
        """
        size, width = table.shape
        counts, visits = np.zeros(size * width, np.int64), np.zeros(size, np.int64)
        at = np.full(len(nodes), state, np.int64)
        while len(nodes):
            self.count_work(nodes)
            weights = self.tree.visits[nodes]
            visits += np.bincount(at, weights=weights, minlength=size).astype(np.int64)
            children, owners = self.tree.children(nodes)
            cells = at[owners] * width + self.tree.event[children]
            weights = self.tree.visits[children]
            counts += np.bincount(cells, weights=weights, minlength=size * width).astype(np.int64)
            at = table.ravel()[cells]
            known = at != NONE
            nodes, at = children[known], at[known]
        score = 0.0
        for visited in np.flatnonzero(visits).tolist():
            row, of = counts[visited * width : (visited + 1) * width], int(visits[visited])
            known_row, of_known = self.counts[visited], self.visits[visited]
            if exclusive_evidence(known_row, of_known, row, of, self.rare) > self.limit:
                return -np.inf
            score += agreement(known_row, of_known, row, of)
        return score
