"""One word for each state by an adaptive distinguishing sequence, where a short one is found.

Such a sequence begins in every state with the same input and goes on by the answers, until only
one state is left that can have given them (D. Lee, M. Yannakakis, Testing Finite-State Machines:
State Identification and Verification, 1994). The words of two states share the inputs up to the
answer that tells the two apart, so that a word which follows a state also tells the others from it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

from fsm.suites.specification import Spec, Word

__all__ = ["adaptive_words"]

States: TypeAlias = tuple[int, ...]

MOST_STATES = 120
"""The search calls itself for each split, and Python nests no more than 1,000 calls."""

VISITED = 3_000
"""How many sets of states the search visits at most."""

SPLITS = 4
"""How many words that split a set of states are tried, the shortest ones."""


class _Split(NamedTuple):
    """A word on which some states answer differently, and none of those that answer alike meet."""

    word: Word
    places: list[list[int]]
    """The places in the set of states, in groups that answer alike."""
    after: States
    """The states after the word, place by place."""


def adaptive_words(spec: Spec) -> list[Word] | None:
    """Return a word for each state, ``None`` where no adaptive distinguishing sequence was found.

    A missing cell ends the search for a word; states that show different things are not told apart
    by what they show.
    """
    if len(spec.next) > MOST_STATES:
        return None
    search = _Search(spec)
    return search.words(tuple(range(len(spec.next))))


class _Search:
    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.left = VISITED
        self._found: dict[States, list[Word] | None] = {}

    def words(self, states: States) -> list[Word] | None:
        """Return a word for each state of a set, the cheapest found."""
        if len(states) == 1:
            return [()]
        if states not in self._found:
            self._found[states] = None  # until it is known
            found = [words for split in self._splits(states) if (words := self._after(split))]
            if found:
                self._found[states] = min(found, key=lambda words: sum(map(len, words)))
        return self._found[states]

    def _after(self, split: _Split) -> list[Word] | None:
        """Return the words that begin with the one of a split."""
        words: list[Word] = [()] * len(split.after)
        for group in split.places:
            reached = sorted((split.after[place], place) for place in group)
            rest = self.words(tuple(state for state, _ in reached))
            if rest is None:
                return None
            for (_, place), word in zip(reached, rest, strict=True):
                words[place] = split.word + word
        return words

    def _splits(self, states: States) -> Iterator[_Split]:
        """Yield words that split a set of states, the shortest first."""
        count = 0
        frontier: list[tuple[Word, States]] = [((), states)]
        met = {states}
        for word, at in frontier:
            for x in range(len(self.spec.inputs)):
                self.left -= 1
                if count == SPLITS or self.left < 0:
                    return
                groups = self._groups(at, x)
                if groups is None:
                    continue
                after = tuple(self.spec.next[s][x] for s in at)
                if len(groups) > 1:
                    count += 1
                    yield _Split((*word, x), groups, after)
                elif (same := tuple(sorted(after))) not in met:
                    met.add(same)
                    frontier.append(((*word, x), after))

    def _groups(self, at: States, x: int) -> list[list[int]] | None:
        """Return the places by their answer; ``None`` where two that answer alike meet."""
        spec = self.spec
        groups: dict[tuple[int, int], list[int]] = {}
        for place, s in enumerate(at):
            t = spec.next[s][x]
            if t < 0:
                return None
            groups.setdefault((spec.output[s][x], spec.shown[t]), []).append(place)
        for places in groups.values():
            if len({spec.next[at[place]][x] for place in places}) < len(places):
                return None
        return list(groups.values())
