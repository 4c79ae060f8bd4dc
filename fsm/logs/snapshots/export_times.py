"""When an export was made: a column says it, or the name of the file, or the user."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, tzinfo
from pathlib import PurePath

from fsm.errors import LogError
from fsm.logs.native_times import from_datetime

__all__ = ["given_times", "time_in_name"]

_DATE = re.compile(
    r"(?<!\d)(20\d\d)([-_.]?)(\d\d)\2(\d\d)"
    r"(?:[-_.T ]?([01]\d|2[0-3])[-_.:h]?([0-5]\d)(?:[-_.:m]?([0-5]\d))?)?(?!\d)"
)


def time_in_name(name: str, zone: tzinfo) -> int | None:
    """Return the time that the name of a file holds; None where it holds none.

    >>> from datetime import UTC
    >>> time_in_name("logs/broadlog_20260105_0930.csv", UTC)
    1767605400000000
    >>> time_in_name("log-2026-01-05.csv", UTC), time_in_name("log-12345678.csv", UTC)
    (1767571200000000, None)
    """
    for match in _DATE.finditer(PurePath(name).name):
        year, _, month, day, *clock = match.groups()
        numbers = [int(part or 0) for part in (year, month, day, *clock)]
        try:
            return from_datetime(datetime(*numbers), zone)  # type: ignore[arg-type]
        except ValueError:  # no date after all
            continue
    return None


def given_times(names: Iterable[str], times: Iterable[datetime]) -> Mapping[str, datetime]:
    """Return the time given for each file; raises :class:`fsm.errors.LogError`."""
    names, times = list(names), list(times)
    if times and len(times) != len(names):
        raise LogError(
            f"{len(times)} times for {len(names)} exports; give --exported once for each "
            "export, in the order of the files"
        )
    return dict(zip(names, times, strict=False))
