"""A checkpoint stays small: its tables are made one when they are many, or mostly outdated."""

import json
from pathlib import Path

import polars as pl
import pytest

from fsm.catalog import load_bare
from fsm.engine import Replay, replay
from fsm.engine.checkpoint import checkpoint

MACHINE = load_bare("with-feedback")


def execute_day(directory: Path, number: int, messages: str) -> Replay:
    """Execute one more file, with an event of each message."""
    path = directory / f"day{number}.csv"
    time = f"2026-01-0{number + 1}T00:00:00Z"
    event = "relayed" if number == 0 else "soft_bounce"
    lines = [f"{name},{event},{time}\n" for name in messages]
    path.write_text("message_id,event,timestamp\n" + "".join(lines))
    return replay(path, MACHINE, checkpoint=directory / "kept")


def tables(directory: Path) -> list[int]:
    """Return the rows of each table of messages that the checkpoint uses, oldest first."""
    kept = directory / "kept"
    names = [
        part["name"] for part in json.loads((kept / "manifest.json").read_text())["body"]["parts"]
    ]
    return [pl.read_parquet(kept / name).height for name in names if name.startswith("messages")]


def test_tables_whose_rows_are_mostly_outdated_are_made_one(tmp_path: Path) -> None:
    heights = []
    for number in range(4):
        result = execute_day(tmp_path, number, "abcd")
        heights.append(tables(tmp_path))
    assert heights == [[4], [4, 4], [4], [4, 4]]
    assert (result.events, result.messages) == (16, 4)


def test_many_tables_are_made_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint, "MOST_PARTS", 3)
    heights = []
    for number, messages in enumerate(["ab", "c", "d", "e", "f"]):
        result = execute_day(tmp_path, number, messages)
        heights.append(tables(tmp_path))
    assert heights == [[2], [2, 1], [2, 1, 1], [5], [5, 1]]
    assert (result.events, result.messages) == (6, 6)


def test_a_result_can_be_read_while_the_next_run_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tables that its run replaced are removed by the run after the next one."""
    monkeypatch.setattr(checkpoint, "MOST_PARTS", 1)
    execute_day(tmp_path, 0, "ab")
    result = execute_day(tmp_path, 1, "a")
    expected = result.series().rows()
    execute_day(tmp_path, 2, "b")
    assert result.series().rows() == expected
    before = len(list((tmp_path / "kept").glob("*.parquet")))
    for number in range(3, 6):
        execute_day(tmp_path, number, "ab")
    assert len(list((tmp_path / "kept").glob("*.parquet"))) == before
