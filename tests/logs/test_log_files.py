"""Files as they lie about: compression, order, patterns, standard input, damage, any bytes."""

import bz2
import gzip
import io
import json
import lzma
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from fsm.catalog import load_bare
from fsm.engine import replay
from fsm.errors import LogError
from fsm.logs.detect import guess
from fsm.logs.ledger import RecordClass
from fsm.logs.notes import Notes
from fsm.logs.open import open_log
from fsm.logs.storage.stored_file import StoredFile, line_texts
from fsm.logs.summary import summary_lines
from tests.command import Fsm

RECORD = '{"event":"%s","email":"a@x.example","MessageID":17,"time":%d}'
SENT, OPENED = RECORD % ("sent", 1_767_603_600), RECORD % ("open", 1_767_603_601)
CANONICAL = "message_id,event,timestamp\nm1,relayed,2026-01-05T09:00:00Z\n"
MACHINES = [load_bare("with-feedback")]
QUEUE = "Jan  5 09:00:00 mx postfix/qmgr[1]: A1B2C3D4: from=<n@x>, size=1, nrcpt=1 (queue active)\n"

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstandard.compress,
    "two gz": lambda data: gzip.compress(data[:50]) + gzip.compress(data[50:]),
    "two zst": lambda data: zstandard.compress(data[:50]) + zstandard.compress(data[50:]),
}


@pytest.mark.parametrize("pack", PACKERS.values(), ids=PACKERS)
def test_compressed_files(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "log"
    path.write_bytes(pack(f"{SENT}\n{OPENED}\n".encode()))
    log = open_log([str(path)])
    notes = log.conversions
    assert log.frame.height == 3
    assert [note.lines for note in notes] == [2]


@pytest.mark.parametrize("name", ["plain", "gz", "bz2", "xz", "zst"])
def test_compressed_canonical_logs(tmp_path: Path, name: str) -> None:
    path = tmp_path / "log"
    path.write_bytes(PACKERS[name](CANONICAL.encode()))
    log = open_log([str(path)])
    notes = log.conversions
    assert log.frame.height == 1
    assert notes == ()


@pytest.mark.parametrize("name", ["gz", "bz2", "xz", "zst"])
def test_a_file_cut_short(tmp_path: Path, name: str) -> None:
    path = tmp_path / "log"
    noise = "".join(f"{number * number % 99_991} " for number in range(9000))
    path.write_bytes(PACKERS[name](f'{SENT}\n{{"{noise}":1}}\n'.encode())[:-400])
    with pytest.raises(LogError, match="compressed file is"):
        open_log([str(path)], log_format="mailjet")


def test_a_mixture_of_formats_is_one_log(tmp_path: Path) -> None:
    texts = {"a.csv": CANONICAL, "b.json": f"[{SENT},\n{OPENED}]", "c.log": QUEUE}
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    log = open_log([str(tmp_path / "*")])
    notes = log.conversions
    assert replay(log, MACHINES).messages == 2
    assert [note.reason.partition(" ")[0] for note in notes] == ["webhooks", "postfix"]


def test_events_are_located_in_their_own_files(tmp_path: Path) -> None:
    for name, text in (("a.csv", CANONICAL), ("b", f"\n{SENT}"), ("c", SENT.replace("17", "18"))):
        (tmp_path / name).write_text(text)
    log = open_log([str(tmp_path / name) for name in ("a.csv", "b", "c")])
    found = log.locate(log.frame)
    assert [Path(f).name for f in found["file"]] == ["a.csv", "b", "b", "c", "c"]
    assert found["line"].to_list() == [2, 2, 2, 1, 1]
    first = log.files[1].proofs(np.array([0]))
    assert first == [(str(tmp_path / "b"), 2, SENT)]


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    class Pipe:
        buffer = io.BytesIO(f"{SENT}\n".encode())

    monkeypatch.setattr("sys.stdin", Pipe)
    log = open_log(["-"])
    notes = log.conversions
    assert log.frame.height == 2
    assert notes[0].name == "<stdin>"


def test_rotated_files_come_in_the_order_of_their_times(tmp_path: Path) -> None:
    line = "smtp[1]: A1B2C3D4: to=<a@y>, relay=mx[1], delay=0, dsn=%s, status=%s (x)\n"
    texts = {
        "mail.log.1.gz": QUEUE + "Jan  5 09:00:01 mx postfix/" + line % ("4.0.0", "deferred"),
        "mail.log": "Jan  5 09:00:09 mx postfix/" + line % ("2.0.0", "sent"),
    }
    for name, text in texts.items():
        data = text.encode()
        (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith("gz") else data)
        os.utime(tmp_path / name, (1_780_000_000, 1_780_000_000))
    log = open_log([str(tmp_path / "mail.log*")])
    notes = log.conversions
    assert log.frame["event"].to_list() == ["relayed", "soft_bounce", "delivered"]
    assert [Path(note.name).name for note in notes] == ["mail.log.1.gz", "mail.log"]


FAULTS = {
    "empty": (b"", "empty; a log begins with"),
    "binary": (b"\x7fELF\0\0\0", "binary data"),
    "nothing that is known": (
        b"once upon a time\nthere was",
        "format not known .* draft a mapping with: fsm draft",
    ),
}


@pytest.mark.parametrize(("data", "message"), FAULTS.values(), ids=FAULTS)
def test_what_cannot_be_read(tmp_path: Path, data: bytes, message: str) -> None:
    (tmp_path / "log").write_bytes(data)
    with pytest.raises(LogError, match=message):
        open_log([str(tmp_path / "log")])


def test_lines_by_number(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"one\r\ntwo\xe9\n\nfour")
    found = line_texts(StoredFile(tmp_path / "log", "log"), [4, 2])
    assert found == {2: "twoé", 4: "four"}


def test_a_line_without_end_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fsm.logs.storage.stored_file._BLOCK", 10)
    monkeypatch.setattr("fsm.logs.storage.stored_file.LONGEST", 30)
    (tmp_path / "log").write_text("one\n" + "x" * 50 + "\nthree\nfour")
    notes = Notes("log")
    blocks = list(StoredFile(tmp_path / "log", "log").blocks(notes))
    assert [line for block in blocks for line in block] == ["one", "", "three", "four"]
    assert notes.rejected.firsts == {"a line of more than 16 MiB": 2}


@given(st.binary(max_size=300) | st.text(max_size=100).map(str.encode))
def test_any_bytes_are_guessed_without_harm(data: bytes) -> None:
    guess(data)


PARTS = """Jan  5 09:00:00 mx postfix/smtp[7]: |A1B2C3D4: to=<a@y>, |relay=mx, |dsn=4.2.2, |Date: |
status=deferred (|2026-01-05 09:00:00 1abcDE-000123-Xy |== a@y R=x defer (1): |stat=Sent (ok)|
1767603600@m1@b@c@B@|sendmail[7]: 60590001aaaaa: to=<a@y>, |{"a":|type,timeLogged,rcpt
|From x@y Mon Jan  5 09:00:00 2026
"""
WORDS = st.sampled_from([*PARTS.replace("|\n", "|").split("|"), SENT, "\n"])


@given(st.lists(WORDS | st.text(max_size=10), max_size=20).map("".join), st.data())
def test_any_text_gives_events_counts_or_one_clear_line(
    tmp_path_factory: pytest.TempPathFactory, text: str, data: st.DataObject
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.log"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    names = [None, "postfix", "exim", "sendmail", "powermta", "momentum", "mail", "sendgrid"]
    with suppress(LogError):
        log = open_log([str(path)], log_format=data.draw(st.sampled_from(names)))
        notes = log.conversions
        replay(log, MACHINES, oracle=False)
        assert all("\n" not in line for note in notes for line in summary_lines(note))


def test_the_summary_says_what_to_know() -> None:
    notes = Notes("a.log", "postfix (as given)", lines=9, events=3, missing_handovers=1)
    notes.records.read = 9
    notes.records.count(RecordClass.EVENTS, 2)
    notes.records.count(RecordClass.JOINED, 6)
    notes.records.count(RecordClass.UNMAPPED)
    notes.unmapped.add("levitated", 4)
    notes.assumed["year"] = "year 2026"
    assert list(summary_lines(notes)) == [
        "a.log: read as postfix (as given); 9 lines: 3 events from 2, 6 used to read others, 1 unmapped",
        (
            "a.log: 1 hand-over inserted that the log does not record, at the time of the "
            "message's first event (--no-assume-relayed omits them)"
        ),
        "a.log: year 2026",
        "a.log: 1 not in the table of the format (unmapped): levitated (1, first at line 4)",
    ]


def test_the_records_of_one_line_keep_their_order(tmp_path: Path) -> None:
    (tmp_path / "log").write_text(json.dumps([json.loads(SENT), json.loads(OPENED)]))
    log = open_log([str(tmp_path / "log")])
    assert log.frame["event"].to_list() == ["relayed", "delivered", "opened"]


@pytest.mark.parametrize("tail", [b"\0", b"\0" * 100], ids=["one", "many"])
@pytest.mark.parametrize("command", ["replay", "report -o out.html", "convert -o out.csv"])
def test_bytes_after_the_end_of_a_packed_log_are_one_clear_line(
    command: str, tail: bytes, tmp_path: Path, fsm: Fsm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "log.csv.gz"
    path.write_bytes(
        gzip.compress(b"message_id,event,timestamp\nm,relayed,2026-01-05T09:00:00Z\n") + tail
    )
    name, *words = command.split()
    result = fsm(name, path, *words)
    assert (result.status, result.err.count("\n")) == (2, 1)
    assert result.err.startswith(f"fsm: {path}: ")


def test_what_the_library_opens_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("message_id,event,timestamp\nm,relayed,2026-01-05T09:00:00Z\n")
    frame = pl.read_csv(path)
    for data, options, message in (
        (open_log(path), {"columns": {"event": "what"}}, "open already"),
        (frame, {"log_format": "postfix"}, "a frame has no format"),
        (path, {"log_format": "nope"}, "no format 'nope'; there are"),
        (path, {"columns": {"x": "y"}}, "no canonical column 'x'"),
        ([frame, frame], {}, "list is no log"),
        (b"log.csv", {}, "bytes is no log"),
        ({"message_id": "m"}, {}, "dict is no log"),
    ):
        with pytest.raises(LogError, match=message):
            open_log(data, **options)
