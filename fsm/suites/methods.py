"""The methods by name: what each one proves, which machines it takes, how its tests are made."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, TypeAlias

from fsm.errors import FsmError
from fsm.suggest import remedy
from fsm.suites import estimate
from fsm.suites.derive import classical, coverage
from fsm.suites.derive.chain import chain_estimate, shortest_chain
from fsm.suites.derive.cover_product import product_tests
from fsm.suites.derive.state_counting import counting_bounds, counting_tests
from fsm.suites.derive.tours import check_sequences, tour
from fsm.suites.estimate import Estimate, ProductCounter, SuiteSize, fewest_inputs
from fsm.suites.specification import Spec, Word

__all__ = ["AUTO", "DEFAULT", "METHODS", "Method", "Options", "chain_steps", "method_of"]

AUTO = "auto"
"""The name under which the method is chosen from the counts of the machine."""

DEFAULT = AUTO


class Options(NamedTuple):
    """The options of a method besides the machine."""

    extra_states: int = 0
    seed: int = 0
    tests: int = 100
    length: int = 20
    progress: Callable[[int], object] = lambda _: None
    """Called now and then with the number of inputs that have been put into tests."""
    fewer_states: int = 0
    """How many states fewer than the specification an implementation may have at most."""
    known: tuple[Word, ...] = ()
    """Words that were run already and answered as specified: chain does not repeat them."""


Make: TypeAlias = Callable[[Spec, Options], Iterable[Word]]
Count: TypeAlias = Callable[[Spec, Options], Estimate]


class Method(NamedTuple):
    """A way to derive tests.

    ``runs`` says what the tests of a method that is not complete run; ``partial``, whether the
    method takes machines with missing cells; ``visible``, whether it needs visible states;
    ``by_cover``, whether a suite is complete for the fault domain of the state cover too, in which
    an implementation may have any number of states (:attr:`Guarantee.by_cover`).
    """

    name: str
    summary: str
    source: str
    make: Make
    bounds: Count
    """The bounds of the size of a suite, known before it is made."""
    runs: str = ""
    partial: bool = True
    visible: bool = False
    by_cover: bool = False
    inseparable: bool = False
    """Whether the method takes machines of which a trace cannot tell every two states apart."""

    @property
    def complete(self) -> bool:
        """Whether passing the suite proves equivalence within a fault domain."""
        return not self.runs


def _switch(n: int) -> tuple[Make, Count]:
    def count(spec: Spec, _: Options) -> Estimate:
        check_sequences(spec, n)
        return estimate.tour_bounds(spec, n)

    return lambda spec, _: tour(spec, n), count


def _classical(parts: Callable[[Spec, int], classical.Parts]) -> tuple[Make, Count]:
    def make(spec: Spec, options: Options) -> Iterator[Word]:
        tests = product_tests(spec, options.extra_states, *parts(spec, options.extra_states))
        return _with_progress(tests, options.progress)

    def count(spec: Spec, options: Options) -> Estimate:
        _check_depth(spec)
        basis, identify = parts(spec, options.extra_states)
        return ProductCounter(spec, options.extra_states, identify).product(basis)

    return make, count


MOST_STEPS = 30_000_000_000
"""The work within which the classical methods finish in about a minute, in steps."""


def _check_depth(spec: Spec) -> None:
    """Refuse a machine so large and so deep that its words cannot be told in reasonable time."""
    steps = len(spec.next) ** 2 * len(spec.cover[-1])
    if steps > MOST_STEPS:
        raise FsmError(
            f"{spec.name}: the words that tell {len(spec.next):,} states apart, up to "
            f"{len(spec.cover[-1]):,} inputs deep, would take about {steps:,} steps, and "
            f"{MOST_STEPS:,} are the most; no complete method is faster: take tour or pairs, which "
            "run all cells"
        )


def _with_progress(words: Iterable[Word], progress: Callable[[int], object]) -> Iterator[Word]:
    symbols = 0
    for word in words:
        symbols += len(word)
        progress(symbols)
        yield word


def _h(spec: Spec, options: Options) -> Iterator[Word]:
    return _with_progress(classical.shortest_h(spec, options.extra_states), options.progress)


def _h_count(spec: Spec, options: Options) -> Estimate:
    extra_states = options.extra_states
    basis, identify = classical.h(spec, extra_states)
    least, most = ProductCounter(spec, extra_states, identify).product(basis)
    if classical.reuses(spec, extra_states):  # which can only make it smaller
        least = SuiteSize(1, fewest_inputs(spec, extra_states))
    return Estimate(least, most)


MOST_STEPS_OF_CHAIN = 200_000_000
"""The work within which the chain method finishes in minutes, in steps."""


def chain_steps(spec: Spec) -> int:
    """Return the work of the chain method: it compares every two states, input by input.

    The words that tell two states apart, and those that lead to a state, can be as long as the
    machine is deep.
    """
    states = len(spec.next)
    return states * states * (len(spec.inputs) + len(spec.cover[-1]))


def _check_chain(spec: Spec) -> None:
    """Refuse a machine for which the chain method would run for longer than minutes."""
    steps = chain_steps(spec)
    if steps > MOST_STEPS_OF_CHAIN:
        other = "hsi" if spec.is_complete else "h"
        raise FsmError(
            f"{spec.name}: chain would take about {steps:,} steps for {len(spec.next):,} states, "
            f"and {MOST_STEPS_OF_CHAIN:,} are the most; take {other}, which needs fewer, or auto"
        )


def _observable(spec: Spec, options: Options) -> Iterator[Word]:
    return shortest_chain(spec, options.extra_states, options.progress, options.known)


def _observable_count(spec: Spec, options: Options) -> Estimate:
    return chain_estimate(spec, options.extra_states)


def _chain(spec: Spec, options: Options) -> Iterator[Word]:
    _check_chain(spec)
    return _observable(spec, options)


def _chain_count(spec: Spec, options: Options) -> Estimate:
    _check_chain(spec)
    return _observable_count(spec, options)


def _counted_states(spec: Spec, options: Options) -> int:
    return len(spec.next) + options.extra_states - options.fewer_states


def _counting(spec: Spec, options: Options) -> Iterator[Word]:
    tests = counting_tests(spec, _counted_states(spec, options))
    return _with_progress(tests, options.progress)


def _counting_count(spec: Spec, options: Options) -> Estimate:
    return counting_bounds(spec, _counted_states(spec, options))


_CHOW = "T. Chow, Testing Software Design Modeled by Finite-State Machines, 1978"
_CELLS = "A wrong output is detected, a wrong next state only if a later output shows it."
_CHAIN = (
    "A. Simao, A. Petrenko, N. Yevtushenko, On reducing test length for FSMs with extra states, "
    "2012; the proof is in fsm/suites/derive/chain.py"
)

METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        Method(
            "table",
            "every cell once, each by a shortest test",
            _CHOW,
            lambda spec, _: coverage.cell_tests(spec),
            lambda spec, _: estimate.cell_test_bounds(spec),
            runs=f"Every cell is run at least once. {_CELLS}",
        ),
        Method(
            "tour",
            "every cell, in the fewest inputs",
            "J. Edmonds, E. Johnson, Matching, Euler tours and the Chinese postman, 1973",
            *_switch(0),
            runs=f"Every cell is run at least once. {_CELLS}",
        ),
        Method(
            "pairs",
            "every two consecutive cells (1-switch), in the fewest inputs; also 2-switch, ...",
            _CHOW,
            *_switch(1),
            runs=f"Every two consecutive cells are run at least once. {_CELLS}",
        ),
        Method(
            "random",
            "random walks of a length, from a seed",
            "none",
            lambda spec, options: coverage.random_walks(spec, *options[1:4]),
            lambda _, options: estimate.walk_bounds(options.tests, options.length),
            runs="Random walks: nothing is guaranteed.",
        ),
        Method(
            "observable",
            "complete where the state is visible, as in a delivery log",
            _CHAIN,
            _observable,
            _observable_count,
            visible=True,
        ),
        Method(
            "w",
            "complete; the whole characterising set after every state",
            f"M. Vasilevskii, Failure diagnosis of automata, 1973; {_CHOW}",
            *_classical(classical.w),
            partial=False,
            by_cover=True,
        ),
        Method(
            "wp",
            "complete; after the last state only the words that identify it",
            "S. Fujiwara et al., Test Selection Based on Finite State Models, 1991",
            *_classical(classical.wp),
            partial=False,
            by_cover=True,
        ),
        Method(
            "hsi",
            "complete; harmonised state identifiers",
            "A. Petrenko, Checking experiments with protocol machines, 1991",
            *_classical(classical.hsi),
            partial=False,
            by_cover=True,
        ),
        Method(
            "h",
            "complete; any word that tells two traces apart",
            "R. Dorofeeva, K. El-Fakih, N. Yevtushenko, An Improved Conformance Testing Method, "
            "2005",
            _h,
            _h_count,
        ),
        Method(
            "chain",
            "complete; few long tests, each continuing an earlier one (as SPYH, smaller)",
            _CHAIN,
            _chain,
            _chain_count,
        ),
        Method(
            "counting",
            "complete; also where missing cells leave states that cannot be told apart",
            "A. Petrenko, N. Yevtushenko, Testing from Partial Deterministic FSM Specifications, "
            "2005; the proof is in fsm/suites/derive/state_counting.py",
            _counting,
            _counting_count,
            inseparable=True,
        ),
    )
}


ALIASES = {"spyh": "chain", "1-switch": "pairs", "0-switch": "tour"}
"""Other names of methods, in the literature; the suite here is the same or smaller."""


def method_of(name: str) -> Method:
    """Return the method of a name, also ``2-switch`` and the like; raises :class:`FsmError`."""
    name = str(name)
    if method := METHODS.get(ALIASES.get(name, name)):
        return method
    if switch := re.fullmatch(r"(\d{1,2})-switch", name):
        n = int(switch[1])
        runs = f"Every sequence of {n + 1} cells is run at least once. {_CELLS}"
        return Method(name, f"every sequence of {n + 1} cells", _CHOW, *_switch(n), runs=runs)
    known = remedy(name, (AUTO, *METHODS, "spyh"))
    raise FsmError(f"no method {name!r} for test suites; {known}, and 2-switch, 3-switch, ...")
