"""A field of a sample, and what its values are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from fsm.logs.draft.notations import TimeGuess, time_guesses
from fsm.logs.draft.words import field_likeness

__all__ = ["TRIED", "FieldProfile"]

TRIED = 3_000
"""Values of a field that its profile is made of."""


@dataclass(frozen=True)
class FieldProfile:
    """A field, and what its values are."""

    name: str
    values: Sequence[str | None]

    @cached_property
    def filled(self) -> list[str]:
        """The values of the records that have one."""
        return [value for value in self.values if value]

    @property
    def share(self) -> float:
        """The share of records with a value."""
        return len(self.filled) / max(1, len(self.values))

    @cached_property
    def distinct(self) -> int:
        """How many different values there are."""
        return len(set(self.filled))

    @cached_property
    def notations(self) -> list[TimeGuess]:
        """The notations of its times; empty where it holds none."""
        return time_guesses(self.filled[:TRIED])

    def share_of(self, is_kind: Callable[[str], bool]) -> float:
        """Return the share of the values that are of a kind."""
        tried = self.filled[:TRIED]
        return sum(map(is_kind, tried)) / max(1, len(tried))

    @property
    def depth(self) -> float:
        """A small number that grows with the depth of the path."""
        return 0.02 * self.name.strip(".").count(".")

    def likeness(self, role: str) -> float:
        """Return how much its name is one for a role."""
        return field_likeness(self.name, role)
