"""What a replay tells in detail: how long states last, what is rejected, deliveries, the extent."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from fsm.catalog import load_bare
from fsm.engine import Replay, buckets, replay
from fsm.logs.open import open_log
from fsm.machine import Machine, State, Transition
from fsm.trace import run

MODES = [load_bare("with-feedback"), load_bare("without-feedback")]
START = datetime(2026, 1, 1, tzinfo=UTC)
EVENTS = st.sampled_from([*MODES[0].events, "opened", "clicked", "noise", "other noise"])
ROWS = st.lists(
    st.tuples(st.sampled_from("abcd"), EVENTS, st.integers(0, 9000), st.sampled_from("xy")),
    min_size=1,
    max_size=50,
)
Row = tuple[str, str, int, str]


def log_of(rows: list[Row]) -> pl.DataFrame:
    """Make a log of (message, event, seconds since the start, delivery of the message)."""
    return pl.DataFrame(
        {
            "message_id": [row[0] for row in rows],
            "event": [row[1] for row in rows],
            "timestamp": [START + timedelta(seconds=row[2]) for row in rows],
            "delivery_id": [f"{row[0] in 'ab'}" for row in rows],
        }
    )


def executed(source: object, **options: object) -> Replay:
    return replay(source, MODES, companions=load_bare, **options)  # type: ignore[arg-type]


def stays(machine: Machine, log: pl.DataFrame) -> Iterator[tuple[str, str | None, int]]:
    """Yield state, event and seconds of each stay, found step by step."""
    end = log["timestamp"].max()
    left = {t.source for t in machine.transitions if t.target != t.source}
    for (_,), part in log.sort("timestamp", maintain_order=True).group_by("message_id"):
        steps = run(machine, part["event"].to_list())
        times = part["timestamp"].to_list()
        moves = [(s, t) for s, t in zip(steps, times, strict=True) if s.before != s.after]
        for (entry, since), (leaving, until) in pairwise(moves):
            yield entry.after, leaving.event, int((until - since).total_seconds())
        if moves and moves[-1][0].after in left:
            yield moves[-1][0].after, None, int((end - moves[-1][1]).total_seconds())


@pytest.mark.parametrize("bucket", [2, 1000])
@given(ROWS)
def test_stays_are_those_of_single_steps(bucket: int, rows: list[Row]) -> None:
    log = log_of(rows)
    expected = Counter(
        (machine.name, *stay)
        for machine in (*MODES, load_bare("engagement"))
        for stay in stays(machine, log)
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(buckets, "BUCKET", bucket)
        found = executed(log).durations
    ours = {
        (machine, state, event, rounded(seconds)): 0 for machine, state, event, seconds in expected
    }
    for (machine, state, event, seconds), count in expected.items():
        ours[machine, state, event, rounded(seconds)] += count
    assert {row[:4]: row[4] for row in found.rows()} == ours


def rounded(seconds: int) -> int:
    return seconds if seconds < 7200 else seconds // 6 * 6


def test_the_end_of_a_validity_period_ends_a_stay() -> None:
    log = log_of(
        [("a", "relayed", 0, "x"), ("a", "soft_bounce", 5, "x"), ("b", "relayed", 9000, "x")]
    )
    found = executed(log, validity=timedelta(hours=1)).durations
    mine = found.filter(pl.col("machine") == "with-feedback").drop("machine").rows()
    assert mine == [
        ("awaiting", None, 0, 1),
        ("awaiting", "soft_bounce", 5, 1),
        ("retrying", "retry_failed", rounded(3595), 1),
    ]


def test_machines_that_move_alike_under_other_names_are_timed_each_by_their_own() -> None:
    def machine(name: str, *states: str) -> Machine:
        made = tuple(State(s, s, s, (s,)) for s in sorted(states))
        cells = tuple(
            Transition(a, e, b, e)
            for a, e, b in zip(states, ("go", "end"), states[1:], strict=False)
        )
        return Machine(name, name, made, ("go", "end"), cells, states[0])

    log = pl.DataFrame(
        {
            "message_id": ["m", "m"],
            "event": ["go", "end"],
            "timestamp": [START, START + timedelta(seconds=7)],
        }
    )
    found = replay(log, [machine("one", "a", "b", "c"), machine("two", "z", "y", "x")]).durations
    assert found.rows() == [("one", "b", "end", 7, 1), ("two", "y", "end", 7, 1)]


def test_machines_with_equally_many_states_are_timed_each_by_their_own_moves() -> None:
    def machine(name: str, *cells: tuple[str, str, str]) -> Machine:
        states = sorted({cell[0] for cell in cells} | {cell[2] for cell in cells})
        made = tuple(State(s, s, s, (s,)) for s in states)
        transitions = tuple(Transition(a, e, b, e) for a, e, b in cells)
        return Machine(name, name, made, ("end", "go"), transitions, states[0])

    early = machine("early", ("a", "go", "b"), ("b", "end", "c"))
    late = machine("late", ("x", "end", "y"), ("y", "go", "z"))
    rows = [("m", "go", 0, "d"), ("m", "end", 7, "d"), ("m", "go", 9, "d")]
    found = replay(log_of(rows), [early, late]).durations
    assert found.rows() == [("early", "b", "end", 7, 1), ("late", "y", "go", 2, 1)]


# Rejections ------------------------------------------------------------------------------------


@given(ROWS)
def test_kinds_of_rejected_events_are_those_of_the_ledger(rows: list[Row]) -> None:
    result = executed(log_of(rows))
    what = ["event", "state", "machine", "reason"]
    ledger = Counter(result.rejections.select(what).iter_rows())
    kinds = result.rejection_kinds(most=100)
    assert {(k.event, k.state, k.machines, k.reason): k.count for k in kinds.first} == ledger
    assert kinds.different == len(ledger)
    assert kinds.unnamed == 0
    counts = [kind.count for kind in kinds.first]
    assert counts == sorted(counts, reverse=True)


def test_each_kind_has_its_first_lines(sample: Path) -> None:
    late = [f"m1,delivered,2026-03-02T11:00:0{i}Z,{20 + i}\n" for i in range(5)]
    sample.write_text(sample.read_text() + "m9,=odd,2026-03-02T12:00:00Z,40\n" + "".join(late))
    result = replay(open_log([sample]), MODES, companions=None)
    first, second, third = result.rejection_kinds(most=3).first
    assert (first.event, first.state, first.count) == ("delivered", "delivered", 5)
    assert [line for _, line, _ in first.examples] == [11, 12, 13]
    assert first.examples[0][2] == late[0].rstrip()
    assert {second.event, third.event} == {"=odd", "opened"}
    assert second.reason == "event not defined in any machine"
    assert result.rejection_kinds(most=1).different == 3


# Deliveries, the extent --------------------------------------------------------------------------


@given(ROWS, st.sampled_from([None, timedelta(hours=1)]))
def test_deliveries_end_where_their_series_end(rows: list[Row], validity: timedelta | None) -> None:
    result = executed(log_of(rows), validity=validity)
    keys = ["delivery_id", "machine", "indicator"]
    last = result.series().group_by(keys).last().drop("until").sort(keys)
    found = result.by_delivery()
    assert_frame_equal(found.drop("to_send").sort(keys), last)
    assert found["to_send"].is_sorted(descending=True)


@given(ROWS)
def test_the_series_of_the_whole_log_is_the_sum_of_its_deliveries(rows: list[Row]) -> None:
    result = executed(log_of(rows))
    whole = result.series(of_deliveries=False)
    alone = executed(log_of(rows).drop("delivery_id")).series()
    assert_frame_equal(whole, alone)


@given(ROWS, st.sampled_from([None, 4500]))
def test_the_extent_is_that_of_the_replay(rows: list[Row], limit: int | None) -> None:
    log = log_of(rows)
    as_of = START + timedelta(seconds=limit) if limit else None
    result = executed(log, as_of=as_of)
    found = result.log.extent(as_of and int(as_of.timestamp()) * 1_000_000)
    counts = result.counts
    expected = (counts.earliest, counts.latest, result.events)
    assert found == (expected if result.events else None)


def test_what_was_announced_needs_no_second_pass(sample: Path) -> None:
    hour = timedelta(hours=1)
    result = replay(open_log([sample]), MODES, companions=load_bare, every=hour, detail=True)
    assert result.in_detail(hour) is result
    plain = replay(open_log([sample]), MODES, companions=load_bare)
    assert (
        plain.in_detail(hour).durations.rows() == result.durations.rows() == plain.durations.rows()
    )
    assert plain.in_detail(hour).traffic.rows() == result.traffic.rows() == plain.traffic.rows()
