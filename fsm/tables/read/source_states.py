"""Read which states a row starts from: one, several, or any."""

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
"""What may stand behind the last comma of a list."""
_FINAL = re.compile(r"(?:the )?final(?: ones?| states?)?", re.IGNORECASE)
_LEAD = re.compile(r"(?:any of|all of|one of|either|both) ", re.IGNORECASE)
_STAR = re.compile(r"\A(?:\\\*|`\*`|\*)(?=\s|\Z)")
"""An asterisk that is no markup."""


@dataclass(frozen=True, slots=True)
class SourceStates:
    """The states that a cell names in the order of the machine, and what in it nobody knows."""

    states: tuple[str, ...]
    unknown: tuple[str, ...] = ()


def read_source_states(
    cell: Cell, named: Callable[[str], str | None], machine: Machine
) -> SourceStates:
    """Return the states a cell names; ``named`` tells what state a text stands for.

    ``a / b``, ``a, b`` and ``a or b`` are several states, as are the lines of the cell. ``any``,
    and ``any but final``, is every state but the final ones, ``any except a`` leaves out further
    ones.
    """
    found: set[str] = set()
    unknown: list[str] = []
    for part in [cell] if named(cell.text) else [*cell.parts()] or [cell]:
        one = _of(part.text, named, machine)
        found |= set(one.states)
        unknown += one.unknown
    return SourceStates(_ordered(found, machine), tuple(unknown))


def _of(text: str, named: Callable[[str], str | None], machine: Machine) -> SourceStates:
    if state := named(text):
        return SourceStates((state,))
    shown = plain(_STAR.sub("any", text.strip()))
    every = _ANY.fullmatch(shown)
    if every is None:
        return _listed(shown, named)
    but = every["left"]
    is_all = not but or (_FINAL.fullmatch(but) and not named(but))
    left = SourceStates(()) if is_all else _listed(but, named)
    states = {state.name for state in machine.states if not state.final} - set(left.states)
    return SourceStates(_ordered(states, machine), left.unknown)


def _listed(text: str, named: Callable[[str], str | None]) -> SourceStates:
    """Return the states of a list; a name may hold what separates others."""
    if state := named(text):
        return SourceStates((state,))
    parts = [part for part in _BETWEEN.split(_LEAD.sub("", text, count=1)) if part]
    if len(parts) < 2:
        return SourceStates((), (text,))
    meanings = [(part, named(part) or named(_LAST.sub("", part))) for part in parts]
    return SourceStates(
        tuple(state for _, state in meanings if state),
        tuple(part for part, state in meanings if not state),
    )


def _ordered(states: set[str], machine: Machine) -> tuple[str, ...]:
    return tuple(state.name for state in machine.states if state.name in states)
