"""Claims on logs: what is found for all messages at once is what a loop finds for each."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsm.conformance.claims.claim_checking import check_claims
from fsm.conformance.claims.claim_result import ClaimResult
from fsm.engine import buckets
from fsm.machine import Machine
from fsm.machine_parts import Deadline, State, Transition
from tests.conformance.claim_oracle import history, verdict

START = datetime(2026, 1, 1, tzinfo=UTC)
EVENTS = ("x", "y", "z")
CLAIMS = (
    "never s1",
    "never x after y",
    "never x after x",
    "never s1 after s0",
    "never s0 after x or s1",
    "never y before x",
    "never s1 before x",
    "always s0",
    "always s0 or s2 after x",
    "always s1 after s1",
    "always s0 before x",
    "always s0 before s1",
    "eventually s1",
    "eventually y after x",
    "eventually s0 after x",
    "eventually x after x or s2",
    "at most 1 x",
    "at most 0 s0",
    "at most 2 x or s1",
    "at least 1 s1",
    "at least 2 y",
    "at least 3 s0 or x",
    "x within 2m of y",
    "x within 1m of x",
    "s1 within 2m of x",
    "y within 2m of s1",
    "s0 within 1m of s0 or s1",
    "y or s2 within 3m of start",
    "never x within 1m of y",
    "never x within 1m of x",
    "never s1 within 2m of x",
    "never s0 or y within 2m of s1",
    "never s2 within 3m of start",
)


@st.composite
def machines(draw: st.DrawFn) -> Machine:
    """Machines of three states over x, y and z, some with a deadline; cells may reject."""
    cells = {
        (source, event): draw(st.sampled_from([None, "s0", "s1", "s2"]))
        for source in ("s0", "s1", "s2")
        for event in EVENTS
    }
    deadline = draw(st.sampled_from([None, Deadline("x", "z", "s1")]))
    if deadline:
        cells["s1", "z"] = cells["s1", "z"] or "s2"
    steps = tuple(Transition(s, e, t, e) for (s, e), t in cells.items() if t)
    states = tuple(State(name, name.upper(), name, (name,)) for name in ("s0", "s1", "s2"))
    return Machine("m", "m", states, EVENTS, steps, "s0", deadline=deadline)


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["m1", "m2", "m3"]), st.sampled_from([*EVENTS, "other"]), st.integers(0, 3)
    ),
    min_size=1,
    max_size=24,
)
"""Message, event, and minutes since the row before."""
VALIDITY = st.sampled_from([None, timedelta(minutes=2), timedelta(minutes=5)])


def frame_of(rows: list[tuple[str, str, int]]) -> pl.DataFrame:
    times, time = [], START
    for _, _, minutes in rows:
        time += timedelta(minutes=minutes)
        times.append(time)
    messages, events, _ = zip(*rows, strict=True)
    return pl.DataFrame({"message_id": messages, "event": events, "timestamp": times})


def counted(result: ClaimResult) -> tuple[str, int, int, int]:
    return result.claim, result.messages, result.violated, result.open


@given(machine=machines(), rows=ROWS, validity=VALIDITY)
def test_what_is_counted_is_what_each_history_says(
    machine: Machine, rows: list[tuple[str, str, int]], validity: timedelta | None
) -> None:
    frame = frame_of(rows)
    micro = frame["timestamp"].dt.epoch("us").to_list()
    by_message: dict[str, list[tuple[int, str]]] = {}
    for (message, event, _), time in zip(rows, micro, strict=True):
        by_message.setdefault(message, []).append((time, event))
    limit = None if validity is None else validity // timedelta(microseconds=1)
    told = {m: history(machine, rows, limit, micro[-1]) for m, rows in by_message.items()}
    for result in check_claims(frame, machine, CLAIMS, validity=validity):
        found = {m: verdict(machine, t, result.claim, micro[-1]) for m, t in told.items()}
        verdicts = list(found.values())
        assert counted(result) == (
            result.claim,
            sum(v is not None for v in verdicts),
            verdicts.count("violated"),
            verdicts.count("open"),
        )
        examples = [example.message for example in result.examples]
        assert sorted(examples) == sorted(m for m, v in found.items() if v == "violated")
