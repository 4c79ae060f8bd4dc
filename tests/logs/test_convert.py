"""``fsm convert`` of canonical logs: into other files, together with others, renamed, hidden."""

import bz2
import gzip
import json
import lzma
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import zstandard

from fsm.logs.mapping.to_canonical import SCHEMA
from tests.command import Fsm
from tests.logs.test_servers import CAME, LATER, NOBODY, postfix

CSV = """message_id,recipient,event,timestamp,seq,campaign
m1,a@x.example,relayed,2026-01-05T10:00:00+01:00,1,spring

m1,a@x.example,levitated,2026-01-05T09:00:01.5Z,2,spring
m2,,opened,2026-01-05T09:00:02Z,,
"""
ROWS = [
    ("m1", "a@x.example", "relayed", "2026-01-05 09:00:00", 1, 2),
    ("m1", "a@x.example", "levitated", "2026-01-05 09:00:01.500000", 2, 4),
    ("m2", None, "opened", "2026-01-05 09:00:02", None, 5),
]
MAIL = postfix(*CAME, LATER, NOBODY)


def rows(path: Path) -> list[dict[str, Any]]:
    frame = pl.read_parquet(path)
    assert frame.schema == SCHEMA
    return frame.to_dicts()


def as_records(text: str) -> str:
    header, *lines = (line.split(",") for line in text.splitlines() if line)
    records = [dict(zip(header, line, strict=True)) for line in lines]
    return "".join(
        json.dumps(r | {"seq": r["seq"] or None, "recipient": r["recipient"] or None}) + "\n"
        for r in records
    )


PACKED: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "gz": gzip.compress,
    "zst": zstandard.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
}


@pytest.mark.parametrize("pack", PACKED.values(), ids=PACKED)
@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_a_canonical_log_becomes_another_file(
    form: str, pack: Callable[[bytes], bytes], tmp_path: Path, fsm: Fsm
) -> None:
    text = CSV if form == "csv" else as_records(CSV)
    (tmp_path / "log").write_bytes(pack(text.encode()))
    result = fsm("convert", tmp_path / "log", "-o", tmp_path / "out.parquet")
    assert (result.status, result.out) == (0, "")
    found = rows(tmp_path / "out.parquet")
    lines = [2, 4, 5] if form == "csv" else [1, 2, 3]
    for row, line, expected in zip(found, lines, ROWS, strict=True):
        assert (row["message_id"], row["recipient"], row["event"]) == expected[:3]
        assert (
            row["timestamp"].strftime("%Y-%m-%d %H:%M:%S.%f").removesuffix(".000000") == expected[3]
        )
        assert (row["seq"], row["line"]) == (expected[4], line)
        assert (row["format"], row["file"]) == (form, str(tmp_path / "log"))


def test_what_is_left_out_is_reported(tmp_path: Path, fsm: Fsm) -> None:
    (tmp_path / "log.csv").write_text(CSV)
    result = fsm("convert", tmp_path / "log.csv", "-o", tmp_path / "out.xes")
    assert "log.csv: other columns are left out: campaign\n" in result.err
    assert "5 lines: 3 events" in result.err


def test_parquet_becomes_csv(tmp_path: Path, fsm: Fsm) -> None:
    (tmp_path / "log.csv").write_text(CSV)
    fsm("convert", tmp_path / "log.csv", "-o", tmp_path / "log.parquet")
    result = fsm("convert", tmp_path / "log.parquet")
    header, first, *_ = result.out.splitlines()
    assert header == ",".join(SCHEMA)
    assert first.startswith("m1,a@x.example,relayed,2026-01-05T09:00:00Z,,,1,")


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_a_converted_log_keeps_what_is_known_of_its_events(
    suffix: str, tmp_path: Path, fsm: Fsm
) -> None:
    (tmp_path / "mail.log").write_text(MAIL)
    fsm("convert", tmp_path / "mail.log", "-o", tmp_path / "once.parquet")
    fsm("convert", tmp_path / "mail.log", "-o", tmp_path / f"middle.{suffix}")
    fsm(
        "convert",
        tmp_path / f"middle.{suffix}",
        "-o",
        tmp_path / "twice.parquet",
        "--pseudonymise",
        key(tmp_path),
    )
    once, twice = rows(tmp_path / "once.parquet"), rows(tmp_path / "twice.parquet")
    kept = ("event", "timestamp", "final", "fault", "code", "format")
    plain = [[row[name] for name in kept] for row in once]
    assert [[row[name] for name in kept] for row in twice] == plain
    assert {row["fault"] for row in twice} == {None, "mailbox_full", "address"}


def key(directory: Path) -> Path:
    (directory / "key").write_text("0123456789abcdef")
    return directory / "key"


def test_recipients_of_a_canonical_log_are_hidden(tmp_path: Path, fsm: Fsm) -> None:
    (tmp_path / "log.csv").write_text(CSV)
    result = fsm("convert", tmp_path / "log.csv", "--pseudonymise", key(tmp_path))
    assert result.status == 0
    assert "a@x.example" not in result.out
    assert len({line.split(",")[1] for line in result.out.splitlines()[1:3]}) == 1


def test_columns_of_other_names(tmp_path: Path, fsm: Fsm) -> None:
    (tmp_path / "log.csv").write_text("case,activity,at\nm1,relayed,2026-01-05T09:00:00Z\n")
    names = ("message_id=case", "event=activity", "timestamp=at")
    options = [part for name in names for part in ("--column", name)]
    result = fsm("convert", tmp_path / "log.csv", *options)
    assert result.out.splitlines()[1].startswith("m1,,relayed,2026-01-05T09:00:00Z,")
    assert "left out" not in result.err


def test_canonical_and_other_logs_are_one(tmp_path: Path, fsm: Fsm) -> None:
    (tmp_path / "a.csv").write_text(CSV)
    (tmp_path / "b.log").write_text(MAIL)
    fsm("convert", tmp_path / "a.csv", tmp_path / "b.log", "-o", tmp_path / "all.parquet")
    found = rows(tmp_path / "all.parquet")
    assert [row["format"] for row in found] == ["csv"] * 3 + ["postfix"] * 4
    assert [row["event"] for row in found[:4]] == ["relayed", "levitated", "opened", "relayed"]


def test_any_event_of_a_canonical_log_is_one_of_its_machine(tmp_path: Path, fsm: Fsm) -> None:
    """Converters put complaints beside; in a canonical log they are events like others."""
    text = (
        "message_id,event,timestamp\nm,complained,2026-01-05T09:00:00Z\nm,,2026-01-05T09:00:01Z\n"
    )
    (tmp_path / "log.csv").write_text(text)
    fsm(
        "convert",
        tmp_path / "log.csv",
        "-o",
        tmp_path / "o.parquet",
        "--beside",
        tmp_path / "b.csv",
    )
    assert [row["event"] for row in rows(tmp_path / "o.parquet")] == ["complained", ""]
    assert len((tmp_path / "b.csv").read_text().splitlines()) == 1


WRONG: dict[str, tuple[str, str, tuple[str, ...], str]] = {
    "what it is already": (
        "log.csv",
        CSV,
        ("-o", "o.csv"),
        "read as canonical csv (its header names",
    ),
    "on standard output": (
        "log.csv",
        CSV,
        (),
        "it needs no conversion. Name another kind of file with -o",
    ),
    "a time that is none": (
        "log.csv",
        CSV + "m,,e,noon,,\n",
        ("-o", "o.xes"),
        "log.csv:6: timestamp 'noon' is not a time",
    ),
    "no such column": (
        "log.csv",
        CSV,
        ("--column", "event=what", "-o", "o.xes"),
        "log.csv:1: no column 'what'",
    ),
    "JSON that is none": (
        "log.jsonl",
        as_records(CSV) + "{\n",
        ("-o", "o.xes"),
        "log.jsonl:4: not a JSON object",
    ),
    "another name for no column": (
        "log.csv",
        CSV,
        ("--column", "who=what"),
        "no canonical column 'who'; there are: message_id",
    ),
    "a format that it is not": (
        "log.csv",
        CSV,
        ("--format", "parquet", "-o", "o.xes"),
        "not readable as Parquet",
    ),
}


@pytest.mark.parametrize(("name", "text", "options", "message"), WRONG.values(), ids=WRONG)
def test_wrong_input_is_reported_in_one_line(
    name: str,
    text: str,
    options: tuple[str, ...],
    message: str,
    tmp_path: Path,
    fsm: Fsm,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).write_text(text)
    result = fsm("convert", name, *options)
    assert (result.status, result.out) == (2, "")
    assert message in result.err
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert "Traceback" not in result.err
    assert len(result.err.splitlines()) == 1


FORMATS = {
    "of nobody": ("nobody", 1),
    "of ours": ("postfix", 1),
    "without hand-overs": ("mailjet", 1),
}


@pytest.mark.parametrize(("name", "events"), FORMATS.values(), ids=FORMATS)
def test_a_canonical_log_may_name_any_format(
    name: str, events: int, tmp_path: Path, fsm: Fsm
) -> None:
    text = f"message_id,event,timestamp,format\nm,delivered,2026-01-05T09:00:00Z,{name}\n"
    (tmp_path / "log.csv").write_text(text)
    assert fsm("convert", tmp_path / "log.csv", "-o", tmp_path / "o.parquet").status == 0
    assert [row["format"] for row in rows(tmp_path / "o.parquet")] == [name] * events


@pytest.mark.parametrize("form", ["exim", "postfix", "powermta", "momentum", "mail"])
def test_a_log_without_events_is_written_and_said(tmp_path: Path, fsm: Fsm, form: str) -> None:
    log, output = tmp_path / "log", tmp_path / "log.csv"
    log.write_text("name,age\nann,30\n")
    result = fsm("convert", log, "--format", form, "-o", output, "--json")
    assert result.status == 0
    assert result.err.endswith("fsm: no event found; is the format right? See: fsm formats\n")
    assert json.loads(result.out)[0]["events"] == 0
    assert output.read_text().count("\n") == 1  # the header: a quiet day breaks no nightly job


def test_a_log_of_side_events_alone_is_converted(tmp_path: Path, fsm: Fsm) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text(
        '{"event":"unsubscribe","email":"a@x.example","timestamp":1767603600,"sg_message_id":"m1"}\n'
    )
    result = fsm("convert", log, "--format", "sendgrid", "-o", tmp_path / "log.csv")
    assert (result.status, (tmp_path / "log.csv").exists()) == (0, True), result.err
