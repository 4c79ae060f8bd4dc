"""What a chained suite is free to choose, and a local search for the choices that make it small.

The guarantee of a chained suite (see :mod:`fsm.suites.derive.chain`) depends neither on the order
in which transitions are merged nor on the words that tell states apart; its size does. The search
begins with the best of several plans and changes one choice at a time. A change stays unless it
makes the suite larger. The changes come from a fixed seed and their number from the size of the
suite, so that a machine has the same suite everywhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import combinations, product
from random import Random
from typing import NamedTuple, TypeAlias, TypeVar

from fsm.suites.distinguish.adaptive_sequence import adaptive_words
from fsm.suites.distinguish.identifiers import Identifier, Separator, identifier_of, pair_words
from fsm.suites.specification import Spec, Word

__all__ = ["ChainPlan", "cover_order", "identifier_families", "smallest_plan"]

Edge: TypeAlias = tuple[int, int]
"""A state and an input."""

Pair: TypeAlias = tuple[int, int, int]
"""Two states, and the choice of the word that tells their covering words apart."""

Item = TypeVar("Item")

TRIED = 500
"""How many plans are tried at most."""

STEPS = 1_200_000
"""How many steps all plans tried may take together, before no further one is tried.

These are the inputs of their suites, and for every two states the inputs of a covering word.
"""

OVERHEADS = (1.0, 2.0, 4.0, 8.0, 16.0)
"""For what costs of a word besides its length other words are searched that identify a state."""


class ChainPlan(NamedTuple):
    """The choices of one suite."""

    order: Sequence[Edge]
    """The transitions that are not in the cover, in the order in which they are merged."""
    identifiers: Sequence[Identifier]
    """Words that tell each state from every other one."""
    pairs: Sequence[Pair] = ()
    """The pairs of states in the order in which they are told apart; none: every pair in order."""

    def pairs_of(self, spec: Spec) -> Sequence[Pair] | Iterator[Pair]:
        """Return the pairs of states, in the order in which they are told apart."""
        return self.pairs or ((s, t, 0) for s, t in combinations(range(len(spec.next)), 2))

    def separating_word(self, s: int, t: int, choice: int, apart: Separator) -> Word | None:
        """Return a word that tells two states apart, ``None`` where there is none.

        The choice is 0 for a shortest word, 1 for a prefix of the words that identify ``s``.
        """
        return (choice and self.identifiers[s].prefixes.get(t)) or apart(s, t)


def cover_order(spec: Spec) -> list[Edge]:
    """Return the transitions that are not in the cover, in the order of the states."""
    return [(s, x) for s, x, t in spec.cells() if spec.parent[t] != (s, x)]


def identifier_families(
    spec: Spec, apart: Separator, identifiers: Sequence[Identifier]
) -> list[Sequence[Identifier]]:
    """Return several families of identifiers: few words for each state, those given; short ones.

    Where there is an adaptive distinguishing sequence, a third has one word of it for each state.
    """
    families = [identifiers, pair_words(spec, apart)]
    adaptive = adaptive_words(spec)
    if adaptive:
        families.append([identifier_of(spec, s, [word]) for s, word in enumerate(adaptive)])
    return families


def _first_plans(spec: Spec, families: Sequence[Sequence[Identifier]]) -> Iterator[ChainPlan]:
    """Yield the plans that are tried first: each order, with each family of identifiers.

    The last ones tell covering words apart by the words that identify a state.
    """
    states = combinations(range(len(spec.next)), 2)
    by_identifier = [(s, t, 1) for s, t in states]
    for pairs, chosen, order in product(((), by_identifier), families, _orders(spec)):
        yield ChainPlan(order, chosen, pairs)


def _orders(spec: Spec) -> list[list[Edge]]:
    """Return orders of the transitions outside the cover: by source, by popularity, by target.

    Each comes forwards and backwards.
    """
    cells = cover_order(spec)
    target = {(s, x): t for s, x, t in spec.cells()}
    popular = Counter(target[cell] for cell in cells)
    return [
        cells,
        sorted(cells, key=lambda cell: (-popular[target[cell]], target[cell])),
        sorted(cells, key=lambda cell: target[cell]),
        cells[::-1],
        sorted(cells, key=lambda cell: -target[cell]),
        sorted(cells, key=lambda cell: (popular[target[cell]], target[cell])),
    ]


def smallest_plan(
    spec: Spec,
    apart: Separator,
    families: Sequence[Sequence[Identifier]],
    size: Callable[[ChainPlan], int],
    tried: int | None = None,
) -> ChainPlan:
    """Return the plan of the smallest suite found, of ``tried`` at most.

    ``size`` makes the suite of a plan.
    """
    plans = _first_plans(spec, families)
    changes = _Changes(spec, apart, families)
    best = next(plans)
    least = size(best)
    separation = len(spec.next) * (len(spec.next) - 1) // 2 * len(spec.cover[-1])
    steps = least + separation
    for _ in range(1, TRIED if tried is None else tried):
        if steps >= STEPS:
            break
        plan = next(plans, None) or changes.changed(best)
        made = size(plan)
        steps += made + separation
        if made <= least:
            best, least = plan, made
    return best


class _Changes:
    """Changes of one choice of a plan, from a fixed seed."""

    def __init__(
        self, spec: Spec, apart: Separator, families: Sequence[Sequence[Identifier]]
    ) -> None:
        self.spec, self.apart, self.families = spec, apart, families
        self._source = Random(0)  # noqa: S311 - tests, not secrets
        self._identifiers: dict[int, list[Identifier]] = {}

    def changed(self, plan: ChainPlan) -> ChainPlan:
        """Return a plan with another order, other words of a state, or another way to tell two."""
        kind = self._below(10)
        if kind < 5:
            return plan._replace(order=self._with_one_moved(plan.order))
        if kind < 8:
            s = self._below(len(plan.identifiers))
            words = self._words_of(s)
            chosen = [*plan.identifiers]
            chosen[s] = words[self._below(len(words))]
            return plan._replace(identifiers=chosen)
        pairs = self._with_one_moved([*plan.pairs_of(self.spec)])
        if pairs:
            place = self._below(len(pairs))
            s, t, _ = pairs[place]
            pairs[place] = (t, s, self._below(2)) if self._below(2) else (s, t, self._below(2))
        return plan._replace(pairs=pairs)

    def _below(self, end: int) -> int:
        return int(self._source.random() * end)

    def _with_one_moved(self, items: Sequence[Item]) -> list[Item]:
        moved = [*items]
        if moved:
            item = moved.pop(self._below(len(moved)))
            moved.insert(self._below(len(moved) + 1), item)
        return moved

    def _words_of(self, state: int) -> list[Identifier]:
        """Return several identifiers of a state."""
        known = self._identifiers.get(state)
        if known is None:
            from fsm.suites.distinguish.beam_search import BeamSearch  # numpy, if it is needed

            search = BeamSearch(self.spec)
            spare = partial(self.apart, state)
            found = {tuple(family[state].words): None for family in self.families}
            found |= {tuple(search.cheapest(state, cost, spare)): None for cost in OVERHEADS}
            known = [identifier_of(self.spec, state, words) for words in found]
            self._identifiers[state] = known
        return known
