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

import asyncio
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from fsm.pytest_plugin.connections import SessionConnections
from fsm.pytest_plugin.coverage import SessionCoverage, SuiteCoverage, TestCoverage
from fsm.pytest_plugin.project import binding_files, project_settings
from fsm.text import visible

if TYPE_CHECKING:
    from collections.abc import Generator

    from fsm.implementations.connection import Connection
    from fsm.suites import Suite
    from fsm.suites.execution.implementation import Implementation, RunResult
    from fsm.suites.specification import Word

__all__ = [
    "LIMIT",
    "Case",
    "configure",
    "pytest_generate_tests",
    "pytest_itemcollected",
    "pytest_pycollect_makeitem",
    "pytest_runtest_call",
    "pytest_runtest_setup",
]

LIMIT = 100_000
"""Maximum number of tests of a suite."""

TIMEOUT = 60.0
"""Seconds that an answer may take, unless the marker says otherwise."""

_LONGEST_NAME = 80
_POSITIONAL = ("machine", "method")
_WAITING = ("timeout", "settle")
"""Arguments that say how long answers may take."""
_ARGUMENTS = (
    *_POSITIONAL,
    *_WAITING,
    "extra_states",
    "observable",
    "rejections",
    "to",
    "covering",
    "max_symbols",
    "complete",
    "seed",
    "tests",
    "length",
)
_MARKER = (
    "fsm_suite(machine, method='chain', extra_states=0, observable='status', rejections=True, "
    "to=None, covering=None, max_symbols=..., timeout='60s', settle=None, and for random tests "
    "seed=0, tests=100, length=20): "
    "run the conformance tests of a machine; "
    "see fsm.pytest_plugin"
)


def configure(config: pytest.Config) -> None:
    """Register the marker, and start recording coverage."""
    config.addinivalue_line("markers", _MARKER)
    SessionCoverage.begin(config)


class Case:
    """One test of a suite, as the fixture ``fsm_case``."""

    def __init__(
        self, suite: Suite, word: Word, record: SuiteCoverage, waiting: Mapping[str, float]
    ) -> None:
        self.suite, self.word, self.record, self.waiting = suite, word, record, waiting
        self.used = False
        self._item: pytest.Item | None = None
        self._coverage = TestCoverage(record, "")

    def begin(self, item: pytest.Item, others: dict[str, Any]) -> None:
        """Begin a test of this case, among those with the same ``others`` of its parameters."""
        self.used = False
        self._item = item
        self._coverage = SessionCoverage.begin_test(item, self.record, others)

    @property
    def trace(self) -> tuple[str, ...]:
        """The events of the test."""
        self.used = True
        return tuple(self.suite.mealy.inputs[x] for x in self.word)

    def run(
        self,
        implementation: Implementation | Connection | str,
        values: Mapping[str, Any] | None = None,
    ) -> None:
        """Run the test; fail with its steps, and with the shortest trace that fails as well.

        ``implementation`` is an adapter, or its name, see :func:`fsm.implementations.connect`.
        ``values`` has what events come with, by event: named values, or strategies of hypothesis
        for them; ``send`` gets them by their names.
        """
        __tracebackhide__ = True
        self._run(lambda: self._connection(implementation), values or {})

    async def run_async(
        self, implementation: Implementation, values: Mapping[str, Any] | None = None
    ) -> None:
        """Run the test in a coroutine, with an adapter that uses the event loop of the test."""
        from fsm.implementations.connection import Settling
        from fsm.implementations.python import PythonConnection

        __tracebackhide__ = True
        loop = asyncio.get_running_loop()
        settling, timeout = Settling(self.waiting["settle"]), self.waiting["timeout"]

        def connection() -> Connection:
            return PythonConnection(implementation, timeout=timeout, settling=settling, loop=loop)

        await asyncio.to_thread(self._run, connection, values or {})

    def _connection(self, implementation: Implementation | Connection | str) -> Connection:
        from fsm.implementations import connect

        if not isinstance(implementation, str):
            return connect(implementation, **self.waiting)
        assert self._item is not None  # noqa: S101
        return SessionConnections.of(self._item.config).get(implementation, self.waiting)

    def _run(self, connection: Callable[[], Connection], values: Mapping[str, Any]) -> None:
        from fsm.errors import FsmError
        from fsm.pytest_plugin.event_values import with_values

        __tracebackhide__ = True
        refusal = failure = ""
        try:
            opened = connection()
            inputs = self.suite.mealy.inputs
            failure = with_values(values, inputs, self.trace, lambda v: self._once(opened, v))
        except FsmError as error:
            refusal = f"fsm_case.run: {error}"
        if refusal or failure:  # outside the except block, so that pytest shows no causes
            self._coverage.fail()
            pytest.fail(refusal or failure, pytrace=False)

    def _once(self, connection: Connection, values: Mapping[str, Mapping[str, object]]) -> str:
        """Run the test with values; return how it failed, an empty text where it passed."""
        from fsm.suites.execution.implementation import run_test

        machine = self.suite.machine
        options: dict[str, Any] = {"timers": machine.timers if machine else (), "values": values}
        run = run_test(connection, self.suite.mealy, self.trace, **options)
        self._coverage.add(run)
        if run.left and self._item:
            text = f"not run, since another timer fires first: {', '.join(map(visible, run.left))}"
            self._item.add_report_section("call", "ended early", text)
        return "" if run.agrees else self._failure(run, connection, options)

    def _failure(self, run: RunResult, connection: Connection, options: dict[str, Any]) -> str:
        from fsm.suites.execution.origins import describe_mistake, specified_cell
        from fsm.suites.execution.reproduction import reproduce

        shortest = reproduce(connection, self.suite.mealy, run, **options)
        place = f"step {len(run.trace)} of {len(self.word)}"
        parts = [describe_mistake(self.suite, run if shortest.run.agrees else shortest.run)]
        parts += [f"{visible(self._coverage.title)}: {place}", str(run), str(shortest)]
        if shortest.run.trace != run.trace:
            parts.append(str(shortest.run))
        parts.append(str(specified_cell(self.suite, shortest.run)))
        return "\n".join(filter(None, parts))


def _case_of(item: pytest.Item) -> tuple[Case | None, dict[str, Any]]:
    """Return the case of a test, ``None`` without one, and the other parameters of the test."""
    others = dict(item.callspec.params) if hasattr(item, "callspec") else {}
    case = others.pop("fsm_case", None)
    return (case if isinstance(case, Case) else None), others


def pytest_itemcollected(item: pytest.Item) -> None:
    """Number the values of the other parameters of a case."""
    case, others = _case_of(item)
    if case:
        SessionCoverage.note_parameters(item, case.record, others)


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
    marked = list(metafunc.definition.iter_markers_with_node("fsm_suite"))
    if not marked:
        pytest.fail("fsm_case needs the marker fsm_suite(machine, ...)", pytrace=False)
    place, marker = marked[0]
    if sum(node is place for node, _ in marked) > 1:
        text = "fsm_suite: two markers, and one suite is run; write a function for each"
        pytest.fail(text, pytrace=False)
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
    waiting = _waiting(options)
    whole = suite(specification, method or DEFAULT, **options)
    made = narrowed(whole, to=to, covering=covering)
    record = _coverage_of(metafunc.definition.nodeid, made)
    if made.estimate.least.tests > LIMIT:
        raise FsmError(f"{record.title('')} has more than {LIMIT:,} tests")
    cases: list[Any] = []
    for word in made.words():
        if len(cases) == LIMIT:
            raise FsmError(f"{record.title('')} has more than {LIMIT:,} tests")
        case = Case(made, word, record, waiting)
        cases.append(pytest.param(case, id=_name(case.trace, len(cases) + 1)))
    record.planned = len(cases)
    return cases


def _coverage_of(function: str, suite: Suite) -> SuiteCoverage:
    return SuiteCoverage(
        function,
        suite.mealy,
        suite.machine,
        label=f"{suite.mealy.name} by {suite.method.name}",
        proves=suite.guarantee.domain if suite.guarantee.complete else "",
    )


def _waiting(options: dict[str, Any]) -> dict[str, float]:
    """Take how long answers may take out of the options of a suite, in seconds."""
    from fsm.epoch import read_duration
    from fsm.errors import FsmError

    seconds = {"timeout": TIMEOUT, "settle": 0.0}
    for name in _WAITING:
        given = options.pop(name, None)
        if given is None:
            continue
        duration = read_duration(given) if isinstance(given, str) else given
        if isinstance(duration, timedelta):
            seconds[name] = duration.total_seconds()
        else:
            raise FsmError(f"{name}: {given!r} is no duration; write {name}='2s'")
    return seconds


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
