"""Read small text files within bounds; write files whole, or not at all.

A file that people write by hand (a page, a TOML) is never read beyond the size such a file can
have: a device that never ends, or an archive under the wrong name, is refused at once.

A file is written beside its place under another name and moved there when it is complete: no
reader ever meets half a file, and a failure leaves what was there before.

What is temporary is locked as long as its process lives. A process that was killed leaves such
files behind without a lock; the next one that writes to the same place removes them.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import stat
import tempfile
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import IO

from fsm.errors import FsmError, OutputError

fcntl: ModuleType | None
try:
    import fcntl
except ImportError:  # where there are no locks, nothing that was left behind is removed
    fcntl = None

__all__ = [
    "Holder",
    "TemporaryFolder",
    "as_text",
    "beside",
    "held_folder",
    "no_os_errors",
    "read_bytes",
    "read_from",
    "read_text",
    "replacing",
    "write_bytes",
]

_TEMPORARY = re.compile(r"\.fsm-[0-9a-f]{16}\.tmp")
_FOLDER, _LOCK = "fsm-", ".lock"
_ATTEMPTS = 5


def read_text(path: Path, most: int, what: str, refusal: type[FsmError]) -> str:
    """Return the text of a UTF-8 file of at most so many bytes, without a byte order mark.

    ``what`` says what it should be ("a documentation page"). Raises ``refusal`` in one line that
    names the file, and where it is not text, the line.
    """
    return as_text(read_bytes(path, most, what, refusal), str(path), refusal)


def read_bytes(path: Path, most: int, what: str, refusal: type[FsmError]) -> bytes:
    """Return the content of a file of at most so many bytes, see :func:`read_text`."""
    try:
        with path.open("rb") as file:
            return read_from(file, str(path), most, what, refusal)
    except (OSError, ValueError) as error:  # a name with a zero byte is a ValueError
        raise refusal(f"{path}: {getattr(error, 'strerror', None) or error}") from error


def read_from(file: IO[bytes], name: str, most: int, what: str, refusal: type[FsmError]) -> bytes:
    """Return what an open file holds, see :func:`read_text`."""
    data = file.read(most + 1)
    if len(data) > most:
        raise refusal(f"{name}: larger than {_size(most)}, not {what}")
    return data


def as_text(data: bytes, name: str, refusal: type[FsmError]) -> str:
    """Return UTF-8 as text without a byte order mark, see :func:`read_text`."""
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
    """Open a new file that takes the place of ``path`` once it is complete.

    Links are followed, and what is no regular file (a device, a pipe) is written directly. A
    file that was there keeps its permissions.
    """
    with no_os_errors(path):
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
def no_os_errors(name: object) -> Iterator[None]:
    """Say in one line what could not be written. A closed pipe is the reader's choice."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(f"{name}: {error.strerror or error}") from error


def beside(path: Path) -> Path:
    """Return a new hidden name in the same directory."""
    return path.with_name(f".fsm-{secrets.token_hex(8)}.tmp")


class Holder:
    """Stands for a temporary file: when nobody holds this any more, it is cleared away."""

    def __init__(self, clear: Callable[[], object]) -> None:
        weakref.finalize(self, clear)


# What killed processes leave behind ----------------------------------------------------------


class TemporaryFolder(tempfile.TemporaryDirectory[str]):
    """A directory for temporary files that goes with this object, or with a later process.

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
            self.cleanup()  # another process took it for one that was left behind
        weakref.finalize(self, _release, lock)


def held_folder() -> tuple[Path, Holder]:
    """Make a temporary folder; return it and what must be held as long as it is needed."""
    folder = TemporaryFolder()
    return Path(folder.name), Holder(folder.cleanup)


def _new_file(place: Path) -> tuple[Path, int | None]:
    """Make a hidden file in the directory of a place; return it and the lock on it."""
    for attempt in range(_ATTEMPTS):
        path = beside(place)
        path.touch(exist_ok=False)
        lock = _locked(path)
        if lock is not None or attempt == _ATTEMPTS - 1:
            break
        path.unlink(missing_ok=True)  # another process took it for one that was left behind
    return path, lock


def _locked(path: Path) -> int | None:
    """Lock a file; None where another process holds it or has removed it, or nothing locks here."""
    if fcntl is None:
        return None
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        own = os.fstat(descriptor)
        if stat.S_ISREG(own.st_mode) and own.st_ino == path.stat().st_ino:
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
    for path in _own(directory, folders=False):
        lock = _locked(path) if _TEMPORARY.fullmatch(path.name) else None
        if lock is not None:
            path.unlink(missing_ok=True)
            _release(lock)


def _remove_left_folders(directory: Path) -> None:
    """Remove the temporary folders in a directory that no process holds."""
    for path in _own(directory, folders=True):
        lock = _locked(path / _LOCK) if path.name.startswith(_FOLDER) else None
        if lock is not None:
            shutil.rmtree(path, ignore_errors=True)
            _release(lock)


def _own(directory: Path, *, folders: bool) -> list[Path]:
    """Return the files or the folders of this user in a directory; links are neither."""
    found = []
    try:
        with os.scandir(directory) as entries:
            for entry in entries:
                if not entry.name.startswith((_FOLDER, f".{_FOLDER}")):
                    continue
                facts = entry.stat(follow_symlinks=False)
                fits = stat.S_ISDIR(facts.st_mode) == folders and not stat.S_ISLNK(facts.st_mode)
                if fits and facts.st_uid == os.getuid():
                    found.append(Path(entry.path))
    except OSError:  # what cannot be listed stays
        return found
    return found
