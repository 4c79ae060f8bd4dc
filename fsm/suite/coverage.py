"""Suites that run every cell, or what a seed chooses; they prove nothing about next states."""

from __future__ import annotations

from random import Random

from fsm.suite.spec import Spec, Word, maximal

__all__ = ["random", "table"]


def table(spec: Spec) -> list[Word]:
    """Return for each cell the shortest test that runs it, unless a longer one does."""
    return maximal((*spec.cover[s], x) for s, x, _ in spec.cells()) or maximal(spec.cover)


def random(spec: Spec, seed: int, tests: int, length: int) -> list[Word]:
    """Return the words of random walks over defined cells, each input equally likely."""
    source = Random(seed)  # noqa: S311 - tests, not secrets
    words = []
    for _ in range(tests):
        state, word = 0, []
        for _ in range(length):
            possible = [x for x, t in enumerate(spec.next[state]) if t >= 0]
            if not possible:
                break
            x = possible[int(source.random() * len(possible))]
            word.append(x)
            state = spec.next[state][x]
        words.append(tuple(word))
    return maximal(words)
