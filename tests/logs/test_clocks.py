"""Times of other clocks: numbers of any unit, and lines a little later than their file."""

from datetime import UTC, datetime, timedelta

import pytest

from fsm.logs.native_times import native_time
from fsm.logs.notes import Notes
from fsm.logs.servers.clock import Clock

NOW = 1_760_000_000  # seconds since 1970
MICROS = NOW * 1_000_000

NUMBERS: dict[str, tuple[object, int]] = {
    "seconds": (NOW, MICROS),
    "seconds with a fraction": (NOW + 0.25, MICROS + 250_000),
    "milliseconds": (NOW * 1_000 + 1, MICROS + 1_000),
    "microseconds": (MICROS + 7, MICROS + 7),
    "nanoseconds": (MICROS * 1_000 + 7_999, MICROS + 7),
    "seconds as text": (str(NOW), MICROS),
    "milliseconds as text": (f"{NOW}001", MICROS + 1_000),
    "nanoseconds as text": (f"{MICROS + 7}999", MICROS + 7),
}


@pytest.mark.parametrize(("value", "micros"), NUMBERS.values(), ids=list(NUMBERS))
def test_numbers_are_times_by_their_size(value: object, micros: int) -> None:
    assert native_time(value, UTC) == micros


WRITTEN = datetime(2026, 3, 10, 12, tzinfo=UTC)  # when the file was last written to
LINES = {  # how long after that its first line is, by the clock of its host; its year
    "before": (timedelta(hours=-1), 2026),
    "at the same time": (timedelta(0), 2026),
    "an hour later": (timedelta(hours=1), 2026),
    "a day later": (timedelta(days=1), 2026),
    "a week later": (timedelta(days=7), 2025),
}


@pytest.mark.parametrize(("later", "year"), LINES.values(), ids=list(LINES))
def test_the_year_of_a_line_whose_clock_is_ahead_of_the_file(later: timedelta, year: int) -> None:
    notes, clock = Notes("mail.log"), Clock(UTC)
    clock.begin(WRITTEN, notes)
    moment = WRITTEN + later
    micros = clock.read(f"{moment:%b %d %H:%M:%S} host postfix/smtp[1]: ")
    assert micros is not None
    assert datetime.fromtimestamp(micros / 1e6, UTC) == moment.replace(year=year)
