"""The footer and the page headers of Parquet: structures of Thrift's compact protocol.

polars tells neither where the row groups of a file end nor how large its pages are, and both must
be known before polars reads them. Thrift's own library would be one more dependency for a hundred
lines, and builds objects of every value without a limit to their size or nesting.

See ``parquet.thrift`` (``FileMetaData``, ``RowGroup``, ``PageHeader``) of apache/parquet-format.
"""

from __future__ import annotations

import os
from typing import IO, Any, Final

from fsm.logs.storage.compression import PARQUET

__all__ = ["MALFORMED", "CompactReader", "Fields", "read_footer"]

MALFORMED: Final = (OSError, ValueError, IndexError, KeyError, TypeError)
"""What reading a file raises that is no well-formed Parquet."""
_LONGEST: Final = 1 << 28
"""Bytes of a footer beyond which the file is left to polars."""
_DEEPEST: Final = 16
"""Structures and lists within one another; those of Parquet have six."""

_TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY, _STRUCT = 1, 2, 3, 7, 8, 12
_BOOLEANS, _INTEGERS, _LISTS = (_TRUE, _FALSE), (4, 5, 6), (9, 10)

Fields = dict[int, Any]
"""The fields of a structure by their numbers. Texts and doubles, which nobody needs, are None."""


def read_footer(file: IO[bytes]) -> Fields:
    """Return ``FileMetaData``; raises one of :data:`MALFORMED` for anything else.

    It stands before its length, in four bytes, and the last four bytes of the file.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - 8))
    tail = file.read(8)
    length = int.from_bytes(tail[:4], "little")
    if tail[4:] != PARQUET or not 0 < length <= min(_LONGEST, size - 8):
        raise ValueError("no footer that is read here")
    file.seek(size - 8 - length)
    return CompactReader(file.read(length)).fields()


class CompactReader:
    """Reads structures one after the other; raises IndexError at the end of the bytes."""

    def __init__(self, data: bytes) -> None:
        self._data, self.at = data, 0

    def fields(self, depth: int = 0) -> Fields:
        """Return the fields of the next structure.

        Each begins with a byte: its type in the low four bits, and in the high four how much its
        number is above that of the field before, or 0 where the number itself follows.
        """
        fields: Fields = {}
        number = 0
        while head := self._byte():
            step = head >> 4
            number = number + step if step else self._signed()
            kind = head & 15
            fields[number] = kind == _TRUE if kind in _BOOLEANS else self._value(kind, depth)
        return fields

    def _value(self, kind: int, depth: int) -> Any:
        if depth > _DEEPEST:
            raise ValueError("nested too deeply")
        if kind in _INTEGERS:
            return self._signed()
        if kind == _BINARY:
            return self._skip(self._unsigned())
        if kind == _STRUCT:
            return self.fields(depth + 1)
        if kind in _LISTS:
            return self._list(depth)
        if kind == _BYTE:
            return self._byte()
        if kind == _DOUBLE:
            return self._skip(8)
        raise ValueError("a type of value that Parquet does not have")

    def _list(self, depth: int) -> list[Any]:
        """Return a list: its first byte has the type of its items and, up to 14, their number."""
        head = self._byte()
        size, kind = head >> 4, head & 15
        if size == 15:
            size = self._unsigned()
        if size > len(self._data):  # each item takes a byte at least
            raise IndexError
        kind = _BYTE if kind in _BOOLEANS else kind  # only in a list does a truth take a byte
        return [self._value(kind, depth + 1) for _ in range(size)]

    def _byte(self) -> int:
        self.at += 1
        return self._data[self.at - 1]

    def _skip(self, size: int) -> None:
        self.at += size
        if self.at > len(self._data):
            raise IndexError

    def _unsigned(self) -> int:
        """Return a number that is written in groups of seven bits, the lowest first."""
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
        """Return a number in zigzag order: 0, -1, 1, -2, 2 are written as 0, 1, 2, 3, 4."""
        number = self._unsigned()
        return (number >> 1) ^ -(number & 1)
