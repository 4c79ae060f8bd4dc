"""How long messages stay in a state, as a histogram by the event that ended the stay."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import polars as pl

from fsm.epoch import DURATION_UNITS, SECOND
from fsm.machine import Machine

__all__ = ["STAYING", "Bin", "StayHistogram", "format_duration", "stay_histograms"]

STAYING = ""
"""Stands for the missing event of a stay that lasts beyond the end of the log."""

_STATES = 4
"""Maximum number of states with a histogram."""
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
        """The number of stays of this length."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class StayHistogram:
    """The stays in one state: how many ended, their quantiles in seconds, and the histogram."""

    state: str
    ended: int
    lasting: int
    median: int
    ninety_fifth: int
    """The 95th percentile of the stays that ended."""
    longest: int
    events: tuple[str, ...]
    bins: tuple[Bin, ...]


def stay_histograms(machine: Machine, durations: pl.DataFrame) -> Iterator[StayHistogram]:
    """Yield the states with the most departures, the state of the deadline first.

    ``durations`` is :attr:`fsm.engine.Replay.durations`.
    """
    stays = durations.filter(pl.col("machine") == machine.name)
    stays = stays.with_columns(pl.col("event").fill_null(STAYING))
    is_ended = pl.col("event") != STAYING
    first = machine.deadline.state if machine.deadline else ""
    by_state = stays.filter(is_ended).group_by("state").agg(pl.col("count").sum())
    order = [pl.col("state") != first, -pl.col("count"), pl.col("state")]
    for state in by_state.sort(order)["state"].head(_STATES):
        in_state = stays.filter(pl.col("state") == state)
        yield _histogram(machine, state, in_state, in_state.filter(is_ended))


def _histogram(
    machine: Machine, state: str, stays: pl.DataFrame, ended: pl.DataFrame
) -> StayHistogram:
    by_length = ended.group_by("seconds").agg(pl.col("count").sum()).sort("seconds")
    seconds, reached = by_length["seconds"], by_length["count"].cum_sum()
    count, whole = int(reached[-1]), int(stays["count"].sum())
    at = np.searchsorted(reached.to_numpy(), np.ceil(np.array([0.5, 0.95, 1.0]) * count))
    median, ninety_fifth, longest = (int(seconds[int(place)]) for place in at)
    seen = set(stays["event"])
    events = tuple(event for event in (*machine.events, STAYING) if event in seen)
    return StayHistogram(
        state, count, whole - count, median, ninety_fifth, longest, events, _bins(stays, events)
    )


def _bins(stays: pl.DataFrame, events: tuple[str, ...]) -> tuple[Bin, ...]:
    at = np.searchsorted(_EDGES, stays["seconds"].to_numpy(), side="right")
    counted = stays.with_columns(pl.Series("bin", at)).group_by("bin", "event").agg(pl.sum("count"))
    counts = {(b, event): count for b, event, count in counted.rows()}
    lows, highs = (0, *_EDGES), (*_EDGES, None)
    bins: list[Bin] = []
    for b in range(int(at.min()), int(at.max()) + 1):
        by_event = {event: counts[b, event] for event in events if (b, event) in counts}
        # Adjacent empty bins are one.
        is_second_empty = bins and not by_event and not bins[-1].total
        low = bins.pop().low if is_second_empty else lows[b]
        bins.append(Bin(low, highs[b], by_event))
    return tuple(bins)


def format_duration(duration: timedelta | int) -> str:
    """Return a duration (or a number of seconds) in its two largest units.

    >>> [format_duration(seconds) for seconds in (0, 59, 60, 5400, 90_061, 302_400)]
    ['under 1 s', '59 s', '1 min', '1 h 30 min', '1 d 1 h', '3 d 12 h']
    """
    seconds = duration if isinstance(duration, int) else int(duration.total_seconds())
    parts = []
    for unit, size in DURATION_UNITS:
        count, seconds = divmod(seconds, size // SECOND)
        parts.append((count, unit))
    start = next((i for i, (count, _) in enumerate(parts) if count), len(parts) - 1)
    shown = [f"{count} {unit}" for count, unit in parts[start : start + 2] if count]
    return " ".join(shown) or "under 1 s"
