"""How much memory a replay takes: what is counted against its bound, and what stands beside it.

The bound (``--memory``) is for what grows with the log: the columns that are kept of every row,
and the work on them. Beside it stands the floor, which does not grow: the interpreter, the
libraries, and the few batches of rows that are being read or written. So the process needs at
most the bound and the floor. What does not fit in the bound is kept in a temporary file.

Three things are bounded by neither: the rejected events (about 40 bytes each) and the tables of
``--series`` and ``--rejected``; row groups of Parquet beyond :data:`fsm.logs.rows.MOST` rows,
which polars unpacks as a whole; and JSONL files, which polars maps: their pages count as memory of
the process, but the system takes them back whenever it needs them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

__all__ = [
    "BATCH",
    "FLOOR",
    "LEAST",
    "WORK",
    "column_bytes",
    "give_back",
    "workers_within",
]

MB = 1 << 20

FLOOR = 250 * MB
"""What the command needs beside its bound, with up to four threads of polars: 90 MB before it reads
a row. See ``tests/bench/replay.md``; in a library the caller sets polars up, and it may be more."""

WORK = 32 * MB
"""What one thread needs to execute a bucket of messages."""

BATCH = 32 * MB
"""What the batch needs that is just dealt out."""

LEAST = BATCH + WORK
"""The least bound that can be kept."""


def workers_within(bound: int, wanted: int) -> int:
    """Return how many threads work at a time: their work takes half of the bound at most.

    >>> workers_within(200 * MB, 16), workers_within(0, 4)
    (3, 1)
    """
    return max(1, min(wanted, bound // (2 * WORK)))


def column_bytes(bound: int, workers: int) -> int:
    """Return the bytes of a bound that are left for columns.

    >>> column_bytes(200 * MB, 2) // MB, column_bytes(LEAST, 1)
    (104, 0)
    """
    return max(0, bound - BATCH - workers * WORK)


def give_back() -> None:
    """Give the pages that are free to the system, where its C library can: between two phases."""
    if trim := _trim():
        trim(0)


@cache
def _trim() -> Callable[[int], int] | None:
    import ctypes

    try:
        return ctypes.CDLL(None).malloc_trim
    except (OSError, TypeError, AttributeError):  # not on every system
        return None
