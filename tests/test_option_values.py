"""Values of options: what is written, what a command gets, and what is refused with a hint."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import click
import pytest

from fsm.cli.values import Columns, Duration, Format, Instant, Size, Variable, Zone

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MB = 1 << 20

GIVEN: dict[str, tuple[click.ParamType, str, object]] = {
    "days": (Duration(), "3.5d", timedelta(days=3, hours=12)),
    "hours": (Duration(), "36h", 36 * HOUR),
    "minutes": (Duration(), "90m", 1.5 * HOUR),
    "seconds": (Duration(), "45s", timedelta(seconds=45)),
    "weeks": (Duration(), "2w", 14 * DAY),
    "blanks around": (Duration(), " 1h ", HOUR),
    "the longest": (Duration(), "36525d", 36_525 * DAY),
    "a microsecond": (Duration(), "0.000001s", timedelta(microseconds=1)),
    "megabytes": (Size(), "512MB", 512 * MB),
    "gigabytes": (Size(), "2 gb", 2048 * MB),
    "terabytes": (Size(), "1TB", 1024 * 1024 * MB),
    "UTC": (Instant(), "2026-01-31T09:30:00Z", datetime(2026, 1, 31, 9, 30, tzinfo=UTC)),
    "an offset": (
        Instant(),
        "2026-01-31T00:30:00+02:00",
        datetime(2026, 1, 30, 22, 30, tzinfo=UTC),
    ),
    "a column": (Columns(), "message_id=case id", ("message_id", "case id")),
    "a column with a sign": (Columns(), "event=a=b", ("event", "a=b")),
    "zone UTC": (Zone(), "utc", UTC),
    "zone Z": (Zone(), "z", UTC),
    "zone Paris": (Zone(), "Europe/Paris", ZoneInfo("Europe/Paris")),
    "variable": (Variable(), "env:MY_DATABASE", "MY_DATABASE"),
    "format": (Format(), "postfix", "postfix"),
    "format, by content": (Format(), "auto", "auto"),
    "format, canonical": (Format(), "jsonl", "jsonl"),
}


@pytest.mark.parametrize(("kind", "written", "value"), GIVEN.values(), ids=list(GIVEN))
def test_what_a_value_means(kind: click.ParamType, written: str, value: object) -> None:
    found = kind.convert(written, None, None)
    assert found == value
    assert str(getattr(found, "tzinfo", None)) == str(getattr(value, "tzinfo", None))
    if not isinstance(found, str):  # a default is a value already
        assert kind.convert(found, None, None) == value


REFUSED: dict[str, tuple[click.ParamType, str, str]] = {
    "no unit": (Duration(), "3", "write for example 3.5d, 36h or 90m"),
    "nothing": (Duration(), "0s", "'0s' is not a duration"),
    "less than nothing": (Duration(), "-1d", "is not a duration"),
    "too long": (Duration(), "36526d", "is not a duration up to 36,525 days"),
    "far too long": (Duration(), "999999999w", "is not a duration"),
    "two units": (Duration(), "1d12h", "is not a duration"),
    "less than it counts": (Duration(), "0.0000001s", "is not a duration"),
    "bytes": (Size(), "1000", "write for example 512MB or 2GB"),
    "kilobytes": (Size(), "5KB", "is not a size"),
    "half a gigabyte": (Size(), "0.5GB", "is not a size"),
    "no zone": (Instant(), "2026-01-31T09:30:00", "has no zone; write it in UTC with a final Z"),
    "no time": (Instant(), "yesterday", "is not a time; write 2026-01-31T09:30:00Z"),
    "before all times": (Instant(), "0001-01-01T00:00:00+14:00", "is not a time"),
    "no column": (Columns(), "message_id", "write CANONICAL=NAME"),
    "no name": (Columns(), "event=", "write CANONICAL=NAME"),
    "another column": (Columns(), "subject=s", "where CANONICAL is one of message_id, event"),
    "no place": (Zone(), "Europe/Nowhere", "is no time zone; write for example Europe/Paris"),
    "a path": (Zone(), "../../etc/passwd", "is no time zone"),
    "another format": (Format(), "qmail", "'qmail' is no format; there are: auto, csv"),
}


@pytest.mark.parametrize(("kind", "written", "said"), REFUSED.values(), ids=list(REFUSED))
def test_what_is_no_value(kind: click.ParamType, written: str, said: str) -> None:
    with pytest.raises(click.UsageError) as refusal:
        kind.convert(written, None, None)
    assert said in refusal.value.message


@pytest.mark.parametrize("url", ["postgresql://u:secret@host/db", "env:A-B", "env:", "secret"])
def test_the_url_of_a_database_is_not_repeated(url: str) -> None:
    with pytest.raises(click.UsageError) as refusal:
        Variable().convert(url, None, None)
    assert "env:FSM_DATABASE_URL" in refusal.value.message
    assert "secret" not in refusal.value.message
