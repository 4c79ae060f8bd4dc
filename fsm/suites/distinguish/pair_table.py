"""Shortest words that tell the states of a partial specification apart, pair by pair.

Where cells are missing, "not told apart" is not an equivalence, so there are no blocks to split:
each pair is decided separately, layer by layer (Gill 1962, the table of pairs). A layer is found
backwards from the one before, so that the work grows with the number of pairs and of inputs.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from itertools import combinations

from fsm.suites.specification import Spec, Word

__all__ = ["PairTable"]

_TOGETHER = -2
"""Stands for the first input of a pair that is not told apart."""


class PairTable:
    """For each pair of states the first input of a shortest word that both accept."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self._count = len(spec.next)
        self._first = array("i", [_TOGETHER]) * (self._count * self._count)
        layer = list(self._by_output())
        before = self._sources()
        while layer:
            found = self._by_next(layer, before)
            for place, x in found.items():
                self._first[place] = x
            layer = list(found)

    def apart(self, s: int, t: int) -> Word | None:
        """Return a shortest word that tells two states apart, ``None`` where there is none."""
        spec, word = self.spec, []
        while spec.shown[s] == spec.shown[t]:
            x = self._first[self._place(s, t)]
            if x == _TOGETHER:
                return None
            word.append(x)
            if spec.output[s][x] != spec.output[t][x]:
                break
            s, t = spec.next[s][x], spec.next[t][x]
        return tuple(word)

    def _place(self, s: int, t: int) -> int:
        return s * self._count + t if s < t else t * self._count + s

    def _by_output(self) -> Iterator[int]:
        """Tell pairs apart by one input, or by what is shown; yield their places."""
        spec = self.spec
        for s, t in combinations(range(self._count), 2):
            x = -1 if spec.shown[s] != spec.shown[t] else self._telling_input(s, t)
            if x is not None:
                place = self._place(s, t)
                self._first[place] = x
                yield place

    def _telling_input(self, s: int, t: int) -> int | None:
        spec = self.spec
        for x, (a, b) in enumerate(zip(spec.next[s], spec.next[t], strict=True)):
            if a >= 0 <= b and (
                spec.output[s][x] != spec.output[t][x] or spec.shown[a] != spec.shown[b]
            ):
                return x
        return None

    def _by_next(self, layer: list[int], before: list[list[list[int]]]) -> dict[int, int]:
        """Return the pairs from which an input leads to a pair of the layer, each with the least.

        ``before`` has the states from which each input leads to each state.
        """
        found: dict[int, int] = {}
        for place in layer:
            s, t = divmod(place, self._count)
            for x, sources in enumerate(before):
                for a in sources[s]:
                    for b in sources[t]:
                        pair = self._place(a, b)
                        if self._first[pair] == _TOGETHER and x < found.get(pair, x + 1):
                            found[pair] = x
        return found

    def _sources(self) -> list[list[list[int]]]:
        sources: list[list[list[int]]] = [
            [[] for _ in range(self._count)] for _ in self.spec.inputs
        ]
        for s, x, t in self.spec.cells():
            sources[x][t].append(s)
        return sources
