"""Suites of the form cover x middle x identifiers, streamed; no test is a prefix of another.

The methods W, Wp, HSI and H differ only in the words they append, by the state reached and by
how many of the k + 1 middle inputs are still to come.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from fsm.suites.specification import Spec, Word, maximal

__all__ = ["Identify", "product_tests", "tails"]

Identify: TypeAlias = Callable[[int, int], Sequence[Word]]
"""The words to append to a state, given how many middle inputs are still to come."""


def product_tests(
    spec: Spec, extra_states: int, basis: Sequence[Sequence[Word]], identify: Identify
) -> Iterator[Word]:
    """Yield the tests of V.X^1..k+1, with words appended to each state reached.

    V is the state cover, X the inputs, k the extra states; ``basis`` has the words that follow
    the covering word of each state. Only the tests of one state are in memory at a time.
    """
    remainders: list[list[Word]] = [list(words) for words in basis]
    for s, path in enumerate(spec.cover):
        ends = True
        for x, t in enumerate(spec.next[s]):
            if t < 0:
                continue
            ends = False
            rest = [word[1:] for word in remainders[s] if word and word[0] == x]
            if spec.parent[t] == (s, x):
                remainders[t] += rest
            else:
                first = (*path, x)
                for word in tails(spec, identify, t, extra_states, rest):
                    yield first + word
        if ends:
            yield path
        remainders[s] = []


def tails(
    spec: Spec, identify: Identify, state: int, depth: int, remainders: list[Word]
) -> Iterator[Word]:
    """Yield the words that follow a state: its own, the remainders, and each longer one.

    Remainders are what is left, in this state, of words appended to the states before it.
    """
    words = [*identify(state, depth), *remainders]
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
