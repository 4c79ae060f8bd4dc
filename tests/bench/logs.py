"""Benchmark logs: ``python tests/bench/logs.py 1e6`` writes one below ``build/bench``.

A log of N events, globally ordered by time, of about N / 1.66 messages in a few thousand
deliveries of very different sizes: most messages are handed over and never heard of again, a
quarter soft-bounces or is reported on, one in a hundred is retried for a day, and a few in a
thousand get an event that the machine rejects. Same size, same bytes.

An event is one 64-bit number, (time, message, event), so that ordering a log of any size is
one sort in place of 8 bytes an event. Messages are drawn independently of time: their numbers
stand in no order in the log.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from engine import PLACE
from numpy.typing import NDArray
from polars.io.plugins import register_io_source

__all__ = ["log_of"]

VERSION = 1
"""Part of the file names; count it up whenever another log would be written."""

ROW_GROUP = 524_288
SLICE = 4 * ROW_GROUP
BLOCK = 1 << 20
"""Messages drawn at a time; each block has its own random stream."""

START = 1_767_225_600_000
"""2026-01-01T00:00Z in milliseconds."""
HOUR = 3_600_000.0
SPAN_DAYS = 25

EVENTS = ("relayed", "delivered", "hard_bounce", "soft_bounce", "retry_succeeded", "retry_failed")
RELAYED, DELIVERED, HARD, SOFT, SUCCEEDED, FAILED = range(len(EVENTS))

FATES = ("silent", "bounced", "reported", "long", "absurd")
FATE_SHARES = (0.698, 0.040, 0.250, 0.010, 0.002)
SILENT, BOUNCED, REPORTED, LONG, ABSURD = range(len(FATES))

EVENT_BITS, MESSAGE_BITS = 3, 27
MESSAGES_PER_EVENT = 1 / 1.62
"""A little more than needed: the log ends mid-flight, as real ones do."""

SCHEMA: dict[str, pl.DataType] = {
    "timestamp": pl.Datetime("ms", "UTC"),
    "delivery_id": pl.String(),
    "message_id": pl.String(),
    "event": pl.String(),
}

Numbers = NDArray[np.int64]
Packed = NDArray[np.uint64]


def log_of(events: int, form: str) -> Path:
    """Return the log of this many events as ``parquet``, ``csv``, or ``wide``."""
    return {"parquet": parquet_log, "csv": csv_log, "wide": wide_log}[form](events)


def parquet_log(events: int) -> Path:
    """Return the Parquet log of this many events, written first where there is none."""
    path = _path(events, "parquet")
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".unfinished")
        _lazy(events).sink_parquet(
            unfinished, compression="zstd", row_group_size=ROW_GROUP, maintain_order=True
        )
        unfinished.rename(path)
    return path


def csv_log(events: int) -> Path:
    """Return the same log as CSV."""
    path = _path(events, "csv")
    if not path.exists():
        unfinished = path.with_suffix(".unfinished")
        text = pl.col("timestamp").dt.strftime("%Y-%m-%dT%H:%M:%S%.3fZ")
        pl.scan_parquet(parquet_log(events)).with_columns(text).sink_csv(unfinished)
        unfinished.rename(path)
    return path


def wide_log(events: int) -> Path:
    """Return the same log with every optional column, as a database would write them.

    Each message has its recipient, each event its own id, and ``seq`` is a whole number.
    """
    path = _path(events, "wide.parquet")
    if not path.exists():
        number = pl.col("message_id").str.slice(2)
        unfinished = path.with_suffix(".unfinished")
        pl.scan_parquet(parquet_log(events)).with_row_index("seq").select(
            *SCHEMA,
            pl.concat_str(pl.lit("u"), number, pl.lit("@example.org")).alias("recipient"),
            pl.concat_str(pl.lit("e"), pl.col("seq")).alias("event_id"),
            pl.col("seq").cast(pl.Int64),
        ).sink_parquet(
            unfinished, compression="zstd", row_group_size=ROW_GROUP, maintain_order=True
        )
        unfinished.rename(path)
    return path


def _path(events: int, suffix: str) -> Path:
    return PLACE / f"log-{events:g}-v{VERSION}.{suffix}".replace("e+0", "e")


def _lazy(events: int) -> pl.LazyFrame:
    def source(
        with_columns: list[str] | None,
        predicate: pl.Expr | None,
        n_rows: int | None,
        batch_size: int | None,
    ) -> Iterator[pl.DataFrame]:
        assert predicate is None
        assert n_rows is None
        for frame in _frames(events):
            yield frame.select(with_columns) if with_columns else frame

    return register_io_source(source, schema=SCHEMA)


# The events --------------------------------------------------------------------------------


def _frames(events: int) -> Iterator[pl.DataFrame]:
    """Yield the log in slices."""
    deliveries = _Deliveries.of(events)
    messages = int(events * MESSAGES_PER_EVENT) + 50
    owner = np.empty(messages, np.uint16)
    packed = _all_events(messages, deliveries, owner)
    packed.sort()
    names = pl.Series([f"DM{i:05}" for i in range(len(deliveries.starts))])
    for first in range(0, events, SLICE):
        yield _frame(packed[first : min(first + SLICE, events)], owner, names)


def _frame(packed: Packed, owner: NDArray[np.uint16], names: pl.Series) -> pl.DataFrame:
    message = (packed >> np.uint64(EVENT_BITS)) & np.uint64((1 << MESSAGE_BITS) - 1)
    time = (packed >> np.uint64(EVENT_BITS + MESSAGE_BITS)).astype(np.int64) + START
    event = (packed & np.uint64((1 << EVENT_BITS) - 1)).astype(np.uint32)
    number = pl.Series("message_id", message).cast(pl.String).str.zfill(9)
    return pl.DataFrame(
        {
            "timestamp": pl.Series(time).cast(SCHEMA["timestamp"]),
            "delivery_id": names.gather(owner[message]),
            "message_id": "m-" + number,
            "event": pl.Series(EVENTS).gather(event),
        }
    )


def _all_events(messages: int, deliveries: "_Deliveries", owner: NDArray[np.uint16]) -> Packed:
    """Return every event, unordered, and fill in each message's delivery."""
    parts = []
    for block, first in enumerate(range(0, messages, BLOCK)):
        random = np.random.default_rng([VERSION, len(deliveries.starts), block])
        mine = deliveries.draw(random, min(BLOCK, messages - first))
        owner[first : first + len(mine)] = mine
        parts.append(_block(random, first, deliveries.starts[mine]))
    total = np.empty(sum(map(len, parts)), np.uint64)
    end = len(total)
    while parts:  # from the end, each part freed once it is copied
        part = parts.pop()
        total[end - len(part) : end] = part
        end -= len(part)
    return total


def _block(random: np.random.Generator, first_message: int, start: Numbers) -> Packed:
    """Return the events of some messages, whose deliveries start then."""
    count = len(start)
    fate = np.searchsorted(np.cumsum(FATE_SHARES[:-1]), random.random(count), side="right")
    length = _lengths(random, fate)
    message = np.repeat(np.arange(first_message, first_message + count), length)
    first = np.cumsum(length) - length
    event = _events(random, fate, first, length)
    time = _times(random, start, first, length)
    packed = (time << MESSAGE_BITS | message) << EVENT_BITS | event
    return packed.astype(np.uint64)


def _lengths(random: np.random.Generator, fate: Numbers) -> Numbers:
    """Return how many events each message has."""
    length = np.where(fate == SILENT, 1, 2)
    reported, long = fate == REPORTED, fate == LONG
    length[reported] = 1 + random.geometric(0.55, reported.sum())
    length[long] = random.integers(6, 31, long.sum())
    return length


def _events(random: np.random.Generator, fate: Numbers, first: Numbers, length: Numbers) -> Numbers:
    """Return the events: relayed, soft bounces, and one that ends it."""
    event = np.full(int(length.sum()), SOFT)
    last, count = first + length - 1, len(fate)
    retried = random.choice([SUCCEEDED, FAILED, SOFT], count, p=[0.7, 0.2, 0.1])
    absurd = random.choice([RELAYED, SUCCEEDED], count)
    at_once = (fate == REPORTED) & (length == 2)
    event[last] = np.select(
        [fate == BOUNCED, fate == ABSURD, at_once], [HARD, absurd, DELIVERED], default=retried
    )
    event[first] = RELAYED
    return event


def _times(random: np.random.Generator, start: Numbers, first: Numbers, length: Numbers) -> Numbers:
    """Return milliseconds since :data:`START`, strictly increasing within a message."""
    gap = random.exponential(HOUR, int(length.sum())).astype(np.int64) + 1
    gap[first] = start + random.exponential(2 * HOUR, len(start)).astype(np.int64)
    passed = np.cumsum(gap)
    before = passed[first] - gap[first]
    return passed - np.repeat(before, length)


@dataclass(frozen=True)
class _Deliveries:
    """When each delivery starts, and the cumulative share of the messages it has."""

    starts: Numbers
    shares: NDArray[np.float64]

    @classmethod
    def of(cls, events: int) -> "_Deliveries":
        count = {10**6: 200, 10**7: 1_000, 10**8: 5_000}.get(events, 100)
        starts = np.random.default_rng([VERSION, count]).integers(
            0, int(SPAN_DAYS * 24 * HOUR), count
        )
        weights = np.arange(1, count + 1) ** -0.8
        return cls(starts, np.cumsum(weights / weights.sum()))

    def draw(self, random: np.random.Generator, count: int) -> Numbers:
        """Return the delivery of each of ``count`` messages; the first ones are the largest."""
        return np.searchsorted(self.shares[:-1], random.random(count), side="right")


if __name__ == "__main__":
    for size in sys.argv[1:]:
        print(parquet_log(int(float(size))))
