"""Times of log lines. Syslog writes neither year nor zone, so the year is inferred and reported.

A line belongs to the year that puts it nearest to the line before. The first line of a file belongs
to the latest year in which it is not later than the file itself (when it was last written to).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo

from fsm.logs.native_times import from_datetime, native_time
from fsm.logs.notes import Notes

__all__ = ["Clock"]

_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
_SYSLOG = re.compile(
    r"(?:(\d{4}) )?([A-Za-z]{3}) +(\d{1,2})(?: (\d{4}))? (\d\d):(\d\d):(\d\d)(?:[.,](\d{1,6}))?"
)
_ISO = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?: ?(?:Z|[+-]\d\d:?\d\d))?(?= |$)"
)
_SECONDS = re.compile(r"\d{10}(?:\.\d{1,9})?(?=[ @])")
_PRIORITY = re.compile(r"<\d{1,3}>(?:1 )?")
_SLACK = timedelta(days=2)
"""How much later than its file a line may be: clocks and zones of servers differ."""
_LEAST_YEAR = 1970


class Clock:
    """Reads the times of the lines of one file after the other."""

    def __init__(self, zone: tzinfo, year: int | None = None) -> None:
        self.zone, self._first_year = zone, year
        self._parsed: dict[str, int | None] = {}
        self._last: datetime | None = None
        self.until = datetime.now(UTC)
        """When the file was last written to."""
        self._notes: Notes | None = None

    def begin(self, until: datetime | None, notes: Notes) -> None:
        """Start a file that was last written to at ``until`` (now, where that is unknown)."""
        self.until = until or datetime.now(UTC)
        self._notes = notes
        self._parsed.clear()
        self._last = None

    def read(self, line: str) -> int | None:
        """Return the time at the beginning of a line; None where there is none."""
        key = line[:32]
        if key[9:10] == ":":
            key = key[:15]  # up to the seconds: many lines share them
        if key not in self._parsed:
            if len(self._parsed) > 5000:
                self._parsed.clear()
            self._parsed[key] = self._parse(line[:64])
        return self._parsed[key]

    def _parse(self, text: str) -> int | None:
        priority = _PRIORITY.match(text)
        if priority:
            text = text[priority.end() :]
        match = _SYSLOG.match(text)
        if match:
            return self._of_syslog(match)
        match = _ISO.match(text) or _SECONDS.match(text)
        if not match:
            return None
        written = match[0].replace(",", ".")
        if self._notes and not re.search(r"(?:Z|[+-]\d\d:?\d\d)$|^\d{10}", written):
            self._assume_zone()
        return native_time(written, self.zone)

    def _of_syslog(self, match: re.Match[str]) -> int | None:
        month = _MONTHS.get(match[2].lower())
        if month is None:
            return None
        year = match[1] or match[4]
        fields = (month, int(match[3]), int(match[5]), int(match[6]), min(int(match[7]), 59))
        fraction = int((match[8] or "0").ljust(6, "0"))
        self._assume_zone()
        try:
            if year:
                return from_datetime(datetime(int(year), *fields, fraction), self.zone)
            moment = self._with_year(fields, fraction)
        except ValueError:
            return None
        return None if moment is None else from_datetime(moment, self.zone)

    def _with_year(self, fields: tuple[int, int, int, int, int], fraction: int) -> datetime | None:
        if self._last is None:
            moment = self._first(fields, fraction)
        else:
            near = (self._last.year - 1, self._last.year, self._last.year + 1)
            moments = [m for year in near if (m := _moment(year, fields, fraction))]
            last = self._last
            moment = min(moments, key=lambda m: abs(m - last), default=None)
        if moment is None:
            return None
        if self._notes and self._last and moment.year > self._last.year:
            self._notes.assumed["year"] += f", from {moment:%d %B} on {moment.year}"
        if self._notes and moment.replace(tzinfo=self.zone) > self.until + _SLACK:
            self._notes.assumed["years"] = (
                "lines later than the file itself: it spans more than a year; "
                "give the year of its first line with --year"
            )
        if self._last is None or moment > self._last:
            self._last = moment
        return moment

    def _first(self, fields: tuple[int, int, int, int, int], fraction: int) -> datetime | None:
        if self._first_year:
            moment = _moment(self._first_year, fields, fraction)
            reason = "as given"
        else:
            latest = (self.until + _SLACK).astimezone(self.zone).replace(tzinfo=None)
            years = range(latest.year, max(latest.year - 9, _LEAST_YEAR), -1)
            moments = (m for year in years if (m := _moment(year, fields, fraction)))
            moment = next((m for m in moments if m <= latest), None)
            reason = f"the lines have none; the file is of {self.until:%Y-%m-%d}"
        if moment and self._notes:
            self._notes.assumed["year"] = f"year {moment.year} ({reason})"
        return moment

    def _assume_zone(self) -> None:
        if self._notes:
            self._notes.assumed["zone"] = f"times read as {self.zone} (the lines have no zone)"


def _moment(year: int, fields: tuple[int, int, int, int, int], fraction: int) -> datetime | None:
    try:
        return datetime(year, *fields, fraction)
    except ValueError:  # the 29th of February
        return None
