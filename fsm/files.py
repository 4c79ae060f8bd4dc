"""Read files of bounded size; write files completely or not at all.

A file that people write by hand (a page, a TOML) is never read beyond the size that such a file can
have: an endless device, or an archive under a wrong name, is refused at once.

A file is written under another name in the same directory and moved to its place when it is
complete: no reader sees half a file, and a failure leaves the old file as it was.

Temporary files are locked while their process lives. A killed process leaves them behind without a
lock; the next process that writes to the same directory removes them.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import signal
import stat
import tempfile
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import IO

from fsm.errors import FsmError, OutputError
from fsm.file_kinds import missing_file

fcntl: ModuleType | None
try:
    import fcntl
except ImportError:  # a system without these locks: files that are left behind stay
    fcntl = None

__all__ = [
    "Cleanup",
    "TemporaryFolder",
    "decode_utf8",
    "hear_interrupts",
    "held_folder",
    "hidden_sibling",
    "output_errors",
    "read_bytes",
    "read_stream",
    "read_text",
    "replacing",
    "write_bytes",
]

_TEMPORARY = re.compile(r"\.fsm-[0-9a-f]{16}\.tmp")
_FOLDER, _LOCK = "fsm-", ".lock"
_ATTEMPTS = 5


def read_text(path: Path, max_bytes: int, what: str, refusal: type[FsmError]) -> str:
    """Return the text of a UTF-8 file without its byte order mark.

    ``max_bytes`` bounds its size; ``what`` is the kind of file for messages ("a documentation
    page"). Raises ``refusal``, whose message of one line names the file, and the line that is not
    UTF-8.
    """
    return decode_utf8(read_bytes(path, max_bytes, what, refusal), str(path), refusal)


def read_bytes(path: Path, max_bytes: int, what: str, refusal: type[FsmError]) -> bytes:
    """Return the content of a file, see :func:`read_text`."""
    try:
        with path.open("rb") as file:
            return read_stream(file, str(path), max_bytes, what, refusal)
    except FileNotFoundError as error:
        raise refusal(f"{path}: {missing_file(path)}") from error
    except (OSError, ValueError) as error:  # ValueError: the name has a zero byte
        raise refusal(f"{path}: {getattr(error, 'strerror', None) or error}") from error


def read_stream(
    file: IO[bytes], name: str, max_bytes: int, what: str, refusal: type[FsmError]
) -> bytes:
    """Return the content of an open file, see :func:`read_text`."""
    hear_interrupts()
    data = file.read(max_bytes + 1)
    if len(data) > max_bytes:
        raise refusal(f"{name}: larger than {_size(max_bytes)}, not {what}")
    return data


def hear_interrupts() -> None:
    """Let an interrupt end a read that waits for a pipe or for a terminal.

    Polars, once it is imported, catches interrupts in a way that lets such a read go on: whoever
    presses Ctrl-C would wait for as long as the other end of the pipe does.
    """
    if hasattr(signal, "siginterrupt"):  # not on Windows
        signal.siginterrupt(signal.SIGINT, True)


def decode_utf8(data: bytes, name: str, refusal: type[FsmError]) -> str:
    """Return UTF-8 as text without its byte order mark, see :func:`read_text`."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise refusal(f"{name}:{line}: not UTF-8 text; save the file as UTF-8") from error


def _size(count: int) -> str:
    return f"{count >> 20} MiB" if count >= 2**20 else f"{count >> 10} KiB"


def write_bytes(data: bytes, path: Path) -> None:
    """Write a file; raises :class:`OutputError`."""
    with replacing(path) as file:
        file.write(data)


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """Open a new file that replaces ``path`` when it is complete.

    Links are followed. Devices and pipes are written directly. A file that is replaced keeps its
    permissions.
    """
    with output_errors(path):
        place = Path(os.path.realpath(path))
        old = place.stat().st_mode if place.exists() else None
        if old is not None and not stat.S_ISREG(old):
            with place.open("wb") as file:
                yield file
            return
        _remove_left_files(place.parent)
        temporary, lock = _new_file(place)
        try:
            with temporary.open("wb") as file:
                yield file
            if old is not None:
                temporary.chmod(stat.S_IMODE(old))
            temporary.replace(place)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        finally:
            _release(lock)


@contextmanager
def output_errors(name: object) -> Iterator[None]:
    """Turn errors of the system into :class:`OutputError`, except for a pipe that is closed.

    Whoever closes a pipe does not want the rest, so that is no error.
    """
    try:
        yield
    except BrokenPipeError:
        raise
    except FileNotFoundError as error:
        folder = Path(str(name)).parent
        raise OutputError(f"{name}: there is no folder {str(folder)!r}; create it first") from error
    except FileExistsError as error:
        raise OutputError(f"{name}: a file, not a directory; name a directory") from error
    except NotADirectoryError as error:
        text = f"{name}: a part of this path is a file, not a directory"
        raise OutputError(text) from error
    except IsADirectoryError as error:
        raise OutputError(f"{name}: a directory; name a file in it") from error
    except OSError as error:
        raise OutputError(f"{name}: {error.strerror or error}") from error


def hidden_sibling(path: Path) -> Path:
    """Return the path of a new hidden file in the same directory."""
    return path.with_name(f".fsm-{secrets.token_hex(8)}.tmp")


class Cleanup:
    """Runs a function when no reference to this object is left: removes a temporary file."""

    def __init__(self, remove: Callable[[], object]) -> None:
        weakref.finalize(self, remove)


# Temporary files ---------------------------------------------------------------------------


class TemporaryFolder(tempfile.TemporaryDirectory[str]):
    """A directory for temporary files, removed with this object or by a later process.

    Folders that killed processes of the same user left behind are removed first.
    """

    def __init__(self) -> None:
        _remove_left_folders(Path(tempfile.gettempdir()))
        for attempt in range(_ATTEMPTS):
            super().__init__(prefix=_FOLDER, ignore_cleanup_errors=True)
            path = Path(self.name, _LOCK)
            path.touch()
            lock = _locked(path)
            if lock is not None or attempt == _ATTEMPTS - 1:
                break
            self.cleanup()  # another process has locked it, to remove it as left behind
        weakref.finalize(self, _release, lock)


def held_folder() -> tuple[Path, Cleanup]:
    """Make a temporary folder; return it and what must be held as long as it is needed."""
    folder = TemporaryFolder()
    return Path(folder.name), Cleanup(folder.cleanup)


def _new_file(place: Path) -> tuple[Path, int | None]:
    """Make a hidden file in the directory of a place; return it and the lock on it."""
    for attempt in range(_ATTEMPTS):
        path = hidden_sibling(place)
        path.touch(exist_ok=False)
        lock = _locked(path)
        if lock is not None or attempt == _ATTEMPTS - 1:
            break
        path.unlink(missing_ok=True)  # another process has locked it, to remove it as left behind
    return path, lock


def _locked(path: Path) -> int | None:
    """Lock a file and return its descriptor.

    None where another process holds or has removed the file, and where the system has no locks.
    """
    if fcntl is None:
        return None
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        locked = os.fstat(descriptor)
        # Another process may have replaced the file between opening and locking it.
        if stat.S_ISREG(locked.st_mode) and locked.st_ino == path.stat().st_ino:
            return descriptor
    except OSError:
        pass
    os.close(descriptor)
    return None


def _release(lock: int | None) -> None:
    if lock is not None:
        os.close(lock)


def _remove_left_files(directory: Path) -> None:
    """Remove the temporary files in a directory that no process holds."""
    for path in _temporary(directory, folders=False):
        lock = _locked(path) if _TEMPORARY.fullmatch(path.name) else None
        if lock is not None:
            path.unlink(missing_ok=True)
            _release(lock)


def _remove_left_folders(directory: Path) -> None:
    """Remove the temporary folders in a directory that no process holds."""
    for path in _temporary(directory, folders=True):
        lock = _locked(path / _LOCK) if path.name.startswith(_FOLDER) else None
        if lock is not None:
            shutil.rmtree(path, ignore_errors=True)
            _release(lock)


def _temporary(directory: Path, *, folders: bool) -> list[Path]:
    """Return this user's temporary files or folders in a directory; links are neither."""
    paths = []
    try:
        with os.scandir(directory) as entries:
            for entry in entries:
                if not entry.name.startswith((_FOLDER, f".{_FOLDER}")):
                    continue
                facts = entry.stat(follow_symlinks=False)
                fits = stat.S_ISDIR(facts.st_mode) == folders and not stat.S_ISLNK(facts.st_mode)
                if fits and facts.st_uid == os.getuid():
                    paths.append(Path(entry.path))
    except OSError:  # a directory that cannot be listed keeps its files
        return paths
    return paths
