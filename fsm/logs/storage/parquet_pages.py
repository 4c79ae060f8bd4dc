"""Look at the pages of a Parquet file before polars unpacks them.

A few kilobytes of Parquet can hold one text of a gigabyte, or a billion equal rows. The footer says
where the columns of each group of rows lie, and every page says how large it is when it is
unpacked; both are structures of Thrift's compact protocol. What they say is compared with bounds.
A file that is not as it should be is left to polars, which says what is wrong with it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Final

from fsm.errors import LogError

__all__ = ["LARGEST_PAGE", "MOST_ROWS", "check_parquet_pages"]

LARGEST_PAGE: Final = 1 << 27
"""Bytes of a page, unpacked; most writers make pages of one MiB, DuckDB up to 100."""
MOST_ROWS: Final = 1 << 26
"""Rows of a group."""
_HEADER: Final = 1 << 12
"""Bytes read for the header of a page at first."""
_LARGEST_HEADER: Final = 1 << 20
_LARGEST_FOOTER: Final = 1 << 28
_DEPTH: Final = 16

_Fields = dict[int, Any]


def check_parquet_pages(path: Path, name: str) -> None:
    """Refuse a Parquet file that would take too much memory; ``name`` is what errors call it.

    Raises :class:`fsm.errors.LogError`.
    """
    try:
        with path.open("rb") as file:
            for group, columns, rows in _groups(file):
                if rows > MOST_ROWS:
                    raise LogError(
                        f"{name}: {rows:,} rows in its row group {group}; "
                        f"write groups of at most {MOST_ROWS:,} rows"
                    )
                for start, end in columns:
                    _check_chunk(file, name, group, start, end)
    except (OSError, ValueError, IndexError, KeyError, TypeError, struct.error):
        return


def _groups(file: IO[bytes]) -> Iterator[tuple[int, list[tuple[int, int]], int]]:
    """Yield each group of rows: its number, where its columns begin and end, its rows."""
    size = file.seek(0, 2)
    file.seek(size - 8)
    length = struct.unpack("<I", file.read(4))[0]
    if not 0 < length <= min(size - 12, _LARGEST_FOOTER):
        return
    file.seek(size - 8 - length)
    footer = _Compact(file.read(length)).fields()
    for number, group in enumerate(footer[4], 1):
        chunks = [column[3] for column in group[1]]
        starts = [min(c[9], c.get(11) or c[9]) for c in chunks]
        places = [(start, start + c[7]) for start, c in zip(starts, chunks, strict=True)]
        yield number, places, group[3]


def _check_chunk(file: IO[bytes], name: str, group: int, start: int, end: int) -> None:
    """Look at the header of every page from ``start`` up to ``end``."""
    while start < end:
        page, length = _page(file, start)
        if page[2] > LARGEST_PAGE:
            raise LogError(
                f"{name}: a page of {page[2] >> 20:,} MiB in its row group {group}; "
                f"write pages of at most {LARGEST_PAGE >> 20} MiB"
            )
        if page[3] < 0:
            return
        start += length + page[3]


def _page(file: IO[bytes], start: int) -> tuple[_Fields, int]:
    """Return the header of a page, and how many bytes it takes."""
    size = _HEADER
    while True:
        file.seek(start)
        reader = _Compact(file.read(size))
        try:
            return reader.fields(), reader.at
        except IndexError:
            if size >= _LARGEST_HEADER:
                raise
            size = _LARGEST_HEADER


class _Compact:
    """Reads structures of Thrift's compact protocol; raises IndexError at the end of the bytes."""

    def __init__(self, data: bytes) -> None:
        self._data, self.at = data, 0

    def fields(self, depth: int = 0) -> _Fields:
        """Return the fields of a structure by their numbers."""
        if depth > _DEPTH:
            raise ValueError("nested too deeply")
        found: _Fields = {}
        number = 0
        while head := self._byte():
            step = head >> 4
            number = number + step if step else self._signed()
            found[number] = self._value(head & 15, depth, within=False)
        return found

    def _value(self, kind: int, depth: int, *, within: bool) -> Any:
        if kind in (1, 2):  # true and false; in a list each takes a byte
            return self._byte() == 1 if within else kind == 1
        if kind == 3:
            return self._byte()
        if kind in (4, 5, 6):
            return self._signed()
        if kind == 7:
            return self._skip(8)
        if kind == 8:
            return self._skip(self._unsigned())
        if kind in (9, 10):
            return self._list(depth)
        if kind == 12:
            return self.fields(depth + 1)
        raise ValueError("a kind of value that Parquet does not have")

    def _list(self, depth: int) -> list[Any]:
        head = self._byte()
        size = head >> 4 if head >> 4 < 15 else self._unsigned()
        if size > len(self._data):
            raise IndexError
        return [self._value(head & 15, depth + 1, within=True) for _ in range(size)]

    def _byte(self) -> int:
        self.at += 1
        return self._data[self.at - 1]

    def _skip(self, size: int) -> None:
        self.at += size
        if self.at > len(self._data):
            raise IndexError

    def _unsigned(self) -> int:
        number = shift = 0
        while True:
            byte = self._byte()
            number |= (byte & 127) << shift
            if byte < 128:
                return number
            shift += 7
            if shift > 63:
                raise ValueError("a number of more than 64 bits")

    def _signed(self) -> int:
        number = self._unsigned()
        return (number >> 1) ^ -(number & 1)
