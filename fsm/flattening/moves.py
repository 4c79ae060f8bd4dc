"""Which states an edge leaves and enters, history included: the pure structure of one step.

Names follow the algorithm of SCXML: the domain of a transition is the innermost compound state
that it does not leave. Where python-statemachine differs, :attr:`fsm.chart.Chart.rules` decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import permutations
from typing import TypeAlias

from fsm.chart import Chart, ChartEdge

__all__ = ["Memory", "Moves"]

Memory: TypeAlias = Mapping[int, tuple[int, ...]]
"""The states that each history state remembers."""

_Entered: TypeAlias = dict[int, None]
"""The states that are entered, in the order in which they were reached."""


@dataclass(frozen=True, slots=True)
class _Entering:
    """What decides which states one edge enters, and those entered so far."""

    memory: Memory
    states: _Entered
    targets: bool = True
    """Whether the edge enters its targets themselves."""


class Moves:
    """The states that edges of one chart leave and enter."""

    def __init__(self, chart: Chart) -> None:
        self.chart = chart
        places = [t for e in chart.edges for t in e.targets]
        places += [t for node in chart.nodes for t in node.entry] + [chart.initial, *chart.start]
        self.histories = [i for i in sorted(set(places)) if chart.nodes[i].history]
        """The history states that something leads to; nobody asks the others."""

    # Leaving -------------------------------------------------------------------------------

    def domain(self, edge: ChartEdge, memory: Memory) -> int | None:
        """Return the innermost compound state that an edge does not leave; ``None`` is the root."""
        chart, source = self.chart, edge.source
        targets = self.effective(edge.targets, memory)
        if not targets:
            return None
        if edge.internal and self._holds(source, targets):
            return source
        if self.spreads(edge):
            return source
        for ancestor in chart.ancestors[source]:
            inside = all(chart.is_inside(t, ancestor) for t in targets)
            if self._bounds(ancestor) and inside:
                return ancestor
        return None

    def spreads(self, edge: ChartEdge) -> bool:
        """Whether an edge enters all states around its source, and other regions if it comes first.

        An internal transition of an atomic state to itself does so in the library. In SCXML only
        a compound source makes a transition internal.
        """
        return (
            self.chart.rules == "library"
            and edge.internal
            and edge.targets[:1] == (edge.source,)
            and self.chart.nodes[edge.source].is_atomic
        )

    def crossing(self, edges: Sequence[ChartEdge], exits: Mapping[int, Set[int]]) -> str:
        """Return why it is not certain which edges XState takes; an empty text where it is.

        Where an edge leaves a region in which another one is enabled, that depends on the order in
        which the regions were entered, where one may be entered alone; and on the version, where
        the other edge has no target. ``exits`` are the states that each edge leaves, by its
        identity.
        """
        if self.chart.rules != "xstate":
            return ""
        for edge, other in permutations(edges, 2):
            apart = edge.source != other.source
            apart = apart and not self.chart.is_inside(other.source, edge.source)
            uncertain = self._enters_regions_alone or not other.targets
            if apart and uncertain and other.source in exits[id(edge)]:
                first, second = (self.chart.nodes[e.source].id for e in (edge, other))
                return (
                    f"{first!r} leaves the region of {second!r}, where the event counts as well; "
                    "which of them XState takes is not certain, so leave one of them out"
                )
        return ""

    @cached_property
    def _enters_regions_alone(self) -> bool:
        """Whether an edge leaves and enters a region of a parallel state, and not the others."""
        domains = (self.domain(edge, {}) for edge in self.chart.edges)
        return any(domain is not None and self.chart.nodes[domain].parallel for domain in domains)

    def _holds(self, source: int, targets: tuple[int, ...]) -> bool:
        """Whether an internal transition with these targets does not leave its source.

        In XState that is so as well where a history state stands for the source itself.
        """
        if self.chart.rules == "xstate":
            return all(t == source or self.chart.is_inside(t, source) for t in targets)
        return self._bounds(source) and all(self.chart.is_inside(t, source) for t in targets)

    def _bounds(self, node: int) -> bool:
        """Whether a transition inside a state may leave all states in it, and not the state.

        In XState that may be a parallel state as well.
        """
        found = self.chart.nodes[node]
        return found.is_compound or (self.chart.rules == "xstate" and found.parallel)

    def effective(self, targets: Iterable[int], memory: Memory) -> tuple[int, ...]:
        """Return targets with what history states stand for in their places."""
        states: dict[int, None] = {}
        for target in targets:
            if self.chart.nodes[target].history:
                states.update(dict.fromkeys(self.restored(target, memory)))
            else:
                states[target] = None
        return tuple(states)

    def restored(self, history: int, memory: Memory) -> tuple[int, ...]:
        """Return the states that a history state stands for."""
        if history in memory:
            return memory[history]
        return self.effective(self.chart.nodes[history].entry, memory)

    def exits(self, active: Set[int], edge: ChartEdge, memory: Memory) -> set[int]:
        """Return the active states that an edge leaves."""
        if not edge.targets:
            return set()
        domain = self.domain(edge, memory)
        return {i for i in active if self.chart.is_inside(i, domain)}

    def remembered(
        self, active: Set[int], left: Set[int], memory: Memory, order: tuple[int, ...]
    ) -> Memory:
        """Return the memory after states were left; ``order`` is that of the atomic ones."""
        chart, changed = self.chart, {}
        place = {node: k for k, node in enumerate(order, 1)}
        for history in self.histories:
            parent = chart.nodes[history].parent
            if parent is None or parent not in left:
                continue
            inside = (i for i in sorted(active) if chart.is_inside(i, parent))
            if chart.nodes[history].history == "shallow":
                inside = (i for i in inside if chart.nodes[i].parent == parent)
            elif chart.rules != "library":
                inside = (i for i in inside if chart.nodes[i].is_atomic)
            # The library enters them again in the order in which they were active.
            changed[history] = tuple(sorted(inside, key=lambda i: place.get(i, 0)))
        return {**memory, **changed} if changed else memory

    # Entering ------------------------------------------------------------------------------

    def entered(self, edges: Iterable[ChartEdge], memory: Memory) -> _Entered:
        """Return the states that edges enter, given the memory after the others were left."""
        entered: _Entered = {}
        for edge in edges:
            entering = _Entering(memory, entered, self._enters_targets(edge))
            self._enter_all(edge.targets, self.domain(edge, memory), entering)
        return entered

    def _enters_targets(self, edge: ChartEdge) -> bool:
        """Whether an edge enters its targets, and not only what is inside and around them.

        The library decides by the first of them.
        """
        if self.chart.enters_itself or not edge.internal or not edge.targets:
            return True
        first, source = edge.targets[0], edge.source
        return first != source and not self.chart.is_inside(first, source)

    def entered_at_start(self) -> _Entered:
        """Return the states that a new machine enters."""
        entered: _Entered = {}
        start = self.chart.start or (self.chart.initial,)
        # The library has a transition for each state at the start.
        for targets in ((t,) for t in start) if self.chart.rules == "library" else (start,):
            self._enter_all(targets, None, _Entering({}, entered))
        return entered

    def _enter_all(self, targets: Iterable[int], domain: int | None, entering: _Entering) -> None:
        for target in targets:
            self._enter(target, entering)
        for target in self.effective(targets, entering.memory):
            self._enter_ancestors(target, domain, entering)

    def _enter(self, target: int, entering: _Entering) -> None:
        """Add a state, and the descendants that are entered with it, to those entered."""
        node = self.chart.nodes[target]
        if node.history:
            self._enter_history(target, entering)
            return
        if entering.targets:
            entering.states[target] = None
        if node.parallel:
            self._enter_regions(target, entering)
        elif node.children:
            self._enter_default(node.entry, target, entering)

    def _enter_default(
        self, states: tuple[int, ...], domain: int | None, entering: _Entering
    ) -> None:
        """Enter initial children, or what a history state has for want of a memory."""
        default = replace(entering, targets=True)  # by a transition of its own
        for state in states:
            self._enter(state, default)
        for state in states:
            self._enter_ancestors(state, domain, default)

    def _enter_history(self, history: int, entering: _Entering) -> None:
        node, memory = self.chart.nodes[history], entering.memory
        if history not in memory:
            self._enter_default(node.entry, node.parent, entering)
            return
        for state in memory[history]:
            if node.history == "deep" and self.chart.rules == "library":
                entering.states[state] = None
            else:
                self._enter(state, entering)
        for state in memory[history]:
            self._enter_ancestors(state, node.parent, entering)

    def _enter_regions(self, parallel: int, entering: _Entering) -> None:
        """Enter the regions that are not entered through another target."""
        for child in self.chart.nodes[parallel].children:
            if not any(self.chart.is_inside(i, child) for i in entering.states):
                self._enter(child, entering)

    def _enter_ancestors(self, node: int, domain: int | None, entering: _Entering) -> None:
        for ancestor in self.chart.ancestors[node]:
            if ancestor == domain:
                if self.chart.nodes[ancestor].parallel:  # in XState only
                    self._enter_regions(ancestor, entering)
                return
            entering.states[ancestor] = None
            if self.chart.nodes[ancestor].parallel:
                self._enter_regions(ancestor, entering)

    # Configurations ------------------------------------------------------------------------

    def is_legal(self, active: Set[int]) -> bool:
        """Whether a compound has one active child, a parallel all, and the root one."""
        nodes = self.chart.nodes
        legal = sum(nodes[i].parent is None for i in active) == 1
        for i in active:
            node = nodes[i]
            expected = len(node.children) if node.parallel else int(node.is_compound)
            legal &= sum(child in active for child in node.children) == expected
            legal &= node.parent is None or node.parent in active
        return legal

    def in_final(self, node: int, active: Set[int]) -> bool:
        """Whether a state is complete: in a final child, or, if it is parallel, in all regions."""
        nodes = self.chart.nodes
        children = nodes[node].children
        if nodes[node].parallel:
            return all(self.in_final(child, active) for child in children)
        return any(nodes[child].final and child in active for child in children)
