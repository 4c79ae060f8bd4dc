"""The suite of a machine by a method: its tests, their size and their guarantee.

>>> import fsm
>>> tests = suite(fsm.load("with-feedback"))
>>> tests.size
SuiteSize(tests=14, symbols=67)
>>> tests.guarantee.domain
'all machines with at most 5 states over the same 6 inputs'
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple, TypeAlias, get_args

from fsm.arguments import check_choice, check_count, check_flags
from fsm.catalog import as_specification
from fsm.errors import FsmError, MachineError
from fsm.machine import Machine
from fsm.mealy import Mealy, Observable
from fsm.presentation import RichValue
from fsm.suites.choice import choose_method
from fsm.suites.completion import Completion, completed, describe_completion, describe_missing
from fsm.suites.derive.coverage import with_every_cell
from fsm.suites.distinguish.separation import inseparable_pair
from fsm.suites.equivalence import reduced
from fsm.suites.estimate import Estimate, SuiteSize, fewest_inputs, format_inputs
from fsm.suites.goal import Goal
from fsm.suites.guarantee import Guarantee
from fsm.suites.methods import AUTO, DEFAULT, METHODS, Method, Options, method_of
from fsm.suites.specification import Spec, Word

__all__ = [
    "MAX_SYMBOLS",
    "MOST_EXTRA_STATES",
    "ExpectedStep",
    "Suite",
    "SuiteSize",
    "Test",
    "suite",
]

MAX_SYMBOLS = 50_000_000
"""The largest number of inputs of a suite, unless more are allowed."""

MOST_EXTRA_STATES = 500
"""Tests are made by one nested call for each input; Python nests no more than 1,000 calls."""

Test: TypeAlias = tuple[str, ...]
"""The inputs of one test, to be run after a reset."""


class ExpectedStep(NamedTuple):
    """One input of a test, with the state before it, the expected output and the state after."""

    before: str
    input: str
    output: str
    after: str


@dataclass(frozen=True, eq=False, repr=False)
class Suite(RichValue):
    """Tests for one machine, none a prefix of another; they are made whenever they are read."""

    mealy: Mealy
    """The specification."""
    method: Method
    """The method that derives the tests."""
    options: Options
    """The options of the method."""
    guarantee: Guarantee
    """What an implementation that passes has proved."""
    spec: Spec
    """The specification as numbers, minimal, for the method."""
    machine: Machine | None = None
    """The compiled machine it was made from, where it was one."""
    choice: str | None = None
    """Why the method was taken, where it was not named."""
    goals: tuple[Goal, ...] = ()
    """What the tests must reach or run, where only a part of the suite is wanted."""

    def __repr__(self) -> str:
        most = format_inputs(self.estimate.most.symbols)
        inputs = most if self.estimate.is_exact else f"at most {most}"
        return f"<Suite of {self.mealy.name!r} by {self.method.name!r}: {inputs} inputs>"

    def words(self) -> Iterator[Word]:
        """Yield the tests as indices of inputs."""
        for word in self._all_words():
            if all(goal.serves(self.mealy, word) for goal in self.goals):
                yield word

    def _all_words(self) -> Iterable[Word]:
        if self.guarantee.declared == self.guarantee.states:
            return self._words_of_method()
        return with_every_cell(Spec.of(self.mealy), self._words_of_method)

    def _words_of_method(self) -> Iterable[Word]:
        return self.method.make(self.spec, self.options)

    @property
    def tests(self) -> Iterator[Test]:
        """The tests, one after the other."""
        names = self.mealy.inputs.__getitem__
        return (tuple(map(names, word)) for word in self.words())

    @cached_property
    def estimate(self) -> Estimate:
        """The bounds of the size, known before a test is made; equal where the size is exact.

        With goals the lower bound is 0, since a goal may leave out any of the tests.
        """
        fewest, most = self.method.bounds(self.spec, self.options)
        if self.guarantee.declared != self.guarantee.states:
            whole = Spec.of(self.mealy)
            lengths = [len(whole.cover[s]) + 1 for s, _, _ in whole.cells()]
            most = most + SuiteSize(len(lengths), sum(lengths))
            fewest = SuiteSize(1, 0)
        return Estimate(SuiteSize(0, 0) if self.goals else fewest, most)

    def with_progress(self, progress: Callable[[int], object]) -> Suite:
        """Return the same suite; ``progress`` is called with the number of inputs made so far."""
        return replace(self, options=self.options._replace(progress=progress))

    @cached_property
    def size(self) -> SuiteSize:
        """The exact size, counted by making the suite once."""
        tests = symbols = 0
        for word in self.words():
            tests += 1
            symbols += len(word)
        return SuiteSize(tests, symbols)

    def expected(self, test: Iterable[str]) -> tuple[str, ...]:
        """Return the outputs that the specification gives for a test."""
        return self.mealy.run(test)

    def steps(self, test: Iterable[str]) -> tuple[ExpectedStep, ...]:
        """Return a test step by step, with the states of the specification."""
        mealy, (after, output) = self.mealy, self.tables
        steps = []
        s = mealy.initial
        for x in mealy.word(test):
            t = after[s][x]
            if t < 0:
                mealy.walk(mealy.word(test))  # which says where there is no transition
            answer = mealy.outputs[output[s][x]]
            steps.append(ExpectedStep(mealy.states[s], mealy.inputs[x], answer, mealy.states[t]))
            s = t
        return tuple(steps)

    @cached_property
    def tables(self) -> tuple[list[list[int]], list[list[int]]]:
        """The next state and the output of each cell, as lists: quicker than arrays, one by one."""
        return self.mealy.next.tolist(), self.mealy.output.tolist()

    def facts(self) -> dict[str, Any]:
        """Return what is known before the tests are made, as a value for JSON."""
        return {
            "machine": self.mealy.name,
            "method": self.method.name,
            "choice": self.choice,
            "extra_states": self.options.extra_states,
            "guarantee": str(self.guarantee),
        }

    def summary(self) -> dict[str, Any]:
        """Return the facts of the suite and its size as a value for JSON."""
        return self.facts() | self.size._asdict()


def suite(
    machine: Machine | Mealy | str,
    method: str = DEFAULT,
    *,
    extra_states: int = 0,
    observable: Observable = "status",
    rejections: bool = True,
    seed: int = 0,
    tests: int = 100,
    length: int = 20,
    max_symbols: int | None = MAX_SYMBOLS,
    complete: Completion | None = None,
) -> Suite:
    """Return the test suite for a machine by one of the methods.

    ``machine`` is a machine or its name; of a ``.dot`` file the Mealy machine as it stands there.
    ``method`` is a name of :data:`fsm.suites.METHODS`, or ``auto``: chain where it is known to
    finish, else hsi or h, chosen from the counts of the machine; ``choice`` of the suite says why.
    ``extra_states`` is how many states more than the specification an implementation may have;
    the suite grows with the number of inputs to this power. ``observable`` says what a compiled
    machine's implementation shows, ``rejections`` whether it shows that an event was rejected;
    ``seed``, ``tests`` and ``length`` are for ``random``. ``max_symbols`` limits the number of
    inputs of all tests together (``None``: no limit); the size is estimated before a test is made.
    ``complete`` says what an implementation does in the missing cells of a partial machine, which
    are not tested otherwise: ``reject`` (it answers ``rejected``) or ``loop`` (``-``), both without
    a change of state.

    Raises :class:`fsm.errors.FsmError` for an unknown method, for extra states with a method that
    takes none, for a suite that may have more inputs than ``max_symbols``, and
    (:class:`MachineError`) for a partial machine that the method cannot handle: one with missing
    cells for W, Wp and HSI, one with states that cannot be told apart for any complete method but
    counting; also for ``complete`` where no cell is missing. A
    complete machine may have equivalent states: the guarantee counts them once, and each of their
    cells is run at least once.

    >>> suite("with-feedback", extra_states=1).size
    SuiteSize(tests=56, symbols=439)
    """
    check_choice("observable", observable, get_args(Observable))
    check_flags(rejections=rejections)
    if complete is not None:
        check_choice("complete", complete, get_args(Completion))
    for name, value in (("extra_states", extra_states), ("tests", tests), ("length", length)):
        check_count(name, value, least=None)
    check_count("seed", seed)
    check_count("max_symbols", max_symbols)
    named = METHODS["chain"] if method == AUTO else method_of(method)
    options = Options(extra_states, seed, tests, length)
    _check(named, options)
    machine = as_specification(machine)
    mealy = machine
    if isinstance(mealy, Machine):
        shows: Observable = "state" if named.visible else observable
        mealy = Mealy.of(mealy, shows, rejections=rejections)
    elif named.visible:
        mealy = mealy.visible()
    assumed = ""
    if complete is not None:
        assumed, mealy = describe_completion(mealy, complete), completed(mealy, complete)
    whole = Spec.of(mealy)
    if method == AUTO and not whole.is_complete and inseparable_pair(whole):
        named = METHODS["counting"]
    spec = _specification(mealy, whole, named) if named.complete else whole
    if max_symbols is not None and named.complete:
        # Before the estimate, for which the words that tell states apart must be searched.
        fewest = fewest_inputs(spec, extra_states)
        _check_size(f"at least {format_inputs(fewest)}", fewest, max_symbols, mealy.name, options)
    chosen, reason = named, None
    if method == AUTO:
        chosen, reason, fewer = choose_method(spec, options, max_symbols)
        options = options._replace(fewer_states=fewer)
    guarantee = replace(_guarantee(mealy, whole, spec, chosen, options), completion=assumed)
    source = machine if isinstance(machine, Machine) else None
    made = Suite(mealy, chosen, options, guarantee, spec, source, reason)
    if max_symbols is not None:
        estimate = made.estimate
        most = estimate.most.symbols
        size = format_inputs(most) if estimate.is_exact else f"up to {format_inputs(most)}"
        _check_size(size, most, max_symbols, mealy.name, options)
    return made


def _guarantee(
    mealy: Mealy, whole: Spec, spec: Spec, method: Method, options: Options
) -> Guarantee:
    """Return the guarantee; ``whole`` has all reachable states, ``spec`` those that are tested."""
    return Guarantee(
        complete=method.complete,
        states=len(spec.states),
        declared=len(whole.states),
        inputs=len(spec.inputs),
        extra_states=options.extra_states,
        fewer_states=options.fewer_states,
        observed=_observed(mealy),
        partial=not spec.is_complete,
        coverage=method.runs,
        source=method.source,
        by_cover=method.by_cover,
    )


def _check_size(size: str, symbols: int, allowed: int, name: str, options: Options) -> None:
    """Refuse a suite of more inputs than are allowed."""
    if symbols <= allowed:
        return
    fewer = "fewer extra states" if options.extra_states else "another method, or fewer tests"
    extra = ""
    if options.extra_states:
        extra = f" with {options.extra_states} extra state{'s' * (options.extra_states > 1)}"
    raise FsmError(
        f"{name}: the suite{extra} has {size} inputs, and {allowed:,} are allowed; take {fewer}, "
        "or allow more with --max-symbols (max_symbols)"
    )


def _check(method: Method, options: Options) -> None:
    if options.extra_states < 0:
        raise FsmError(f"{options.extra_states} extra states: there cannot be fewer than 0")
    if options.extra_states > MOST_EXTRA_STATES:
        raise FsmError(f"{options.extra_states} extra states: at most {MOST_EXTRA_STATES}")
    if options.extra_states and not method.complete:
        raise FsmError(
            f"{method.name} takes no extra states; complete methods do, for example chain"
        )
    if min(options.tests, options.length) < 1:
        raise FsmError("random walks need at least one test and one input")


def _specification(mealy: Mealy, spec: Spec, method: Method) -> Spec:
    """Return the specification, equivalent states merged; refuse what the method cannot take."""
    if spec.is_complete:
        return Spec.of(reduced(mealy))
    cells = [(s, x) for s, row in enumerate(spec.next) for x, t in enumerate(row) if t < 0]
    if not method.partial:
        state, given = spec.states[cells[0][0]], spec.inputs[cells[0][1]]
        raise MachineError(
            f"{mealy.name}: {method.name} needs a complete machine, and "
            f"{describe_missing(len(cells))}, such as {given!r} in {state!r}; "
            "chain takes partial machines, --complete (complete) says what happens in such cells"
        )
    pair = None if method.inseparable else inseparable_pair(spec)
    if pair:
        s, t = (spec.states[i] for i in pair)
        raise MachineError(
            f"{mealy.name}: no trace that both accept tells {s!r} from {t!r}; complete the "
            "machine with --complete (complete), or take the method counting or auto"
        )
    return spec


def _observed(mealy: Mealy) -> str:
    if mealy.shown is None:
        return "the output"
    seen = "the state" if mealy.shown == mealy.states else "status"
    return f"the output and {seen}; after the reset: the {seen.removeprefix('the ')}"
