"""The list of faults fits the code, and a fault counts as noticed only where a test failed."""

from pathlib import Path

import pytest

from tests.mutants.faults import Fault, load_faults, problems
from tests.mutants.run import NOT_TRIED, NOTICED, SURVIVED, Run, verdict_of

FAULTS = load_faults()


def test_the_list_fits_the_code() -> None:
    """Where this fails, mend ``find`` in faults.toml, or remove what the code no longer has."""
    found = {fault.id: problems(fault) for fault in FAULTS}
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def test_ids_are_unique() -> None:
    assert len({fault.id for fault in FAULTS}) == len(FAULTS)


FITTING = Fault("f", "b", "code.py", "n + 1", "n", ("test_code.py::test_one",))
STALE: dict[str, tuple[Fault, str]] = {
    "the file is gone": (FITTING._replace(file="no.py"), "there is no file no.py"),
    "the text is gone": (FITTING._replace(find="n + 2"), "occurs 0 times in code.py, not once"),
    "the text is there twice": (FITTING._replace(find="n"), "occurs 4 times"),
    "nothing changes": (FITTING._replace(replace="n + 1"), "it changes nothing"),
    "no longer Python": (FITTING._replace(replace="n +"), "code.py is no longer Python with it"),
    "no tests": (FITTING._replace(tests=()), "it names no tests"),
    "the file of tests is gone": (FITTING._replace(tests=("t.py",)), "there is no test t.py"),
    "the test is gone": (
        FITTING._replace(tests=("test_code.py", "test_code.py::test_two[a]")),
        "there is no test test_code.py::test_two[a]",
    ),
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "code.py").write_text("def next(n):\n    return n + 1\n")
    (tmp_path / "test_code.py").write_text("def test_one():\n    assert True\n")
    return tmp_path


def test_a_fault_that_fits(project: Path) -> None:
    assert problems(FITTING, project) == []
    assert FITTING.applied(project) == "def next(n):\n    return n\n"


@pytest.mark.parametrize(("fault", "said"), STALE.values(), ids=list(STALE))
def test_a_stale_fault_is_refused(fault: Fault, said: str, project: Path) -> None:
    [problem] = problems(fault, project)
    assert said in problem


def test_an_entry_has_every_field(tmp_path: Path) -> None:
    path = tmp_path / "list.toml"
    path.write_text('[[fault]]\nid = "f"\ntest = []\n')
    with pytest.raises(ValueError, match=r"fault 1: missing or unknown: breaks, .*test, tests"):
        load_faults(path)


RUNS: dict[str, tuple[Run, str]] = {
    "a test failed": (Run(1, "", ["assert 1 == 2"], 3), NOTICED),
    "a test failed by an exception": (Run(1, "", ["ValueError: no"], 0), NOTICED),
    "all passed": (Run(0, "3 passed", [], 3), SURVIVED),
    "all were skipped": (Run(0, "3 skipped", [], 0), NOT_TRIED),
    "a module could not be imported in a test": (
        Run(1, "1 failed", ["ImportError: cannot import name 'x'"], 0),
        SURVIVED,
    ),
    "collection failed": (Run(2, "1 error during collection", [], 0), SURVIVED),
    "a fixture failed": (Run(1, "1 error", [], 0), SURVIVED),
    "never ended": (Run(-1, "not finished after 300 seconds", [], 0), SURVIVED),
}


@pytest.mark.parametrize(("run", "outcome"), RUNS.values(), ids=list(RUNS))
def test_only_a_failed_test_has_noticed_a_fault(run: Run, outcome: str) -> None:
    verdict = verdict_of(run)
    assert verdict.outcome == outcome
    assert bool(verdict.why) == (outcome != NOTICED)
