"""When a validity period begins, and when it is over."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from fsm.catalog import load_bare
from fsm.replay import replay

START = datetime(2026, 5, 4, 8, tzinfo=UTC)
Event = tuple[float, str]

HISTORIES: dict[str, tuple[list[Event], float, str]] = {
    # hours and events of one message; the hour it is asked at; its state under a period of 4 hours
    "over four hours after the hand-over": (
        [(0, "relayed"), (1, "soft_bounce")],
        5,
        "retries_exhausted",
    ),
    "over at its very end": ([(0, "relayed"), (1, "soft_bounce")], 4, "retries_exhausted"),
    "not over an hour before": ([(0, "relayed"), (1, "soft_bounce")], 3, "retrying"),
    "counted from the first of two hand-overs": (
        [(0, "relayed"), (1, "soft_bounce"), (2, "relayed")],
        5,
        "retries_exhausted",
    ),
    "counted from the first, though the second is awaited": (
        [(0, "relayed"), (3, "relayed"), (3.5, "soft_bounce")],
        5,
        "retries_exhausted",
    ),
    "the first in time, not in the file": (
        [(2, "relayed"), (0, "relayed"), (3, "soft_bounce")],
        5,
        "retries_exhausted",
    ),
    "an event of the same instant comes after the end": (
        [(0, "relayed"), (1, "soft_bounce"), (4, "retry_succeeded")],
        4,
        "retries_exhausted",
    ),
}


@pytest.mark.parametrize(("events", "asked", "state"), HISTORIES.values(), ids=list(HISTORIES))
def test_when_a_period_is_over(events: list[Event], asked: float, state: str) -> None:
    log = pl.DataFrame(
        {
            "message_id": ["m"] * len(events),
            "event": [event for _, event in events],
            "timestamp": [START + timedelta(hours=hour) for hour, _ in events],
        }
    )
    options = {"validity": timedelta(hours=4), "as_of": START + timedelta(hours=asked)}
    for name in ("with-feedback", "without-feedback"):
        states = replay(log, load_bare(name), **options).machines[name].states
        assert {found for found, count in states.items() if count} == {state}
