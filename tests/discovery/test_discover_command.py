"""The command ``fsm discover``: what it writes, and its exit status."""

import json
from pathlib import Path

import pytest

from fsm.catalog import load
from tests.command import Fsm

LOG = """message_id,event,timestamp
1,relayed,2026-01-05T09:00:00Z
1,delivered,2026-01-05T09:01:00Z
2,relayed,2026-01-05T09:00:00Z
"""


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "log.csv"
    path.write_text(LOG)
    return path


def test_the_file_keeps_the_evidence(fsm: Fsm, log: Path, tmp_path: Path) -> None:
    options = ("--machine", "with-feedback", "-o", str(tmp_path / "m.json"), "--json")
    facts = json.loads(fsm("discover", str(log), *options).out)
    machine = load(str(tmp_path / "m.json"))
    assert [t.origin and t.origin.reason for t in machine.transitions] == [
        "2 messages: 100 % of its state",
        "1 message: 50 % of its state",
    ]
    assert [t["messages"] for t in facts["transitions"]] == [2, 1]


@pytest.mark.parametrize(
    ("machine", "status"), [("with-feedback", 0), ("engagement", 1)], ids=["fits", "does-not"]
)
def test_the_status_tells_whether_the_reference_accepts_the_log(
    fsm: Fsm, log: Path, machine: str, status: int
) -> None:
    assert fsm("discover", str(log), "--machine", machine).status == status


@pytest.mark.parametrize("suffix", ["svg", "mmd", "dot"])
def test_the_diagram_tells_how_many_messages_there_were(
    fsm: Fsm, log: Path, tmp_path: Path, suffix: str
) -> None:
    diagram = tmp_path / f"learnt.{suffix}"
    fsm("discover", str(log), "--machine", "with-feedback", "--diagram", str(diagram))
    drawn = diagram.read_text()
    assert "of 2" in drawn
    assert "relayed" in drawn
    assert "soft_bounce" in drawn


def test_shares_are_never_none_and_the_rare_ones_are_told(fsm: Fsm, tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    rows = [f"{n},{'a' if n else 'b'},2026-01-05T09:00:00Z\n" for n in range(20_001)]
    log.write_text("message_id,event,timestamp\n" + "".join(rows))
    out = fsm("discover", str(log)).out
    assert "< 0.01 %" in out
    assert "\n1 transition below 1 % of the visits of the state" in out


def test_events_without_a_name_are_told_without_a_reference(fsm: Fsm, log: Path) -> None:
    log.write_text(f"{LOG}2,,2026-01-05T09:02:00Z\n")
    assert "left aside: 1 event without a name\n" in fsm("discover", str(log)).out


def test_a_log_without_events_is_named(fsm: Fsm, log: Path) -> None:
    log.write_text(LOG.splitlines(keepends=True)[0])
    run = fsm("discover", str(log))
    assert (run.status, run.err) == (2, f"fsm: {log}: no events to learn from\n")
