"""Values of options: what is written, what a command gets, and what is refused with a hint."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import click
import pytest

from fsm.cli.values import (
    ColumnParam,
    DurationParam,
    FormatParam,
    SizeParam,
    TimeParam,
    VariableParam,
    ZoneParam,
)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MB = 1 << 20

GIVEN: dict[str, tuple[click.ParamType, str, object]] = {
    "days": (DurationParam(), "3.5d", timedelta(days=3, hours=12)),
    "hours": (DurationParam(), "36h", 36 * HOUR),
    "minutes": (DurationParam(), "90m", 1.5 * HOUR),
    "seconds": (DurationParam(), "45s", timedelta(seconds=45)),
    "weeks": (DurationParam(), "2w", 14 * DAY),
    "two units": (DurationParam(), "1d12h", 36 * HOUR),
    "as durations are printed": (DurationParam(), "4d 50m", timedelta(days=4, minutes=50)),
    "words": (DurationParam(), "1 hour 30 minutes", 1.5 * HOUR),
    "a short word": (DurationParam(), "45min", 0.75 * HOUR),
    "blanks around": (DurationParam(), " 1h ", HOUR),
    "the longest": (DurationParam(), "36525d", 36_525 * DAY),
    "a microsecond": (DurationParam(), "0.000001s", timedelta(microseconds=1)),
    "megabytes": (SizeParam(), "512MB", 512 * MB),
    "gigabytes": (SizeParam(), "2 gb", 2048 * MB),
    "terabytes": (SizeParam(), "1TB", 1024 * 1024 * MB),
    "UTC": (TimeParam(), "2026-01-31T09:30:00Z", datetime(2026, 1, 31, 9, 30, tzinfo=UTC)),
    "an offset": (
        TimeParam(),
        "2026-01-31T00:30:00+02:00",
        datetime(2026, 1, 30, 22, 30, tzinfo=UTC),
    ),
    "a column": (ColumnParam(), "message_id=case id", ("message_id", "case id")),
    "a column with a sign": (ColumnParam(), "event=a=b", ("event", "a=b")),
    "zone UTC": (ZoneParam(), "utc", UTC),
    "zone Z": (ZoneParam(), "z", UTC),
    "zone Paris": (ZoneParam(), "Europe/Paris", ZoneInfo("Europe/Paris")),
    "variable": (VariableParam(), "env:MY_DATABASE", "MY_DATABASE"),
    "format": (FormatParam(), "postfix", "postfix"),
    "format, by content": (FormatParam(), "auto", "auto"),
    "format, canonical": (FormatParam(), "jsonl", "jsonl"),
}


@pytest.mark.parametrize(("kind", "written", "value"), GIVEN.values(), ids=list(GIVEN))
def test_what_a_value_means(kind: click.ParamType, written: str, value: object) -> None:
    found = kind.convert(written, None, None)
    assert found == value
    assert str(getattr(found, "tzinfo", None)) == str(getattr(value, "tzinfo", None))
    if not isinstance(found, str):  # a default is a value already
        assert kind.convert(found, None, None) == value


REFUSED: dict[str, tuple[click.ParamType, str, str]] = {
    "no unit": (
        DurationParam(),
        "3",
        "write a number and w, d, h, min or s, such as 3.5d, 36h or 1h 30min",
    ),
    "nothing": (DurationParam(), "0s", "'0s' is not a duration of more than 0;"),
    "less than nothing": (DurationParam(), "-1d", "is not a duration"),
    "too long": (DurationParam(), "36526d", "is not a duration up to 36,525 days"),
    "far too long": (DurationParam(), "999999999w", "is not a duration"),
    "a unit twice": (DurationParam(), "1d1d", "is not a duration"),
    "the small unit first": (DurationParam(), "30m 1h", "is not a duration"),
    "months": (DurationParam(), "1 month", "is not a duration"),
    "no number": (DurationParam(), "h", "is not a duration"),
    "less than it counts": (DurationParam(), "0.0000001s", "is not a duration in whole micro"),
    "bytes": (SizeParam(), "1000", "write for example 512MB or 2GB"),
    "kilobytes": (SizeParam(), "5KB", "is not a size"),
    "half a gigabyte": (SizeParam(), "0.5GB", "is not a size"),
    "no zone": (TimeParam(), "2026-01-31T09:30:00", "has no time zone; write it in UTC, with a"),
    "no time": (TimeParam(), "yesterday", "is not a time; write 2026-01-31T09:30:00Z"),
    "before all times": (TimeParam(), "0001-01-01T00:00:00+14:00", "is not a time"),
    "no column": (ColumnParam(), "message_id", "write CANONICAL=NAME"),
    "no name": (ColumnParam(), "event=", "write CANONICAL=NAME"),
    "another column": (
        ColumnParam(),
        "subject=s",
        "no canonical column 'subject'; there are: message_id, event",
    ),
    "no place": (ZoneParam(), "Europe/Nowhere", "is not a time zone; write for example"),
    "a path": (ZoneParam(), "../../etc/passwd", "is not a time zone"),
    "another format": (
        FormatParam(),
        "qmail",
        "no format 'qmail'; did you mean 'mail'? There are: auto, csv",
    ),
}


@pytest.mark.parametrize(("kind", "written", "said"), REFUSED.values(), ids=list(REFUSED))
def test_what_is_no_value(kind: click.ParamType, written: str, said: str) -> None:
    with pytest.raises(click.UsageError) as refusal:
        kind.convert(written, None, None)
    assert said in refusal.value.message


@pytest.mark.parametrize("url", ["postgresql://u:secret@host/db", "env:A-B", "env:", "secret"])
def test_the_url_of_a_database_is_not_repeated(url: str) -> None:
    with pytest.raises(click.UsageError) as refusal:
        VariableParam().convert(url, None, None)
    assert "env:FSM_DATABASE_URL" in refusal.value.message
    assert "secret" not in refusal.value.message
