"""How long messages stay in a state, as a histogram by what ended the stay."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from fsm.machine import Machine

__all__ = ["STAYING", "Bin", "Waiting", "duration", "waitings"]

STAYING = ""
"""Stands for the event that did not come before the log ended."""

_STATES = 4
"""So many states are told of, at most."""
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_EDGES = (
    *(1, 10, _MINUTE, 5 * _MINUTE, 15 * _MINUTE, 30 * _MINUTE),
    *(_HOUR, 2 * _HOUR, 4 * _HOUR, 8 * _HOUR, 16 * _HOUR),
    *(_DAY, 2 * _DAY, 3 * _DAY, 5 * _DAY, 7 * _DAY, 14 * _DAY, 30 * _DAY, 90 * _DAY, 365 * _DAY),
)


@dataclass(frozen=True, slots=True)
class Bin:
    """Stays of at least ``low`` and less than ``high`` seconds (``None``: no end), by event."""

    low: int
    high: int | None
    counts: Mapping[str, int]

    @property
    def total(self) -> int:
        """All stays of this length."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Waiting:
    """The stays in one state: those that ended, their quantiles in seconds, and the histogram."""

    state: str
    ended: int
    lasting: int
    median: int
    ninety_fifth: int
    """95 % of the stays that ended took no longer."""
    longest: int
    events: tuple[str, ...]
    bins: tuple[Bin, ...]


def waitings(machine: Machine, sojourns: pl.DataFrame) -> Iterator[Waiting]:
    """Yield the states that most messages left, that of the deadline first.

    ``sojourns`` is :attr:`fsm.engine.Replay.durations`.
    """
    own = sojourns.filter(pl.col("machine") == machine.name)
    own = own.with_columns(pl.col("event").fill_null(STAYING))
    is_ended = pl.col("event") != STAYING
    first = machine.deadline.state if machine.deadline else ""
    by_state = own.filter(is_ended).group_by("state").agg(pl.col("count").sum())
    order = [pl.col("state") != first, -pl.col("count"), pl.col("state")]
    for state in by_state.sort(order)["state"].head(_STATES):
        stays = own.filter(pl.col("state") == state)
        yield _waiting(machine, state, stays, stays.filter(is_ended))


def _waiting(machine: Machine, state: str, stays: pl.DataFrame, ended: pl.DataFrame) -> Waiting:
    by_length = ended.group_by("seconds").agg(pl.col("count").sum()).sort("seconds")
    seconds, reached = by_length["seconds"], by_length["count"].cum_sum()
    count, whole = int(reached[-1]), int(stays["count"].sum())
    at = np.searchsorted(reached.to_numpy(), np.ceil(np.array([0.5, 0.95, 1.0]) * count))
    median, ninety_fifth, longest = (int(seconds[int(place)]) for place in at)
    there = set(stays["event"])
    events = tuple(e for e in (*machine.events, STAYING) if e in there)
    return Waiting(
        state, count, whole - count, median, ninety_fifth, longest, events, _bins(stays, events)
    )


def _bins(stays: pl.DataFrame, events: tuple[str, ...]) -> tuple[Bin, ...]:
    at = np.searchsorted(_EDGES, stays["seconds"].to_numpy(), side="right")
    counted = stays.with_columns(pl.Series("bin", at)).group_by("bin", "event").agg(pl.sum("count"))
    counts = {(b, event): count for b, event, count in counted.rows()}
    lows, highs = (0, *_EDGES), (*_EDGES, None)
    bins: list[Bin] = []
    for b in range(int(at.min()), int(at.max()) + 1):
        here = {event: counts[b, event] for event in events if (b, event) in counts}
        empty_before = bins and not here and not bins[-1].total
        low = bins.pop().low if empty_before else lows[b]
        bins.append(Bin(low, highs[b], here))
    return tuple(bins)


def duration(seconds: int) -> str:
    """Return a duration in its two largest units.

    >>> [duration(seconds) for seconds in (0, 59, 60, 5400, 90_061, 302_400)]
    ['under 1 s', '59 s', '1 min', '1 h 30 min', '1 d 1 h', '3 d 12 h']
    """
    units = (("d", _DAY), ("h", _HOUR), ("min", _MINUTE), ("s", 1))
    parts = []
    for unit, size in units:
        count, seconds = divmod(seconds, size)
        parts.append((count, unit))
    start = next((i for i, (count, _) in enumerate(parts) if count), len(parts) - 1)
    shown = [f"{count} {unit}" for count, unit in parts[start : start + 2] if count]
    return " ".join(shown) or "under 1 s"
