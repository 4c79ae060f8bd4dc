"""What a diagram shows, whatever its format: boxes around states, and arrows.

A machine has one transition per cell; a reader wants fewer lines. Cells that differ in nothing
a reader sees are one arrow, events that lead from one state to another share one, and what
every state of a status does alike leaves the box of the status once (Harel, Statecharts: a
visual formalism, 1987).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from fsm.errors import FsmError
from fsm.machine import Effect, Machine, State, Transition

__all__ = [
    "DIRECTIONS",
    "Arrow",
    "Box",
    "arrows",
    "best_direction",
    "boxes",
    "check_direction",
    "loose_states",
]

DIRECTIONS = ("LR", "TB", "RL", "BT")
_FEW = 4
_SIGNS = {Effect.INCREASES: "↑", Effect.DECREASES: "↓"}


@dataclass(frozen=True, slots=True)
class Box:
    """A status and its states. ``rank`` picks the colour, counted from 0."""

    status: str
    states: tuple[State, ...]
    rank: int


@dataclass(frozen=True, slots=True)
class Arrow:
    """One drawn line from a state, or from the box of a status, to a state.

    ``source`` is always a state; where ``status`` is given, every state of that status takes
    this arrow and ``source`` is the one of them that stands nearest to the target.
    """

    source: str
    target: str
    status: str | None
    labels: tuple[str, ...]
    effects: tuple[str, ...]
    is_decision: bool
    origins: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Line:
    """One label on the way between two places, before labels are stacked."""

    source: str
    status: str | None
    target: str
    label: str
    is_decision: bool


def check_direction(direction: str) -> None:
    """Raise :class:`FsmError` for a direction that is not in ``DIRECTIONS``."""
    if direction not in DIRECTIONS:
        raise FsmError(f"no direction {direction!r}; there are: {', '.join(DIRECTIONS)}")


def best_direction(machine: Machine) -> str:
    """Return how a machine reads best on a page: a short one from left to right."""
    return "LR" if len(machine.states) <= _FEW else "TB"


def boxes(machine: Machine) -> tuple[Box, ...]:
    """Return the statuses with their states, in declared order.

    Ranks go first to the statuses that an indicator counts, in the order of the indicators: so
    a status keeps its colour in two machines that count it alike.
    """
    ranked = sorted(machine.statuses, key=lambda status: _first_indicator(machine, status))
    return tuple(
        Box(status, tuple(s for s in machine.states if s.status == status), ranked.index(status))
        for status in machine.statuses
    )


def _first_indicator(machine: Machine, status: str) -> int:
    counting = (i for i, indicator in enumerate(machine.indicators) if indicator.counts(status))
    return next(counting, len(machine.indicators))


def loose_states(machine: Machine) -> tuple[State, ...]:
    """Return the states that stand in no box: those without status, or all of a flat machine."""
    if all(state.status == state.title for state in machine.states):
        return machine.states
    return tuple(state for state in machine.states if state.status is None)


def arrows(machine: Machine) -> tuple[Arrow, ...]:
    """Return what is drawn between the states, in the order of the table."""
    lines: dict[_Line, list[Transition]] = {}
    for line, transition in _lines(machine):
        lines.setdefault(line, []).append(transition)
    stacks: dict[tuple[str, str | None, str, bool], list[_Line]] = {}
    for line in lines:
        # Two loops on one state run through each other's labels, so a state has only one.
        apart = line.is_decision and line.source != line.target
        stacks.setdefault((line.source, line.status, line.target, apart), []).append(line)
    return tuple(_arrow(machine, stack, lines) for stack in stacks.values())


def _arrow(machine: Machine, stack: list[_Line], lines: dict[_Line, list[Transition]]) -> Arrow:
    first = stack[0]
    is_decision = all(line.is_decision for line in stack)
    origins = (_origin(t) for line in stack for t in lines[line])
    return Arrow(
        source=first.source,
        target=first.target,
        status=first.status,
        labels=tuple(_label(line, lines[line][0], is_decision) for line in stack),
        effects=_effects(machine, lines[first][0]),
        is_decision=is_decision,
        origins=tuple(dict.fromkeys(filter(None, origins))),
    )


def _label(line: _Line, transition: Transition, dashed: bool) -> str:
    """Name the decision in words where the arrow is not dashed."""
    origin = transition.origin
    return (
        f"{line.label} ({origin.label})"
        if line.is_decision and not dashed and origin
        else line.label
    )


def _origin(transition: Transition) -> str:
    origin = transition.origin
    return f"{transition.label} ({origin.label}): {origin.reason}" if origin else ""


def _effects(machine: Machine, transition: Transition) -> tuple[str, ...]:
    effects = machine.effects(transition).items()
    return tuple(
        f"{name} {_SIGNS.get(effect, effect.value)}"
        for name, effect in effects
        if effect is not Effect.NO_CHANGE
    )


def _lines(machine: Machine) -> Iterable[tuple[_Line, Transition]]:
    decided = _decisions(machine)
    exits = _common_exits(machine, decided)
    for t in machine.transitions:
        status = machine.status(t.source)
        is_decision = (t.source, t.target, t.label) in decided
        if status is not None and (status, t.target, t.label, is_decision) in exits:
            source = _nearest(machine, status, t.target)
            yield _Line(source, status, t.target, t.label, is_decision), t
        else:
            yield _Line(t.source, None, t.target, t.label, is_decision), t


def _nearest(machine: Machine, status: str, target: str) -> str:
    """Return the state of the status whose place in the declaration is nearest to the target."""
    order = [state.name for state in machine.states]
    inside = (state.name for state in machine.states if state.status == status)
    return min(inside, key=lambda name: abs(order.index(name) - order.index(target)))


def _decisions(machine: Machine) -> frozenset[tuple[str, str, str]]:
    """Return the drawn lines, by source, target and label, that one of our decisions made."""
    return frozenset(
        (t.source, t.target, t.label)
        for t in machine.transitions
        if t.origin and t.origin.is_decision
    )


def _common_exits(
    machine: Machine, decided: frozenset[tuple[str, str, str]]
) -> frozenset[tuple[str, str, str, bool]]:
    """Return what each state of a status does alike, as (status, target, label, decided).

    Only what leaves the status, and only where the status has several states.
    """
    if len(loose_states(machine)) == len(machine.states):
        return frozenset()
    takers: dict[tuple[str, str, str, bool], set[str]] = {}
    for t in machine.transitions:
        status = machine.status(t.source)
        if status is not None and status != machine.status(t.target):
            exit_ = (status, t.target, t.label, (t.source, t.target, t.label) in decided)
            takers.setdefault(exit_, set()).add(t.source)
    size = {box.status: len(box.states) for box in boxes(machine)}
    return frozenset(exit_ for exit_, states in takers.items() if len(states) == size[exit_[0]] > 1)
