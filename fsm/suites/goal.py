"""A goal that tests are wanted for: a state to reach, or a documented row to run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fsm.mealy import Mealy
    from fsm.suites.specification import Word

__all__ = ["Goal"]


@dataclass(frozen=True)
class Goal:
    """Tests are wanted that reach one of the states or run one of the cells."""

    text: str
    states: frozenset[int] = frozenset()
    cells: frozenset[tuple[int, int]] = frozenset()
    """State and input, by index."""

    def serves(self, mealy: Mealy, word: Word) -> bool:
        """Whether a word reaches a state or runs a cell of the goal."""
        visited = mealy.walk(word)
        return not self.states.isdisjoint(visited) or not self.cells.isdisjoint(
            zip(visited, word, strict=False)
        )
