"""Where two feedback modes part, and where they meet: the point of showing both."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from fsm.report.curves import Curves

__all__ = ["Parting", "partings"]


@dataclass(frozen=True, slots=True)
class Parting:
    """How far two machines are apart in one indicator, in messages; times in seconds since 1970.

    ``most`` messages at ``at``, when the machines show ``counts``; ``together_since`` is when
    they agree for good, ``None`` where they are ``apart`` at the end.
    """

    indicator: str
    most: int
    at: int
    counts: tuple[int, int]
    together_since: int | None
    apart: int


def partings(curves: Curves, a: str, b: str) -> Iterator[Parting]:
    """Yield the indicators in which two machines differ at some time."""
    for indicator in curves.indicators:
        mine, theirs = (curves.lines.get((indicator, name)) for name in (a, b))
        if mine is None or theirs is None:
            continue
        gap = np.abs(mine - theirs)
        if not gap.any():
            continue
        at, last = int(gap.argmax()), int(np.flatnonzero(gap)[-1])
        yield Parting(
            indicator,
            int(gap[at]),
            int(curves.times[at]),
            (int(mine[at]), int(theirs[at])),
            int(curves.times[last + 1]) if last + 1 < len(gap) else None,
            int(gap[-1]),
        )
