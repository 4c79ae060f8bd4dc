"""Times as whole microseconds since 1970 (UTC), and durations as whole microseconds.

Floats of seconds, as :meth:`datetime.timestamp` returns them, lose microseconds.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

__all__ = [
    "DURATION_UNITS",
    "MICROSECOND",
    "SECOND",
    "duration_fault",
    "exact_duration",
    "microseconds_since_1970",
    "read_duration",
    "time_at",
]

MICROSECOND: Final = timedelta(microseconds=1)
SECOND: Final = 1_000_000
"""Microseconds of a second."""
_START: Final = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS = {
    "weeks": r"w(?:eeks?)?",
    "days": r"d(?:ays?)?",
    "hours": r"h(?:(?:ou)?rs?)?",
    "minutes": r"m(?:in(?:ute)?s?)?",
    "seconds": r"s(?:ec(?:ond)?s?)?",
}
DURATION_UNITS: Final = (
    ("d", 86_400 * SECOND),
    ("h", 3_600 * SECOND),
    ("min", 60 * SECOND),
    ("s", SECOND),
)
"""How units of durations are written, the largest first, each with its microseconds."""
_TOO_EXACT = re.compile(r"\d\.\d{6}\d")
_DURATION = re.compile(
    r"\s*".join(
        rf"(?:(?P<{unit}>\d{{1,9}}(?:\.\d{{1,6}})?) ?{words}(?![a-z]))?"
        for unit, words in _UNITS.items()
    )
)


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


def read_duration(text: str) -> timedelta | None:
    """Return the duration that a text such as ``3.5d``, ``36h``, ``1 h 30 min`` or ``45m`` means.

    Several units are added, the largest first. ``None`` stands for a text that is no duration, or
    one that Python cannot hold.

    >>> read_duration("1.5h"), read_duration("1 hour 30 minutes")
    (datetime.timedelta(seconds=5400), datetime.timedelta(seconds=5400))
    """
    match = _DURATION.fullmatch(text.strip())
    counts = (
        {unit: float(count) for unit, count in match.groupdict("").items() if count}
        if match
        else {}
    )
    try:
        return timedelta(**counts) if counts else None
    except OverflowError:
        return None


def duration_fault(text: str, longest: timedelta | None = None, *, zero: bool = True) -> str:
    """Return why a text is no duration, or not one that is allowed; empty for one that is.

    >>> duration_fault("soon"), duration_fault("1.0000001s")
    ('is not a duration', 'is not a duration in whole microseconds')
    >>> duration_fault("0s"), duration_fault("0s", zero=False)
    ('', 'is not a duration of more than 0')
    """
    duration = read_duration(text)
    if duration is None and _TOO_EXACT.search(text):
        return "is not a duration in whole microseconds"
    if duration == timedelta(0) and not zero:
        return "is not a duration of more than 0"
    is_allowed = duration is not None and (longest is None or duration <= longest)
    up_to = f" up to {longest.days:,} days" if longest else ""
    return "" if is_allowed else f"is not a duration{up_to}"


def exact_duration(microseconds: int) -> str:
    """Return a duration of 0 or more in the notation of :func:`read_duration`, unit by unit.

    >>> exact_duration(3_788_250_000), exact_duration(86_400_000_000), exact_duration(0)
    ('1 h 3 min 8.25 s', '1 d', '0 s')
    """
    parts, rest = [], microseconds
    for unit, size in DURATION_UNITS[:-1]:
        count, rest = divmod(rest, size)
        parts += [f"{count} {unit}"] if count else []
    seconds = f"{rest // SECOND}.{rest % SECOND:06}".rstrip("0").rstrip(".")
    return " ".join([*parts, f"{seconds} s"] if rest or not parts else parts)
