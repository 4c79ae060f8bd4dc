"""Temporary files of processes that were killed are removed by the next one, and no others."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from fsm import files
from fsm.files import TemporaryFolder, replacing
from tests.command import Fsm

WRITER = """
import sys
from pathlib import Path
from fsm.files import TemporaryFolder, replacing
folder = TemporaryFolder()
Path(folder.name, "spool").write_text("rows")
with replacing(Path(sys.argv[1])) as file:
    file.write(b"half")
    print(folder.name, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder for temporary files of this process and its children."""
    place = tmp_path / "tmp"
    place.mkdir()
    monkeypatch.setenv("TMPDIR", str(place))
    monkeypatch.setattr("tempfile.tempdir", None)
    return place


def writer(target: Path) -> "subprocess.Popen[str]":
    """Start a process that is in the middle of writing a file."""
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(target)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith(os.environ["TMPDIR"])
    return process


def end(process: "subprocess.Popen[str]") -> None:
    process.send_signal(signal.SIGKILL)
    process.communicate()


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def test_what_a_killed_process_left_is_removed_and_what_a_living_one_holds_is_not(
    tmp_path: Path, place: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    killed, living = writer(out / "a.csv"), writer(out / "b.csv")
    try:
        assert (len(names(place)), len(names(out))) == (2, 2)
        end(killed)
        with TemporaryFolder() as folder, replacing(out / "c.csv") as file:
            assert len(names(place)) == 2
            assert Path(folder).name in names(place)
            assert len(names(out)) == 2
            file.write(b"whole")
        assert (len(names(place)), len(names(out))) == (1, 2)
        assert living.communicate("")[0] == ""
        assert names(out) == ["b.csv", "c.csv"]
        assert names(place) == []
    finally:
        end(living)


@pytest.mark.parametrize("name", ["fsm-notes", "fsm-notes/.lock-of-mine", ".fsm-0123.tmp", "fsm-x"])
def test_what_is_not_our_own_stays(tmp_path: Path, place: Path, name: str) -> None:
    for directory in (tmp_path, place):
        path = directory / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("mine")
    with TemporaryFolder(), replacing(tmp_path / "out.csv") as file:
        file.write(b"x")
    assert all((directory / name).read_text() == "mine" for directory in (tmp_path, place))


def test_links_are_not_followed(tmp_path: Path, place: Path) -> None:
    folder = tmp_path / "precious"
    folder.mkdir()
    (folder / ".lock").touch()
    (place / "fsm-link").symlink_to(folder)
    target = tmp_path / "precious.csv"
    target.write_text("mine")
    (tmp_path / f".fsm-{'0' * 16}.tmp").symlink_to(target)
    with TemporaryFolder(), replacing(tmp_path / "out.csv") as file:
        file.write(b"x")
    assert target.exists()
    assert (folder / ".lock").exists()


def test_where_nothing_locks_nothing_is_removed(
    tmp_path: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = writer(tmp_path / "a.csv")
    end(process)
    monkeypatch.setattr(files, "fcntl", None)
    with TemporaryFolder(), replacing(tmp_path / "out.csv") as file:
        file.write(b"x")
    assert len(names(place)) == 1
    assert (tmp_path / "out.csv").read_bytes() == b"x"


def test_a_conversion_that_was_killed(tmp_path: Path, place: Path, fsm: Fsm) -> None:
    """A conversion waits in the middle for a pipe, is killed, and another one cleans up."""
    line = "Feb  3 04:05:0{0} mx postfix/smtp[9]: 4F1A2B3C4D: to=<a@example.com>, relay=mx:25, "
    text = "".join(f"{line.format(n)}dsn=2.0.0, status=sent (ok)\n" for n in range(3))
    log = tmp_path / "mail.log"
    log.write_text(text)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    program = "from fsm.cli import main; main()"
    command = [sys.executable, "-c", program, "convert", "--year", "2026", str(log), str(pipe)]
    process = subprocess.Popen([*command, "-o", str(tmp_path / "x.csv")])
    with pipe.open("wb") as stream:  # opened by the other side when it copies the pipe
        stream.write(text.encode() * 2000)  # more than a pipe holds: it is being copied
        stream.flush()
        end(process)
    assert names(place)
    assert fsm("convert", "--year", "2026", log, "-o", tmp_path / "out.csv").status == 0
    assert names(place) == []
    assert not [name for name in names(tmp_path) if name.startswith(".fsm-")]
