"""The year of lines that have none: a file may be written up to two days before its last lines."""

from datetime import UTC, datetime, timedelta

import pytest

from fsm.logs.notes import Notes
from fsm.logs.servers.clock import Clock

WRITTEN = datetime(2026, 1, 10, 12, tzinfo=UTC)


def read(*lines: str, written: datetime = WRITTEN) -> tuple[list[datetime], Notes]:
    """Return the times of the lines of a file, and what is noted of it."""
    clock, notes = Clock(UTC), Notes("log")
    clock.begin(written, notes)
    times = [clock.read(line) for line in lines]
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return [epoch + timedelta(microseconds=time or 0) for time in times], notes


FIRST = {
    "before the file was written": ("Jan 10 11:59:59", 2026),
    "when it was written": ("Jan 10 12:00:00", 2026),
    "a day later": ("Jan 11 12:00:00", 2026),
    "two days later": ("Jan 12 12:00:00", 2026),
    "more than two days later": ("Jan 12 12:00:01", 2025),
    "in December": ("Dec 31 23:59:59", 2025),
}


@pytest.mark.parametrize("case", FIRST)
def test_the_first_line_is_at_most_two_days_after_the_file(case: str) -> None:
    line, year = FIRST[case]
    (time,), notes = read(line)
    assert time.year == year
    assert notes.assumed["year"].startswith(f"year {year} ")


@pytest.mark.parametrize(
    ("last", "message"),
    [("Jan 12 12:00:00", False), ("Jan 12 12:00:01", True), ("Mar  1 00:00:00", True)],
)
def test_lines_more_than_two_days_after_the_file_are_reported(last: str, message: bool) -> None:
    times, notes = read("Jan  9 00:00:00", last)
    assert [time.year for time in times] == [2026, 2026]
    assert ("years" in notes.assumed) == message


def test_the_slack_reaches_over_new_year() -> None:
    """A clock that is a day ahead on the 31st of December writes the next year."""
    (time,), _ = read("Jan  1 06:00:00", written=datetime(2025, 12, 31, 6, tzinfo=UTC))
    assert time == datetime(2026, 1, 1, 6, tzinfo=UTC)
