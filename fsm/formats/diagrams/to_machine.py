"""The machine that a state diagram shows.

A state is named by its id and shows the box around it as its status, else its own title. Without
an arrow that marks the initial state, it is the first one, if no arrow leads there or if arrows
lead to every state, or the only state that no arrow leads to; states without arrows do not count.
A diagram that marks neither initial nor final states has final ones where no arrow leads on. An
arrow without an event has the event ``to X``. Of two guards that both hold, the arrow that is
written first counts. Actions are skipped: a machine has no output but its status.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from fsm.errors import MachineError
from fsm.formats.assembly import MAX_PARTS, refuse
from fsm.formats.diagrams.conditions import drawn_guard
from fsm.formats.diagrams.labels import EventLabel, actions, read_label
from fsm.formats.diagrams.state_diagram import CLOCK, StateDiagram
from fsm.guard import MAX_GUARDS, symbol, valuations
from fsm.machine import Machine, Origin, State, Transition
from fsm.text import quantity

__all__ = ["DrawnStep", "drawn_steps", "machine_of"]

_DELAY = re.compile(r"(?:timeout\s+)?after\s*\(?\s*\d", re.IGNORECASE)


class DrawnStep(NamedTuple):
    """One event of an arrow: the guard is empty where it has none."""

    source: str
    event: str
    guard: str
    target: str
    line: int


def drawn_steps(diagram: StateDiagram) -> list[DrawnStep]:
    """Return the steps that the arrows of a diagram show, in their order.

    Raises :class:`MachineError` for an arrow to a box.
    """
    steps = []
    for edge in diagram.without_boxes():
        for event, guard in read_label(edge.label) or [EventLabel("", "")]:
            name = event or f"to {diagram.nodes[edge.target].title}"
            steps.append(DrawnStep(edge.source, name, guard, edge.target, edge.line))
            if len(steps) > MAX_PARTS:
                refuse(diagram.name, edge.line, f"more than {MAX_PARTS} events on arrows")
    return steps


def machine_of(diagram: StateDiagram) -> Machine:
    """Return the machine that a diagram shows; raises :class:`MachineError` with file and line."""
    if not diagram.nodes:
        raise MachineError(f"{diagram.name}: no state is drawn: there is no machine in it")
    if diagram.nesting is None:
        machine = _flat_machine(diagram)
    else:
        from fsm.formats.diagrams.to_chart import nested_machine

        machine = nested_machine(diagram)
    if late := tuple(_without_timer(machine)):
        machine = replace(machine, assumed=(*machine.assumed, *late))
    skipped = diagram.skipped + Counter(action=sum(len(actions(e.label)) for e in diagram.edges))
    unread = ", ".join(quantity(count, what) for what, count in sorted(skipped.items()))
    if not unread:
        return machine
    return replace(machine, ignored=(*machine.ignored, f"not read: {unread}"))


def _without_timer(machine: Machine) -> Iterator[str]:
    """Yield what is said of events that seem to be a delay, and are no timers."""
    timers = {timer.event for timer in machine.timers}
    for event in dict.fromkeys(t.trigger for t in machine.transitions if t.trigger):
        if _DELAY.match(event) and event not in timers:
            yield f"{event!r} is an event like any other; a timer is written {CLOCK} after 5s"


def _flat_machine(diagram: StateDiagram) -> Machine:
    steps = drawn_steps(diagram)
    initial = _initial(diagram, steps)
    has_marks = bool(diagram.initial or diagram.final)
    final = frozenset(diagram.final) if has_marks else _ends(diagram, steps)
    states = tuple(
        State(id_, _status(diagram, id_), node.title, (id_,), id_ in final)
        for id_, node in diagram.nodes.items()
    )
    rows: dict[str, dict[str, list[DrawnStep]]] = {}
    for step in steps:
        rows.setdefault(step.event, {}).setdefault(step.source, []).append(step)
    events: list[str] = []
    guards: dict[str, tuple[str, ...]] = {}
    transitions: list[Transition] = []
    for event, by_source in rows.items():
        table = _EventTable(diagram.name, event, by_source)
        guards[event] = table.names
        events += table.symbols
        transitions += table.transitions()
        if len(transitions) > MAX_PARTS:
            line = next(iter(by_source.values()))[0].line
            refuse(diagram.name, line, f"more than {MAX_PARTS} transitions")
    stem = Path(diagram.name).stem
    return Machine(
        stem,
        stem,
        states,
        tuple(events),
        tuple(transitions),
        initial,
        guards=guards,
        assumed=tuple(diagram.assumed),
    )


def _status(diagram: StateDiagram, id_: str) -> str | None:
    """Return the status of a state; what ``fsm draw`` draws outside of its boxes shows none."""
    node = diagram.nodes[id_]
    if node.box:
        return diagram.boxes[node.box].title
    return None if diagram.is_own else node.title


def _initial(diagram: StateDiagram, steps: list[DrawnStep]) -> str:
    marked = list(diagram.initial.items())
    if len(marked) > 1:
        (first, line), (second, other) = marked[:2]
        refuse(diagram.name, other, f"{second!r} is initial, and so is {first!r} (line {line})")
    if marked:
        return marked[0][0]
    entered = {step.target for step in steps if step.target != step.source}
    linked = entered | {step.source for step in steps}
    states = [id_ for id_ in diagram.nodes if id_ in linked] or list(diagram.nodes)
    sources = [id_ for id_ in states if id_ not in entered]
    if len(sources) > 1:
        names = ", ".join(map(repr, sources[:4]))
        line = diagram.nodes[sources[1]].line
        what = f"which state is initial, {names}? mark it with {diagram.start_mark}"
        refuse(diagram.name, line, what)
    initial = sources[0] if sources else states[0]
    why = "no arrow leads there" if sources else "it is drawn first"
    if len(states) < len(diagram.nodes):
        diagram.assumed.append(f"{initial!r} is initial: {why}; states without arrows do not count")
    elif initial != next(iter(diagram.nodes)):
        diagram.assumed.append(f"{initial!r} is initial: {why}")
    return initial


def _ends(diagram: StateDiagram, steps: list[DrawnStep]) -> frozenset[str]:
    """Return the states that no arrow leaves."""
    left = {step.source for step in steps if step.target != step.source}
    return frozenset(diagram.nodes) - left if left else frozenset()


class _EventTable:
    """The arrows of one event, by the state that they leave."""

    def __init__(self, file: str, event: str, steps: Mapping[str, list[DrawnStep]]) -> None:
        self.file, self.event, self.steps = file, event, steps
        drawn = [step for of_state in steps.values() for step in of_state]
        self.guards = {step: drawn_guard(step.guard) for step in drawn}
        names = {name for guard in self.guards.values() if guard for name in guard.names}
        if len(names) > MAX_GUARDS:
            line = next(iter(steps.values()))[0].line
            what = f"event {event!r} depends on {len(names)} guards, at most {MAX_GUARDS} are read"
            refuse(file, line, what)
        self.names = tuple(sorted(names))
        self.valuations = list(valuations(names, ""))
        self.symbols = [symbol(event, valuation) for valuation in self.valuations]

    def transitions(self) -> list[Transition]:
        """Return the transitions of the event in each state, under each valuation."""
        return [t for steps in self.steps.values() for t in self._of_state(steps)]

    def _of_state(self, steps: list[DrawnStep]) -> list[Transition]:
        ordered = sorted(steps, key=lambda step: self.guards[step] is None)
        self._refuse_two_targets(ordered)
        transitions = []
        for valuation, name in zip(self.valuations, self.symbols, strict=True):
            step = next((step for step in ordered if self._holds(step, valuation)), None)
            if step:
                guard = self.guards[step]
                text = guard.text if guard else step.guard
                origin = Origin(f"line {step.line}", "as drawn", self.file, step.line)
                transitions.append(
                    Transition(step.source, name, step.target, self.event, text, origin)
                )
        return transitions

    def _holds(self, step: DrawnStep, valuation: Mapping[str, bool]) -> bool:
        guard = self.guards[step]
        return guard is None or guard.test(valuation, frozenset())

    def _refuse_two_targets(self, steps: list[DrawnStep]) -> None:
        """Refuse an arrow that never counts, because one before it has the same condition."""
        first: dict[str, DrawnStep] = {}
        for step in steps:
            guard = self.guards[step]
            text = guard.text if guard else "else"
            before = first.get("") or first.setdefault(text, step)
            if before.target != step.target:
                label = f"{self.event} [{step.guard}]" if step.guard else self.event
                refuse(
                    self.file,
                    step.line,
                    f"{label!r} leads from {step.source!r} to {step.target!r}, on line "
                    f"{before.line} to {before.target!r}; tell them apart by guards: [condition]",
                )
