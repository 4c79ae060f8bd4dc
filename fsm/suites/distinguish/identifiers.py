"""Words that tell one state from every other one: few where it pays to look for them.

Nothing is asked of the words of two states together. That a word of s tells t from s helps only
if it also follows t; so an identifier_of says for each other state which prefix it needs there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import NamedTuple, TypeAlias

from fsm.suites.specification import Spec, Word, maximal, mean_way

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
"""A shortest word that tells two states apart, ``None`` where there is none."""

_NEGLIGIBLE = 0.02  # of the cost of all tests: what is not worth a search


class Identifier(NamedTuple):
    """Words, none a prefix of another, and for each state told apart the prefix that does it."""

    words: list[Word]
    told: dict[int, Word]


def identifier_of(spec: Spec, state: int, words: Iterable[Word]) -> Identifier:
    """Return what words tell apart from a state; the shortest prefix for each other state."""
    told: dict[int, Word] = {}
    kept = maximal(words)
    for t in range(len(spec.next)):
        lengths = [(length, word) for word in kept if (length := spec.apart(state, t, word))]
        if lengths:
            length, word = min(lengths)
            told[t] = word[:length]
    return Identifier(kept, told)


def pair_words(spec: Spec, apart: Separator) -> list[Identifier]:
    """Return an identifier_of of each state from the shortest words of its pairs, longest first.

    States that cannot be told apart are left out.
    """
    found = []
    for s, shown in enumerate(spec.shown):
        rest = [(t, apart(s, t)) for t, other in enumerate(spec.shown) if other == shown]
        left = [(t, word) for t, word in rest if word]
        words, told = [], {}
        while left:
            word = max((word for _, word in left), key=len)
            words.append(word)
            for t, _ in left:
                length = spec.apart(s, t, word)
                if length:
                    told[t] = word[:length]
            left = [(t, word) for t, word in left if t not in told]
        found.append(Identifier(maximal(words), told))
    return found


def few_words(spec: Spec, apart: Separator, extra_states: int) -> list[Identifier]:
    """Return an identifier_of of each state, the better the more tests end in the state.

    Starts from :func:`pair_words` and searches further for the states where the most can be
    saved, until what is left is negligible.
    """
    from fsm.suites.distinguish.beam_search import (
        Search,  # numpy, which small suites by other methods do without
    )

    found = pair_words(spec, apart)
    count = arrivals(spec, extra_states)
    mean = mean_way(spec) + extra_states
    savings, total = [], 0.0
    for s, (words, _) in enumerate(found):
        cost = sum(mean + len(word) for word in words)
        total += count[s] * cost
        if words:
            savings.append((count[s] * (cost - mean - 1), s))
    savings.sort(reverse=True)
    possible = sum(saving for saving, _ in savings)
    search = Search(spec)
    for saving, s in savings:
        if possible <= _NEGLIGIBLE * total:
            break
        possible -= saving
        words = search.cheapest(s, mean, partial(apart, s))
        found[s] = identifier_of(spec, s, words)
    return found


def words_before(
    spec: Spec, identifiers: Sequence[Identifier], state: int, length: int
) -> list[Word]:
    """Return what must follow a state that words of a length also follow.

    Its own words, and for each state that these words pass what tells the state from that one:
    with the passed state's own words the two traces are told apart.
    """
    passed = ring = {state}
    for _ in range(length):
        ring = {t for s in ring for t in spec.next[s] if t >= 0} - passed
        passed = passed | ring
    others = (identifiers[t].told.get(state) for t in sorted(passed - {state}))
    return maximal([*identifiers[state].words, *(word for word in others if word)])


def arrivals(spec: Spec, extra_states: int) -> list[int]:
    """Return how many words of the cover and 1 + extra_states further inputs end in each state."""
    count = [0] * len(spec.next)
    for s, x, t in spec.cells():
        count[t] += spec.parent[t] != (s, x)
    for _ in range(extra_states):
        further = [0] * len(count)
        for s, _, t in spec.cells():
            further[t] += count[s]
        count = further
    return count
