"""Every format as it lies about: packed, rotated, piped, named by patterns, twice or in any order."""

import bz2
import gzip
import io
import lzma
import os
import threading
from collections.abc import Callable
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
import zstandard

from fsm.errors import LogError
from fsm.logs.converted_log import convert_to_rows
from fsm.logs.detect import recognise
from fsm.logs.open import convert_logs
from fsm.logs.reading import ReadingOptions
from fsm.logs.storage.files import find_files
from tests.depth import cases
from tests.logs.any_bytes import CSV, EXPORT, SAMPLES
from tests.logs.test_servers import EXIM, MOMENTUM, MX, SENDMAIL, SENT, postfix

LATER = f"smtp A1B2C3D4: to=<a@y.example>, {MX}, dsn=4.2.2, status=deferred (452 full)"
POSTFIX = postfix("smtpd A1B2C3D4: client=app", LATER, LATER, SENT, "qmgr A1B2C3D4: removed") + "\n"
WHEN = 1_780_000_000
FORMATS = {
    "postfix": POSTFIX,
    "exim": EXIM,
    "sendmail": SENDMAIL,
    "momentum": MOMENTUM,
    "powermta": SAMPLES["powermta"],
    "kumomta": SAMPLES["kumomta"],
    "webhooks": SAMPLES["webhooks: array"],
    "mail": SAMPLES["mbox"],
    "snapshot": EXPORT,
    "csv": CSV.replace("1767603601", "2026-01-05T09:00:01Z"),
    "jsonl": SAMPLES["jsonl"],
}
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstandard.compress,
}


def told(*paths: Path | str) -> list[tuple[Any, ...]]:
    """What logs say, without the names of their files."""
    found = convert_logs([str(path) for path in paths])
    rows = [row for frame in found.frames(machine_events=True) for row in frame.to_dicts()]
    return [(r["message_id"], r["recipient"], r["event"], r["timestamp"], r["line"]) for r in rows]


@pytest.fixture
def place(tmp_path: Path) -> Callable[[str, bytes], Path]:
    """Return what writes a file, last changed when all of them were."""

    def write(name: str, data: bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(data)
        os.utime(path, (WHEN, WHEN))
        return path

    return write


Place = Callable[[str, bytes], Path]


@pytest.mark.parametrize("pack", PACKERS)
@pytest.mark.parametrize("form", cases(FORMATS))
def test_a_packed_log_says_what_the_plain_one_says(form: str, pack: str, place: Place) -> None:
    plain = told(place("log-2026-01-05", FORMATS[form].encode()))
    assert plain
    assert told(place("log-2026-01-05.packed", PACKERS[pack](FORMATS[form].encode()))) == plain


@pytest.mark.parametrize("pack", [bytes, *PACKERS.values()], ids=["plain", *PACKERS])
@pytest.mark.parametrize("form", cases(["postfix", "webhooks", "mail", "csv"]))
def test_standard_input(
    form: str, pack: Callable[[bytes], bytes], place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Pipe:
        buffer = io.BytesIO(pack(FORMATS[form].encode()))

    monkeypatch.setattr("sys.stdin", Pipe)
    events = [event[:3] for event in told("-")]  # nothing tells the year of syslog lines here
    assert events == [event[:3] for event in told(place("log", FORMATS[form].encode()))]


@pytest.mark.parametrize("form", ["postfix", "csv"])
def test_a_pipe_is_read_once(form: str, tmp_path: Path, place: Place) -> None:
    """As shells make of ``<(zcat mail.log.gz)``."""
    os.mkfifo(tmp_path / "pipe")
    data = gzip.compress(FORMATS[form].encode())
    writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=(data,))
    writer.start()
    events = [event[:3] for event in told(tmp_path / "pipe")]
    writer.join()
    assert events == [event[:3] for event in told(place("log", FORMATS[form].encode()))]


@pytest.mark.parametrize("order", cases(permutations(range(3))), ids=lambda o: "".join(map(str, o)))
@pytest.mark.parametrize("form", ["postfix", "exim", "sendmail", "momentum"])
def test_rotated_logs_are_one_in_any_order(form: str, order: tuple[int, ...], place: Place) -> None:
    """A message may go on in the next file, and the last of them may be packed."""
    lines = FORMATS[form].splitlines(keepends=True)
    third = len(lines) // 3
    parts = [
        "".join(part) for part in (lines[2 * third :], lines[third : 2 * third], lines[:third])
    ]
    rotated = [
        place("mail.log", parts[0].encode()),
        place("mail.log.1", parts[1].encode()),
        place("mail.log.2.gz", gzip.compress(parts[2].encode())),
    ]
    whole = [event[:4] for event in told(place("whole", FORMATS[form].encode()))]
    assert [event[:4] for event in told(*(rotated[number] for number in order))] == whole


def test_rotated_logs_over_the_new_year(place: Place) -> None:
    old = place("mail.log.1", POSTFIX.replace("Jan  5 09", "Dec 31 23").encode())
    new = place("mail.log", POSTFIX.replace("Jan  5 09", "Jan  1 00").encode())
    os.utime(old, (1_767_225_600, 1_767_225_600))  # 2026-01-01
    years = [event[3].year for event in told(new, old)]
    assert sorted(set(years)) == [2025, 2026]
    assert years == sorted(years)


def test_patterns(tmp_path: Path, place: Place) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    place("a/one.log", POSTFIX.encode())
    place("a/b/two.log.gz", gzip.compress(EXIM.encode()))
    place("a/b/three.txt", b"not asked for")
    names = [place.name for place in find_files([str(tmp_path / "**" / "*.log*")])]
    assert [Path(name).name for name in names] == ["two.log.gz", "one.log"]
    assert [Path(p.name).name for p in find_files([str(tmp_path / "a" / "on[ef].lo?")])] == [
        "one.log"
    ]
    place("a/odd[1].log", POSTFIX.encode())
    assert len(find_files([str(tmp_path / "a" / "odd[1].log")])) == 1
    with pytest.raises(LogError, match=r"none\*: no file has such a name"):
        find_files([str(tmp_path / "none*")])


def test_a_file_named_in_two_ways_is_read_once(
    tmp_path: Path, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    place("mail.log", POSTFIX.encode())
    Path("link.log").symlink_to("mail.log")
    names = ["mail.log", "./mail.log", str(tmp_path / "mail.log"), "*.log", "link.log"]
    assert [found.name for found in find_files(names)] == ["mail.log"]
    assert len(told(*names)) == 4


WRONG = {
    "a directory": ("directory", "a directory, not a log"),
    "no such file": ("none.log", "No such file or directory"),
    "an empty packed file": ("empty.gz", "empty; a log begins with"),
    "a name too long": ("x" * 300, "File name too long"),
}


@pytest.mark.parametrize(("name", "message"), WRONG.values(), ids=WRONG)
def test_what_is_no_file(name: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "directory").mkdir()
    (tmp_path / "empty.gz").write_bytes(gzip.compress(b""))
    with pytest.raises(LogError, match=message):
        convert_to_rows(
            [recognise(file) for file in find_files([str(tmp_path / name)])], ReadingOptions()
        )
