"""The compiled machine: a frozen value without input, output and current state.

A :class:`Machine` is a Moore machine over a finite alphabet: its states carry a *status* (what
the sending log shows), its transitions say where each event leads, and its indicators count
statuses. Where a state has no transition for an event, the event is rejected: it changes
nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from fsm.errors import MachineError
from fsm.graph import PathSearch, ShortestPaths
from fsm.machine_faults import (
    as_tuple,
    colour_faults,
    deadline_faults,
    duplicates,
    guard_faults,
    indicator_faults,
    origin_faults,
    state_faults,
    timer_faults,
    transition_faults,
    unit_faults,
)
from fsm.machine_parts import (
    Deadline,
    Effect,
    Indicator,
    Origin,
    Outcome,
    State,
    Timer,
    Transition,
    symbol,
)
from fsm.presentation import RichValue, formatted
from fsm.read_only import hold_mappings
from fsm.suggest import no_such

if TYPE_CHECKING:
    import networkx

    from fsm.chart import Chart

__all__ = [
    "Deadline",
    "Effect",
    "Indicator",
    "Machine",
    "Origin",
    "Outcome",
    "State",
    "Timer",
    "Transition",
    "symbol",
]

_SEQUENCES: Mapping[str, type] = {
    "states": State,
    "events": str,
    "transitions": Transition,
    "indicators": Indicator,
    "unreachable": str,
    "ignored": str,
    "assumed": str,
    "timers": Timer,
}
"""The fields that hold a sequence, and what it is a sequence of."""


@dataclass(frozen=True, repr=False)
class Machine(RichValue):
    """A compiled machine. States and events keep their declared order; lookups are by name.

    A machine is checked when it is made: :class:`MachineError` names every part that does not
    fit. In a format string it is a table of its transitions (``md``), a diagram (``mermaid``,
    ``dot``, ``plantuml``, ``d2``) or a document (``json``, ``scxml``, ``xstate``).

    >>> import fsm
    >>> machine = fsm.load("with-feedback")
    >>> machine
    Machine('with-feedback', 6 states, 6 events, 11 transitions)
    >>> machine.step("awaiting", "soft_bounce")
    Transition('awaiting', 'soft_bounce', 'retrying')
    >>> machine.status("retrying")
    'Failed'
    >>> machine.trace_to("retry_succeeded")
    ('relayed', 'soft_bounce', 'retry_succeeded')
    >>> print(f"{machine:md}".splitlines()[0])
    | From | Event | To | Status | Indicators | Source | Reason |
    """

    name: str
    """The name under which it was loaded."""
    title: str
    """What it is, in a few words."""
    states: tuple[State, ...]
    """The states: one for each reachable configuration."""
    events: tuple[str, ...]
    """The input symbols, which are event names refined by guards."""
    transitions: tuple[Transition, ...]
    """The accepted cells of the table."""
    initial: str
    """The name of the state in which it starts."""
    indicators: tuple[Indicator, ...] = ()
    """What is counted of the messages."""
    deadline: Deadline | None = None
    """The end of the validity period; ``None`` where there is none."""
    companion: str | None = None
    """The name of a machine that runs beside this one."""
    guards: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    """The guards each event depends on, by event name."""
    unreachable: tuple[str, ...] = ()
    """Declared atomic states that no trace reaches; they are not in the table."""
    ignored: tuple[str, ...] = ()
    """Declared transitions that never fire, or not everywhere where they are declared, and why."""
    assumed: tuple[str, ...] = ()
    """What the reader of a page or a file took for granted, because it is not written there."""
    unit: str | None = None
    """What one message is called in results (``fine``, ``parcel``); ``None``: as the log says."""
    timers: tuple[Timer, ...] = ()
    """The timers that run in its states; of those that end at one instant the first one wins."""
    open_cells: tuple[tuple[str, str], ...] = field(default=(), compare=False)
    """The cells (state, event) of which a partial Mealy machine says nothing; ``assumed`` says so.

    Tests leave them out; everything else rejects the event there.
    """
    chart: Chart | None = field(default=None, compare=False)
    """The declaration, with states inside states; ``None`` where there is none but this table."""
    colours: Mapping[str, str] = field(default_factory=dict, hash=False)
    """The colours of statuses in drawings, as far as the author chose them: a kind (``good``,
    ``bad``, ``open``, ``not yet``), or a colour such as ``#b00020``."""

    def __post_init__(self) -> None:
        """Refuse what is no machine, with :class:`MachineError`; sequences become tuples."""
        for name, kind in _SEQUENCES.items():
            values: tuple[object, ...] = as_tuple(getattr(self, name), kind, f"{self.name}: {name}")
            object.__setattr__(self, name, values)
        for name in ("guards", "colours"):
            if not isinstance(getattr(self, name), Mapping):
                raise MachineError(f"{self.name}: {name} is {getattr(self, name)!r}, not a mapping")
        hold_mappings(self, "guards", "colours")
        faults = tuple(self._faults())
        if faults:
            more = f" (and {len(faults) - 3} more)" if len(faults) > 3 else ""
            raise MachineError(f"{self.name}: {'; '.join(faults[:3])}{more}")

    def _faults(self) -> Iterator[str]:
        states, events = {state.name for state in self.states}, set(self.events)
        yield from state_faults(self.states)
        yield from duplicates("state", [state.name for state in self.states])
        yield from duplicates("event", self.events)
        yield from duplicates("indicator", [indicator.name for indicator in self.indicators])
        if self.initial not in states:
            yield f"the initial state {self.initial!r} is not among its states"
        yield from transition_faults(self.transitions, states, events)
        yield from indicator_faults(self.indicators, {state.status for state in self.states})
        yield from deadline_faults(self.deadline, self._cells, events)
        known = events.union(event for event in self.guards if isinstance(event, str))
        yield from timer_faults(self.timers, states, self._cells, known)
        yield from guard_faults(self.guards, events)
        yield from unit_faults(self.unit)
        yield from colour_faults(self.colours, self.statuses)

    def __repr__(self) -> str:
        """Return one line: the name and the size."""
        counts = f"{len(self.states)} states, {len(self.events)} events"
        return f"Machine({self.name!r}, {counts}, {len(self.transitions)} transitions)"

    def __format__(self, spec: str) -> str:
        """Return the machine as text; raises :class:`ValueError` for a format that is none."""
        return formatted(self, spec) if spec else str(self)

    @cached_property
    def _states(self) -> dict[str, State]:
        return {state.name: state for state in self.states}

    @cached_property
    def _cells(self) -> dict[tuple[str, str], Transition]:
        return {(t.source, t.event): t for t in self.transitions}

    def state(self, name: str) -> State:
        """Return the state of this name; raises :class:`MachineError` when there is none."""
        try:
            return self._states[name]
        except (KeyError, TypeError):
            hint = no_such("state", str(name), self._states, "fsm show MACHINE")
            raise MachineError(f"{self.name}: {hint}") from None

    def status(self, name: str) -> str | None:
        """Return the status shown in the state of this name."""
        return self.state(name).status

    @cached_property
    def statuses(self) -> tuple[str, ...]:
        """The distinct statuses, in the order of their first state."""
        return tuple(dict.fromkeys(s.status for s in self.states if s.status is not None))

    @cached_property
    def alphabet(self) -> frozenset[str]:
        """The input symbols as a set."""
        return frozenset(self.events)

    def step(self, state: str, event: str) -> Transition | None:
        """Return the transition of a cell, or ``None`` where the event is rejected.

        An event that is not in the alphabet is rejected in every state. Raises
        :class:`MachineError` for a state that does not exist.
        """
        transition = self._cells.get((state, event))
        if transition is None and state not in self._states:
            self.state(state)
        return transition

    def outcome(self, state: str, event: str) -> Outcome:
        """Return what the cell does; raises :class:`MachineError` for an unknown state."""
        transition = self.step(state, event)
        return transition.outcome if transition else Outcome.REJECT

    def effects(self, transition: Transition) -> dict[str, Effect]:
        """Return the derived effect of a transition on each indicator, by indicator name."""
        before, after = self.status(transition.source), self.status(transition.target)
        return {i.name: i.effect(before, after) for i in self.indicators}

    @cached_property
    def table(self) -> tuple[tuple[int, ...], ...]:
        """The dense table: row per state, column per event, index of the next state or -1."""
        index = {state.name: i for i, state in enumerate(self.states)}
        cells = self._cells
        return tuple(
            tuple(
                index[cells[state.name, event].target] if (state.name, event) in cells else -1
                for event in self.events
            )
            for state in self.states
        )

    def graph(self) -> networkx.MultiDiGraph[Any]:
        """Return the transition graph: a node per state, an edge per accepted cell.

        Nodes carry ``status``, ``title`` and ``final``; edges are keyed by their event and
        carry ``trigger``, ``guard``, ``outcome`` and ``origin``. The graph is a copy: changes of
        it do not change the machine.
        """
        import networkx as nx

        graph = nx.MultiDiGraph(name=self.name, initial=self.initial)
        for state in self.states:
            graph.add_node(state.name, status=state.status, title=state.title, final=state.final)
        for t in self.transitions:
            facts = {"trigger": t.trigger, "guard": t.guard, "outcome": t.outcome.value}
            graph.add_edge(t.source, t.target, key=t.event, origin=t.origin, **facts)
        return graph

    def to_sql(
        self,
        dialect: str,
        table: str = "log",
        *,
        keys: Sequence[str] = ("message_id",),
        seq: bool = False,
    ) -> str:
        """Return an SQL query that folds a log, as :func:`fsm.engine.replay` does.

        ``dialect`` is ``duckdb`` or ``spark``. ``table`` has the columns ``keys`` (which
        together identify a message), ``event``, ``timestamp`` and, with ``seq``, the whole number
        ``seq``. A dot in ``table`` separates a schema from a name; each part is quoted.

        The query gives one row per message, in no particular order: the keys, ``state``,
        ``status`` (NULL where nothing is shown yet), ``events`` and ``rejected`` (BIGINT; how many
        events, and how many of them the machine rejects or does not know, among these NULL).

        Events are ordered by (timestamp, seq); NULL as ``seq`` comes last. A table has no file
        order, so further ties are in the declared order of events, unknown events last.
        Timestamps must not be NULL. Duplicates are counted, and no validity period ends.

        Raises :class:`MachineError` for another dialect, for keys or a table that cannot be named
        in the query, and for a machine with timers.
        """
        from fsm.sql import Moore, fold_query

        if self.timers:
            raise MachineError(
                f"{self.name}: the timer {str(self.timers[0])!r} cannot be executed in SQL; use "
                "fsm.replay, or leave timers out: dataclasses.replace(machine, timers=())"
            )

        statuses = {state.name: state.status for state in self.states}
        moore = Moore(self.name, statuses, self.events, self.table, self.initial)
        return fold_query(moore, dialect, table, keys, seq=seq)

    def with_origins(self, origins: Mapping[tuple[str, str, str], Origin]) -> Machine:
        """Return this machine with an origin for each transition, keyed (from, label, to).

        The label is the event with its guard as declared, :attr:`Transition.label`. Transitions
        that have no key have no origin. Raises :class:`MachineError` for a key that is no
        transition, and for a value that is no :class:`Origin`.
        """
        faults = list(origin_faults(origins, self.transitions))
        if faults:
            raise MachineError(f"{self.name}: {'; '.join(faults[:3])}")
        return replace(
            self,
            transitions=tuple(
                replace(t, origin=origins.get((t.source, t.label, t.target)))
                for t in self.transitions
            ),
        )

    def trace_to(self, event: str, source: str | None = None) -> tuple[str, ...] | None:
        """Return the shortest trace whose last event is ``event``, accepted in ``source``.

        Without ``source`` any state may accept it. The result is ``None`` where none does. Among
        traces of one length, the declared order of events decides. Raises :class:`MachineError`
        where ``source`` is not a state, and ``event`` no input symbol.
        """
        if event not in self.alphabet:
            hint = no_such("event", str(event), self.events, "fsm show MACHINE")
            raise MachineError(f"{self.name}: {hint}")
        if source is not None:
            self.state(source)
        for state in self.traces if source is None else (source,):
            if state in self.traces and self.step(state, event):
                return (*self.traces[state], event)
        return None

    def first_transition(self, event: str, source: str | None = None) -> Transition | None:
        """Return the transition that ends :meth:`trace_to` of the same event and state."""
        for state in self.traces:
            transition = self.step(state, event) if source in (None, state) else None
            if transition:
                return transition
        return None

    def shortest_traces(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield each reachable state with a shortest trace to it, shorter traces first."""
        return iter(self.traces.items())

    @cached_property
    def traces(self) -> ShortestPaths[str, str]:
        """The reachable states, nearest first, each with a shortest trace to it.

        A trace is made when it is asked for. Among traces of one length, the declared order of
        events decides.
        """
        place = {event: i for i, event in enumerate(self.events)}
        arcs: dict[str, list[tuple[str, str]]] = {state.name: [] for state in self.states}
        for t in sorted(self.transitions, key=lambda t: place[t.event]):
            arcs[t.source].append((t.event, t.target))
        search = PathSearch[str, str](self.initial)
        for state in search:
            search.expand(state, arcs[state])
        return search.paths()
