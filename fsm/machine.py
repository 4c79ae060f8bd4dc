"""The frozen values of a compiled machine; no input, no output, no current state.

A :class:`Machine` is a Moore machine over a finite alphabet: its states carry a *status* (what
the sending log shows), its transitions say where each event leads, and its indicators count
statuses. Where a state has no transition for an event, the event is rejected: it changes
nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING, Any

from fsm.errors import MachineError
from fsm.graph import PathSearch
from fsm.notebook_repr import Shown

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
    "symbol",
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
    ignored: tuple[str, ...] = ()
    """Declared transitions that never fire, or not everywhere where they are declared, and why."""

    def __post_init__(self) -> None:
        """Refuse what is no machine, with :class:`MachineError`; sequences become tuples."""
        for name in ("states", "events", "transitions", "indicators", "unreachable", "ignored"):
            object.__setattr__(self, name, _sequence(self, name))
        faults = tuple(_faults(self))
        if faults:
            more = f" (and {len(faults) - 3} more)" if len(faults) > 3 else ""
            raise MachineError(f"{self.name}: {'; '.join(faults[:3])}{more}")

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
        """Return an SQL query that folds a log, as :func:`fsm.engine.replay` does.

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
        Ties follow the declared order of events, so the answer is always the same one. Raises
        :class:`MachineError` where ``source`` is not a state.
        """
        if source is not None:
            self.state(source)
        search = PathSearch[str, str](self.initial)
        for state in search:
            if (source is None or state == source) and self.step(state, event):
                return (*search.path(state), event)
            search.expand(state, self._arcs(state))
        return None

    def first_transition(self, event: str, source: str | None = None) -> Transition | None:
        """Return the transition that ends :meth:`trace_to` of the same event and state."""
        for state, _ in self.shortest_traces():
            transition = self.step(state, event) if source in (None, state) else None
            if transition:
                return transition
        return None

    def shortest_traces(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield each reachable state with a shortest trace to it, the shorter traces first."""
        search = PathSearch[str, str](self.initial)
        for state in search:
            yield state, search.path(state)
            search.expand(state, self._arcs(state))

    def _arcs(self, state: str) -> list[tuple[str, str]]:
        cells = self._cells
        return [(e, t.target) for e in self.events if (t := cells.get((state, e)))]


# What is no machine ----------------------------------------------------------------------------


def symbol(event: str, valuation: Mapping[str, bool]) -> str:
    """Name an input symbol.

    >>> symbol("confirm", {"can_start": False})
    'confirm[not can_start]'
    """
    if not valuation:
        return event
    parts = [name if truth else f"not {name}" for name, truth in sorted(valuation.items())]
    return f"{event}[{', '.join(parts)}]"


_KINDS = {"states": State, "transitions": Transition, "indicators": Indicator}


def _sequence(machine: Machine, name: str) -> tuple[Any, ...]:
    """Return a field as a tuple of what belongs in it."""
    values = getattr(machine, name)
    kind = _KINDS.get(name, str)
    if isinstance(values, str):
        what = f"{name} is one text; write a sequence: ({values!r},)"
        raise MachineError(f"{machine.name}: {what}")
    if isinstance(values, Set):
        what = f"{name} is a set, which has no order; write a sequence"
        raise MachineError(f"{machine.name}: {what}")
    if not isinstance(values, Iterable):
        raise MachineError(f"{machine.name}: {name} is {values!r}, not a sequence")
    found = tuple(values)
    for value in found:
        if not isinstance(value, kind):
            what = f"{name} holds {value!r}, which is no {kind.__name__}"
            raise MachineError(f"{machine.name}: {what}")
    return found


def _faults(machine: Machine) -> Iterator[str]:
    """Yield what does not fit together, each as half a sentence."""
    states, events = {state.name for state in machine.states}, set(machine.events)
    yield from _type_faults(machine)
    yield from _doubled("state", [state.name for state in machine.states])
    yield from _doubled("event", machine.events)
    yield from _doubled("indicator", [indicator.name for indicator in machine.indicators])
    if machine.initial not in states:
        yield f"the initial state {machine.initial!r} is not among its states"
    cells: set[tuple[str, str]] = set()
    for t in machine.transitions:
        cell = t.source, t.event
        if cell in cells or not (t.source in states and t.target in states and t.event in events):
            where = f"the transition {t.source!r} --{t.event}--> {t.target!r}"
            yield from (f"{where}: no state {s!r}" for s in (t.source, t.target) if s not in states)
            if t.event not in events:
                yield f"{where}: no event {t.event!r}"
            if cell in cells:
                yield f"{where}: the second one of its state and event; a cell has one target"
        cells.add(cell)
    yield from _indicator_faults(machine)
    yield from _deadline_faults(machine, cells, events)
    for event, guards in machine.guards.items():
        yield from _guard_faults(event, guards, events)


def _type_faults(machine: Machine) -> Iterator[str]:
    """Yield where the names of states are no texts, or their atoms one."""
    for state in machine.states:
        name: object = state.name
        status: object = state.status
        atoms: object = state.atoms
        if isinstance(atoms, str):
            yield f"state {name!r}: its atoms are one text; write a sequence: ({atoms!r},)"
        if not (isinstance(name, str) and isinstance(status, str | None)):
            yield f"state {name!r} shows {status!r}; a name and a status are texts"


def _doubled(kind: str, names: Sequence[str]) -> Iterator[str]:
    if len(set(names)) < len(names):
        seen: set[str] = set()
        for name in names:
            if name in seen:
                yield f"two {kind}s are named {name!r}"
            seen.add(name)


def _indicator_faults(machine: Machine) -> Iterator[str]:
    statuses = {state.status for state in machine.states}
    for indicator in machine.indicators:
        given: object = indicator.statuses
        if not isinstance(given, Set):
            what = "one text" if isinstance(given, str) else f"a {type(given).__name__}"
            yield f"indicator {indicator.name!r}: its statuses are {what}; write a set of them"
            continue
        for status in sorted(indicator.statuses - statuses, key=str):
            yield f"indicator {indicator.name!r} counts the status {status!r}, which no state has"


def _deadline_faults(
    machine: Machine, cells: set[tuple[str, str]], events: set[str]
) -> Iterator[str]:
    deadline = machine.deadline
    if deadline is None:
        return
    if deadline.start not in events:
        yield f"the deadline starts with {deadline.start!r}, which is no event"
    if (deadline.state, deadline.event) not in cells:
        yield f"the deadline's event {deadline.event!r} is not accepted in {deadline.state!r}"


def _guard_faults(event: str, guards: Sequence[str], events: set[str]) -> Iterator[str]:
    """Yield why an event is not refined by its guards: a symbol for each valuation of them."""
    if isinstance(guards, str):
        yield f"the guards of {event!r} are one text; write a sequence: ({guards!r},)"
        return
    for truths in product((True, False), repeat=len(guards)):
        text = symbol(event, dict(zip(guards, truths, strict=True)))
        if text not in events:
            depends = f" depends on {', '.join(guards)}, but" if guards else ""
            yield f"event {event!r}{depends} has no symbol {text!r}"
            return
