"""Going on from a checkpoint gives the result of the whole log, whatever happens in between."""

import errno
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fsm.catalog import load_bare
from fsm.engine import Replay, replay
from fsm.engine.checkpoint import checkpoint
from fsm.errors import CheckpointError, FsmError, LogError, OutputError
from fsm.simulation import simulate
from tests.depth import DEEP, at_full_depth, samples

MACHINES = [load_bare("with-feedback"), load_bare("without-feedback")]
EVENTS = st.sampled_from([*MACHINES[0].events, "opened", "clicked", "noise"])
ROWS = st.lists(
    st.tuples(st.sampled_from("abcdef"), EVENTS, st.integers(0, 40), st.sampled_from(["x", "y"])),
    min_size=2,
    max_size=60,
)
START = datetime(2026, 1, 1, tzinfo=UTC)
HEADER = "message_id,event,timestamp\n"
Row = tuple[str, str, int]


def write(path: Path, rows: Sequence[Row], head: str = HEADER) -> Path:
    """Write a log of (message, event, minute)."""
    times = [f"{START + timedelta(minutes=minute):%Y-%m-%dT%H:%M:%SZ}" for _, _, minute in rows]
    lines = [f"{m},{event},{t}\n" for (m, event, _), t in zip(rows, times, strict=True)]
    path.write_text(head + "".join(lines))
    return path


def executed(source: object, directory: Path | None = None, **options: object) -> Replay:
    return replay(source, MACHINES, companions=load_bare, checkpoint=directory, **options)  # type: ignore[arg-type]


def facts(result: Replay) -> tuple[object, ...]:
    own = ("late", "duplicates", "notes", "balance")
    counts = {k: v for k, v in result.as_dict().items() if k not in own}
    rejections = result.rejections.drop("file", "line")
    return (
        counts,
        result.series().rows(),
        sorted(result.statuses.rows(), key=repr),
        sorted(rejections.rows(), key=repr),
    )


def content(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


RELAYED = [("a", "relayed", 0), ("b", "relayed", 0)]
LATER = [("a", "delivered", 5), ("b", "soft_bounce", 6), ("c", "relayed", 6)]


@pytest.fixture
def begun(tmp_path: Path) -> Path:
    """A checkpoint that has executed one file."""
    executed(write(tmp_path / "day1.csv", RELAYED), tmp_path / "kept")
    return tmp_path / "kept"


# One result ----------------------------------------------------------------------------------


@settings(max_examples=samples(40), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ROWS, st.data())
def test_any_prefixes_give_the_result_of_the_whole(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, ...]], data: st.DataObject
) -> None:
    place = tmp_path_factory.mktemp("law")
    ordered = sorted(rows, key=lambda row: row[2])
    log = pl.DataFrame(ordered, ["message_id", "event", "minute", "delivery_id"], orient="row")
    log = log.with_columns(
        (pl.lit(START) + pl.duration(minutes=15 * pl.col("minute"))).alias("timestamp"),
        pl.int_range(pl.len()).alias("seq"),
        pl.concat_str(pl.lit("e"), pl.int_range(pl.len())).alias("event_id"),
    ).drop("minute")
    ids, dedupe, deliveries = (data.draw(st.booleans()) for _ in range(3))
    log = log.drop([] if ids else ["event_id"], [] if deliveries else ["delivery_id"])
    validity = data.draw(st.sampled_from([None, timedelta(hours=3)]))
    cuts = sorted(data.draw(st.lists(st.integers(0, log.height), max_size=5)))
    worn = data.draw(st.sampled_from([1, 2, 64]))
    expected = facts(executed(log, validity=validity, dedupe=dedupe))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checkpoint, "MOST_PARTS", worn)
        for number, (first, last) in enumerate(pairwise([0, *cuts, log.height])):
            path = place / f"{number}.parquet"
            part = log[first:last]
            if ids and first:  # what was there already, once more
                part = pl.concat([log[first - 1 : first], part])
            part.write_parquet(path)
            result = executed(path, place / "kept", validity=validity, dedupe=dedupe)
    assert facts(result) == expected
    assert facts(executed(path, place / "kept", validity=validity, dedupe=dedupe)) == expected


def test_the_same_file_counts_once(begun: Path, tmp_path: Path) -> None:
    before = content(begun)
    again = executed(tmp_path / "day1.csv", begun)
    assert (again.events, again.messages) == (2, 2)
    moved = (tmp_path / "day1.csv").rename(tmp_path / "other.csv")
    assert executed([moved, str(moved)], begun).events == 2
    assert content(begun) == before


def test_a_file_that_has_grown_goes_on_where_it_ended(begun: Path, tmp_path: Path) -> None:
    rows = [*RELAYED, *LATER, ("a", "delivered", 9)]
    result = executed(write(tmp_path / "day1.csv", rows), begun)
    assert facts(result) == facts(executed(tmp_path / "day1.csv"))
    (row,) = result.rejections.iter_rows(named=True)
    assert (row["file"], row["line"]) == (str(tmp_path / "day1.csv"), 7)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ("\nc,relayed,2026-01-01T00:00:00Z\n", ""),
        ("\r\nc,relayed,2026-01-01T00:00:00Z\r\n", ""),
        ("[UTC]\n", "its last line was not complete when it was executed"),
    ],
)
def test_a_line_that_was_not_complete_is_not_completed(
    tmp_path: Path, more: str, message: str
) -> None:
    path, kept = write(tmp_path / "log.csv", RELAYED), tmp_path / "kept"
    text = path.read_text().rstrip("\n")
    path.write_text(text)
    executed(path, kept)
    path.write_bytes((text + more).encode())
    if message:
        with pytest.raises(LogError, match=message):
            executed(path, kept)
    else:
        assert executed(path, kept).messages == 3


def test_older_events_are_late(begun: Path, tmp_path: Path) -> None:
    rows = [("a", "delivered", 5), ("a", "hard_bounce", -5), ("b", "soft_bounce", 0)]
    result = executed(write(tmp_path / "day2.csv", rows), begun)
    assert (result.late, result.rejected, result.accepted, result.events) == (1, 1, 4, 5)
    assert result.as_dict()["late"] == 1
    (row,) = result.rejections.iter_rows(named=True)
    assert (row["event"], row["state"]) == ("hard_bounce", "")
    assert row["reason"] == "late: older than what the checkpoint has seen of its message"
    states = result.machines["with-feedback"].states
    assert (states["delivered"], states["retrying"]) == (1, 1)


def test_late_events_are_counted_by_their_names(begun: Path, tmp_path: Path) -> None:
    rows = [("a", "hard_bounce", -5), ("b", "soft_bounce", -5), ("a", "delivered", -4)]
    result = executed(write(tmp_path / "day2.csv", [*rows, ("b", "delivered", -3)]), begun)
    counted = [(kind.event, kind.count) for kind in result.rejection_kinds(most=9).first]
    assert counted == [("delivered", 2), ("hard_bounce", 1), ("soft_bounce", 1)]


@pytest.mark.parametrize("ids", [True, False], ids=["event_id", "dedupe"])
def test_duplicates_of_the_last_instant_are_known(tmp_path: Path, ids: bool) -> None:
    head = "message_id,event,event_id,timestamp\n" if ids else HEADER
    names = ["relayed,1", "soft_bounce,2"] if ids else ["relayed", "soft_bounce"]
    rows = [("a", name, 0) for name in names]
    kept, options = tmp_path / "kept", {} if ids else {"dedupe": True}
    executed(write(tmp_path / "day1.csv", rows, head), kept, **options)
    again = [rows[1], rows[0], ("a", "retry_succeeded,3" if ids else "retry_succeeded", 2)]
    result = executed(write(tmp_path / "day2.csv", again, head), kept, **options)
    assert (result.events, result.duplicates, result.late) == (3, 2, 0)


# What is refused -----------------------------------------------------------------------------


def test_what_cannot_be_continued_is_refused(begun: Path, tmp_path: Path) -> None:
    day2 = write(tmp_path / "day2.csv", LATER)
    before = content(begun)
    end = START + timedelta(minutes=5)
    quarantine = [load_bare("quarantine")]
    for options, message in (
        ({"validity": timedelta(days=1)}, "was begun with another --validity"),
        ({"every": timedelta(minutes=1)}, "was begun with another --every"),
        ({"dedupe": True}, "was begun with another --dedupe"),
        ({"as_of": end}, "there are events after --as-of; with a checkpoint every event must"),
    ):
        with pytest.raises(FsmError, match=message):
            executed(day2, begun, **options)
    with pytest.raises(CheckpointError, match="was begun with with-feedback, without-feedback"):
        replay(day2, quarantine, checkpoint=begun)
    with pytest.raises(LogError, match="a checkpoint knows logs by their files"):
        executed(pl.read_csv(day2), begun)
    with pytest.raises(LogError, match="2 messages to send, but the log has 3"):
        executed(day2, begun, to_send=2)
    assert content(begun) == before


def test_a_machine_that_changed_is_refused(begun: Path, tmp_path: Path) -> None:
    machine = load_bare("without-feedback")
    fewer = tuple(t for t in machine.transitions if t.event != "hard_bounce")
    changed = [MACHINES[0], replace(machine, transitions=fewer)]
    with pytest.raises(CheckpointError, match="the table of without-feedback has changed since"):
        replay(write(tmp_path / "d.csv", LATER), changed, companions=load_bare, checkpoint=begun)


@pytest.mark.parametrize("name", ["manifest.json", "messages-000001.parquet"])
@pytest.mark.parametrize("damage", ["cut", "flip", "remove"])
def test_a_damaged_checkpoint_is_refused(
    begun: Path, tmp_path: Path, name: str, damage: str
) -> None:
    path, day2 = begun / name, write(tmp_path / "day2.csv", LATER)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    if damage == "remove":
        path.unlink()
    else:
        path.write_bytes(data if damage == "flip" else data[: len(data) // 2])
    before = content(begun)
    with pytest.raises(CheckpointError, match=rf"{name}: damaged or missing; restore it"):
        executed(day2, begun)
    assert content(begun) == before


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 3}, "version 3 of checkpoints; this program reads 2"),
        ({"body": []}, "damaged or missing"),
        ({"digest": "0"}, "damaged or missing"),
    ],
)
def test_a_manifest_of_others_is_refused(
    begun: Path, tmp_path: Path, change: dict[str, object], message: str
) -> None:
    manifest = begun / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | change))
    with pytest.raises(CheckpointError, match=message):
        executed(write(tmp_path / "day2.csv", LATER), begun)


def test_two_runs_at_once_are_refused(begun: Path, tmp_path: Path) -> None:
    day2 = write(tmp_path / "day2.csv", LATER)
    with (
        checkpoint.locked(begun),
        pytest.raises(CheckpointError, match="in use by another replay; wait for it"),
    ):
        executed(day2, begun)


def test_a_first_run_that_failed_leaves_all_open(tmp_path: Path) -> None:
    kept, bad = tmp_path / "kept", tmp_path / "bad.csv"
    bad.write_text(HEADER + "a,relayed,never\n")
    (tmp_path / "kept").mkdir()
    (kept / "note.txt").write_text("not ours")
    with pytest.raises(LogError, match="is not a time"):
        executed(bad, kept, dedupe=True)
    result = executed(write(tmp_path / "good.csv", RELAYED), kept)
    assert result.messages == 2
    assert (kept / "note.txt").exists()


# Runs that end early -------------------------------------------------------------------------


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_disk_that_fills_up_loses_nothing(
    begun: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    day2 = write(tmp_path / "day2.csv", LATER)
    expected = facts(executed([tmp_path / "day1.csv", day2]))
    owner = os if call == "fsync" else Path
    real = getattr(owner, call)
    for fatal in range(0, 20, 1 if DEEP else 3):
        left = fatal

        def failing(*args: object) -> object:
            nonlocal left
            left -= 1
            if left < 0:
                raise OSError(errno.ENOSPC, "No space left on device")
            return real(*args)

        kept = tmp_path / f"kept{fatal}"
        shutil.copytree(begun, kept)
        with monkeypatch.context() as patch:
            patch.setattr(owner, call, failing)
            complete = True
            with suppress(OutputError):
                complete = False
                executed(day2, kept)
                complete = True
        if complete:
            break
        assert facts(executed(day2, kept)) == expected
    assert fatal > 2
    assert facts(executed(day2, kept)) == expected


CHILD = """
import sys
from fsm.catalog import load_bare
from fsm.engine import replay
machines = [load_bare("with-feedback"), load_bare("without-feedback")]
print("ready", flush=True)
replay(sys.argv[1], machines, companions=load_bare, checkpoint=sys.argv[2])
print("done", flush=True)
"""


@at_full_depth
def test_a_run_that_is_killed_loses_nothing_and_counts_nothing_twice(tmp_path: Path) -> None:
    log = pl.concat(simulate(MACHINES[0], 20_000, seed=1, companion=load_bare("engagement")))
    cut = log.height // 2
    days = [tmp_path / "day1.parquet", tmp_path / "day2.parquet"]
    for part, path in zip((log[:cut], log[cut:]), days, strict=True):
        part.write_parquet(path)
    expected = executed(days).as_dict()
    del expected["balance"]
    executed(days[0], tmp_path / "begun")
    chance, seconds, ends = random.Random(7), 0.0, set()
    for attempt in range(31):
        kept = tmp_path / "kept"
        shutil.copytree(tmp_path / "begun", kept)
        command = [sys.executable, "-c", CHILD, str(days[1]), str(kept)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            assert child.stdout.readline() == "ready\n"
            began = time.monotonic()
            if attempt:
                time.sleep(chance.uniform(0, 1.2 * seconds) if attempt > 1 else 0)
                child.send_signal(signal.SIGKILL)
            done = child.stdout.read() == "done\n"
        seconds = seconds or time.monotonic() - began
        ends.add((json.loads((kept / "manifest.json").read_text())["body"]["runs"], done))
        result = executed(days[1], kept, oracle=False).as_dict()
        own = ("late", "notes", "balance")
        assert {k: v for k, v in result.items() if k not in own} == expected
        assert not list(kept.glob(".fsm-*"))
        shutil.rmtree(kept)
    assert {(1, False), (2, True)} <= ends
