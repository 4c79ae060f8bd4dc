"""The specification a suite is derived from: a Mealy machine as plain lists, with a state cover.

States are numbered breadth first from the initial state, 0; unreachable states are left out. The
methods follow single cells, for which lists of integers are faster than arrays.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from fsm.graph import PathSearch, equivalence_classes
from fsm.mealy import Mealy

__all__ = ["Spec", "Word", "maximal", "mean_prefix_length"]

Word: TypeAlias = tuple[int, ...]
"""A sequence of inputs, by index."""


@dataclass(frozen=True, slots=True, eq=False)
class Spec:
    """The reachable part of a machine; its lists are indexed by state, then by input.

    ``next`` and ``output`` hold -1 where the machine is partial. ``shown`` numbers the states by
    what is shown in them, all 0 where nothing is. ``cover`` has a shortest word to each state (of
    several the least one), ``parent`` the last cell of that word, ``origin`` the index of the
    state in the Mealy machine.
    """

    name: str
    states: tuple[str, ...]
    inputs: tuple[str, ...]
    next: list[list[int]]
    output: list[list[int]]
    shown: list[int]
    cover: list[Word]
    parent: list[tuple[int, int] | None]
    origin: list[int]

    @classmethod
    def of(cls, mealy: Mealy) -> Spec:
        """Return the reachable part of a machine."""
        after, output = mealy.next.tolist(), mealy.output.tolist()
        search = PathSearch[int, int](mealy.initial)
        for s in search:
            search.expand(s, ((x, t) for x, t in enumerate(after[s]) if t >= 0))
        origin = list(search)
        number = {old: s for s, old in enumerate(origin)} | {-1: -1}
        arrivals = map(search.arrival, origin)
        parent = [arc and (number[arc[0]], arc[1]) for arc in arrivals]
        cover: list[Word] = []
        for last in parent:
            cover.append((*cover[last[0]], last[1]) if last else ())
        groups: dict[str, int] = {}
        texts = mealy.shown or ("",) * len(mealy.states)
        return cls(
            name=mealy.name,
            states=tuple(mealy.states[old] for old in origin),
            inputs=mealy.inputs,
            next=[[number[t] for t in after[old]] for old in origin],
            output=[output[old] for old in origin],
            shown=[groups.setdefault(texts[old], len(groups)) for old in origin],
            cover=cover,
            parent=parent,
            origin=origin,
        )

    @property
    def is_complete(self) -> bool:
        """Whether every reachable state accepts every input."""
        return all(min(row, default=0) >= 0 for row in self.next)

    def classes(self) -> list[list[int]]:
        """Return the states of a complete specification in classes of equivalent ones."""
        labels = list(zip(self.shown, map(tuple, self.output), strict=True))
        return equivalence_classes(labels, self.next)

    def cells(self) -> Iterator[tuple[int, int, int]]:
        """Yield each transition: state, input, next state."""
        for s, row in enumerate(self.next):
            for x, t in enumerate(row):
                if t >= 0:
                    yield s, x, t

    def after(self, state: int, word: Iterable[int]) -> int:
        """Return the state a word leads to, -1 where it meets a missing cell."""
        for x in word:
            if state < 0:
                break
            state = self.next[state][x]
        return state

    def apart(self, s: int, t: int, word: Sequence[int]) -> int | None:
        """Return the length of the prefix of a word that tells two states apart, else ``None``.

        0 where different things are shown in the states. A word does not tell them apart beyond a
        cell that only one of them has.
        """
        if self.shown[s] != self.shown[t]:
            return 0
        after, output = self.next, self.output
        for length, x in enumerate(word, 1):
            if s == t or after[s][x] < 0 or after[t][x] < 0:
                return None
            if output[s][x] != output[t][x]:
                return length
            s, t = after[s][x], after[t][x]
            if self.shown[s] != self.shown[t]:
                return length
        return None


def mean_prefix_length(spec: Spec) -> float:
    """Return the mean number of inputs after which a transition has been run from a reset."""
    return 1 + sum(map(len, spec.cover)) / len(spec.cover)


def maximal(words: Iterable[Word]) -> list[Word]:
    """Return the words that are no prefix of another one, sorted.

    >>> maximal([(0,), (0, 1), (2,), (0, 1)])
    [(0, 1), (2,)]
    """
    kept: list[Word] = []
    for word in sorted(set(words), reverse=True):  # a word comes directly before its prefixes
        if not kept or kept[-1][: len(word)] != word:
            kept.append(word)
    return kept[::-1]
