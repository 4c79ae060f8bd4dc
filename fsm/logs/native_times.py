"""Times as logs write them, as microseconds since 1970, UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from email.utils import parsedate_to_datetime
from functools import lru_cache

__all__ = ["from_datetime", "from_number", "from_text", "native_time"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_SECOND = 1_000_000
_LAST = 253_402_214_400 * _SECOND  # 9999-12-31
_LONGEST = 64
"""Characters of a time."""
_DIGITS = frozenset("0123456789.")


def native_time(value: object, zone: tzinfo) -> int | None:
    """Return a time, whatever it is written as; None for what is none.

    ``zone`` is that of times without one.
    """
    if isinstance(value, str):
        if _DIGITS.issuperset(value):
            return _from_digits(value)
        return from_text(value[:_LONGEST], zone)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return from_number(value)
    return None


def from_number(value: float) -> int | None:
    """Return an epoch: seconds, milliseconds, microseconds or nanoseconds, by its size.

    >>> from_number(1513299569), from_number(1513299569000)
    (1513299569000000, 1513299569000000)
    """
    if not 0 < value < 1e20:
        return None
    if value < 1e11:
        return round(value * _SECOND)
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
    """Return the time of a moment; without a zone it is in ``zone``."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    time = (moment - _EPOCH) // _MICROSECOND
    return time if 0 < time < _LAST else None
