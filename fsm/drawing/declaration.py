"""What is drawn of a declaration: its states, its transitions and the cells of each."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import takewhile

from fsm.chart import Chart, ChartEdge, ChartNode
from fsm.drawing.model import Look
from fsm.drawing.sketch import Sketch
from fsm.drawing.view import View, focused, nodes_passed
from fsm.errors import FsmError
from fsm.guard import ALWAYS
from fsm.machine import Machine, State, Transition
from fsm.suggest import remedy

__all__ = ["TABLE_DRAWN", "DrawnChart", "OnlyTableError", "declaration_of", "is_nested"]


TABLE_DRAWN = "the table is drawn"
"""How the message begins that says why the declaration is not drawn."""
_NAMED = re.compile(r"\w+")
"""A guard that is one name, which may be negated as it is."""


class OnlyTableError(FsmError):
    """The declaration cannot show a mark; the message says which."""


def is_nested(machine: Machine) -> bool:
    """Return whether the declaration of a machine says more than its table with its statuses.

    These are states inside states of a status, regions, history, arrows to a state with states
    inside, transitions without an event or without leaving their state, what is raised, and timers.
    """
    chart = machine.chart
    return chart is not None and (
        bool(chart.timers)
        or any(len(around) > 1 for around in chart.ancestors)
        or any(node.parallel or node.history or _has_effect(node) for node in chart.nodes)
        or any(map(partial(_says_more, chart), chart.edges))
    )


def _has_effect(node: ChartNode) -> bool:
    return bool(node.raised or node.raised_on_exit or node.sent or node.sent_on_exit)


def _says_more(chart: Chart, edge: ChartEdge) -> bool:
    """Return whether a table cannot show a declared transition as it is."""
    to_box = any(chart.nodes[target].children for target in edge.targets)
    effects = edge.raised or edge.sent or edge.raised_after or edge.sent_after
    return edge.internal or bool(effects) or not edge.events or not edge.targets or to_box


@dataclass(frozen=True)
class DrawnChart:
    """A part of the declaration of a machine. States are known by their places in the chart."""

    chart: Chart
    machine: Machine
    """The part of the table: its states are those in which drawn states are active."""
    kept: frozenset[int]
    """The states that are drawn, or lie in one that is drawn as one."""
    folded: frozenset[int]
    """The states with states inside that are drawn as one."""
    hidden: frozenset[str | tuple[int, str]]
    """What is not drawn: events, or an event of a declared transition, by its place."""

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The unique name of each state: its id, or the ids of the states around it as well."""
        nodes = self.chart.nodes
        often = Counter(node.id for node in nodes)
        names: dict[str, None] = {}
        for i, node in enumerate(nodes):
            around = (nodes[a].id for a in reversed(self.chart.ancestors[i]))
            name = node.id if often[node.id] == 1 else ".".join((*around, node.id))
            while name in names:
                name += "'"
            names[name] = None
        return tuple(names)

    @cached_property
    def place(self) -> tuple[int, ...]:
        """The drawn state for each state: itself, or the outermost one that is drawn as one."""
        return tuple(
            next((a for a in reversed(self.chart.ancestors[i]) if a in self.folded), i)
            for i in range(len(self.chart.nodes))
        )

    def is_drawn(self, node: int) -> bool:
        """Return whether a state is drawn, or lies in one that is drawn as one."""
        return node in self.kept

    def is_box(self, node: int) -> bool:
        """Return whether a state is drawn as a box."""
        return bool(self.chart.nodes[node].children) and node not in self.folded

    def children(self, node: int | None) -> list[int]:
        """Return the drawn states directly inside a state, or those inside none."""
        return self._children.get(node, [])

    @cached_property
    def _children(self) -> dict[int | None, list[int]]:
        rows: dict[int | None, list[int]] = {}
        for i in sorted(self.kept):
            rows.setdefault(self.chart.nodes[i].parent, []).append(i)
        return rows

    def leaves(self, node: int) -> list[int]:
        """Return the states that are not drawn as boxes, of a state that is drawn."""
        if not self.is_box(node):
            return [node]
        return [leaf for child in self.children(node) for leaf in self.leaves(child)]

    def top(self, node: int) -> int:
        """Return the outermost state around a state."""
        return (node, *self.chart.ancestors[node])[-1]

    def depth(self, node: int) -> int:
        """Return how many states are around a state."""
        return len(self.chart.ancestors[node])

    @cached_property
    def _numbers(self) -> dict[str, list[int]]:
        numbers: dict[str, list[int]] = {}
        for i, node in enumerate(self.chart.nodes):
            if node.is_atomic and not node.history:
                numbers.setdefault(node.id, []).append(i)
        return numbers

    def atoms(self, state: State) -> list[int]:
        """Return the declared states that are active in a state of the machine.

        Raises :class:`OnlyTableError` for a state that the declaration does not have.
        """
        found = [i for atom in state.atoms for i in self._numbers.get(atom, ())]
        if not found or len(found) < len(state.atoms):
            raise OnlyTableError(f"{TABLE_DRAWN}: the declaration has no state {state.name!r}")
        return found

    @cached_property
    def covers(self) -> tuple[tuple[str, ...], ...]:
        """The states of the machine in which each declared state is active."""
        rows: list[dict[str, None]] = [{} for _ in self.chart.nodes]
        for state in self.machine.states:
            for atom in self.atoms(state):
                for node in (atom, *self.chart.ancestors[atom]):
                    rows[node][state.name] = None
        return tuple(map(tuple, rows))

    @cached_property
    def cells(self) -> dict[tuple[int, str], list[Transition]]:
        """The cells that take a declared transition, by its place and the event."""
        found: dict[tuple[int, str], list[Transition]] = {}
        for t in self.machine.transitions:
            for edge in t.edges:
                found.setdefault((edge, t.trigger), []).append(t)
        return found

    @cached_property
    def followers(self) -> dict[int, list[Transition]]:
        """The cells after which a declared transition is taken by itself, by its place."""
        found: dict[int, list[Transition]] = {}
        for t in self.machine.transitions:
            for edge in t.followed:
                found.setdefault(edge, []).append(t)
        return found

    def events(self, number: int) -> tuple[str, ...]:
        """Return the events of a declared transition that are drawn.

        Of several events, those are left out that another transition of the state always takes
        before it, as next to a wildcard.
        """
        edge = self.chart.edges[number]
        before = takewhile(lambda other: other is not edge, self.chart.outgoing[edge.source])
        taken = {e for other in before if other.guard == ALWAYS for e in other.events}
        events = tuple(e for e in edge.events if e not in taken) or edge.events
        return tuple(e for e in events if e not in self.hidden and (number, e) not in self.hidden)

    def condition(self, number: int, event: str = "") -> str:
        """Return the guard of a declared transition as it is drawn, for one of its events.

        What is left to the last of several ways of an event is ``[else]``.
        """
        edge = self.chart.edges[number]
        if edge.guard.text:
            return f"[{edge.guard.text}]"
        ways = [other for other in self.chart.outgoing[edge.source] if event in other.events]
        is_else = len(ways) > 1 and ways[-1] is edge and all(w.guard.text for w in ways[:-1])
        return "[else]" if is_else else ""

    def condition_inside(self, number: int, event: str = "") -> str:
        """Return the guard of a transition that is written inside of its state.

        It stands before the arrows of the event, so it says that none of those before it is taken.
        """
        edge = self.chart.edges[number]
        ways = self.chart.outgoing[edge.source]
        before = takewhile(lambda other: other is not edge, ways)
        arrows = (other for other in before if event in other.events and not other.internal)
        guards = [other.guard.text for other in arrows]
        if not edge.guard.text or not guards or not all(map(_NAMED.fullmatch, guards)):
            return self.condition(number, event)
        negated = (f"not {guard}" for guard in dict.fromkeys(guards))
        return f"[{' and '.join((*negated, _in_brackets(edge.guard.text)))}]"

    def first(self, node: int) -> int:
        """Return the state to which an arrow is drawn that ends at the border of a state."""
        while self.is_box(node):
            children = self.children(node)
            entry = (self.place[e] for e in self.chart.nodes[node].entry if self.is_drawn(e))
            node = next(entry, children[0])
        return node

    def box_name(self, node: int) -> str | None:
        """Return the name of a state that is drawn as a box; ``None`` for another one."""
        return self.names[node] if self.is_box(node) else None

    @cached_property
    def entered(self) -> frozenset[int]:
        """The states that something enters at their border: their initial states are marked."""
        entered: set[int] = set()
        for target in (*self.starts, *(t for edge in self.chart.edges for t in edge.targets)):
            self._enter(target, entered)
            for around in self.chart.ancestors[target]:
                node = self.chart.nodes[around]
                for region in set(node.children) - {target} if node.parallel else ():
                    if not self.chart.is_inside(target, region):
                        self._enter(region, entered)
        return frozenset(entered)

    @property
    def starts(self) -> tuple[int, ...]:
        """The states in which the machine starts."""
        return self.chart.start or (self.chart.initial,)

    def _enter(self, node: int, entered: set[int]) -> None:
        if node in entered:
            return
        entered.add(node)
        for inner in self.chart.nodes[node].entry:
            self._enter(inner, entered)


def _in_brackets(guard: str) -> str:
    return f"({guard})" if re.search(r"\bor\b|[?|]", guard) else guard


def declaration_of(machine: Machine, view: View, look: Look) -> DrawnChart:
    """Return the part of the declaration of a machine that is drawn.

    Raises :class:`FsmError` for a state to collapse that has no states inside, and for a focus that
    does not exist.
    """
    chart = machine.chart
    assert chart is not None  # noqa: S101 - is_nested has been asked
    part = focused(view, look.focus).machine if look.focus else view.machine
    kept = frozenset(range(len(chart.nodes)))
    if len(part.states) < len(machine.states):
        atoms = {atom for state in part.states for atom in state.atoms}
        kept = _around(chart, atoms | _passed(machine, chart, look))
        part = _with_ways_out(machine, part, look.hide)
    hidden = frozenset(look.hide) | _hidden_cells(machine, look.hide)
    return DrawnChart(chart, part, kept, _folded(machine, chart, look.collapse), hidden)


def _passed(machine: Machine, chart: Chart, look: Look) -> set[str]:
    """Return the ids of states that the table only passes through, and that are to be drawn.

    They have the status of what is around them; the distance from a focus is that of the cells.
    """
    ends = {atom for state in machine.states for atom in state.atoms}
    atomic = (i for i, node in enumerate(chart.nodes) if node.is_atomic and not node.history)
    passed = {i for i in atomic if chart.nodes[i].id not in ends}
    around = {i: (i, *chart.ancestors[i]) for i in passed}
    if look.only:
        passed = {i for i in passed if chart.nodes[around[i][-1]].title in look.only}
    if passed and look.focus:
        name, radius = look.focus
        named = {i for i in passed if any(chart.nodes[a].id == name for a in around[i])}
        whole, near = View(machine, look.overlay, {}, {}), set[str]()
        if radius:
            near = {s.name for s in focused(whole, (name, radius - 1)).machine.states}
        cells = (t for t in machine.transitions if not near.isdisjoint((t.source, t.target)))
        passed &= named | nodes_passed(machine, cells)
    return {chart.nodes[i].id for i in passed}


def _with_ways_out(machine: Machine, part: Machine, hidden: Collection[str]) -> Machine:
    """Return a part of a table with the declared cells that lead out of it, as far as drawn."""
    names = {state.name for state in part.states}
    out = (
        t
        for t in machine.transitions
        if t.edges and t.source in names and t.target not in names
        if {t.event, t.trigger}.isdisjoint(hidden)
    )
    return Sketch.of(part, transitions=(*part.transitions, *out))


def _hidden_cells(machine: Machine, events: Collection[str]) -> frozenset[tuple[int, str]]:
    """Return the events of declared transitions of which every cell has a hidden symbol."""
    cells = [(edge, t) for t in machine.transitions for edge in t.edges] if events else []
    hidden = {(edge, t.trigger) for edge, t in cells if t.event in events}
    return frozenset(hidden - {(edge, t.trigger) for edge, t in cells if t.event not in events})


def _around(chart: Chart, atoms: set[str]) -> frozenset[int]:
    """Return atomic states and those around them, with their history states."""
    kept: set[int] = set()
    for i, node in enumerate(chart.nodes):
        if node.is_atomic and not node.history and node.id in atoms:
            kept |= {i, *chart.ancestors[i]}
    return frozenset(
        kept | {i for i, n in enumerate(chart.nodes) if n.history and n.parent in kept}
    )


def _folded(machine: Machine, chart: Chart, names: Collection[str]) -> frozenset[int]:
    boxes = {i: node for i, node in enumerate(chart.nodes) if node.children}
    several = {i for i in boxes if len(list(_atoms_in(chart, i))) > 1}
    words = [word for node in boxes.values() for word in (node.title, node.id)]
    if tuple(names) == ("all",) and "all" not in words:
        return frozenset(i for i in several if boxes[i].parent is None)
    if tuple(names) == ("regions",) and "regions" not in words:
        return frozenset(i for i in several if _is_region(chart, i))
    for name in names:
        if name not in words:
            hint = remedy(name, dict.fromkeys(node.title for node in boxes.values()))
            raise FsmError(
                f"{machine.name}: no status or state with states inside {name!r}; {hint}"
            )
    return frozenset(i for i in several if {boxes[i].title, boxes[i].id} & set(names))


def _is_region(chart: Chart, node: int) -> bool:
    parent = chart.nodes[node].parent
    return parent is not None and chart.nodes[parent].parallel


def _atoms_in(chart: Chart, node: int) -> Iterator[int]:
    children = chart.nodes[node].children
    if not children and not chart.nodes[node].history:
        yield node
    for child in children:
        yield from _atoms_in(chart, child)
