"""What a diagram shows, independent of its format: states, boxes around them, and arrows.

A machine has one transition per cell; a diagram needs fewer lines. Transitions that look the same
are one arrow, events from one state to the same target share an arrow, and a transition that every
state of a status has is drawn once, from the box of the status (Harel, Statecharts: a visual
formalism, 1987).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from fsm.arguments import as_several
from fsm.drawing.overlay import NO_OVERLAY, Mark, Overlay, Tone, merged_mark, merged_tone
from fsm.drawing.view import View, collapsed, focused
from fsm.drawing.wording import AS_DECLARED, Wording
from fsm.errors import ArgumentError, FsmError
from fsm.machine import Effect, Machine, State, Transition
from fsm.suggest import no_such
from fsm.text import quantity

__all__ = [
    "DIRECTIONS",
    "Arrow",
    "Box",
    "DrawnState",
    "Look",
    "Picture",
    "best_direction",
    "picture_of",
    "ranks_of",
]

DIRECTIONS = ("LR", "TB", "RL", "BT")
_FEW = 4


@dataclass(frozen=True)
class Look:
    """How a machine is drawn, independent of the format."""

    direction: str | None = None
    """LR, TB, RL or BT; the default depends on the number of states."""
    group: bool = True
    """Whether there is a box around the states of a status."""
    focus: tuple[str, int] | None = None
    """A state, and the maximum distance in transitions of states that are drawn."""
    collapse: str | Sequence[str] = ()
    """The status, or the statuses, whose states are drawn as one."""
    stacked: bool = False
    """Whether all events between two states share one arrow, decisions included."""
    effects: bool = True
    """Whether arrows show their effects on indicators, or the details of the overlay."""
    overlay: Overlay = NO_OVERLAY
    """Marks on the drawing: traffic, coverage, differences or a trace."""
    wording: Wording = AS_DECLARED
    """The language of the drawing."""


@dataclass(frozen=True, slots=True)
class DrawnState:
    """A state in the picture. ``rank`` is its colour; ``notes`` and ``marks`` are under its title.

    ``status`` is the label of its status. ``caption`` is the id of the state if it differs from the
    title.
    """

    name: str
    title: str
    caption: str
    status: str | None
    final: bool
    rank: int | None
    notes: tuple[str, ...]
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Box:
    """The box of a status and its states. ``rank`` is the number of its colour."""

    status: str
    label: str
    nodes: tuple[DrawnState, ...]
    rank: int


@dataclass(frozen=True, slots=True)
class Arrow:
    """An arrow from a state, or from the box of a status, to a state.

    ``source`` is always a state. With a ``status``, the arrow stands for every state of that
    status, and ``source`` is the state of them that is nearest to the target. ``share`` is the
    weight as a share, from 0 to 1, of the largest weight of an arrow.
    """

    source: str
    target: str
    status: str | None
    labels: tuple[str, ...]
    effects: tuple[str, ...]
    is_decision: bool
    origins: tuple[str, ...]
    tone: Tone = Tone.PLAIN
    weight: int = 0
    share: float = 0.0
    cells: tuple[tuple[str, str], ...] = ()
    """The transitions that this arrow draws: state and event of each."""


@dataclass(frozen=True)
class Picture:
    """What is drawn, the same in every format."""

    name: str
    title: str
    direction: str
    initial: str | None
    """``None`` if the initial state is not in the picture."""
    loose: tuple[DrawnState, ...]
    """The states outside of boxes."""
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    legend: tuple[str, ...] = ()
    language: str | None = None
    """The language of its words, if a lexicon says it."""

    @property
    def nodes(self) -> tuple[DrawnState, ...]:
        """All states, those outside of boxes first."""
        return (*self.loose, *(node for box in self.boxes for node in box.nodes))


@dataclass(frozen=True, slots=True)
class _Label:
    """A label of an arrow, with the ends of the arrow, before labels of one arrow are stacked.

    It stands for all transitions that look the same. ``status`` is as in :class:`Arrow`.
    """

    source: str
    status: str | None
    target: str
    text: str
    is_decision: bool
    tone: Tone


def _focus_of(focus: object) -> tuple[str, int]:
    """Return the state and the radius of a focus; raises :class:`FsmError` for anything else."""
    match focus:
        case (str(state), int(radius)) if radius >= 0:
            return state, radius
    raise ArgumentError(f"focus: {focus!r} is no state with a distance of 0 or more: ('lead', 1)")


def picture_of(machine: Machine, look: Look = Look()) -> Picture:
    """Return the picture of a machine.

    Raises :class:`FsmError` for a direction, a state or a status that does not exist.
    """
    if not isinstance(look, Look):
        raise ArgumentError(f"look: {look!r} is no Look; write for example Look(direction='TB')")
    if look.direction not in (None, *DIRECTIONS):
        raise FsmError(no_such("direction", str(look.direction), DIRECTIONS))
    ranks = ranks_of(machine)
    is_flat = _is_flat(machine)
    view = View(machine, look.overlay, {}, {})
    if look.collapse:
        view = collapsed(view, as_several("collapse", look.collapse, str))
    if look.focus:
        view = focused(view, *_focus_of(look.focus))
    grouped = look.group and not is_flat
    shown = view.machine
    words = look.wording
    nodes = {s: _node(view, s, ranks, grouped or is_flat, words) for s in shown.states}
    boxed = {
        state: node
        for state, node in nodes.items()
        if grouped and state.status is not None and state.name not in view.folded
    }
    names, inside = ({state.name for state in states} for states in (nodes, boxed))
    return Picture(
        name=machine.name,
        title=words.title(machine),
        direction=look.direction or best_direction(shown),
        initial=shown.initial if shown.initial in names else None,
        loose=tuple(node for node in nodes.values() if node.name not in inside),
        boxes=_boxes(boxed, ranks, words),
        arrows=_arrows(view, grouped, look),
        legend=tuple(view.overlay.legend),
        language=words.language,
    )


def best_direction(machine: Machine) -> str:
    """Return the direction that suits a page: left to right for a machine with few states."""
    return "LR" if len(machine.states) <= _FEW else "TB"


def _is_flat(machine: Machine) -> bool:
    """Return whether every status is the title of its state, so that boxes are superfluous."""
    return all(state.status == state.title for state in machine.states)


# States --------------------------------------------------------------------------------------


def ranks_of(machine: Machine) -> dict[str, int]:
    """Return the rank of each status, which is the number of its colour.

    Statuses that an indicator counts come first, in the order of the indicators. Therefore a status
    has the same colour in two machines whose indicators count it in the same way.
    """
    ranked = sorted(machine.statuses, key=lambda status: _first_indicator(machine, status))
    return {status: rank for rank, status in enumerate(ranked)}


def _first_indicator(machine: Machine, status: str) -> int:
    counting = (i for i, indicator in enumerate(machine.indicators) if indicator.counts(status))
    return next(counting, len(machine.indicators))


def _node(
    view: View, state: State, ranks: Mapping[str, int], status_shown: bool, words: Wording
) -> DrawnState:
    title = words.state(state)
    status = None if state.status is None else words.status(state.status)
    folded, hidden = view.folded.get(state.name), view.hidden.get(state.name)
    caption = "" if state.name == title or folded else state.name
    notes = []
    if not status_shown and status is not None and not folded:
        notes.append(status)
    if folded:
        notes.append(quantity(folded, "state"))
    if hidden:
        notes.append(quantity(hidden, "more arrow"))
    rank = None if state.status is None else ranks[state.status]
    return DrawnState(
        name=state.name,
        title=title,
        caption=caption,
        status=status,
        final=state.final,
        rank=rank,
        notes=tuple(notes),
        marks=tuple(view.overlay.lines.get(state.name, ())),
    )


def _boxes(
    nodes: Mapping[State, DrawnState], ranks: Mapping[str, int], words: Wording
) -> tuple[Box, ...]:
    by_status: dict[str, list[DrawnState]] = {}
    for state, node in nodes.items():
        if state.status is not None:
            by_status.setdefault(state.status, []).append(node)
    return tuple(
        Box(status, words.status(status), tuple(drawn), ranks[status])
        for status, drawn in by_status.items()
    )


# Arrows --------------------------------------------------------------------------------------


def _arrows(view: View, grouped: bool, look: Look) -> tuple[Arrow, ...]:
    """Return the arrows, in the order of the table."""
    transitions_of: dict[_Label, list[Transition]] = {}
    for label, transition in _labels(view, grouped, look.wording):
        transitions_of.setdefault(label, []).append(transition)
    stacks: dict[tuple[object, ...], list[_Label]] = {}
    for label in transitions_of:
        # Two loops on one state would cross each other's labels, so a state has only one.
        together = look.stacked or label.source == label.target
        apart = None if together else (label.is_decision, label.tone)
        stacks.setdefault((label.source, label.status, label.target, apart), []).append(label)
    drawn = [_arrow(view, stack, transitions_of, look.wording) for stack in stacks.values()]
    if not look.effects:
        drawn = [replace(arrow, effects=()) for arrow in drawn]
    most = max((arrow.weight for arrow in drawn), default=0)
    return tuple(replace(a, share=a.weight / most) if most else a for a in drawn)


def _arrow(
    view: View,
    stack: list[_Label],
    transitions_of: dict[_Label, list[Transition]],
    words: Wording,
) -> Arrow:
    """Return the arrow of labels with the same ends."""
    first = stack[0]
    is_decision = all(label.is_decision for label in stack)
    marks = {label: merged_mark(map(view.overlay.mark, transitions_of[label])) for label in stack}
    details = merged_mark(marks.values()).details
    origins = (_origin(t) for label in stack for t in transitions_of[label])
    return Arrow(
        source=first.source,
        target=first.target,
        status=first.status,
        labels=tuple(
            _label_text(label, transitions_of[label][0], is_decision, marks[label])
            for label in stack
        ),
        effects=details
        if view.overlay
        else _effects(view.machine, transitions_of[first][0], words),
        is_decision=is_decision,
        origins=tuple(dict.fromkeys(filter(None, origins))),
        tone=merged_tone(label.tone for label in stack),
        weight=sum(mark.weight for mark in marks.values()),
        cells=tuple((t.source, t.event) for label in stack for t in transitions_of[label]),
    )


def _label_text(label: _Label, transition: Transition, dashed: bool, mark: Mark) -> str:
    """Return the event with its sign and note, and with its decision if the arrow is not dashed."""
    origin = transition.origin
    decided = f"({origin.label})" if label.is_decision and not dashed and origin else ""
    weight = f"{mark.weight:,}" if mark.weight else ""
    sign = "" if mark.tone is Tone.FADED else mark.tone.value
    return " ".join(filter(None, (sign, label.text, decided, weight, mark.note)))


def _origin(transition: Transition) -> str:
    origin = transition.origin
    return f"{transition.label} ({origin.citation}): {origin.reason}" if origin else ""


def _effects(machine: Machine, transition: Transition, words: Wording) -> tuple[str, ...]:
    effects = machine.effects(transition).items()
    return tuple(
        words.effect(name, effect) for name, effect in effects if effect is not Effect.NO_CHANGE
    )


def _labels(view: View, grouped: bool, words: Wording) -> Iterable[tuple[_Label, Transition]]:
    """Yield each transition with its label.

    Transitions that all states of a status have get one label, whose arrow leaves the box.
    """
    machine = view.machine
    decided = _decisions(machine)
    exits = {t: _exit(view, t, decided, words) for t in machine.transitions}
    common = _common_exits(view, exits) if grouped else {}
    order = {state.name: i for i, state in enumerate(machine.states)}
    for t in machine.transitions:
        status, target, text, is_decision, tone = exit_ = exits[t]
        if exit_ in common:
            source = min(common[exit_], key=lambda name: abs(order[name] - order[target]))
            yield _Label(source, status, target, text, is_decision, tone), t
        else:
            yield _Label(t.source, None, target, text, is_decision, tone), t


_Exit = tuple[str | None, str, str, bool, Tone]
"""How a transition leaves the status of its source.

The status, the target, the text of the label, whether a decision of ours created it, its tone.
Transitions with equal exits look the same when they are drawn from the box of the status.
"""


def _exit(
    view: View, t: Transition, decided: frozenset[tuple[str, str, str]], words: Wording
) -> _Exit:
    """Return the exit of a transition; ``decided`` is of :func:`_decisions`."""
    is_decision = (t.source, t.target, t.label) in decided
    tone = view.overlay.mark(t).tone
    text = words.event(view.machine.name, t)
    return view.machine.status(t.source), t.target, text, is_decision, tone


def _decisions(machine: Machine) -> frozenset[tuple[str, str, str]]:
    """Return the source, target and label of the transitions that a decision of ours created."""
    return frozenset(
        (t.source, t.target, t.label)
        for t in machine.transitions
        if t.origin and t.origin.is_decision
    )


def _common_exits(view: View, exits: Mapping[Transition, _Exit]) -> dict[_Exit, list[str]]:
    """Return the exits that all states of a status have, with these states in declared order.

    Only statuses with several states, and only transitions to another status.
    """
    machine = view.machine
    states: dict[_Exit, dict[str, None]] = {}
    for t, exit_ in exits.items():
        status = exit_[0]
        if status is not None and status != machine.status(t.target):
            states.setdefault(exit_, {})[t.source] = None
    size = Counter(state.status for state in machine.states)
    return {e: list(names) for e, names in states.items() if len(names) == size[e[0]] > 1}
