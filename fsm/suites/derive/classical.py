"""The classical complete methods: cover x middle x identifiers, in the words they append.

Each takes a specification whose states can be told apart, and the number k of further states
the implementation may have. What is appended to a state depends on how many of the k + 1 middle
inputs are still to come: at the last one the least.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from typing import NamedTuple

from fsm.suites.derive.cover_product import Identify
from fsm.suites.distinguish.characterising import (
    characterising_words,
    harmonised,
    identifying_words,
)
from fsm.suites.distinguish.identifiers import arrivals, pair_words, words_before
from fsm.suites.distinguish.separation import separator_of
from fsm.suites.distinguish.splitting_tree import SplittingTree
from fsm.suites.specification import Spec, Word, mean_way

__all__ = ["Parts", "h", "hsi", "w", "wp"]

_KEPT = 2
"""So many specifications whose words are kept: a suite is counted, then made, often twice."""


class Parts(NamedTuple):
    """What a method appends: to the covering words, and to each state that is reached."""

    basis: Sequence[Sequence[Word]]
    identify: Identify


@lru_cache(_KEPT)
def w(spec: Spec, extra_states: int) -> Parts:  # noqa: ARG001
    """Append the whole characterising set to every state (Vasilevskii 1973, Chow 1978)."""
    words = characterising_words(SplittingTree(spec))
    return Parts([words] * len(spec.next), lambda _state, _ahead: words)


@lru_cache(_KEPT)
def wp(spec: Spec, extra_states: int) -> Parts:  # noqa: ARG001
    """Append to the last state only the words that identify it (Fujiwara et al. 1991)."""
    words = characterising_words(SplittingTree(spec))
    own = identifying_words(spec, words)
    return Parts([words] * len(spec.next), lambda state, ahead: words if ahead else own[state])


@lru_cache(_KEPT)
def hsi(spec: Spec, extra_states: int) -> Parts:
    """Append harmonised identifiers (Petrenko 1991), of two families the cheaper."""
    count = arrivals(spec, extra_states)
    way = mean_way(spec) + extra_states

    def cost(identifiers: list[list[Word]]) -> float:
        prices = (sum(way + len(word) for word in words) for words in identifiers)
        return sum(n * price for n, price in zip(count, prices, strict=True))

    words = harmonised(SplittingTree(spec), cost)
    return Parts(words, lambda state, _: words[state])


@lru_cache(_KEPT)
def h(spec: Spec, extra_states: int) -> Parts:  # noqa: ARG001
    """Append what tells each two traces apart, whatever it is (Dorofeeva et al. 2005).

    Also for partial specifications. Every two covering words, every covering word and the state
    reached by a longer trace, and the states passed by one trace are followed by a common word
    that tells them apart.
    """
    identifiers = pair_words(spec, separator_of(spec))
    basis = [list(found.words) for found in identifiers]
    for found in identifiers:
        for state, word in found.told.items():
            basis[state].append(word)

    @cache
    def identify(state: int, ahead: int) -> list[Word]:
        return words_before(spec, identifiers, state, ahead)

    return Parts(basis, identify)
