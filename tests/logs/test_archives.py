"""ZIP archives: each file in one is a file of the log, and nothing in one is trusted."""

import gzip
import io
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.command import Fsm

HEADER = "message_id,event,timestamp\n"
FIRST = HEADER + "m1,relayed,2026-01-01T00:00:00Z\n"
SECOND = HEADER + "m1,delivered,2026-01-01T00:00:01Z\n"


def archive(
    path: Path, files: Mapping[str, str | bytes], method: int = zipfile.ZIP_DEFLATED
) -> str:
    with zipfile.ZipFile(path, "w", method) as opened:
        for name, content in files.items():
            opened.writestr(name, content)
    return str(path)


def zipped(files: Mapping[str, str | bytes]) -> bytes:
    with zipfile.ZipFile(file := io.BytesIO(), "w") as opened:
        for name, content in files.items():
            opened.writestr(name, content)
    return file.getvalue()


READ: Mapping[str, Mapping[str, str | bytes]] = {
    "one file": {"a.csv": FIRST + SECOND.partition("\n")[2]},
    "several files": {"a.csv": FIRST, "deep/er/b.csv": SECOND},
    "packed files": {"a.csv.gz": gzip.compress(FIRST.encode()), "b.csv": SECOND},
    "names that are no paths": {"../../a.csv": FIRST, "/b.csv": SECOND},
    "what systems add": {"a.csv": FIRST, "b.csv": SECOND, "__MACOSX/._a.csv": "x", "d/": ""},
}


@pytest.mark.parametrize("name", READ)
def test_every_file_of_an_archive_is_read(name: str, tmp_path: Path, fsm: Fsm) -> None:
    path = archive(tmp_path / "logs.zip", READ[name])
    assert fsm("replay", path).out.startswith("2 events, 1 message, 0 rejected")


def test_two_files_of_one_name_are_two_files(tmp_path: Path, fsm: Fsm) -> None:
    path = tmp_path / "logs.zip"
    with zipfile.ZipFile(path, "w") as opened:
        opened.writestr("a.csv", FIRST)
        with pytest.warns(UserWarning, match="Duplicate name"):
            opened.writestr("a.csv", SECOND)
    assert fsm("replay", str(path)).out.startswith("2 events, 1 message, 0 rejected")


def test_a_file_is_called_by_both_names_and_can_be_named_so(tmp_path: Path, fsm: Fsm) -> None:
    path = archive(tmp_path / "logs.zip", {"a.csv": FIRST, "d/b.csv": SECOND})
    assert f"proof: {path}/d/b.csv:2: m1,delivered" in fsm("explain", path, "--message", "m1").out
    assert fsm("replay", f"{path}/a.csv").out.startswith("1 event, 1 message")
    assert "a ZIP archive with no file c.csv" in fsm("replay", f"{path}/c.csv").err


def test_an_archive_may_come_through_standard_input(
    tmp_path: Path, fsm: Fsm, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = zipped({"a.csv": FIRST + SECOND.partition("\n")[2]})
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))
    assert fsm("replay", "-").out.startswith("2 events, 1 message, 0 rejected")


def encrypted() -> bytes:
    """An archive whose file says that it is encrypted, in both of its headers."""
    data = bytearray(zipped({"a.csv": FIRST}))
    for sign, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.index(sign) + place
        data[at : at + 2] = struct.pack("<H", 1)
    return bytes(data)


def overlapping() -> bytes:
    """An archive whose files are all made of the same bytes."""
    whole = zipped({"a.csv": FIRST * 9})
    start, end = whole.index(b"PK\x01\x02"), whole.index(b"PK\x05\x06")
    entries = whole[start:end] * 50
    tail = whole[end : end + 8] + struct.pack("<HHLL", 50, 50, len(entries), start) + b"\0\0"
    return whole[:start] + entries + tail


REFUSED = {
    "an archive within one": (zipped({"b.zip": zipped({"a.csv": FIRST})}), "a ZIP archive within another one"),
    "an encrypted file": (encrypted(), "a.csv: encrypted; unpack the archive with its password"),
    "files that overlap": (overlapping(), "its files overlap"),
    "no files": (zipped({}), "a ZIP archive with no files"),
    "cut short": (zipped({"a.csv": FIRST})[:-30], "the ZIP archive is damaged; fetch it again"),
    "a damaged file": (zipped({"a.csv": FIRST}).replace(b"relayed", b"relaxed", 1), "is damaged; fetch it again"),
    "a spreadsheet": (zipped({"[Content_Types].xml": "<x/>"}), "an office document, no archive of logs"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_refused_in_one_line(name: str, tmp_path: Path, fsm: Fsm) -> None:
    data, reason = REFUSED[name]
    (tmp_path / "logs.zip").write_bytes(data)
    done = fsm("replay", str(tmp_path / "logs.zip"))
    assert done.status == 2
    assert reason in done.err
    assert "Traceback" not in done.err
