"""A complete suite for partial machines whose states cannot all be told apart: by counting states.

Where no trace that both accept tells two states apart, no identifier of a state exists. But of a
*group*, states that can be told apart pairwise, the implementation has as many states at least. A
test goes on from a state until it has met the states of some group so often that two of the traces
so far lead to one state of the implementation; see A. Petrenko, N. Yevtushenko, Testing from
Partial Deterministic FSM Specifications, IEEE Transactions on Computers 54 (2005).

*Theorem.* Let the implementation have at most m states and pass the tests: after each word of the
state cover, all words whose way meets no group R more often than m - |R| times before their last
input, each prefix followed by the words that tell its state from the others. Then it answers every
trace that the specification defines as the specification does.

*Proof.* Otherwise take a covering word v and a word b after it with a wrong answer, b shortest of
all. The tests end before, so some group R is met m - |R| + 1 times on the way of b, after one or
more inputs. Together with the covering words of R these are m + 1 traces, of which two lead to one
state of the implementation. They lead to one state of the specification, since the states of R are
told apart. Where one of them is a covering word, the rest of b after the other is a shorter wrong
word; where both are on the way of b, so is b without what is between them. []
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from fsm.suites.distinguish.separation import state_separator
from fsm.suites.estimate import NO_TESTS, Estimate, SuiteSize, fewest_inputs
from fsm.suites.specification import Spec, Word, maximal

__all__ = ["counting_bounds", "counting_tests", "largest_group"]

STEPS = 200_000
"""The number of places of tests that are counted exactly; beyond it, a bound is computed."""


class _Parts(NamedTuple):
    """What the tests are made of: for each state its groups, by number, and its words."""

    groups: list[list[int]]
    of: list[list[int]]
    words: list[list[Word]]


@lru_cache(2)  # a suite is counted, then made
def _parts(spec: Spec) -> _Parts:
    apart = state_separator(spec)
    states = range(len(spec.next))
    words: list[list[Word]] = [[] for _ in states]
    told = [0] * len(states)  # the states that each can be told from, as bits
    for s in states:
        for t in range(s):
            word = apart(s, t)
            if word is not None:
                told[s] |= 1 << t
                told[t] |= 1 << s
                words[s].append(word)
                words[t].append(word)
    groups = sorted({tuple(_group(s, told)) for s in states})
    of = [[i for i, group in enumerate(groups) if s in group] for s in states]
    return _Parts([list(group) for group in groups], of, [maximal(filter(None, w)) for w in words])


def _group(state: int, told: Sequence[int]) -> list[int]:
    """Return states that can be told apart pairwise, one of them given: greedy, most partners."""
    group, left = [state], told[state]
    while left:
        members = (t for t in range(len(told)) if left >> t & 1)
        best = max(members, key=lambda t: ((told[t] & left).bit_count(), -t))
        group.append(best)
        left &= told[best]
    return sorted(group)


def largest_group(spec: Spec) -> int:
    """Return how many states of a specification can be told apart pairwise, at least."""
    return max(map(len, _parts(spec).groups))


def counting_tests(spec: Spec, states: int) -> Iterator[Word]:
    """Yield the tests for implementations of at most so many states, none a prefix of another.

    ``states`` must not be fewer than :func:`largest_group`.
    """
    parts = _parts(spec)
    tests = set[Word]()
    for s, path in enumerate(spec.cover):
        tests.update(path + word for word in parts.words[s] or ((),))
        for x, t in enumerate(spec.next[s]):
            if t >= 0 and spec.parent[t] != (s, x):
                _add(spec, parts, tests, (*path, x), t, _left(parts, states))
    yield from maximal(tests)


def _left(parts: _Parts, states: int) -> tuple[int, ...]:
    """Return how often the states of each group may still be met before a test ends."""
    return tuple(states - len(group) + 1 for group in parts.groups)


def _met(parts: _Parts, state: int, left: tuple[int, ...]) -> tuple[int, ...]:
    after = list(left)
    for group in parts.of[state]:
        after[group] -= 1
    return tuple(after)


def _add(
    spec: Spec, parts: _Parts, tests: set[Word], start: Word, state: int, left: tuple[int, ...]
) -> None:
    """Add the tests that go on after a trace, depth first."""
    open_traces = [(start, state, left)]
    while open_traces:
        path, s, before = open_traces.pop()
        after = _met(parts, s, before)
        tests.update(path + word for word in parts.words[s] or ((),))
        if min(after) > 0:
            for x, t in enumerate(spec.next[s]):
                if t >= 0:
                    open_traces.append(((*path, x), t, after))


def counting_bounds(spec: Spec, states: int) -> Estimate:
    """Return bounds of the size of :func:`counting_tests`: each word counts as a test."""
    parts = _parts(spec)
    most = NO_TESTS
    for path, words in zip(spec.cover, parts.words, strict=True):
        most += SuiteSize(len(words) + 1, sum(map(len, words))).after(len(path))
    known: dict[tuple[int, tuple[int, ...]], SuiteSize] = {}
    for s, x, t in spec.cells():
        if spec.parent[t] != (s, x):
            follow = _size(spec, parts, t, _left(parts, states), known)
            if follow is None:
                return Estimate(SuiteSize(1, 0), _rough(spec, parts, states))
            most += follow.after(len(spec.cover[s]) + 1)
    return Estimate(SuiteSize(1, min(fewest_inputs(spec, 0), most.symbols)), most)


def _size(
    spec: Spec,
    parts: _Parts,
    state: int,
    left: tuple[int, ...],
    known: dict[tuple[int, tuple[int, ...]], SuiteSize],
) -> SuiteSize | None:
    """Return the size of what follows a state, ``None`` where there is too much to count."""
    stack = [(state, left)]
    while stack:
        key = s, before = stack[-1]
        if key in known:
            stack.pop()
            continue
        if len(known) + len(stack) > STEPS:
            return None
        after = _met(parts, s, before)
        targets = [(x, t) for x, t in enumerate(spec.next[s]) if t >= 0 and min(after) > 0]
        waiting = [(t, after) for _, t in targets if (t, after) not in known]
        if waiting:
            stack += waiting
            continue
        words = parts.words[s]
        size = SuiteSize(len(words) + 1, sum(map(len, words)))
        for _, t in targets:
            size += known[t, after].after(1)
        known[key] = size
        stack.pop()
    return known[state, left]


def _rough(spec: Spec, parts: _Parts, states: int) -> SuiteSize:
    """Return a bound from the number of inputs and the longest way alone."""
    longest = 1 + sum(states - len(group) for group in parts.groups)
    ways = len(spec.next) * max(2, len(spec.inputs)) ** (longest + 1)
    most = max(map(len, parts.words)) + 1
    length = max((len(word) for words in parts.words for word in words), default=0)
    return SuiteSize(ways * most, ways * most * (len(spec.cover[-1]) + longest + length))
