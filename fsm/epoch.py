"""Times as whole microseconds since 1970 (UTC), and durations as whole microseconds.

Floats of seconds, as :meth:`datetime.timestamp` returns them, lose microseconds.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

__all__ = ["MICROSECOND", "SECOND", "microseconds_since_1970", "time_at"]

MICROSECOND: Final = timedelta(microseconds=1)
SECOND: Final = 1_000_000
"""Microseconds of a second."""
_START: Final = datetime(1970, 1, 1, tzinfo=UTC)


def microseconds_since_1970(time: datetime) -> int:
    """Return a time, which has a zone, as a number; fractions of microseconds are cut off.

    >>> microseconds_since_1970(datetime(1970, 1, 1, 0, 0, 1, 5, tzinfo=UTC))
    1000005
    """
    return (time - _START) // MICROSECOND


def time_at(microseconds: int) -> datetime:
    """Return the time in UTC of a number; raises OverflowError beyond the years of Python.

    >>> time_at(1_000_005).isoformat()
    '1970-01-01T00:00:01.000005+00:00'
    """
    return _START + microseconds * MICROSECOND
