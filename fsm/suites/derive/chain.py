"""A complete suite of few, long tests: each goes on where an earlier one ended.

Two traces *converge* when every implementation of the fault domain that passes the tests so far
reaches equivalent states by them. A trace that converges with the covering word of a state can
stand for it: tests that must follow the state may follow the trace, at the end of a test that
exists already. The tests are kept in a graph in which converging traces are one node.

The sufficient condition is that of A. Simao, A. Petrenko, N. Yevtushenko, On reducing test
length for FSMs with extra states (STVR 2012), with words chosen as in the H-method (R. Dorofeeva
et al., 2005). Let the specification have n states, the implementation at most n + k, and let it
pass the tests. "Told apart" means that both traces are followed by a word on which the
specification answers differently, so that they reach different states of the implementation.

*Lemma.* Let the covering words be told apart pairwise. Let traces a and b lead to one state of
the specification, let both be followed by every word of up to k inputs, and for each such word w
let all traces a.v and b.v (v a prefix of w) be told apart from each other and from the covering
words wherever they lead to different states of the specification. Then a and b converge.

*Proof.* Otherwise let w be a shortest word with different answers after a and b, of length l. By
the tests l > k. For i = 0..k let a_i, b_i be the states of the implementation after i inputs of
w; they lead to one state s_i of the specification, and the shortest word that tells a_i from b_i
has length exactly l - i. Group the states of the implementation reached by the traces named by
the state of the specification: groups are disjoint, and each of the n has the covering word's
state, so their sizes minus 1 add up to at most k. In a group of g states, "no word of up to j
inputs tells them apart" is an equivalence that can get finer for at most g - 1 lengths j. So
there are at most k lengths at which shortest words exist, but l, l - 1, ..., l - k are k + 1. []

Once every transition leads where it should, up to convergence, the implementation is
equivalent. For a partial specification, read "every word that it defines" throughout.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, lru_cache
from itertools import combinations

from fsm.suites.derive.convergence_graph import ConvergenceGraph
from fsm.suites.derive.cover_product import tails
from fsm.suites.distinguish.identifiers import (
    Identifier,
    Separator,
    arrivals,
    few_words,
    pair_words,
    words_before,
)
from fsm.suites.distinguish.separation import state_separator
from fsm.suites.estimate import Estimate, chain_bounds
from fsm.suites.specification import Spec, Word

__all__ = ["chain_estimate", "chain_tests", "shortest_chain"]

SMALL = 50_000
"""Suites with at most this many words of cover and middle are made in several orders.

The middle of a test are the inputs between the covering word and the words that identify the state
reached: one transition, and up to as many further inputs as there are extra states.
"""


def chain_tests(
    spec: Spec,
    extra_states: int,
    apart: Separator,
    identifiers: Sequence[Identifier],
    order: Iterable[tuple[int, int]],
    progress: Callable[[int], object] = lambda _: None,
    known: Iterable[Word] = (),
) -> Iterator[Word]:
    """Yield the tests, none a prefix of another, each as soon as it cannot grow any more.

    Transitions are merged in the order given, which must name all that are not in the cover;
    the guarantee does not depend on it, the size does. Identifiers must tell each state from
    every other one. ``progress`` is called with the number of inputs of the tests so far. ``known``
    are words that were run already and answered as specified: together with the tests they are
    the suite, and may have the tests as prefixes.
    """
    tests = ConvergenceGraph(spec)
    for word in known:
        tests.follow(word)
    chain = _Chain(spec, extra_states, identifiers, tests, progress)
    chain.run_covers()
    chain.separate_covers(apart)
    yield from tests.finished()
    for s, x in order:
        chain.converge(s, x)
        tests.merge_into_target(s, x)
        yield from tests.finished()


def shortest_chain(
    spec: Spec,
    extra_states: int,
    progress: Callable[[int], object] = lambda _: None,
    known: Sequence[Word] = (),
) -> Iterator[Word]:
    """Yield the tests of the chain method, the shortest of several suites.

    Several orders, with few words for each state and with short ones, are tried only where the
    suite is small. A large one is made in the order of
    the cover, and its tests are yielded while it is made.
    """
    if next(spec.cells(), None) is None:
        return iter([()])
    apart, identifiers = _words(spec, extra_states)
    orders = list(_orders(spec))
    if sum(arrivals(spec, extra_states)) > SMALL:
        return chain_tests(spec, extra_states, apart, identifiers, orders[0], progress, known)
    suites = [
        list(chain_tests(spec, extra_states, apart, words, order, known=known))
        for words in (identifiers, pair_words(spec, apart))
        for order in orders
    ]
    return iter(min(suites, key=lambda words: sum(map(len, words))))


@lru_cache(2)  # a suite is counted, then made
def _words(spec: Spec, extra_states: int) -> tuple[Separator, list[Identifier]]:
    """Return the separator of a specification, and an identifier of each state."""
    apart = state_separator(spec)
    return apart, few_words(spec, apart, extra_states)


def chain_estimate(spec: Spec, extra_states: int) -> Estimate:
    """Return bounds of the size of :func:`shortest_chain`."""
    apart, identifiers = _words(spec, extra_states)

    @cache
    def identify(state: int, ahead: int) -> list[Word]:
        return words_before(spec, identifiers, state, ahead)

    return chain_bounds(
        spec, extra_states, identify, apart, [identifier.prefixes for identifier in identifiers]
    )


def _orders(spec: Spec) -> Iterator[list[tuple[int, int]]]:
    """Yield orders of the transitions outside the cover: by source, by popularity, by target.

    Each comes forwards and backwards.
    """
    cells = [(s, x, t) for s, x, t in spec.cells() if spec.parent[t] != (s, x)]
    popular = Counter(t for _, _, t in cells)
    yield [(s, x) for s, x, _ in cells]
    yield [(s, x) for s, x, _ in sorted(cells, key=lambda cell: (-popular[cell[2]], cell[2]))]
    yield [(s, x) for s, x, _ in sorted(cells, key=lambda cell: cell[2])]
    yield [(s, x) for s, x, _ in reversed(cells)]
    yield [(s, x) for s, x, _ in sorted(cells, key=lambda cell: -cell[2])]
    yield [(s, x) for s, x, _ in sorted(cells, key=lambda cell: (popular[cell[2]], cell[2]))]


class _Chain:
    """The conditions of the lemma, each met by extending tests where they do not meet it yet."""

    def __init__(
        self,
        spec: Spec,
        extra_states: int,
        identifiers: Sequence[Identifier],
        tests: ConvergenceGraph,
        progress: Callable[[int], object],
    ) -> None:
        self.spec = spec
        self.extra_states = extra_states
        self.identifiers = identifiers
        self.tests = tests
        self.progress = progress
        self.words: dict[tuple[int, int], list[Word]] = {}
        """The words that identify a state, by the number of inputs that are still to come."""
        self.followed = [0] * len(spec.next)
        """The length up to which all words follow each state already, each identified."""

    def separate_covers(self, apart: Separator) -> None:
        """Tell the covering words apart, pairwise."""
        shown = self.spec.shown
        for s, t in combinations(range(len(shown)), 2):
            word = apart(s, t)
            if word:
                self.tests.extend(s, word)
                self.tests.extend(t, word)

    def run_covers(self) -> None:
        """Run the covering words that are no prefix of another one."""
        passed = {cell[0] for cell in self.spec.parent if cell}
        for s in range(len(self.spec.next)):
            if s not in passed:
                self.tests.lead_to(s)

    def converge(self, state: int, x: int) -> None:
        """Make a transition converge with the covering word of the state it leads to."""
        self.follow_by_all(self.spec.next[state][x], self.extra_states)
        self.follow_transition(state, x, self.extra_states)

    def follow_by_all(self, state: int, length: int) -> None:
        """Let a state be followed by all words of a length, and identify what they reach."""
        if length <= self.followed[state]:
            return
        self.followed[state] = length
        for x, t in enumerate(self.spec.next[state]):
            if t < 0:
                continue
            if self.tests.is_merged(state, x):
                self.follow_by_all(t, length - 1)
            else:
                self.follow_transition(state, x, length - 1)

    def follow_transition(self, state: int, x: int, length: int) -> None:
        """Let a transition be followed by all words up to a length, each identified."""
        for word in tails(self.spec, self.words_identifying, self.spec.next[state][x], length, []):
            self.tests.extend(state, (x, *word))
            self.progress(self.tests.symbols)

    def words_identifying(self, state: int, length: int) -> list[Word]:
        """Return the words that identify a state which all words of a length are to follow."""
        words = self.words.get((state, length))
        if words is None:
            if (state, 0) not in self.words:
                self.tell_from_others(state)
            words = words_before(self.spec, self.identifiers, state, length)
            self.words[state, length] = words
        return words

    def tell_from_others(self, state: int) -> None:
        """Let the other states be followed by the words that tell the state from them.

        A word that follows the state alone tells nothing: the answer of the other state is missing.
        """
        for other, word in self.identifiers[state].prefixes.items():
            self.tests.extend(other, word)
        self.words[state, 0] = self.identifiers[state].words
