"""What the commands say of the cross-check with python-statemachine."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from command import Fsm

from fsm.catalog import load
from fsm.formats.json_document import to_json

ALL = "fsm: 78 of 78 cells agree with python-statemachine\n"
NOT = "fsm: not compared with python-statemachine\n"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "log.csv"
    rows = "a,relayed,2026-03-01T08:00:00Z\na,opened,2026-03-01T08:00:09Z\n"
    path.write_text(f"message_id,event,timestamp\n{rows}")
    return path


@pytest.fixture
def unclassed(tmp_path: Path) -> Path:
    """A machine in a file, of which no class is loaded."""
    path = tmp_path / "shelf.json"
    path.write_text(to_json(replace(load("with-feedback"), name="shelf")))
    return path


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ((), ALL),
        (("--crosscheck",), ALL),
        (("--no-crosscheck",), NOT),
        (("--no-oracle",), NOT),
    ],
    ids=["by default", "on", "off", "off, by its earlier name"],
)
def test_replay_says_what_was_compared(
    fsm: Fsm, log: Path, options: tuple[str, ...], says: str
) -> None:
    assert fsm("replay", log, *options).err == says
    found = json.loads(fsm("replay", log, "--json", *options).out)["crosscheck"]
    assert (found and (found["agree"], found["cells"])) == ((78, 78) if says == ALL else None)


def test_that_no_class_is_known_is_said(fsm: Fsm, log: Path, unclassed: Path) -> None:
    none = f"no python-statemachine class to check {unclassed.stem} against\n"
    assert fsm("replay", log, "--machine", unclassed).err.endswith(none)
    both = fsm("replay", log, "--machine", "with-feedback", "--machine", unclassed, "--json")
    found = json.loads(both.out)["crosscheck"]
    assert found["machines"]["with-feedback"] == {"cells": 36, "agree": 36}
    assert found["machines"]["shelf"] is None


def test_analyse_compares_every_cell(fsm: Fsm, unclassed: Path) -> None:
    guards = " (an event counts once for each valuation of its guards)"
    said = fsm("analyse", "quarantine").err
    assert said == f"fsm: 56 of 56 cells agree with python-statemachine{guards}\n"
    assert fsm("analyse", "with-feedback").err.startswith("fsm: 36 of 36 cells agree")
    assert fsm("analyse", "with-feedback", "--no-crosscheck").err == NOT
    assert "no python-statemachine class" in fsm("analyse", unclassed).err
    claimed = fsm("analyse", "with-feedback", "--claim", "never Pending after Sent", "--json")
    assert json.loads(claimed.out)["crosscheck"]["agree"] == 36


MODULE = """\
from statemachine import State, StateMachine
from fsm.compile.oracle import Instance

class Door(StateMachine):
    shut = State(initial=True)
    wide = State()
    swing = shut.to(wide) | wide.to(shut)
    slam = wide.to(shut)

real = Instance._accepts
Instance._accepts = lambda self, text: real(self, "swing" if text == "slam" else text)
"""


def test_a_class_that_does_something_else_ends_the_run(
    fsm: Fsm, log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fsm.compile.oracle import Instance

    monkeypatch.setattr(Instance, "_accepts", Instance._accepts)  # put back afterwards
    (tmp_path / "wrong_door.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    claim = ("analyse", "--claim", "never wide")
    for command in (("replay", log, "--machine"), ("analyse",), claim):
        ended = fsm(*command, "wrong_door:Door")
        assert ended.status == 2
        assert ended.out == ""
        assert ended.err == (
            "fsm: the class and its table disagree: wrong_door:Door: 'slam' after [] in 'shut': "
            "leads to 'wide', the table says it is rejected\n"
        )
