"""Shortest words that tell the states of a partial specification apart, pair by pair.

Where cells are missing, "not told apart" is not an equivalence, so there are no blocks to split:
each pair is decided separately, layer by layer (Gill 1962, the table of pairs).
"""

from __future__ import annotations

from itertools import combinations

from fsm.suites.specification import Spec, Word

__all__ = ["PairTable"]


class PairTable:
    """For each pair of states the first input of a shortest word that both accept."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self._first: dict[tuple[int, int], int] = {}
        rest = []
        for pair in combinations(range(len(spec.next)), 2):
            x = self._by_output(*pair)
            if x is None:
                rest.append(pair)
            else:
                self._first[pair] = x
        while rest:
            layer = [(pair, x) for pair in rest if (x := self._by_next(*pair)) is not None]
            if not layer:
                break
            self._first.update(layer)
            rest = [pair for pair in rest if pair not in self._first]

    def apart(self, s: int, t: int) -> Word | None:
        """Return a shortest word that tells two states apart, ``None`` where there is none."""
        spec, word = self.spec, []
        while spec.shown[s] == spec.shown[t]:
            x = self._first.get((min(s, t), max(s, t)))
            if x is None:
                return None
            word.append(x)
            if spec.output[s][x] != spec.output[t][x]:
                break
            s, t = spec.next[s][x], spec.next[t][x]
        return tuple(word)

    def _by_output(self, s: int, t: int) -> int | None:
        spec = self.spec
        if spec.shown[s] != spec.shown[t]:
            return -1
        for x, (a, b) in enumerate(zip(spec.next[s], spec.next[t], strict=True)):
            if a >= 0 <= b and (
                spec.output[s][x] != spec.output[t][x] or spec.shown[a] != spec.shown[b]
            ):
                return x
        return None

    def _by_next(self, s: int, t: int) -> int | None:
        for x, (a, b) in enumerate(zip(self.spec.next[s], self.spec.next[t], strict=True)):
            if a >= 0 <= b and ((a, b) in self._first or (b, a) in self._first):
                return x
        return None
