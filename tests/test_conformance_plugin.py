"""The pytest plugin runs suites against implementations: the examples of the documentation."""

import json
from dataclasses import replace
from fnmatch import fnmatch
from pathlib import Path

import numpy as np
import pytest

import fsm
from fsm.conformance.covered_cells import read_coverage
from fsm.suites import suite
from tests.depth import DEEP, at_full_depth, cases

pytest_plugins = ["pytester"]
LOADED = np, fsm.load("delivery")  # before pytester, which forgets what is imported under it

RIGHT = """
import pytest

STATUS = {"to_send": None, "awaiting": "Pending", "delivered": "Sent"}
AFTER = {
    ("to_send", "relayed"): "awaiting",
    ("awaiting", "delivered"): "delivered",
    ("awaiting", "hard_bounce"): "hard_bounced",
    ("awaiting", "soft_bounce"): "retrying",
    ("awaiting", "retry_failed"): "retries_exhausted",
    ("delivered", "hard_bounce"): "hard_bounced",
    ("retrying", "delivered"): "delivered",
    ("retrying", "hard_bounce"): "hard_bounced",
    ("retrying", "soft_bounce"): "retrying",
    ("retrying", "retry_succeeded"): "delivered",
    ("retrying", "retry_failed"): "retries_exhausted",
}


class Log:
    after = AFTER

    def reset(self):
        self.state = "to_send"

    def send(self, event):
        if (self.state, event) not in self.after:
            return "rejected"
        self.state = self.after[self.state, event]

    def observe(self):
        return STATUS.get(self.state, "Failed")


@pytest.fixture(scope="module")
def implementation():
    return Log()


@pytest.mark.fsm_suite("with-feedback")
def test_log(fsm_case, implementation):
    fsm_case.run(implementation)
"""
WRONG = (
    RIGHT
    + """

class Wrong(Log):
    after = AFTER | {("retrying", "retry_succeeded"): "retries_exhausted"}


@pytest.mark.fsm_suite("with-feedback", method="table")
def test_wrong(fsm_case):
    fsm_case.run(Wrong())
"""
)
CLOSING = (
    "fsm: with-feedback by chain: 14 of 14 tests, 36 of 36 cells, 5 of 5 documented rows; complete "
    "for all machines with at most 5 states over the same 6 inputs"
)

QUIET = ("--assert=plain",)  # nothing of fsm is imported anew, and rewritten, in each run


@pytest.fixture
def run(pytester: pytest.Pytester):
    def run(module: str, *arguments: str, process: bool = False) -> pytest.RunResult:
        pytester.makepyfile(test_it=module)
        call = pytester.runpytest_subprocess if process else pytester.runpytest_inprocess
        return call("-p", "no:cacheprovider", "-p", "no:hypothesispytest", *QUIET, *arguments)

    return run


def test_a_right_implementation_passes_and_what_it_proves_is_told(run) -> None:
    result = run(RIGHT, "-v")
    result.assert_outcomes(passed=14)
    result.stdout.fnmatch_lines(["*test_log?relayed.soft_bounce.*? PASSED*", CLOSING])


def test_a_failure_shows_steps_and_the_shortest_reproduction(run) -> None:
    result = run(WRONG, "-k", "test_wrong")
    result.assert_outcomes(failed=1, passed=30, deselected=14)
    result.stdout.fnmatch_lines(
        [
            "retry_succeeded in retrying: expected Sent, got Failed",
            "with-feedback by table: step 3 of 3",
            "  step  event            expected  got      state",
            "     2  soft_bounce      Failed    Failed   retrying",
            ">    3  retry_succeeded  Sent      Failed   delivered",
            "shortest reproduction: relayed, soft_bounce, retry_succeeded",
            "specified by row 4: A later attempt got through.",
            (
                "fsm: with-feedback by table: 31 of 31 tests, * 1 failed, to rerun: pytest "
                "'test_it.py::test_wrong?relayed.soft_bounce.retry_succeeded?'"
            ),
        ]
    )
    assert "Traceback" not in result.stdout.str()


def test_the_command_to_run_again_runs_the_failure(run) -> None:
    result = run(WRONG, "test_it.py::test_wrong[relayed.soft_bounce.retry_succeeded]")
    result.assert_outcomes(failed=1)


def test_what_is_not_run_is_told(run) -> None:
    result = run(RIGHT, "--fsm-cov", "-k", "relayed.hard_bounce")
    assert "no guarantee until all tests are run" in result.stdout.str()
    result.stdout.fnmatch_lines(
        ["  not run in awaiting: *soft_bounce (row 3), *", "  not run in retrying: *(row 4)*"]
    )
    run(RIGHT, "--fsm-cov").stdout.fnmatch_lines([CLOSING, "  every cell was run"])


def test_nothing_is_told_where_nothing_ran(run) -> None:
    assert "fsm:" not in run(RIGHT, "--collect-only").stdout.str()
    assert "fsm:" not in run("def test_it(): pass").stdout.str()


def files(name: str) -> list[str]:
    return [f"--fsm-cov-file={name}.json", f"--fsm-cov-html={name}.html"]


@at_full_depth
@pytest.mark.filterwarnings("default")
def test_workers_add_up(run) -> None:
    pytest.importorskip("xdist", reason="pytest-xdist is not installed")
    result = run(WRONG, "-n", "2", "--fsm-cov", *files("two"), process=True)
    result.assert_outcomes(passed=44, failed=1)
    run(WRONG, *files("one"))
    one, two = (Path(name).read_bytes() for name in ("one.json", "two.json"))
    assert one == two
    assert Path("two.html").read_bytes() == Path("one.html").read_bytes()
    result.stdout.fnmatch_lines([CLOSING, "  every cell was run"])
    result.stdout.fnmatch_lines(["fsm: with-feedback by table: 31 of 31 tests, *to rerun: pytest*"])


def test_a_file_tells_which_tests_ran_which_cells(run) -> None:
    machine = fsm.load("with-feedback")
    result = run(RIGHT, "--fsm-cov-file", "cov.json")
    result.stdout.fnmatch_lines(["fsm: coverage of 1 suite written to *cov.json"])
    tested = read_coverage(Path("cov.json"), machine)
    assert tested.notes == ()
    assert tested.cells.keys() == {(s.name, e) for s in machine.states for e in machine.events}
    cell = tested.tests("retrying", "retry_succeeded")
    assert cell is not None
    assert cell.count >= len(cell.tests) > 0
    assert all("soft_bounce" in test and "retry_succeeded" in test for test in cell.tests)
    assert read_coverage(Path("cov.json"), fsm.load("delivery")).notes == (
        "cov.json: tests of other machines: with-feedback",
        "cov.json: no test of delivery",
    )
    assert read_coverage(Path("cov.json"), fsm.load("without-feedback")).notes == (
        "cov.json: tests of with-feedback count for without-feedback: it has all their cells",
    )
    renamed = replace(machine, events=machine.events[:-1], transitions=(), deadline=None, guards={})
    left = read_coverage(Path("cov.json"), renamed)
    assert left.cells.keys() == {(s.name, e) for s in machine.states for e in renamed.events}
    assert f"such as {machine.events[-1]} in" in left.notes[0]


def written(*suites: tuple[str, list[str], list[str]]) -> Path:
    """Write the coverage of machines with these events that were run, and were not."""

    def cells(events: list[str]) -> list[dict[str, object]]:
        return [{"state": "basket", "event": e, "count": 1, "tests": []} for e in events]

    whole = [
        {"machine": machine, "title": machine, "planned": 1, "done": 1, "failed": ["a test"]}
        | {"cells": cells(run), "not_run": cells(left)}
        for machine, run, left in suites
    ]
    path = Path("written.json")
    path.write_text(json.dumps({"schema": "fsm/coverage/1", "suites": whole}))
    return path


PAGE = "| From | Event | To |\n|---|---|---|\n| basket | pay | paid |\n"
OTHERS = {
    "no cell was run": (["shop", [], ["pay"]], 0),
    "a cell that was not run is another's": (["shop", ["pay"], ["ship"]], 0),
    "all of its cells": (["shop", ["pay"], []], 1),
    "the page from another folder": (["y/orders.md", ["pay"], []], 1),
    "another page": (["x/orders.md", ["pay"], []], 0),
}


@pytest.mark.parametrize(("suite", "count"), OTHERS.values(), ids=OTHERS)
def test_tests_of_another_name_count_where_they_are_about_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suite: list, count: int
) -> None:
    monkeypatch.chdir(tmp_path)
    for folder in ("x", "y"):
        Path(folder).mkdir()
        Path(folder, "orders.md").write_text(PAGE)
    monkeypatch.chdir("x")
    suites = [suite] if suite[0] == "shop" else [suite, ["y/orders.md", ["pay"], []]]
    covered = read_coverage(written(*suites), fsm.load("../y/orders.md"))
    assert sum(cell.count for cell in covered.cells.values()) == count + len(suites) - 1
    assert not any("all their cells" in note for note in covered.notes if not covered.cells)


def test_failed_and_missing_tests_are_told_of_the_file(run) -> None:
    run(WRONG, "--fsm-cov-file", "cov.json", "-k", "test_wrong or relayed.hard_bounce")
    assert read_coverage(Path("cov.json"), fsm.load("with-feedback")).notes == (
        (
            "cov.json: tests of 2 suites count together: "
            "with-feedback by chain, with-feedback by table"
        ),
        "cov.json: 1 test failed; a cell counts as run all the same",
        "cov.json: not every test of 1 suite was run",
    )


def test_a_file_in_no_directory_is_refused(run) -> None:
    result = run(RIGHT, "--fsm-cov-file", "nowhere/cov.json")
    result.stderr.fnmatch_lines(["*--fsm-cov-file: *nowhere: no such directory"])


NEGATIVE = """{"schema": "fsm/coverage/1", "suites": [
{"machine": "", "title": "", "planned": 1, "done": 1, "failed": [],
"cells": [{"state": "a", "event": "b", "count": -5, "tests": []}]}]}"""


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "not the coverage of tests (*); pytest --fsm-cov-file FILE writes it"),
        ('{"suites": []}', "not the coverage of tests (its schema is '')*"),
        ('{"schema": "fsm/coverage/1", "suites": [{}]}', "*missing required field*"),
        (
            NEGATIVE,
            "*`int` >= 1*",
        ),
        ("\x00\xff", "not the coverage of tests (*"),
    ],
    ids=["no JSON", "no schema", "no suite", "negative", "binary"],
)
def test_another_file_is_refused(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "cov.json"
    path.write_text(content, "latin-1")
    with pytest.raises(fsm.FsmError) as refused:
        read_coverage(path, fsm.load("with-feedback"))
    assert fnmatch(str(refused.value), f"*cov.json: {message}".replace("[", "[[]"))


MARKS = {
    "no marker": ("", "fsm_case needs the marker fsm_suite(machine, ...)"),
    "no machine": ("@pytest.mark.fsm_suite()", "fsm_suite: no machine; write fsm_suite*"),
    "two markers": (
        '@pytest.mark.fsm_suite("with-feedback")\n@pytest.mark.fsm_suite("without-feedback")',
        "fsm_suite: two markers, and one suite is run; write a function for each",
    ),
    "unknown machine": ('@pytest.mark.fsm_suite("with-feedbak")', "*did you mean 'with-feedback'*"),
    "unknown method": (
        '@pytest.mark.fsm_suite("with-feedback", method="spy")',
        "fsm_suite: no method 'spy'*",
    ),
    "unknown option": (
        '@pytest.mark.fsm_suite("with-feedback", extra_state=1)',
        "fsm_suite: no argument 'extra_state'; did you mean 'extra_states'?*",
    ),
    "two machines": (
        '@pytest.mark.fsm_suite("with-feedback", machine="quarantine")',
        "fsm_suite: the argument 'machine' is given twice",
    ),
    "too many arguments": (
        '@pytest.mark.fsm_suite("with-feedback", "chain", 1)',
        "fsm_suite: 3 arguments without a name; *",
    ),
    "a number as state": (
        '@pytest.mark.fsm_suite("with-feedback", to=3)',
        "fsm_suite: with-feedback: no state '3'; *",
    ),
    "a class that is no chart": (
        "@pytest.mark.fsm_suite(machine=int)",
        "fsm_suite: *int*StateChart*",
    ),
    "a number as machine": ("@pytest.mark.fsm_suite(42)", "fsm_suite: 42: not a machine; *"),
    "a text as number": (
        '@pytest.mark.fsm_suite("with-feedback", extra_states="1")',
        "fsm_suite: extra_states: '1' is not a whole number",
    ),
    "another observable": (
        '@pytest.mark.fsm_suite("with-feedback", observable="x")',
        "fsm_suite: no observable 'x'; there are: status, state, output",
    ),
    "a text as truth": (
        '@pytest.mark.fsm_suite("with-feedback", rejections="no")',
        "fsm_suite: rejections: 'no' is neither True nor False",
    ),
    "a number as method": (
        '@pytest.mark.fsm_suite("with-feedback", method=1)',
        "fsm_suite: no method '1' for test suites; *",
    ),
    "unknown goal": (
        '@pytest.mark.fsm_suite("with-feedback", covering="row 9")',
        "fsm_suite: with-feedback: no transition comes from 'row 9'*",
    ),
}


@pytest.mark.parametrize(("mark", "said"), cases(MARKS.values()), ids=cases(MARKS))
def test_wrong_marks_are_one_line(run, mark: str, said: str) -> None:
    result = run(f"import pytest\n{mark}\ndef test_it(fsm_case): pass")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([said])
    assert "Traceback" not in result.stdout.str()
    assert "During handling" not in result.stdout.str()


ADAPTERS = {
    "no observe": (
        RIGHT.replace("def observe", "def status"),
        "of type Log, has no method observe(): add it, or say observable='output'*",
    ),
    "a number": (RIGHT.replace("return Log()", "return 3"), "of type int, has no method reset()"),
    "a class": (RIGHT.replace("return Log()", "return Log"), "is the class Log, *write Log()"),
}


@pytest.mark.parametrize(("module", "said"), ADAPTERS.values(), ids=list(ADAPTERS))
def test_what_is_no_adapter_is_one_line(run, module: str, said: str) -> None:
    result = run(module, "-x")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"fsm_case.run: the implementation*{said}"])
    assert "implementation.py" not in result.stdout.str()


def test_a_number_of_a_row(run) -> None:
    module = RIGHT.replace('("with-feedback")', '("with-feedback", covering=3)')
    assert run(module).ret == 0


MARK = '@pytest.mark.fsm_suite("with-feedback")\n'
UNTESTED = {
    "no case": ("def test_it(): pass", {"errors": 1}, "fsm_suite: test_it does not run the suite*"),
    "a case that is not run": (
        "def test_it(fsm_case): pass",
        {"failed": 14},
        "fsm_suite: the test passed without running its case; call fsm_case.run(...) in it",
    ),
    "unittest": (
        "def mark(f): return f\nfrom unittest import TestCase\n@mark\nclass TestIt(TestCase):\n    "
        + MARK
        + "    def test_it(self): pass",
        {"errors": 1},
        "fsm_suite: test_it does not run the suite; *outside of unittest.TestCase*",
    ),
}


@pytest.mark.parametrize(("test", "counts", "said"), UNTESTED.values(), ids=list(UNTESTED))
def test_a_marked_test_that_tests_nothing_does_not_pass(run, test: str, counts, said: str) -> None:
    result = run(f"import pytest\n{MARK}{test}")
    result.assert_outcomes(**counts)
    result.stdout.fnmatch_lines([said])


def test_a_skipped_case_is_no_failure(run) -> None:
    run(f"import pytest\n{MARK}def test_it(fsm_case): pytest.skip('not here')").assert_outcomes(
        skipped=14
    )


def test_a_class_alone_is_named_with_what_to_write(run) -> None:
    result = run(CHART.replace("machine=Door", "Door"))
    assert result.ret != 0
    result.stdout.fnmatch_lines(["*fsm_suite: test_door: pytest decorates*fsm_suite(machine=Door)"])


VARIANTS = WRONG.partition("@pytest.mark.fsm_suite")[0].replace(
    '@pytest.fixture(scope="module")\ndef implementation():\n    return Log()\n',
    """

class Wrong(Log):
    after = AFTER | {("retrying", "retry_succeeded"): "retries_exhausted"}


@pytest.fixture(params=[Log, Wrong])
def implementation(request):
    return request.param()


@pytest.mark.fsm_suite("with-feedback")
def test_log(fsm_case, implementation):
    fsm_case.run(implementation)
""",
)


def test_each_of_several_implementations_has_its_guarantee(run) -> None:
    lines = [
        "fsm: with-feedback by chain (implementation=Log): 14 of 14 tests*; complete for *",
        "fsm: with-feedback by chain (implementation=Wrong): 14 of 14 tests*failed, to rerun: *",
    ]
    run(VARIANTS).stdout.fnmatch_lines(lines)


CHART = """
import pytest
from statemachine import State, StateChart


class Door(StateChart):
    allow_event_without_transition = False
    closed = State(initial=True, name="Closed")
    opened = State(name="Open")
    locked = State(name="Locked")
    open = closed.to(opened)
    close = opened.to(closed)
    lock = closed.to(locked)
    unlock = locked.to(closed)


class Adapter:
    def reset(self):
        self.door = Door()

    def send(self, event):
        if event not in {e.id for e in self.door.enabled_events()}:
            return "rejected"
        self.door.send(event)

    def observe(self):
        return next(iter(self.door.configuration)).name


@pytest.mark.fsm_suite(machine=Door)
def test_door(fsm_case):
    fsm_case.run(Adapter())
"""
FUNCTION = """
import pytest
from fsm.formats.dot import parse_dot

TURNSTILE = parse_dot('''digraph {
    locked -> locked [label="push / stop"]
    locked -> open [label="coin / thanks"]
    open -> locked [label="push / go"]
    open -> open [label="coin / thanks"]
}''', "turnstile")


def turnstile(state, event):
    if event == "coin":
        return "open", "thanks"
    return "locked", "go" if state == "open" else "stop"


class Adapter:
    def reset(self):
        self.state = "locked"

    def send(self, event):
        self.state, answer = turnstile(self.state, event)
        return answer


@pytest.mark.fsm_suite(TURNSTILE, extra_states=1)
def test_turnstile(fsm_case):
    fsm_case.run(Adapter())
"""
SERVICE = RIGHT.replace(
    """@pytest.fixture(scope="module")
def implementation():
    return Log()
""",
    """
class Handler(http.server.BaseHTTPRequestHandler):
    log = Log()

    def do_POST(self):
        event = self.path.strip("/")
        self.answer(self.log.reset() if event == "reset" else self.log.send(event))

    def do_GET(self):
        self.answer(self.log.observe())

    def answer(self, text):
        self.send_response(200)
        self.end_headers()
        self.wfile.write((text or "").encode())

    def log_message(self, *_):
        pass


class Client:
    def __init__(self, address):
        self.address = address

    def ask(self, path, method):
        connection = http.client.HTTPConnection(*self.address, timeout=10)
        connection.request(method, path)
        text = connection.getresponse().read().decode()
        connection.close()
        return text or None

    def reset(self):
        self.ask("/reset", "POST")

    def send(self, event):
        return self.ask(f"/{event}", "POST")

    def observe(self):
        return self.ask("/status", "GET")


@pytest.fixture(scope="module")
def implementation():
    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield Client(server.server_address)
    server.shutdown()
    server.server_close()
""",
).replace(
    "import pytest", "import http.client\nimport http.server\nimport threading\nimport pytest", 1
)
EXAMPLES = {
    "a python-statemachine class": (CHART, "fsm: Door by chain: *; complete for *"),
    "a function": (FUNCTION, "fsm: turnstile by chain: * 4 of 4 cells; complete for *"),
    "an HTTP service": (SERVICE, CLOSING),
}


@pytest.mark.parametrize(("module", "closing"), EXAMPLES.values(), ids=list(EXAMPLES))
def test_adapters_for(run, module: str, closing: str) -> None:
    result = run(module)
    assert result.ret == 0
    result.stdout.fnmatch_lines([closing])
    assert "warning" not in result.stdout.str()


def test_too_many_cases_are_refused(run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fsm.pytest_plugin.conformance.LIMIT", 13)
    result = run(RIGHT)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["fsm_suite: with-feedback by chain has more than 13 tests"])


@at_full_depth
def test_thousands_of_cases(run) -> None:
    """Collected and run; the seconds that many more take are in tests/bench/suites.md."""
    extra = 3 if DEEP else 2
    module = RIGHT.replace('"with-feedback"', f'"with-feedback", extra_states={extra}')
    size = suite(fsm.load("with-feedback"), extra_states=extra).size
    assert size.tests > 300
    run(module, "-q").assert_outcomes(passed=size.tests)


@pytest.mark.parametrize(
    ("options", "size"),
    [
        ("extra_states=40", "with 40 extra states has at least 4.2e+32 inputs"),
        ("max_symbols=50", "has up to * inputs, and 50 are allowed"),
    ],
)
def test_a_suite_that_is_too_large_is_never_made(run, options: str, size: str) -> None:
    module = f"""
        import pytest

        @pytest.mark.fsm_suite("with-feedback", {options})
        def test_it(fsm_case): ...
    """
    result = run(module)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"fsm_suite: with-feedback: the suite {size}*"])
