"""Wrong input: one clear line with file, line and remedy, and nothing half-written."""

import csv
import gzip
import io
import json
import os
import sys
from pathlib import Path

import polars as pl
import pytest

from fsm.catalog import load_bare
from fsm.engine import replay
from fsm.engine.explanation import explain
from fsm.errors import LogError
from fsm.logs.open import open_log

HEADER = "message_id,event,timestamp\n"
GOOD = "m,relayed,2026-01-01T00:00:00Z\n"

BAD = {
    "no message column": (
        b"id,event,timestamp\nm,relayed,2026-01-01T00:00:00Z\n",
        ":1: no column 'message_id'; there are: id, event, timestamp. Map one with --column",
    ),
    "a time that is none": (
        f"{HEADER}{GOOD}m,relayed,yesterday\nm,relayed,today\n".encode(),
        ":3: timestamp 'yesterday' is not a time; write 2026-01-31T09:30:00Z (1 more like it)",
    ),
    "a time without a zone": (
        f"{HEADER}{GOOD}m,relayed,2026-01-01T00:00:00\n".encode(),
        ":3: timestamp '2026-01-01T00:00:00' has no zone; write it in UTC with a final Z",
    ),
    "a time beyond the calendar": (
        f"{HEADER}{GOOD}m,relayed,+10000-01-01T00:00:00Z\n".encode(),
        ":3: timestamp '+10000-01-01T00:00:00Z' is not from 0001-01-02 to 9999-12-30",
    ),
    "no time": (f"{HEADER}m,relayed\n".encode(), ":2: no timestamp; every event has a time"),
    "a time after a field of two lines": (
        f'{HEADER}"m\n1",relayed,2026-01-01T00:00:00Z\nm,relayed,never\n'.encode(),
        ":4: timestamp 'never' is not a time",
    ),
    "no message id": (f"{HEADER}{GOOD},relayed,x\n".encode(), ":3: no message_id"),
    "a seq that is no number": (
        b"message_id,event,timestamp,seq\nm,relayed,2026-01-01T00:00:00Z,first\n",
        ":2: seq 'first' not a whole number",
    ),
    "too many fields": (
        f"{HEADER}{GOOD}m,a,b,c\n".encode(),
        ":3: 4 fields under 3 headers; quote fields with commas",
    ),
    "an open quote": (f'{HEADER}{GOOD}"m,a,b\nm,a,b\n'.encode(), ":3: a quote that is never clo"),
    "quotes around a part of a field": (
        f'{HEADER}{GOOD}"m" x,relayed,2026-01-01T00:00:00Z\n'.encode(),
        ":3: quotes within a field; quote the field and double them",
    ),
    "a quote in a field": (
        f'{HEADER}{GOOD}m"x,relayed,2026-01-01T00:00:00Z\n'.encode(),
        ":3: quotes within a field; quote the field and double them",
    ),
    "two columns of a name": (
        b"message_id,event,timestamp,event\nm,relayed,2026-01-01T00:00:00Z,delivered\n",
        ":1: two columns 'event'; rename the one not meant",
    ),
    "carriage returns alone": (
        f"{HEADER}{GOOD}".replace("\n", "\r").encode(),
        ": its lines end with carriage returns alone; save it with line feeds",
    ),
    "not text": (f"{HEADER}{GOOD}".encode() + b"m\xff,a,b\n", ":3: not UTF-8 text"),
    "a header that is not text": (
        HEADER.rstrip().encode() + b",\xff\n" + GOOD.encode(),
        ":1: not UTF-8 text; save the log as UTF-8",
    ),
    "binary junk": (
        bytes(range(256)) * 20,
        ": binary data, no log that is known (see: fsm formats)",
    ),
    "an empty file": (b"", ": empty; a log begins with a header line or a record"),
    "only white space": (b"\n\n", ": empty; a log begins with a header line or a record"),
    "a truncated gzip": (
        gzip.compress((HEADER + GOOD * 5000).encode())[:200],
        ": the compressed file is cut short; fetch it again",
    ),
    "a broken Parquet": (b"PAR1" + b"\0" * 100, ": not readable as Parquet"),
    "JSONL that is none": (
        b'{"message_id":"m","event":"a","timestamp":"2026-01-01T00:00:00Z"}\n\n{"message_id"\n',
        ":3: not a JSON object; a log has one object a line",
    ),
    "JSONL without times": (
        b'{"message_id":"m","event":"a"}\n',
        ":1: no column 'timestamp'; there are: message_id, event",
    ),
    "JSONL with a bad time": (
        b"""{"message_id":"m","event":"a","timestamp":"2026-01-01T00:00:00Z"}

{"message_id":"m","event":"a","timestamp":"x"}
""",
        ":3: timestamp 'x' is not a time",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_log_gets_one_clear_line(case: str, tmp_path: Path) -> None:
    content, message = BAD[case]
    path = tmp_path / "bad.log"
    path.write_bytes(content)
    for read in (lambda log: log.frame, lambda log: replay(log, load_bare("with-feedback"))):
        with pytest.raises(LogError) as caught:
            read(open_log([path]))
        text = str(caught.value)
        assert text.startswith(f"{path}{message}"), text
        assert "\n" not in text


def test_other_readers_keep_their_longest_field(tmp_path: Path) -> None:
    """The limit of the csv module is one for the whole process."""
    limit = csv.field_size_limit()
    for text in (f'{HEADER}"m\n{"x" * 200_000}",a,b\nm,a,b\n', f'{HEADER}{GOOD}"m,a,b\n'):
        (tmp_path / "log.csv").write_text(text)
        with pytest.raises(LogError):
            _ = open_log([tmp_path / "log.csv"]).frame
        assert csv.field_size_limit() == limit


def test_looking_for_the_bad_record_leaves_the_process_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(f'{HEADER}"m\n{"x" * 200_000}",relayed,2026-01-01T00:00:00Z\nm,a,b,c,d\n')
    before = csv.field_size_limit(5_000)  # of all readers of CSV in the process
    try:
        with pytest.raises(LogError, match=r"bad\.csv:4: 5 fields under 3 headers"):
            _ = open_log([path]).frame
        assert csv.field_size_limit() == 5_000
    finally:
        csv.field_size_limit(before)


def test_a_directory_and_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(LogError, match="a directory, not a log; name the files in it"):
        _ = open_log([tmp_path]).frame
    with pytest.raises(LogError, match="No such file"):
        _ = open_log([tmp_path / "none.csv"]).frame


def test_no_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "log.csv"
    path.write_text(HEADER + GOOD)
    path.chmod(0)
    if os.access(path, os.R_OK):  # the superuser reads everything: let the call say no instead

        def refuse(*_args: object, **_options: object) -> io.BytesIO:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(LogError, match=r"log\.csv: Permission denied"):
        _ = open_log([path]).frame


def test_times_of_a_parquet_file_need_a_zone(tmp_path: Path) -> None:
    path = tmp_path / "log.parquet"
    frame = pl.DataFrame({"message_id": ["m"], "event": ["relayed"], "timestamp": ["2026-01-01"]})
    frame.with_columns(pl.col("timestamp").str.to_datetime()).write_parquet(path)
    with pytest.raises(LogError, match="the timestamps have no zone; store them as UTC"):
        _ = open_log([path]).frame
    frame.with_columns(timestamp=pl.lit(value=True)).write_parquet(path)
    with pytest.raises(LogError, match="timestamps of type Boolean"):
        _ = open_log([path]).frame


def test_a_header_alone_is_an_empty_log(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text(HEADER)
    result = replay(open_log([path]), [load_bare("with-feedback")], companions=load_bare)
    assert (result.events, result.messages, result.rejected) == (0, 0, 0)
    assert result.machines["with-feedback"].indicators["Delivered"].percent is None
    assert result.statuses.is_empty()
    assert result.series().is_empty()
    assert result.rejections.is_empty()


def test_a_message_with_100_000_events_and_a_field_of_1_mib(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    long = "x" * 2**20
    rows = [GOOD, f"m,{long},2026-01-01T00:00:01Z\n"]
    rows += ["m,soft_bounce,2026-01-01T00:00:02Z\n"] * 100_000
    path.write_text(HEADER + "".join(rows))
    result = replay(open_log([path]), [load_bare("with-feedback")], companions=load_bare)
    assert (result.events, result.messages, result.rejected) == (100_002, 1, 1)
    assert result.rejections.select("line", "event").rows() == [(3, long)]
    assert result.machines["with-feedback"].states["retrying"] == 1


def test_standard_input_is_read_once_and_lines_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    class Stdin:
        buffer = io.BytesIO(f"{HEADER}{GOOD}{GOOD}".encode())

    monkeypatch.setattr(sys, "stdin", Stdin)
    log = open_log(["-"])
    result = replay(log, [load_bare("with-feedback")])
    assert result.rejections.select("file", "line").rows() == [("<stdin>", 3)]
    place = log.files[0].path
    assert place.exists()
    del log, result
    assert not place.exists()


def test_columns_are_mapped(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("case,what,when\nm,relayed,2026-01-01 01:00:00+01:00\n")
    log = open_log([path], {"message_id": "case", "event": "what", "timestamp": "when"})
    assert log.frame.select("message_id", "event").rows() == [("m", "relayed")]
    assert str(log.frame["timestamp"][0]) == "2026-01-01 00:00:00+00:00"


def test_a_json_field_may_come_late_and_have_any_type(tmp_path: Path) -> None:
    at = "2026-01-01T00:00:00Z"
    records = [{"message_id": i, "event": "relayed", "timestamp": at} for i in range(1500)]
    records += [{"message_id": 7, "event": "delivered", "timestamp": at, "seq": 1, "x": {"y": 1}}]
    path = tmp_path / "log.jsonl"
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records))
    log = open_log([path])
    assert log.frame["seq"].to_list() == [None] * 1500 + [1]
    assert log.frame["message_id"][-1] == "7"
    assert "recipient" not in log.frame.columns


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (f"{HEADER}{GOOD}{GOOD}", 3),
        (f"{HEADER}\n{GOOD}\n\n{GOOD}", 6),
        (f"\n\n{HEADER}{GOOD}{GOOD}", 5),
        (f'{HEADER}{GOOD}"m",relayed,2026-01-01T00:00:00Z\n', 3),
        (f'\n\n{HEADER}\n"m",relayed,2026-01-01T00:00:00Z\n\n{GOOD}', 7),
        (f'{HEADER}"x\n\ny",relayed,2026-01-01T00:00:00Z\n{GOOD}{GOOD}', 6),
        (f"{HEADER}{GOOD}{GOOD}".replace("\n", "\r\n"), 3),
    ],
)
def test_a_rejection_names_its_line(tmp_path: Path, content: str, line: int) -> None:
    path = tmp_path / "log.csv"
    path.write_bytes(content.encode())
    result = replay(open_log([path]), [load_bare("with-feedback")])
    assert result.rejections["line"].to_list() == [line]
    (story,) = explain(open_log([path]), "m", [load_bare("with-feedback")])
    assert [entry.place for entry in story.entries][-1] == f"{path}:{line}"
    assert story.entries[-1].quote.startswith(("m,relayed", '"m",relayed'))


def test_a_long_message_is_explained_from_one_reading(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text(HEADER + GOOD + "m,soft_bounce,2026-01-01T00:00:02Z\n" * 3000)
    (story,) = explain(open_log([path]), "m", [load_bare("with-feedback")])
    assert [entry.place for entry in story.entries][-1] == f"{path}:3002"
