"""Read the rows of a log in order, and refuse in one line what cannot be read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NoReturn

import numpy as np
import polars as pl

from fsm.errors import LogError
from fsm.logs.calendar import in_calendar, is_beyond_calendar, shown_value
from fsm.logs.log import CHECKPOINT, Log, Source, place_of
from fsm.logs.read_errors import unreadable
from fsm.logs.storage.row_groups import row_groups, slices
from fsm.logs.timestamps import microseconds

__all__ = [
    "BLANK",
    "OWN",
    "blanks",
    "check_rows",
    "collect",
    "extent",
    "frames",
    "large_row_groups",
    "microseconds_of",
    "read_batches",
    "read_rows",
    "readable",
    "seq_numbers",
]

ROWS = 1 << 19
"""Rows of a batch: its columns stay in the cache of the processor."""

MOST = 4 * ROWS
"""Rows of a row group that are read at once."""

BLANK = "\0blank"
OWN = "\0own "
_SHOWN = 80


def read_batches(source: Source, frame: pl.LazyFrame) -> Iterator[pl.DataFrame]:
    """Yield the rows of a query on a source, in order."""
    with readable(source):
        for part in frame.collect_batches(chunk_size=ROWS, maintain_order=True):
            if part.height:
                yield part
    source.check_unchanged()


def read_rows(
    source: Source, frame: pl.LazyFrame, *, texts: bool = False
) -> Iterator[pl.DataFrame]:
    """Yield the rows of a query that has one row for each row of the source, in order.

    With ``texts`` the rows are not numbers but several times as large, and come in smaller parts.

    Other than with :func:`read_batches`, no more is read ahead than one batch: a Parquet file is
    read a few row groups at a time, the other formats in small parts that are joined again.
    """
    groups = row_groups(source.path) if source.format in ("parquet", CHECKPOINT) else None
    with readable(source):
        parts = (
            _joined(frame, ROWS // 8 if texts else ROWS)
            if groups is None
            else _sliced(source, frame, groups)
        )
        for part in parts:
            yield from part.iter_slices(ROWS)
    source.check_unchanged()


def large_row_groups(log: Log) -> Iterator[tuple[str, int, int]]:
    """Yield the sources with a row group beyond what is read at once: name, its rows, the most."""
    for source in log.sources:
        groups = row_groups(source.path) if source.format == "parquet" else None
        if (largest := max(groups or [0])) > MOST:
            yield source.name, largest, MOST


def _sliced(source: Source, frame: pl.LazyFrame, groups: Sequence[int]) -> Iterator[pl.DataFrame]:
    for first, count in slices(groups, ROWS, MOST):
        yield frame.slice(first, count).collect(engine="in-memory")
    if frame.slice(sum(groups), 1).collect(engine="in-memory").height:
        raise LogError(f"{source.name}: not readable as Parquet: more rows than its row groups say")


def _joined(frame: pl.LazyFrame, rows: int) -> Iterator[pl.DataFrame]:
    """Join parts to about as many rows; polars keeps about eight parts ready, so they are small."""
    waiting: list[pl.DataFrame] = []
    for part in frame.collect_batches(chunk_size=max(1, rows // 8), maintain_order=True):
        waiting.append(part)
        if sum(p.height for p in waiting) >= rows:
            yield pl.concat(waiting, rechunk=True)
            waiting = []
    if waiting:
        yield pl.concat(waiting, rechunk=True)


@contextmanager
def readable(source: Source) -> Iterator[None]:
    """Say in one line what is wrong with a source, where polars cannot read it."""
    try:
        yield
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        source.check_unchanged()
        raise unreadable(source, error) from error


def extent(log: Log, as_of: int | None = None) -> tuple[int, int, int] | None:
    """Return the first and the last instant in microseconds, and how many events have one.

    ``None`` where there is none. What is wrong with a log is found when it is replayed.
    """
    spans = []
    for source in log.sources:
        for part in read_rows(source, log.scan(source).select("timestamp")):
            times = microseconds_of(source, part["timestamp"]).drop_nulls()
            if as_of is not None:
                times = times.filter(times <= as_of)
            if len(times):
                spans.append((int(times.min()), int(times.max()), len(times)))  # type: ignore[arg-type]
    if not spans:
        return None
    firsts, lasts, counts = zip(*spans, strict=True)
    return min(firsts), max(lasts), sum(counts)


def collect(log: Log) -> pl.DataFrame:
    """Return all events of a log; see :attr:`fsm.engine.Log.frame`."""
    kinds = {"timestamp": pl.Datetime("us", "UTC"), "seq": pl.Int64()}
    columns = {name: kinds.get(name, pl.String()) for name in log.present}
    nothing = pl.DataFrame(schema={"file": pl.UInt32(), "row": pl.UInt64(), **columns})
    return pl.concat([nothing, *frames(log)])


def frames(log: Log, own: Sequence[str] = ()) -> Iterator[pl.DataFrame]:
    """Yield the events of a log; see :attr:`fsm.engine.Log.frame`.

    ``own`` are further columns of its sources; they come under names that begin with :data:`OWN`.
    """
    for file, source in enumerate(log.sources):
        scans = [log.scan(source).with_row_index("row")]
        if source.format == "csv":
            scans.append(blanks(log, source))
        if own:
            raw = source.raw({**log.names(source), **{name: name for name in own}})
            scans.append(raw.select(pl.col(name).alias(f"{OWN}{name}") for name in own))
        for part in read_batches(source, pl.concat(scans, how="horizontal")):
            there = part.filter(~pl.col(BLANK)).drop(BLANK) if BLANK in part.columns else part
            check_rows(log, source, there)
            yield _typed(source, file, there)


def _typed(source: Source, file: int, frame: pl.DataFrame) -> pl.DataFrame:
    times = microseconds_of(source, frame["timestamp"])
    columns = [
        pl.lit(file, pl.UInt32).alias("file"),
        pl.col("row").cast(pl.UInt64),
        times.cast(pl.Datetime("us", "UTC")).alias("timestamp"),
        pl.col("event").fill_null(""),
    ]
    if "seq" in frame.columns:
        columns.append(seq_numbers(frame["seq"])[0].alias("seq"))
    return frame.with_columns(columns).select("file", pl.exclude("file"))


def microseconds_of(source: Source, column: pl.Series) -> pl.Series:
    """Return a column of timestamps as microseconds since 1970, null where it is no time."""
    if isinstance(column.dtype, pl.Datetime):
        if column.dtype.time_zone is None:
            raise LogError(f"{source.name}: the timestamps have no zone; store them as UTC")
        return in_calendar(column.to_physical(), column.dtype.time_unit)
    if column.dtype == pl.String:
        return microseconds(column)
    if column.dtype == pl.Null:
        return pl.Series(column.name, [None] * len(column), dtype=pl.Int64)
    raise LogError(f"{source.name}: timestamps of type {column.dtype}; write 2026-01-31T09:30:00Z")


def seq_numbers(column: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Return the numbers of ``seq`` (null where there is none), and which are no whole number."""
    if column.dtype.is_integer():
        number = column.cast(pl.Int64, strict=False)
        return number, number.is_null() & column.is_not_null()
    text = column.cast(pl.String).str.strip_chars()
    number = text.replace("", None).cast(pl.Int64, strict=False)
    return number, number.is_null() & (text.fill_null("") != "")


def check_rows(log: Log, source: Source, frame: pl.DataFrame) -> None:
    """Refuse a log of which these rows, blank lines left out, hold something wrong.

    Raises :class:`fsm.errors.LogError`, which names the first row of the source that does.
    """
    if any(wrong.any() for _, wrong, _ in _wrong(source, frame)):
        _refuse(log, source)


def blanks(log: Log, source: Source) -> pl.LazyFrame:
    """Return which rows of a CSV file are blank lines."""
    return source.raw(log.names(source)).select(pl.all_horizontal(pl.all().is_null()).alias(BLANK))


_LACKING = {
    "message_id": "no message_id; every event belongs to a message",
    "timestamp": "no timestamp; every event has a time, such as 2026-01-31T09:30:00Z",
}
"""What is said where a needed value is empty."""


def _wrong(source: Source, frame: pl.DataFrame) -> Iterator[tuple[str, pl.Series, str]]:
    """Yield column, wrong rows and fault, in the order in which they are reported."""
    missing = frame["message_id"].fill_null("") == ""
    yield "message_id", missing, ""
    if "seq" in frame.columns:
        yield "seq", seq_numbers(frame["seq"])[1], "not a whole number"
    yield "timestamp", microseconds_of(source, frame["timestamp"]).is_null(), ""


def _refuse(log: Log, source: Source) -> NoReturn:
    """Say what is wrong first in the source, and how often."""
    found: dict[str, tuple[int, str | None, int, str]] = {}
    first = 0
    scan = log.scan(source)
    if source.format == "csv":
        scan = pl.concat([scan, blanks(log, source)], how="horizontal")
    for part in read_batches(source, scan):
        there = ~part[BLANK] if BLANK in part.columns else pl.Series([True] * part.height)
        for column, wrong, fault in _wrong(source, part):
            rows = (wrong & there).arg_true()
            if len(rows):
                row, value, count, _ = found.get(
                    column, (first + rows[0], shown_value(part[column], rows[0]), 0, "")
                )
                found[column] = row, value, count + len(rows), fault
        first += part.height
    column = next(name for name in ("message_id", "seq", "timestamp") if name in found)
    row, value, count, fault = found[column]
    line = source.lines(np.array([row]))[0]
    said = f"{column} {_shorten(value)!r} {fault or _no_time(value)}" if value else _LACKING[column]
    more = f" ({count - 1:,} more like it)" if count > 1 else ""
    raise LogError(f"{place_of(source.name, line)}: {said}{more}")


def _no_time(text: str) -> str:
    if is_beyond_calendar(text):
        return "is not from 0001-01-02 to 9999-12-30; correct it, or leave the event out"
    naive = not microseconds(pl.Series([f"{text}Z"])).is_null().item()
    if naive:
        return "has no zone; write it in UTC with a final Z"
    return "is not a time; write 2026-01-31T09:30:00Z"


def _shorten(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
