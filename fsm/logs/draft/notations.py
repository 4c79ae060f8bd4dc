"""What the values of a column are: times, addresses, numbers, codes, addresses of hosts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

from fsm.logs.native_times import native_time

__all__ = [
    "TimeGuess",
    "are_addresses",
    "is_address",
    "is_code",
    "is_hour_in_digits",
    "is_number",
    "is_offset",
    "is_reply",
    "looks_like_time",
    "time_guesses",
    "times_of",
]

_ADDRESS = re.compile(r"<?[^\s@<>,;:\"]{1,64}@[\w.-]{1,255}>?", re.ASCII)
_NUMBER = re.compile(r"[+-]?\d{1,30}(?:[.,]\d{1,30})?", re.ASCII)
_CODE = re.compile(r"[245]\d\d|[245]\.\d{1,3}\.\d{1,3}", re.ASCII)
_HOUR_IN_DIGITS = re.compile(r"[0-2]\d[0-5]\d(?:[0-5]\d)?", re.ASCII)
_OFFSET = re.compile(r"[+-]\d\d:?\d\d|Z", re.ASCII)
_REPLY = re.compile(r"[245]\d\d(?:[ -]|$)|.{0,40}\b[245]\.\d{1,3}\.\d{1,3}\b", re.ASCII)
_TIMELIKE = re.compile(
    r"\[?(?:\d{4}[-/.]\d\d?[-/.]\d\d?|\d{8}T\d{4}|\d\d?[-/. ](?:\d\d?|[A-Za-z]{3,9})[-/. ,]+\d{2,4}"
    r"|(?:[A-Z][a-z]{2},? )?(?:[A-Z][a-z]{2,8}) +\d\d?[ ,:]"
    r"|(?:[A-Z][a-z]{2}, )\d\d? [A-Z][a-z]{2} )"
)
_STANDARD = re.compile(
    r"\d{4}-?\d\d|(?:[A-Z][a-z]{2}, )?\d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d", re.ASCII
)
_SYSLOG = re.compile(r"[A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2}")
_FINE = re.compile(r"(\.\d{6})\d+")
"""Fractions of a second beyond those that Python reads."""
_EPOCHS = {"s": (6e8, 4.2e9), "ms": (6e11, 4.2e12), "us": (6e14, 4.2e15), "ns": (6e17, 4.2e18)}
"""Epochs from 1989 to 2103, by their unit."""
_TRIED = 2_000
"""Values of a column that are compared with each format."""
_FITTING = 0.98
"""Least share of values that have the format."""

_DATES = (
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%Y%m%d",
    "%d.%m.%Y",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%d.%m.%y",
    "%d/%m/%y",
    "%m/%d/%y",
    "%d-%b-%Y",
    "%d %b %Y",
    "%d %B %Y",
    "%d/%b/%Y",
    "%d/%b/%y",
    "%d-%b-%y",
    "%b %d, %Y",
    "%B %d, %Y",
    "%b %d %Y",
    "%a %b %d %Y",
    "%a, %d %b %Y",
)
_BETWEEN = (" ", "T", ", ", ":", "-", "")
_HOURS = (
    "%H:%M:%S",
    "%H:%M",
    "%H:%M:%S%.f",
    "%H:%M:%S,%3f",
    "%H:%M:%S,%6f",
    "%I:%M:%S %p",
    "%I:%M %p",
    "%I:%M%p",
    "%H.%M",
    "%Hh%M",
    "%H.%M.%S",
    "%H%M%S",
    "%H%M",
)
_ZONES = ("", " %z", "%z", " UTC", " GMT")
_OTHERS = ("%a %b %d %H:%M:%S %Y", "%a %b %d %H:%M:%S %z %Y")


_DIRECTIVES = {
    "%Y": r"(?:19|20)\d\d",
    "%y": r"\d{2}",
    "%m": r"\d{1,2}",
    "%d": r" ?\d{1,2}",
    "%b": "[A-Za-z]{3}",
    "%B": "[A-Za-z]{4,9}",
    "%a": "[A-Za-z]{3}",
    "%H": r"\d{1,2}",
    "%I": r"\d{1,2}",
    "%M": r"\d{2}",
    "%S": r"\d{2}",
    "%.f": r"[.]\d{1,9}",
    "%3f": r"\d{3}",
    "%6f": r"\d{6}",
    "%p": "[AaPp][Mm]",
    "%z": r"[+-]\d\d:?\d\d",
}
"""The form of what each directive reads."""


@dataclass(frozen=True)
class TimeGuess:
    """How the times of a column are written."""

    format: str | None = None
    """A format as polars reads it; None for RFC 3339, RFC 2822 and epochs."""
    epoch: str | None = None
    """The unit of epochs: ``s``, ``ms``, ``us`` or ``ns``."""
    has_zone: bool = True
    has_year: bool = True
    is_by_order: bool = False
    """Whether only the order of the records tells day and month apart."""
    part: str = ""
    """``date`` or ``hour`` where a value is only one part of a time."""


def is_address(text: str) -> bool:
    """Return whether a text is an address of e-mail."""
    return len(text) < 400 and bool(_ADDRESS.fullmatch(text.strip()))


def are_addresses(text: str) -> bool:
    """Return whether a text is one address, or several with a semicolon or comma between them."""
    return all(map(is_address, re.split("[;,]", text)))


def is_number(text: str) -> bool:
    """Return whether a text is a number."""
    return bool(_NUMBER.fullmatch(text.strip()))


def is_offset(text: str) -> bool:
    """Return whether a text is how far a time is from UTC: +01:00."""
    return bool(_OFFSET.fullmatch(text.strip()))


def is_hour_in_digits(text: str) -> bool:
    """Return whether a text may be an hour without signs between its parts: 0930 or 093000."""
    return bool(_HOUR_IN_DIGITS.fullmatch(text))


def is_code(text: str) -> bool:
    """Return whether a text is a status code of SMTP, plain or enhanced."""
    return bool(_CODE.fullmatch(text.strip()))


def is_reply(text: str) -> bool:
    """Return whether a text is what a mail server replied."""
    return bool(_REPLY.match(text))


def looks_like_time(text: str) -> bool:
    """Return whether a text begins as times do, or is an epoch.

    >>> [looks_like_time(text) for text in ("05.01.2026 09:30", "1767600000", "Jan  5 09:30", "17")]
    [True, True, True, False]
    """
    if _TIMELIKE.match(text[:60]):
        return True
    return epoch_unit([text]) is not None


def epoch_unit(values: Sequence[str]) -> str | None:
    """Return the unit of epochs; None where values are none."""
    try:
        numbers = [float(text) for text in values if text[:1].isdigit() and len(text) < 30]
    except ValueError:
        return None
    if len(numbers) < len(values) or not numbers:
        return None
    for unit, (low, high) in _EPOCHS.items():
        if all(low <= number < high for number in numbers):
            return unit
    return None


def time_guesses(values: Sequence[str]) -> list[TimeGuess]:
    """Return the notations that times of a column may have, the likeliest first.

    Several are left only where day and month cannot be told apart. The list is empty for a column
    without times.
    """
    tried = list(dict.fromkeys(values))[:_TRIED]
    if not tried:
        return []
    unit = epoch_unit(tried)
    if unit and not _fits_digits(tried):
        return [TimeGuess(epoch=unit)]
    if not any(character.isdigit() for character in tried[0]):
        return []
    if _most(_is_standard(text) for text in tried):
        if all(":" in text or "T" in text for text in tried):
            return [TimeGuess(has_zone=_most(map(_has_zone, tried)))]
        return [TimeGuess(part="date", has_zone=False, format="%Y-%m-%d")] * all(
            len(text) == 10 for text in tried
        )
    if _most(map(bool, map(_SYSLOG.fullmatch, tried))):
        return [TimeGuess(has_zone=False, has_year=False)]
    if not looks_like_time(tried[0]) and not _begins_with_digits(tried):
        return []
    return _formats(tried)


def _is_standard(text: str) -> bool:
    """Whether a time is read without a format: RFC 3339, ISO 8601 or RFC 2822."""
    is_known = _STANDARD.match(text) and not is_number(text)
    return bool(is_known) and native_time(text, UTC) is not None


def _most(facts: Iterable[bool]) -> bool:
    found = list(facts)
    return sum(found) >= _FITTING * len(found)


def _has_zone(text: str) -> bool:
    try:
        return datetime.fromisoformat(text.replace(" +", "+")).tzinfo is not None
    except ValueError:
        return True  # RFC 2822 has one


def _begins_with_digits(values: Sequence[str]) -> bool:
    return all(text[:1].isdigit() and len(text) < 40 for text in values)


def _fits_digits(values: Sequence[str]) -> bool:
    """Whether numbers are dates in digits, as 20260105093000."""
    return all(len(text) in (12, 14) and text.startswith(("19", "20")) for text in values)


def _formats(values: Sequence[str]) -> list[TimeGuess]:
    likely = [c for c in _candidates(values[0]) if _reads(values[0], c.format or "")]
    fitting = [c for c in likely if _most(_reads(text, c.format or "") for text in values)]
    if not fitting:
        return []
    both = [c for c in fitting if _swapped(fitting[0].format or "") == c.format]
    found = [fitting[0], *both]
    return found[::-1] if "%p" in (found[0].format or "") else found  # hours of America


def _candidates(text: str) -> Iterator[TimeGuess]:
    """Yield the notations whose form a time has; whether its numbers fit is not checked."""
    for date in _DATES:
        if match := _pattern(date).match(text):
            yield from _after_date(date, text[match.end() :])
    for form in _OTHERS:
        if _pattern(form).fullmatch(text):
            yield TimeGuess(form, has_zone="%z" in form)
    for hour, zone in _hours(text):
        if not zone and not is_number(text):
            yield TimeGuess(hour, has_zone=False, part="hour")


def _after_date(date: str, rest: str) -> Iterator[TimeGuess]:
    if not rest:
        yield TimeGuess(date, has_zone=False, part="date")
    for between in _BETWEEN:
        if rest.startswith(between):
            for hour, zone in _hours(rest[len(between) :]):
                yield TimeGuess(f"{date}{between}{hour}{zone}", has_zone=bool(zone))


def _hours(text: str) -> Iterator[tuple[str, str]]:
    for hour in _HOURS:
        match = _pattern(hour).match(text)
        for zone in _ZONES if match else ():
            if match and _pattern(zone).fullmatch(text, match.end()):
                yield hour, zone


@cache
def _pattern(form: str) -> re.Pattern[str]:
    """Return the form of times of a format; ``""`` matches only the end of a text."""
    parts = re.split("(%[A-Za-z]|%[.]?[0-9]?f)", form)
    text = "".join(_DIRECTIVES[part] if part in _DIRECTIVES else re.escape(part) for part in parts)
    if form in ("%Y%m%d", "%H%M%S", "%H%M"):
        text = text.replace(" ?", "").replace("{1,2}", "{2}")
    return re.compile(text)


def _swapped(form: str) -> str:
    """Return a format with day and month the other way round."""
    return form.replace("%d", "\0").replace("%m", "%d").replace("\0", "%m")


def _reads(text: str, form: str) -> bool:
    """Whether a time has a format of polars."""
    return bool(times_of([text], form))


def times_of(values: Iterable[str], form: str) -> list[datetime]:
    """Return the times that have a format of polars, without their zones."""
    own = form.replace("%.f", ".%f").replace("%3f", "%f").replace("%6f", "%f")
    found = []
    for text in values:
        try:
            time = datetime.strptime(_FINE.sub(r"\1", text), own)
        except ValueError:
            continue
        found.append(time.replace(tzinfo=None))
    return found
