"""``fsm suite`` and ``fsm learn``."""

import json
from pathlib import Path

import pytest

from fsm.suites import METHODS
from tests.command import Fsm

SUMMARY = [
    "machine",
    "method",
    "choice",
    "extra_states",
    "guarantee",
    "tests",
    "symbols",
    "seconds",
]
CHOSEN = "auto took chain: the smallest suites, and known to finish for 5 states and 6 inputs\n"


@pytest.mark.parametrize("method", METHODS)
def test_the_summary_has_a_stable_shape(fsm: Fsm, method: str) -> None:
    result = fsm("suite", "with-feedback", "--method", method, "--summary", "--json")
    facts = json.loads(result.out)
    assert (result.status, result.err) == (0, "")
    assert list(facts) == ["schema", *SUMMARY]
    assert (facts["machine"], facts["method"], facts["extra_states"]) == (
        "with-feedback",
        method,
        0,
    )
    assert facts["symbols"] >= facts["tests"] > 0


def test_the_summary_to_read(fsm: Fsm) -> None:
    out = fsm("suite", "with-feedback", "--summary", "--extra-states", "1").out
    assert [line.split(":")[0] for line in out.splitlines() if line[0] != " "] == [
        key.replace("_", " ") for key in SUMMARY
    ]
    assert "at most 6 states (5 + 1 extra)" in " ".join(out.split())


@pytest.mark.parametrize("suffix", ["json", "csv", "md", "py"])
def test_the_suffix_is_the_format(fsm: Fsm, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"suite.{suffix}"
    assert fsm("suite", "with-feedback", "-o", path) == (0, "", CHOSEN)
    form = {"py": "pytest"}.get(suffix, suffix)
    printed = fsm("suite", "with-feedback", "--format", form).out
    assert path.read_bytes() == printed.encode()
    assert fsm("suite", "with-feedback", "--format", form).out == printed


def test_mutation_scores(fsm: Fsm) -> None:
    command = ("suite", "with-feedback", "--mutation-score", "--mutants", "100")
    facts = json.loads(fsm(*command, "--json").out)
    kinds = {score["kind"]: score for score in facts["mutation_score"]}
    assert list(kinds) == ["wrong-target", "wrong-output", "missing-transition", "extra-state"]
    assert kinds["wrong-output"]["rate"] == 100
    lines = fsm(*command).out.splitlines()
    assert lines[3].split()[:5] == ["wrong-output", "144", "100", "0", "100"]
    assert any(score["equivalent"] for score in kinds.values())
    for line, (kind, score) in zip(lines[2:6], kinds.items(), strict=True):
        run = score["mutants"] + score["equivalent"]
        counts = (score["made"], run, score["equivalent"], score["killed"])
        rate = f"{score['rate']:.2f}"
        survivor = ", ".join(score["survivors"][0]).split() if score["survivors"] else []
        assert line.split() == [kind, *map(str, counts), rate, "%", *survivor]


def test_a_machine_in_dot(fsm: Fsm, tmp_path: Path) -> None:
    path = tmp_path / "m.dot"
    path.write_text('digraph { a -> b [label="x/0"]; b -> a [label="x/1"] }')
    assert json.loads(fsm("suite", path, "--summary", "--json").out)["symbols"] == 3
    path.write_text('digraph { a -> b [label="x/0"]; b -> a [label="y"] }')
    expected = "'input/output' is expected"
    assert fsm("suite", path) == (2, "", f"fsm: {path}:1: label 'y': {expected}\n")
    path.write_text('digraph { a -> b [label="x"]; b -> a [label="y"] }')  # a state diagram
    assert json.loads(fsm("suite", path, "--summary", "--json").out)["symbols"] > 0


@pytest.mark.parametrize("method", METHODS)
def test_a_machine_without_events_has_an_empty_suite(fsm: Fsm, method: str, tmp_path: Path) -> None:
    path = tmp_path / "still.json"
    machine = {"fsm": 1, "name": "m", "initial": "s", "states": [{"name": "s"}]}
    path.write_text(json.dumps(machine | {"events": [], "transitions": []}))
    found = json.loads(fsm("suite", path, "--summary", "--json", "--method", method).out)
    assert (found["tests"], found["symbols"]) == (1, 0)


WRONG = {
    "method": (["--method", "chian"], "no method 'chian' for test suites; did you mean 'chain'?"),
    "a method of no name": (
        ["--method", "2-way"],
        "no method '2-way' for test suites; there are: ",
    ),
    "format": (["-o", "suite.docx"], "no format 'docx' for test suites; there are json, csv"),
    "state": (["--to", "nowhere"], "with-feedback: no state 'nowhere'; there are: to_send"),
    "row": (
        ["--covering", "9"],
        "with-feedback: no transition comes from 'row 9'; there are: row 1",
    ),
    "extra states": (["--extra-states", "-1"], "-1 extra states: there cannot be fewer than 0"),
    "a file with a summary": (["--summary", "-o", "s.csv"], "--output has no effect with --s"),
    "two results": (["--summary", "--mutation-score"], "--mutation-score has no effect with"),
    "a file with a score": (["--mutation-score", "-o", "x.md"], "--output has no effect with --m"),
    "two formats": (["--json", "--format", "csv"], "--format has no effect with --json"),
    "tests of another method": (["--method", "w", "--tests", "5"], "--tests is for --method rand"),
    "length of another method": (["--length", "5"], "--length is for --method random, not for a"),
    "mutants without a score": (["--mutants", "5"], "--mutants is for --mutation-score"),
}


@pytest.mark.parametrize(("options", "said"), WRONG.values(), ids=list(WRONG))
def test_wrong_use_is_one_line(
    fsm: Fsm,
    options: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    result = fsm("suite", "with-feedback", *options)
    assert (result.status, result.out) == (2, "")
    assert result.err.startswith(f"fsm: {said}")
    assert not list(tmp_path.iterdir())


IMPLEMENTATION = """
from fsm import load
from fsm.mealy import Mealy

MACHINE = load("with-feedback")


class Right:
    def reset(self):
        self.state = MACHINE.initial

    def send(self, event):
        step = MACHINE.step(self.state, event)
        if step is None:
            return "rejected"
        self.state = step.target

    def observe(self):
        return MACHINE.status(self.state)


class Wrong(Right):
    def observe(self):
        return "Sent" if self.state == "retrying" else super().observe()


def broken():
    raise OSError("no connection")
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "learnt_module.py").write_text(IMPLEMENTATION)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    return "learnt_module"


def test_a_right_implementation_is_learnt(fsm: Fsm, module: str) -> None:
    result = fsm("learn", f"{module}:Right", "with-feedback")
    assert result.status == 0
    assert result.out.startswith(f"{module}:Right: 5 states, learnt with ")
    assert result.out.endswith("The implementation conforms to with-feedback.\n")


def test_every_difference_of_a_wrong_one_is_told(fsm: Fsm, module: str, tmp_path: Path) -> None:
    result = fsm("learn", f"{module}:Wrong", "with-feedback", "-o", tmp_path / "learnt.dot")
    assert result.status == 1
    _, difference, hidden = result.out.splitlines()
    assert difference == "soft_bounce in awaiting: Failed | Sent; trace: relayed, soft_bounce"
    assert hidden.startswith("Not compared: relayed in retrying, delivered in retrying, ")
    assert hidden.endswith("and 2 more; no trace without a difference leads there.")
    assert "awaiting" in fsm("show", tmp_path / "learnt.dot").out
    facts = json.loads(fsm("learn", f"{module}:Wrong", "with-feedback", "--json").out)
    assert facts["differences"][0]["trace"] == ["relayed", "soft_bounce"]
    assert facts["not_compared"][0] == {"state": "retrying", "input": "relayed"}


NO_ADAPTERS = {
    "Nothing": "no such class or function; an implementation is package.module:name, http://",
    "broken": "broken() failed: OSError: no connection",
    "load": "load() failed: TypeError",
    "Mealy": "Mealy() failed: TypeError",
}


@pytest.mark.parametrize(("name", "said"), NO_ADAPTERS.items(), ids=list(NO_ADAPTERS))
def test_what_is_no_adapter_is_one_line(fsm: Fsm, module: str, name: str, said: str) -> None:
    result = fsm("learn", f"{module}:{name}", "with-feedback")
    assert (result.status, result.out) == (2, "")
    assert said in result.err
    assert result.err.count("\n") == 1
