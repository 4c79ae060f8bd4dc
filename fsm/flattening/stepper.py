"""What one event does in a chart: the algorithm of SCXML, as python-statemachine 3.2 runs it.

Source: https://www.w3.org/TR/scxml/#AlgorithmforSCXMLInterpretation. Inner transitions win over
outer ones; then internal events and eventless transitions follow until nothing moves. A result that
depends on an order which the library does not define is refused, never guessed.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

from fsm.chart import Chart, ChartEdge
from fsm.errors import MachineError
from fsm.guard import Valuation

__all__ = ["Configuration", "Macrostep", "Stepper"]

MAX_MICROSTEPS = 1_000
"""An event that causes more steps than this is taken for an endless loop."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """The active nodes, ancestors included, and whether the machine has ended."""

    active: frozenset[int]
    ended: bool = False


@dataclass(frozen=True, slots=True)
class _Completed:
    """What entering final states caused."""

    events: tuple[str, ...]
    """The done events that some transition waits for."""
    root: int | None
    """The top-level state whose completion may end the machine."""


class _NoGuards(dict[str, bool]):
    """The valuation at the start: no event has given the guards a value yet."""

    def __init__(self, where: str) -> None:
        self.where = where

    def __missing__(self, name: str) -> bool:
        raise MachineError(
            f"{self.where}: a state is complete at once and what follows depends on the guard "
            f"{name!r}, which has no value before the first event"
        )


@dataclass(frozen=True, slots=True)
class Macrostep:
    """What one event did: the edges that it fired itself, and the configuration at the end."""

    fired: tuple[ChartEdge, ...]
    after: Configuration
    entered: tuple[int, ...] = ()
    """The nodes that it entered on the way, in order; twice where they were entered twice."""


class Stepper:
    """Computes what every event does in every configuration of one chart."""

    def __init__(self, chart: Chart) -> None:
        self.chart = chart
        self.done_edges = [e for e in chart.edges if any(_is_done(x) for x in e.events)]
        self.done_events = {x for e in self.done_edges for x in e.events}
        self.taken: set[int] = set()
        """The edges that any step has taken so far, by their identity."""
        self._entered: list[int] = []

    def guards(self, event: str) -> frozenset[str]:
        """Return the named guards that decide what an event does, in any state."""
        edges = [e for e in self.chart.edges if event in e.events]
        return frozenset(name for e in edges + self.done_edges for name in e.guard.names)

    # One event -----------------------------------------------------------------------------

    def start(self) -> Configuration:
        """Return the configuration of a new machine."""
        entered: dict[int, None] = {}
        self._entered = []
        self._enter(self.chart.initial, entered)
        active = frozenset(entered)
        self._check_legal(active, "the start")
        done = self._completed(entered, frozenset(), "the start")
        return self._run_to_rest(
            active, done, _NoGuards(self._at("the start", active)), "the start"
        )

    def macrostep(
        self, configuration: Configuration, event: str, valuation: Valuation
    ) -> Macrostep | None:
        """Return what an event does, or ``None`` where it is rejected."""
        if configuration.ended:
            return None
        fired = self._select(configuration.active, event, valuation)
        if not fired:
            return None
        self._entered = []
        active, done = self._microstep(configuration.active, fired, event)
        after = self._run_to_rest(active, done, valuation, event)
        return Macrostep(fired, after, tuple(self._entered))

    def _run_to_rest(
        self, active: frozenset[int], done: _Completed, valuation: Valuation, event: str
    ) -> Configuration:
        """Take eventless transitions and internal events until nothing moves."""
        queue, root = done.events, done.root
        seen: set[tuple[frozenset[int], tuple[str, ...]]] = set()
        while True:
            if (active, queue) in seen or len(seen) > MAX_MICROSTEPS:
                raise MachineError(
                    f"{self._at(event, active)}: eventless transitions go round for ever"
                )
            seen.add((active, queue))
            fired = self._select(active, None, valuation)
            if not fired:
                if not queue:
                    break
                fired, queue = self._select(active, queue[0], valuation), queue[1:]
            if fired:
                active, done = self._microstep(active, fired, event)
                queue, root = queue + done.events, root if done.root is None else done.root
        return Configuration(active, root is not None and self._has_ended(root, active))

    def _has_ended(self, root: int, active: frozenset[int]) -> bool:
        """Whether a top-level state that was complete during the step still is at its end."""
        return root in active and (self.chart.nodes[root].final or self._in_final(root, active))

    def _microstep(
        self, active: frozenset[int], fired: tuple[ChartEdge, ...], event: str
    ) -> tuple[frozenset[int], _Completed]:
        left: set[int] = set()
        for edge in fired:
            self.taken.add(id(edge))
            left |= self._exits(active, edge)
        entered: dict[int, None] = {}
        for edge in fired:
            for target in edge.targets:
                self._enter(target, entered)
            for target in edge.targets:
                self._enter_ancestors(target, self._domain(edge), entered)
        after = (active - left).union(entered)
        self._entered += entered
        self._check_legal(after, event)
        return after, self._completed(entered, active - left, event)

    def _check_legal(self, active: frozenset[int], event: str) -> None:
        """Refuse a configuration with two children of a compound, or too few of a parallel."""
        nodes = self.chart.nodes
        legal = sum(nodes[i].parent is None for i in active) == 1
        for i in active:
            node = nodes[i]
            expected = len(node.children) if node.parallel else int(node.is_compound)
            legal &= sum(child in active for child in node.children) == expected
            legal &= node.parent is None or node.parent in active
        if not legal:
            raise MachineError(
                f"{self._at(event, active)}: python-statemachine makes these states active "
                "together, which the declaration does not allow; target one state of each region"
            )

    def _completed(
        self, entered: dict[int, None], staying: frozenset[int], event: str
    ) -> _Completed:
        """Return what the final states just entered complete.

        A ``StateMachine`` updates the whole configuration first, so that each of two regions
        completed together announces their parent; a ``StateChart`` updates it state by state.
        """
        nodes, root, queue = self.chart.nodes, None, []
        present = set(staying)
        if self.chart.atomic_update:
            present.update(entered)
        for i in sorted(entered, key=self.chart.entry_order.__getitem__):
            present.add(i)
            parent = nodes[i].parent
            if not nodes[i].final:
                continue
            if parent is None:
                root = i
                continue
            queue.append(f"done.state.{nodes[parent].id}")
            above = nodes[parent].parent
            if above is None or not nodes[above].parallel or not self._in_final(above, present):
                continue
            queue.append(f"done.state.{nodes[above].id}")
            if nodes[above].parent is None and self.chart.parallel_ends:
                root = above
        events = tuple(done for done in queue if done in self.done_events)
        if len(events) > 1:
            raise MachineError(
                f"{self._at(event, staying.union(entered))}: {' and '.join(events)} happen at once "
                "and their order is not defined; complete one state at a time"
            )
        return _Completed(events, root)

    # Which edges fire ----------------------------------------------------------------------

    def _select(
        self, active: frozenset[int], event: str | None, valuation: Valuation
    ) -> tuple[ChartEdge, ...]:
        """Return the edges that fire; ``event`` is ``None`` for eventless transitions."""
        ids = frozenset(self.chart.nodes[i].id for i in active)
        enabled: dict[int, ChartEdge] = {}
        for atom in sorted(i for i in active if self.chart.nodes[i].is_atomic):
            edge = self._first(atom, event, valuation, ids)
            if edge:
                enabled[id(edge)] = edge
        return self._without_conflicts(active, tuple(enabled.values()), event)

    def _first(
        self, atom: int, event: str | None, valuation: Valuation, ids: frozenset[str]
    ) -> ChartEdge | None:
        """Return the enabled edge of an atomic state or of its nearest ancestor that has one."""
        for node in (atom, *self.chart.ancestors[atom]):
            for edge in self.chart.outgoing[node]:
                matches = event in edge.events if event else not edge.events
                if matches and edge.guard.test(valuation, ids):
                    return edge
        return None

    def _without_conflicts(
        self, active: frozenset[int], edges: tuple[ChartEdge, ...], event: str | None
    ) -> tuple[ChartEdge, ...]:
        """Drop the outer one of two edges that leave the same state.

        Raises :class:`MachineError` for a conflict in which none of them is inside the other.
        """
        losers, winners = set(), set()
        for i, edge in enumerate(edges):
            for other in edges[i + 1 :]:
                if not self._exits(active, edge) & self._exits(active, other):
                    continue
                inner, outer = (
                    (edge, other)
                    if self.chart.is_inside(edge.source, other.source)
                    else (other, edge)
                )
                if not self.chart.is_inside(inner.source, outer.source):
                    raise MachineError(
                        f"{self._at(event or 'no event', active)}: {self._name(edge.source)!r} and "
                        f"{self._name(other.source)!r} are active together and both leave their "
                        "parallel state; which one wins is not defined"
                    )
                losers.add(id(outer))
                winners.add(id(inner))
        if losers & winners:
            raise MachineError(
                f"{self._at(event or 'no event', active)}: three nested transitions conflict"
            )
        return tuple(edge for edge in edges if id(edge) not in losers)

    # Leaving and entering ------------------------------------------------------------------

    def _domain(self, edge: ChartEdge) -> int | None:
        """Return the innermost compound state that an edge does not leave; ``None`` is the root."""
        chart, source = self.chart, edge.source
        node = chart.nodes[source]
        if (
            edge.internal
            and node.is_compound
            and all(chart.is_inside(t, source) for t in edge.targets)
        ):
            return source
        if edge.internal and node.is_atomic and edge.targets[0] == source:
            return source
        for ancestor in chart.ancestors[source]:
            inside = all(chart.is_inside(t, ancestor) for t in edge.targets)
            if chart.nodes[ancestor].is_compound and inside:
                return ancestor
        return None

    def _exits(self, active: frozenset[int], edge: ChartEdge) -> set[int]:
        """Return the active states that an edge leaves."""
        if not edge.targets:
            return set()
        domain = self._domain(edge)
        return {i for i in active if self.chart.is_inside(i, domain)}

    def _enter(self, target: int, entered: dict[int, None]) -> None:
        """Add a state, and the descendants that are entered with it, to those entered."""
        node = self.chart.nodes[target]
        entered[target] = None
        if node.parallel:
            self._enter_regions(target, entered)
        for child in () if node.parallel else node.entry:
            self._enter(child, entered)
            self._enter_ancestors(child, target, entered)

    def _enter_regions(self, parallel: int, entered: dict[int, None]) -> None:
        """Enter the regions that are not entered through another target."""
        for child in self.chart.nodes[parallel].children:
            if not any(self.chart.is_inside(i, child) for i in entered):
                self._enter(child, entered)

    def _enter_ancestors(self, node: int, domain: int | None, entered: dict[int, None]) -> None:
        for ancestor in self.chart.ancestors[node]:
            if ancestor == domain:
                return
            entered[ancestor] = None
            if self.chart.nodes[ancestor].parallel:
                self._enter_regions(ancestor, entered)

    def _in_final(self, node: int, active: Set[int]) -> bool:
        """Whether a state is complete: in a final child, or, if it is parallel, in all regions."""
        nodes = self.chart.nodes
        children = nodes[node].children
        if nodes[node].parallel:
            return all(self._in_final(child, active) for child in children)
        return any(nodes[child].final and child in active for child in children)

    # Names ---------------------------------------------------------------------------------

    def _name(self, node: int) -> str:
        return self.chart.nodes[node].id

    def _at(self, event: str, active: frozenset[int]) -> str:
        state = "+".join(self._name(i) for i in sorted(active))
        return f"{self.chart.class_name}: event {event!r} in state {state}"


def _is_done(event: str) -> bool:
    return event.startswith("done.state.")
