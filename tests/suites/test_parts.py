"""Parts of suites, suites as text, and what suites kill."""

import ast
import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fsm
from fsm.errors import FsmError
from fsm.formats.dot import parse_dot, read_dot
from fsm.mealy import Mealy
from fsm.suites import METHODS, Suite, suite
from fsm.suites.distinguish import characterising
from fsm.suites.export import FORMATS, export_suite
from fsm.suites.mutants import KINDS, mutation_score
from fsm.suites.narrowing import narrowed
from fsm.suites.specification import maximal
from tests.depth import DEEP, at_full_depth, samples
from tests.hostile import HOSTILE
from tests.suites.machines import mealys

pytest_plugins = ["pytester"]
MACHINE = fsm.load("with-feedback")
UNREACHED = parse_dot('digraph { a -> a [label="x/0"]; b -> a [label="x/1"] }', "unreached")


# Goals

GOALS = {  # what is asked for, and what each test must then have: a state, or a cell
    "a state": ({"to": "retrying"}, ("retrying", None)),
    "a row": ({"covering": "row 4"}, ("retrying", "retry_succeeded")),
    "a row by number": ({"covering": "2"}, ("awaiting", "hard_bounce")),
    "a decision": ({"covering": "D6"}, ("delivered", "hard_bounce")),
    "a cell that rejects": ({"covering": "to_send:delivered"}, ("to_send", "delivered")),
}


@pytest.mark.parametrize(("asked", "has"), GOALS.values(), ids=list(GOALS))
def test_a_part_has_every_test_that_serves_the_goal(
    asked: dict[str, str], has: tuple[str, str | None]
) -> None:
    whole = suite(MACHINE)
    part = narrowed(whole, **asked)
    state, event = has
    serving = [
        test
        for test in whole.tests
        if any(
            (step.before, step.input) == has
            or (event is None and state in (step.before, step.after))
            for step in whole.steps(test)
        )
    ]
    assert list(part.tests) == serving
    assert 0 < len(serving) < whole.size.tests
    assert not part.guarantee.complete


NO_GOALS = {
    "no such state": (
        MACHINE,
        {"to": "retry"},
        "no state 'retry'; did you mean 'retrying'? There are: to_send",
    ),
    "no such row": (
        MACHINE,
        {"covering": "9"},
        "no transition comes from 'row 9'; there are: row 1",
    ),
    "no such event": (MACHINE, {"covering": "awaiting:x"}, "no input 'x'"),
    "unreachable": (UNREACHED, {"to": "b"}, "unreached: no trace leads to 'b'"),
    "unreachable cell": (UNREACHED, {"covering": "b:x"}, "unreached: no trace leads to 'b'"),
    "unreachable, and left out of the table": (
        replace(MACHINE, unreachable=("never",)),
        {"to": "never"},
        "with-feedback: no trace leads to 'never'",
    ),
    "no rows": (UNREACHED, {"covering": "1"}, "its transitions name no source, or write STATE"),
}


@pytest.mark.parametrize(("machine", "asked", "said"), NO_GOALS.values(), ids=list(NO_GOALS))
def test_goals_that_cannot_be_reached(machine: Any, asked: dict[str, str], said: str) -> None:
    with pytest.raises(FsmError) as error:
        narrowed(suite(machine, "tour"), **asked)
    assert said in str(error.value)


# Texts


def text(made: Suite, form: str) -> str:
    return "".join(export_suite(made, form))


@pytest.mark.parametrize("method", METHODS)
def test_json_holds_every_test_with_what_is_expected(method: str) -> None:
    made = suite(MACHINE, method)
    found = json.loads(text(made, "json"))
    assert {key: found[key] for key in made.summary()} == made.summary()
    assert [tuple(case["events"]) for case in found["cases"]] == list(made.tests)
    for case in found["cases"]:
        assert tuple(case["outputs"]) == made.expected(case["events"])
        if method != "observable":  # which shows the states
            assert case["shown"] == [MACHINE.status(state) or "-" for state in case["states"]]


def test_csv_has_a_row_for_each_step() -> None:
    made = suite(MACHINE)
    rows = list(csv.DictReader(io.StringIO(text(made, "csv"))))
    start = ("", "", "", MACHINE.initial)
    steps = [step for test in made.tests for step in (start, *made.steps(test))]
    keys = ("state", "event", "output", "next_state")
    assert [tuple(row[key] for key in keys) for row in rows] == steps
    assert rows[-1]["test"] == str(made.size.tests)


def test_markdown_has_a_row_for_each_test() -> None:
    made = suite(MACHINE)
    lines = text(made, "md").splitlines()
    assert lines[0] == "# with-feedback: tests by chain"
    assert sum(line.startswith("| ") for line in lines) == made.size.tests + 2


def hostile(names: dict[str, str]) -> Mealy:
    """A machine whose names are syntax everywhere."""
    states = tuple(names.values())
    after = np.roll(np.arange(len(states)), 1)[:, None].repeat(len(states), 1)
    output = np.arange(len(states))[None].repeat(len(states), 0)
    return Mealy('hostile """ \\', states, states, states, after, output, shown=states)


@pytest.mark.parametrize("form", list(FORMATS) if DEEP else list(FORMATS)[-1:])
def test_hostile_names_are_text(form: str) -> None:
    mealy = hostile(HOSTILE)
    written = text(suite(mealy, "table"), form)
    if form == "json":
        case = json.loads(written)["cases"][0]
        assert set(case["events"]) <= set(mealy.inputs)
    elif form == "csv":
        rows = csv.DictReader(io.StringIO(written, newline=""))
        assert {row["event"] for row in rows} == set(mealy.inputs)
    elif form == "pytest":
        module = ast.parse(written)
        values = {
            node.targets[0].id: node.value
            for node in module.body
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
        }
        tests, cells = (ast.literal_eval(values[name]) for name in ("TESTS", "CELLS"))
        assert {event for test in tests for event in test} == set(mealy.inputs)
        assert {state for state, _ in cells} == set(mealy.states)
        assert written.isascii()
    else:
        assert "<script" not in written.replace("\\<", "")
        assert "\u202e" not in written


@pytest.mark.parametrize("observable", ["status", "output"])
def test_the_pytest_module_passes_and_fails(pytester: pytest.Pytester, observable: Any) -> None:
    made = suite(MACHINE, observable=observable)
    pytester.makepyfile(test_generated=text(made, "pytest"))
    pytester.makeconftest(
        f"""
        import pytest
        from fsm import load
        from fsm.mealy import Mealy
        from tests.suites.test_implementation import Table

        class Wrong(Table):
            def send(self, event):
                return "Sent" if event == "hard_bounce" else super().send(event)

        @pytest.fixture
        def implementation(request):
            kind = Wrong if request.config.getoption("--wrong") else Table
            return kind(Mealy.of(load("with-feedback"), {observable!r}))

        def pytest_addoption(parser):
            parser.addoption("--wrong", action="store_true")
        """
    )
    run = ("-p", "no:cacheprovider", "-p", "no:fsm")
    pytester.runpytest_inprocess(*run).assert_outcomes(passed=made.size.tests)
    result = pytester.runpytest_inprocess(*run, "--wrong")
    assert result.parseoutcomes()["failed"] > 0
    result.stdout.fnmatch_lines(["short reproduction: *hard_bounce"])


# Mutants


@given(mealys(states=(1, 4), inputs=(1, 2), outputs=(1, 2)))
@settings(max_examples=samples(30))
def test_complete_suites_kill_every_mutant_of_their_domain(mealy: Mealy) -> None:
    fewest = suite(mealy).guarantee.states
    made = suite(mealy, extra_states=len(mealy.states) + 1 - fewest)
    for score in mutation_score(made):
        assert score.killed == score.mutants
        assert not score.survivors
        assert score.mutants + score.equivalent == score.made


@pytest.mark.parametrize(
    "name",
    [
        "with-feedback",
        "without-feedback",
        pytest.param("delivery", marks=at_full_depth),
        "engagement",
    ],
)
def test_observable_kills_every_mutant_with_an_extra_state(name: str) -> None:
    for score in mutation_score(suite(fsm.load(name), "observable", extra_states=1), limit=200):
        assert score.killed == score.mutants
        assert score.rate in (100, None)


def test_a_tour_lets_wrong_targets_pass_and_tells_how_to_kill_them() -> None:
    scores = {score.kind: score for score in mutation_score(suite(MACHINE, "tour"))}
    assert set(scores) == set(KINDS)
    assert scores["wrong-output"].rate == 100
    assert scores["wrong-target"].killed < scores["wrong-target"].mutants
    assert all(scores["wrong-target"].survivors)


def test_of_many_mutants_a_sample_is_run(corpus: Path) -> None:
    made = suite(read_dot(corpus / "machines" / "asml_m54.dot"), "tour")
    first, second = (mutation_score(made, limit=50) for _ in range(2))
    assert first == second
    assert all(score.mutants + score.equivalent == 50 < score.made for score in first)


def test_of_a_partial_machine_only_its_cells_are_changed() -> None:
    partial = parse_dot('digraph { a -> b [label="x/0"]; b -> a [label="y/1"] }', "partial")
    for score in mutation_score(suite(partial, "tour")):
        assert score.made <= 4


@given(st.lists(st.lists(st.integers(0, 1), min_size=1, max_size=4).map(tuple), min_size=1))
def test_words_that_are_no_prefix_are_kept_by_their_order(words: list[tuple[int, ...]]) -> None:
    states = [words, words[::2], words[1::3], []]
    kept = characterising._maximal(sorted(set(words)), [states])
    assert kept == [[maximal(chosen) for chosen in states]]
