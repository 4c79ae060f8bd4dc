"""The order in which the files of a mail server are read: that of their first lines.

Where the year of the first line is given, and lines have none, the file that is the first one has
to be found: files go round the calendar, and the year turns between some of them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Final

from fsm.epoch import SECOND
from fsm.logs.notes import Notes
from fsm.logs.servers.clock import Clock
from fsm.logs.servers.wrappers import Unwrapping

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fsm.logs.detect import RecognisedFile
    from fsm.logs.reading import ReadingOptions

__all__ = ["PlacedFile", "files_in_order"]

_FAMILIES = ("postfix", "exim", "sendmail", "momentum")
"""The families of formats whose messages may go on in another file."""
_ROTATED = re.compile(
    r"(.*?)(?:[._-](?:(\d{4}-?\d\d-?\d\d)|(\d{1,3})))?(?:\.(?:gz|zst|bz2|xz|zip))?"
)
"""What rotation adds to a name: a date or a number, and the suffix of a compressed file."""
_LATEST_DATE: Final = 100_000_000
_CURRENT: Final = 1
"""The number of a file whose name has none: it is after the rotated ones."""
_DAY: Final = 86_400 * SECOND
_NEW_YEAR = 100 * _DAY
"""How long after the last file of a year the first one of the next year may begin."""
_LEAP_YEAR: Final = 2000
"""A year that has every day of the calendar."""
_YEAR = 366 * _DAY


@dataclass(frozen=True)
class _Beginning:
    """When a file begins, as its first line has it, and whether that line has no year."""

    time: int
    lacks_year: bool


@dataclass(frozen=True)
class PlacedFile:
    """A file in its place; of one of several files of a mail server it is known when they begin."""

    file: RecognisedFile
    first: int | None = None
    """Its first time."""
    following: int | None = None
    """The first time of the next file of the same server, if there is one."""


def files_in_order(files: Sequence[RecognisedFile], options: ReadingOptions) -> list[PlacedFile]:
    """Return files with those of each mail server in the order of their first times.

    Other files keep their places.
    """
    result = [PlacedFile(file) for file in files]
    for family in _FAMILIES:
        places = [number for number, file in enumerate(files) if file.format == family]
        if len(places) > 1:
            ordered = _by_beginning([files[place] for place in places], options)
            for place, file in zip(places, ordered, strict=True):
                result[place] = file
    return result


def _by_beginning(files: Sequence[RecognisedFile], options: ReadingOptions) -> list[PlacedFile]:
    in_calendar = [_beginning(file, options, options.year and _LEAP_YEAR) for file in files]
    times = [beginning.time for beginning in in_calendar]
    if options.year:
        passed = [0] * len(files)
        if all(beginning.lacks_year for beginning in in_calendar):
            passed = _new_years([file.stored.name for file in files], times)
        years = [options.year + number for number in passed]
        times = [
            _beginning(file, options, year).time for file, year in zip(files, years, strict=True)
        ]
    is_current = [_rotation(file.stored.name)[1] == _CURRENT for file in files]
    order = sorted(range(len(files)), key=lambda place: (times[place], is_current[place]))
    ordered = [PlacedFile(files[place], times[place]) for place in order]
    following = [replace(file, following=after.first) for file, after in pairwise(ordered)]
    return [*following, ordered[-1]]


def _beginning(file: RecognisedFile, options: ReadingOptions, year: int | None) -> _Beginning:
    """Return the first time in a file whose lines are of a year; 0 where they have no time."""
    notes = Notes(file.stored.name)
    clock = Clock(options.zone, year)
    clock.begin(file.stored.last_written(), notes)
    lines = Unwrapping().lines(file.stored.head().decode("utf-8", "replace").split("\n"))
    time = next((time for line in lines if (time := clock.read(line)) is not None), 0)
    return _Beginning(time, "year" in notes.assumed)


def _new_years(names: Sequence[str], times: Sequence[int]) -> list[int]:
    """Return how many New Years there are before each file; ``times`` are those of one year.

    The names of rotated files tell it (``mail.log.2`` is before ``mail.log.1``): the last files of
    all servers are of about the same time. Else the longest time without a file tells it, where
    the turn of the year is a shorter one.
    """
    rotated: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    for place, name in enumerate(names):
        family, number = _rotation(name)
        rotated[family].append((number, place))
    in_turn = [_in_turn(places, times) for places in rotated.values()]
    passed = [_passed([times[place] for place in places]) for places in in_turn]
    longest = max(range(len(passed)), key=lambda family: passed[family][-1])
    if not passed[longest][-1]:
        turn = _turn_of_year(times)
        return [int(turn is not None and time < turn) for time in times]
    years = [0] * len(names)
    end = times[in_turn[longest][-1]]
    for places, numbers in zip(in_turn, passed, strict=True):
        last = round((end - times[places[-1]]) / _YEAR)
        for place, number in zip(places, numbers, strict=True):
            years[place] = number - numbers[-1] + last
    return [year - min(years) for year in years]


def _rotation(name: str) -> tuple[str, int]:
    """Return a name without what rotation adds to it, and a number by which the files follow."""
    match = _ROTATED.fullmatch(name)
    if not match:
        return name, _CURRENT
    date = int((match[2] or "").replace("-", "") or 0)
    number = -int(match[3]) if match[3] else _CURRENT
    return match[1], date - _LATEST_DATE if date else number


def _in_turn(numbered: Sequence[tuple[int, int]], times: Sequence[int]) -> list[int]:
    """Return the places of files by their numbers, which may count up: those of a log in parts."""
    places = [place for _, place in sorted(numbered)]
    new_years = _passed([times[place] for place in places])[-1]
    counting_up = _passed([times[place] for place in reversed(places)])[-1]
    is_rotated = any(number >= 0 for number, _ in numbered) or new_years <= counting_up + 1
    return places if is_rotated else places[::-1]


def _passed(times: Sequence[int]) -> list[int]:
    """Return how many New Years there are before each of some files that follow each other."""
    turns = (after < before - 7 * _DAY for before, after in pairwise(times))
    return [*accumulate(turns, initial=0)]


def _turn_of_year(times: Sequence[int]) -> int | None:
    """Return the time in the calendar at which the first file begins; None for the earliest one."""
    by_calendar = sorted(times)
    over_new_year = by_calendar[0] + _YEAR - by_calendar[-1]
    gaps = [after - before for before, after in pairwise(by_calendar)]
    longest = max(range(len(gaps)), key=lambda place: gaps[place])
    if over_new_year < min(_NEW_YEAR, gaps[longest]):
        return by_calendar[longest + 1]
    return None
