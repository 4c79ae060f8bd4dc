"""Part of a machine: the neighbourhood of a state, or statuses folded into one state each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from fsm.drawing.overlay import Mark, Overlay, merged_mark
from fsm.drawing.sketch import Sketch
from fsm.errors import FsmError
from fsm.machine import Machine, State, Transition
from fsm.suggest import remedy

__all__ = ["View", "collapsed", "focused", "named_status", "parse_focus"]


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
    lines: dict[str, list[Mark]] = {}
    for name, marks in overlay.lines.items():
        lines.setdefault(place.get(name, name), []).extend(marks)
    return View(
        Sketch.of(
            machine,
            states=tuple(states.values()),
            transitions=tuple(merged),
            initial=place[machine.initial],
        ),
        replace(overlay, marks={t: merged_mark(marks) for t, marks in merged.items()}, lines=lines)
        if overlay
        else overlay,
        folded,
        view.hidden,
    )


def named_status(machine: Machine, status: str) -> str:
    """Return a status of the machine; raises :class:`FsmError` for an unknown one."""
    if status not in machine.statuses:
        raise FsmError(
            f"{machine.name}: no status {status!r} to collapse; {remedy(status, machine.statuses)}"
        )
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


def parse_focus(machine: Machine, text: str) -> tuple[str, int]:
    """Return the state and the radius that ``STATE`` or ``STATE:RADIUS`` names; the default is 1.

    Raises :class:`fsm.errors.MachineError` for a state that does not exist.
    """
    state, _, radius = text.rpartition(":")
    if radius.isascii() and radius.isdigit() and len(radius) < 6 and state:
        return state, int(radius)
    return machine.state(text).name, 1


def focused(view: View, state: str, radius: int) -> View:
    """Keep the states that are at most ``radius`` transitions away, in either direction.

    Raises :class:`fsm.errors.MachineError` for a state that does not exist.
    """
    machine = view.machine
    near = _near(machine, machine.state(state).name, radius)
    hidden: dict[str, int] = {}
    for t in machine.transitions:
        if (t.source in near) != (t.target in near):
            inside = t.source if t.source in near else t.target
            hidden[inside] = hidden.get(inside, 0) + 1
    kept = Sketch.of(
        machine,
        states=tuple(s for s in machine.states if s.name in near),
        transitions=tuple(t for t in machine.transitions if t.source in near and t.target in near),
    )
    return replace(view, machine=kept, hidden=hidden)


def _near(machine: Machine, state: str, radius: int) -> set[str]:
    beside: dict[str, set[str]] = {}
    for t in machine.transitions:
        beside.setdefault(t.source, set()).add(t.target)
        beside.setdefault(t.target, set()).add(t.source)
    near, edge = {state}, {state}
    for _ in range(radius):
        edge = {other for name in edge for other in beside.get(name, ())} - near
        near |= edge
    return near
