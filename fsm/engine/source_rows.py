"""The rows of the log, read a second time: the texts that a table shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from fsm.arrays import Codes, Index
from fsm.engine.buckets import Chunk, rows_between
from fsm.engine.spill import NumberColumn
from fsm.errors import LogError
from fsm.logs.log import Log
from fsm.logs.rows import microseconds_of, read_rows, seq_numbers

__all__ = ["SourceRows"]

_KINDS: dict[str, Any] = {
    "file": pl.UInt32,
    "row": pl.UInt64,
    "timestamp": pl.Datetime("us", "UTC"),
    "seq": pl.Int64,
}


@dataclass(frozen=True)
class SourceRows:
    """Rows of a log as texts. ``firsts`` are the numbers of the first rows of its sources.

    The frames have ``file``, ``row`` (in the file), the message's identity, ``timestamp`` (UTC,
    µs), ``event``, and the further columns.
    """

    log: Log
    firsts: Sequence[int]
    further: tuple[str, ...] = ()

    @property
    def columns(self) -> list[str]:
        """The names of the canonical columns."""
        return [*self.log.identity, "timestamp", "event", *self.further]

    def none(self) -> pl.DataFrame:
        """Return no rows."""
        names = ["file", "row", *self.columns]
        return pl.DataFrame(schema={name: _KINDS.get(name, pl.String) for name in names})

    def of(self, rows: Index) -> pl.DataFrame:
        """Return rows, given ascending by their numbers in the log."""
        frames, left = [self.none()], len(rows)
        for file, first, part in self._parts() if left else ():
            inside = rows[slice(*np.searchsorted(rows, (first, first + part.height)))]
            if len(inside):
                frames.append(self._rows(inside - first, file, part, first))
            left -= len(inside)
            if not left:  # the rest of the log is not read
                break
        return pl.concat(frames, how="vertical")

    def marked(
        self, chunks: Sequence[tuple[Chunk, Sequence[NumberColumn]]], width: int, since: int = 0
    ) -> Iterator[tuple[pl.DataFrame, list[Codes]]]:
        """Yield the rows on which the first column is not 0, with the ``width`` columns given.

        ``since`` is the number of the first file that is read.
        """
        yield self.none(), [np.zeros(0, np.uint8) for _ in range(width)]
        for file, first, part in self._parts(since):
            rows, columns = rows_between(chunks, first, first + part.height, width)
            kept = np.flatnonzero(columns[0])
            if len(kept):
                frame = self._rows(rows[kept] - first, file, part, first)
                yield frame, [column[kept] for column in columns]

    def _parts(self, since: int = 0) -> Iterator[tuple[int, int, pl.DataFrame]]:
        """Yield the number of the file, that of the first row, the texts."""
        for file, log_file in enumerate(self.log.files[since:], since):
            first = self.firsts[file]
            for part in read_rows(log_file, self.log.scan(log_file), texts=True):
                yield file, first, part
                first += part.height
            if first != self.firsts[file + 1]:
                raise LogError(f"{log_file.name}: gave other rows the second time; replay it again")

    def _rows(self, places: Index, file: int, part: pl.DataFrame, first: int) -> pl.DataFrame:
        taken = part.select(self.columns)[places]
        times = microseconds_of(self.log.files[file], taken["timestamp"])
        numbers = [
            pl.Series("file", np.full(len(places), file), pl.UInt32),
            pl.Series("row", places + (first - self.firsts[file]), pl.UInt64),
        ]
        typed = taken.with_columns(
            times.cast(_KINDS["timestamp"]).alias("timestamp"), pl.col("event").fill_null("")
        )
        if "seq" in self.further:
            typed = typed.with_columns(seq_numbers(typed["seq"])[0].alias("seq"))
        return pl.DataFrame(numbers).hstack(typed)
