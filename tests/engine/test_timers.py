"""Timers fire in a replay as one message followed in plain Python says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsm.engine import firings, replay
from fsm.errors import LogError
from fsm.machine import Machine
from tests.engine.timer_oracle import (
    MOST,
    EndlessError,
    Message,
    rows_of_messages,
    timed_machine,
)

SEEDS = st.integers(0, 1 << 40)
START = datetime(2026, 1, 5, tzinfo=UTC)
Rows = dict[str, list[tuple[int, str]]]


def at(micros: int) -> datetime:
    return START + timedelta(microseconds=micros)


def log_of(rows: Rows, shuffle: Random | None = None) -> pl.DataFrame:
    """Return rows as a log, messages interleaved by time, or shuffled where no two times tie."""
    flat = [(m, at(time), event) for m, events in rows.items() for time, event in events]
    flat.sort(key=lambda row: row[1])
    return pl.DataFrame(flat, ["message_id", "timestamp", "event"], orient="row")


def followed(machine: Machine, rows: Rows, end: int, validity: int | None) -> list[Message]:
    return [Message(machine, validity).follow(events, end) for events in rows.values()]


@pytest.fixture(params=[0, 1 << 20], ids=["all at once", "one by one"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(firings, "FEW", request.param)
    monkeypatch.setattr(firings, "MOST_IN_A_ROW", MOST)


@pytest.mark.usefixtures("way")
@given(SEEDS)
def test_a_replay_agrees_with_plain_python(seed: int) -> None:
    random = Random(seed)
    validity = random.choice((None, 2, 6))
    machines = [timed_machine(random, name=name, deadline=validity is not None) for name in "mn"]
    rows, end = rows_of_messages(random, 12), random.randint(12, 25)
    execute = partial(
        replay,
        log_of(rows),
        machines,
        validity=validity and timedelta(microseconds=validity),
        as_of=at(end),
        statuses=True,
    )
    try:
        expected = {m.name: followed(m, rows, end, validity) for m in machines}
    except EndlessError:
        with pytest.raises(LogError, match="fire more than 40 times after one event"):
            execute()
        return
    found = execute()
    for machine in machines:
        messages = expected[machine.name]
        texts = [text for message in messages for _, text in message.fired]
        states = dict(zip(rows, (message.state for message in messages), strict=True))
        finals = found.statuses.select("message_id", f"{machine.name}.state")
        assert dict(finals.iter_rows()) == states
        assert found.machines[machine.name].timers == {
            str(timer): texts.count(str(timer)) for timer in machine.timers
        }
