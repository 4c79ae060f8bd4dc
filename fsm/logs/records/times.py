"""Times of records, by the section ``[time]`` of a mapping, as microseconds since 1970 (UTC).

Without formats they are RFC 3339, RFC 5322, the times of syslog lines, or numbers, whose unit their
size tells. What was assumed is noted: the zone, the year, the unit.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import cast
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from fsm.logs.mapping.record_layout import TimeNotation
from fsm.logs.mapping.time_notation import UNITS, chrono_format
from fsm.logs.native_times import from_datetime, from_number, moment_of, unit_of_number
from fsm.logs.notes import Notes
from fsm.logs.timestamps import microseconds

__all__ = ["RecordTimes"]

_NUMBER = r"^[0-9]{1,19}(?:\.[0-9]{1,9})?$"
_SYSLOG = re.compile(
    r"(?:<\d{1,3}>1? ?)?(?:(?:\d{4} )?[a-z]{3} +\d{1,2}(?: \d{4})? \d\d:\d\d:\d\d(?:[.,]\d{1,6})?"
    r"|\d{4}[/-]\d\d[/-]\d\d[t ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?: ?(?:z|[+-]\d\d:?\d\d))?)",
    re.ASCII | re.IGNORECASE,
)
"""Times of lines that nothing follows."""
_SECOND = 1_000_000
_MICROSECOND = 1000
_LONGEST = 64
"""Characters of a time."""
_ZONE_NAME = r"\b([A-Z]{1,4})$"
_ZONES = {
    **dict.fromkeys(("UTC", "GMT", "UT", "Z", "WET"), "+0000"),
    "EST": "-0500",
    "EDT": "-0400",
    "CST": "-0600",
    "CDT": "-0500",
    "MST": "-0700",
    "MDT": "-0600",
    "PST": "-0800",
    "PDT": "-0700",
    "CET": "+0100",
    "CEST": "+0200",
    "WEST": "+0100",
    "EET": "+0200",
    "EEST": "+0300",
}
"""The offsets of names of zones; those of RFC 5322 and of Europe."""
_COMPACT = re.compile(
    r"(?:19|20)\d\d(?:0\d|1[0-2])(?:[0-2]\d|3[01])(?:[01]\d|2[0-3])[0-5]\d[0-5]\d", re.ASCII
)
"""A date and a time without signs between them: as milliseconds they are of the year 2600."""
_COMPACT_TEXT = "^(?:19|20)[0-9]{12}$"
_NAMES = {"s": "seconds", "ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds"}
_TWICE = "a time of the hour that comes twice as clocks are set back; the first one is taken"
_NEVER = "a time that clocks do not show, as they are set forward"
_MOST_DOUBTS = 1 << 20
_DATES = 1_990_010_100
"""From here on numbers of seconds look like dates with an hour."""
_LAST_OF_UNIT = 7_258_118_400 * _SECOND  # 2200


class RecordTimes:
    """Reads the times of one log."""

    def __init__(
        self,
        notation: TimeNotation,
        zone: tzinfo,
        syslog: Callable[[str], int | None] = lambda _: None,
    ) -> None:
        """``syslog`` reads a time without a year; ``zone`` is that of times without one."""
        self._notation = notation
        self._formats = [chrono_format(form) for form in notation.formats]
        self.zone = ZoneInfo(notation.zone) if notation.zone else zone
        self._syslog = syslog
        self.assumed: dict[str, str] = {}
        """What was assumed, by subject."""
        self._units: set[str] = set()
        self.doubts: dict[int, str] = {}
        """By times that clocks of the zone show twice or never, a text that says so."""
        self._one = lru_cache(4096)(self._of_text)

    def note(self, notes: Notes, *, is_own: bool) -> None:
        """Note what was assumed; the units of the package's formats are no assumption."""
        told = self.assumed if is_own else {k: v for k, v in self.assumed.items() if k != "unit"}
        notes.assumed |= told

    def series(self, texts: pl.Series) -> pl.Series:
        """Return texts as times (Int64); null for what is none."""
        found = pl.Series(texts.name, [None], pl.Int64).new_from_index(0, len(texts))
        for form in self._formats:
            found = _filled(found, self._by_format(texts, form))
        if self._formats:
            return _sensible(found)
        is_number = texts.str.contains(_NUMBER).fill_null(value=False)
        if is_number.all() and not texts.str.contains(_COMPACT_TEXT).any():
            return self._numbers(texts.cast(pl.Float64), texts)
        found = microseconds(texts)
        if not found.null_count():
            return _sensible(found)
        left = texts.filter(found.is_null())
        times = {text: self.of(text) for text in left.unique(maintain_order=True) if text}
        others = texts.replace_strict(times, default=None, return_dtype=pl.Int64)
        return _sensible(_filled(found, others))

    def values(self, values: Sequence[object]) -> list[int] | None:
        """Return values of records as times; None where one is no time."""
        kinds = set(map(type, values))
        if kinds <= {int, float} and not self._formats:
            numbers = pl.Series(np.array(values, np.float64))
            exact = (
                pl.Series(values, dtype=pl.Int64) if kinds == {int} and _are_int64(values) else None
            )
            found = self._numbers(numbers, exact)
        elif kinds == {str}:
            found = self.series(pl.Series(values, dtype=pl.String))
        else:
            moments = list(map(self.of, values))
            return None if None in moments else cast(list[int], moments)
        return None if found.null_count() else found.to_list()

    def some(self, values: Sequence[object]) -> Sequence[int | None]:
        """Return values of records as times; None for what is none."""
        if values.count(None) == len(values):
            return cast(Sequence[None], values)
        whole = self.values(values) if None not in values else None
        return list(map(self.of, values)) if whole is None else whole

    def of(self, value: object) -> int | None:
        """Return one value as a time; None for what is none."""
        if isinstance(value, str):
            return self._one(value) if len(value) <= _LONGEST else None
        if self._formats or isinstance(value, bool) or not isinstance(value, int | float):
            return None
        if self._notation.unit:
            scaled = value * UNITS[self._notation.unit] / _MICROSECOND
            return round(scaled) if 0 < scaled < _LAST_OF_UNIT else None
        if _COMPACT.fullmatch(str(value)):
            return self._one(str(value))
        time = from_number(value)
        if time is not None:
            self._assume_unit(value)
        return time

    def is_unknown_number(self, value: object) -> bool:
        """Return whether a value is a number whose size does not tell a time."""
        is_number = re.fullmatch(_NUMBER, str(value).strip()) and not isinstance(value, bool)
        return bool(is_number) and not self._formats

    def _of_text(self, text: str) -> int | None:
        text = text.strip()
        if self._formats:
            [time] = self.series(pl.Series([text])).to_list()
            return cast(int | None, time)
        if _COMPACT.fullmatch(text):
            self._assume_zone()
            return self._in_zone(datetime.strptime(text, "%Y%m%d%H%M%S"))
        if text.replace(".", "", 1).isdigit() and text.isascii():
            return self.of(float(text) if "." in text else int(text))
        moment = moment_of(text)
        if moment is None:
            return self._syslog(text) if _SYSLOG.fullmatch(text) else None
        if moment.tzinfo is None:
            self._assume_zone()
        return self._in_zone(moment)

    def _numbers(self, numbers: pl.Series, exact: pl.Series | None) -> pl.Series:
        """Return numbers as times; null for what is none."""
        unit = self._notation.unit
        if unit is None:
            largest = cast(float, numbers.max() or 0)
            smallest = cast(float, numbers.min() or 0)
            unit = unit_of_number(largest)
            if unit is None or unit != unit_of_number(smallest) or _DATES <= largest < 1e10:
                each = numbers.to_list() if exact is None else exact.cast(pl.String).to_list()
                read = self.of if exact is None else self._one
                moments = [None if number is None else read(number) for number in each]
                return pl.Series(numbers.name, moments, pl.Int64)
            self._assume_unit(largest)
        scaled = numbers * UNITS[unit] / _MICROSECOND
        is_time = (scaled > 0) & (scaled < _LAST_OF_UNIT)
        whole = exact.cast(pl.Int64, strict=False) if exact is not None else None
        if whole is None or whole.null_count():
            found = scaled.round().cast(pl.Int64, strict=False)
        elif UNITS[unit] >= _MICROSECOND:
            found = whole * (UNITS[unit] // _MICROSECOND)
        else:
            found = whole // _MICROSECOND
        return _sensible(found.set(~is_time, None))

    def _assume_unit(self, number: float) -> None:
        """Note the unit of a number by its size."""
        self._units.add(unit_of_number(number) or "")
        told = " and ".join(name for unit, name in _NAMES.items() if unit in self._units)
        self.assumed["unit"] = f"numbers are times in {told}, by their size"

    def _by_format(self, texts: pl.Series, form: str) -> pl.Series:
        if "%z" in form:
            texts = _with_offsets(texts)
        try:
            moments = texts.str.strip_chars().str.to_datetime(form, strict=False, time_unit="us")
        except pl.exceptions.PolarsError:  # no text has a zone, or each another one
            return pl.Series(texts.name, [None], pl.Int64).new_from_index(0, len(texts))
        if cast(pl.Datetime, moments.dtype).time_zone is None and "%s" not in form:
            return self._localised(moments)
        return moments.to_physical()

    def _localised(self, moments: pl.Series) -> pl.Series:
        """Return times of the zone; of a time that a clock shows twice, the first one."""
        self._assume_zone()
        name = "UTC" if self.zone is UTC else getattr(self.zone, "key", None)
        if name is not None:
            there = moments.dt.replace_time_zone(name, ambiguous="earliest", non_existent="null")
            times = there.dt.convert_time_zone("UTC").to_physical()
            others = moments.dt.replace_time_zone(name, ambiguous="latest", non_existent="null")
            if times.null_count() == moments.null_count() and (there == others).all():
                return times
        known = {moment: self._in_zone(moment) for moment in moments.unique().drop_nulls()}
        return moments.replace_strict(known, default=None, return_dtype=pl.Int64)

    def _in_zone(self, moment: datetime) -> int | None:
        """Return a time, by the zone where it has none; of one that the zone has twice, the first.

        There and for a time that the zone does not have, there is a doubt.
        """
        time = from_datetime(moment, self.zone)
        if time is None or moment.tzinfo is not None:
            return time
        first, second = (self.zone.utcoffset(moment.replace(fold=fold)) for fold in (0, 1))
        if first is None or second is None or first == second or len(self.doubts) >= _MOST_DOUBTS:
            return time
        self.doubts[time] = _TWICE if first > second else _NEVER
        return time

    def _assume_zone(self) -> None:
        if self._notation.zone is None:
            self.assumed["zone"] = f"times read as {self.zone} (the records have no zone)"


def _with_offsets(texts: pl.Series) -> pl.Series:
    """Return times with the offsets of the zones that they name."""
    names = texts.str.extract(_ZONE_NAME)
    if names.null_count() == len(names):
        return texts
    offsets = names.replace_strict(_ZONES, default=None, return_dtype=pl.String)
    frame = pl.DataFrame({"text": texts, "name": names, "offset": offsets})
    named = pl.col("text").str.strip_suffix(pl.col("name")) + pl.col("offset")
    return frame.select(pl.when(pl.col("name").is_null()).then("text").otherwise(named)).to_series()


def _filled(found: pl.Series, others: pl.Series) -> pl.Series:
    return found.zip_with(found.is_not_null(), others) if found.null_count() else found


def _sensible(times: pl.Series) -> pl.Series:
    """Return times after 1970 and before 9999; null for others."""
    return times.set(~times.is_between(1, 253_370_678_400 * _SECOND), None)


def _are_int64(values: Sequence[object]) -> bool:
    return all(0 <= cast(int, value) < 1 << 62 for value in (min(values), max(values)))  # type: ignore[type-var]
