"""Times of canonical logs that are numbers, and other forms of ISO 8601."""

from pathlib import Path

import polars as pl
import pytest

import fsm
from fsm.errors import LogError
from fsm.logs.timestamps import microseconds

SECOND = 1_767_603_600
UNITS = {
    "seconds": (SECOND, 1),
    "milliseconds": (SECOND * 1_000, 1_000),
    "microseconds": (SECOND * 1_000_000, 1_000_000),
    "nanoseconds": (SECOND * 1_000_000_000, 1_000_000_000),
}


def log_of(first: object, second: object) -> pl.DataFrame:
    events = {"message_id": ["m1", "m1"], "event": ["relayed", "delivered"]}
    return pl.DataFrame({**events, "timestamp": [first, second]})


def write(frame: pl.DataFrame, path: Path) -> Path:
    if path.suffix == ".csv":
        frame.write_csv(path)
    elif path.suffix == ".jsonl":
        frame.write_ndjson(path)
    else:
        frame.write_parquet(path)
    return path


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
@pytest.mark.parametrize(("number", "per_second"), UNITS.values(), ids=UNITS)
def test_the_size_tells_the_unit(number: int, per_second: int, suffix: str, tmp_path: Path) -> None:
    path = write(log_of(number, number + 5 * per_second), tmp_path / f"log{suffix}")
    log = fsm.open_log(path)
    seconds = log.frame["timestamp"].to_physical() // 1_000_000
    assert seconds.to_list() == [SECOND, SECOND + 5]
    (note,) = log.notes
    assert note.endswith(
        "timestamps are numbers: "
        f"{next(name for name, unit in UNITS.items() if unit[1] == per_second)} since 1970"
    )


def test_fractions_of_seconds() -> None:
    log = fsm.open_log(log_of(SECOND + 0.25, SECOND + 1.5))
    assert log.frame["timestamp"].to_physical().to_list() == [
        SECOND * 1_000_000 + 250_000,
        SECOND * 1_000_000 + 1_500_000,
    ]


WRONG = {
    "two sizes": (
        (SECOND, SECOND * 1_000),
        "log.csv:3: timestamp '1767603600000' is in milliseconds, the first one in seconds since",
    ),
    "a text among numbers": (
        (str(SECOND), "2026-01-05T08:00:00Z"),
        "log.csv:3: .* is no number of seconds since 1970, as the first one is; write all alike",
    ),
    "a number among texts": (
        ("2026-01-05T08:00:00Z", str(SECOND)),
        "log.csv:3: timestamp '1767603600' is not a time",
    ),
    "a date without signs": ((20260105, 20260106), "log.csv:2: timestamp '20260105' is not a time"),
    "the same with minutes": (
        (202601050800, 202601050900),
        "log.csv:2: timestamp '202601050800' is not a time",
    ),
}


@pytest.mark.parametrize(("times", "message"), WRONG.values(), ids=WRONG)
def test_what_is_refused(times: tuple[object, object], message: str, tmp_path: Path) -> None:
    path = write(log_of(*times), tmp_path / "log.csv")
    with pytest.raises(LogError, match=message):
        fsm.replay(path)


def test_a_checkpoint_changes_no_unit(tmp_path: Path) -> None:
    path, kept = write(log_of(SECOND, SECOND + 1), tmp_path / "log.csv"), tmp_path / "kept"
    fsm.replay(path, checkpoint=kept)
    path.write_text(f"{path.read_text()}m2,relayed,{SECOND}000\n")
    with pytest.raises(LogError, match=r"log.csv:4: .* is in milliseconds, the first one in secon"):
        fsm.replay(path, checkpoint=kept)


FORMS = {
    "2026-01-05 09:00:00 Z": 0,
    " 2026-01-05T09:00:00,25Z": 250_000,
    "2026-01-05 10:00:00 +0100": 0,
    "2026-01-05 10:00:00+01": 0,
    "2026-01-05T09:00Z": 0,
    "2026-01-05 09:00:00.5 UTC": 500_000,
    "2026-01-05 09:00:00 gmt": 0,
    "2026-01-05T09:00:00": None,
    "2026-01-05": None,
    "2026-01-05 09:00:00 CET": None,
    "2026-01-05T09:00:00,Z": None,
}


@pytest.mark.parametrize(("text", "expected"), FORMS.items(), ids=FORMS)
def test_other_forms_of_times(text: str, expected: int | None) -> None:
    found = microseconds(pl.Series([text])).item()
    assert found == (None if expected is None else SECOND * 1_000_000 + expected)
