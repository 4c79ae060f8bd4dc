"""Columns of times that are numbers: seconds since 1970, milli-, micro- or nanoseconds.

Their size tells the unit, because logs are from 1980 to 2261; so no date that is written without
signs, such as 20260105, is taken for one. A column has one unit, that of its first value; a number
of another size is no time of this column.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from fsm.epoch import SECOND

__all__ = ["EPOCH_UNITS", "epoch_times", "unit_by_size"]

EPOCH_UNITS = {
    "s": "seconds",
    "ms": "milliseconds",
    "us": "microseconds",
    "ns": "nanoseconds",
}
"""The units and their names."""

_FIRST, _LAST = 320_000_000, 9_200_000_000
"""The first and the last second that a number can stand for: in 1980 and in 2261."""
_PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
_NUMBER = r"^\s*\d{1,20}(?:\.\d{0,20})?\s*$"


def unit_by_size(value: Any) -> str | None:
    """Return the unit of a number, or of a text that is one; None for anything else.

    >>> unit_by_size(1767600000), unit_by_size("1767600000000"), unit_by_size(1767600000.5)
    ('s', 'ms', 's')
    >>> unit_by_size("20260105080000"), unit_by_size("2026-01-05T08:00:00Z"), unit_by_size(True)
    (None, None, None)
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    numbers = _numbers(pl.Series([value]))
    number = None if numbers is None else numbers[0]
    if number is None:
        return None
    return next((unit for unit in EPOCH_UNITS if _fits(number, unit)), None)


def _fits(number: float, unit: str) -> bool:
    return _FIRST * _PER_SECOND[unit] <= number <= _LAST * _PER_SECOND[unit]


def epoch_times(column: pl.Series, unit: str) -> pl.Series:
    """Return numbers of a unit as microseconds since 1970; null for what is none of this size."""
    numbers = _numbers(column)
    if numbers is None:
        return pl.Series(column.name, [None] * len(column), dtype=pl.Int64)
    whole, per_second = numbers.dtype.is_integer(), _PER_SECOND[unit]
    fits = numbers.is_between(_FIRST * per_second, _LAST * per_second)
    numbers = numbers.set(~fits, None)
    if per_second > SECOND:
        times = numbers // (per_second // SECOND)
    else:
        times = numbers * (SECOND // per_second)
    return (times if whole else times.round()).cast(pl.Int64)


def _numbers(column: pl.Series) -> pl.Series | None:
    """Return a column as numbers, null for what is none; None for columns of other types."""
    if column.dtype == pl.String:
        plain = column.set(~column.str.contains(_NUMBER).fill_null(False), None).str.strip_chars()
        whole = plain.cast(pl.Int64, strict=False)
        return whole if whole.null_count() == plain.null_count() else plain.cast(pl.Float64)
    if column.dtype.is_integer() or column.dtype.is_decimal():
        return column.cast(pl.Int64, strict=False)
    return column.cast(pl.Float64) if column.dtype.is_float() else None
