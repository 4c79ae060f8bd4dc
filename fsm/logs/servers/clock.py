"""Times of log lines. Syslog writes neither year nor zone, so the year is inferred and reported.

Time goes on from line to line: a line belongs to the first year in which it is not before the line
before (but for the slack of lines that come late), unless that is after the file was last written
to. The first line of a file belongs to the latest year in which it is not later than the file
itself. Where the year of the first line is given, it is that of the first file; the others follow.

When clocks are set back, an hour comes twice. A line of it that is before the line before is of the
second time.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from fsm.epoch import MICROSECOND, exact_duration
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
    r"\d{4}[/-]\d\d[/-]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?: ?(?:Z|[+-]\d\d:?\d\d))?(?= |$)"
)
_SECONDS = re.compile(r"\d{10}(?:\.\d{1,9})?(?=[ @])")
_HAS_ZONE = re.compile(r"(?:Z|[+-]\d\d:?\d\d)$|^\d{10}")
_PRIORITY = re.compile(r"<\d{1,3}>(?:1 )?")
_SLACK = timedelta(days=2)
"""How much later than its file a line may be: clocks and zones of servers differ."""
_LATE_LINE = timedelta(days=7)
"""How much earlier than the line before a line may be."""
_SET_BACK = timedelta(minutes=1)
"""How much earlier than the line before a line is that tells that the clocks were set back."""
_LEAST_YEAR = 1970


class Clock:
    """Reads the times of the lines of one file after the other."""

    def __init__(self, zone: tzinfo, year: int | None = None) -> None:
        self.zone, self._first_year = zone, year
        self.parsed: dict[str, int | None] = {}
        """Times by the texts that begin with them, as :meth:`read` cuts them off lines."""
        self._last: datetime | None = None
        self._file_began: datetime | None = None
        """The first time of the last file, as its lines have it."""
        self._last_repeated: datetime | None = None
        """The last time of the hour that comes twice."""
        self._stopped: tuple[datetime | None, datetime | None] = (None, None)
        """The last times of the file in which an earlier clock stopped."""
        self._is_second = False
        """Whether the lines are of the second time of that hour."""
        self.until = datetime.now(UTC)
        """When the file was last written to."""
        self._notes: Notes | None = None

    def begin(self, until: datetime | None, notes: Notes) -> None:
        """Start a file that was last written to at ``until`` (now, where that is unknown)."""
        self.until = until or datetime.now(UTC)
        self._notes = notes
        self.parsed.clear()
        self._last = self._last_repeated = None

    def go_on(self) -> None:
        """Continue the file in which the clock stopped, in place of starting it."""
        self._last, self._last_repeated = self._stopped

    def state(self) -> dict[str, Any]:
        """Return where the clock is as plain values, for :meth:`resume`."""
        times = (self._last, self._file_began, self._last_repeated)
        return {
            "times": [time and time.isoformat() for time in times],
            "second": self._is_second,
        }

    def resume(self, state: Mapping[str, Any]) -> None:
        """Be where a clock was; :meth:`go_on` continues its file."""
        times = [time and datetime.fromisoformat(time) for time in state["times"]]
        last, self._file_began, repeated = times
        self._stopped = (last, repeated)
        self._is_second = state["second"]

    def read(self, line: str) -> int | None:
        """Return the time at the beginning of a line; None where there is none."""
        key = line[:15] if line[9:10] == ":" else line[:32]  # up to the seconds: many share them
        if key not in self.parsed:
            if len(self.parsed) > 5000:
                self.parsed.clear()
            time = self._parse(line[:64])
            if self._last_repeated is not None:  # the same text is of another time an hour later
                return time
            self.parsed[key] = time
        return self.parsed[key]

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
        written = match[0].replace(",", ".").replace("/", "-")
        if _HAS_ZONE.search(written):
            return native_time(written, self.zone)
        self._assume_zone()
        try:
            return self._in_zone(datetime.fromisoformat(written))
        except ValueError:
            return None

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
                return self._in_zone(datetime(int(year), *fields, fraction))
            moment = self._with_year(fields, fraction)
        except ValueError:
            return None
        return None if moment is None else self._in_zone(moment)

    def _in_zone(self, moment: datetime) -> int | None:
        """Return a time without a zone, which the zone may have twice or not at all."""
        if self.zone is UTC:
            return from_datetime(moment, UTC)
        first, second = (self.zone.utcoffset(moment.replace(fold=fold)) for fold in (0, 1))
        if first == second or first is None or second is None:
            self._last_repeated, self._is_second = None, False
        elif first < second:
            later = exact_duration((second - first) // MICROSECOND)
            self._note(
                "set forward",
                f"{self.zone} does not have {moment:%H:%M:%S on %d %B %Y}, as clocks were set "
                f"forward; such times are read as {later} later",
            )
        else:
            last, self._last_repeated = self._last_repeated, moment
            self._is_second = self._is_second or (last is not None and moment < last - _SET_BACK)
            moment = moment.replace(fold=int(self._is_second))
            self._note(
                "set back",
                f"the hour that {self.zone} has twice on {moment:%d %B %Y} is read by the order of "
                "the lines",
            )
        return from_datetime(moment, self.zone)

    def _with_year(self, fields: tuple[int, int, int, int, int], fraction: int) -> datetime | None:
        if self._last is None:
            moment = self._first(fields, fraction)
        else:
            latest = None if self._first_year else self._latest()
            moment = _next(self._last, fields, fraction, latest)
        if moment is None:
            return None
        if self._notes and self._last and moment.year > self._last.year:
            self._notes.assumed["year"] += f", from {moment:%d %B} on {moment.year}"
        if moment > self._latest():
            self._note(
                "years",
                "lines later than the file itself: it spans more than a year; "
                "give the year of its first line with --year",
            )
        if self._last is None or moment > self._last:
            if self._last and moment.date() != self._last.date():
                self.parsed.clear()  # the same text is of another year later
            self._last = moment
        return moment

    def _latest(self) -> datetime:
        """Return when the last line of the file may have been written, as lines have it."""
        return (self.until + _SLACK).astimezone(self.zone).replace(tzinfo=None)

    def _first(self, fields: tuple[int, int, int, int, int], fraction: int) -> datetime | None:
        if self._first_year and self._file_began:
            moment = _next(self._file_began, fields, fraction)
            reason = f"the first file begins in {self._first_year}, as given"
        elif self._first_year:
            moment = _moment(self._first_year, fields, fraction)
            reason = "as given"
        else:
            latest = self._latest()
            years = range(latest.year, max(latest.year - 9, _LEAST_YEAR), -1)
            moments = (m for year in years if (m := _moment(year, fields, fraction)))
            moment = next((m for m in moments if m <= latest), None)
            reason = f"the lines have none; the file is of {self.until:%Y-%m-%d}"
        if moment:
            self._file_began = moment
            self._note("year", f"year {moment.year} ({reason})")
        return moment

    def _assume_zone(self) -> None:
        self._note("zone", f"times read as {self.zone} (the lines have no zone)")

    def _note(self, subject: str, text: str) -> None:
        if self._notes:
            self._notes.assumed[subject] = text


def _next(
    last: datetime,
    fields: tuple[int, int, int, int, int],
    fraction: int,
    latest: datetime | None = None,
) -> datetime | None:
    """Return a time without a year in the first year in which it follows the last one.

    Where that is after the latest time that can be, the year that puts it nearest counts.
    """
    years = range(last.year - 1, last.year + 2)
    moments = [m for year in years if (m := _moment(year, fields, fraction))]
    following = next((m for m in moments if m >= last - _LATE_LINE), None)
    if following is not None and (latest is None or following <= max(latest, last)):
        return following
    return min(moments, key=lambda m: abs(m - last), default=None)


def _moment(year: int, fields: tuple[int, int, int, int, int], fraction: int) -> datetime | None:
    try:
        return datetime(year, *fields, fraction)
    except ValueError:  # the 29th of February
        return None
