"""Timestamps that are typed columns: what no calendar of Python shows is no time."""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from fsm.logs.log_file import LogFile
from fsm.logs.rows import microseconds_of

SOURCE = LogFile(Path("log.parquet"), "log.parquet", "parquet")
SECOND = 1_000_000
YEAR = 365 * 86_400 * SECOND


def micros(moment: datetime) -> int:
    return int(moment.timestamp()) * SECOND


TIMES: dict[str, tuple[int, bool]] = {  # microseconds since 1970, and whether that is a time
    "today": (micros(datetime(2026, 5, 4, tzinfo=UTC)), True),
    "before 1970": (micros(datetime(1912, 6, 23, tzinfo=UTC)), True),
    "the first": (micros(datetime(1, 1, 2, tzinfo=UTC)), True),
    "the last": (micros(datetime(9999, 12, 30, tzinfo=UTC)), True),
    "after the last": (micros(datetime(9999, 12, 30, tzinfo=UTC)) + 1, False),
    "before Christ": (-2_500 * YEAR, False),
    "the year 20000": (18_030 * YEAR, False),
    "infinity": (2**63 - 1, False),
    "minus infinity": (-(2**63) + 1, False),
}


UNITS = {"us": 1, "ms": 1000, "ns": 1 / 1000}  # microseconds
CASES = {
    f"{name}, {unit}": (unit, value, is_time)
    for name, (value, is_time) in TIMES.items()
    for unit, size in UNITS.items()
    if abs(value / size) < 2**63 and not value % max(1, int(size))
}


@pytest.mark.parametrize(("unit", "value", "is_time"), CASES.values(), ids=list(CASES))
def test_which_typed_times_there_are(unit: str, value: int, is_time: bool) -> None:
    scaled = {"us": value, "ms": value // 1000, "ns": value * 1000}[unit]
    column = pl.Series([0, scaled]).cast(pl.Datetime(unit, "UTC"))  # type: ignore[arg-type]
    found = microseconds_of(SOURCE, column).to_list()
    assert found == [0, value if is_time else None]
