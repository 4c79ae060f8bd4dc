"""The picture of a table: a state for each configuration, and a box for each status.

A machine has one transition per cell; a diagram needs fewer lines. Transitions that look the same
are one arrow, events from one state to the same target share an arrow, and a transition that every
state of a status has is drawn once, from the box of the status (Harel, Statecharts: a visual
formalism, 1987).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from fsm.drawing.arrows import Ends, Label, arrows_of
from fsm.drawing.kinds import StatusColour, status_colours
from fsm.drawing.legend import counted_kinds
from fsm.drawing.model import Box, DrawnState, Look, Picture, direction_for
from fsm.drawing.overlay import Tone
from fsm.drawing.view import View, collapsed, focused
from fsm.drawing.wording import Wording, timer_text
from fsm.machine import Machine, State, Transition
from fsm.text import quantity

__all__ = ["decisions", "table_picture"]


def table_picture(machine: Machine, view: View, look: Look) -> Picture:
    """Return the picture of the table of a machine, or of the part of it in ``view``.

    Raises :class:`FsmError` for a status to collapse, or a state in the focus, that does not exist.
    """
    colours, words = status_colours(machine), look.wording
    is_flat = _is_flat(machine)
    view = collapsed(view, look.collapse)
    if look.focus:
        view = focused(view, look.focus)
    grouped = look.group and not is_flat
    shown = view.machine
    nodes = {s: _node(view, s, colours, grouped or is_flat, words) for s in shown.states}
    boxed = {
        state: node
        for state, node in nodes.items()
        if grouped and state.status is not None and state.name not in view.folded
    }
    names, inside = ({state.name for state in states} for states in (nodes, boxed))
    return Picture(
        name=machine.name,
        title=words.title(machine),
        direction=look.direction or direction_for(len(shown.states)),
        initial=shown.initial if shown.initial in names else None,
        loose=tuple(node for node in nodes.values() if node.name not in inside),
        boxes=_boxes(boxed, colours, words),
        arrows=arrows_of(_labels(view, grouped, words), shown, view.overlay, look),
        legend=tuple(view.overlay.legend),
        language=words.language,
        explained=look.legend,
        counted=counted_kinds(colours, words),
    )


def _is_flat(machine: Machine) -> bool:
    """Return whether every status is the title of its state, so that boxes are superfluous."""
    return all(state.status == state.title for state in machine.states)


def _node(
    view: View,
    state: State,
    colours: Mapping[str | None, StatusColour],
    status_shown: bool,
    words: Wording,
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
    return DrawnState(
        name=state.name,
        title=title,
        caption=caption,
        status=status,
        final=state.final,
        colour=colours[state.status].colour if state.status in colours else None,
        notes=tuple(notes),
        marks=tuple(view.overlay.lines.get(state.name, ())),
        covers=(state.name,),
    )


def _boxes(
    nodes: Mapping[State, DrawnState],
    colours: Mapping[str | None, StatusColour],
    words: Wording,
) -> tuple[Box, ...]:
    by_status: dict[str, list[DrawnState]] = {}
    for state, node in nodes.items():
        if state.status is not None:
            by_status.setdefault(state.status, []).append(node)
    return tuple(
        Box(
            status,
            words.status(status),
            tuple(drawn),
            colours[status].colour,
            covers=tuple(node.name for node in drawn),
        )
        for status, drawn in by_status.items()
    )


# Labels of arrows ----------------------------------------------------------------------------


def _labels(view: View, grouped: bool, words: Wording) -> Iterable[tuple[Label, tuple[Transition]]]:
    """Yield each transition with its label.

    Transitions that all states of a status have get one label, whose arrow leaves the box.
    """
    machine = view.machine
    decided = decisions(machine)
    exits = {t: _exit(view, t, decided, words) for t in machine.transitions}
    common = _common_exits(view, exits) if grouped else {}
    order = {state.name: i for i, state in enumerate(machine.states)}
    for t in _in_order(machine.transitions):
        status, target, text, is_decision, tone = exit_ = exits[t]
        if exit_ in common:
            source = min(common[exit_], key=lambda name: abs(order[name] - order[target]))
            yield Label(Ends(source, target, status), text, is_decision, tone), (t,)
        else:
            yield Label(Ends(t.source, target), text, is_decision, tone), (t,)


def _in_order(transitions: Sequence[Transition]) -> Iterator[Transition]:
    """Yield transitions; the ways of an event of a state in the order in which they count.

    That is the one in which they are declared, where none is taken without the event.
    """
    ways: dict[tuple[str, str], list[Transition]] = {}
    for t in transitions:
        ways.setdefault((t.source, t.trigger), []).append(t)
    for row in ways.values():
        if not any(t.followed for t in row):
            row.sort(key=lambda t: (t.edges, t.origin.line if t.origin else 0))
    ordered = {way: iter(row) for way, row in ways.items()}
    for t in transitions:
        yield next(ordered[t.source, t.trigger])


_Exit = tuple[str | None, str, str, bool, Tone]
"""How a transition leaves the status of its source.

The status, the target, the text of the label, whether a decision of ours created it, its tone.
Transitions with equal exits look the same when they are drawn from the box of the status.
"""


def _exit(
    view: View, t: Transition, decided: frozenset[tuple[str, str, str]], words: Wording
) -> _Exit:
    """Return the exit of a transition; ``decided`` is of :func:`decisions`."""
    is_decision = (t.source, t.target, t.label) in decided
    tone = view.overlay.mark(t).tone
    text = timer_text(view.machine, t, words.event(view.machine.name, t))
    return view.machine.status(t.source), t.target, text, is_decision, tone


def decisions(machine: Machine) -> frozenset[tuple[str, str, str]]:
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
