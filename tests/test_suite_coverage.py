"""What tests did not run: lines, floors, files, and the rows of pages, as pytest tells of them."""

import json
from pathlib import Path

import numpy as np
import pytest

import fsm
from fsm.conformance.covered_cells import coverage_json
from fsm.pytest_plugin.coverage import SessionCoverage
from fsm.pytest_plugin.variants import Variants
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


EXCUSED = """
import pytest


class Deaf:
    def reset(self): ...
    def send(self, event): ...
    def observe(self): ...


@pytest.mark.xfail
@pytest.mark.fsm_suite("quarantine", "tour")
def test_expected(fsm_case):
    fsm_case.run(Deaf())


@pytest.mark.fsm_suite("quarantine", "tour")
def test_caught(fsm_case):
    try:
        fsm_case.run(Deaf())
    except BaseException:
        pass


@pytest.mark.parametrize("system", [Deaf(), Deaf()])
@pytest.mark.fsm_suite("engagement", "tour")
def test_objects(fsm_case, system):
    fsm_case.run(system)
"""


def test_a_failure_counts_whatever_pytest_says(run) -> None:
    result = run(EXCUSED, "--fsm-cov-file=cov.json")
    result.stdout.fnmatch_lines(
        [
            "fsm: quarantine by tour in *::test_expected: * (* expected by xfail), *--runxfail*",
            "fsm: quarantine by tour in test_it.py::test_caught: * failed (* passed for pytest), *",
            "fsm: engagement by tour (system=#1): 2 of 2 tests, *; 2 failed, *",
            "fsm: engagement by tour (system=#2): 2 of 2 tests, *; 2 failed, *",
        ]
    )
    suites = json.loads(Path("cov.json").read_text())["suites"]
    for suite, excuse in zip(suites, ("overlooked", "expected", "", ""), strict=True):
        assert suite["failed"] == (suite[excuse] if excuse else suite["failed"]) != []


def test_values_of_parameters_have_one_name_each() -> None:
    def named(name: str) -> type:
        return type(name, (), {})

    first, second = object(), object()
    values = [1, "1", 1.5, "a", named("A"), named("A"), named("B"), first, second, first, "x" * 70]
    values.append("x" * 71)
    variants = Variants()
    for value in values:
        variants.note("test_it", {"v": value})
    texts = [variants.text("test_it", {"v": value}) for value in values]
    names = "1 #1|1 #2|1.5|a|A #5|A #6|B|#8|#9|#8"
    assert texts[:-2] == [f"(v={name})" for name in names.split("|")]
    assert len(set(texts)) == len(values) - 1
    assert variants.text("test_it", {}) == ""


class Report:
    """A report of a worker."""

    skipped = False

    def __init__(self, test: str, *, when: str = "call", sent: object = None) -> None:
        self.nodeid, self.when = test, when
        self.failed = sent is None
        if sent:
            self.fsm_coverage = sent


def test_what_a_worker_sent_before_it_crashed_is_counted_once(pytestconfig) -> None:
    """A crash has a report of its own; a test that several workers run is one test."""
    cells = [("on", "tap", "off", "off", False, None), ("off", "tap", "on", "on", False, None)]
    whole = {"machine": "lamp", "title": "lamp", "proves": "all", "is_page": False, "planned": 2}
    whole["cells"] = cells
    ran = {"done": True, "has_failed": False, "run": [0], "failed": []}
    covered = SessionCoverage(pytestconfig)
    covered._config = None  # not a worker, even where a worker runs this test
    for test in ("t[a]", "t[a]", "t[c]"):
        covered.pytest_runtest_logreport(
            Report(test, sent={"key": ["t", ""], "suite": whole, "ran": ran})
        )
    began = {"key": ["t", ""], "suite": None, "ran": None}
    covered.pytest_runtest_logreport(Report("t[b]", when="setup", sent=began))
    covered.pytest_runtest_logreport(Report("t[b]", when="???"))
    (suite,) = covered._suites
    assert (suite.done, suite.failed, suite.verdict) == (2, ("t[b]",), "1 failed")
    assert [cell.tests for cell in suite.cells] == [("t[a]", "t[c]"), ()]


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


TAKEN = {
    "standard output": (["--fsm-cov-file=-"], "--fsm-cov-file: -: no standard output here; *"),
    "one file for both": (
        ["--fsm-cov-file=x.out", "--fsm-cov-html=./x.out"],
        "--fsm-cov-html: ./x.out: --fsm-cov-file writes the same file; *",
    ),
    "a page": (["--fsm-cov-html=orders.md"], "--fsm-cov-html: orders.md: there is another file*"),
    "a test": (["--fsm-cov-file=test_it.py"], "--fsm-cov-file: test_it.py: there is another *"),
    "the other's": (["--fsm-cov-html=cov.json"], "--fsm-cov-html: cov.json: there is another *"),
}


@pytest.mark.parametrize(("options", "message"), TAKEN.values(), ids=TAKEN)
def test_a_file_with_something_else_is_not_overwritten(
    run, options: list[str], message: str
) -> None:
    Path("orders.md").write_text(ORDERS)
    Path("cov.json").write_bytes(coverage_json([]))
    result = run("pass", *options)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: {message}"])
    assert Path("orders.md").read_text() == ORDERS


def test_coverage_of_no_conformance_test_is_told(run) -> None:
    result = run("def test_it(): pass", "--fsm-cov")
    result.stdout.fnmatch_lines(["fsm: no conformance test was run, and --fsm-cov asks for them*"])
    assert "fsm:" not in run("def test_it(): pass", "--fsm-cov", "--collect-only").stdout.str()


def test_files_of_an_earlier_session_are_replaced(run) -> None:
    Path("cov.json").touch()
    for _ in range(2):
        result = run("", "--fsm-cov-file=cov.json", "--fsm-cov-html=cov.html")
        assert result.stdout.str().count("coverage of 0 suites") == 2


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
