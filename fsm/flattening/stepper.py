"""What one event does in a chart: the algorithm of SCXML, as W3C or python-statemachine 3.2 has it.

Source: https://www.w3.org/TR/scxml/#AlgorithmforSCXMLInterpretation. Inner transitions win over
outer ones, then those of earlier states over those of later ones; then eventless transitions and
raised events follow until nothing moves, and then the events that the machine sent to itself.

For the library the order of two regions is that in which their states were entered. A stepper
computes without that order, and says by :class:`OrderNeededError` where it matters; a second one,
which is ``ordered``, keeps it as a part of the configuration.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, field

from fsm.chart import Chart, ChartEdge
from fsm.errors import MachineError
from fsm.flattening.moves import Memory, Moves
from fsm.flattening.start import ValuationAtStart
from fsm.guard import Valuation

__all__ = ["Configuration", "Macrostep", "OrderNeededError", "Stepper"]

MAX_MICROSTEPS = 1_000
"""An event that causes more steps than this is taken for an endless loop."""


class _InvalidError(Exception):
    """The validator of a transition does not let an event pass."""


class OrderNeededError(Exception):
    """The result depends on the order in which active states were entered."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """All that decides what a machine will do."""

    active: frozenset[int]
    """The active nodes, ancestors included."""
    ended: bool = False
    """Whether the machine has ended."""
    memory: tuple[tuple[int, tuple[int, ...]], ...] = ()
    """What each history state remembers, those that remember nothing left out."""
    order: tuple[int, ...] = ()
    """The active atomic nodes as they were entered; empty where their order does not matter."""


@dataclass(frozen=True, slots=True)
class Macrostep:
    """What one event did, and the configuration at the end."""

    fired: tuple[ChartEdge, ...]
    """The edges of the first step."""
    after: Configuration
    entered: tuple[int, ...] = ()
    """The nodes entered by all steps, in their order."""
    followed: tuple[ChartEdge, ...] = field(default=(), compare=False)
    """The edges of the steps that followed the first one by themselves."""
    preceded: tuple[ChartEdge, ...] = field(default=(), compare=False)
    """The edges of the steps that were taken before the event."""


@dataclass(slots=True)
class _Run:
    """A machine on its way from one configuration to the next."""

    active: frozenset[int]
    memory: Memory
    order: tuple[int, ...]
    valuation: Valuation
    event: str
    """What began it, for messages."""
    internal: list[str] = field(default_factory=list)
    """The raised events that are still to come."""
    external: list[str] = field(default_factory=list)
    """The events that the machine has sent to itself and that are still to come."""
    root: int | None = None
    """The top-level state whose completion may end the machine."""
    ended: bool = False
    fired: tuple[ChartEdge, ...] = ()
    followed: dict[int, ChartEdge] = field(default_factory=dict)
    entered: list[int] = field(default_factory=list)


class Stepper:
    """Computes what every event does in every configuration of one chart."""

    def __init__(self, chart: Chart, *, ordered: bool = False) -> None:
        self.chart, self.ordered = chart, ordered
        self.moves = Moves(chart)
        self.heard = {event for edge in chart.edges for event in edge.events}
        self.taken: set[int] = set()
        """The edges that any step has taken so far, by their identity."""
        self.unset_at_start: tuple[str, ...] = ()
        """The guards that were asked at the start, and taken not to hold."""
        self.entered_at_start: tuple[int, ...] = ()
        self._is_restless = any(e.guard.names for e in chart.edges if not e.events)

    # One event -----------------------------------------------------------------------------

    def start(self) -> Configuration:
        """Return the configuration of a new machine."""
        valuation = ValuationAtStart(f"{self.chart.class_name}: the start")
        valuation.update(self.chart.known)
        run = _Run(frozenset(), {}, (), valuation, "the start")
        self._enter(run, (), self.moves.entered_at_start(), frozenset())
        self._finish(run)
        self.unset_at_start, self.entered_at_start = tuple(valuation.names), tuple(run.entered)
        return self._configuration(run)

    def macrostep(
        self, configuration: Configuration, event: str, valuation: Valuation
    ) -> Macrostep | None:
        """Return what an event does, or ``None`` where it is rejected."""
        if configuration.ended:
            return None
        order = configuration.order or self._atoms(configuration.active)
        run = _Run(configuration.active, dict(configuration.memory), order, valuation, event)
        if self._is_restless and (self.chart.rules == "library" or self.chart.looks_first):
            self._rest(run)
        try:
            fired = () if run.ended else self._select(run, event)
        except _InvalidError:
            if run.fired:
                raise self._invalid(run) from None
            return None
        preceded: tuple[ChartEdge, ...] = ()
        if fired:
            preceded = (*run.fired, *run.followed.values())
            run.followed |= {id(edge): edge for edge in run.fired}
            run.fired = ()
            self._microstep(run, fired)
        elif not self._is_restless:
            return None
        elif run.fired and self.chart.strict:
            raise MachineError(
                f"{self._at(run)}: an eventless transition is taken first, and then the event is an"
                " error; give it a transition, or set allow_event_without_transition = True"
            )
        try:
            self._finish(run)
        except _InvalidError:
            raise self._invalid(run) from None
        if not run.fired:
            return None
        after, followed = self._configuration(run), tuple(run.followed.values())
        return Macrostep(run.fired, after, tuple(run.entered), followed, preceded)

    def _invalid(self, run: _Run) -> MachineError:
        return MachineError(
            f"{self._at(run)}: a validator fails after something has moved; write it as a guard "
            "(cond=)"
        )

    def _configuration(self, run: _Run) -> Configuration:
        memory = tuple(sorted(run.memory.items()))
        order = run.order if self.ordered else ()
        return Configuration(run.active, run.ended, memory, order)

    def _finish(self, run: _Run) -> None:
        """Take eventless transitions, raised events and events sent until nothing moves."""
        seen: set[object] = set()
        while True:
            self._rest(run)
            if run.ended or not run.external:
                return
            state = (run.active, tuple(run.external), tuple(sorted(run.memory.items())), run.order)
            if state in seen or len(seen) > MAX_MICROSTEPS:
                raise MachineError(f"{self._at(run)}: the machine sends events to itself for ever")
            seen.add(state)
            event = run.external.pop(0)
            fired = self._select(run, event)
            if fired:
                self._microstep(run, fired)
            elif self.chart.strict:
                raise MachineError(
                    f"{self._at(run)}: the machine sends itself {event!r}, which is an error "
                    "there; give it a transition, or set allow_event_without_transition = True"
                )

    def _rest(self, run: _Run) -> None:
        """Take eventless transitions and raised events until nothing moves."""
        seen: set[object] = set()
        while not (run.ended and self.chart.rules != "library"):
            state = (run.active, tuple(run.internal), tuple(sorted(run.memory.items())), run.order)
            if state in seen or len(seen) > MAX_MICROSTEPS:
                held = " and ".join(name for name, truth in run.valuation.items() if truth)
                what = f"{self._at(run)}: eventless transitions go round for ever"
                raise MachineError(
                    f"{what} where {held}: let guards exclude each other" if held else what
                )
            seen.add(state)
            fired = self._select(run, None)
            if not fired:
                if not run.internal:
                    break
                fired = self._select(run, run.internal.pop(0))
            if fired:
                self._microstep(run, fired)
        if run.root is not None:
            run.ended |= self._has_ended(run.root, run.active)
            run.root = None

    def _has_ended(self, root: int, active: Set[int]) -> bool:
        """Whether a top-level state that was complete during the step still is at its end."""
        nodes = self.chart.nodes
        return root in active and (nodes[root].final or self.moves.in_final(root, active))

    def _microstep(self, run: _Run, fired: tuple[ChartEdge, ...]) -> None:
        if len(fired) > 1 and any(map(self.moves.spreads, fired)):
            self._need_order()
        self.taken.update(map(id, fired))
        left = set[int]().union(*(self.moves.exits(run.active, e, run.memory) for e in fired))
        if run.fired:
            run.followed |= {id(edge): edge for edge in fired}
        run.fired = run.fired or fired
        run.memory = self.moves.remembered(run.active, left, run.memory, run.order)
        self._emit_on_exit(run, left)
        for edge in fired:
            self._emit(run, edge.raised, edge.sent)
        self._enter(run, fired, self.moves.entered(fired, run.memory), left)
        for edge in fired:
            self._emit(run, edge.raised_after, edge.sent_after)
        if len(fired) > 1 and max(len(run.internal), len(run.external)) > 1:
            self._need_order()

    def _emit_on_exit(self, run: _Run, left: Set[int]) -> None:
        """Raise and send what leaving the states does, inner states first."""
        nodes, order = self.chart.nodes, self.chart.entry_order
        loud = [i for i in left if nodes[i].raised_on_exit or nodes[i].sent_on_exit]
        if len({order[i] for i in loud}) < len(loud):
            names = " and ".join(self._name(i) for i in sorted(loud))
            raise MachineError(
                f"{self._at(run)}: {names} raise events when they are left together, and their "
                "order is not defined; raise the events in the transition"
            )
        for i in sorted(loud, key=order.__getitem__, reverse=True):
            self._emit(run, nodes[i].raised_on_exit, nodes[i].sent_on_exit)

    def _emit(self, run: _Run, raised: tuple[str, ...], sent: tuple[str, ...]) -> None:
        """Queue events; a raised one that no transition has does nothing."""
        has_ended = run.root is not None and self.chart.nodes[run.root].final
        if self.chart.strict and has_ended and (raised or sent):
            raise MachineError(
                f"{self._at(run)}: an event follows the end of the machine, which is an error"
            )
        run.internal += [event for event in raised if event in self.heard]
        run.external += sent

    def _enter(
        self, run: _Run, fired: tuple[ChartEdge, ...], entered: dict[int, None], left: Set[int]
    ) -> None:
        """Enter states; each of them raises and sends events, and may complete its parents.

        A ``StateMachine`` updates the whole configuration first, so that each of two regions
        completed together announces their parent; a ``StateChart`` updates it state by state.
        """
        nodes = self.chart.nodes
        before, where = run.active, self._at(run)
        ordered = sorted(entered, key=self.chart.entry_order.__getitem__)
        run.active = (before - left).union(entered)
        run.entered += ordered
        kept = [i for i in run.order if i not in left]
        new = [i for i in ordered if nodes[i].is_atomic and i not in kept]
        run.order = (*kept, *new) if self.ordered else self._atoms(run.active)
        if not self.moves.is_legal(run.active):
            raise self._illegal(run, fired, where)
        present = set(before - left)
        if self.chart.atomic_update:
            present.update(entered)
        for i in ordered:
            present.add(i)
            self._emit(run, nodes[i].raised, nodes[i].sent)
            if nodes[i].final:
                self._complete(run, i, present)

    def _complete(self, run: _Run, final: int, present: Set[int]) -> None:
        """Raise the events that entering a final state causes."""
        nodes = self.chart.nodes
        parent = nodes[final].parent
        if parent is None:
            run.root = final
            run.ended |= self.chart.rules != "library"
            return
        self._emit(run, (f"done.state.{nodes[parent].id}",), ())
        above = nodes[parent].parent
        if above is None or not nodes[above].parallel or not self.moves.in_final(above, present):
            return
        self._emit(run, (f"done.state.{nodes[above].id}",), ())
        if nodes[above].parent is None and self.chart.parallel_ends:
            run.root = above
            run.ended |= self.chart.rules == "xstate"

    def _illegal(self, run: _Run, fired: tuple[ChartEdge, ...], before: str) -> MachineError:
        """Describe a configuration with two children of a compound, or too few of a parallel."""
        for edge in fired:
            for target in edge.targets:
                if not self.moves.effective((target,), run.memory):
                    return MachineError(
                        f"{before}: the history state {self._name(target)!r} remembers "
                        "nothing yet and has no transition; give it one to its default"
                    )
        who = "python-statemachine makes" if self.chart.rules == "library" else "the targets make"
        return MachineError(
            f"{self._at(run)}: {who} these states active together, which the declaration does not "
            "allow; target one state of each region"
        )

    # Which edges fire ----------------------------------------------------------------------

    def _select(self, run: _Run, event: str | None) -> tuple[ChartEdge, ...]:
        """Return the edges that fire; ``event`` is ``None`` for eventless transitions."""
        ids = frozenset(self.chart.nodes[i].id for i in run.active)
        if isinstance(run.valuation, ValuationAtStart):
            may_wait = event is None and not self.chart.has_data
            run.valuation.may_wait = may_wait and self.chart.rules == "library"
        enabled: dict[int, ChartEdge] = {}
        for atom in run.order:
            edge = self._first(atom, event, run.valuation, ids)
            if edge:
                enabled[id(edge)] = edge
        edges = tuple(enabled.values())
        if self.chart.rules == "xstate":  # inner transitions win over those around all regions
            sources = {edge.source for edge in edges}
            edges = tuple(
                e for e in edges if not any(self.chart.is_inside(s, e.source) for s in sources)
            )
        return self._without_conflicts(run, edges)

    def _first(
        self, atom: int, event: str | None, valuation: Valuation, ids: frozenset[str]
    ) -> ChartEdge | None:
        """Return the enabled edge of an atomic state or of its nearest ancestor that has one."""
        for node in (atom, *self.chart.ancestors[atom]):
            for edge in self.chart.outgoing[node]:
                matches = event in edge.events if event else not edge.events
                if matches and not edge.validator.test(valuation, ids):
                    raise _InvalidError
                if matches and edge.guard.test(valuation, ids):
                    return edge
        return None

    def _without_conflicts(self, run: _Run, edges: tuple[ChartEdge, ...]) -> tuple[ChartEdge, ...]:
        """Of two edges that leave the same state, keep the inner one, or the first one.

        Raises :class:`OrderNeededError` where the first one depends on an order not kept.
        """
        if len(edges) < 2:
            return edges
        exits = {id(edge): self.moves.exits(run.active, edge, run.memory) for edge in edges}
        crossing = self.moves.crossing(edges, exits)
        if crossing:
            raise MachineError(f"{self._at(run)}: {crossing}")
        kept: list[ChartEdge] = []
        losers, winners = set[int](), set[int]()
        for edge in edges:
            lost: list[ChartEdge] = []
            for other in kept:
                if not exits[id(edge)] & exits[id(other)]:
                    continue
                if self.chart.is_inside(edge.source, other.source):
                    lost.append(other)
                    winners.add(id(edge))
                else:
                    if not self.chart.is_inside(other.source, edge.source):
                        self._need_order()
                    losers.add(id(edge))
                    winners.add(id(other))
                    break
            else:
                losers |= set(map(id, lost))
                kept = [*(other for other in kept if other not in lost), edge]
        if losers & winners:  # of three, the second one loses to one and wins against another
            self._need_order()
        return tuple(kept)

    def _need_order(self) -> None:
        """Raise :class:`OrderNeededError` unless the order of regions is known."""
        if self.chart.rules == "library" and not self.ordered:
            raise OrderNeededError

    # Names ---------------------------------------------------------------------------------

    def _atoms(self, active: Set[int]) -> tuple[int, ...]:
        return tuple(i for i in sorted(active) if self.chart.nodes[i].is_atomic)

    def _name(self, node: int) -> str:
        return self.chart.nodes[node].id

    def _at(self, run: _Run) -> str:
        state = "+".join(self._name(i) for i in sorted(run.active))
        return f"{self.chart.class_name}: event {run.event!r} in state {state}"
