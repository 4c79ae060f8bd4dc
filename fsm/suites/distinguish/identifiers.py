"""Words that tell one state from every other one; few words where a search for them pays.

The identifiers of two states need not share words. A word of s that tells t from s helps only if
it also follows t; so an identifier names, for each other state, the prefix that must follow it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import NamedTuple, TypeAlias

from fsm.suites.specification import Spec, Word, maximal, mean_prefix_length

__all__ = [
    "Identifier",
    "Separator",
    "arrivals",
    "few_words",
    "identifier_of",
    "pair_words",
    "words_before",
]

Separator: TypeAlias = Callable[[int, int], Word | None]
"""Returns a shortest word that tells two states apart, ``None`` where there is none."""

_NEGLIGIBLE = 0.02
"""The share of the cost of all tests below which a saving is not worth a search."""

_SEARCHED = 300_000_000
"""The number of cells that all searches together follow before no further one begins."""


class Identifier(NamedTuple):
    """Words, none a prefix of another, and for each other state the prefix that tells it apart."""

    words: list[Word]
    prefixes: dict[int, Word]


def identifier_of(spec: Spec, state: int, words: Iterable[Word]) -> Identifier:
    """Return words as an identifier of a state, with the shortest prefix for each other state."""
    prefixes: dict[int, Word] = {}
    kept = maximal(words)
    for t in range(len(spec.next)):
        lengths = [(length, word) for word in kept if (length := spec.apart(state, t, word))]
        if lengths:
            length, word = min(lengths)
            prefixes[t] = word[:length]
    return Identifier(kept, prefixes)


def pair_words(spec: Spec, apart: Separator) -> list[Identifier]:
    """Return an identifier of each state from the shortest words of its pairs, longest first.

    States that cannot be told apart are left out.
    """
    identifiers = []
    for s, shown in enumerate(spec.shown):
        alike = (t for t, other in enumerate(spec.shown) if other == shown)
        left = {t: word for t in alike if (word := apart(s, t))}
        words, prefixes = [], {}
        while left:
            word = max(left.values(), key=len)
            words.append(word)
            for t in list(left):
                if length := spec.apart(s, t, word):
                    prefixes[t] = word[:length]
                    del left[t]
        identifiers.append(Identifier(maximal(words), prefixes))
    return identifiers


def few_words(spec: Spec, apart: Separator, extra_states: int) -> list[Identifier]:
    """Return an identifier of each state, a cheap one where many tests end.

    Starts from :func:`pair_words` and searches on for the states where the most can be saved,
    until the rest is negligible or so many cells have been followed that more would take too long.
    """
    from fsm.suites.distinguish.beam_search import BeamSearch  # numpy: other methods need none

    identifiers = pair_words(spec, apart)
    count = arrivals(spec, extra_states)
    mean = mean_prefix_length(spec) + extra_states
    savings, total = [], 0.0
    for s, (words, _) in enumerate(identifiers):
        cost = sum(mean + len(word) for word in words)
        total += count[s] * cost
        if words:
            savings.append((count[s] * (cost - mean - 1), s))
    savings.sort(reverse=True)
    possible = sum(saving for saving, _ in savings)
    search = BeamSearch(spec)
    for saving, s in savings:
        if possible <= _NEGLIGIBLE * total or search.followed > _SEARCHED:
            break
        possible -= saving
        words = search.cheapest(s, mean, partial(apart, s))
        identifiers[s] = identifier_of(spec, s, words)
    return identifiers


def words_before(
    spec: Spec, identifiers: Sequence[Identifier], state: int, length: int
) -> list[Word]:
    """Return the words that must follow a state, given that all words of a length follow it too.

    These are its own words and, for each state that words of that length pass, the prefix that
    tells the two apart: it follows both, since it is a prefix of the passed state's own word.
    """
    passed = frontier = {state}
    for _ in range(length):
        frontier = {t for s in frontier for t in spec.next[s] if t >= 0} - passed
        passed = passed | frontier
    others = (identifiers[t].prefixes.get(state) for t in sorted(passed - {state}))
    return maximal([*identifiers[state].words, *(word for word in others if word)])


def arrivals(spec: Spec, extra_states: int) -> list[int]:
    """Return how many words of the cover and ``extra_states`` + 1 more inputs end in each state."""
    count = [0] * len(spec.next)
    for s, x, t in spec.cells():
        count[t] += spec.parent[t] != (s, x)
    for _ in range(extra_states):
        further = [0] * len(count)
        for s, _, t in spec.cells():
            further[t] += count[s]
        count = further
    return count
