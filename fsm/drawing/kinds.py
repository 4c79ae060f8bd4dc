"""The colour of each status: one for each kind of status, the same in every machine.

The author of a machine chooses kinds or colours (:attr:`fsm.machine.Machine.colours`). For other
statuses the indicators tell the kind: whether they count what is wanted, or what is not, as their
names say. What they leave open has a colour of its own.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from fsm.machine import Indicator, Machine
from fsm.status_kinds import StatusKind, kind_named

__all__ = ["StatusColour", "kind_counted", "status_colours"]

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class StatusColour:
    """The colour of a status, and why it has it."""

    colour: str
    """The name of a kind, a colour such as ``#b00020``, or ``status 1``, ``status 2``, ..."""
    indicator: str = ""
    """The indicator that tells the kind."""

    @property
    def kind(self) -> StatusKind | None:
        """The kind of the status; ``None`` where nothing tells it."""
        return kind_named(self.colour)


def status_colours(machine: Machine) -> Mapping[str | None, StatusColour]:
    """Return the colour of each status of a machine, and of states without one (``None``).

    A status that the author of the machine gave none has the kind of the first indicator that
    counts it. If none does, it is not yet counted where the machine starts, and open elsewhere,
    unless the machine ends in it. Where neither indicators nor author tell any kind, each status
    has a colour of its own, and states without a status have none.
    """
    found: dict[str | None, StatusColour] = {}
    kinds = [(i, kind) for i in machine.indicators if (kind := kind_counted(i))]
    has_kinds = bool(kinds) or any(map(kind_named, machine.colours.values()))
    for status in machine.statuses:
        if given := machine.colours.get(status):
            found[status] = StatusColour(given.lower())
        elif counted := next(((i, kind) for i, kind in kinds if i.counts(status)), None):
            found[status] = StatusColour(counted[1].value, counted[0].name)
        elif kinds and (kind := _kind_uncounted(machine, status)):
            found[status] = StatusColour(kind.value)
    left = (status for status in machine.statuses if status not in found)
    found |= {s: StatusColour(f"status {number}") for number, s in enumerate(left, 1)}
    return found | ({None: StatusColour(StatusKind.NOT_YET.value)} if has_kinds else {})


def kind_counted(indicator: Indicator) -> StatusKind | None:
    """Return the kind of what an indicator counts, as far as words in its name tell it.

    >>> kind_counted(Indicator("Bounces + errors", frozenset({"Failed"})))
    <StatusKind.BAD: 'bad'>
    """
    words = set(_WORD.findall(indicator.name.casefold()))
    for kind in (StatusKind.BAD, StatusKind.GOOD):
        if not words.isdisjoint(_words()[kind.value]):
            return kind
    return None


@cache
def _words() -> Mapping[str, list[str]]:
    return tomllib.loads(files(__package__).joinpath("indicator_words.toml").read_text("utf-8"))


def _kind_uncounted(machine: Machine, status: str) -> StatusKind | None:
    """Return the kind of a status that no indicator of a known kind counts."""
    if any(indicator.counts(status) for indicator in machine.indicators):
        return None
    states = [state for state in machine.states if state.status == status]
    if any(state.name == machine.initial for state in states):
        return StatusKind.NOT_YET
    return None if all(state.final for state in states) else StatusKind.OPEN
