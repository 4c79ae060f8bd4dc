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

from typing import TYPE_CHECKING, Any

import pytest

from fsm.pytest_plugin.coverage import SessionCoverage, SuiteCoverage, coverage_file
from fsm.pytest_plugin.project import binding_files, project_settings
from fsm.text import visible

if TYPE_CHECKING:
    from collections.abc import Generator

    from fsm.suites import Suite
    from fsm.suites.execution.implementation import Implementation, RunResult
    from fsm.suites.specification import Word

__all__ = [
    "LIMIT",
    "Case",
    "add_coverage_option",
    "configure",
    "pytest_generate_tests",
    "pytest_pycollect_makeitem",
    "pytest_runtest_call",
    "pytest_runtest_setup",
]

LIMIT = 100_000
"""Maximum number of tests of a suite."""

_LONGEST_NAME = 80
_POSITIONAL = ("machine", "method")
_ARGUMENTS = (
    *_POSITIONAL,
    "extra_states",
    "observable",
    "rejections",
    "to",
    "covering",
    "max_symbols",
    "seed",
    "tests",
    "length",
)
_MARKER = (
    "fsm_suite(machine, method='chain', extra_states=0, observable='status', rejections=True, "
    "to=None, covering=None, max_symbols=..., and for random tests seed=0, tests=100, length=20): "
    "run the conformance tests of a machine; "
    "see fsm.pytest_plugin"
)


def add_coverage_option(group: pytest.OptionGroup) -> None:
    """Add ``--fsm-cov`` and ``--fsm-cov-file``."""
    text = "show which cells and documented rows of a machine the conformance tests did not run"
    group.addoption("--fsm-cov", action="store_true", help=text)
    text = "write which tests ran which cells, for fsm conform --tests FILE"
    group.addoption("--fsm-cov-file", metavar="FILE", default="", help=text)


def configure(config: pytest.Config) -> None:
    """Register the marker, and start recording coverage; refuse a file that nobody can write."""
    if (path := coverage_file(config)) and not path.parent.is_dir():
        raise pytest.UsageError(f"--fsm-cov-file: {path.parent}: no such directory")
    config.addinivalue_line("markers", _MARKER)
    SessionCoverage.begin(config)


class Case:
    """One test of a suite, as the fixture ``fsm_case``."""

    def __init__(self, suite: Suite, word: Word, record: SuiteCoverage) -> None:
        self.suite, self.word, self.record = suite, word, record
        self.used = False

    def begin(self, item: pytest.Item, others: dict[str, Any]) -> None:
        """Begin a test of this case, among those with the same ``others`` of its parameters."""
        self.used = False
        self.record = SessionCoverage.variant(item, self.record, others)

    @property
    def trace(self) -> tuple[str, ...]:
        """The events of the test."""
        self.used = True
        return tuple(self.suite.mealy.inputs[x] for x in self.word)

    def run(self, implementation: Implementation) -> None:
        """Run the test; fail with its steps, and with the shortest trace that fails as well."""
        from fsm.errors import FsmError
        from fsm.suites.execution.implementation import run_test

        __tracebackhide__ = True
        refusal = ""
        try:
            run = run_test(implementation, self.suite.mealy, self.trace)
        except FsmError as error:
            refusal = f"fsm_case.run: {error}"
        if refusal:
            pytest.fail(refusal, pytrace=False)
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
        return [visible(f"specified by {origin.citation}: {origin.reason}")] if origin else []


def _case_of(item: pytest.Item) -> tuple[Case | None, dict[str, Any]]:
    """Return the case of a test, ``None`` without one, and the other parameters of the test."""
    others = dict(item.callspec.params) if hasattr(item, "callspec") else {}
    case = others.pop("fsm_case", None)
    return (case if isinstance(case, Case) else None), others


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Begin the test of a case; refuse a marked test that has none: it would test nothing."""
    case, others = _case_of(item)
    if case:
        case.begin(item, others)
    elif any(mark.name == "fsm_suite" for mark in item.own_markers):
        pytest.fail(
            f"fsm_suite: {item.name} does not run the suite; write a function (outside of "
            "unittest.TestCase) with the argument fsm_case, which calls fsm_case.run(...)",
            pytrace=False,
        )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Fail a test that passes without having run its case."""
    result = yield
    case, _ = _case_of(item)
    if case and not case.used:
        pytest.fail(
            "fsm_suite: the test passed without running its case; call fsm_case.run(...) in it",
            pytrace=False,
        )
    return result


def pytest_pycollect_makeitem(collector: pytest.Collector, name: str, obj: object) -> None:
    """Refuse a test that was replaced by an instance of the class meant as its machine."""
    marks = [] if isinstance(obj, type) else getattr(type(obj), "pytestmark", [])
    if isinstance(marks, list) and any(getattr(m, "name", "") == "fsm_suite" for m in marks):
        kind = type(obj).__name__
        raise collector.CollectError(
            f"fsm_suite: {name}: pytest decorates a class that is given alone; "
            f"write fsm_suite(machine={kind})"
        )


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
        metafunc.parametrize("fsm_case", _cases(metafunc, **_arguments(marker)))
    except FsmError as error:
        refusal = f"fsm_suite: {error}"
    if refusal:  # outside of the except block, so that pytest shows this line without causes
        pytest.fail(refusal, pytrace=False)


def _arguments(marker: pytest.Mark) -> dict[str, Any]:
    """Return the arguments of a marker by name; raises :class:`fsm.errors.FsmError`."""
    from fsm.errors import FsmError
    from fsm.suggest import no_such

    given = dict(zip(_POSITIONAL, marker.args, strict=False))
    if len(marker.args) > len(_POSITIONAL):
        raise FsmError(f"{len(marker.args)} arguments without a name; name all but the machine")
    for name in marker.kwargs:
        if name not in _ARGUMENTS:
            raise FsmError(no_such("argument", name, _ARGUMENTS))
        if name in given:
            raise FsmError(f"the argument {name!r} is given twice")
    given |= marker.kwargs
    if "machine" not in given:
        raise FsmError("no machine; write fsm_suite('with-feedback') or fsm_suite(machine=MyChart)")
    return given


def _cases(
    metafunc: pytest.Metafunc,
    machine: Any,
    method: str | None = None,
    *,
    to: str | None = None,
    covering: str | int | None = None,
    **options: Any,
) -> list[Any]:
    from fsm.errors import FsmError
    from fsm.suites import DEFAULT, suite
    from fsm.suites.narrowing import narrowed

    specification = _specification(metafunc.config, machine)
    whole = suite(specification, method or DEFAULT, **options)
    made = narrowed(whole, to=to, covering=covering)
    record = SuiteCoverage(metafunc.definition.nodeid, made)
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


def _specification(config: pytest.Config, machine: Any) -> Any:
    """Return the machine for a name, a class or a machine, with the rows of its bound tables."""
    from fsm.documented_machines import about, documented, documented_specification

    bindings, settings = binding_files(config), project_settings(config)
    if isinstance(machine, str):
        return documented_specification(machine, about(machine, bindings, settings), settings)
    if isinstance(machine, type):
        from fsm.compile import compile_chart

        name = f"{machine.__module__}:{machine.__qualname__}"
        return documented(compile_chart(machine), name, about(name, bindings, settings), settings)
    return machine


def _name(trace: tuple[str, ...], number: int) -> str:
    """Return the trace as a name; a long one is cut, and gets its number."""
    path = ".".join(trace) or "reset"
    return path if len(path) <= _LONGEST_NAME else f"{path[: _LONGEST_NAME - 20]}...{number}"
