"""Write files whole, or not at all.

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

from fsm.errors import OutputError

__all__ = ["Holder", "beside", "no_os_errors", "replacing", "write_bytes"]


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
