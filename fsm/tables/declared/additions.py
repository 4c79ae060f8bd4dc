"""What a TOML file adds to the machine of a table: transitions, final states, a deadline.

Each transition that is added has its own source and reason, since no row documents it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from fsm.errors import MachineError, PageError
from fsm.machine import Deadline, Machine, Origin, Transition, symbol
from fsm.suggest import no_such
from fsm.tables.read.cell_text import normalise
from fsm.tables.words.binding import AddedTransition, Binding

__all__ = ["documented_part", "with_additions"]


def with_additions(machine: Machine, binding: Binding) -> Machine:
    """Return a machine with what a file adds to it.

    A state that was final because the table has no row from it is not final any more when a
    transition from it is added; ``final`` of the file decides otherwise. Raises
    :class:`PageError` with the line of the file for a state that the table does not have.
    """
    states = {normalise(state.name): state.name for state in machine.states}
    added = [_transition(each, states, binding) for each in binding.transitions]
    left = {t.source for t in added}
    final = {state.name for state in machine.states if state.final} - left
    if binding.final is not None:
        final = {_state(name, states, binding.place("", name)) for name in binding.final}
    transitions = (*machine.transitions, *added)
    guards = {event: set(names) for event, names in machine.guards.items()}
    for each in binding.transitions:
        if each.guard:
            guards.setdefault(each.event, set()).add(each.guard.removeprefix("not "))
    deadline = machine.deadline
    if binding.deadline:
        start, event, name = binding.deadline
        place = binding.place("deadline", name)
        deadline = Deadline(start, event, _state(name, states, place))
    for status in binding.colours:
        if status not in machine.statuses:
            hint = no_such("status", status, machine.statuses)
            raise PageError(f"{binding.place('colours', status)}: {hint}")
    try:
        return replace(
            machine,
            states=tuple(replace(s, final=s.name in final) for s in machine.states),
            events=tuple(dict.fromkeys((*machine.events, *(t.event for t in added)))),
            transitions=transitions,
            deadline=deadline,
            colours={**machine.colours, **binding.colours},
            guards={event: tuple(sorted(names)) for event, names in guards.items()},
        )
    except MachineError as error:
        raise PageError(f"{binding.name}: {error}") from error


def _transition(each: AddedTransition, states: dict[str, str], binding: Binding) -> Transition:
    place = f"{binding.name}:{each.line}"
    source, target = (_state(name, states, place) for name in (each.start, each.target))
    name = each.guard.removeprefix("not ")
    event = symbol(each.event, {name: name == each.guard} if name else {})
    origin = Origin(each.label, each.reason, binding.name, each.line)
    return Transition(source, event, target, each.event, each.guard, origin)


def _state(name: str, states: dict[str, str], place: str) -> str:
    known = states.get(normalise(name))
    if known is None:
        raise PageError(f"{place}: {no_such('state', name, states.values())}")
    return known


def documented_part(machine: Machine) -> Machine:
    """Return the part of a machine that rows of its table document.

    Those are the transitions whose origin is a row, and the states that they reach from the
    initial one. A state without such a transition is final; a deadline is documented by no row.
    """
    kept = [t for t in machine.transitions if t.origin and t.origin.row is not None]
    reached = _reached(machine.initial, kept)
    transitions = [t for t in kept if t.source in reached]
    left = {t.source for t in transitions}
    states = (replace(s, final=s.name not in left) for s in machine.states if s.name in reached)
    shown = {machine.status(name) for name in reached}
    events = {t.event for t in transitions}
    return replace(
        machine,
        states=tuple(states),
        events=tuple(event for event in machine.events if event in events),
        transitions=tuple(transitions),
        indicators=tuple(
            replace(i, statuses=i.statuses & {status for status in shown if status})
            for i in machine.indicators
        ),
        colours={s: colour for s, colour in machine.colours.items() if s in shown},
        deadline=None,
        timers=(),
        guards={e: g for e, g in machine.guards.items() if e in {t.trigger for t in transitions}},
        unreachable=(),
        ignored=(),
        assumed=(),
    )


def _reached(initial: str, transitions: Iterable[Transition]) -> set[str]:
    reached = {initial}
    size = 0
    while size != (size := len(reached)):
        reached |= {t.target for t in transitions if t.source in reached}
    return reached
