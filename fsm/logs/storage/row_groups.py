"""Where the row groups of a Parquet file end: the parts that can be read one after the other.

polars reads ahead as many row groups as it likes, and does not tell where they end. The footer of
the file does: a Thrift structure in the compact protocol (``parquet.thrift``, ``FileMetaData``).
Only the numbers of rows are taken from it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

__all__ = ["row_group_sizes", "slices"]

_MAGIC = b"PAR1"
_LONGEST = 1 << 26
"""Bytes of a footer beyond which it is left to polars."""
_DEEPEST = 16
_GROUPS, _ROWS = 4, 3  # FileMetaData.row_groups, RowGroup.num_rows
_STOP, _TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT = (
    *(0, 1, 2, 3, 7, 8, 9, 10, 11, 12),
)
_INTEGERS = (4, 5, 6)
_LISTS = (_LIST, _SET)


def row_group_sizes(path: Path) -> list[int] | None:
    """Return the rows of each row group; None for a file that polars may know better."""
    try:
        with path.open("rb") as file:
            return _Footer(_footer(file)).row_group_sizes()
    except (OSError, ValueError, IndexError):
        return None


def slices(groups: Sequence[int], rows: int, most: int) -> Iterator[tuple[int, int]]:
    """Yield the parts to read as (first row, number of rows), ``rows`` in each or fewer.

    A part is made of whole row groups; one of more than ``rows`` is read alone, and in several
    parts where it has more than ``most``: each of them has to go through the group from its
    beginning.

    >>> list(slices([3, 3, 3, 9], 6, 20))
    [(0, 6), (6, 3), (9, 9)]
    >>> list(slices([10], 2, 4))
    [(0, 4), (4, 4), (8, 2)]
    """
    first = waiting = 0
    for group in groups:
        if waiting and waiting + group > rows:
            yield first, waiting
            first, waiting = first + waiting, 0
        waiting += group
        while waiting > most:
            yield first, most
            first, waiting = first + most, waiting - most
    if waiting:
        yield first, waiting


def _footer(file: BinaryIO) -> bytes:
    """Return the footer: it stands before its length and the last four bytes of the file."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - 8))
    tail = file.read(8)
    length = int.from_bytes(tail[:4], "little")
    if tail[4:] != _MAGIC or not 0 < length <= min(_LONGEST, size - 8):
        raise ValueError("no footer that is read here")
    file.seek(size - 8 - length)
    return file.read(length)


class _Footer:
    """A Thrift structure in the compact protocol, read from its beginning."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def row_group_sizes(self) -> list[int]:
        """Return the rows of each group; raises ValueError or IndexError for anything else."""
        for field, kind in self._fields():
            if field == _GROUPS and kind == _LIST:
                count, _ = self._list()
                return [self._rows() for _ in range(count)]
            self._skip(kind, 0)
        raise ValueError("no row groups")

    def _rows(self) -> int:
        found = -1
        for field, kind in self._fields():
            if field == _ROWS and kind in _INTEGERS:
                found = self._signed()
            else:
                self._skip(kind, 0)
        if found < 0:
            raise ValueError("a row group without a number of rows")
        return found

    def _fields(self) -> Iterator[tuple[int, int]]:
        """Yield the number and the type of each field of a structure, up to its end."""
        field = 0
        while header := self._byte():
            field = field + (header >> 4) if header >> 4 else self._signed()
            yield field, header & 15

    def _byte(self) -> int:
        value = self._data[self._at]
        self._at += 1
        return value

    def _number(self) -> int:
        value = shift = 0
        while True:
            byte = self._byte()
            value |= (byte & 127) << shift
            if byte < 128:
                return value
            shift += 7
            if shift > 63:
                raise ValueError("a number of more than 64 bits")

    def _signed(self) -> int:
        value = self._number()
        return (value >> 1) ^ -(value & 1)

    def _list(self) -> tuple[int, int]:
        """Return the length of a list, and the type of its items."""
        header = self._byte()
        count = header >> 4
        return (self._number() if count == 15 else count), header & 15

    def _skip(self, kind: int, depth: int) -> None:
        """Go on behind a value."""
        if depth > _DEEPEST or self._at > len(self._data):
            raise ValueError("too deep, or cut short")
        if kind in _INTEGERS:
            self._number()
        elif kind in (_BYTE, _DOUBLE):
            self._at += 1 if kind == _BYTE else 8
        elif kind == _BINARY:
            length = self._number()
            self._at += length
        elif kind in _LISTS:
            count, item = self._list()
            for _ in range(count):
                self._skip(_BYTE if item in (_TRUE, _FALSE) else item, depth + 1)
        elif kind == _STRUCT:
            for _, inner in self._fields():
                self._skip(inner, depth + 1)
        elif kind not in (_TRUE, _FALSE):
            raise ValueError("a type that Parquet's footer does not have")
