"""The size of a suite, counted without making it.

A suite grows with the number of inputs to the power of the extra states, so its size must be
known before it is made. The tests of the methods W, Wp, HSI and H are the words of a product,
which can be counted state by state: what follows a state depends on the state, on the number of
middle inputs still to come, and on the remainders of words appended to earlier states. For the
other methods, and where there are too many remainders at once, bounds are counted.
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
"""The number of cells that an exact count may visit; beyond it, bounds are counted."""


class SuiteSize(NamedTuple):
    """The number of tests, and of their inputs without the resets."""

    tests: int
    """How many tests there are."""
    symbols: int
    """How many inputs they have together."""

    def __add__(self, other: tuple[int, ...]) -> SuiteSize:  # type: ignore[override]
        return SuiteSize(self.tests + other[0], self.symbols + other[1])

    def after(self, inputs: int) -> SuiteSize:
        """Return the size with this many more inputs before each test."""
        return SuiteSize(self.tests, self.symbols + self.tests * inputs)


NO_TESTS = SuiteSize(0, 0)


class Estimate(NamedTuple):
    """Bounds of the size of a suite, equal where it was counted exactly."""

    least: SuiteSize
    most: SuiteSize

    @property
    def is_exact(self) -> bool:
        """Whether both bounds are the same."""
        return self.least == self.most

    def __add__(self, other: tuple[SuiteSize, ...]) -> Estimate:  # type: ignore[override]
        return Estimate(self.least + other[0], self.most + other[1])


Follow: TypeAlias = Callable[[int, int, tuple[Word, ...]], SuiteSize]
"""The size of what follows a state, by the inputs still to come and the remainders."""


class ProductCounter:
    """Counts the tests of cover x middle x identifiers; see ``derive/cover_product``."""

    def __init__(self, spec: Spec, extra_states: int, identify: Identify) -> None:
        self.spec, self.extra_states, self.identify = spec, extra_states, identify

    def product(self, basis: Sequence[Sequence[Word]]) -> Estimate:
        """Return the size of :func:`fsm.suites.derive.cover_product.product_tests`."""
        try:
            exact = self._product(basis, self._exact())
        except _TooManyError:
            empty: list[list[Word]] = [[] for _ in basis]
            fewest = self._product(empty, self._least())
            remainders = (
                SuiteSize(1, len(path) + len(word))
                for path, words in zip(self.spec.cover, basis, strict=True)
                for word in words
            )
            return Estimate(fewest, sum(remainders, self._product(empty, self._most())))
        return Estimate(exact, exact)

    def _product(self, basis: Sequence[Sequence[Word]], follow: Follow) -> SuiteSize:
        spec, size = self.spec, NO_TESTS
        remainders = [list(words) for words in basis]
        for s, path in enumerate(spec.cover):
            row = [(x, t) for x, t in enumerate(spec.next[s]) if t >= 0]
            for x, t in row:
                rest = [word[1:] for word in remainders[s] if word and word[0] == x]
                if spec.parent[t] == (s, x):
                    remainders[t] += rest
                else:
                    size += follow(t, self.extra_states, _key(rest)).after(len(path) + 1)
            if not row:
                size += SuiteSize(1, len(path))
            remainders[s] = []
        return size

    def transitions(self) -> Iterator[tuple[int, SuiteSize]]:
        """Yield the source of each transition outside the cover, and a bound of what follows it.

        That is the size of :func:`fsm.suites.derive.cover_product.tails` behind it, the transition
        included, for each number of further inputs up to that of the extra states.
        """
        try:
            sizes = list(self._transitions(self._exact()))
        except _TooManyError:
            sizes = list(self._transitions(self._most()))
        yield from sizes

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

        def follow(state: int, depth: int, remainders: tuple[Word, ...]) -> SuiteSize:
            nonlocal left
            key = state, depth, remainders
            if key in known:
                return known[key]
            left -= len(spec.inputs)
            if left < 0:
                raise _TooManyError
            words = [*self.identify(state, depth), *remainders]
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
        """Count without remainders: a lower bound."""
        return self._layers(lambda state, depth: [] if depth else self.identify(state, 0))

    def _most(self) -> Follow:
        """Count each word as a test of its own: an upper bound."""
        return self._layers(self.identify)

    def _layers(self, identify: Identify) -> Follow:
        spec = self.spec
        layers: list[list[SuiteSize]] = []

        def follow(state: int, depth: int, remainders: tuple[Word, ...]) -> SuiteSize:  # noqa: ARG001
            while len(layers) <= depth:
                before, layer = layers[-1] if layers else [], []
                for s, row in enumerate(spec.next):
                    words = identify(s, len(layers))
                    size = SuiteSize(len(words), sum(map(len, words)))
                    for t in row if before else ():
                        size += before[t].after(1) if t >= 0 else NO_TESTS
                    layer.append(size if size.tests else SuiteSize(1, 0))
                layers.append(layer)
            return layers[depth][state]

        return follow


class _TooManyError(Exception):
    """An exact count would visit too many cells."""


def _key(words: Iterable[Word]) -> tuple[Word, ...]:
    return tuple(sorted({word for word in words if word}))


# Other methods -------------------------------------------------------------------------------


def chain_bounds(
    spec: Spec,
    extra_states: int,
    identify: Identify,
    apart: Callable[[int, int], Word | None],
    prefixes: Sequence[dict[int, Word]],
) -> Estimate:
    """Return bounds of a chained suite; see :mod:`fsm.suites.derive.chain`.

    Lower bound: every word of up to ``extra_states`` inputs is run after every transition outside
    the cover, each of its inputs once. Upper bound: each of these words, shorter ones too, is a
    test of its own with the words that identify the state it leads to.
    """
    cover = spec.cover
    most = sum((SuiteSize(1, len(path)) for path in cover), NO_TESTS)
    for s, size in ProductCounter(spec, extra_states, identify).transitions():
        most += size.after(len(cover[s]))
    for s, t in combinations(range(len(cover)), 2):
        length = len(apart(s, t) or ())
        most += SuiteSize(2, len(cover[s]) + len(cover[t]) + 2 * length)
    for words in prefixes:
        for other, word in words.items():
            most += SuiteSize(1, len(cover[other]) + len(word))
    return Estimate(SuiteSize(1, fewest_inputs(spec, extra_states)), most)


def fewest_inputs(spec: Spec, extra_states: int) -> int:
    """Return the number of inputs that every complete suite has at least, by any method.

    Every word of up to ``extra_states`` inputs must be run after every transition outside the
    cover; inputs that several of these words share are counted once.
    """
    nodes = [1] * len(spec.next)
    for _ in range(extra_states):
        nodes = [1 + sum(nodes[t] for t in row if t >= 0) for row in spec.next]
    return sum(nodes[t] for s, x, t in spec.cells() if spec.parent[t] != (s, x))


def cell_test_bounds(spec: Spec) -> Estimate:
    """Return the size of ``table``: one test for each cell, unless a longer one runs it."""
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
    lengths = list(map(len, spec.cover))
    most = sum(n * (length + switch + 1) for length, n in zip(lengths, paths, strict=True))
    count = sum(paths)
    covers = SuiteSize(len(lengths), sum(lengths))
    return Estimate(SuiteSize(1, count), covers + SuiteSize(count, most))


def walk_bounds(tests: int, length: int) -> Estimate:
    """Return bounds of random walks; equal walks are one test."""
    return Estimate(SuiteSize(1, 0), SuiteSize(tests, tests * length))


def format_inputs(count: int) -> str:
    """Return a number of inputs as text; a huge one with two digits and its power of ten.

    >>> format_inputs(1_200_000), format_inputs(10**40)
    ('1,200,000', '1.0e+40')
    """
    return f"{count:,}" if count < 10**15 else f"{Decimal(count):.1e}"
