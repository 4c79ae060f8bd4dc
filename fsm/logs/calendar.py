"""Times that Python cannot represent: a database's ``infinity``, the year 20000, years BC.

Polars and Python fail in different ways when such a time is converted or printed. So typed columns
are compared as whole numbers, and times beyond the bounds are formatted here.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, Final

import polars as pl

from fsm.epoch import SECOND, microseconds_since_1970

__all__ = ["FIRST", "LAST", "in_calendar", "is_beyond_calendar", "shown_value"]

FIRST: Final = microseconds_since_1970(datetime(1, 1, 2, tzinfo=UTC))
LAST: Final = microseconds_since_1970(datetime(9999, 12, 30, tzinfo=UTC))
"""The first and last time that Python represents in every zone, in microseconds since 1970."""

_PER_SECOND: Final = {"ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
_DAY: Final = 86_400
_LEAST, _MOST = -(2**63), 2**63 - 1
_SINCE_2000: Final = microseconds_since_1970(datetime(2000, 1, 1, tzinfo=UTC))
_ENDS: Final = {
    _LEAST: "-infinity",
    _LEAST + 1: "-infinity",
    _MOST: "infinity",
    _LEAST + _SINCE_2000: "-infinity",
    _LEAST + _SINCE_2000 - 1: "infinity",
}
"""Numbers that stand for no end: databases use the first and the last one of 64 bits. PostgreSQL
counts from 2000, and its driver adds the difference to these two as well."""
_BEYOND: Final = re.compile(
    r"[+-]?inf(?:inity)?|[+-]\d{4,}-.*|\d{5,}-\d\d?-.*|.*\b(?:BC|BCE)"
    r"|0000-.*|0001-01-01.*|9999-12-3[01].*",
    re.IGNORECASE,
)


def in_calendar(numbers: pl.Series, unit: str) -> pl.Series:
    """Return times, given as whole numbers of a unit since 1970, in microseconds.

    Null where the time is not from :data:`FIRST` to :data:`LAST`. Nanoseconds are rounded down.
    """
    per_second = _PER_SECOND[unit]
    first, last = (end * per_second // SECOND for end in (FIRST, LAST))
    if unit == "ns":  # 64 bits end in 2262, and their ends stand for infinity
        first, last = _LEAST + 2, _MOST - 1
    if _exceeds(numbers, first, last):
        numbers = numbers.set(~numbers.is_between(first, last), None)
    if unit == "ms":
        return numbers * 1_000
    return numbers // 1_000 if unit == "ns" else numbers


def _exceeds(numbers: pl.Series, first: int, last: int) -> bool:
    """Return whether a number is outside the bounds; null numbers are not."""
    least, most = numbers.min(), numbers.max()
    return least is not None and not (first <= int(least) and int(most) <= last)  # type: ignore[arg-type]


def is_beyond_calendar(text: str) -> bool:
    """Return whether a text is a time that is not from :data:`FIRST` to :data:`LAST`.

    >>> is_beyond_calendar("infinity"), is_beyond_calendar("20000-01-01T00:00:00Z")
    (True, True)
    >>> is_beyond_calendar("2026-01-01"), is_beyond_calendar("yesterday")
    (False, False)
    """
    return _BEYOND.fullmatch(text.strip()) is not None


def shown_value(column: pl.Series, row: int) -> str | None:
    """Return a value of any type as text, also a time that Python cannot represent."""
    if not isinstance(column.dtype, pl.Datetime):
        value: Any = column[row]
        return None if value is None else str(value)
    number = column.to_physical()[row]
    return None if number is None else _written(int(number), _PER_SECOND[column.dtype.time_unit])


def _written(number: int, per_second: int) -> str:
    """Return a time in UTC, given in parts of a second since 1970.

    >>> _written(400_000_000_000_000_000, 1_000_000), _written(-62_135_596_801, 1)
    ('14645-06-30T15:06:40Z', '0000-12-31T23:59:59Z')
    """
    if number in _ENDS:
        return _ENDS[number]
    days, seconds = divmod(number // per_second, _DAY)
    year, month, day = _date(days)
    minutes, second = divmod(seconds, 60)
    written = f"{abs(year):04}" if year >= 0 else f"-{-year:04}"
    return f"{written}-{month:02}-{day:02}T{minutes // 60:02}:{minutes % 60:02}:{second:02}Z"


def _date(days: int) -> tuple[int, int, int]:
    """Return year, month and day of a day counted from 1970, in the Gregorian calendar.

    Years repeat after 400; the day is looked up in the same year of a period that Python knows.
    """
    periods, rest = divmod(days, 146_097)
    moment = datetime.fromtimestamp(rest * _DAY, UTC)
    return moment.year + 400 * periods, moment.month, moment.day
