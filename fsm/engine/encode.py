"""Encode the rows of a log as numbers, batch after batch: hashes, codes and times.

Texts are hashed where they are decoded, and never carried further. The hashes are seeded anew
in each process, so that nobody can write a log of colliding names.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fsm.arrays import Codes, Index, Keys
from fsm.engine.hash_codes import Codebook
from fsm.logs.log import Log
from fsm.logs.log_file import LogFile
from fsm.logs.rows import blank_lines, check_rows, microseconds_of, read_rows, readable, seq_numbers

__all__ = ["Batch", "Reader", "Wanted"]

NO_TIME = np.iinfo(np.int64).min
LAST = np.iinfo(np.int64).max
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
    is all ``height`` of them. Columns: see :class:`fsm.engine.timelines.Rows`.
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
        for source in self.log.files:
            self.firsts.append(first)
            columns = [*self._columns(), *source.checkpoint_columns]
            for frame in read_rows(source, self.log.scan(source).select(columns)):
                batch = self._batch(source, frame, first)
                if source.checkpoint_columns:
                    batch = replace(batch, past=frame.select(source.checkpoint_columns))
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

    def _batch(self, source: LogFile, frame: pl.DataFrame, first: int) -> Batch:
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


def _compress(batch: Batch, kept: NDArray[np.bool_]) -> Batch:
    """Return the batch without the rows that are not kept."""
    columns = {
        name: values[kept]
        for name in ("keys", "checks", "codes", "times", "seqs", "ids", "names", "deliveries")
        if (values := getattr(batch, name)) is not None
    }
    return replace(batch, rows=np.flatnonzero(kept), **columns)


def _times(source: LogFile, column: pl.Series) -> NDArray[np.int64]:
    """Return microseconds since 1970; :data:`NO_TIME` where there is no time."""
    parsed = microseconds_of(source, column)
    return parsed.fill_null(NO_TIME).to_numpy()


def _seqs(column: pl.Series) -> tuple[NDArray[np.int64], bool]:
    number, wrong = seq_numbers(column)
    return number.fill_null(LAST).to_numpy(), bool(wrong.any())


def _without_blanks(log: Log, source: LogFile, first: int, height: int) -> NDArray[np.bool_] | None:
    """Return which rows are no blank lines; refuse the log where something else is wrong."""
    kept = None
    if source.format == "csv":
        with readable(source):
            blank = blank_lines(source).slice(first, height).collect().to_series()
        kept = ~blank.to_numpy()
    with readable(source):
        part = log.scan(source).slice(first, height).collect()
    if kept is not None:
        part = part.filter(pl.Series(kept))
    check_rows(source, part)
    return kept
