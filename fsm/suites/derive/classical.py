"""The words that the classical complete methods (cover x middle x identifiers) append.

Each method takes a specification whose states can be told apart, and the number k of extra states
of the implementation. The words appended to a state depend on how many of the k + 1 middle inputs
are still to come; after the last one they are fewest.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from typing import NamedTuple

from fsm.suites.derive.cover_product import Identify, product_tests
from fsm.suites.derive.reuse import reusing_tests
from fsm.suites.distinguish.characterising import (
    characterising_words,
    harmonised,
    identifying_words,
)
from fsm.suites.distinguish.identifiers import arrivals, few_words, pair_words, words_before
from fsm.suites.distinguish.separation import state_separator
from fsm.suites.distinguish.splitting_tree import SplittingTree
from fsm.suites.specification import Spec, Word, mean_prefix_length

__all__ = ["Parts", "h", "hsi", "reuses", "shortest_h", "w", "wp"]

_KEPT = 2
"""The number of specifications whose words are cached: a suite is counted, then made."""


_PAIRS = 1_500_000
"""With at most this many pairs of a covering word and a longer trace, each has its own word."""


class Parts(NamedTuple):
    """What a method appends to the covering words (``basis``), and to each state reached."""

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
    at_end = identifying_words(spec, words)
    return Parts([words] * len(spec.next), lambda state, ahead: words if ahead else at_end[state])


@lru_cache(_KEPT)
def hsi(spec: Spec, extra_states: int) -> Parts:
    """Append the cheaper of two families of harmonised identifiers (Petrenko 1991)."""
    count = arrivals(spec, extra_states)
    length = mean_prefix_length(spec) + extra_states

    def cost(identifiers: list[list[Word]]) -> float:
        prices = (sum(length + len(word) for word in words) for words in identifiers)
        return sum(n * price for n, price in zip(count, prices, strict=True))

    words = harmonised(SplittingTree(spec), cost)
    return Parts(words, lambda state, _: words[state])


@lru_cache(_KEPT)
def h(spec: Spec, extra_states: int) -> Parts:  # noqa: ARG001
    """Append a word that tells two traces apart, for each two that must be (Dorofeeva et al. 2005).

    These are any two covering words, a covering word and a longer trace, and any two prefixes of
    one trace. Also for partial specifications.
    """
    identifiers = pair_words(spec, state_separator(spec))
    basis = [list(identifier.words) for identifier in identifiers]
    for identifier in identifiers:
        for state, word in identifier.prefixes.items():
            basis[state].append(word)

    @cache
    def identify(state: int, ahead: int) -> list[Word]:
        return words_before(spec, identifiers, state, ahead)

    return Parts(basis, identify)


def reuses(spec: Spec, extra_states: int) -> bool:
    """Whether the tests of the H method are few enough to choose words that reuse earlier ones."""
    return len(spec.next) * sum(arrivals(spec, extra_states)) <= _PAIRS


def shortest_h(spec: Spec, extra_states: int) -> Iterable[Word]:
    """Return the tests of the H method: with words chosen for each trace where that is smaller."""
    product = product_tests(spec, extra_states, *h(spec, extra_states))
    if not reuses(spec, extra_states):
        return product
    apart = state_separator(spec)
    identifiers = few_words(spec, apart, extra_states)
    chosen = list(reusing_tests(spec, extra_states, apart, identifiers))
    return min(list(product), chosen, key=lambda words: sum(map(len, words)))
