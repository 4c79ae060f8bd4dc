"""Count effects by (delivery, period, class of effect), sparsely."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import polars as pl

from fsm.arrays import Codes, Times

__all__ = ["PeriodCounts"]

_DENSE = 1 << 24
"""Different keys up to which one array of all of them is used."""

_PENDING = 1 << 20


@dataclass(frozen=True, repr=False)
class PeriodCounts:
    """Counts of (delivery, period, class), in no particular order."""

    frame: pl.DataFrame

    @classmethod
    def of(cls, deliveries: Codes, periods: Times, classes: Codes) -> PeriodCounts:
        """Count rows. Rows of class 0 change nothing, and are left out."""
        if not len(classes):
            return cls(_frame(deliveries, periods, classes, classes))
        # One number stands for the three: counting numbers is much faster than grouping rows.
        first, last = int(periods.min()), int(periods.max())
        kinds, span = int(classes.max()) + 1, last - first + 1
        space = (int(deliveries.max()) + 1) * span * kinds
        keys = deliveries.astype(np.int64) * span
        keys += periods - first
        keys *= kinds
        keys += classes
        if space <= max(_DENSE, 4 * len(keys)):
            counts = np.bincount(keys)
            keys = np.flatnonzero(counts)
            counts = counts[keys]
        else:
            keys, counts = np.unique(keys, return_counts=True)
        rest, classes = np.divmod(keys, kinds)
        deliveries, offsets = np.divmod(rest, span)
        return cls(_frame(deliveries, offsets + first, classes, counts).filter(pl.col("class") > 0))

    @classmethod
    def sum(cls, parts: Iterable[PeriodCounts]) -> PeriodCounts:
        """Add counts up, in memory of about twice the sum."""
        whole = _frame(*(np.zeros(0, np.int64) for _ in range(4)))
        pending: list[pl.DataFrame] = []
        waiting = 0
        for part in parts:
            pending.append(part.frame)
            waiting += part.frame.height
            if waiting > max(_PENDING, whole.height):
                whole, pending, waiting = _added([whole, *pending]), [], 0
        return cls(_added([whole, *pending]))


def _frame(deliveries: Codes, periods: Codes, classes: Codes, counts: Codes) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "delivery": pl.Series(deliveries, dtype=pl.UInt32),
            "period": pl.Series(periods, dtype=pl.Int64),
            "class": pl.Series(classes, dtype=pl.UInt32),
            "count": pl.Series(counts, dtype=pl.Int64),
        }
    )


def _added(frames: list[pl.DataFrame]) -> pl.DataFrame:
    return pl.concat(frames).group_by("delivery", "period", "class").agg(pl.col("count").sum())
