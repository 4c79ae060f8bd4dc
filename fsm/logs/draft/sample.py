"""A bounded sample of a log: the beginning of each file, and parts of the rest."""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass

from fsm.errors import LogError
from fsm.logs.storage.compression import PARQUET, unpacking_errors
from fsm.logs.storage.stored_file import StoredFile
from fsm.text import quantity

__all__ = ["FILES", "Excerpt", "LogSample", "take_sample"]

_HEAD = 1 << 21
"""Bytes that are read of the beginning of a file."""
_PART = 1 << 16
"""Bytes of each later part."""
_PARTS = 16
_LINES, _PART_LINES = 20_000, 1_000
"""Lines that are kept of the beginning, and of each later part."""
FILES = 8
"""Files that are looked into; the others of one log are like them."""


@dataclass(frozen=True)
class Excerpt:
    """Whole lines of a file."""

    text: str
    line: int | None
    """The number of its first line; None where it is not known."""


@dataclass(frozen=True)
class LogSample:
    """What was read of a log."""

    name: str
    """The first file, for places in messages."""
    excerpts: tuple[Excerpt, ...]
    encoding: str
    """``utf-8``, ``utf-16`` or ``cp1252``."""
    read: int
    """Bytes that were read."""
    is_whole: bool
    """Whether nothing was left out."""
    files: int

    @property
    def extent(self) -> str:
        """How much of the log was read, for a message.

        >>> LogSample("a.csv", (), "utf-8", 2048, is_whole=True, files=1).extent
        'the whole log'
        """
        if self.is_whole:
            return "the whole log"
        size = f"{self.read / 2**20:,.1f} MiB"
        return f"a sample of {size} from {quantity(self.files, 'file')}"


def take_sample(files: Sequence[StoredFile]) -> LogSample:
    """Return a sample of files; raises :class:`LogError` for an empty and for a binary one."""
    excerpts: list[Excerpt] = []
    encoding, read, is_whole = "utf-8", 0, len(files) <= FILES
    for file in files[:FILES]:
        data, rest = _parts(file)
        if not data:
            raise LogError(f"{file.name}: empty; there is nothing to draft a mapping from")
        encoding = _encoding(data, file.name)
        is_whole = is_whole and not rest and len(data) <= _HEAD and data.count(b"\n") <= _LINES
        if len(data) > _HEAD:
            data = data[:_HEAD].rpartition(b"\n")[0] or data[:_HEAD]
        kept = [_first_lines(data, _LINES)] if encoding != "utf-16" else [data]
        kept += (_first_lines(part, _PART_LINES) for part in rest if encoding != "utf-16")
        read += sum(map(len, kept))
        texts = [_decoded(part, encoding) for part in kept]
        excerpts += [Excerpt(texts[0], 1), *(Excerpt(text, None) for text in texts[1:])]
    return LogSample(
        files[0].name, tuple(excerpts), encoding, read, is_whole, min(len(files), FILES)
    )


def _parts(file: StoredFile) -> tuple[bytes, list[bytes]]:
    """Return the beginning of a file, and parts of the rest as whole lines."""
    if file.url is not None:
        raise LogError(f"{file.name}: Parquet needs no mapping; name its columns with --column")
    with unpacking_errors(file.name), closing(file.open()) as stream:
        head = stream.read(_HEAD + 1)
        if len(head) <= _HEAD or head.startswith(PARQUET):
            return head, []
        size = file.path.stat().st_size
        if size <= len(head) or not _is_plain(file, head):
            return head, []
        step = max(_PART, (size - _HEAD) // _PARTS)
        parts = []
        for start in range(_HEAD + step - _PART, size, step):
            stream.seek(start)
            lines = stream.read(_PART).split(b"\n")
            parts.append(b"\n".join(lines[1:-1]))
        return head, [part for part in parts if part]


def _first_lines(data: bytes, count: int) -> bytes:
    return b"\n".join(data.split(b"\n", count)[:count])


def _is_plain(file: StoredFile, head: bytes) -> bool:
    """Whether a file is not packed: what is stored is what is read."""
    with file.path.open("rb") as stored:
        return stored.read(64) == head[:64]


def _encoding(data: bytes, name: str) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if b"\0" in data[:4096]:
        raise LogError(f"{name}: binary data, no log that a mapping could read")
    try:
        codecs.getincrementaldecoder("utf-8")().decode(data)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _decoded(data: bytes, encoding: str) -> str:
    text = data.removeprefix(codecs.BOM_UTF8).decode(encoding, "replace")
    return text.replace("\r\n", "\n")
