"""Read a log as numbers, batch after batch: hashes, codes and times of its rows.

Texts are hashed where they are decoded, and never carried further. The hashes are seeded anew
in each process, so that nobody can write a log of colliding names.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import NoReturn

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fsm.errors import LogError
from fsm.replay.calendar import in_calendar, is_beyond_calendar, shown_value
from fsm.replay.codebook import Codebook
from fsm.replay.faults import unreadable
from fsm.replay.fold import Codes, Index, Keys
from fsm.replay.instants import microseconds
from fsm.replay.row_groups import row_groups, slices
from fsm.replay.source import CHECKPOINT, Log, Source, place_of

__all__ = [
    "OWN",
    "Batch",
    "Reader",
    "Wanted",
    "check_rows",
    "collect",
    "extent",
    "frames",
    "large_row_groups",
    "microseconds_of",
    "read_batches",
    "read_rows",
    "readable",
]

ROWS = 1 << 19
"""Rows of a batch: its columns stay in the cache of the processor."""

MOST = 4 * ROWS
"""Rows of a row group that are read at once."""

BLANK = "\0blank"
OWN = "\0own "
NO_TIME = np.iinfo(np.int64).min
LAST = np.iinfo(np.int64).max
_SHOWN = 80
_MIX = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Wanted:
    """Which columns a replay needs beside message, event and time; ``as_of`` in microseconds."""

    as_of: int | None = None
    ids: bool = False
    names: bool = False
    deliveries: bool = False


@dataclass(frozen=True)
class Batch:
    """Successive rows of the log. ``first`` is the number of the first one, in all files.

    ``rows`` are the numbers, in the batch, of the rows that the columns have; ``None`` where it
    is all ``height`` of them. Columns: see :class:`fsm.replay.settle.Rows`.
    """

    first: int
    height: int
    keys: Keys
    checks: Codes
    codes: Codes
    times: NDArray[np.int64]
    seqs: NDArray[np.int64] | None = None
    ids: Keys | None = None
    names: Keys | None = None
    deliveries: Codes | None = None
    rows: Index | None = None
    past: pl.DataFrame | None = None
    """Further columns of the rows of a checkpoint."""


class Seeds:
    """Seeds of the hashes of one replay."""

    def __init__(self) -> None:
        self.key, self.check, self.event, self.delivery = (secrets.randbits(63) for _ in range(4))
        missing = pl.Series([None, ""], dtype=pl.String).hash(self.key)
        self.no_key = missing.to_numpy()


@dataclass
class Reader:
    """What is learnt while a log is read: codes of events and deliveries, rows of each source."""

    log: Log
    events: tuple[str, ...]
    wanted: Wanted
    seeds: Seeds = field(default_factory=Seeds)
    firsts: list[int] = field(default_factory=list)
    """The number of the first row of each source, and at the end that of all rows."""

    def __post_init__(self) -> None:
        self.codes = Codebook(self.events, self.seeds.event, other=len(self.events))
        self.deliveries = Codebook((), self.seeds.delivery)

    def batches(self) -> Iterator[Batch]:
        """Yield the rows in file order; raises :class:`fsm.errors.LogError` for what is wrong."""
        first = 0
        self.firsts[:] = []
        for source in self.log.sources:
            self.firsts.append(first)
            columns = [*self._columns(), *source.further]
            for frame in read_rows(source, self.log.scan(source).select(columns)):
                batch = self._batch(source, frame, first)
                if source.further:
                    batch = replace(batch, past=frame.select(source.further))
                yield batch
                first += frame.height
        self.firsts.append(first)

    def _columns(self) -> list[pl.Expr]:
        seeds, there = self.seeds, self.log.present
        texts = [
            pl.col("message_id").hash(seeds.key).alias("key"),
            pl.col("message_id").hash(seeds.check).alias("check"),
            pl.col("event").fill_null("").hash(seeds.event).alias("event"),
            pl.col("timestamp"),
        ]
        if "recipient" in there:
            texts.append(pl.col("recipient").hash(seeds.check).alias("recipient"))
        if "seq" in there:
            texts.append(pl.col("seq"))
        if self.wanted.ids:
            none = pl.col("event_id").fill_null("") == ""
            ids = pl.when(none).then(pl.lit(0, pl.UInt64)).otherwise(pl.col("event_id").hash(1))
            texts.append(ids.alias("id"))
        if self.wanted.deliveries:
            texts.append(pl.col("delivery_id"))
            texts.append(pl.col("delivery_id").hash(seeds.delivery).alias("delivery"))
        return texts

    def _batch(self, source: Source, frame: pl.DataFrame, first: int) -> Batch:
        keys = frame["key"].to_numpy()
        times = _times(source, frame["timestamp"])
        seqs, bad_seq = _seqs(frame["seq"]) if "seq" in frame.columns else (None, False)
        kept = None
        if bad_seq or np.isin(keys, self.seeds.no_key).any() or (times == NO_TIME).any():
            kept = _without_blanks(self.log, source, first - self.firsts[-1], frame.height)
        checks = frame["check"].to_numpy()
        if "recipient" in frame.columns:
            other = frame["recipient"].to_numpy()
            keys, checks = keys + other * _MIX, checks + (other ^ (other >> np.uint64(32))) * _MIX
        names = frame["event"].to_numpy()
        deliveries = None
        if self.wanted.deliveries:
            texts = frame["delivery_id"]
            deliveries = self.deliveries.codes(frame["delivery"].to_numpy(), texts)
        batch = Batch(
            first,
            frame.height,
            keys,
            (checks >> np.uint64(32)).astype(np.uint32),
            self.codes.codes(names),
            times,
            seqs,
            frame["id"].to_numpy() if self.wanted.ids else None,
            names if self.wanted.names else None,
            deliveries,
        )
        if self.wanted.as_of is not None and (times > self.wanted.as_of).any():
            early = times <= self.wanted.as_of
            kept = early if kept is None else kept & early
        return batch if kept is None else _compress(batch, kept)


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
    """Return all events of a log; see :attr:`fsm.replay.Log.frame`."""
    kinds = {"timestamp": pl.Datetime("us", "UTC"), "seq": pl.Int64()}
    columns = {name: kinds.get(name, pl.String()) for name in log.present}
    nothing = pl.DataFrame(schema={"file": pl.UInt32(), "row": pl.UInt64(), **columns})
    return pl.concat([nothing, *frames(log)])


def frames(log: Log, own: Sequence[str] = ()) -> Iterator[pl.DataFrame]:
    """Yield the events of a log; see :attr:`fsm.replay.Log.frame`.

    ``own`` are further columns of its sources; they come under names that begin with :data:`OWN`.
    """
    for file, source in enumerate(log.sources):
        scans = [log.scan(source).with_row_index("row")]
        if source.format == "csv":
            scans.append(_blanks(log, source))
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


def _compress(batch: Batch, kept: NDArray[np.bool_]) -> Batch:
    """Return the batch without the rows that are not kept."""
    columns = {
        name: values[kept]
        for name in ("keys", "checks", "codes", "times", "seqs", "ids", "names", "deliveries")
        if (values := getattr(batch, name)) is not None
    }
    return replace(batch, rows=np.flatnonzero(kept), **columns)


# Types ---------------------------------------------------------------------------------------


def _times(source: Source, column: pl.Series) -> NDArray[np.int64]:
    """Return microseconds since 1970; :data:`NO_TIME` where there is no time."""
    parsed = microseconds_of(source, column)
    return parsed.fill_null(NO_TIME).to_numpy()


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


def _seqs(column: pl.Series) -> tuple[NDArray[np.int64], bool]:
    number, wrong = seq_numbers(column)
    return number.fill_null(LAST).to_numpy(), bool(wrong.any())


# Faults --------------------------------------------------------------------------------------


def _without_blanks(log: Log, source: Source, first: int, height: int) -> NDArray[np.bool_] | None:
    """Return which rows are no blank lines; refuse the log where something else is wrong."""
    kept = None
    if source.format == "csv":
        with readable(source):
            blank = _blanks(log, source).slice(first, height).collect().to_series()
        kept = ~blank.to_numpy()
    with readable(source):
        part = log.scan(source).slice(first, height).collect()
    if kept is not None:
        part = part.filter(pl.Series(kept))
    check_rows(log, source, part)
    return kept


def check_rows(log: Log, source: Source, frame: pl.DataFrame) -> None:
    """Refuse a log of which these rows, blank lines left out, hold something wrong.

    Raises :class:`fsm.errors.LogError`, which names the first row of the source that does.
    """
    if any(wrong.any() for _, wrong, _ in _wrong(source, frame)):
        _refuse(log, source)


def _blanks(log: Log, source: Source) -> pl.LazyFrame:
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
        scan = pl.concat([scan, _blanks(log, source)], how="horizontal")
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
