"""Columns of numbers, in memory up to a limit and beyond it in a temporary file without a name.

A file without a name is gone when the process is, however it ends.
"""

from __future__ import annotations

import os
import tempfile
import weakref
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from fsm.arrays import Codes
from fsm.errors import OutputError

__all__ = ["NumberColumn", "Spill"]


class NumberColumn(ABC):
    """Numbers of one type, wherever they are."""

    __slots__ = ("kind", "length")

    def __init__(self, kind: np.dtype[Any], length: int) -> None:
        self.kind, self.length = kind, length

    @abstractmethod
    def read(self, first: int = 0, last: int | None = None) -> Codes:
        """Return the numbers from ``first`` up to ``last``."""

    @abstractmethod
    def write(self, first: int, numbers: Codes) -> None:
        """Write numbers from ``first`` on; threads may write to different places at once."""


class Spill:
    """Makes columns. What does not fit in ``limit`` bytes of memory goes to the disk."""

    def __init__(self, limit: int) -> None:
        self._left = limit
        self._file: _SpillFile | None = None

    def put(self, values: Codes) -> NumberColumn:
        """Keep an array (not a copy of it, where it stays in memory)."""
        if self._fits(values.nbytes):
            return _MemoryColumn(values)
        column = self._on_disk(values.dtype, len(values))
        column.write(0, values)
        return column

    def make(self, kind: np.dtype[Any], length: int) -> NumberColumn:
        """Make a column to be written later."""
        if self._fits(kind.itemsize * length):
            return _MemoryColumn(np.empty(length, kind))
        return self._on_disk(kind, length)

    def _fits(self, size: int) -> bool:
        fits = size <= self._left
        self._left -= size if fits else 0
        return fits

    def _on_disk(self, kind: np.dtype[Any], length: int) -> NumberColumn:
        if self._file is None:
            self._file = _SpillFile()
        return _FileColumn(kind, length, self._file, self._file.reserve(kind.itemsize * length))


class _MemoryColumn(NumberColumn):
    __slots__ = ("values",)

    def __init__(self, values: Codes) -> None:
        super().__init__(values.dtype, len(values))
        self.values = values

    def read(self, first: int = 0, last: int | None = None) -> Codes:
        return self.values[first:last]

    def write(self, first: int, numbers: Codes) -> None:
        self.values[first : first + len(numbers)] = numbers


class _SpillFile:
    """The temporary file of all columns on the disk; closed when no column needs it any more."""

    def __init__(self) -> None:
        with _no_disk_errors():
            file = tempfile.TemporaryFile(prefix="fsm-")  # noqa: SIM115
        weakref.finalize(self, file.close)
        self._descriptor = file.fileno()
        self._end = 0

    def reserve(self, size: int) -> int:
        """Return where a new column of so many bytes begins."""
        self._end += size
        return self._end - size

    def read_into(self, view: memoryview, offset: int) -> None:
        done = 0
        while done < len(view):
            with _no_disk_errors():
                read = os.preadv(self._descriptor, [view[done:]], offset + done)
            if not read:
                raise OutputError("the temporary file was cut short")
            done += read

    def write(self, data: memoryview, offset: int) -> None:
        done = 0
        while done < len(data):
            with _no_disk_errors():
                done += os.pwrite(self._descriptor, data[done:], offset + done)


class _FileColumn(NumberColumn):
    __slots__ = ("_file", "_offset")

    def __init__(self, kind: np.dtype[Any], length: int, file: _SpillFile, offset: int) -> None:
        super().__init__(kind, length)
        self._file, self._offset = file, offset

    def read(self, first: int = 0, last: int | None = None) -> Codes:
        out = np.empty((self.length if last is None else last) - first, self.kind)
        if len(out):
            self._file.read_into(out.data.cast("B"), self._offset + first * self.kind.itemsize)
        return out

    def write(self, first: int, numbers: Codes) -> None:
        data = np.ascontiguousarray(numbers, dtype=self.kind).data.cast("B")
        self._file.write(data, self._offset + first * self.kind.itemsize)


@contextmanager
def _no_disk_errors() -> Iterator[None]:
    """Report in one line that the temporary file could not be kept."""
    try:
        yield
    except OSError as error:
        raise OutputError(
            f"{tempfile.gettempdir()}: {error.strerror or error}; "
            "name another place with TMPDIR, or give more --memory"
        ) from error
