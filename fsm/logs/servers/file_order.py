"""The order in which the files of a mail server are read: that of their first lines.

Where the year of the first line is given, and lines have none, the file that is the first one has
to be found: files go round the calendar, and the year turns between two of them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from itertools import pairwise
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
_ROTATED = re.compile(r"(.*?)(?:[._-](\d{1,3}))?(?:\.(?:gz|zst|bz2|xz|zip))?")
_DAY: Final = 86_400 * SECOND
_NEW_YEAR = 100 * _DAY
"""How long after the last file of a year the first one of the next year may begin."""
_YEAR = 365 * _DAY


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
    beginnings = [_beginning(file, options) for file in files]
    turn = None
    if options.year and all(beginning.lacks_year for beginning in beginnings):
        names = [file.stored.name for file in files]
        turn = _turn_of_year(names, [beginning.time for beginning in beginnings])
    keys = [
        beginning.time + (_YEAR if turn is not None and beginning.time < turn else 0)
        for beginning in beginnings
    ]
    order = sorted(range(len(files)), key=lambda place: keys[place])
    ordered = [PlacedFile(files[place], keys[place]) for place in order]
    following = [replace(file, following=after.first) for file, after in pairwise(ordered)]
    return [*following, ordered[-1]]


def _beginning(file: RecognisedFile, options: ReadingOptions) -> _Beginning:
    """Return the first time in a file; 0 where its first lines have none."""
    notes = Notes(file.stored.name)
    clock = Clock(options.zone, options.year)
    clock.begin(file.stored.last_written(), notes)
    lines = Unwrapping().lines(file.stored.head().decode("utf-8", "replace").split("\n"))
    time = next((time for line in lines if (time := clock.read(line)) is not None), 0)
    return _Beginning(time, "year" in notes.assumed)


def _turn_of_year(names: Sequence[str], times: Sequence[int]) -> int | None:
    """Return the time in the calendar at which the first file begins; None for the earliest one.

    The numbers of rotated files tell it (``mail.log.2`` is before ``mail.log.1``), else the longest
    time without a file, where the turn of the year is a shorter one.
    """
    rotated: defaultdict[str, dict[int, int]] = defaultdict(dict)
    for name, time in zip(names, times, strict=True):
        match = _ROTATED.fullmatch(name)
        if match:
            rotated[match[1]][-int(match[2] or 0)] = time
    for times_by_number in rotated.values():
        in_turn = [time for _, time in sorted(times_by_number.items())]
        for place, (before, after) in enumerate(pairwise(in_turn), 1):
            if after < before - 7 * _DAY:
                return min(in_turn[:place])
    by_calendar = sorted(times)
    over_new_year = by_calendar[0] + _YEAR - by_calendar[-1]
    gaps = [after - before for before, after in pairwise(by_calendar)]
    longest = max(range(len(gaps)), key=lambda place: gaps[place])
    if over_new_year < min(_NEW_YEAR, gaps[longest]):
        return by_calendar[longest + 1]
    return None
