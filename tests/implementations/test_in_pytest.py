"""Implementations in tests of the plugin and of exported modules: the same verdict everywhere."""

from __future__ import annotations

import inspect
import sys
from pathlib import Path

import pytest

from fsm.suites import suite
from fsm.suites.execution.suite_runs import run_suite
from fsm.suites.export import export_suite
from tests.depth import cases
from tests.implementations import wrong_systems
from tests.implementations.wrong_systems import WRONG, Hangs, Right

pytest_plugins = ["pytester"]

SYSTEMS = Path(inspect.getfile(wrong_systems)).read_text("utf-8")
MARKED = """
import pytest
from systems import {name}

@pytest.fixture(scope="module")
def implementation():
    return {name}()

@pytest.mark.fsm_suite("with-feedback", extra_states=1)
def test_log(fsm_case, implementation):
    fsm_case.run(implementation)
"""
TESTS = suite("with-feedback").size.tests
QUIET = ("--assert=plain",)  # nothing of fsm is imported anew, and rewritten, in each run
VERDICTS = [kind for kind in (Right, *WRONG) if kind is not Hangs]


@pytest.mark.parametrize("kind", cases(VERDICTS), ids=lambda kind: kind.__name__)
def test_plugin_and_exported_module_and_command_give_one_verdict(
    kind: type, pytester: pytest.Pytester
) -> None:
    made = suite("with-feedback", extra_states=1)
    failed = run_suite(kind(), made, most_failures=1000).failed
    name = kind.__name__
    pytester.makepyfile(
        systems=SYSTEMS,
        test_marked=MARKED.format(name=name),
        test_exported="".join(export_suite(made, "pytest")),
        conftest=f"import pytest\nfrom systems import {name}\n"
        f"@pytest.fixture(scope='module')\ndef implementation():\n    return {name}()\n",
    )
    for module in ("test_marked.py", "test_exported.py"):
        result = pytester.runpytest_inprocess("-q", module)
        counts = result.parseoutcomes()
        assert counts.get("failed", 0) == failed, module
        assert counts.get("failed", 0) + counts.get("passed", 0) == made.size.tests


def run(pytester: pytest.Pytester, body: str, *options: str) -> pytest.RunResult:
    pytester.makepyfile(systems=SYSTEMS, test_it=body)
    return pytester.runpytest_inprocess("-q", "-x", *QUIET, *options)


def test_a_coroutine_with_the_loop_of_its_test(pytester: pytest.Pytester) -> None:
    body = """
    import asyncio
    import pytest
    from systems import Right

    class Loop(Right):
        async def reset(self):
            self.loop = asyncio.get_running_loop()
            super().reset()

        async def send(self, event):
            assert asyncio.get_running_loop() is self.made_in
            return super().send(event)

    @pytest.mark.fsm_suite("with-feedback")
    def test_log(fsm_case):
        async def whole():
            system = Loop()
            system.made_in = asyncio.get_running_loop()
            await fsm_case.run_async(system)

        asyncio.run(whole())
    """
    assert run(pytester, body).parseoutcomes() == {"passed": TESTS}


def test_a_program_is_named(pytester: pytest.Pytester) -> None:
    body = f"""
    import pytest

    @pytest.mark.fsm_suite("with-feedback", timeout="5s")
    def test_log(fsm_case):
        fsm_case.run("cmd:{sys.executable} -m fsm.implementations.serving systems:Right")
    """
    assert run(pytester, body).parseoutcomes() == {"passed": TESTS}


VALUES = """
import pytest
from hypothesis import strategies as st
from systems import Right

class Valued(Right):
    def send(self, event, code=550, text=""):
        if event == "hard_bounce" and code {wrong}:
            return "rejected"
        return super().send(event)

@pytest.mark.fsm_suite("with-feedback")
def test_log(fsm_case):
    fsm_case.run(Valued(), values={{"hard_bounce": {{"code": {value}, "text": "no"}}}})
"""
GIVEN = {
    "a value": ("== 551", "550", True),
    "a wrong value": ("== 551", "551", False),
    "a strategy": ("> 600", "st.integers(500, 599)", True),
    "a strategy that finds it": ("> 560", "st.integers(500, 599)", False),
}


@pytest.mark.parametrize(("wrong", "value", "passes"), GIVEN.values(), ids=GIVEN)
def test_events_come_with_values(
    wrong: str, value: str, passes: bool, pytester: pytest.Pytester
) -> None:
    result = run(pytester, VALUES.format(wrong=wrong, value=value))
    assert (result.ret == 0) is passes
    if "strategy" in value and not passes:
        result.stdout.fnmatch_lines(["with the values hard_bounce: {'code': 561, 'text': 'no'}"])


def test_values_without_names_are_refused(pytester: pytest.Pytester) -> None:
    body = VALUES.replace('{{"code": {value}, "text": "no"}}', "550").format(wrong="", value="")
    body = body.replace("and code :", ":")
    result = run(pytester, body)
    result.stdout.fnmatch_lines(["*the values of 'hard_bounce' are 550; write them with their*"])


def test_values_of_an_unknown_event_are_refused(pytester: pytest.Pytester) -> None:
    body = VALUES.replace('"hard_bounce": {{', '"hard_bonce": {{').format(wrong="== 1", value="1")
    result = run(pytester, body)
    result.stdout.fnmatch_lines(["*values: no event 'hard_bonce'; did you mean 'hard_bounce'*"])


def test_a_time_that_is_none_is_refused(pytester: pytest.Pytester) -> None:
    body = MARKED.format(name="Right").replace("extra_states=1", "settle='soon'")
    result = run(pytester, body)
    result.stdout.fnmatch_lines(["*settle: 'soon' is no duration; write settle='2s'*"])
