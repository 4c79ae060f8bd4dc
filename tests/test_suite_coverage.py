"""What tests did not run: lines, floors, files, and the rows of pages, as pytest tells of them."""

import json
from pathlib import Path

import numpy as np
import pytest

import fsm
from tests.depth import at_full_depth, cases
from tests.test_conformance_plugin import RIGHT, WRONG

pytest_plugins = ["pytester"]
LOADED = np, fsm.load("delivery")  # before pytester, which forgets what is imported under it

PART = RIGHT.replace('"with-feedback"', '"with-feedback", "table", covering=3')
SYSTEM = """
class System:
    def reset(self):
        self.state = "basket"

    def send(self, event):
        after = {("basket", "pay"): "paid", ("paid", "ship"): "lost"}
        self.state = after.get((self.state, event), self.state)

    def observe(self):
        return self.state
"""
ORDERS = """
| From | Event | To |
|---|---|---|
| basket | pay | paid |
| paid | ship | shipped |
"""


@pytest.fixture
def run(pytester: pytest.Pytester):
    def run(module: str, *arguments: str) -> pytest.RunResult:
        pytester.makepyfile(test_it=module)
        return pytester.runpytest_inprocess("-p", "no:cacheprovider", *arguments)

    return run


def test_rejections_and_rows_that_were_not_run_are_named(run) -> None:
    result = run(PART, "--fsm-cov")
    result.stdout.fnmatch_lines(
        [
            "fsm: with-feedback by table: 6 of 6 tests, 8 of 36 cells, 4 of 5 documented rows; *",
            "  7 of 11 transitions, 1 of 25 rejections",
            "  not run in awaiting: delivered, hard_bounce (row 2), retry_failed; rejected: *",
            "  not run in delivered: hard_bounce; rejected: relayed, delivered, soft_bounce, *",
            "  documented rows not run: row 2",
        ]
    )


@pytest.mark.parametrize(
    ("floor", "line"),
    [
        ("100", "fsm: with-feedback: * of 36 cells run, *.?? %, less than * 100"),
        ("rows=99.9%", "fsm: with-feedback: ? of 5 documented rows run, ?0.00 %, less than *"),
        ("rejections=100", "fsm: with-feedback: * of 25 rejections run, *"),
    ],
    ids=["cells", "rows", "rejections"],
)
def test_less_than_a_floor_fails(run, floor: str, line: str) -> None:
    result = run(PART, "--fsm-cov-fail-under", floor)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.assert_outcomes(passed=result.parseoutcomes()["passed"])
    result.stdout.fnmatch_lines([line])


@pytest.mark.parametrize("floor", cases(["100", "rows=100", "transitions=100.0"]))
def test_a_floor_that_is_reached_passes(run, floor: str) -> None:
    assert run(RIGHT, "--fsm-cov-fail-under", floor).ret == pytest.ExitCode.OK


def test_a_floor_without_tests_is_missed(run) -> None:
    result = run("def test_it(): pass", "--fsm-cov-fail-under=0")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["fsm: no conformance test was run, and * 0 asks for them"])
    assert run(RIGHT, "--fsm-cov-fail-under=100", "--collect-only").ret == pytest.ExitCode.OK


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("--fsm-cov-fail-under=high", "*'high' is no percentage; write 90, or rows=100"),
        ("--fsm-cov-fail-under=101", "*'101' is no percentage; *"),
        ("--fsm-cov-fail-under=-1", "*'-1' is no percentage; *"),
        ("--fsm-cov-fail-under=1e999999", "*is no percentage; *"),
        ("--fsm-cov-fail-under=row=90", "*no measure 'row'; did you mean 'rows'?*"),
        ("--fsm-cov-html=nowhere/cov.html", "*--fsm-cov-html: *nowhere: no such directory"),
    ],
    ids=["no number", "too much", "negative", "huge", "misspelt", "no directory"],
)
def test_wrong_options_are_refused(run, option: str, message: str) -> None:
    result = run(RIGHT, option)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([message])


def test_a_file_that_cannot_be_written_fails_the_session(run) -> None:
    Path("taken").mkdir()
    result = run(RIGHT, "--fsm-cov-html=taken")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["fsm: --fsm-cov-html: *taken*"])
    assert "Traceback" not in result.stdout.str()


def test_the_file_has_what_was_not_run_and_where_tests_failed(run) -> None:
    run(WRONG, "--fsm-cov-file=cov.json", "-k", "test_wrong and retry")
    (suite,) = json.loads(Path("cov.json").read_text())["suites"]
    failed = {(cell["state"], cell["event"]): cell["failed"] for cell in suite["cells"]}
    assert {cell for cell, count in failed.items() if count} == {("retrying", "retry_succeeded")}
    left = {(cell["state"], cell["event"]): cell for cell in suite["not_run"]}
    assert len(left) + len(failed) == 36
    assert left["to_send", "soft_bounce"]["rejected"]
    assert not left["delivered", "hard_bounce"]["rejected"]
    assert {cell["row"] for cell in suite["cells"]} >= {"row 4", None}


@at_full_depth
def test_rows_of_a_page_are_counted_with_their_implementation(run) -> None:
    Path("orders.md").write_text(ORDERS)
    Path("my_system.py").write_text(SYSTEM)
    options = ("orders.md", "--fsm-implementation", "my_system:System")
    result = run(RIGHT, *options, "--fsm-cov", "--fsm-cov-html=cov.html")
    result.stdout.fnmatch_lines(
        [
            (
                "fsm: orders.md against my_system:System: 2 of 2 tests, 2 of 6 cells, "
                "2 of 2 documented rows; 1 failed, *"
            ),
            "  2 of 2 transitions, 0 of 4 rejections",
            "fsm: coverage of 1 suite as a page: *cov.html",
        ]
    )
    page = Path("cov.html").read_text()
    assert "row 2 of orders.md:5" in page
    assert "fsm:" not in run(RIGHT, *options).stdout.str()
