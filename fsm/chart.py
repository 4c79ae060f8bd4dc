"""A declared statechart as neutral, frozen values, before it is explored.

Readers of classes and of files make one; :mod:`fsm.flattening` makes the machine of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from fsm.guard import ALWAYS, Guard
from fsm.machine_parts import Deadline, Indicator, Origin

__all__ = ["RULES", "Chart", "ChartEdge", "ChartNode", "ChartTimer"]

RULES = ("library", "scxml", "xstate")
"""Whose rules a chart follows: those of python-statemachine, of SCXML (W3C), or of XState.

XState does what SCXML does, but a state's own transition counts only if none inside it is enabled.
"""


@dataclass(frozen=True, slots=True)
class ChartNode:
    """A declared state. Nodes refer to each other by their index in :attr:`Chart.nodes`."""

    id: str
    title: str
    parent: int | None
    children: tuple[int, ...]
    entry: tuple[int, ...]
    """The states entered by default: the initial one of a compound, all children of a parallel.

    Of a history state: the states entered as long as nothing is remembered.
    """
    parallel: bool
    final: bool
    history: str = ""
    """``shallow`` or ``deep`` for a history state, which has no children and is never active.

    It has a parent, and is not among the children of that.
    """
    raised: tuple[str, ...] = ()
    """The events that entering the state raises, in their order."""
    raised_on_exit: tuple[str, ...] = ()
    """The events that leaving the state raises, in their order."""
    sent: tuple[str, ...] = ()
    """The events that entering the state sends to the machine itself.

    Raised events come before any other event; what is sent comes after the step is over.
    """
    sent_on_exit: tuple[str, ...] = ()
    """The events that leaving the state sends to the machine itself."""

    @property
    def is_atomic(self) -> bool:
        """Whether the state has no children."""
        return not self.children and not self.history

    @property
    def is_compound(self) -> bool:
        """Whether exactly one of the children is active with it."""
        return bool(self.children) and not self.parallel


@dataclass(frozen=True, slots=True)
class ChartEdge:
    """A declared transition; without events it is taken as soon as its guard holds."""

    source: int
    targets: tuple[int, ...]
    events: tuple[str, ...]
    internal: bool
    guard: Guard
    raised: tuple[str, ...] = ()
    """The events that the transition raises, in their order."""
    sent: tuple[str, ...] = ()
    """The events that the transition sends to the machine itself."""
    raised_after: tuple[str, ...] = ()
    """The events that it raises once its targets are entered (``after`` of the library)."""
    sent_after: tuple[str, ...] = ()
    """The events that it sends once its targets are entered."""
    validator: Guard = ALWAYS
    """Where it does not hold the event is an error, and nothing moves, whatever else could."""
    outputs: tuple[str, ...] = ()
    """The names of its actions, which are drawn and have no effect here."""
    origin: Origin | None = None
    """Where it stands; ``None`` where that is not known."""


@dataclass(frozen=True, slots=True)
class ChartTimer:
    """A timer: entering a state starts it, and after ``delay`` its event happens by itself."""

    node: int
    event: str
    delay: int
    """Microseconds."""
    stops: bool = True
    """Whether leaving the state stops it."""


@dataclass(frozen=True)
class Chart:
    """A whole declaration. Nodes stand in document order, edges in the order of their source."""

    class_name: str
    title: str
    nodes: tuple[ChartNode, ...]
    edges: tuple[ChartEdge, ...]
    initial: int
    events: tuple[str, ...]
    indicators: tuple[Indicator, ...]
    deadline: Deadline | None
    companion: str | None
    atomic_update: bool
    """Whether a step changes the whole configuration at once (``StateMachine``)."""
    unit: str | None = None
    """What one message is called in results."""
    rules: str = "library"
    """One of :data:`RULES`."""
    timers: tuple[ChartTimer, ...] = ()
    start: tuple[int, ...] = ()
    """The states entered at the start, where they are not those that ``initial`` enters."""
    known: tuple[tuple[str, bool], ...] = ()
    """The guards whose truth before the first event is known."""
    looks_first: bool = False
    """Whether eventless transitions are looked at before an event, too, as the library does."""
    has_data: bool = False
    """Whether data may decide the other guards before the first event, in ways not known here."""
    enters_itself: bool = True
    """Whether an internal transition of a state to itself enters it."""
    strict: bool = False
    """Whether an event that no transition has is an error (``StateMachine``)."""
    begins_by: str = ""
    """The event that is that the machine begins, in a state before all others; mostly none."""
    assumed: tuple[str, ...] = ()
    """What the reader assumed, for :attr:`fsm.machine.Machine.assumed`."""
    colours: tuple[tuple[str, str], ...] = ()
    """The colours of statuses that the author chose, see :attr:`fsm.machine.Machine.colours`."""

    @cached_property
    def parallel_ends(self) -> bool:
        """Whether an outermost parallel state ends the machine once all its regions are complete.

        True in python-statemachine, and in XState where it is the whole machine; in SCXML only an
        outermost final state ends the machine.
        """
        outermost = [node for node in self.nodes if node.parent is None]
        is_whole = len(outermost) == 1 and outermost[0].parallel
        return self.rules == "library" or (self.rules == "xstate" and is_whole)

    @cached_property
    def outgoing(self) -> tuple[tuple[ChartEdge, ...], ...]:
        """The edges that leave each node, in declared order."""
        rows: list[list[ChartEdge]] = [[] for _ in self.nodes]
        for edge in self.edges:
            rows[edge.source].append(edge)
        return tuple(map(tuple, rows))

    @cached_property
    def ancestors(self) -> tuple[tuple[int, ...], ...]:
        """The ancestors of each node, nearest first."""
        rows: list[tuple[int, ...]] = []
        for node in self.nodes:
            rows.append(() if node.parent is None else (node.parent, *rows[node.parent]))
        return tuple(rows)

    @cached_property
    def entry_order(self) -> tuple[int, ...]:
        """The order in which nodes are entered together: the library's ``document_order``.

        The library counts the children of a state from the number of the state plus one, so that
        states of different parents share numbers. Those stay in the order in which they are
        reached. In SCXML it is the order of the document.
        """
        if self.rules != "library":
            return tuple(range(len(self.nodes)))
        rows: list[int] = []
        for i, node in enumerate(self.nodes):
            if node.history:
                rows.append(0)
            elif node.parent is None:
                rows.append(1 + sum(n.parent is None for n in self.nodes[:i]))
            else:
                before = self.nodes[node.parent].children.index(i)
                rows.append(rows[node.parent] + 1 + before)
        return tuple(rows)

    def is_inside(self, node: int, ancestor: int | None) -> bool:
        """Whether ``node`` is a proper descendant; of ``None``, the root, every node is one."""
        return ancestor is None or ancestor in self.ancestors[node]
