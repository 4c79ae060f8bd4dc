"""Suites that run every cell, or random cells; they prove nothing about next states."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from random import Random

from fsm.suites.specification import Spec, Word, maximal

__all__ = ["cell_tests", "random_walks", "with_every_cell"]


def cell_tests(spec: Spec) -> list[Word]:
    """Return the shortest test of each cell that no longer test of another cell runs."""
    return maximal((*spec.cover[s], x) for s, x, _ in spec.cells()) or maximal(spec.cover)


def random_walks(spec: Spec, seed: int, tests: int, length: int) -> list[Word]:
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


def with_every_cell(spec: Spec, words: Callable[[], Iterable[Word]]) -> Iterator[Word]:
    """Yield the words, and after them one word to each cell of the machine that none of them runs.

    A complete suite counts equivalent states once and may leave out cells of the others. The
    words are made twice; those that are a prefix of an added word are left out.
    """
    missing = _not_run(spec, words())
    added = maximal((*spec.cover[s], x) for s, x in missing)
    prefixes = {word[:length] for word in added for length in range(len(word))}
    yield from (word for word in words() if word not in prefixes)
    yield from added


def _not_run(spec: Spec, words: Iterable[Word]) -> list[tuple[int, int]]:
    """Return the cells that no word runs."""
    left = {(s, x) for s, x, _ in spec.cells()}
    for word in words:
        state = 0
        for x in word:
            left.discard((state, x))
            state = spec.next[state][x]
        if not left:
            break
    return sorted(left)
