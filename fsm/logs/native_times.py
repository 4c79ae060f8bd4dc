"""Single times in the notations of logs, as microseconds since 1970 (UTC).

Whole columns of RFC 3339 texts are read by :mod:`fsm.logs.timestamps`.
"""

from __future__ import annotations

from datetime import datetime, tzinfo
from email.utils import parsedate_to_datetime
from functools import lru_cache

from fsm.epoch import SECOND, microseconds_since_1970

__all__ = ["from_datetime", "from_number", "from_text", "native_time"]

_LAST = 253_402_214_400 * SECOND  # 9999-12-31
_LONGEST = 64
"""Characters of a time."""
_DIGITS = frozenset("0123456789.")


def native_time(value: object, zone: tzinfo) -> int | None:
    """Return a time that is written as a text or a number; None for anything else.

    ``zone`` is the zone of times without one.
    """
    if isinstance(value, str):
        if _DIGITS.issuperset(value):
            return _from_digits(value)
        return from_text(value[:_LONGEST], zone)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return from_number(value)
    return None


def from_number(value: float) -> int | None:
    """Return a number as a time; its size tells seconds, milli-, micro- and nanoseconds apart.

    >>> from_number(1513299569), from_number(1513299569000)
    (1513299569000000, 1513299569000000)
    """
    if not 0 < value < 1e20:
        return None
    if value < 1e11:
        return round(value * SECOND)
    if value < 1e14:
        return round(value * 1000)
    return int(value) if value < 1e17 else int(value) // 1000


def _from_digits(text: str) -> int | None:
    try:
        return from_number(float(text) if "." in text else int(text[:32]))
    except ValueError:
        return None


@lru_cache(maxsize=4096)
def from_text(text: str, zone: tzinfo) -> int | None:
    """Return the time of an ISO 8601 or RFC 5322 text.

    >>> from datetime import UTC
    >>> from_text("2018-10-08T14:05:45 +0000", UTC)
    1539007545000000
    """
    text = text.strip()
    try:
        return from_datetime(datetime.fromisoformat(text.replace(" +", "+")), zone)
    except (ValueError, OverflowError):
        pass
    try:
        return from_datetime(parsedate_to_datetime(text), zone)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def from_datetime(moment: datetime, zone: tzinfo) -> int | None:
    """Return a datetime as microseconds; one without a zone is in ``zone``.

    None for 1970 and before, and for the last days of the year 9999: neither is a log's.
    """
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    time = microseconds_since_1970(moment)
    return time if 0 < time < _LAST else None
