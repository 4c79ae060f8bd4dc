"""Encode the rows of a log as numbers, batch after batch: hashes, codes and times.

Texts are hashed where they are decoded, and never carried further. The hashes are seeded anew
in each process, so that nobody can write a log of colliding names.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Generic, TypeAlias, TypeVar

import numpy as np
import polars as pl

from fsm.arrays import Codes, Index, Mask, Times
from fsm.engine.hash_codes import HashCodes
from fsm.logs.log import Log
from fsm.logs.log_file import LogFile
from fsm.logs.rows import blank_lines, check_rows, microseconds_of, read_rows, readable, seq_numbers

__all__ = ["EncodedBatch", "Encoder", "NeededColumns", "RowColumns", "Rows"]

NO_TIME = np.iinfo(np.int64).min
LAST = np.iinfo(np.int64).max
_MIX = np.uint64(0x9E3779B97F4A7C15)
_HALF = np.uint64(32)

T = TypeVar("T")
U = TypeVar("U")


@dataclass(frozen=True, repr=False)
class RowColumns(Generic[T]):
    """The columns of some rows of a log. Those that a replay does not need are None.

    ``keys`` and ``checks`` are two hashes of the message's identity, ``codes`` the events.
    ``times`` are microseconds since 1970, ``seqs`` the ties; ``ids`` hashes of event ids (0: the
    event has none), ``names`` hashes of event names, by which duplicates are known.
    ``deliveries`` are codes of deliveries. ``files`` are the numbers of the files, of rows of
    several ones.
    """

    keys: T
    checks: T
    codes: T
    times: T | None = None
    seqs: T | None = None
    ids: T | None = None
    names: T | None = None
    deliveries: T | None = None
    files: T | None = None

    def map(self, change: Callable[[T], U]) -> RowColumns[U]:
        """Return the columns, each changed by a function."""
        columns: dict[str, Any] = {
            name: None if column is None else change(column) for name, column in vars(self).items()
        }
        return RowColumns(**columns)


Rows: TypeAlias = RowColumns[Codes]
"""The rows of some messages, as arrays."""


def joined_rows(parts: Sequence[Rows]) -> Rows:
    """Return the rows of several parts, which have the same columns."""
    columns: dict[str, Any] = {}
    for column in fields(RowColumns):
        arrays = [getattr(part, column.name) for part in parts]
        columns[column.name] = None if arrays[0] is None else np.concatenate(arrays)
    return RowColumns(**columns)


@dataclass(frozen=True)
class NeededColumns:
    """Which columns a replay needs beside message, event and time; ``as_of`` in microseconds."""

    as_of: int | None = None
    ids: bool = False
    names: bool = False
    deliveries: bool = False


@dataclass(frozen=True, repr=False)
class EncodedBatch:
    """Successive rows of the log. ``first`` is the number of the first one, in all files.

    ``rows`` has those of the ``height`` rows that count, with their times; ``positions`` are
    their numbers in the batch, ``None`` where all of them count.
    """

    first: int
    height: int
    rows: Rows
    times: Times
    positions: Index | None = None
    known: pl.DataFrame | None = None
    """Further columns of the rows of a checkpoint."""
    file: int = 0
    """The number of the file."""


class Seeds:
    """Seeds of the hashes of one replay."""

    def __init__(self) -> None:
        self.key, self.check, self.event, self.delivery = (secrets.randbits(63) for _ in range(4))
        missing = pl.Series([None, ""], dtype=pl.String).hash(self.key)
        self.no_key = missing.to_numpy()


@dataclass(repr=False)
class Encoder:
    """Encodes a log, and learns the codes of events and deliveries and where each file begins."""

    log: Log
    events: tuple[str, ...]
    needed: NeededColumns
    seeds: Seeds = field(default_factory=Seeds)
    firsts: list[int] = field(default_factory=list)
    """The number of the first row of each file, and at the end that of all rows."""
    blank: int = 0
    """Rows that are blank lines."""
    after_as_of: int = 0
    """Rows after the instant up to which events count."""

    def __post_init__(self) -> None:
        self.codes = HashCodes(self.events, self.seeds.event, other=len(self.events))
        self.deliveries = HashCodes((), self.seeds.delivery)

    def batches(self) -> Iterator[EncodedBatch]:
        """Yield the rows in file order; raises :class:`fsm.errors.LogError` for what is wrong."""
        first = self.blank = self.after_as_of = 0
        self.firsts[:] = []
        for number, log_file in enumerate(self.log.files):
            self.firsts.append(first)
            columns = [*self._columns(), *log_file.checkpoint_columns]
            for frame in read_rows(log_file, self.log.scan(log_file).select(columns)):
                batch = replace(self._batch(log_file, frame, first), file=number)
                if log_file.checkpoint_columns:
                    batch = replace(batch, known=frame.select(log_file.checkpoint_columns))
                yield batch
                first += frame.height
        self.firsts.append(first)

    def _columns(self) -> list[pl.Expr]:
        """Return what is read of the log: hashes, which polars makes while it decodes."""
        seeds, present = self.seeds, self.log.present
        columns = [
            pl.col("message_id").hash(seeds.key).alias("key"),
            pl.col("message_id").hash(seeds.check).alias("check"),
            pl.col("event").fill_null("").hash(seeds.event).alias("event"),
            pl.col("timestamp"),
        ]
        if "recipient" in present:
            columns.append(pl.col("recipient").hash(seeds.check).alias("recipient"))
        if "seq" in present:
            columns.append(pl.col("seq"))
        if self.needed.ids:
            none = pl.col("event_id").fill_null("") == ""
            ids = pl.when(none).then(pl.lit(0, pl.UInt64)).otherwise(pl.col("event_id").hash(1))
            columns.append(ids.alias("id"))
        if self.needed.deliveries:
            columns.append(pl.col("delivery_id"))
            columns.append(pl.col("delivery_id").hash(seeds.delivery).alias("delivery"))
        return columns

    def _batch(self, log_file: LogFile, frame: pl.DataFrame, first: int) -> EncodedBatch:
        times = microseconds_of(log_file, frame["timestamp"]).fill_null(NO_TIME).to_numpy()
        seqs, bad_seq = _seqs(frame["seq"]) if "seq" in frame.columns else (None, False)
        rows = replace(self._rows(frame), times=times, seqs=seqs)
        batch = EncodedBatch(first, frame.height, rows, times)
        keys = frame["key"].to_numpy()
        if bad_seq or np.isin(keys, self.seeds.no_key).any() or (times == NO_TIME).any():
            kept = _without_blanks(self.log, log_file, first - self.firsts[-1], frame.height)
            if kept is not None:
                batch = _compress(batch, kept)
                self.blank += frame.height - len(batch.times)
        if self.needed.as_of is not None and (batch.times > self.needed.as_of).any():
            whole = len(batch.times)
            batch = _compress(batch, batch.times <= self.needed.as_of)
            self.after_as_of += whole - len(batch.times)
        return batch

    def _rows(self, frame: pl.DataFrame) -> Rows:
        """Return the columns of a frame but the times and ties."""
        names = frame["event"].to_numpy()
        keys, checks = frame["key"].to_numpy(), frame["check"].to_numpy()
        if "recipient" in frame.columns:
            # A message is (message_id, recipient). Both hashes of the pair change with either
            # part; the factor is odd, so that no bit of the recipient's hash is lost.
            other = frame["recipient"].to_numpy()
            keys, checks = keys + other * _MIX, checks + (other ^ (other >> _HALF)) * _MIX
        deliveries = None
        if self.needed.deliveries:
            hashes = frame["delivery"].to_numpy()
            deliveries = self.deliveries.codes(hashes, frame["delivery_id"])
        return RowColumns(
            keys,
            (checks >> _HALF).astype(np.uint32),
            self.codes.codes(names),
            ids=frame["id"].to_numpy() if self.needed.ids else None,
            names=names if self.needed.names else None,
            deliveries=deliveries,
        )


def _compress(batch: EncodedBatch, kept: Mask) -> EncodedBatch:
    """Return the batch without the rows that are not kept."""
    positions = np.flatnonzero(kept) if batch.positions is None else batch.positions[kept]
    rows = batch.rows.map(lambda column: column[kept])
    return replace(batch, rows=rows, times=batch.times[kept], positions=positions)


def _seqs(column: pl.Series) -> tuple[Times, bool]:
    """Return the ties, and whether some of them are no numbers."""
    number, wrong = seq_numbers(column)
    return number.fill_null(LAST).to_numpy(), bool(wrong.any())


def _without_blanks(log: Log, log_file: LogFile, first: int, height: int) -> Mask | None:
    """Return which rows are no blank lines; refuse the log where something else is wrong."""
    kept = None
    if log_file.format == "csv":
        with readable(log_file):
            blank = blank_lines(log_file).slice(first, height).collect().to_series()
        kept = ~blank.to_numpy()
    with readable(log_file):
        part = log.scan(log_file).slice(first, height).collect()
    if kept is not None:
        part = part.filter(pl.Series(kept))
    check_rows(log_file, part)
    return kept
