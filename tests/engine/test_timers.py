"""Timers fire in a replay as one message followed in plain Python says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsm.clocks import MOST_FIRINGS
from fsm.conformance.conforming import conform
from fsm.engine import Replay, firings, replay
from fsm.engine.explanation import explain
from fsm.errors import CheckpointError, LogError, MachineError
from fsm.machine import Machine, State, Timer, Transition
from fsm.simulation import simulate
from tests.depth import samples
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


def log_of(rows: Rows) -> pl.DataFrame:
    """Return rows as a log, in order of time."""
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
        with pytest.raises(LogError, match="fire more than"):
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


@settings(max_examples=samples(60, 3))  # a block of messages is drawn whole
@given(SEEDS)
def test_a_simulated_log_is_accepted_whole(seed: int) -> None:
    machine = timed_machine(Random(seed), deadline=True)
    timers = tuple(replace(timer, delay=timer.delay * 10**7) for timer in machine.timers)
    machine = replace(machine, timers=timers)
    (log,) = simulate(machine, messages=20, seed=seed % 1000)
    try:
        found = replay(log, machine)
    except LogError:  # timers that go round: the log ends, the machine would not
        return
    assert found.rejected == 0


@given(SEEDS)
def test_a_story_tells_each_firing(seed: int) -> None:
    random = Random(seed)
    machine, end = timed_machine(random), random.randint(12, 25)
    rows = rows_of_messages(random, 1)
    try:
        (message,) = followed(machine, rows, end, None)
    except EndlessError:
        return
    (story,) = explain(log_of(rows), "m0", machine, as_of=at(end))
    fired = [(entry.timestamp, entry.timer) for entry in story.entries if entry.timer]
    assert fired == [(at(time), text) for time, text in message.fired]
    assert all(entry.place == "" for entry in story.entries if entry.timer)


def replay_parts(parts: Sequence[pl.DataFrame], machine: Machine, **options: Any) -> Replay:
    """Replay files one after the other with a checkpoint; return the result of the last one."""
    with TemporaryDirectory() as place:
        for number, part in enumerate(parts):
            path = Path(place, f"{number}.parquet")
            part.write_parquet(path)
            found = replay(path, machine, checkpoint=Path(place, "states"), **options)
    return found


@given(SEEDS)
def test_a_log_in_two_parts_gives_what_the_whole_gives(seed: int) -> None:
    random = Random(seed)
    validity = random.choice((None, timedelta(microseconds=6)))
    machine = timed_machine(random, deadline=True)
    log = log_of(rows_of_messages(random, 8))
    is_early = pl.col("timestamp") < at(random.randint(1, 12))
    parts = [part for part in (log.filter(is_early), log.filter(~is_early)) if part.height]
    try:
        whole = replay(log, machine, validity=validity)
    except LogError as error:
        assert "fire more than" in str(error)  # noqa: PT017
        return
    found = replay_parts(parts, machine, validity=validity)
    assert found.machines["m"] == whole.machines["m"]
    assert found.rejected == whole.rejected


# What is refused, and what is said ----------------------------------------------------------------

NAMES = ("a", "b")


def going_round(*, stops: bool = True) -> Machine:
    """Return a machine that its timers move between two states for ever."""
    return Machine(
        *("round", "Round", tuple(State(name, name, name, (name,)) for name in NAMES)),
        ("tick", "go"),
        (Transition("a", "tick", "b", "tick"), Transition("b", "tick", "a", "tick")),
        "a",
        timers=tuple(Timer("tick", 10**6, (name,), stops=stops) for name in NAMES),
    )


def test_timers_that_go_round_are_refused_after_many_firings() -> None:
    log = pl.DataFrame({"message_id": ["m"], "timestamp": [START], "event": ["go"]})
    until = START + timedelta(seconds=9_999)
    timers = replay(log, going_round(), as_of=until).machines["round"].timers
    assert sum(timers.values()) == 9_999
    with pytest.raises(LogError, match="fire more than 10,000 times after one event; let them run"):
        replay(log, going_round(), as_of=START + timedelta(days=1))


def test_simulated_messages_end_once_only_timers_move_them() -> None:
    machine = going_round()
    (log,) = simulate(machine, messages=3)
    assert log.group_by("message_id").len()["len"].to_list() == [MOST_FIRINGS] * 3


def test_a_timer_that_nothing_stops_is_refused_where_one_state_must_say_all() -> None:
    machine = going_round(stops=False)
    with pytest.raises(MachineError, match="nothing stops the timer 'tick after 1 s from a'"):
        next(simulate(machine, messages=1))
    log = pl.DataFrame({"message_id": ["m"], "timestamp": [START], "event": ["go"]})
    with TemporaryDirectory() as place, pytest.raises(CheckpointError, match="several of it may"):
        replay(log, machine, checkpoint=place)


def test_a_query_does_not_execute_timers() -> None:
    with pytest.raises(MachineError, match="'tick after 1 s in a' cannot be executed in SQL"):
        going_round().to_sql("duckdb")
    assert "SELECT" in replace(going_round(), timers=()).to_sql("duckdb")


def test_a_timer_whose_event_depends_on_guards_is_said_not_to_be_executed() -> None:
    symbols = ("tick[g]", "tick[not g]")
    machine = replace(
        going_round(),
        events=(*symbols, "go"),
        transitions=tuple(Transition("a", text, "b", "tick", "g") for text in symbols),
        guards={"tick": ("g",)},
    )
    log = pl.DataFrame({"message_id": ["m"], "timestamp": [START], "event": ["go"]})
    found = replay(log, machine, as_of=START + timedelta(hours=1))
    assert found.machines["round"].states == {"a": 1, "b": 0}
    assert found.notes[-2] == (
        "round: the timer 'tick after 1 s in a' is not executed: what its event does depends on g; "
        "the log must record it"
    )


def test_firings_fit_the_machine_and_a_model_of_its_repairs() -> None:
    log = pl.DataFrame({"message_id": ["m"], "timestamp": [START], "event": ["tick"]})
    machine = replace(going_round(), transitions=(Transition("a", "tick", "b", "tick"),))
    result = conform(log, machine, as_of=START + timedelta(seconds=5))
    assert result.repair is not None
    assert (result.repair.cost, result.repair.fitting) == (0, 1)


def test_a_timer_runs_on_from_a_checkpoint() -> None:
    machine = going_round()
    timers = (Timer.of("tick", timedelta(hours=1), "b"),)
    machine = replace(machine, timers=timers)
    rows = {"m": [(0, "tick")], "n": [(1, "go")]}
    later = {"m": [(7_200_000_000, "go")]}
    found = replay_parts([log_of(rows), log_of(later)], machine)
    assert found.machines["round"].timers == {"tick after 1 h in b": 1}
    assert found.machines["round"].states == {"a": 2, "b": 0}


@pytest.mark.usefixtures("way")
def test_a_timer_that_nothing_stops_fires_once_for_each_start() -> None:
    states = tuple(State(name, name, name, (name,)) for name in NAMES)
    steps = (("a", "go", "b"), ("b", "go", "a"), ("a", "tick", "a"), ("b", "tick", "b"))
    transitions = tuple(Transition(*step, step[1]) for step in steps)
    timer = Timer("tick", 10, ("b",), stops=False)
    machine = Machine("m", "m", states, ("tick", "go"), transitions, "a", timers=(timer,))
    rows = {"m": [(time, "go") for time in (0, 1, 2, 3, 4)], "n": [(0, "go")]}
    found = replay(log_of(rows), machine, as_of=at(13))
    assert found.machines["m"].timers == {str(timer): 3}
