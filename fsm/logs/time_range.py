"""Messages that began within a time range: a part of a log, as a log.

A message begins with its first event. It is in the part with all its events, or not at all, so that
every figure is about the same messages and no event is rejected because an earlier one is missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import polars as pl

from fsm.arguments import check_time
from fsm.arrays import Codes
from fsm.errors import ArgumentError, LogError
from fsm.files import held_folder
from fsm.logs.log import Log, OutsideRange
from fsm.logs.log_file import LogFile, RowMeaning
from fsm.logs.mapping.redact import Redaction
from fsm.logs.rows import event_frames, read_batches
from fsm.logs.storage.scans import scan_parquet
from fsm.logs.write.tables import write_frames

__all__ = ["begun_within"]

_ROW = "\0row"
"""The column with the number of each row in its file: a name that no header has."""


def begun_within(log: Log, start: datetime | None = None, end: datetime | None = None) -> Log:
    """Return the part of a log whose messages began from ``start`` to ``end``, both included.

    The rows are copied to temporary files; each keeps its place in the log. What is left out is
    counted in :attr:`fsm.logs.log.Log.outside`. Raises :class:`fsm.errors.ArgumentError` for an end
    before the start, :class:`fsm.errors.LogError` where no message began then.
    """
    check_time("start", start)
    check_time("end", end)
    if start is None and end is None:
        return log
    if start and end and end < start:
        raise ArgumentError(f"the end {_written(end)} is before the start {_written(start)}")
    begins, events = _begins(log)
    within = [pl.lit(True)]
    within += [pl.col("begin") >= start] if start else []
    within += [pl.col("begin") <= end] if end else []
    kept = begins.filter(within)
    if kept.is_empty():
        raise LogError(_nothing(begins, start, end))
    folder, held = held_folder()
    files = [
        _part(file, log, kept, folder / f"{number}.parquet", held)
        for number, file in enumerate(log.files)
    ]
    canonical = sum(n for file, n in zip(log.files, events, strict=True) if file.origin is None)
    outside = OutsideRange(
        begins.height - kept.height,
        sum(events) - sum(part.frame_height for part in files),
        canonical,
        start,
        end,
        log.outside.last if log.outside else begins["last"].max(),  # type: ignore[arg-type]
    )
    return replace(log, files=tuple(part.file for part in files), outside=outside)


def _begins(log: Log) -> tuple[pl.DataFrame, list[int]]:
    """Return when each message began and ended, and the number of events of each file."""
    keys = log.keys
    moment = pl.Datetime("us", "UTC")
    schema = {**dict.fromkeys(keys, pl.String()), "begin": moment, "last": moment}
    begins, events = pl.DataFrame(schema=schema), [0] * len(log.files)
    for part in log.frames():
        events[part["file"][0]] += part.height
        time = pl.col("timestamp")
        own = part.group_by(keys).agg(time.min().alias("begin"), time.max().alias("last"))
        both = pl.concat([begins, own])
        begins = both.group_by(keys).agg(pl.col("begin").min(), pl.col("last").max())
    return begins, events


def _nothing(begins: pl.DataFrame, start: datetime | None, end: datetime | None) -> str:
    if begins.is_empty():
        return "the log has no event"
    first, last = begins["begin"].min(), begins["begin"].max()
    to = "to" if start else "up to"
    limits = (f"from {_written(start)}" if start else "", f"{to} {_written(end)}" if end else "")
    return (
        f"no message began {' '.join(filter(None, limits))}; the first one of the log did at "
        f"{_written(first)}, the last one at {_written(last)}"  # type: ignore[arg-type]
    )


def _written(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


# Files ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Part:
    """The rows that are kept of a file, and their number."""

    file: LogFile
    frame_height: int


def _part(file: LogFile, log: Log, kept: pl.DataFrame, path: Path, held: object) -> _Part:
    height = 0

    def frames() -> Iterator[pl.DataFrame]:
        nonlocal height
        for rows in _rows(file, log):
            part = rows.join(kept.select(log.keys), on=log.keys, how="semi", nulls_equal=True)
            height += part.height
            yield part.sort(_ROW)

    first = next(_rows(file, log), None)
    if first is None:  # no event
        return _Part(file, 0)
    write_frames(frames(), path)
    rows = scan_parquet(path)
    own = LogFile(
        path,
        file.name,
        "frame",
        rows.drop(_ROW),
        origin=_PartOrigin(file, path),
        recordable=file.recordable,
        keep=held,
    )
    return _Part(own, height)


def _rows(file: LogFile, log: Log) -> Iterator[pl.DataFrame]:
    """Yield the rows of a file with their numbers; of a converted one with all their columns."""
    if file.origin is not None:
        yield from read_batches(file, file.raw().with_row_index(_ROW))
        return
    for part in event_frames(file, log.present):
        yield part.rename({"row": _ROW})


@dataclass(frozen=True)
class _PartOrigin:
    """Where the rows of a part come from: rows of another file, by their numbers."""

    whole: LogFile
    path: Path

    @property
    def redaction(self) -> Redaction | None:
        """The redaction of the whole file."""
        origin = self.whole.origin
        return origin.redaction if origin else self.whole.redaction

    def places(self, rows: Codes) -> tuple[pl.Series, Codes]:
        """Return the file and the line of each row."""
        if self.whole.origin:
            return self.whole.origin.places(self._numbers(rows))
        names = pl.Series("file", [self.whole.name] * len(rows), dtype=pl.String)
        return names, self.whole.lines(self._numbers(rows))

    def quotes(self, rows: Codes) -> list[str]:
        """Return the text of each row in its file."""
        return [text for _, _, text in self.whole.proofs(self._numbers(rows))]

    def meanings(self, rows: Codes) -> list[RowMeaning]:
        """Return how each row came out of its line."""
        return self.whole.meanings(self._numbers(rows))

    def _numbers(self, rows: Codes) -> Codes:
        numbers = scan_parquet(self.path).select(_ROW).collect().to_series()
        return numbers.to_numpy().astype(rows.dtype)[rows]
