"""A file as it is stored: compressed or not, read in blocks of whole lines.

Memory does not grow with the file.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING

from fsm.errors import LogError
from fsm.logs.storage.addresses import is_remote
from fsm.logs.storage.compression import DAMAGES, open_unpacked
from fsm.logs.storage.record_length import check_records

if TYPE_CHECKING:
    from fsm.logs.notes import Notes

__all__ = ["TOO_LONG", "StoredFile", "line_texts", "no_damage"]

_BLOCK = 1 << 20
"""Bytes read at a time: what is made of them stays in the cache of the processor."""
_LONGEST = 1 << 24
"""Bytes of a line; a longer one is passed over and counted."""
TOO_LONG = "a line of more than 16 MiB"


@dataclass(frozen=True)
class StoredFile:
    """One file: where it is, and the name that it is reported under."""

    path: Path
    name: str
    group: str | None = None
    """The Maildir that it is in."""
    keep: object = field(default=None, compare=False)
    """What holds the file in place as long as this is."""
    url: str | None = None
    """The address of Parquet that is read where it lies; there is no file then."""

    def head(self, size: int = 1 << 16) -> bytes:
        """Return the first bytes, decompressed."""
        with no_damage(self.name), closing(self.open()) as file:
            return file.read(size)

    def open(self) -> IO[bytes]:
        """Open for reading, decompressed; raises :class:`fsm.errors.LogError`."""
        with no_damage(self.name):
            return open_unpacked(self.path)

    def unpack(self, target: Path) -> None:
        """Write it to a file, decompressed; raises :class:`fsm.errors.LogError`."""
        if self.head(4) != b"PAR1":
            check_records(self.path, self.name, quotes=False)
        with no_damage(self.name), closing(self.open()) as file, target.open("wb") as plain:
            shutil.copyfileobj(file, plain)

    def blocks(self, notes: Notes) -> Iterator[list[str]]:
        """Yield successive lines, in lists."""
        number, rest, skipping = 0, b"", False
        with no_damage(self.name), closing(self.open()) as file:
            while data := file.read(_BLOCK):
                notes.size += len(data)
                whole, newline, tail = data.rpartition(b"\n")
                if not newline:
                    rest += tail
                    if len(rest) > _LONGEST:
                        rest, skipping = b"", True
                    continue
                if skipping:
                    notes.rejected.add(TOO_LONG, number + 1)
                    rest, skipping = b"", False
                    whole = b"\n" + whole.partition(b"\n")[2] if b"\n" in whole else b""
                lines = _text(rest + whole).split("\n")
                number += len(lines)
                yield lines
                rest = tail
        if skipping:
            notes.rejected.add(TOO_LONG, number + 1)
            rest = b""
        if rest:
            yield _text(rest).split("\n")

    def last_written(self) -> datetime | None:
        """Return when the file was last written to; None for standard input and fetched ones."""
        if self.name.startswith("<") or is_remote(self.name):
            return None
        try:
            return datetime.fromtimestamp(self.path.stat().st_mtime, UTC)
        except (OSError, OverflowError, ValueError):
            return None


@contextmanager
def no_damage(name: str) -> Iterator[None]:
    """Report in one line what is wrong with a file that cannot be read or unpacked."""
    try:
        yield
    except BrokenPipeError:
        raise
    except IsADirectoryError as error:
        raise LogError(f"{name}: a directory, not a log; name the files in it") from error
    except DAMAGES as error:
        if isinstance(error, OSError) and error.strerror:
            raise LogError(f"{name}: {error.strerror}") from error
        if "memory" in str(error).lower():
            raise LogError(
                f"{name}: it takes more than 128 MiB to unpack; compress it with less"
            ) from error
        fault = "cut short" if isinstance(error, EOFError) or "end" in str(error) else "damaged"
        raise LogError(f"{name}: the compressed file is {fault}; fetch it again") from error


def _text(data: bytes) -> str:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    return text.replace("\r\n", "\n").removesuffix("\r") if "\r" in text else text


def line_texts(file: StoredFile, numbers: Iterable[int]) -> dict[int, str]:
    """Return lines by their number, from 1; the file is read once."""
    from fsm.logs.notes import Notes

    wanted = sorted(set(numbers), reverse=True)
    found: dict[int, str] = {}
    first = 1
    for block in file.blocks(Notes(file.name)):
        while wanted and wanted[-1] < first + len(block):
            number = wanted.pop()
            found[number] = block[number - first]
        first += len(block)
        if not wanted:
            break
    return found
