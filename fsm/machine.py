"""The frozen values of a compiled machine; no input, no output, no current state.

A :class:`Machine` is a Moore machine over a finite alphabet: its states carry a *status* (what
the sending log shows), its transitions say where each event leads, and its indicators count
statuses. Where a state has no transition for an event, the event is rejected: it changes
nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING, Any

from fsm.errors import MachineError
from fsm.shown import Shown

if TYPE_CHECKING:
    import networkx

__all__ = [
    "Deadline",
    "Effect",
    "Indicator",
    "Machine",
    "Outcome",
    "Source",
    "State",
    "Transition",
]


class Outcome(Enum):
    """What a cell of the state x event table does."""

    MOVE = "move"
    STAY = "stay"
    REJECT = "reject"


class Effect(Enum):
    """What a transition does to an indicator; derived from the two statuses, never declared."""

    STARTS_AT_0 = "starts at 0 %"
    STARTS_AT_100 = "starts at 100 %"
    INCREASES = "increases"
    DECREASES = "decreases"
    NO_CHANGE = "no change"


@dataclass(frozen=True, slots=True)
class State:
    """One configuration of the machine: the atomic states that are active together.

    ``status`` is ``None`` where nothing is shown yet (a message that was not handed over).
    """

    name: str
    status: str | None
    title: str
    atoms: tuple[str, ...]
    final: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """Why a transition exists: ``row 3``, ``prose`` or a decision ``D4``, and the reason."""

    label: str
    reason: str

    @property
    def is_decision(self) -> bool:
        """Whether this is our own decision, where the documentation is silent."""
        return self.label.startswith("D") and self.label[1:].isdigit()

    @property
    def row(self) -> int | None:
        """The number of the documented row, or ``None``."""
        kind, _, number = self.label.partition(" ")
        return int(number) if kind == "row" and number.isdigit() else None


@dataclass(frozen=True, slots=True)
class Transition:
    """One accepted cell of the table: ``event`` in ``source`` leads to ``target``.

    ``event`` is an input symbol: an event name, refined by the guards it depends on
    (``confirm[can_start]``). ``trigger`` is the plain event name and ``guard`` the condition
    as declared.
    """

    source: str
    event: str
    target: str
    trigger: str
    guard: str = ""
    origin: Source | None = None

    @property
    def label(self) -> str:
        """The event as people write it: ``confirm [can_start]``."""
        return f"{self.trigger} [{self.guard}]" if self.guard else self.trigger

    @property
    def outcome(self) -> Outcome:
        """``MOVE``, or ``STAY`` where the target is the source."""
        return Outcome.STAY if self.source == self.target else Outcome.MOVE


@dataclass(frozen=True, slots=True)
class Indicator:
    """A count of the messages whose status is in a set, shown in percent of messages to send."""

    name: str
    statuses: frozenset[str]

    def counts(self, status: str | None) -> bool:
        """Whether a message of this status is counted."""
        return status in self.statuses

    def effect(self, before: str | None, after: str | None) -> Effect:
        """Return what moving from one status to another does to this indicator.

        >>> Indicator("Delivered", frozenset({"Sent"})).effect("Pending", "Sent")
        <Effect.INCREASES: 'increases'>
        """
        if before is None and after is not None:
            return Effect.STARTS_AT_100 if self.counts(after) else Effect.STARTS_AT_0
        change = self.counts(after) - self.counts(before)
        return {1: Effect.INCREASES, -1: Effect.DECREASES, 0: Effect.NO_CHANGE}[change]


@dataclass(frozen=True, slots=True)
class Deadline:
    """The end of the validity period, counted from ``start``: ``event`` happens in ``state``."""

    start: str
    event: str
    state: str


@dataclass(frozen=True)
class Machine(Shown):
    """A compiled machine. States and events keep their declared order; lookups are by name."""

    name: str
    title: str
    states: tuple[State, ...]
    events: tuple[str, ...]
    transitions: tuple[Transition, ...]
    initial: str
    indicators: tuple[Indicator, ...] = ()
    deadline: Deadline | None = None
    companion: str | None = None
    guards: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    """The guards each event depends on, by event name."""
    unreachable: tuple[str, ...] = ()
    """Declared atomic states that no trace reaches; they are not in the table."""

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
        except KeyError:
            known = ", ".join(self._states)
            raise MachineError(f"{self.name}: no state {name!r}; there are: {known}") from None

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
        """Return the transition of a cell, or ``None`` where the event is rejected."""
        return self._cells.get((state, event))

    def outcome(self, state: str, event: str) -> Outcome:
        """Return what the cell does."""
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
        carry ``trigger``, ``guard``, ``outcome`` and ``origin``. The graph is a copy: changing
        it does not change the machine.
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
        """Return an SQL query that folds a log, as :func:`fsm.replay.replay` does.

        ``dialect`` is ``duckdb`` or ``spark``. ``table`` has the columns ``keys`` (which
        together identify a message), ``event``, ``timestamp`` and, with ``seq``, the whole number
        ``seq``. A dot in ``table`` separates a schema from a name; each part is quoted.

        The query gives one row per message, in no particular order: the keys, ``state``,
        ``status`` (NULL where nothing is shown yet), ``events`` and ``rejected`` (BIGINT; how many
        events, and how many of them the machine rejects or does not know, among these NULL).

        Events are ordered by (timestamp, seq), where no seq comes last. A table has no file
        order: further ties are in the declared order of events, unknown ones last. Timestamps
        are never NULL; duplicates are counted, and no validity period ends.

        Raises :class:`MachineError` for another dialect, and for keys or a table that cannot be
        named in the query.
        """
        from fsm.sql import Moore, select

        statuses = {state.name: state.status for state in self.states}
        moore = Moore(self.name, statuses, self.events, self.table, self.initial)
        return select(moore, dialect, table, keys, seq=seq)

    def with_origins(self, origins: Mapping[tuple[str, str, str], Source]) -> Machine:
        """Return this machine with the source of each transition, keyed (from, label, to).

        The label is the event with its guard as declared, :attr:`Transition.label`.
        """
        return replace(
            self,
            transitions=tuple(
                replace(t, origin=origins.get((t.source, t.label, t.target)))
                for t in self.transitions
            ),
        )

    def trace_to(self, event: str, source: str | None = None) -> tuple[str, ...] | None:
        """Return the shortest trace that ends with ``event`` being accepted in ``source``.

        Without ``source``, in whatever state accepts it first. ``None`` where it never is.
        Ties follow the declared order of events, so the answer is always the same one.
        """
        for state, trace in self.shortest_traces():
            if (source is None or state == source) and self.step(state, event):
                return (*trace, event)
        return None

    def shortest_traces(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield each reachable state with a shortest trace to it, the shorter traces first."""
        seen = {self.initial}
        queue: list[tuple[str, tuple[str, ...]]] = [(self.initial, ())]
        for state, trace in queue:
            yield state, trace
            for event in self.events:
                transition = self.step(state, event)
                if transition and transition.target not in seen:
                    seen.add(transition.target)
                    queue.append((transition.target, (*trace, event)))
