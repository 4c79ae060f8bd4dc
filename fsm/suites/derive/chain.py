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

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, lru_cache

from fsm.suites.derive.chain_plan import (
    ChainPlan,
    cover_order,
    identifier_families,
    smallest_plan,
)
from fsm.suites.derive.convergence_graph import ConvergenceGraph
from fsm.suites.derive.cover_product import tails
from fsm.suites.distinguish.identifiers import (
    Identifier,
    Separator,
    arrivals,
    few_words,
    words_before,
)
from fsm.suites.distinguish.separation import state_separator
from fsm.suites.estimate import Estimate, chain_bounds
from fsm.suites.specification import Spec, Word

__all__ = ["chain_estimate", "chain_tests", "shortest_chain"]

SMALL = 50_000
"""Suites with at most this many words of cover and middle are made by several plans.

The middle of a test are the inputs between the covering word and the words that identify the state
reached: one transition, and up to as many further inputs as there are extra states.
"""

FEW = 24
"""How many plans are tried beside words that are known."""


def chain_tests(
    spec: Spec,
    extra_states: int,
    apart: Separator,
    plan: ChainPlan,
    progress: Callable[[int], object] = lambda _: None,
    known: Iterable[Word] = (),
) -> Iterator[Word]:
    """Yield the tests, none a prefix of another, each as soon as it cannot grow any more.

    ``progress`` is called with the number of inputs of the tests so far. ``known`` are words that
    were run already and answered as specified: they and the tests together are the suite.
    """
    tests = ConvergenceGraph(spec)
    for word in known:
        tests.follow(word)
    chain = _Chain(spec, extra_states, plan, tests, progress)
    chain.run_covers()
    chain.separate_covers(apart)
    yield from tests.finished()
    for s, x in plan.order:
        chain.converge(s, x)
        tests.merge_into_target(s, x)
        yield from tests.finished()


def shortest_chain(
    spec: Spec,
    extra_states: int,
    progress: Callable[[int], object] = lambda _: None,
    known: Sequence[Word] = (),
) -> Iterator[Word]:
    """Yield the tests of the chain method, by the best plan found.

    Several plans are tried, and changed step by step, only where the suite is small. A large one
    is made in the order of the cover, and its tests are yielded while it is made. Beside words that
    are known, plans are tried without a search, since there are many such suites when a machine
    is learnt.
    """
    if next(spec.cells(), None) is None:
        return iter([()])
    plan = _plan_beside(spec, extra_states, known, FEW) if known else _plan(spec, extra_states)
    return chain_tests(spec, extra_states, state_separator(spec), plan, progress, known)


@lru_cache(2)  # a suite is made more than once: to count it, then to write it
def _plan(spec: Spec, extra_states: int) -> ChainPlan:
    """Return the plan by which the suite is smallest, of those that are tried."""
    return _plan_beside(spec, extra_states, ())


def _plan_beside(
    spec: Spec, extra_states: int, known: Sequence[Word], tried: int | None = None
) -> ChainPlan:
    """Return the plan by which the fewest inputs are to be run beside words that are known."""
    apart, identifiers = _words(spec, extra_states)
    if sum(arrivals(spec, extra_states)) > SMALL:
        return ChainPlan(cover_order(spec), identifiers)

    def size(plan: ChainPlan) -> int:
        return sum(map(len, chain_tests(spec, extra_states, apart, plan, known=known)))

    return smallest_plan(spec, apart, identifier_families(spec, apart, identifiers), size, tried)


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


class _Chain:
    """The conditions of the lemma, each met by extending tests where they do not meet it yet."""

    def __init__(
        self,
        spec: Spec,
        extra_states: int,
        plan: ChainPlan,
        tests: ConvergenceGraph,
        progress: Callable[[int], object],
    ) -> None:
        self.spec = spec
        self.extra_states = extra_states
        self.plan = plan
        self.identifiers = plan.identifiers
        self.tests = tests
        self.progress = progress
        self.words: dict[tuple[int, int], list[Word]] = {}
        """The words that identify a state, by the number of inputs that are still to come."""
        self.followed = [0] * len(spec.next)
        """The length up to which all words follow each state already, each identified."""

    def separate_covers(self, apart: Separator) -> None:
        """Tell the covering words apart, pairwise, unless the tests do already."""
        for s, t, choice in self.plan.pairs_of(self.spec):
            word = self.plan.separating_word(s, t, choice, apart)
            if word and not self.tests.tells_apart(s, t):
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
