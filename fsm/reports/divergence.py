"""Where two feedback modes diverge and converge: the point of showing both.

The results hold for every instant of the log. Therefore they come from the exact series, not from
the curves, which have values only at the ends of periods.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from fsm.engine.exact_series import Curve, Moments

__all__ = ["ComparedIndicator", "Divergence", "SeriesComparison", "compare_series"]

CurveCounts: TypeAlias = Mapping[Curve, int]


@dataclass(frozen=True, slots=True)
class ComparedIndicator:
    """An indicator that two machines have, and the curve of each machine in the exact series."""

    indicator: str
    a: Curve
    b: Curve


@dataclass(frozen=True, slots=True)
class Divergence:
    """How far two machines differ in one indicator, in messages; times in µs since 1970.

    The largest difference is ``most``, at the time ``at``, when the machines have ``counts``.
    ``converged_at`` is the time from which they agree until the end; if they still differ at the
    end, it is ``None``, and ``apart`` is the difference.
    """

    indicator: str
    most: int
    at: int
    counts: tuple[int, int]
    converged_at: int | None
    apart: int


@dataclass(frozen=True)
class SeriesComparison:
    """The exact series of two machines, compared.

    ``compared`` are the indicators that both machines have, ``divergences`` those in which they
    differ at some instant. ``moved`` are the curves that are not 0 at some instant. ``points`` has
    the counts of all curves at the instants of the divergences, so that charts can show them.
    """

    compared: tuple[str, ...] = ()
    divergences: tuple[Divergence, ...] = ()
    moved: frozenset[Curve] = frozenset()
    points: Mapping[int, CurveCounts] = field(default_factory=dict)


def compare_series(
    series: Iterable[Moments], indicators: Iterable[ComparedIndicator]
) -> SeriesComparison:
    """Compare two machines in one pass over the exact series."""
    trackers = [_Tracker(indicator) for indicator in indicators]
    moved: set[Curve] = set()
    for part in series:
        moved |= {curve for curve, counts in part.counts.items() if counts.any()}
        for tracker in trackers:
            tracker.add(part)
    points: dict[int, CurveCounts] = {}
    for tracker in trackers:
        points |= tracker.points()
    return SeriesComparison(
        tuple(tracker.compared.indicator for tracker in trackers),
        tuple(tracker.divergence() for tracker in trackers if tracker.most),
        frozenset(moved),
        points,
    )


class _Tracker:
    """One indicator of two machines, followed through the parts of a series."""

    def __init__(self, compared: ComparedIndicator) -> None:
        self.compared = compared
        self.most = self.apart = 0
        self.at: int = 0
        self.converged_at: int | None = None
        self.counts_at_most: CurveCounts = {}
        self.counts_at_convergence: CurveCounts = {}

    def add(self, part: Moments) -> None:
        """Take the next part of the series."""
        gap = np.abs(part.counts[self.compared.a] - part.counts[self.compared.b])
        self._update_convergence(part, gap)
        place = int(gap.argmax())
        if gap[place] > self.most:
            self.most, self.at = int(gap[place]), int(part.times[place])
            self.counts_at_most = _counts(part, place)
        self.apart = int(gap[-1])

    def _update_convergence(self, part: Moments, gap: NDArray[np.int64]) -> None:
        """Set the convergence to the first instant after the last one with a difference."""
        differing = np.flatnonzero(gap)
        if len(differing):
            place = int(differing[-1]) + 1
        elif self.apart:  # the part before ended with a difference
            place = 0
        else:
            return
        is_converged = place < len(gap)
        self.converged_at = int(part.times[place]) if is_converged else None
        self.counts_at_convergence = _counts(part, place) if is_converged else {}

    def divergence(self) -> Divergence:
        """Return the divergence in all parts."""
        compared = self.compared
        counts = self.counts_at_most[compared.a], self.counts_at_most[compared.b]
        return Divergence(
            compared.indicator, self.most, self.at, counts, self.converged_at, self.apart
        )

    def points(self) -> dict[int, CurveCounts]:
        """Return the counts of all curves at the instants of the divergence."""
        points = {self.at: self.counts_at_most} if self.most else {}
        if self.converged_at is not None:
            points[self.converged_at] = self.counts_at_convergence
        return points


def _counts(part: Moments, place: int) -> CurveCounts:
    return {curve: int(counts[place]) for curve, counts in part.counts.items()}
