"""Which instant a count belongs to, and how close instants stand."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import polars as pl
import pytest

from fsm.catalog import load_bare
from fsm.engine import replay
from fsm.reports import blocks
from fsm.reports.curves import curves_of
from fsm.reports.divergence import Divergence, SeriesComparison
from fsm.reports.machines import sides_of
from fsm.reports.periods import fitting_period

START = datetime(2026, 5, 4, 8, tzinfo=UTC)
SECOND = timedelta(seconds=1)

PERIODS = {  # how long a log is, in 20,000 parts; its period
    "exactly a second": (SECOND, SECOND),
    "a little more": (SECOND * 1.001, 2 * SECOND),
    "exactly five": (5 * SECOND, 5 * SECOND),
    "exactly a day": (timedelta(days=1), timedelta(days=1)),
    "exactly a week": (timedelta(days=7), timedelta(days=7)),
    "more than a week": (timedelta(days=7, seconds=1), timedelta(days=14)),
    "nothing": (timedelta(0), SECOND),
}


@pytest.mark.parametrize(("part", "period"), PERIODS.values(), ids=list(PERIODS))
def test_the_shortest_round_period_that_fits(part: timedelta, period: timedelta) -> None:
    assert fitting_period(START, START + 20_000 * part, 1000) == period


def test_a_count_holds_from_its_instant_on() -> None:
    log = pl.DataFrame(
        {
            "message_id": ["m"] * 2,
            "event": ["relayed", "delivered"],
            "timestamp": [START, START + 10 * SECOND],
        }
    )
    result = replay(log, load_bare("with-feedback"))
    series = result.series(SECOND)
    extent = (START - 5 * SECOND, START + 30 * SECOND)
    found = curves_of(series, sides_of(result), 1, extent)
    line = found.lines["Delivered", "with-feedback"].tolist()
    seconds = (found.times - int(START.timestamp())).tolist()
    assert list(zip(seconds, line, strict=True)) == [(-5, 0), (1, 0), (11, 1), (30, 1)]


@pytest.mark.parametrize(
    ("since", "second"),
    [
        ([], None),
        ([None], None),
        ([5_000_000], 5),
        ([5_000_001], 6),
        ([5_999_999], 6),
        ([1_000_000, 7_200_000, None], 8),
        ([-1], 0),
    ],
)
def test_sides_agree_from_the_first_whole_second_on(
    since: list[int | None], second: int | None
) -> None:
    divergences = tuple(Divergence("Delivered", 1, 0, (0, 1), time, 0) for time in since)
    found = SimpleNamespace(comparison=SeriesComparison(divergences=divergences))
    assert blocks._convergence(found) == second  # type: ignore[arg-type]
