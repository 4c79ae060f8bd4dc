"""Tests under construction, as a graph in which traces known to converge share a node."""

from __future__ import annotations

from collections.abc import Iterator

from fsm.graph import breadth_first
from fsm.suites.specification import Spec, Word

__all__ = ["ConvergenceGraph"]


NEAR = 4_000
"""The number of transitions followed backwards, at most, to find the tests nearest to a state."""


class ConvergenceGraph:
    """The tests so far, as a graph of the traces they run.

    Nodes are numbers. Those below the number of states are the states of the specification: the
    node of a state stands for its covering word and every trace known to converge with it. A
    transition is *merged* when its edge leads from state to state; behind any other edge is a
    tree. A node is *open* where tests end in it.
    """

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        states = range(len(spec.next))
        self.edges: dict[int, dict[int, int]] = {s: {} for s in states}
        self.fresh = len(states)
        """The next node's number."""
        self.tests: dict[int, list[int]] = {}
        """The tests that may still grow, by number."""
        self.started = 0
        """How many tests were started: the number of the newest."""
        self.symbols = 0
        """How many inputs the tests have together."""
        self.open: dict[int, list[int]] = {}
        """The numbers of the tests that end in a node."""
        self.into: list[list[tuple[int, int]]] = [[] for _ in states]
        """The merged transitions into each state: source and input."""
        self.unmerged = [sum(t >= 0 for t in row) for row in spec.next]
        """How many transitions of each state are not merged."""
        self.alive = [True] * len(states)
        """Whether a transition that is not merged can be reached from each state."""
        self.sources: list[list[int]] = [[] for _ in states]
        """The sources of the transitions into each state, merged or not."""
        for s, _, t in spec.cells():
            self.sources[t].append(s)
        self.near: dict[int, list[tuple[int, Word]]] = {}
        """The result of ``_nearest`` for each state, until a transition is merged."""
        for t, cell in enumerate(spec.parent):
            if cell:
                self._join(*cell, t)

    def is_merged(self, state: int, x: int) -> bool:
        """Whether a transition is known to lead where it should."""
        return self.edges[state].get(x) == self.spec.next[state][x]

    def tells_apart(self, s: int, t: int) -> bool:
        """Whether a word follows two states on which the specification answers differently."""
        spec, edges = self.spec, self.edges
        pairs = [(s, t, s, t)]  # two nodes, and the states that they stand for
        met = {(s, t)}
        for a, b, u, v in pairs:
            other = edges.get(b)
            if not other:
                continue
            for x, node in edges.get(a, {}).items():
                if x not in other:
                    continue
                y, z = spec.next[u][x], spec.next[v][x]
                if spec.output[u][x] != spec.output[v][x] or spec.shown[y] != spec.shown[z]:
                    return True
                pair = node, other[x]
                if y != z and pair not in met:
                    met.add(pair)
                    pairs.append((*pair, y, z))
        return False

    # Growing

    def extend(self, state: int, word: Word) -> None:
        """Let a word follow a state at the lowest cost in inputs, unless it follows it already.

        A test that ends in the state or on the way of the word goes on; else a test is led there.
        """
        edges, opened = self.edges, self.open
        # The first ``known`` inputs of the word are in the graph already. ``open_node`` is the last
        # open node on their way, after ``kept`` inputs: a test that ends there takes the rest.
        node, known, kept, open_node = state, 0, 0, -1
        for x in word:
            if node in opened:
                kept, open_node = known, node
            following = edges.get(node)
            if following is None or x not in following:
                break
            node = following[x]
            known += 1
        else:
            return
        if open_node >= 0:
            test = self._reopen(open_node)
            rest = word[kept:]
        else:
            test = self._test_led_to(state)
            rest = word
        self.tests[test] += rest
        self.symbols += len(rest)
        for x in word[known:]:
            edges.setdefault(node, {})[x] = self.fresh
            node = self.fresh
            self.fresh += 1
        opened.setdefault(node, []).append(test)

    def follow(self, word: Word) -> None:
        """Put a word that was run already into the graph; no test ends in it."""
        node = 0
        for x in word:
            following = self.edges.setdefault(node, {})
            if x not in following:
                following[x] = self.fresh
                self.fresh += 1
            node = following[x]

    def lead_to(self, state: int) -> None:
        """Let a test end in a state."""
        test = self._test_led_to(state)
        self.open.setdefault(state, []).append(test)

    def _reopen(self, node: int) -> int:
        """Return a test that ends in a node; it does not end there any more."""
        tests = self.open[node]
        test = tests.pop()
        if not tests:
            del self.open[node]
        return test

    def _test_led_to(self, state: int) -> int:
        """Return a test that has been led to a state, and does not end there yet.

        It is the nearest test that ends in a state from which merged transitions lead here at no
        more cost than a reset and the covering word; else a new test.
        """
        near = self.near.get(state)
        if near is None:
            near = self.near[state] = self._nearest(state)
        for other, path in near:
            if other in self.open:
                test = self._reopen(other)
                self.tests[test] += path
                self.symbols += len(path)
                return test
        self.started += 1
        self.tests[self.started] = list(self.spec.cover[state])
        self.symbols += len(self.spec.cover[state])
        return self.started

    def _nearest(self, state: int) -> list[tuple[int, Word]]:
        """Return the states from which merged transitions lead here as cheaply as a reset does.

        In a large machine only the nearest of them: this is asked for again after each merge.
        """
        farthest = len(self.spec.cover[state])
        left = NEAR
        near: list[tuple[int, Word]] = [(state, ())]
        seen = {state}
        for t, path in near:  # not by fsm.graph, which is slower: it runs for every test
            if len(path) == farthest or left < 0:
                break
            left -= len(self.into[t])
            for s, x in self.into[t]:
                if s not in seen:
                    seen.add(s)
                    near.append((s, (x, *path)))
        return near

    # Merging

    def merge_into_target(self, state: int, x: int) -> None:
        """Merge what follows a transition into the state it leads to: the traces converge."""
        target = self.spec.next[state][x]
        merging = [(self.edges[state][x], target)]
        self._join(state, x, target)
        while merging:
            node, into = merging.pop()
            if node in self.open:
                self.open.setdefault(into, []).extend(self.open.pop(node))
            following = self.edges.pop(node, None)
            if following:
                other = self.edges.setdefault(into, {})
                for y, after in following.items():
                    if other.setdefault(y, after) != after:
                        merging.append((after, other[y]))

    def _join(self, state: int, x: int, target: int) -> None:
        """Make the edge of a transition lead to the state that it should lead to."""
        self.edges[state][x] = target
        self.into[target].append((state, x))
        self.near.clear()
        self.unmerged[state] -= 1
        if not self.unmerged[state]:
            self._update_alive()

    def _update_alive(self) -> None:
        """Find the states from which a transition that is not merged can be reached."""
        unmerged = (s for s, count in enumerate(self.unmerged) if count)
        alive = breadth_first(unmerged, self.sources.__getitem__)
        self.alive = [s in alive for s in range(len(self.alive))]

    def finished(self) -> Iterator[Word]:
        """Yield the tests that end where all transitions ahead are merged, and forget them."""
        for state, alive in enumerate(self.alive):
            if not alive:
                for test in self.open.pop(state, ()):
                    yield tuple(self.tests.pop(test))
