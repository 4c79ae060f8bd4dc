"""The indicators of a delivery as curves over time, thinned to visible changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fsm.engine.exact_series import Curve
from fsm.reports.machines import Side

__all__ = ["Curves", "curves_of", "thinned"]

_SECOND = 1_000_000
"""Microseconds per second."""
_VISIBLE = 1000
"""A change by one in so many messages to send is visible."""
_TAIL = 0.02
"""The share of all changes that may lie before, and after, the busiest time."""
_NARROW = 0.6
"""The busiest time is a view of its own if it is less than this share of the time."""


@dataclass(frozen=True)
class Curves:
    """Counts at instants (seconds since 1970, ascending); a count holds until the next instant.

    ``lines`` has the counts by indicator and machine.
    """

    times: NDArray[np.int64]
    lines: Mapping[tuple[str, str], NDArray[np.int64]]
    to_send: int

    @property
    def indicators(self) -> tuple[str, ...]:
        """The names of the indicators, each once."""
        return tuple(dict.fromkeys(name for name, _ in self.lines))

    def busiest(self, convergence: int | None = None) -> tuple[int, int] | None:
        """Return the time span with most of the changes, if it is a small part of the time.

        It includes the instant ``convergence``, if there is one.
        """
        steps = sum(np.abs(np.diff(line, prepend=0)) for line in self.lines.values())
        if not np.any(steps):
            return None
        shares = np.cumsum(steps) / np.sum(steps)
        low, high = np.searchsorted(shares, (_TAIL, 1 - _TAIL))
        first, last = int(self.times[low]), int(self.times[min(high, len(shares) - 1)])
        last = max(last, convergence or last)
        margin = max(1, (last - first) // 50)
        narrow = last - first + 2 * margin < _NARROW * (self.times[-1] - self.times[0])
        return (first - margin, last + margin) if narrow else None


def curves_of(
    series: pl.DataFrame,
    sides: Sequence[Side],
    to_send: int,
    extent: tuple[datetime, datetime],
    points: Mapping[int, Mapping[Curve, int]] | None = None,
) -> Curves:
    """Return the curves of all recorded indicators, including those of companions.

    ``series`` is that of the whole log, see :meth:`fsm.engine.Replay.series`; ``extent`` are the
    times of the first and the last event. ``points`` are counts at further instants (microseconds
    since 1970), which may be within periods.
    """
    ends = [int(moment.timestamp()) for moment in extent]
    at = series.with_columns(pl.col("until").dt.epoch("s").alias("at"))
    exact = {micros // _SECOND: counts for micros, counts in sorted((points or {}).items())}
    times = np.unique(np.concatenate([at["at"].to_numpy(), ends, np.array([*exact], np.int64)]))
    places = {int(np.searchsorted(times, second)): counts for second, counts in exact.items()}
    lines = {}
    for side in sides:
        for owner, indicator in side.recorded:
            is_own = (pl.col("machine") == owner.name) & (pl.col("indicator") == indicator.name)
            changes = at.filter(is_own)
            # The count at a time is that of the last change until then: 0 before the first one.
            place = np.searchsorted(changes["at"].to_numpy(), times, side="right")
            line = np.append(0, changes["count"].to_numpy())[place]
            for number, counts in places.items():
                line[number] = counts[owner.name, indicator.name]
            lines[indicator.name, side.machine.name] = line
    return Curves(times, lines, to_send)


def thinned(curves: Curves) -> Curves:
    """Return the curves without the instants at which no curve changes visibly."""
    step = max(1, curves.to_send // _VISIBLE)
    values = np.vstack([curves.times * 0, *curves.lines.values()]).T
    kept, last = [0], values[0]
    for place in range(1, len(values)):
        if np.abs(values[place] - last).max() >= step:
            kept.append(place)
            last = values[place]
    kept = sorted({*kept, len(values) - 1})
    lines = {key: line[kept] for key, line in curves.lines.items()}
    return Curves(curves.times[kept], lines, curves.to_send)
