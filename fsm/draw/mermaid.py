"""A machine as a Mermaid state diagram, as GitHub and many wikis draw it in Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fsm.draw.picture import Arrow, Box, arrows, boxes, check_direction, loose_states
from fsm.machine import Machine, State
from fsm.text import identifiers, wrapped

__all__ = ["to_mermaid"]

# What no rule of Mermaid, Markdown or HTML gives a meaning; the rest becomes an entity.
_SPECIAL = re.compile(
    r"[^\w ,()+=/%\[\]↑↓…]|%(?=[%{])|(?<=%)%|\[(?=\[)|(?<=\[)\[|(?<![^\W_])_|_(?![^\W_])"
)
_DIRECTION = re.compile(r"(?<=direction) ", re.IGNORECASE)
_WORDS = (
    "as", "choice", "class", "classdef", "click", "default", "direction", "end", "fork", "hide",
    "href", "join", "note", "root", "scale", "state", "statediagram", "style",
    "constructor", "prototype",
)  # fmt: skip


def to_mermaid(machine: Machine, *, direction: str = "LR") -> str:
    """Return the diagram of a machine as a Mermaid ``stateDiagram-v2``.

    Statuses are composite states; an arrow that leaves one is taken by each of its states.
    Mermaid draws every arrow alike, so our own decisions are not marked. Of a name longer than
    1,000 characters the beginning is shown.

    Raises :class:`fsm.errors.FsmError` for a direction other than LR, TB, RL and BT.
    """
    check_direction(direction)
    return "\n".join(_Diagram(machine).lines(direction)) + "\n"


class _Diagram:
    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        statuses = {f"status {status}": status for status in machine.statuses}
        names = [state.name for state in machine.states]
        self.ids = identifiers(names, reserved=_WORDS)
        taken = (*_WORDS, *self.ids.values())
        composites = identifiers(statuses, reserved=taken)
        self.composites = {statuses[name]: composite for name, composite in composites.items()}

    def lines(self, direction: str) -> Iterator[str]:
        machine = self.machine
        yield "stateDiagram-v2"
        yield f"    direction {direction}"
        loose = loose_states(machine)
        for state in loose:
            yield f"    {self._state(state)}"
        for box in boxes(machine):
            if box.states[0] not in loose:
                yield from self._box(box)
        yield f"    [*] --> {self.ids[machine.initial]}"
        for arrow in arrows(machine):
            yield f"    {self._arrow(arrow)}"
        for state in machine.states:
            if state.final:
                yield f"    {self.ids[state.name]} --> [*]"

    def _box(self, box: Box) -> Iterator[str]:
        # The bar of a composite state has room for one line.
        yield f'    state "{_escaped(box.status, width=1000)}" as {self.composites[box.status]} {{'
        for state in box.states:
            yield f"        {self._state(state)}"
        yield "    }"

    def _state(self, state: State) -> str:
        return f'state "{_escaped(state.title or state.name)}" as {self.ids[state.name]}'

    def _arrow(self, arrow: Arrow) -> str:
        composite = self.composites.get(arrow.status) if arrow.status is not None else None
        text = "<br/>".join(map(_escaped, arrow.labels + arrow.effects))
        return f"{composite or self.ids[arrow.source]} --> {self.ids[arrow.target]} : {text}"


def _escaped(text: str, width: int = 40) -> str:
    """Return the text with all that Mermaid would read as syntax written as entities.

    >>> _escaped('a "quoted" --> 100 %')
    'a #34;quoted#34; #45;#45;#62; 100 %'
    """
    return "<br/>".join(map(_escaped_line, wrapped(text, width)))


def _escaped_line(line: str) -> str:
    entities = _SPECIAL.sub(lambda match: f"#{ord(match[0])};", line)
    # A line with "direction LR" anywhere in it turns the diagram.
    return _DIRECTION.sub("#32;", entities) or "#32;"
