"""Times that no calendar has, in whatever form: one line that names the file, the row, the time."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsm.catalog import load_bare
from fsm.engine import replay
from fsm.engine.explanation import explain
from fsm.errors import LogError
from fsm.logs.calendar import FIRST, LAST, in_calendar, shown_value
from fsm.logs.log import Log
from fsm.logs.open import open_log
from tests.command import Fsm
from tests.depth import samples

MACHINE = load_bare("with-feedback")
MOST = 2**63 - 1
GOOD = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
ZONES = ["UTC", "Asia/Tokyo"]
PER_SECOND = {"ms": 10**3, "us": 10**6, "ns": 10**9}
AFTER_2000 = 946_684_800_000_000
TYPED = {
    "infinity in us": ("us", MOST, "infinity"),
    "-infinity in us": ("us", -MOST - 1, "-infinity"),
    "-infinity of pandas": ("us", -MOST, "-infinity"),
    "infinity of PostgreSQL": ("us", -MOST - 2 + AFTER_2000, "infinity"),
    "-infinity of PostgreSQL": ("us", -MOST - 1 + AFTER_2000, "-infinity"),
    "infinity in ms": ("ms", MOST, "infinity"),
    "infinity in ns": ("ns", MOST, "infinity"),
    "-infinity in ns": ("ns", -MOST - 1, "-infinity"),
    "the year 12000": ("us", 316_516_272_000_000_000, "12000-01-01T18:40:00Z"),
    "the year 0": ("us", -62_150_000_000_000_000, "0000-07-18T07:06:40Z"),
    "before the year 0": ("ms", -64_000_000_000_000, "-0059-12-03T06:13:20Z"),
    "the first day": ("us", FIRST - 1, "0001-01-01T23:59:59Z"),
    "the last day": ("ms", (LAST + 1000) // 1000, "9999-12-30T00:00:00Z"),
}


def typed(unit: Any, number: int, zone: str) -> pl.DataFrame:
    """Return a log of two events, the second at the given time."""
    good = int(GOOD.timestamp()) * PER_SECOND[unit]
    times = pl.Series("timestamp", [good, number], pl.Int64).cast(pl.Datetime(unit, zone))
    return pl.DataFrame({"message_id": ["a", "b"], "event": ["relayed"] * 2}).with_columns(times)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("case", TYPED)
def test_a_typed_time_beyond_the_calendar(tmp_path: Path, case: str, zone: str) -> None:
    unit, number, text = TYPED[case]
    path = tmp_path / "log.parquet"
    typed(unit, number, zone).write_parquet(path)
    message = f":2: timestamp '{text}' is not from 0001-01-02 to 9999-12-30; correct it"
    for source in (path, typed(unit, number, zone)):
        log = open_log(source)
        for read in (_replayed, _framed, _explained):
            with pytest.raises(LogError) as caught:
                read(log)
            assert str(caught.value).startswith(f"{log.files[0].name}{message}")


def _replayed(log: Log) -> object:
    return replay(log, MACHINE)


def _framed(log: Log) -> object:
    return log.frame


def _explained(log: Log) -> object:
    return explain(log, "b", [MACHINE])


WRITTEN = [
    "infinity",
    "-infinity",
    "20000-06-01T00:00:00Z",
    "+20000-06-01T00:00:00+02:00",
    "-0044-03-15T00:00:00Z",
    "0044-03-15 12:00:00 BC",
    "0000-06-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "0001-01-01T00:00:00Z",
]


@pytest.mark.parametrize("command", ["replay", "explain", "report", "convert"])
@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
@pytest.mark.parametrize("text", WRITTEN[:1])
def test_every_command_refuses_it_in_one_line(
    tmp_path: Path, fsm: Fsm, text: str, suffix: str, command: str
) -> None:
    path = _written(tmp_path / f"log{suffix}", text)
    options = {"explain": ["--message", "b"]}.get(command, [])
    name = {"convert": "out.parquet", "report": "out.html"}.get(command)
    result = fsm(command, path, *options, *(["-o", tmp_path / name] if name else []))
    row = 3 if suffix == ".csv" else 2
    refusal = f"fsm: {path}:{row}: timestamp '{text}' is not from 0001-01-02 to 9999-12-30; "
    assert (result.status, result.out, result.err.count("\n")) == (2, "", 1)
    assert result.err.startswith(refusal)
    assert [*tmp_path.iterdir()] == [path]


@pytest.mark.parametrize("text", WRITTEN)
def test_a_written_time_beyond_the_calendar(tmp_path: Path, text: str) -> None:
    with pytest.raises(LogError, match="is not from 0001-01-02 to 9999-12-30"):
        _ = open_log([_written(tmp_path / "log.csv", text)]).frame


def _written(path: Path, text: str) -> Path:
    rows = [("a", "relayed", f"{GOOD:%Y-%m-%dT%H:%M:%SZ}"), ("b", "relayed", text)]
    frame = pl.DataFrame(rows, ["message_id", "event", "timestamp"], orient="row")
    path.write_text(frame.write_csv() if path.suffix == ".csv" else frame.write_ndjson())
    return path


@settings(max_examples=samples(200, 7))
@given(st.sampled_from(list(PER_SECOND)), st.integers(-MOST - 1, MOST))
def test_every_number_is_a_time_or_is_shown(unit: Any, number: int) -> None:
    column = pl.Series("timestamp", [number], pl.Int64).cast(pl.Datetime(unit, "UTC"))
    (time,) = in_calendar(column.to_physical(), unit).to_list()
    text = shown_value(column, 0) or ""
    exact = number * 10**6 // PER_SECOND[unit]
    if time is None:
        assert not FIRST <= exact <= LAST or text.endswith("infinity")
    else:
        assert time == exact
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=time)
        assert text == moment.replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def test_nanoseconds_are_rounded_down_to_microseconds() -> None:
    numbers = [1_999, -1, -1_000, 1_770_091_506_123_456_789]
    found = in_calendar(pl.Series(numbers, dtype=pl.Int64), "ns").to_list()
    assert found == [1, -1, -1, 1_770_091_506_123_456]


@pytest.mark.parametrize("unit", PER_SECOND)
def test_a_log_is_the_same_in_every_unit(unit: Any) -> None:
    """The third event is first in nanoseconds, where the file order decides otherwise."""
    base = int(GOOD.timestamp()) * 10**9
    events, nanos = ["relayed", "delivered", "soft_bounce"], [0, 5_000_000, 2_000_000]
    times = pl.Series([(base + n) * PER_SECOND[unit] // 10**9 for n in nanos], dtype=pl.Int64)
    log = pl.DataFrame(
        {
            "message_id": ["m"] * 3,
            "event": events,
            "timestamp": times.cast(pl.Datetime(unit, "UTC")),
        }
    )
    result = replay(log, MACHINE)
    assert (result.rejected, result.machines["with-feedback"].states["delivered"]) == (0, 1)


def test_the_first_and_the_last_time_are_read(tmp_path: Path, fsm: Fsm) -> None:
    path = tmp_path / "log.csv"
    for text in ("0001-01-02T00:00:00Z", "9999-12-29T23:59:59Z"):
        path.write_text(f"message_id,event,timestamp\nm,relayed,{text}\n")
        explained = fsm("explain", path, "--message", "m").out
        assert f"\n{text[:10]} {text[11:19]} UTC  relayed\n" in explained


def test_a_panic_of_polars_reaches_no_user(
    tmp_path: Path, fsm: Fsm, monkeypatch: pytest.MonkeyPatch
) -> None:
    def panics(*_: object, **__: object) -> None:
        raise pl.exceptions.PanicException("attempt to add with overflow")

    path = _written(tmp_path / "log.csv", "2026-02-03T04:05:06Z")
    monkeypatch.setattr("fsm.engine.replay", panics)
    result = fsm("replay", path)
    assert result.status == 2
    assert result.err.startswith("fsm: internal error: PanicException: attempt to add")
