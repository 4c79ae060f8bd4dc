"""A log is read by exactly the name it has; a name is a pattern only where no file has it."""

import os
import re
from pathlib import Path

import polars as pl
import pytest

import fsm as package
from fsm.catalog import load_bare
from fsm.engine import replay
from fsm.logs.open import open_log
from tests.command import Fsm

ROOT = Path(package.__file__).parent
HEADER = "message_id,event,timestamp\n"
TIME = "2026-02-03T04:05:06Z"
NAMES = [
    "log[1]",
    "log[!a]",
    "log?",
    "lo*",
    "**",
    "{log1,log2}",
    "~log1",
    "log%31",
    "log]1",
    "a=b",
    " log1 ",
    "log1\\",
]
"""Names, each of which as a pattern, escape or home directory would be another file's."""


def write(path: Path, message: str, events: int = 1) -> Path:
    """Write a log of one message in the format that the suffixes name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [{"message_id": message, "event": "relayed", "timestamp": TIME}] * events
    frame = pl.DataFrame(rows)
    if path.suffix == ".parquet":
        with path.open("wb") as file:
            frame.with_columns(pl.col("timestamp").str.to_datetime(time_zone="UTC")).write_parquet(
                file
            )
    else:
        path.write_text(frame.write_csv() if ".csv" in path.name else frame.write_ndjson())
    return path


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
@pytest.mark.parametrize("name", NAMES)
def test_a_file_is_read_as_itself(tmp_path: Path, name: str, suffix: str) -> None:
    for other in ("log1", "log2", "loa", "b"):
        write(tmp_path / f"{other}{suffix}", "another", 3)
    path = write(tmp_path / f"{name}{suffix}", "own")
    for log in (open_log([path]), open_log([str(path)])):
        assert log.frame["message_id"].to_list() == ["own"]
        ((_, line, quote),) = log.proofs(log.frame.head(1)).values()
        assert (line, "own" in quote) == ({".csv": 2}.get(suffix, 1), True)


@pytest.mark.parametrize("folder", ["days[1]", "days?", "event=bounce", "~days"])
def test_a_folder_is_read_as_itself(tmp_path: Path, folder: str) -> None:
    write(tmp_path / "days1" / "log.csv", "another", 3)
    for suffix in (".csv", ".jsonl", ".parquet"):
        path = write(tmp_path / folder / f"log{suffix}", "own")
        assert open_log([path]).frame.select("message_id", "event").rows() == [("own", "relayed")]


def test_a_name_that_begins_with_a_tilde_is_no_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = write(tmp_path / "home" / "log.csv", "another").parent
    write(tmp_path / "~" / "log.csv", "own")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(tmp_path)
    assert open_log(["~/log.csv"]).frame["message_id"].to_list() == ["own"]


def test_a_folder_of_a_pattern_stands_for_itself(tmp_path: Path) -> None:
    write(tmp_path / "logs[1]" / "*" / "day1.csv", "own")
    write(tmp_path / "logs1" / "a" / "day1.csv", "another")
    for pattern in ("logs[1]/*/day?.csv", "logs[1]/**/day[1].csv", "logs[1]/?/*"):
        (source,) = open_log([str(tmp_path / pattern)]).files
        assert source.path == tmp_path / "logs[1]" / "*" / "day1.csv"


def test_a_file_that_is_named_twice_is_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "log.csv", "own")
    (tmp_path / "link.csv").symlink_to(path)
    monkeypatch.chdir(tmp_path)
    names = ["log.csv", "./log.csv", str(path), "link.csv"]
    assert len(open_log(names).files) == len(open_log(names).files) == 1


@pytest.mark.parametrize("name", ["", "lo*" * 200, "log" * 200], ids=["none", "pattern", "long"])
def test_what_is_no_name_is_reported(name: str, tmp_path: Path, fsm: Fsm) -> None:
    result = fsm("replay", name)
    assert (result.status, result.err.count("\n")) == (2, 1)
    assert "internal error" not in result.err
    assert name or "the name of a log is empty" in result.err


def test_patterns_are_filled_in_where_no_file_has_the_name(tmp_path: Path, fsm: Fsm) -> None:
    for number in (1, 2):
        write(tmp_path / f"log{number}.csv", f"m{number}")
    assert "2 events, 2 messages" in fsm("replay", tmp_path / "log[12].csv").out
    write(tmp_path / "log[12].csv", "own")
    assert "1 event, 1 message" in fsm("replay", tmp_path / "log[12].csv").out


def test_what_is_written_has_the_name_that_was_given(tmp_path: Path, fsm: Fsm) -> None:
    log = write(tmp_path / "log[1].csv", "own")
    (tmp_path / "ck[1]").mkdir()
    outputs = [tmp_path / f"{option}[1]?.csv" for option in ("status", "series", "rejected")]
    words = [word for path in outputs for word in (f"--{path.name.split('[')[0]}", path)]
    for _ in range(2):
        result = fsm("replay", log, *words, "--checkpoint", tmp_path / "ck[1]")
        assert (result.status, "1 event, 1 message" in result.out) == (0, True)
    assert all(path.read_text().startswith(("message_id", "until", "file")) for path in outputs)
    written = tmp_path / "out*.parquet"
    assert fsm("convert", log, "-o", written).status == 0
    assert open_log([written]).frame["message_id"].to_list() == ["own"]


def test_temporary_files_may_lie_in_any_folder(
    tmp_path: Path, fsm: Fsm, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "tmp[1]"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))
    log = tmp_path / "mail.log"
    log.write_text(
        "Feb  3 04:05:06 mx postfix/smtp[9]: 4F1A2B3C4D: to=<a@example.com>, relay=mx:25, "
        "delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 ok)\n"
    )
    assert fsm("replay", log, "--year", "2026").status == 0
    assert not list(place.iterdir())


def test_every_scan_of_a_local_file_goes_through_one_module() -> None:
    scans = re.compile(r"\bpl\.(?:read_|scan_(?!arrow_c_stream))")
    found = {path.name for path in ROOT.rglob("*.py") if scans.search(path.read_text())}
    assert found == {"scans.py", "remote.py"}


def test_a_name_that_is_not_utf_8_is_refused(tmp_path: Path, fsm: Fsm) -> None:
    path = os.fsdecode(bytes(tmp_path / "log") + b"\xff.csv")
    Path(path).write_text(HEADER + f"own,relayed,{TIME}\n")
    refusal = f"fsm: {tmp_path}/log\\udcff.csv: its name is not UTF-8; rename it\n"
    assert fsm("replay", path) == (2, "", refusal)


def test_the_library_takes_such_names_too(tmp_path: Path) -> None:
    write(tmp_path / "log1.csv", "another", 3)
    path = write(tmp_path / "log[1].csv", "own")
    assert replay(path, load_bare("with-feedback")).events == 1
