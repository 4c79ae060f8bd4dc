"""Check the text of a log before polars reads it: first line, separator, longest record.

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
from fsm.logs.storage.compression import open_unpacked, unpacking_errors

__all__ = ["LONGEST", "check_records", "separator_name", "separator_of"]

LONGEST: Final = 1 << 24
"""Bytes of a line, and of a CSV record with its quoted fields."""
_BLOCK: Final = 1 << 20
_SEPARATORS: Final = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_QUOTE, _LINE_FEED = b'"', b"\n"


def separator_of(header: str, needed: tuple[str, ...]) -> str:
    """Return the separator of a header: the one that yields the needed names, else the most names.

    >>> separator_of("message_id;event;timestamp;a,b", ("event",)), separator_of("id", ("event",))
    (';', ',')
    """
    fields = {
        mark: [name.strip().strip('"') for name in header.lstrip("\ufeff").split(mark)]
        for mark in _SEPARATORS
    }
    return max(fields, key=lambda mark: (set(needed) <= set(fields[mark]), len(fields[mark])))


def separator_name(mark: str) -> str:
    """Return the name of a separator in a sentence."""
    return _SEPARATORS[mark]


def check_records(path: Path, name: str, *, quotes: bool) -> str | None:
    """Refuse a text file with a record of more than :data:`LONGEST` bytes; return its first line.

    With ``quotes``, as in CSV, a line feed between quotes does not end a record. The first line
    is the first one that is not empty, None where there is none; bytes that are no UTF-8 are
    surrogates in it (``surrogateescape`` of Python). ``name`` is the name of the file in errors.
    Raises :class:`fsm.errors.LogError`.
    """
    begun, quoted = 0, False  # bytes of the incomplete record; whether a quoted field is open
    place = 0  # the position in the file at which that record begins
    start = b""  # the bytes up to the end of the first line
    with _opened(path, name) as blocks:
        for block in blocks:
            if _LINE_FEED not in start:
                start = (start + block).lstrip(b"\r\n")
            if quoted or (quotes and _QUOTE in block):  # counting quotes takes three times as long
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
    """Return where the last record that ends in a block of CSV does; 0 where none ends."""
    # A line feed ends a record if an even number of quotes precedes it. Mostly the last one does;
    # only otherwise are the quotes before each line feed counted.
    last = block.rfind(_LINE_FEED) + 1
    if quoted == bool(block.count(_QUOTE, 0, last) & 1):
        return last
    codes = np.frombuffer(block, np.uint8)
    within = np.cumsum(codes == ord(_QUOTE)) + quoted
    ends = np.flatnonzero((codes == ord(_LINE_FEED)) & (within % 2 == 0))
    return int(ends[-1]) + 1 if len(ends) else 0


def _too_long(path: Path, name: str, place: int, *, quoted: bool) -> LogError:
    """Return an error with the line of the record whose first byte is at ``place``."""
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
    """Open a file as blocks, unpacked; raise LogError where it cannot be read or unpacked."""
    with unpacking_errors(name), closing(open_unpacked(path)) as file:
        yield iter(lambda: file.read(_BLOCK), b"")
