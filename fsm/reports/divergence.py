"""Where two feedback modes part, and where they meet: the point of showing both.

What is said here holds of every instant of the log, so it is found in the exact series, not in
the curves, which tell how things stood at the ends of periods.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from fsm.engine.exact_series import Line, Moments

__all__ = ["Extremes", "Pair", "Parting", "extremes"]

Counts: TypeAlias = Mapping[Line, int]


@dataclass(frozen=True, slots=True)
class Pair:
    """An indicator that two machines show, and the line of each in the exact series."""

    indicator: str
    a: Line
    b: Line


@dataclass(frozen=True, slots=True)
class Parting:
    """How far two machines are apart in one indicator, in messages; times in µs since 1970.

    ``most`` messages at ``at``, when the machines show ``counts``; ``together_since`` is when
    they agree for good, ``None`` where they are ``apart`` at the end.
    """

    indicator: str
    most: int
    at: int
    counts: tuple[int, int]
    together_since: int | None
    apart: int


@dataclass(frozen=True)
class Extremes:
    """What the exact series of a log shows.

    ``compared`` are the indicators of which two machines have one each, ``partings`` those in
    which they differ at some instant; ``moved``
    are the lines that are not 0 at some instant; ``points`` has all counts at the instants that
    are told of, so that charts can show them.
    """

    compared: tuple[str, ...] = ()
    partings: tuple[Parting, ...] = ()
    moved: frozenset[Line] = frozenset()
    points: Mapping[int, Counts] = field(default_factory=dict)


def extremes(series: Iterable[Moments], pairs: Iterable[Pair]) -> Extremes:
    """Go through the exact series once, and return what is the most, the last and ever."""
    watched = [_Watched(pair) for pair in pairs]
    moved: set[Line] = set()
    for part in series:
        moved |= {line for line, counts in part.counts.items() if counts.any()}
        for each in watched:
            each.add(part)
    found = tuple(each.parting() for each in watched if each.most)
    points: dict[int, Counts] = {}
    for each in watched:
        points |= each.points()
    names = tuple(each.pair.indicator for each in watched)
    return Extremes(names, found, frozenset(moved), points)


class _Watched:
    """One indicator of two machines, followed through the parts of a series."""

    def __init__(self, pair: Pair) -> None:
        self.pair = pair
        self.most = self.apart = 0
        self.at: int = 0
        self.since: int | None = None
        self.furthest: Counts = {}
        self.meeting: Counts = {}

    def add(self, part: Moments) -> None:
        """Look at some further instants."""
        gap = np.abs(part.counts[self.pair.a] - part.counts[self.pair.b])
        self._meet(part, gap)
        place = int(gap.argmax())
        if gap[place] > self.most:
            self.most, self.at = int(gap[place]), int(part.times[place])
            self.furthest = _counts(part, place)
        self.apart = int(gap[-1])

    def _meet(self, part: Moments, gap: NDArray[np.int64]) -> None:
        """Note since when they agree: from the first instant after the last one apart."""
        differing = np.flatnonzero(gap)
        if len(differing):
            place = int(differing[-1]) + 1
        elif self.apart:
            place = 0
        else:
            return
        self.since = int(part.times[place]) if place < len(gap) else None
        self.meeting = _counts(part, place) if place < len(gap) else {}

    def parting(self) -> Parting:
        """Return what was found."""
        pair = self.pair
        counts = self.furthest[pair.a], self.furthest[pair.b]
        return Parting(pair.indicator, self.most, self.at, counts, self.since, self.apart)

    def points(self) -> dict[int, Counts]:
        """Return all counts at the instants that are told of."""
        found = {} if self.since is None else {self.since: self.meeting}
        return found | ({self.at: self.furthest} if self.most else {})


def _counts(part: Moments, place: int) -> Counts:
    return {line: int(counts[place]) for line, counts in part.counts.items()}
