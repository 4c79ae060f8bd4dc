"""Read the states that a row starts from: one, several, or any."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from fsm.machine import Machine
from fsm.tables.read.cell_text import plain
from fsm.tables.read.table import Cell

__all__ = ["SourceStates", "read_source_states"]

_ANY = re.compile(
    r"(?:any|all|every|each)(?: non-final)?(?: states?)?"
    r"(?:,? \(?(?:except|but|not|other than|excluding)(?: for| from)? (?P<left>[^()]+)\)?)?",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"\s*[,;/|&]\s*|\s+(?:or|and)\s+", re.IGNORECASE)
_LAST = re.compile(r"\A(?:or|and) ", re.IGNORECASE)
"""A conjunction after the last comma of a list."""
_FINAL = re.compile(r"(?:the )?final(?: ones?| states?)?", re.IGNORECASE)
_LEAD = re.compile(r"(?:any of|all of|one of|either|both) ", re.IGNORECASE)
_STAR = re.compile(r"\A(?:\\\*|`\*`|\*)(?=\s|\Z)")
"""An asterisk that is not markup: it stands for any state."""


@dataclass(frozen=True, slots=True)
class SourceStates:
    """The states that a cell names, in the order of the machine, and its unknown names."""

    states: tuple[str, ...]
    unknown: tuple[str, ...] = ()


def read_source_states(
    cell: Cell, state_of: Callable[[str], str | None], machine: Machine
) -> SourceStates:
    """Return the states that a cell names; ``state_of`` returns the state of a name.

    ``a / b``, ``a, b`` and ``a or b`` are several states, and so are the lines of the cell.
    ``any`` and ``any but final`` are all states but the final ones; ``any except a`` leaves out
    further ones.
    """
    states: set[str] = set()
    unknown: list[str] = []
    lines = [cell] if state_of(cell.text) else [*cell.parts()] or [cell]
    for line in lines:
        sources = _of_line(line.text, state_of, machine)
        states |= set(sources.states)
        unknown += sources.unknown
    return SourceStates(_ordered(states, machine), tuple(unknown))


def _of_line(text: str, state_of: Callable[[str], str | None], machine: Machine) -> SourceStates:
    if state := state_of(text):
        return SourceStates((state,))
    visible = plain(_STAR.sub("any", text.strip()))
    quantifier = _ANY.fullmatch(visible)
    if quantifier is None:
        return _of_list(visible, state_of)
    exception = quantifier["left"]
    has_none = not exception or (_FINAL.fullmatch(exception) and not state_of(exception))
    excluded = SourceStates(()) if has_none else _of_list(exception, state_of)
    states = {state.name for state in machine.states if not state.final} - set(excluded.states)
    return SourceStates(_ordered(states, machine), excluded.unknown)


def _of_list(text: str, state_of: Callable[[str], str | None]) -> SourceStates:
    """Return the states of a list; the name of a single state may contain a separator."""
    if state := state_of(text):
        return SourceStates((state,))
    parts = [part for part in _BETWEEN.split(_LEAD.sub("", text, count=1)) if part]
    if len(parts) < 2:
        return SourceStates((), (text,))
    states = [(part, state_of(part) or state_of(_LAST.sub("", part))) for part in parts]
    return SourceStates(
        tuple(state for _, state in states if state),
        tuple(part for part, state in states if not state),
    )


def _ordered(states: set[str], machine: Machine) -> tuple[str, ...]:
    return tuple(state.name for state in machine.states if state.name in states)
