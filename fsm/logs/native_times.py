"""Single times in the notations of logs, as microseconds since 1970 (UTC).

Whole columns of RFC 3339 texts are read by :mod:`fsm.logs.timestamps`. Nothing that stands in a
text is dropped: what follows the seconds is understood, or the text is no time.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone, tzinfo
from email.utils import parsedate_to_datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from fsm.epoch import SECOND, microseconds_since_1970

__all__ = [
    "from_datetime",
    "from_number",
    "from_text",
    "moment_of",
    "native_time",
    "unit_of_number",
]

_LAST = 253_402_214_400 * SECOND  # 9999-12-31
_LONGEST = 64
"""Characters of a time."""
_DIGITS = frozenset("0123456789.")
_EARLIEST, _LATEST = 631_152_000, 4_102_444_800  # 1990 and 2100
_PER_SECOND = {"s": 1, "ms": 1000, "us": 1_000_000, "ns": 1_000_000_000}
_DATE_OF_HOUR = re.compile(
    r"(?:199|20\d)\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[01]\d|2[0-3])", re.ASCII
)
"""A date and an hour without signs between them, such as 2026010508."""

_CLOCK = re.compile(
    r"(\d{1,2})([:.]\d\d(?:[:.]\d\d(?:[.,]\d{1,9})?)?)(?!\d)|(?<=\dT)\d{4,6}(?!\d)", re.ASCII
)
_REST = re.compile(
    r"""\s*(?:(?P<half>[ap])\.?m\b\.?)?
    (?:\s+(?P<early>(?:19|20)\d\d))?
    \s*(?:(?:utc|gmt)?\s?(?P<offset>(?<=[a-z])[+-]\d\b|[+-]\d\d(?::?\d\d)?)(?:\s+[a-z]{2,5})?
      |(?P<zone>[a-z]{1,5})
      |(?P<place>[a-z_]+(?:/[a-z0-9_+-]+)+))?
    (?:\s+(?P<late>(?:19|20)\d\d))?
    \s*(?:\[(?P<area>[a-z_]+(?:/[a-z0-9_+-]+)*)\]|\([^()]*\)?)?""",
    re.ASCII | re.IGNORECASE | re.VERBOSE,
)
"""What may follow the minutes or seconds."""
_HOURS = {
    **dict.fromkeys(("Z", "UT", "UTC", "GMT", "WET"), 0),
    **dict.fromkeys(("CET", "WEST"), 1),
    **dict.fromkeys(("CEST", "EET"), 2),
    "EEST": 3,
}
"""Names of zones that mean one offset everywhere."""
_HOURS_OF_MAIL = {
    "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
}  # fmt: skip
"""Names of zones that have this meaning in the dates of RFC 5322 only."""


def native_time(value: object, zone: tzinfo) -> int | None:
    """Return a time that is written as a text or a number; None for anything else.

    ``zone`` is the zone of times without one.
    """
    if isinstance(value, str):
        if _DIGITS.issuperset(value):
            return _from_digits(value)
        return from_text(value, zone)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return from_number(value)
    return None


def from_number(value: float) -> int | None:
    """Return a number as a time; its size tells seconds, milli-, micro- and nanoseconds apart.

    None for one that is of no unit between 1990 and 2100, and for a date without signs.

    >>> from_number(1513299569), from_number(1513299569000), from_number(20260105)
    (1513299569000000, 1513299569000000, None)
    """
    unit = unit_of_number(value)
    if unit is None or _DATE_OF_HOUR.fullmatch(str(value)):
        return None
    per_second = _PER_SECOND[unit]
    if per_second <= SECOND:
        return round(value * (SECOND // per_second))
    return int(value) // (per_second // SECOND)


def unit_of_number(value: float) -> str | None:
    """Return the unit in which a number is a time between 1990 and 2100; None where none is."""
    return next((u for u, n in _PER_SECOND.items() if _EARLIEST <= value / n < _LATEST), None)


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
    moment = moment_of(text)
    return None if moment is None else from_datetime(moment, zone)


def moment_of(text: str) -> datetime | None:
    """Return what an ISO 8601 or RFC 5322 text says, without a zone where it has none.

    >>> moment_of("2026-01-05 8:00 PM UTC+1").isoformat()
    '2026-01-05T20:00:00+01:00'
    """
    text = text.strip()
    if len(text) > _LONGEST:
        return None
    try:
        return datetime.fromisoformat(text.replace(" +", "+"))
    except (ValueError, OverflowError):
        pass
    clock = _CLOCK.search(text)
    rest = _REST.fullmatch(text, clock.end()) if clock else None
    if not clock or not rest:
        return None
    hour, year = clock[1], rest["early"] or rest["late"]
    if rest["half"]:
        if not hour or not 1 <= int(hour) <= 12:
            return None
        hour = str(int(hour) % 12 + 12 * (rest["half"] in "pP"))
    shown = f"{hour:0>2}{clock[2]}" if hour else clock[0]
    head = text[: clock.start()] + shown
    try:
        zone = _zone_of(rest, is_mail=not head[:4].isdigit())
        return (_of_mail(f"{head} {year}") if year else _written(head)).replace(tzinfo=zone)
    except (ValueError, OverflowError, TypeError, IndexError, OSError, KeyError):
        return None


def _written(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return _of_mail(text)


def _of_mail(text: str) -> datetime:
    return parsedate_to_datetime(f"{text} GMT")  # some forms are only read with a zone


def _zone_of(rest: re.Match[str], *, is_mail: bool) -> tzinfo | None:
    """Return the zone that follows a time; raises LookupError and ValueError for an unknown one."""
    offset, name = rest["offset"], rest["zone"]
    place = rest["place"] or rest["area"]
    if offset:
        digits = offset[1:].replace(":", "")
        digits = digits.zfill(2).ljust(4, "0")
        length = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
        return timezone(-length if offset[0] == "-" else length)
    if name:
        known = _HOURS | _HOURS_OF_MAIL if is_mail else _HOURS
        return timezone(timedelta(hours=known[name.upper()]))
    return ZoneInfo(place) if place else None


def from_datetime(moment: datetime, zone: tzinfo) -> int | None:
    """Return a datetime as microseconds; one without a zone is in ``zone``.

    None for 1970 and before, and for the last days of the year 9999: neither is a log's.
    """
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    time = microseconds_since_1970(moment)
    return time if 0 < time < _LAST else None
