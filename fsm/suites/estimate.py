"""How large a suite will be, counted without making it.

A suite grows with the number of inputs to the power of the extra states, so its size must be
known before it is made. The tests of the methods W, Wp, HSI and H are the words of a product, and
these can be counted state by state: what follows a state depends on the state, on how many
middle inputs are still to come, and on the rest of the words that are owed to it. Of the others,
and where too many rests are owed at once, a lower and an upper bound are counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import combinations
from typing import NamedTuple, TypeAlias

from fsm.suites.derive.cover_product import Identify
from fsm.suites.specification import Spec, Word, maximal

__all__ = [
    "Estimate",
    "ProductCounter",
    "SuiteSize",
    "cell_test_bounds",
    "chain_bounds",
    "fewest_inputs",
    "format_inputs",
    "tour_bounds",
    "walk_bounds",
]

STEPS = 100_000
"""Cells that an exact count may look at; beyond, bounds are counted."""


class SuiteSize(NamedTuple):
    """The number of tests, and of their inputs without the resets."""

    tests: int
    symbols: int

    def __add__(self, other: tuple[int, ...]) -> SuiteSize:  # type: ignore[override]
        return SuiteSize(self.tests + other[0], self.symbols + other[1])

    def after(self, inputs: int) -> SuiteSize:
        """Return the size where so many inputs come before each test."""
        return SuiteSize(self.tests, self.symbols + self.tests * inputs)


NO_TESTS = SuiteSize(0, 0)


class Estimate(NamedTuple):
    """Bounds of the size of a suite; they are equal where it was counted exactly."""

    least: SuiteSize
    most: SuiteSize

    @property
    def is_exact(self) -> bool:
        """Whether there is but one possible size."""
        return self.least == self.most

    def __add__(self, other: tuple[SuiteSize, ...]) -> Estimate:  # type: ignore[override]
        return Estimate(self.least + other[0], self.most + other[1])


Follow: TypeAlias = Callable[[int, int, tuple[Word, ...]], SuiteSize]


class ProductCounter:
    """Counts the tests of ``cover x middle x identifiers``; see ``derive/cover_product``."""

    def __init__(self, spec: Spec, extra_states: int, identify: Identify) -> None:
        self.spec, self.extra_states, self.identify = spec, extra_states, identify

    def product(self, basis: Sequence[Sequence[Word]]) -> Estimate:
        """Return the size of :func:`fsm.suites.derive.cover_product.product_tests`."""
        try:
            exact = self._product(basis, self._exact())
        except _TooManyError:
            empty: list[list[Word]] = [[] for _ in basis]
            fewest = self._product(empty, self._least())
            owed = (
                SuiteSize(1, len(way) + len(word))
                for way, words in zip(self.spec.cover, basis, strict=True)
                for word in words
            )
            return Estimate(fewest, sum(owed, self._product(empty, self._most())))
        return Estimate(exact, exact)

    def _product(self, basis: Sequence[Sequence[Word]], follow: Follow) -> SuiteSize:
        spec, found = self.spec, NO_TESTS
        owed = [list(words) for words in basis]
        for s, way in enumerate(spec.cover):
            row = [(x, t) for x, t in enumerate(spec.next[s]) if t >= 0]
            for x, t in row:
                rest = [word[1:] for word in owed[s] if word and word[0] == x]
                if spec.parent[t] == (s, x):
                    owed[t] += rest
                else:
                    found += follow(t, self.extra_states, _key(rest)).after(len(way) + 1)
            if not row:
                found += SuiteSize(1, len(way))
        return found

    def transitions(self) -> Iterator[tuple[int, SuiteSize]]:
        """Yield, for each transition outside the cover, its source and at most what follows it.

        That is the size of :func:`fsm.suites.derive.cover_product.tails` behind it, the transition
        included, for each number of further inputs up to that of the extra states.
        """
        try:
            found = list(self._transitions(self._exact()))
        except _TooManyError:
            found = list(self._transitions(self._most()))
        yield from found

    def _transitions(self, follow: Follow) -> Iterator[tuple[int, SuiteSize]]:
        spec = self.spec
        for depth in range(self.extra_states + 1):
            for s, x, t in spec.cells():
                if spec.parent[t] != (s, x):
                    yield s, follow(t, depth, ()).after(1)

    # What follows a state -------------------------------------------------------------------

    def _exact(self) -> Follow:
        spec, known = self.spec, dict[tuple[int, int, tuple[Word, ...]], SuiteSize]()
        left = STEPS

        def follow(state: int, depth: int, owed: tuple[Word, ...]) -> SuiteSize:
            nonlocal left
            key = state, depth, owed
            if key in known:
                return known[key]
            left -= len(spec.inputs)
            if left < 0:
                raise _TooManyError
            words = [*self.identify(state, depth), *owed]
            if depth == 0:
                ends = maximal(words) or [()]
                size = SuiteSize(len(ends), sum(map(len, ends)))
            else:
                size = NO_TESTS
                for x, t in enumerate(spec.next[state]):
                    if t >= 0:
                        rest = _key(word[1:] for word in words if word and word[0] == x)
                        size += follow(t, depth - 1, rest).after(1)
                size = size if size.tests else SuiteSize(1, 0)
            return known.setdefault(key, size)

        return follow

    def _least(self) -> Follow:
        """Count without the words that are owed: there may be no more tests than these."""
        return self._layers(lambda state, depth: [] if depth else self.identify(state, 0))

    def _most(self) -> Follow:
        """Count each word as a test of its own."""
        return self._layers(self.identify)

    def _layers(self, identify: Identify) -> Follow:
        spec = self.spec
        layers: list[list[SuiteSize]] = []

        def follow(state: int, depth: int, owed: tuple[Word, ...]) -> SuiteSize:  # noqa: ARG001
            while len(layers) <= depth:
                before, here = layers[-1] if layers else [], []
                for s, row in enumerate(spec.next):
                    words = identify(s, len(layers))
                    size = SuiteSize(len(words), sum(map(len, words)))
                    for t in row if before else ():
                        size += before[t].after(1) if t >= 0 else NO_TESTS
                    here.append(size if size.tests else SuiteSize(1, 0))
                layers.append(here)
            return layers[depth][state]

        return follow


class _TooManyError(Exception):
    """There is too much to be counted exactly."""


def _key(words: Iterable[Word]) -> tuple[Word, ...]:
    return tuple(sorted({word for word in words if word}))


# Other methods -------------------------------------------------------------------------------


def chain_bounds(
    spec: Spec,
    extra_states: int,
    identify: Identify,
    pairs: Callable[[int, int], Word | None],
    told: Sequence[dict[int, Word]],
) -> Estimate:
    """Return bounds of a chain_bounds suite; see :mod:`fsm.suites.derive.chain`.

    At least every word of up to ``extra_states`` inputs is run behind every transition outside
    the cover, each of its inputs once. At most each of them, with the words that identify where it
    leads, is a test of its own, shorter ones too.
    """
    cover = spec.cover
    most = sum((SuiteSize(1, len(way)) for way in cover), NO_TESTS)
    for s, size in ProductCounter(spec, extra_states, identify).transitions():
        most += size.after(len(cover[s]))
    for s, t in combinations(range(len(cover)), 2):
        length = len(pairs(s, t) or ())
        most += SuiteSize(2, len(cover[s]) + len(cover[t]) + 2 * length)
    for words in told:
        for other, word in words.items():
            most += SuiteSize(1, len(cover[other]) + len(word))
    return Estimate(SuiteSize(1, fewest_inputs(spec, extra_states)), most)


def fewest_inputs(spec: Spec, extra_states: int) -> int:
    """Return how many inputs every complete suite has at least, whatever the method.

    Every word of up to ``extra_states`` inputs must be run behind every transition outside the
    cover; this counts what these words do not have in common.
    """
    nodes = [1] * len(spec.next)
    for _ in range(extra_states):
        nodes = [1 + sum(nodes[t] for t in row if t >= 0) for row in spec.next]
    return sum(nodes[t] for s, x, t in spec.cells() if spec.parent[t] != (s, x))


def cell_test_bounds(spec: Spec) -> Estimate:
    """Return the size of ``table``: one test to each cell, unless a longer one runs it."""
    ends = [
        len(spec.cover[s]) + 1
        for s, x, t in spec.cells()
        if spec.parent[t] != (s, x) or max(spec.next[t], default=-1) < 0
    ]
    size = SuiteSize(len(ends), sum(ends)) if ends else SuiteSize(1, len(spec.cover[-1]))
    return Estimate(size, size)


def tour_bounds(spec: Spec, switch: int) -> Estimate:
    """Return bounds of a tour that runs every sequence of ``switch + 1`` cells."""
    paths = [1] * len(spec.next)
    for _ in range(switch + 1):
        paths = [sum(paths[t] for t in row if t >= 0) for row in spec.next]
    ways = list(zip(spec.cover, paths, strict=True))
    most = sum(count * (len(way) + switch + 1) for way, count in ways)
    count = sum(paths)
    covers = SuiteSize(len(ways), sum(len(way) for way, _ in ways))
    return Estimate(SuiteSize(1, count), covers + SuiteSize(count, most))


def walk_bounds(tests: int, length: int) -> Estimate:
    """Return bounds of random walk_bounds: equal ones are one test."""
    return Estimate(SuiteSize(1, 0), SuiteSize(tests, tests * length))


def format_inputs(count: int) -> str:
    """Return a number of inputs in words; of a huge one, its size.

    >>> format_inputs(1_200_000), format_inputs(10**40)
    ('1,200,000', '1.0e+40')
    """
    return f"{count:,}" if count < 10**15 else f"{Decimal(count):.1e}"
