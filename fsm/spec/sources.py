"""Read which states a row starts from: one, several, or any."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from fsm.machine import Machine
from fsm.spec.table import Cell
from fsm.spec.text import plain

__all__ = ["Sources", "source_states"]

_ANY = re.compile(
    r"(?:any|all|every|each)(?: non-final)?(?: states?)?"
    r"(?:,? \(?(?:except|but|not|other than|excluding)(?: for| from)? (?P<left>[^()]+)\)?)?",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"\s*[,;/|&]\s*|\s+(?:or|and)\s+", re.IGNORECASE)
_LEAD = re.compile(r"(?:any of|all of|one of|either|both) ", re.IGNORECASE)
_STAR = re.compile(r"\A(?:\\\*|`\*`|\*)(?=\s|\Z)")
"""An asterisk that is no markup."""


@dataclass(frozen=True, slots=True)
class Sources:
    """The states that a cell names in the order of the machine, and what in it nobody knows."""

    states: tuple[str, ...]
    unknown: tuple[str, ...] = ()


def source_states(cell: Cell, named: Callable[[str], str | None], machine: Machine) -> Sources:
    """Return the states a cell names; ``named`` tells what state a text stands for.

    ``a / b``, ``a, b`` and ``a or b`` are several states, as are the lines of the cell. ``any``
    is every state but the final ones, ``any except a`` leaves out further ones.
    """
    found: set[str] = set()
    unknown: list[str] = []
    for part in [cell] if named(cell.text) else [*cell.parts()] or [cell]:
        one = _of(part.text, named, machine)
        found |= set(one.states)
        unknown += one.unknown
    return Sources(_ordered(found, machine), tuple(unknown))


def _of(text: str, named: Callable[[str], str | None], machine: Machine) -> Sources:
    if state := named(text):
        return Sources((state,))
    shown = plain(_STAR.sub("any", text.strip()))
    every = _ANY.fullmatch(shown)
    if every is None:
        return _listed(shown, named)
    left = _listed(every["left"], named) if every["left"] else Sources(())
    states = {state.name for state in machine.states if not state.final} - set(left.states)
    return Sources(_ordered(states, machine), left.unknown)


def _listed(text: str, named: Callable[[str], str | None]) -> Sources:
    """Return the states of a list; a name may hold what separates others."""
    if state := named(text):
        return Sources((state,))
    parts = [part for part in _BETWEEN.split(_LEAD.sub("", text, count=1)) if part]
    if len(parts) < 2:
        return Sources((), (text,))
    meanings = [(part, named(part)) for part in parts]
    return Sources(
        tuple(state for _, state in meanings if state),
        tuple(part for part, state in meanings if not state),
    )


def _ordered(states: set[str], machine: Machine) -> tuple[str, ...]:
    return tuple(state.name for state in machine.states if state.name in states)
