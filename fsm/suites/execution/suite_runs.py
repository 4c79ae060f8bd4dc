"""A whole suite, run against an implementation.

>>> from fsm.suites import suite
>>> class AlwaysSent:
...     def reset(self) -> None: ...
...     def send(self, event: str) -> str:
...         return "Sent"
>>> result = run_suite(AlwaysSent(), suite("with-feedback", "tour", observable="output"))
>>> result.run, result.failed, len(result.failures)
(7, 7, 2)
>>> print(result.failures[0].reproduction)
shortest reproduction: relayed
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import Any, NamedTuple, TypeAlias

from fsm.implementations.connecting import connection_of
from fsm.implementations.connection import Connection
from fsm.machine_parts import Timer
from fsm.suites.execution.implementation import Implementation, RunResult, run_test
from fsm.suites.execution.origins import SpecifiedCell, specified_cell, state_before
from fsm.suites.execution.reproduction import Reproduction, reproduce
from fsm.suites.execution.timing import sent_timers
from fsm.suites.generation import Suite, Test
from fsm.suites.specification import Word

__all__ = ["MOST_FAILURES", "FinishedTest", "SuiteFailure", "SuiteRun", "run_suite"]

MOST_FAILURES = 5
"""How many different failures are looked for."""
_PART = 64
"""How many tests are run before failures are counted; the same with one connection and many."""

_Values: TypeAlias = Mapping[str, Mapping[str, object]]
_Cell: TypeAlias = tuple[str, str, str]


class FinishedTest(NamedTuple):
    """A test that was run, with its number in the suite, from 1."""

    number: int
    test: Test
    run: RunResult


class SuiteFailure(NamedTuple):
    """A wrong answer in one cell: the first test that met it, and how many others did."""

    first: FinishedTest
    reproduction: Reproduction
    specified: SpecifiedCell
    """Where the cell is specified."""
    others: int
    """How many more tests ended there in the same way."""

    def as_dict(self, suite: Suite) -> dict[str, Any]:
        """Return the failure as a value for JSON."""
        found = self.reproduction
        wrong = found.run.steps[-1]
        return {
            "test": self.first.number,
            "state": state_before(suite, found.run),
            "event": wrong.event,
            "expected": wrong.expected,
            "got": wrong.got,
            "specified": self.specified.place or self.specified.reason,
            "other_tests": self.others,
            "trace": list(found.run.trace),
            "shortest": found.proven,
            "deterministic": found.is_deterministic,
            "failed_runs": found.failures,
            "runs": found.runs,
        }


@dataclass(frozen=True)
class SuiteRun:
    """What came of running a suite."""

    suite: Suite
    name: str
    """What the implementation is called."""
    tests: tuple[FinishedTest, ...]
    """The tests that were run, in their order."""
    failures: tuple[SuiteFailure, ...]
    """The different failures, by the first test that met each; no more than were looked for."""
    different: int
    """How many different failures there were."""
    is_whole: bool
    """Whether every test was run; not where too many different failures were found."""
    shortened: int
    """How many tests ended early, because another timer would have fired."""
    not_run: tuple[tuple[str, str], ...] = ()
    """The cells (state, event) that only such tests reach."""
    notes: tuple[str, ...] = ()
    """What was noticed of the implementation."""

    @property
    def run(self) -> int:
        """How many tests were run."""
        return len(self.tests)

    @property
    def failed(self) -> int:
        """How many of them failed."""
        return sum(not test.run.agrees for test in self.tests)

    @property
    def events(self) -> int:
        """How many events were sent in them, without the search for short traces."""
        return sum(len(test.run.trace) for test in self.tests)

    @property
    def passed(self) -> bool:
        """Whether every test of the suite was run and passed."""
        return self.is_whole and not self.failed

    def as_dict(self) -> dict[str, Any]:
        """Return the result as a value for JSON, without the tests that passed."""
        return {
            "implementation": self.name,
            **self.suite.facts(),
            "passed": self.passed,
            "tests": {
                "run": self.run,
                "failed": self.failed,
                "ended_early": self.shortened,
                "all_run": self.is_whole,
            },
            "cells_not_run": [{"state": state, "event": event} for state, event in self.not_run],
            "notes": list(self.notes),
            "events": self.events,
            "different_failures": self.different,
            "failures": [failure.as_dict(self.suite) for failure in self.failures],
        }


def _silent(_: int) -> None:
    """Show no progress."""


def run_suite(
    implementation: Implementation | Connection | Sequence[Connection],
    suite: Suite,
    *,
    values: _Values | None = None,
    most_failures: int = MOST_FAILURES,
    progress: Callable[[int], object] = _silent,
) -> SuiteRun:
    """Run every test of a suite, and search a short trace for each different failure.

    Several connections, to instances that share nothing, run tests at the same time. Two failures
    are different where they are in other cells of the machine or have other answers; after
    ``most_failures`` of them the rest is not run. ``progress`` is called with the number of events
    sent so far.

    Raises :class:`fsm.errors.FsmError` where the implementation lacks a method or cannot be begun
    anew.
    """
    connections = _connections(implementation)
    timers = suite.machine.timers if suite.machine else ()
    runner = _Runner(suite, connections, timers, values or {}, progress)
    tests = enumerate(suite.tests, 1)
    with ThreadPoolExecutor(len(connections)) as threads:
        one = len(connections) == 1  # in this thread, which can be interrupted
        while part := list(islice(tests, _PART)):
            runner.run(part, None if one else threads)
            if len(runner.failed) >= most_failures:
                break
    is_whole = next(tests, None) is None
    not_run = runner.run_lost_cells() if is_whole else ()
    return SuiteRun(
        suite,
        connections[0].name,
        tuple(runner.done),
        tuple(runner.failures(most_failures)),
        len(runner.failed),
        is_whole,
        sum(bool(done.run.left) for done in runner.done),
        not_run,
        tuple(dict.fromkeys(note for each in connections for note in _notes(each, timers))),
    )


def _notes(connection: Connection, timers: Sequence[Timer]) -> list[str]:
    """Return what was noticed of a connection, and how the events of timers were run."""
    sent = "" if connection.can_advance else sent_timers(timers)
    return [*connection.notes, *filter(None, [sent])]


def _connections(given: Implementation | Connection | Sequence[Connection]) -> list[Connection]:
    if isinstance(given, Sequence):
        return [connection_of(each) for each in given]
    return [connection_of(given)]


@dataclass
class _Runner:
    """The tests that were run so far."""

    suite: Suite
    connections: Sequence[Connection]
    timers: Sequence[Timer]
    values: _Values
    progress: Callable[[int], object]
    done: list[FinishedTest] = field(default_factory=list)
    failed: dict[_Cell, list[FinishedTest]] = field(default_factory=dict)
    events: int = 0

    def run(self, part: Sequence[tuple[int, Test]], threads: ThreadPoolExecutor | None) -> None:
        count = len(self.connections)
        shares = [part[i::count] for i in range(count)]
        pairs = zip(self.connections, shares, strict=True)
        if threads is None:
            found = [list(self._share(*pair)) for pair in pairs]
        else:
            found = list(threads.map(lambda pair: list(self._share(*pair)), pairs))
        for test in sorted(test for share in found for test in share):
            self._take(test)

    def _take(self, test: FinishedTest) -> None:
        self.done.append(test)
        if not test.run.agrees:
            self.failed.setdefault(self._cell(test.run), []).append(test)

    def _share(
        self, connection: Connection, tests: Sequence[tuple[int, Test]]
    ) -> Iterator[FinishedTest]:
        for number, test in tests:
            run = run_test(
                connection, self.suite.mealy, test, timers=self.timers, values=self.values
            )
            self.events += len(run.trace)
            self.progress(self.events)
            yield FinishedTest(number, test, run)

    def _cell(self, run: RunResult) -> _Cell:
        """Return the state and the event of a wrong step, and the answer."""
        step = run.steps[-1]
        return state_before(self.suite, run), step.event, step.got

    def run_lost_cells(self) -> tuple[tuple[str, str], ...]:
        """Run the cells that tests lost, as they ended early, behind the shortest ways that were.

        Returns those that are not reached in time so either.
        """
        mealy = self.suite.mealy
        lost = {
            cell: None
            for done in self.done
            for cell in self._cells(mealy.word(done.test))[len(done.run.trace) :]
            if done.run.left
        }
        ways: dict[int, Word] = {mealy.initial: ()}
        run = {cell for done in self.done for cell in self._learn_ways(done, ways)}
        left = [cell for cell in lost if cell not in run]
        is_over = False
        while not is_over:
            is_over = True
            for cell in [cell for cell in left if cell[0] in ways]:
                test = tuple(mealy.inputs[x] for x in (*ways[cell[0]], cell[1]))
                share = [(self.done[-1].number + 1, test)]
                (found,) = self._share(self.connections[0], share)
                if not found.run.left:
                    self._take(found)
                    left.remove(cell)
                    known = len(ways)
                    self._learn_ways(found, ways)
                    is_over = is_over and len(ways) == known
        return tuple((mealy.states[s], mealy.inputs[x]) for s, x in left)

    def _cells(self, word: Word) -> list[tuple[int, int]]:
        return list(zip(self.suite.mealy.walk(word), word, strict=False))

    def _learn_ways(self, done: FinishedTest, ways: dict[int, Word]) -> list[tuple[int, int]]:
        """Add the ways by which a test reached states; return the cells that it ran."""
        word = self.suite.mealy.word(done.run.trace)
        cells = self._cells(word)
        for length, (state, _) in enumerate(cells):
            if state not in ways or len(ways[state]) > length:
                ways[state] = word[:length]
        if done.run.agrees:
            ways.setdefault(self.suite.mealy.walk(word)[-1], word)
        return cells

    def failures(self, most: int) -> Iterator[SuiteFailure]:
        """Yield the first different failures, each with a short trace.

        A shorter trace that is another one of these failures is told there alone.
        """
        listed = dict(islice(self.failed.items(), most))
        told: set[_Cell] = set()
        for cell, (first, *others) in listed.items():
            found = self._reproduce(first.run)
            shown = self._cell(found.run)
            if shown != cell and (shown in told or shown in listed):
                found = self._reproduce(first.run, partial(self._is_in, cell))
            told.add(self._cell(found.run))
            yield SuiteFailure(first, found, specified_cell(self.suite, found.run), len(others))

    def _is_in(self, cell: _Cell, run: RunResult) -> bool:
        return self._cell(run) == cell

    def _reproduce(
        self, run: RunResult, is_same: Callable[[RunResult], bool] | None = None
    ) -> Reproduction:
        return reproduce(
            self.connections[0],
            self.suite.mealy,
            run,
            timers=self.timers,
            values=self.values,
            is_same=is_same,
        )
