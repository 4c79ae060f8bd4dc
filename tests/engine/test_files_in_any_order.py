"""Files of one log may be given in any order: events of one instant too."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path

import polars as pl
import pytest

import fsm
from tests.depth import cases

START = datetime(2026, 1, 5, 8, tzinfo=UTC)


def log_of(*events: str, second: int = 0) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "message_id": ["m1"] * len(events),
            "event": events,
            "timestamp": [START + timedelta(seconds=second)] * len(events),
        }
    )


CASES: dict[str, tuple[list[pl.DataFrame], str, int]] = {
    "hand-over and delivery": ([log_of("relayed"), log_of("delivered")], "delivered", 0),
    "three files": (
        [log_of("delivered"), log_of("soft_bounce"), log_of("relayed")],
        "delivered",
        0,
    ),
    "with a later event": (
        [log_of("relayed"), log_of("soft_bounce"), log_of("retry_succeeded", second=5)],
        "delivered",
        0,
    ),
    "a file without seq": (
        [
            log_of("soft_bounce", "delivered").with_columns(seq=pl.Series([1, 2])),
            log_of("relayed"),
        ],
        "delivered",
        0,
    ),
    "seq decides where all have one": (
        [log_of("delivered").with_columns(seq=1), log_of("relayed").with_columns(seq=2)],
        "awaiting",
        1,
    ),
    "the order within a file stays": (
        [log_of("delivered", "soft_bounce"), log_of("relayed")],
        "delivered",
        1,
    ),
}


@pytest.mark.parametrize(("parts", "state", "rejected"), cases(CASES.values()), ids=cases(CASES))
@pytest.mark.parametrize("validity", [None, timedelta(days=3)], ids=["plain", "expiry"])
def test_any_order(
    parts: list[pl.DataFrame], state: str, rejected: int, validity: timedelta | None, tmp_path: Path
) -> None:
    paths = [tmp_path / f"{number}.parquet" for number in range(len(parts))]
    for part, path in zip(parts, paths, strict=True):
        part.write_parquet(path)
    for given in permutations(paths):
        result = fsm.replay(list(given), "with-feedback", companions=None, validity=validity)
        assert result.rejected == rejected, given
        assert result.machines["with-feedback"].states[state] == 1, given
        (story,) = fsm.explain(list(given), "m1", "with-feedback", companions=None)
        assert sum(c.rejected for e in story.entries for c in e.changes) == rejected


def test_within_one_file_ties_keep_their_order() -> None:
    assert (
        fsm.replay(log_of("delivered", "relayed"), "with-feedback", companions=None).rejected == 1
    )
