"""Suites of the form cover x middle x identifiers, streamed without a prefix of another test.

The methods W, Wp, HSI and H differ only in the words they append, by the state reached and by
how many of the k + 1 middle inputs are still to come.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from fsm.suites.specification import Spec, Word, maximal

__all__ = ["Identify", "product_tests", "tails"]

Identify: TypeAlias = Callable[[int, int], Sequence[Word]]
"""The words for a state that has a number of further middle inputs before it."""


def product_tests(
    spec: Spec, extra_states: int, basis: Sequence[Sequence[Word]], identify: Identify
) -> Iterator[Word]:
    """Yield the tests of V.X^1..k+1, each state reached followed by its words.

    ``basis`` has the words that follow the covering word of each state. Only one state's tests
    are in memory at a time.
    """
    owed: list[list[Word]] = [list(words) for words in basis]
    for s, way in enumerate(spec.cover):
        ends = True
        for x, t in enumerate(spec.next[s]):
            if t < 0:
                continue
            ends = False
            rest = [word[1:] for word in owed[s] if word and word[0] == x]
            if spec.parent[t] == (s, x):
                owed[t] += rest
            else:
                first = (*way, x)
                for word in tails(spec, identify, t, extra_states, rest):
                    yield first + word
        if ends:
            yield way
        owed[s] = []


def tails(
    spec: Spec, identify: Identify, state: int, depth: int, owed: list[Word]
) -> Iterator[Word]:
    """Yield what follows a state: its words, those owed to it, and each way on."""
    words = [*identify(state, depth), *owed]
    if depth == 0:
        yield from maximal(words) or ((),)
        return
    ends = True
    for x, t in enumerate(spec.next[state]):
        if t >= 0:
            ends = False
            rest = [word[1:] for word in words if word and word[0] == x]
            for word in tails(spec, identify, t, depth - 1, rest):
                yield (x, *word)
    if ends:
        yield ()
