"""Conformance tests: the suite of a machine, run against an implementation.

Write an adapter (see :class:`fsm.suites.Implementation`) as a fixture of any name, and a test with
the fixture ``fsm_case``. It runs once for each case of the suite::

    @pytest.mark.fsm_suite("with-feedback", method="chain", extra_states=1)
    def test_sending_log(fsm_case, implementation):
        fsm_case.run(implementation)

The arguments of the marker are a machine (its name, a compiled machine, or a python-statemachine
class as ``machine=Class``, because pytest would decorate a positional class), the options of
:func:`fsm.suites.suite`, and a goal, ``to`` or ``covering``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

from fsm.pytest_plugin.coverage import SessionCoverage, SuiteCoverage
from fsm.text import visible

if TYPE_CHECKING:
    from fsm.suites import Suite
    from fsm.suites.execution.implementation import Implementation, RunResult
    from fsm.suites.specification import Word

__all__ = ["LIMIT", "Case", "add_coverage_option", "configure", "pytest_generate_tests"]

LIMIT = 100_000
"""Maximum number of tests of a suite."""

_LONGEST_NAME = 80
_MARKER = (
    "fsm_suite(machine, method='chain', extra_states=0, observable='status', rejections=True, "
    "to=None, covering=None, max_symbols=...): run the conformance tests of a machine; "
    "see fsm.pytest_plugin"
)


def add_coverage_option(group: pytest.OptionGroup) -> None:
    """Add ``--fsm-cov``."""
    text = "show which cells and documented rows of a machine the conformance tests did not run"
    group.addoption("--fsm-cov", action="store_true", help=text)


def configure(config: pytest.Config) -> None:
    """Register the marker, and start recording coverage."""
    config.addinivalue_line("markers", _MARKER)
    SessionCoverage.begin(config)


class Case:
    """One test of a suite, as the fixture ``fsm_case``."""

    def __init__(self, suite: Suite, word: Word, record: SuiteCoverage) -> None:
        self.suite, self.word, self.record = suite, word, record

    @property
    def trace(self) -> tuple[str, ...]:
        """The events of the test."""
        return tuple(self.suite.mealy.inputs[x] for x in self.word)

    def run(self, implementation: Implementation) -> None:
        """Run the test; fail with its steps, and with the shortest trace that fails as well."""
        from fsm.suites.execution.implementation import run_test

        __tracebackhide__ = True
        run = run_test(implementation, self.suite.mealy, self.trace)
        sent = self.word[: len(run.trace)]
        self.record.add(zip(self.suite.mealy.walk(sent), sent, strict=False))
        if not run.agrees:
            pytest.fail(self._failure(run, implementation), pytrace=False)

    def _failure(self, run: RunResult, implementation: Implementation) -> str:
        from fsm.suites.execution.reproduction import reproduce

        shortest = reproduce(implementation, self.suite.mealy, run)
        place = f"step {len(run.trace)} of {len(self.word)}"
        parts = [f"{visible(self.record.title)}: {place}", str(run), str(shortest)]
        if shortest.run.trace != run.trace:
            parts.append(str(shortest.run))
        return "\n".join(parts + self._specified(shortest.run))

    def _specified(self, run: RunResult) -> list[str]:
        """Return the source of the specification of the last step."""
        machine = self.suite.machine
        if machine is None or not run.trace:
            return []
        mealy = self.suite.mealy
        state = mealy.states[mealy.walk(mealy.word(run.trace))[-2]]
        step = machine.step(state, run.trace[-1])
        if step is None:
            return [visible(f"specified: {state} rejects {run.trace[-1]}")]
        origin = step.origin
        return [visible(f"specified by {origin.label}: {origin.reason}")] if origin else []


Marked: TypeAlias = tuple[tuple[Any, ...], dict[str, Any]]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Create a test for each case of the suite of a marked test function."""
    if "fsm_case" not in metafunc.fixturenames:
        return
    marker = metafunc.definition.get_closest_marker("fsm_suite")
    if marker is None:
        pytest.fail("fsm_case needs the marker fsm_suite(machine, ...)", pytrace=False)
    from fsm.errors import FsmError

    refusal = ""
    try:
        metafunc.parametrize("fsm_case", _cases(metafunc, *marker.args, **marker.kwargs))
    except (FsmError, TypeError) as error:
        refusal = f"fsm_suite: {error}"
    if refusal:  # outside of the except block, so that pytest shows this line without causes
        pytest.fail(refusal, pytrace=False)


def _cases(
    metafunc: pytest.Metafunc,
    machine: Any,
    method: str | None = None,
    *,
    to: str | None = None,
    covering: str | None = None,
    **options: Any,
) -> list[Any]:
    from fsm.errors import FsmError
    from fsm.suites import DEFAULT, suite
    from fsm.suites.narrowing import narrowed

    made = narrowed(
        suite(_specification(machine), method or DEFAULT, **options), to=to, covering=covering
    )
    nodeid = metafunc.definition.nodeid
    record = SessionCoverage.record(metafunc.config, nodeid, made)
    if made.estimate.least.tests > LIMIT:
        raise FsmError(f"{record.title} has more than {LIMIT:,} tests")
    cases: list[Any] = []
    for word in made.words():
        if len(cases) == LIMIT:
            raise FsmError(f"{record.title} has more than {LIMIT:,} tests")
        case = Case(made, word, record)
        cases.append(pytest.param(case, id=_name(case.trace, len(cases) + 1)))
    record.planned = len(cases)
    return cases


def _specification(machine: Any) -> Any:
    """Return the machine for a name, a class or a machine."""
    if isinstance(machine, str):
        from fsm.catalog import load_specification

        return load_specification(machine)
    if isinstance(machine, type):
        from fsm.compile import compile_chart

        return compile_chart(machine)
    return machine


def _name(trace: tuple[str, ...], number: int) -> str:
    """Return the trace as a name; a long one is cut, and gets its number."""
    path = ".".join(trace) or "reset"
    return path if len(path) <= _LONGEST_NAME else f"{path[: _LONGEST_NAME - 20]}...{number}"
