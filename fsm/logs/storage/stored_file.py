"""A file as it is stored: compressed or not, read in blocks of whole lines.

Memory does not grow with the file.
"""

from __future__ import annotations

import shutil
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, BOM_UTF32_LE, EncodedFile
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from fsm.logs.storage.addresses import is_remote
from fsm.logs.storage.compression import PARQUET, open_member, open_unpacked, unpacking_errors
from fsm.logs.storage.record_length import LONGEST, check_records

if TYPE_CHECKING:
    from fsm.logs.notes import Notes

__all__ = ["TOO_LONG", "StoredFile", "is_wide", "line_texts"]

_BLOCK = 1 << 21
"""Bytes read at a time: what is made of them stays in the cache of the processor."""
TOO_LONG = f"a line of more than {LONGEST >> 20} MiB"
"""The reason under which lines of more bytes than :data:`LONGEST` are counted."""


@dataclass(frozen=True)
class StoredFile:
    """One file: where it is, and the name that it is reported under."""

    path: Path
    name: str
    group: str | None = None
    """The folder of mails that it is in."""
    keep: object = field(default=None, compare=False)
    """Holds a temporary file for as long as this value exists."""
    member: int | None = None
    """The number of the file in the ZIP archive at ``path``."""
    encoding: str | None = None
    """The encoding of its text; None for UTF-8, or UTF-16 with its mark."""
    url: str | None = None
    """The address of Parquet that is not fetched; there is no file then."""
    start: int = 0
    """Bytes, decompressed, that :meth:`blocks` passes over: whole lines that were read before."""
    stop: int | None = None
    """The byte, decompressed, that :meth:`blocks` ends at; None: the end of the file."""

    def whole(self) -> StoredFile:
        """Return the file from its beginning to its end."""
        return replace(self, start=0, stop=None)

    def head(self, size: int = 1 << 16) -> bytes:
        """Return the first bytes, decompressed."""
        with unpacking_errors(self.name), closing(self.open()) as file:
            return file.read(size)

    def open(self) -> IO[bytes]:
        """Open for reading, decompressed; raises :class:`fsm.errors.LogError`."""
        with unpacking_errors(self.name):
            if self.member is not None:
                return open_member(self.path, self.member, self.name)
            return open_unpacked(self.path)

    def unpack(self, target: Path) -> None:
        """Write it to a file, decompressed; raises :class:`fsm.errors.LogError`."""
        if self.member is None and self.head(4) != PARQUET:
            check_records(self.path, self.name, quotes=False)
        with unpacking_errors(self.name), closing(self.open()) as file, target.open("wb") as plain:
            shutil.copyfileobj(file, plain)

    def blocks(self, notes: Notes) -> Iterator[list[str]]:
        """Yield lists of successive lines, without a byte order mark before the first one.

        ``notes`` gets the number of bytes, and the lines that are too long, which are left out.
        """
        number, rest, skipping, begun = 0, b"", False, self.start > 0
        with unpacking_errors(self.name), closing(self.open()) as packed:
            file = _as_utf8(packed, self.encoding or ("utf-16" if is_wide(self.head(2)) else None))
            for data in _pieces(file, self.start, self.stop):
                notes.size += len(data)
                data = data if begun else data.removeprefix(BOM_UTF8)
                begun = True
                begin, end = data.find(b"\n"), data.rfind(b"\n")
                if end < 0:
                    rest += data
                    if len(rest) > LONGEST:
                        rest, skipping = b"", True
                    continue
                if skipping:
                    _leave_out(notes, number + 1)
                    skipping = False
                    first = ""
                else:
                    first = _text(rest + data[:begin])
                lines = [first]
                if begin < end:
                    lines += _text(memoryview(data)[begin + 1 : end]).split("\n")
                number += len(lines)
                yield lines
                rest = data[end + 1 :]
        if skipping:
            _leave_out(notes, number + 1)
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


def is_wide(head: bytes) -> bool:
    """Return whether a file begins with the mark of UTF-16."""
    return head.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) and not head.startswith(BOM_UTF32_LE)


def _as_utf8(file: IO[bytes], encoding: str | None) -> IO[bytes]:
    """Return a file as UTF-8; bytes that are no text become signs that say so."""
    if encoding is None:
        return file
    return cast(IO[bytes], EncodedFile(file, "utf-8", encoding, "replace"))


def _pieces(file: IO[bytes], start: int, stop: int | None) -> Iterator[bytes]:
    """Yield the bytes of a file from one place to another."""
    place = 0
    while place < start and (data := file.read(min(_BLOCK, start - place))):
        place += len(data)
    while data := file.read(_BLOCK if stop is None else min(_BLOCK, stop - place)):
        place += len(data)
        yield data


def _leave_out(notes: Notes, line: int) -> None:
    """Count a line that is too long; no reader gets it."""
    notes.records.read += 1
    notes.reject(TOO_LONG, line)


def _text(data: bytes | memoryview) -> str:
    try:
        text = str(data, "utf-8")
    except UnicodeDecodeError:
        text = str(data, "latin-1")
    return text.replace("\r\n", "\n").removesuffix("\r") if "\r" in text else text


def line_texts(file: StoredFile, numbers: Iterable[int]) -> dict[int, str]:
    """Return lines by their number, from 1; the file is read once."""
    from fsm.logs.notes import Notes

    wanted = sorted(set(numbers), reverse=True)
    texts: dict[int, str] = {}
    first = 1
    for block in file.blocks(Notes(file.name)):
        while wanted and wanted[-1] < first + len(block):
            number = wanted.pop()
            texts[number] = block[number - first]
        first += len(block)
        if not wanted:
            break
    return texts
