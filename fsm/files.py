"""Read small text files within bounds; write files whole, or not at all.

A file that people write by hand (a page, a TOML) is never read beyond the size such a file can
have: a device that never ends, or an archive under the wrong name, is refused at once.

A file is written beside its place under another name and moved there when it is complete: no
reader ever meets half a file, and a failure leaves what was there before.
"""

from __future__ import annotations

import os
import secrets
import stat
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from fsm.errors import FsmError, OutputError

__all__ = [
    "Holder",
    "as_text",
    "beside",
    "no_os_errors",
    "read_bytes",
    "read_from",
    "read_text",
    "replacing",
    "write_bytes",
]


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
        temporary = beside(place)
        try:
            with temporary.open("xb") as file:
                yield file
            if old is not None:
                temporary.chmod(stat.S_IMODE(old))
            temporary.replace(place)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


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
