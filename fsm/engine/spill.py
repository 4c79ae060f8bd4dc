"""Columns of numbers, in memory up to a limit and beyond it in a temporary file without a name.

A file without a name is gone when the process is, however it ends.
"""

from __future__ import annotations

import os
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import numpy as np

from fsm.arrays import Codes
from fsm.errors import OutputError

__all__ = ["Column", "Store"]


class Store:
    """Makes columns. What does not fit in ``limit`` bytes of memory goes to the disk."""

    def __init__(self, limit: int) -> None:
        self._left = limit
        self._file: IO[bytes] | None = None
        self._end = 0

    @property
    def spilled(self) -> int:
        """The bytes on the disk."""
        return self._end

    @property
    def descriptor(self) -> int:
        """The descriptor of the file on the disk."""
        assert self._file is not None  # noqa: S101
        return self._file.fileno()

    def put(self, values: Codes) -> Column:
        """Keep an array (not a copy of it, where it stays in memory)."""
        column = self._column(values.dtype, len(values), values)
        if column.values is None:
            column.write(0, values)
        return column

    def make(self, kind: np.dtype[Any], length: int) -> Column:
        """Make a column to be written later."""
        return self._column(kind, length, None)

    def _column(self, kind: np.dtype[Any], length: int, values: Codes | None) -> Column:
        size = kind.itemsize * length
        if size <= self._left:
            self._left -= size
            return Column(np.empty(length, kind) if values is None else values, kind, length)
        if self._file is None:
            with _no_disk_errors():
                self._file = tempfile.TemporaryFile(prefix="fsm-")  # noqa: SIM115
            weakref.finalize(self, self._file.close)
        column = Column(None, kind, length, self, self._end)
        self._end += size
        return column


class Column:
    """Numbers of one type, in memory (``values``) or in a file."""

    __slots__ = ("_offset", "_store", "kind", "length", "values")

    def __init__(
        self,
        values: Codes | None,
        kind: np.dtype[Any],
        length: int,
        store: Store | None = None,
        offset: int = 0,
    ) -> None:
        self.values, self.kind, self.length = values, kind, length
        self._offset = offset
        self._store = store  # which closes its file when nobody needs it any more

    @property
    def _descriptor(self) -> int:
        assert self._store is not None  # noqa: S101
        return self._store.descriptor

    def read(self, first: int = 0, last: int | None = None) -> Codes:
        """Return the numbers from ``first`` up to ``last``."""
        last = self.length if last is None else last
        if self.values is not None:
            return self.values[first:last]
        out = np.empty(last - first, self.kind)
        view = out.data.cast("B") if len(out) else memoryview(b"")
        done, size = 0, self.kind.itemsize
        while done < len(view):
            with _no_disk_errors():
                read = os.preadv(
                    self._descriptor, [view[done:]], self._offset + first * size + done
                )
            if not read:
                raise OutputError("the temporary file was cut short")
            done += read
        return out

    def write(self, first: int, numbers: Codes) -> None:
        """Write numbers from ``first`` on; threads may write to different places at once."""
        if self.values is not None:
            self.values[first : first + len(numbers)] = numbers
            return
        data = np.ascontiguousarray(numbers, dtype=self.kind).data.cast("B")
        done = 0
        while done < len(data):
            with _no_disk_errors():
                done += os.pwrite(
                    self._descriptor,
                    data[done:],
                    self._offset + first * self.kind.itemsize + done,
                )


@contextmanager
def _no_disk_errors() -> Iterator[None]:
    """Say in one line that the temporary file could not be kept."""
    try:
        yield
    except OSError as error:
        raise OutputError(
            f"{tempfile.gettempdir()}: {error.strerror or error}; "
            "name another place with TMPDIR, or give more --memory"
        ) from error
