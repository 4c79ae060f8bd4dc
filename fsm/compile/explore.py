"""Walk every reachable configuration of a chart: the statechart algorithm of SCXML.

The steps follow python-statemachine 3.2 (https://www.w3.org/TR/scxml/#AlgorithmforSCXMLInterpretation
is their common source): inner transitions before outer ones, then the internal events and
eventless transitions until nothing moves. What depends on an order the library does not define
is refused, never guessed.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from fsm.compile.chart import Chart, Edge
from fsm.compile.guard import Valuation, symbol, valuations
from fsm.errors import MachineError
from fsm.machine import Machine, State, Transition

__all__ = ["explore"]

MAX_STATES = 100_000


@dataclass(frozen=True, slots=True)
class _Configuration:
    """The active nodes, ancestors included, and whether the machine has ended."""

    active: frozenset[int]
    ended: bool = False


@dataclass(frozen=True, slots=True)
class _Step:
    """What one event did: the edges it fired first, and where everything came to rest."""

    fired: tuple[Edge, ...]
    after: _Configuration


def explore(chart: Chart, name: str | None = None) -> Machine:
    """Return the machine of all configurations a chart can reach.

    Raises :class:`MachineError` where the chart cannot be compiled exactly or has more than
    100,000 states.
    """
    return _Explorer(chart).machine(name or chart.class_name)


class _Explorer:
    def __init__(self, chart: Chart) -> None:
        self.chart = chart
        self.done_edges = [e for e in chart.edges if any(_is_done(x) for x in e.events)]
        self.listened = {x for e in self.done_edges for x in e.events}

    # The machine ---------------------------------------------------------------------------

    def machine(self, name: str) -> Machine:
        chart = self.chart
        symbols = {
            event: [(symbol(event, v), v) for v in valuations(self._guards(event), self._at(event))]
            for event in chart.events
        }
        start = self._start()
        steps: dict[_Configuration, dict[str, tuple[str, _Step]]] = {}
        queue = deque([start])
        while queue:
            configuration = queue.popleft()
            if configuration in steps:
                continue
            row = steps[configuration] = {}
            if len(steps) > MAX_STATES:
                raise MachineError(f"{chart.class_name}: more than {MAX_STATES:,} states")
            for event, refined in symbols.items():
                for text, valuation in refined:
                    step = self._macrostep(configuration, event, valuation)
                    if step:
                        row[text] = (event, step)
                        queue.append(step.after)
        return self._assemble(name, start, steps, symbols)

    def _assemble(
        self,
        name: str,
        start: _Configuration,
        steps: dict[_Configuration, dict[str, tuple[str, _Step]]],
        symbols: dict[str, list[tuple[str, dict[str, bool]]]],
    ) -> Machine:
        chart = self.chart
        ordered = sorted(steps, key=lambda c: (self._atoms(c), c.ended))
        states = {c: self._state(c) for c in ordered}
        self._check_facts(states)
        reached = {atom for c in ordered for atom in self._atoms(c)}
        transitions = tuple(
            Transition(
                source=states[c].name,
                event=text,
                target=states[step.after].name,
                trigger=event,
                guard=" and ".join(dict.fromkeys(e.guard.text for e in step.fired if e.guard.text)),
            )
            for c in ordered
            for text, (event, step) in steps[c].items()
        )
        return Machine(
            name=name,
            title=chart.title,
            states=tuple(states.values()),
            events=tuple(text for refined in symbols.values() for text, _ in refined),
            transitions=transitions,
            initial=states[start].name,
            indicators=chart.indicators,
            deadline=chart.deadline,
            companion=chart.companion,
            guards={event: tuple(sorted(self._guards(event))) for event in chart.events},
            unreachable=tuple(
                node.id
                for i, node in enumerate(chart.nodes)
                if node.is_atomic and i not in reached
            ),
        )

    def _atoms(self, configuration: _Configuration) -> tuple[int, ...]:
        return tuple(sorted(i for i in configuration.active if self.chart.nodes[i].is_atomic))

    def _state(self, configuration: _Configuration) -> State:
        nodes = self.chart.nodes
        atoms = [nodes[i] for i in self._atoms(configuration)]
        top = nodes[min(configuration.active)]
        grouped = any(node.parent is None and node.children for node in nodes)
        return State(
            name="+".join(a.id for a in atoms),
            status=None if grouped and top.is_atomic else top.title,
            title=" + ".join(a.title for a in atoms),
            atoms=tuple(a.id for a in atoms),
            final=configuration.ended or all(a.final for a in atoms),
        )

    def _check_facts(self, states: dict[_Configuration, State]) -> None:
        chart = self.chart
        statuses = {s.status for s in states.values() if s.status is not None}
        for indicator in chart.indicators:
            for status in sorted(indicator.statuses - statuses):
                raise MachineError(
                    f"{chart.class_name}: indicator {indicator.name!r} counts the status "
                    f"{status!r}; there are: {', '.join(sorted(statuses))}"
                )
        deadline = chart.deadline
        if deadline and {deadline.start, deadline.event} - set(chart.events):
            raise MachineError(f"{chart.class_name}: the deadline names an event it does not have")
        if deadline and deadline.state not in {s.name for s in states.values()}:
            raise MachineError(f"{chart.class_name}: the deadline names a state it does not have")

    # One event -----------------------------------------------------------------------------

    def _start(self) -> _Configuration:
        entered: dict[int, None] = {}
        self._enter(self.chart.initial, entered)
        queue, ended = self._completed(entered, frozenset(entered), "the start")
        return self._settle(frozenset(entered), queue, ended, {}, "the start")

    def _macrostep(
        self, configuration: _Configuration, event: str, valuation: Valuation
    ) -> _Step | None:
        if configuration.ended:
            return None
        fired = self._select(configuration.active, event, valuation)
        if not fired:
            return None
        active, queue, ended = self._microstep(configuration.active, fired, event)
        return _Step(fired, self._settle(active, queue, ended, valuation, event))

    def _settle(
        self,
        active: frozenset[int],
        queue: tuple[str, ...],
        ended: bool,
        valuation: Valuation,
        event: str,
    ) -> _Configuration:
        """Run eventless transitions and internal events until neither moves anything."""
        seen = set()
        while not ended or self._ends_as_parallel(active):
            if (active, queue) in seen:
                raise MachineError(
                    f"{self._at(event, active)}: eventless transitions go round for ever"
                )
            seen.add((active, queue))
            fired = self._select(active, None, valuation)
            if not fired and not queue:
                break
            if not fired:
                fired = self._select(active, queue[0], valuation)
                queue = queue[1:]
            if fired:
                active, more, now_ended = self._microstep(active, fired, event)
                queue, ended = queue + more, ended or now_ended
        if ended and self._root_parallel is not None:
            ended = self._in_final(self._root_parallel, active)
        return _Configuration(active, ended)

    @property
    def _root_parallel(self) -> int | None:
        return self.chart.initial if self.chart.nodes[self.chart.initial].parallel else None

    def _ends_as_parallel(self, active: frozenset[int]) -> bool:
        """A parallel root ends only when everything came to rest; a final state at once."""
        return self._root_parallel is not None and self._root_parallel in active

    def _microstep(
        self, active: frozenset[int], fired: tuple[Edge, ...], event: str
    ) -> tuple[frozenset[int], tuple[str, ...], bool]:
        left: set[int] = set()
        for edge in fired:
            left |= self._exits(active, edge)
        entered: dict[int, None] = {}
        for edge in fired:
            for target in edge.targets:
                self._enter(target, entered)
            for target in edge.targets:
                self._enter_ancestors(target, self._domain(edge), entered)
        after = (active - left).union(entered)
        return after, *self._completed(entered, after, event)

    def _completed(
        self, entered: dict[int, None], active: frozenset[int], event: str
    ) -> tuple[tuple[str, ...], bool]:
        """Return the done events of the final states just entered, and whether all has ended."""
        nodes, queue, ended = self.chart.nodes, [], False
        for i in sorted(entered):
            parent = nodes[i].parent
            if not nodes[i].final:
                continue
            if parent is None:
                ended = True
                continue
            queue.append(f"done.state.{nodes[parent].id}")
            above = nodes[parent].parent
            if above is None or not nodes[above].parallel or not self._in_final(above, active):
                continue
            done = f"done.state.{nodes[above].id}"
            if self.chart.atomic_update or done not in queue:
                queue.append(done)
            ended = ended or nodes[above].parent is None
        heard = tuple(done for done in queue if done in self.listened)
        if len(heard) > 1:
            raise MachineError(
                f"{self._at(event, active)}: {' and '.join(heard)} happen at once and their order "
                "is not defined; complete one state at a time"
            )
        return heard, ended

    # Which edges fire ----------------------------------------------------------------------

    def _select(
        self, active: frozenset[int], event: str | None, valuation: Valuation
    ) -> tuple[Edge, ...]:
        ids = frozenset(self.chart.nodes[i].id for i in active)
        enabled: dict[int, Edge] = {}
        for atom in sorted(i for i in active if self.chart.nodes[i].is_atomic):
            edge = self._first(atom, event, valuation, ids)
            if edge:
                enabled[id(edge)] = edge
        return self._without_conflicts(active, tuple(enabled.values()), event)

    def _first(
        self, atom: int, event: str | None, valuation: Valuation, ids: frozenset[str]
    ) -> Edge | None:
        for node in (atom, *self.chart.ancestors[atom]):
            for edge in self.chart.outgoing[node]:
                hears = event in edge.events if event else not edge.events
                if hears and edge.guard.test(valuation, ids):
                    return edge
        return None

    def _without_conflicts(
        self, active: frozenset[int], edges: tuple[Edge, ...], event: str | None
    ) -> tuple[Edge, ...]:
        """Drop the outer one of two edges that leave the same state; refuse a real conflict."""
        beaten, winners = set(), set()
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
                beaten.add(id(outer))
                winners.add(id(inner))
        if beaten & winners:
            raise MachineError(
                f"{self._at(event or 'no event', active)}: three nested transitions conflict"
            )
        return tuple(edge for edge in edges if id(edge) not in beaten)

    # Leaving and entering ------------------------------------------------------------------

    def _domain(self, edge: Edge) -> int | None:
        """The innermost compound state that the edge does not leave; ``None`` is the root."""
        chart, source = self.chart, edge.source
        node = chart.nodes[source]
        if edge.internal and node.is_compound and all(chart.is_inside(t, source) for t in edge.targets):
            return source
        if edge.internal and node.is_atomic and edge.targets[0] == source:
            return source
        for ancestor in chart.ancestors[source]:
            inside = all(chart.is_inside(t, ancestor) for t in edge.targets)
            if chart.nodes[ancestor].is_compound and inside:
                return ancestor
        return None

    def _exits(self, active: frozenset[int], edge: Edge) -> set[int]:
        if not edge.targets:
            return set()
        domain = self._domain(edge)
        return {i for i in active if self.chart.is_inside(i, domain)}

    def _enter(self, target: int, entered: dict[int, None]) -> None:
        node = self.chart.nodes[target]
        entered[target] = None
        if node.parallel:
            self._enter_regions(target, entered)
        for child in () if node.parallel else node.entry:
            self._enter(child, entered)
            self._enter_ancestors(child, target, entered)

    def _enter_regions(self, parallel: int, entered: dict[int, None]) -> None:
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

    def _in_final(self, node: int, active: frozenset[int]) -> bool:
        nodes = self.chart.nodes
        children = nodes[node].children
        if nodes[node].parallel:
            return node in active and all(self._in_final(child, active) for child in children)
        return any(nodes[child].final and child in active for child in children)

    # Words ---------------------------------------------------------------------------------

    def _guards(self, event: str) -> frozenset[str]:
        """The named guards that decide what an event does, in any state."""
        heard = [e for e in self.chart.edges if event in e.events]
        return frozenset(name for e in heard + self.done_edges for name in e.guard.names)

    def _name(self, node: int) -> str:
        return self.chart.nodes[node].id

    def _at(self, event: str, active: frozenset[int] | None = None) -> str:
        where = f"{self.chart.class_name}: event {event!r}"
        if active is None:
            return where
        return f"{where} in state {'+'.join(self._name(i) for i in sorted(active))}"


def _is_done(event: str) -> bool:
    return event.startswith("done.state.")
