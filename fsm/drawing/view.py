"""Part of a machine: some events, some statuses, the neighbourhood of a state, folded statuses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from fsm.drawing.overlay import Mark, Overlay, merged_mark
from fsm.drawing.sketch import Sketch
from fsm.errors import ArgumentError, FsmError
from fsm.machine import Machine, State, Transition
from fsm.suggest import remedy
from fsm.text import quantity

__all__ = [
    "View",
    "collapsed",
    "focused",
    "named_status",
    "nodes_passed",
    "of_statuses",
    "parse_focus",
    "states_named",
    "without_events",
]


@dataclass(frozen=True)
class View:
    """A part of a machine with its overlay, and how many states a folded state stands for.

    The initial state of the machine may be missing in the part.
    """

    machine: Machine
    overlay: Overlay
    folded: dict[str, int]
    hidden: dict[str, int]
    """How many transitions of a state lead out of the view, or come from outside."""


def collapsed(view: View, statuses: Iterable[str]) -> View:
    """Fold the states of each status into one; transitions between them are not shown.

    ``all`` alone stands for every status, unless one has this name. Raises :class:`FsmError` for a
    status that the machine does not have.
    """
    machine, overlay = view.machine, view.overlay
    place: dict[str, str] = {state.name: state.name for state in machine.states}
    folded: dict[str, int] = {}
    given = tuple(statuses)
    if given == ("all",) and "all" not in machine.statuses:
        given = machine.statuses
    for status in dict.fromkeys(named_status(machine, status) for status in given):
        inside = [state.name for state in machine.states if state.status == status]
        if len(inside) > 1:
            name = _unused(f"status {status}", place)
            folded[name] = len(inside)
            place |= dict.fromkeys(inside, name)
    states = {place[s.name]: _folded(s, place[s.name]) for s in machine.states}
    merged: dict[Transition, list[Mark]] = {}
    for t in machine.transitions:
        source, target = place[t.source], place[t.target]
        if source != target or source not in folded:
            moved = replace(t, source=source, target=target)
            merged.setdefault(moved, []).append(overlay.mark(t))
    hidden = Counter[str]()
    for name, count in view.hidden.items():
        hidden[place.get(name, name)] += count
    lines: dict[str, list[Mark]] = {}
    for name, marks in overlay.lines.items():
        lines.setdefault(place.get(name, name), []).extend(marks)
    return View(
        Sketch.of(
            machine,
            states=tuple(states.values()),
            transitions=tuple(merged),
            initial=place.get(machine.initial, machine.initial),
        ),
        replace(overlay, marks={t: merged_mark(marks) for t, marks in merged.items()}, lines=lines)
        if overlay
        else overlay,
        folded,
        dict(hidden),
    )


def named_status(machine: Machine, status: str, use: str = "to collapse") -> str:
    """Return a status of the machine; raises :class:`FsmError` for an unknown one.

    ``use`` says what the status was named for.
    """
    if status not in machine.statuses:
        hint = remedy(status, machine.statuses)
        raise FsmError(f"{machine.name}: no status {status!r} {use}; {hint}")
    return status


def _folded(state: State, name: str) -> State:
    if state.name == name:
        return state
    status = state.status or ""
    return State(name, state.status, status, (name,))


def _unused(name: str, taken: Iterable[str]) -> str:
    names = set(taken)
    while name in names:
        name += "+"
    return name


def without_events(view: View, events: Iterable[str]) -> View:
    """Leave out the transitions of some events, given with or without their guards.

    Raises :class:`FsmError` for an event that the machine does not have.
    """
    machine, left_out = view.machine, frozenset(events)
    known = (*machine.events, *(t.trigger for t in machine.transitions))
    for event in sorted(left_out.difference(known, (t.label for t in machine.transitions))):
        raise FsmError(f"{machine.name}: no event {event!r} to hide; {remedy(event, known)}")
    hidden = {
        t for t in machine.transitions if not left_out.isdisjoint((t.event, t.trigger, t.label))
    }
    # Of symbols that one arrow stands for, those that are left are told by their guards.
    parted = {(t.source, t.target, t.label) for t in hidden}
    kept = {
        t: _with_guard(t) if (t.source, t.target, t.label) in parted else t
        for t in machine.transitions
        if t not in hidden
    }
    marks = {kept.get(t, t): mark for t, mark in view.overlay.marks.items()}
    overlay = replace(view.overlay, marks=marks) if view.overlay else view.overlay
    cut = replace(
        view, machine=Sketch.of(machine, transitions=tuple(kept.values())), overlay=overlay
    )
    return _telling(view, cut, hidden)


def _with_guard(transition: Transition) -> Transition:
    """Return a transition whose label has the guards of its symbol."""
    guards = transition.event.removeprefix(f"{transition.trigger}[").removesuffix("]")
    return replace(transition, guard=guards) if guards != transition.event else transition


def _telling(before: View, cut: View, left_out: Iterable[Transition]) -> View:
    """Add to the legend of an overlay how many of its marks are on what a cut leaves out."""
    overlay = before.overlay
    arrows = len(
        {(t.source, t.target, t.label) for t in left_out if overlay.mark(t) != overlay.other}
    )
    drawn = {state.name for state in cut.machine.states}
    states = sum(s.name in overlay.lines and s.name not in drawn for s in before.machine.states)
    parts = [
        quantity(count, f"marked {kind}")
        for count, kind in ((arrows, "arrow"), (states, "state"))
        if count
    ]
    if not parts:
        return cut
    legend = (*overlay.legend, f"Not drawn: {' and '.join(parts)}")
    return replace(cut, overlay=replace(cut.overlay, legend=legend))


def of_statuses(view: View, statuses: Iterable[str]) -> View:
    """Keep the states of some statuses.

    Raises :class:`FsmError` for a status that the machine does not have.
    """
    kept = {named_status(view.machine, status, "to draw") for status in statuses}
    return _kept(view, {s.name for s in view.machine.states if s.status in kept})


def parse_focus(machine: Machine, text: str) -> tuple[str, int]:
    """Return the state and the radius that ``STATE`` or ``STATE:RADIUS`` names; the default is 1.

    Raises :class:`fsm.errors.MachineError` for a state that does not exist.
    """
    state, _, radius = text.rpartition(":")
    if radius.isascii() and radius.isdigit() and len(radius) < 6 and state:
        return state, int(radius)
    states_named(machine, text)
    return text, 1


def focused(view: View, focus: object) -> View:
    """Keep the states that are at most so many transitions away, in either direction.

    ``focus`` is a state and a distance. Raises :class:`fsm.errors.MachineError` for a state that
    does not exist, :class:`FsmError` for anything that is no focus.
    """
    match focus:
        case (str(state), int(radius)) if radius >= 0:
            machine = view.machine
        case _:
            raise ArgumentError(
                f"focus: {focus!r} is no state with a distance of 0 or more: ('lead', 1)"
            )
    near = states_named(machine, state)
    if passed := _passed_at(machine, state):
        near = {name for t in passed for name in (t.source, t.target)}
        radius = max(0, radius - 1)
    return _kept(view, _near(machine, near, radius))


def states_named(machine: Machine, name: str) -> set[str]:
    """Return the states that a name means: of a state inside others, all in which it is active.

    Raises :class:`fsm.errors.MachineError` for a state that does not exist.
    """
    chart = machine.chart
    nodes = [i for i, node in enumerate(chart.nodes) if node.id == name] if chart else []
    if chart is None or not nodes or any(state.name == name for state in machine.states):
        return {machine.state(name).name}
    inside = {
        node.id
        for i, node in enumerate(chart.nodes)
        if {i, *chart.ancestors[i]}.intersection(nodes)
    }
    found = {state.name for state in machine.states if inside.intersection(state.atoms)}
    if not found and (passed := _passed_at(machine, name)):
        return {t.source for t in passed}
    return found or {machine.state(name).name}


def _passed_at(machine: Machine, name: str) -> list[Transition]:
    """Return the cells that pass through the states that a name means, where no cell ends."""
    ends = {atom for state in machine.states for atom in state.atoms}
    nodes = machine.chart.nodes if machine.chart and name not in ends else ()
    named = {i for i, node in enumerate(nodes) if node.id == name and node.is_atomic}
    if not named or any(state.name == name for state in machine.states):
        return []
    return [t for t in machine.transitions if named & nodes_passed(machine, (t,))]


def nodes_passed(machine: Machine, cells: Iterable[Transition]) -> set[int]:
    """Return the declared states that cells leave or enter, by their places in the chart."""
    chart, passed = machine.chart, set[int]()
    if chart is None:
        return passed
    edges = [chart.edges[i] for i in {i for t in cells for i in (*t.edges, *t.followed)}]
    entered = [target for edge in edges for target in edge.targets]
    while entered:
        node = entered.pop()
        if node not in passed:
            passed.add(node)
            entered += chart.nodes[node].entry
    return passed.union(edge.source for edge in edges)


def _kept(view: View, names: set[str]) -> View:
    """Keep some states and the transitions between them; count those that lead elsewhere."""
    machine, hidden = view.machine, dict(view.hidden)
    # Symbols of one event that look alike are one arrow.
    for source, target, _ in dict.fromkeys(
        (t.source, t.target, t.label) for t in machine.transitions
    ):
        if (source in names) != (target in names):
            inside = source if source in names else target
            hidden[inside] = hidden.get(inside, 0) + 1
    kept = Sketch.of(
        machine,
        states=tuple(s for s in machine.states if s.name in names),
        transitions=tuple(t for t in machine.transitions if {t.source, t.target} <= names),
    )
    cut = replace(view, machine=kept, hidden=hidden)
    return _telling(view, cut, set(machine.transitions).difference(kept.transitions))


def _near(machine: Machine, states: set[str], radius: int) -> set[str]:
    beside: dict[str, set[str]] = {}
    for t in machine.transitions:
        beside.setdefault(t.source, set()).add(t.target)
        beside.setdefault(t.target, set()).add(t.source)
    near, edge = set(states), set(states)
    for _ in range(radius):
        edge = {other for name in edge for other in beside.get(name, ())} - near
        near |= edge
    return near
