"""Read the rows of one log file in order, and report what cannot be read in one line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NoReturn

import numpy as np
import polars as pl

from fsm.errors import LogError
from fsm.logs.calendar import in_calendar, is_beyond_calendar, shown_value
from fsm.logs.canonical_columns import place_of
from fsm.logs.epoch_columns import EPOCH_UNITS, epoch_times, unit_by_size
from fsm.logs.log_file import CHECKPOINT, LogFile
from fsm.logs.read_errors import unreadable
from fsm.logs.timestamps import microseconds

__all__ = [
    "FURTHER",
    "MOST",
    "blank_lines",
    "check_rows",
    "event_frames",
    "instants_of",
    "large_row_group",
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
FURTHER = "\0further "
"""The prefix of columns that are not canonical."""
_BLANK = "\0blank"
_SHOWN = 80
"""Characters of a value in messages."""


def read_batches(file: LogFile, frame: pl.LazyFrame) -> Iterator[pl.DataFrame]:
    """Yield the rows of a query on a file, in order."""
    with readable(file):
        for part in frame.collect_batches(chunk_size=ROWS, maintain_order=True):
            if part.height:
                yield part
    file.check_unchanged()


def read_rows(file: LogFile, frame: pl.LazyFrame, *, texts: bool = False) -> Iterator[pl.DataFrame]:
    """Yield the rows of a query that has one row for each row of the file, in order.

    With ``texts`` the rows contain texts, which are several times as large as numbers, and come in
    smaller parts.

    Unlike :func:`read_batches`, it reads at most one batch ahead: a Parquet file is read a few row
    groups at a time, the other formats in small parts that are joined again.
    """
    groups = _row_groups(file) if file.format in ("parquet", CHECKPOINT) else None
    with readable(file):
        if groups is None:
            parts = _joined(frame, ROWS // 8 if texts else ROWS)
        else:
            parts = _sliced(file, frame, groups)
        for part in parts:
            yield from part.iter_slices(ROWS)
    file.check_unchanged()


def large_row_group(file: LogFile) -> int | None:
    """Return the rows of the largest row group of Parquet, where it is more than :data:`MOST`."""
    groups = _row_groups(file) if file.format == "parquet" else None
    largest = max(groups or [0])
    return largest if largest > MOST else None


def _row_groups(file: LogFile) -> list[int] | None:
    from fsm.logs.storage.row_groups import row_group_sizes

    return row_group_sizes(file.path)


def _sliced(file: LogFile, frame: pl.LazyFrame, groups: Sequence[int]) -> Iterator[pl.DataFrame]:
    from fsm.logs.storage.row_groups import slices

    for first, count in slices(groups, ROWS, MOST):
        yield frame.slice(first, count).collect(engine="in-memory")
    if frame.slice(sum(groups), 1).collect(engine="in-memory").height:
        raise LogError(f"{file.name}: not readable as Parquet: more rows than its row groups say")


def _joined(frame: pl.LazyFrame, rows: int) -> Iterator[pl.DataFrame]:
    """Join parts to about ``rows`` rows; they are small because polars keeps about eight ready."""
    pending: list[pl.DataFrame] = []
    for part in frame.collect_batches(chunk_size=max(1, rows // 8), maintain_order=True):
        pending.append(part)
        if sum(p.height for p in pending) >= rows:
            yield pl.concat(pending, rechunk=True)
            pending = []
    if pending:
        yield pl.concat(pending, rechunk=True)


@contextmanager
def readable(file: LogFile) -> Iterator[None]:
    """Report in one line what is wrong with a file that polars cannot read.

    Raises :class:`fsm.errors.LogError`, also for a file that was changed meanwhile.
    """
    try:
        yield
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        file.check_unchanged()
        raise unreadable(file, error) from error


def instants_of(file: LogFile) -> Iterator[pl.Series]:
    """Yield the times of the rows in microseconds since 1970, without values that are no time."""
    for part in read_rows(file, file.scan(["timestamp"])):
        yield microseconds_of(file, part["timestamp"]).drop_nulls()


def event_frames(
    file: LogFile, wanted: Sequence[str], further: Sequence[str] = ()
) -> Iterator[pl.DataFrame]:
    """Yield the events of a file, checked: ``row`` (from 0) and the wanted canonical columns.

    ``further`` are other columns of the file; their names then begin with :data:`FURTHER`.
    """
    scans = [file.scan(wanted).with_row_index("row")]
    if file.format == "csv":
        scans.append(blank_lines(file))
    if further:
        scans.append(file.raw(further).select(pl.col(n).alias(f"{FURTHER}{n}") for n in further))
    for part in read_batches(file, pl.concat(scans, how="horizontal")):
        events = part.filter(~pl.col(_BLANK)).drop(_BLANK) if _BLANK in part.columns else part
        check_rows(file, events)
        yield _typed(file, events)


def _typed(file: LogFile, events: pl.DataFrame) -> pl.DataFrame:
    times = microseconds_of(file, events["timestamp"])
    columns = [
        pl.col("row").cast(pl.UInt64),
        times.cast(pl.Datetime("us", "UTC")).alias("timestamp"),
        pl.col("event").fill_null(""),
    ]
    if "seq" in events.columns:
        columns.append(seq_numbers(events["seq"])[0].alias("seq"))
    return events.with_columns(columns)


def blank_lines(file: LogFile) -> pl.LazyFrame:
    """Return whether each row of a CSV file is a blank line, in one column."""
    return file.raw().select(pl.all_horizontal(pl.all().is_null()).alias(_BLANK))


# Types ---------------------------------------------------------------------------------------


def microseconds_of(file: LogFile, column: pl.Series) -> pl.Series:
    """Return a column of timestamps as microseconds since 1970, null for values that are no time.

    Raises :class:`fsm.errors.LogError` for a column of another type, or without a zone.
    """
    if isinstance(column.dtype, pl.Datetime):
        if column.dtype.time_zone is None:
            raise LogError(f"{file.name}: the timestamps have no zone; store them as UTC")
        return in_calendar(column.to_physical(), column.dtype.time_unit)
    if column.dtype.is_numeric() or (column.dtype == pl.String and file.epoch_unit):
        return epoch_times(column, file.epoch_unit or "s")
    if column.dtype == pl.String:
        return microseconds(column)
    if column.dtype == pl.Null:
        return pl.Series(column.name, [None] * len(column), dtype=pl.Int64)
    raise LogError(f"{file.name}: timestamps of type {column.dtype}; write 2026-01-31T09:30:00Z")


def seq_numbers(column: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Return the numbers of ``seq``, null where it is empty, and which values are no number."""
    if column.dtype.is_integer():
        number = column.cast(pl.Int64, strict=False)
        return number, number.is_null() & column.is_not_null()
    text = column.cast(pl.String).str.strip_chars()
    number = text.replace("", None).cast(pl.Int64, strict=False)
    return number, number.is_null() & (text.fill_null("") != "")


# Faults --------------------------------------------------------------------------------------

_CHECKED = ("message_id", "seq", "timestamp")
"""Columns that are checked; the fault of the first one is reported first."""
_MISSING = {
    "message_id": "no message_id; every event belongs to a message",
    "timestamp": "no timestamp; every event has a time, such as 2026-01-31T09:30:00Z",
}
"""Messages for empty values in needed columns."""


@dataclass
class _Fault:
    """The first wrong value of a column, and the number of wrong values."""

    row: int
    value: str | None
    count: int = 0


def check_rows(file: LogFile, events: pl.DataFrame) -> None:
    """Refuse a file if one of these rows, which are no blank lines, has a wrong value.

    Raises :class:`fsm.errors.LogError`, which names the first wrong row of the whole file.
    """
    columns = [name for name in _CHECKED if name in events.columns]
    if any(_is_wrong(file, events[name]).any() for name in columns):
        _refuse(file)


def _is_wrong(file: LogFile, column: pl.Series) -> pl.Series:
    """Return which values of a checked column cannot be read."""
    if column.name == "message_id":
        return column.fill_null("") == ""
    if column.name == "seq":
        return seq_numbers(column)[1]
    return microseconds_of(file, column).is_null()


def _refuse(file: LogFile) -> NoReturn:
    """Report the first wrong value of the file, and how many more its column has."""
    faults: dict[str, _Fault] = {}
    first = 0
    scan = file.scan([name for name in _CHECKED if name in file.present])
    if file.format == "csv":
        scan = pl.concat([scan, blank_lines(file)], how="horizontal")
    for part in read_batches(file, scan):
        for name in part.columns:
            if name not in _CHECKED:
                continue
            wrong = _is_wrong(file, part[name])
            rows = (wrong & ~part[_BLANK] if _BLANK in part.columns else wrong).arg_true()
            if len(rows):
                fault = _Fault(first + rows[0], shown_value(part[name], rows[0]))
                faults.setdefault(name, fault).count += len(rows)
        first += part.height
    name, fault = next((name, faults[name]) for name in _CHECKED if name in faults)
    line = file.lines(np.array([fault.row]))[0]
    more = f" ({fault.count - 1:,} more like it)" if fault.count > 1 else ""
    raise LogError(
        f"{place_of(file.name, line)}: {_message(name, fault.value, file.epoch_unit)}{more}"
    )


def _message(column: str, value: str | None, unit: str | None) -> str:
    if not value:
        return _MISSING[column]
    reason = "not a whole number" if column == "seq" else _no_time(value, unit)
    return f"{column} {_shorten(value)!r} {reason}"


def _no_time(text: str, unit: str | None) -> str:
    if unit:
        own = unit_by_size(text)
        first = f"{EPOCH_UNITS[unit]} since 1970"
        if own:
            return f"is in {EPOCH_UNITS[own]}, the first one in {first}; write all alike"
        return f"is no number of {first}, as the first one is; write all alike"
    if is_beyond_calendar(text):
        return "is not from 0001-01-02 to 9999-12-30; correct it, or leave the event out"
    naive = not microseconds(pl.Series([f"{text}Z"])).is_null().item()
    if naive:
        return "has no zone; write it in UTC with a final Z"
    return "is not a time; write 2026-01-31T09:30:00Z"


def _shorten(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
