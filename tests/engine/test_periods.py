"""When a validity period begins, and when it is over."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from fsm.catalog import load_bare
from fsm.engine import replay
from fsm.machine import Deadline, Indicator, Machine, State, Transition

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


WAITING = Machine(
    "waiting",
    "waiting",
    tuple(
        State(name, status, name, (name,)) for name, status in (("a", None), ("b", "B"), ("c", "C"))
    ),
    ("go", "end"),
    (Transition("a", "go", "b", "go"), Transition("b", "end", "c", "end")),
    "a",
    indicators=(Indicator("ended", frozenset({"C"})),),
    deadline=Deadline("go", "end", "b"),
)


def test_the_end_of_a_period_is_counted_in_the_delivery_of_its_message() -> None:
    """Also where a message has one event alone, in any order of the deliveries."""
    log = pl.DataFrame(
        {
            "message_id": ["m1", "m2", "m3", "m4"],
            "event": ["go"] * 4,
            "timestamp": [START + timedelta(minutes=minute) for minute in range(4)],
            "delivery_id": ["x", "y", "y", "z"],
        }
    )
    as_of = START + timedelta(hours=1, minutes=2)  # the last of them is not over yet
    result = replay(log, WAITING, validity=timedelta(hours=1), as_of=as_of)
    last = result.series().group_by("delivery_id", maintain_order=True).last()
    assert dict(last.select("delivery_id", "count").rows()) == {"x": 1, "y": 2, "z": 0}
    assert result.machines["waiting"].states == {"a": 0, "b": 1, "c": 3}
