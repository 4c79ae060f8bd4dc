"""The validity period is one of the timers: that of a machine's deadline.

Three ways give one result: the engine, which finds the ends of periods without following states;
the same machine with a timer that states start and stop; and the period as it was executed before
there were timers, in plain Python.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsm.catalog import load
from fsm.engine import replay
from fsm.engine.explanation import explain
from fsm.engine.product_machine import EventCodes
from fsm.errors import MachineError
from fsm.machine import Deadline, Machine, Timer, Transition
from tests.engine.test_timers import at, log_of
from tests.engine.timer_oracle import expiring, rows_of_messages, timed_machine

SEEDS = st.integers(0, 1 << 40)


def machine_with_deadline(random: Random, name: str) -> Machine:
    """Return a random machine without timers of its own, whose deadline starts with a or b."""
    cells: list[Transition] = []
    while not cells:
        machine = replace(timed_machine(random, name=name), timers=())
        cells = [t for t in machine.transitions if t.event != "t"]
    ends = random.choice(cells)
    deadline = Deadline(random.choice("ab"), ends.event, ends.source)
    return replace(machine, deadline=deadline)


def before_timers(
    machine: Machine, rows: Sequence[tuple[int, str]], validity: int, end: int
) -> tuple[str, int]:
    """Return the state of a message at the end, and how often its period decided a state."""
    deadline = machine.deadline
    assert deadline
    state, expired, is_over = machine.initial, 0, False
    begun = [time for time, event in rows if event == deadline.start]
    due = begun[0] + validity if begun else end + 1

    def at_deadline() -> None:
        nonlocal state, expired
        ended = machine.step(state, deadline.event) if state == deadline.state else None
        if ended and ended.target != state:
            state, expired = ended.target, expired + 1

    for time, event in (*rows, (end, None)):
        if due <= time and not is_over:
            is_over = True
            at_deadline()
        step = machine.step(state, event) if event else None
        if step:
            state = step.target
            if is_over:
                at_deadline()
    return state, expired


@given(SEEDS)
def test_a_replay_finds_what_was_found_before_there_were_timers(seed: int) -> None:
    random = Random(seed)
    machines = [machine_with_deadline(random, name) for name in "mno"]
    validity, end = random.randint(1, 9), random.randint(12, 25)
    rows = rows_of_messages(random, 20)
    span, log = timedelta(microseconds=validity), log_of(rows)
    found = replay(log, machines, validity=span, as_of=at(end), statuses=True)
    for machine in machines:
        expected = {m: before_timers(machine, of, validity, end) for m, of in rows.items()}
        finals = found.statuses.select("message_id", f"{machine.name}.state")
        assert dict(finals.iter_rows()) == {m: state for m, (state, _) in expected.items()}
        expired = sum(count for _, count in expected.values())
        assert found.machines[machine.name].expired == expired


@given(SEEDS)
def test_a_checkpoint_keeps_when_periods_began(seed: int) -> None:
    random = Random(seed)
    machines = [machine_with_deadline(random, name) for name in "mn"]
    log = log_of(rows_of_messages(random, 8))
    span = timedelta(microseconds=random.randint(1, 9))
    whole = replay(log, machines, validity=span)
    is_early = pl.col("timestamp") < at(random.randint(1, 12))
    with TemporaryDirectory() as place:
        for number, part in enumerate((log.filter(is_early), log.filter(~is_early))):
            if part.height:
                path = Path(place, f"{number}.parquet")
                part.write_parquet(path)
                found = replay(path, machines, validity=span, checkpoint=Path(place, "states"))
    assert found.machines == whole.machines


@given(SEEDS)
def test_a_timer_of_states_finds_the_same(seed: int) -> None:
    random = Random(seed)
    machine = machine_with_deadline(random, "m")
    delay, end = timedelta(microseconds=random.randint(1, 9)), at(random.randint(12, 25))
    log, machines = log_of(rows_of_messages(random, 20)), [machine, expiring(machine, delay)]
    found = replay(log, machines, validity=delay, as_of=end, statuses=True)
    for _, period, timed in found.statuses.select("message_id", r"^.*\.state$").iter_rows():
        assert timed.partition(" ")[0] == period


@given(SEEDS)
def test_a_story_tells_the_end_of_each_period_that_decided_a_state(seed: int) -> None:
    random = Random(seed)
    machines = [machine_with_deadline(random, name) for name in "mn"]
    span, end = timedelta(microseconds=random.randint(1, 9)), at(random.randint(12, 25))
    rows = rows_of_messages(random, 3)
    log = log_of(rows)
    found = replay(log, machines, validity=span, as_of=end, statuses=True)
    finals = {row["message_id"]: row for row in found.statuses.iter_rows(named=True)}
    told = Counter[str]()
    for message in rows:
        (story,) = explain(log, message, machines, validity=span, as_of=end)
        states = {machine.name: machine.initial for machine in machines}
        for entry in story.entries:
            for change in entry.changes:
                assert change.before == states[change.machine]
                states[change.machine] = change.after
                told[change.machine] += not entry.place
        assert states == {name: finals[message][f"{name}.state"] for name in states}
    assert told == Counter({m.name: found.machines[m.name].expired for m in machines})


# The value ----------------------------------------------------------------------------------------


def test_a_deadline_is_a_timer_once_its_length_is_known() -> None:
    machine = load("with-feedback")
    assert machine.deadline is not None
    assert machine.deadline.timer(5) == Timer(
        "retry_failed", 5, ("retrying",), stops=False, since="relayed"
    )
    assert EventCodes.of([machine], 5).timers == (("with-feedback", machine.deadline.timer(5)),)
    assert EventCodes.of([machine], None).timers == ()


def test_a_machine_declares_such_a_timer_as_its_deadline() -> None:
    machine = load("with-feedback")
    timer = Timer("retry_failed", 5, ("retrying",), since="relayed")
    with pytest.raises(MachineError, match="counted since 'relayed': declare deadline = Deadline"):
        replace(machine, timers=(timer,))
