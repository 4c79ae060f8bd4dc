"""Look at the text of a log before polars does: its first line, its separator, its longest record.

A few megabytes of a packed file can hold one line of a gigabyte, and polars holds lines whole,
several times over. So a text log is read once in blocks, and refused where a record is longer
than :data:`LONGEST`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

import numpy as np

from fsm.errors import LogError
from fsm.logs.storage.compression import DAMAGES, open_unpacked

__all__ = ["LONGEST", "check_records", "separator_name", "separator_of"]

LONGEST: Final = 1 << 24
"""Bytes of a line, and of a CSV record with its quoted fields."""
_BLOCK: Final = 1 << 20
_SEPARATORS: Final = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_QUOTE, _LINE_FEED = b'"', b"\n"


def separator_of(header: str, needed: tuple[str, ...]) -> str:
    """Return what separates the names of a header: that which gives the needed names, or most.

    >>> separator_of("message_id;event;timestamp;a,b", ("event",)), separator_of("id", ("event",))
    (';', ',')
    """
    fields = {
        mark: [name.strip().strip('"') for name in header.lstrip("\ufeff").split(mark)]
        for mark in _SEPARATORS
    }
    return max(fields, key=lambda mark: (set(needed) <= set(fields[mark]), len(fields[mark])))


def separator_name(mark: str) -> str:
    """Return what a separator is called in a sentence."""
    return _SEPARATORS[mark]


def check_records(path: Path, name: str, *, quotes: bool) -> str | None:
    """Refuse a text file with a record of more than :data:`LONGEST` bytes; return its first line.

    With ``quotes``, as in CSV, a line feed between quotes does not end a record. The first line
    is the first one that is not empty, None where there is none; bytes that are no UTF-8 are
    surrogates in it (``surrogateescape`` of Python). ``name`` is what errors call the file.
    Raises :class:`fsm.errors.LogError`.
    """
    begun, quoted = 0, False  # bytes of the record that is not complete yet; within a quoted field?
    place = 0  # where, in the file, that record begins
    start = b""  # what is read until the first line is complete
    with _opened(path, name) as blocks:
        for block in blocks:
            if _LINE_FEED not in start:
                start = (start + block).lstrip(b"\r\n")
            if quoted or (quotes and _QUOTE in block):  # to count them takes three times as long
                end = _last_end(block, quoted)
                quoted ^= bool(block.count(_QUOTE) & 1)
            else:
                end = block.rfind(_LINE_FEED) + 1
            if end:
                place += begun + end
                begun = -end
            begun += len(block)
            if begun > LONGEST:
                raise _too_long(path, name, place, quoted=quoted)
    line = start.partition(_LINE_FEED)[0].removesuffix(b"\r")
    return line.decode("utf-8", "surrogateescape") if line else None


def _last_end(block: bytes, quoted: bool) -> int:
    """Return where the last record in a block of CSV ends; 0 where none does."""
    last = block.rfind(_LINE_FEED) + 1
    if quoted == bool(block.count(_QUOTE, 0, last) & 1):
        return last
    codes = np.frombuffer(block, np.uint8)
    within = np.cumsum(codes == ord(_QUOTE)) + quoted
    ends = np.flatnonzero((codes == ord(_LINE_FEED)) & (within % 2 == 0))
    return int(ends[-1]) + 1 if len(ends) else 0


def _too_long(path: Path, name: str, place: int, *, quoted: bool) -> LogError:
    """Say on which line the record begins whose first byte is at ``place``."""
    line = 1
    with _opened(path, name) as blocks:
        for block in blocks:
            line += block.count(_LINE_FEED, 0, max(0, place))
            place -= len(block)
            if place <= 0:
                break
    most = f"more than {LONGEST >> 20} MiB"
    if quoted:
        return LogError(f"{name}:{line}: a quoted field of {most}; is a quote never closed?")
    return LogError(f"{name}:{line}: a line of {most}; a log has one event a line")


@contextmanager
def _opened(path: Path, name: str) -> Iterator[Iterator[bytes]]:
    """Open a file as blocks, unpacked; say in one line what is wrong with it."""
    try:
        with closing(open_unpacked(path)) as file:
            yield iter(lambda: file.read(_BLOCK), b"")
    except DAMAGES as error:
        if isinstance(error, OSError) and error.strerror:
            raise LogError(f"{name}: {error.strerror}") from error
        fault = "cut short" if isinstance(error, EOFError) else "damaged"
        raise LogError(f"{name}: the compressed file is {fault}; fetch it again") from error
