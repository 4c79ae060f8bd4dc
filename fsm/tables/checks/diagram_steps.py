"""How the arrows of a state diagram differ from the transitions of a machine.

Names are compared as in tables: letter case, blanks and underscores do not count, and labels of a
binding do. An arrow without a label stands for any event, a label without a guard for any guard.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from fsm.formats.diagrams.labels import EventLabel, event_lines, plain_label, read_label
from fsm.formats.diagrams.state_diagram import StateDiagram
from fsm.machine import Transition
from fsm.tables.read.cell_text import normalise_name
from fsm.tables.words.machine_names import MachineNames

__all__ = ["DiagramComparison", "Discrepancy"]

_OTHERWISE = frozenset({"else", "otherwise"})


class Discrepancy(NamedTuple):
    """A difference: the code, the message, the line in the diagram, the transition of the machine.

    The line is ``None`` for what the diagram lacks, the transition for what the table lacks. In the
    message, ``{where}`` is the place in the other one.
    """

    code: str
    text: str
    line: int | None
    transition: Transition | None


@dataclass(frozen=True)
class _Arrow:
    """An arrow with one event; names that the machine does not have are as drawn."""

    source: str
    event: str | None
    guard: str
    target: str
    line: int


class DiagramComparison:
    """A diagram beside the machine that a table documents."""

    def __init__(self, diagram: StateDiagram, names: MachineNames) -> None:
        self.diagram, self.names = diagram, names
        machine = names.machine
        self.triggers = {
            normalise_name(form): t.trigger
            for t in machine.transitions
            for form in (t.trigger, t.trigger.replace("_", " "))
        }
        # One of the transitions that differ in the valuation of the guards only.
        stated = {(t.source, t.label, t.target): t for t in reversed(machine.transitions)}
        self.stated = list(reversed(stated.values()))
        self.states = {id_: self._state(id_) for id_ in diagram.nodes}

    def _state(self, id_: str) -> str:
        """Return the state that a node stands for; its title where the machine has none."""
        title = self.diagram.nodes[id_].title
        for text in (title, id_):
            form = normalise_name(text.replace("_", " "))
            if name := self.names.state(text) or self.names.states.get(form):
                return name
        return title

    def differences(self) -> Iterator[Discrepancy]:
        """Yield the differences: those of arrows, then those of marks."""
        arrows = list(dict.fromkeys(self._arrows()))
        extra = [a for a in arrows if not any(self._agrees(a, t) for t in self.stated)]
        missing = [t for t in self.stated if not any(self._agrees(a, t) for a in arrows)]
        yield from self._paired(extra, missing)
        for arrow in extra:
            yield Discrepancy("diagram-extra", self._extra_text(arrow), arrow.line, None)
        for t in missing:
            text = f"the diagram ({{where}}) has no {t.label!r} from {t.source!r} to {t.target!r}"
            yield Discrepancy("diagram-missing", _literal(text), None, t)
        yield from self._initial()
        yield from self._final()

    # Arrows ----------------------------------------------------------------------------------

    def _arrows(self) -> Iterator[_Arrow]:
        for edge in self.diagram.without_boxes():
            ends = self.states[edge.source], self.states[edge.target]
            labels = [
                label
                for line in event_lines(plain_label(edge.label))
                for label in self._known(line)
            ]
            for event, guard in labels or [EventLabel("", "")]:
                trigger = self._trigger(event) or event if event else None
                yield _Arrow(ends[0], trigger, guard, ends[1], edge.line)

    def _known(self, line: str) -> list[EventLabel]:
        """Return the events of a line of a label; a name of the machine may look like several."""
        if self._trigger(line):
            return [EventLabel(line, "")]
        parts = [part.strip() for part in line.split("/")]
        if len(parts) > 1 and all(map(self._trigger, parts)):
            return [EventLabel(part, "") for part in parts]
        return read_label(line)

    def _trigger(self, text: str) -> str | None:
        form = normalise_name(text.replace("_", " "))
        return self.names.binding.meaning(text, self.triggers) or self.triggers.get(form)

    def _agrees(self, arrow: _Arrow, t: Transition) -> bool:
        if (arrow.source, arrow.target) != (t.source, t.target):
            return False
        return arrow.event is None or (
            arrow.event == t.trigger and self._guards_agree(arrow.guard, t.guard)
        )

    def _guards_agree(self, drawn: str, stated: str) -> bool:
        if not drawn or not stated or _OTHERWISE & {drawn.casefold(), stated.casefold()}:
            return True
        forms = [normalise_name(text.replace("_", " ")) for text in (drawn, stated)]
        return forms[0] == forms[1] or self.names.binding.labels.get(forms[0]) == stated

    def _paired(self, extra: list[_Arrow], missing: list[Transition]) -> Iterator[Discrepancy]:
        """Yield an arrow and a transition that differ in one thing; take both out of the lists."""
        for code, key in (("diagram-target", _without_target), ("diagram-event", _without_event)):
            for arrow in list(extra):
                t = next((t for t in missing if key(t) == key(arrow)), None)
                if t is None or (code == "diagram-target" and arrow.event is None):
                    continue
                extra.remove(arrow)
                missing.remove(t)
                shown = _shown(arrow)
                text = (
                    f"{shown} leads from {t.source!r} to {arrow.target!r}, the table ({{where}}) "
                    f"says {t.target!r}"
                    if code == "diagram-target"
                    else f"{shown} from {t.source!r} to {t.target!r}, the table ({{where}}) says "
                    f"{t.label!r}"
                )
                yield Discrepancy(code, _literal(text), arrow.line, t)

    def _extra_text(self, arrow: _Arrow) -> str:
        known = set(self.names.states.values())
        unknown = [name for name in (arrow.source, arrow.target) if name not in known]
        shown = _shown(arrow)
        text = f"the table ({{where}}) has no {shown} from {arrow.source!r} to {arrow.target!r}"
        if unknown:
            hint = self.names.hint(unknown[0], self.names.states)
            text += f", and no state {unknown[0]!r}{hint}"
        return _literal(text)

    # Marks -----------------------------------------------------------------------------------

    def _initial(self) -> Iterator[Discrepancy]:
        initial = self.names.machine.initial
        for id_, line in self.diagram.initial.items():
            state = self.states.get(id_, id_)
            if state != initial:
                text = f"{state!r} is marked as initial, in the table ({{where}}) {initial!r} is"
                yield Discrepancy("diagram-initial", _literal(text), line, None)

    def _final(self) -> Iterator[Discrepancy]:
        """Yield different marks of final states, where the diagram has any."""
        machine = self.names.machine
        stated = {state.name for state in machine.states if state.final}
        drawn = {self.states.get(id_, id_): line for id_, line in self.diagram.final.items()}
        for state, line in drawn.items():
            if state not in stated:
                text = f"{state!r} is marked as final, in the table ({{where}}) it is not"
                yield Discrepancy("diagram-final", _literal(text), line, None)
        for id_, state in self.states.items() if drawn else ():
            if state in stated and state not in drawn:
                text = f"{state!r} is not marked as final, in the table ({{where}}) it is"
                line = self.diagram.nodes[id_].line
                yield Discrepancy("diagram-final", _literal(text), line, None)


def _without_target(step: _Arrow | Transition) -> tuple[str, str | None]:
    return step.source, step.trigger if isinstance(step, Transition) else step.event


def _without_event(step: _Arrow | Transition) -> tuple[str, str]:
    return step.source, step.target


def _shown(arrow: _Arrow) -> str:
    if arrow.event is None:
        return "arrow"
    return repr(f"{arrow.event} [{arrow.guard}]" if arrow.guard else arrow.event)


def _literal(text: str) -> str:
    """Return a message in which only ``{where}`` is a field."""
    return text.replace("{", "{{").replace("}", "}}").replace("{{where}}", "{where}")
