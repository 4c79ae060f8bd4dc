"""The exact series and what the report says of all times, each against a walk event by event."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fsm.catalog import load_bare
from fsm.engine import Replay, buckets, exact_series, product_machine, replay
from fsm.engine.exact_series import Curve, Moments
from fsm.errors import LogError
from fsm.logs import rows as log_rows
from fsm.machine import Indicator, Machine, State, Transition
from fsm.reports.divergence import ComparedIndicator, compare_series
from tests.depth import samples

START = datetime(2026, 1, 1, tzinfo=UTC)
WITH, WITHOUT, ENGAGEMENT = map(load_bare, ("with-feedback", "without-feedback", "engagement"))
PLAIN = Machine(  # no indicator and no status
    "plain",
    "Plain",
    tuple(State(name, None, name, (name,)) for name in ("off", "on")),
    ("delivered",),
    (Transition("off", "delivered", "on", "delivered"),),
    "off",
)
BLINKING = Machine(  # its indicator rises and falls again and again
    "blinking",
    "Blinking",
    (State("dark", None, "Dark", ("dark",)), State("lit", "Lit", "Lit", ("lit",))),
    ("opened", "relayed"),
    (
        Transition("dark", "opened", "lit", "opened"),
        Transition("lit", "opened", "dark", "opened"),
        Transition("dark", "relayed", "lit", "relayed"),
    ),
    "dark",
    (Indicator("Delivered", frozenset({"Lit"})),),
)
LIT = replace(BLINKING, name="lit", initial="lit")  # counts a message that does nothing
TEAMS = {
    "both modes": [WITH, WITHOUT],
    "one alone": [WITH],
    "a machine without indicators": [PLAIN, WITH],
    "an initial state that counts": [WITHOUT, LIT, WITH],
    "rising and falling": [BLINKING, WITHOUT],
}
EVENTS = [*WITH.events, "opened", "clicked", "noise"]
ROWS = st.lists(
    st.tuples(st.sampled_from("abcdef"), st.sampled_from(EVENTS), st.integers(0, 40)),
    min_size=1,
    max_size=60,
)
PIECES = st.sampled_from([1, 7, 1 << 18])
Row = tuple[str, str, int]


def log_of(rows: list[Row]) -> pl.DataFrame:
    """Make a log of (message, event, half minutes since the start)."""
    return pl.DataFrame(
        {
            "message_id": [row[0] for row in rows],
            "event": [row[1] for row in rows],
            "timestamp": [START + timedelta(seconds=30 * row[2]) for row in rows],
            "delivery_id": [f"{row[0] in 'abc'}" for row in rows],
        }
    )


def executed(rows: list[Row], machines: list[Machine], **options: object) -> Replay:
    return replay(log_of(rows), machines, companions=load_bare, **options)  # type: ignore[arg-type]


def naive(
    rows: list[Row], machines: list[Machine], validity: int | None = None
) -> dict[int, dict[Curve, int]]:
    """Return the counts after each instant, one event after the other, times in half minutes.

    The end of a period comes before the events of its instant.
    """
    ordered = sorted(rows, key=lambda row: row[2])
    last = ordered[-1][2]
    begun: dict[str, int] = {}
    for message, event, at in ordered:
        if event == "relayed":
            begun.setdefault(message, at)
    happens = [(at, 1, message, event) for message, event, at in ordered]
    if validity is not None:
        ends = ((message, at + validity) for message, at in begun.items())
        happens += [(end, 0, message, "") for message, end in ends if end <= last]
    states = {m.name: defaultdict[str, str](lambda m=m: m.initial) for m in machines}  # type: ignore[misc]
    over: set[str] = set()
    found: dict[int, dict[Curve, int]] = {}
    for at, _, message, event in sorted(happens, key=lambda one: one[:2]):
        if not event:
            over.add(message)
        for machine in machines:
            own = states[machine.name]
            step = machine.step(own[message], event) if event in machine.events else None
            own[message] = step.target if step else own[message]
            due = machine.deadline
            if due and message in over and own[message] == due.state:
                forced = machine.step(due.state, due.event)
                assert forced
                own[message] = forced.target
        found[at] = {
            (machine.name, i.name): sum(
                i.counts(machine.status(state)) for state in states[machine.name].values()
            )
            for machine in machines
            for i in machine.indicators
        }
    return found


def told(series: Iterator[Moments]) -> dict[int, dict[Curve, int]]:
    """Return the series as plain values, times in half minutes; each instant must be new."""
    found: dict[int, dict[Curve, int]] = {}
    for part in series:
        for place, micros in enumerate(part.times.tolist()):
            at = int((micros - START.timestamp() * 1_000_000) // 30_000_000)
            assert not found or at > max(found)
            found[at] = {line: int(counts[place]) for line, counts in part.counts.items()}
    return found


def only_changes(found: dict[int, dict[Curve, int]]) -> dict[int, dict[Curve, int]]:
    """Leave out instants at which nothing changes."""
    kept: dict[int, dict[Curve, int]] = {}
    before = dict.fromkeys(next(iter(found.values())), 0)
    for at, counts in found.items():
        if counts != before:
            kept[at] = before = counts
    return kept


@pytest.mark.parametrize("cells", [1, 1 << 16], ids=["machines apart", "machines together"])
@pytest.mark.parametrize("name", TEAMS)
@given(rows=ROWS, validity=st.sampled_from([None, None, 3, 20]), pieces=PIECES)
@example(rows=[("a", "opened", 0), ("a", "opened", 1), ("a", "opened", 1)], validity=None, pieces=1)
@settings(max_examples=samples(60, 3))
def test_the_exact_series_is_that_of_single_events(
    name: str, cells: int, rows: list[Row], validity: int | None, pieces: int
) -> None:
    machines = TEAMS[name]
    period = None if validity is None else timedelta(seconds=30 * validity)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exact_series, "PIECE", pieces)
        patch.setattr(exact_series, "_LEAST_PIECE", 1)
        patch.setattr(log_rows, "ROWS", pieces)
        patch.setattr(buckets, "BUCKET", pieces)
        patch.setattr(product_machine, "MOST_CELLS", cells)
        result = executed(rows, machines, validity=period)
        found = told(result.exact_series())
    everyone = [*machines, ENGAGEMENT] if any(m.companion for m in machines) else machines
    expected = only_changes(naive(rows, everyone, validity))
    assert {at: dict(sorted(counts.items())) for at, counts in found.items()} == {
        at: dict(sorted(counts.items())) for at, counts in expected.items()
    }


@given(rows=ROWS, pieces=PIECES)
@settings(max_examples=samples(200, 10))
def test_extremes_are_those_of_single_events(rows: list[Row], pieces: int) -> None:
    pairs = [
        ComparedIndicator(i.name, (WITH.name, i.name), (WITHOUT.name, i.name))
        for i in WITHOUT.indicators
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exact_series, "PIECE", pieces)
        patch.setattr(exact_series, "_LEAST_PIECE", 1)
        patch.setattr(log_rows, "ROWS", pieces)
        found = compare_series(executed(rows, [WITH, WITHOUT]).exact_series(), pairs)
    counts = naive(rows, [WITH, WITHOUT])
    by_name = {one.indicator: one for one in found.divergences}
    for pair in pairs:
        gaps = {at: abs(line[pair.a] - line[pair.b]) for at, line in counts.items()}
        one = by_name.pop(pair.indicator, None)
        assert (one is not None) == any(gaps.values())
        if one is None:
            continue
        most = max(gaps.values())
        first = next(at for at, gap in gaps.items() if gap == most)
        assert (one.most, one.at) == (most, micros(first))
        assert one.counts == (counts[first][pair.a], counts[first][pair.b])
        assert one.apart == list(gaps.values())[-1]
        apart = max(at for at, gap in gaps.items() if gap)
        since = min((at for at in gaps if at > apart), default=None)
        assert one.converged_at == (None if since is None else micros(since))
        assert one.at in found.points
    assert not by_name


def micros(at: int) -> int:
    return int((START + timedelta(seconds=30 * at)).timestamp() * 1_000_000)


@given(ROWS)
@settings(max_examples=samples(60, 3))
def test_a_series_ends_with_the_counts_of_the_log(rows: list[Row]) -> None:
    machines = [LIT, WITHOUT, BLINKING]
    result = executed(rows, machines, every=timedelta(minutes=1))
    series = result.series(timedelta(minutes=1), of_deliveries=False)
    ends = series.group_by("machine", "indicator").agg(pl.col("count").last())
    told = {(machine, name): count for machine, name, count in ends.rows()}
    for machine in machines:
        shares = result.machines[machine.name].indicators
        for indicator in machine.indicators:
            assert told.get((machine.name, indicator.name), 0) == shares[indicator.name].count


def test_messages_of_two_runs_begin_once(tmp_path: Path) -> None:
    """The first run leaves its messages in a state that counts, the second one goes on."""
    result = None
    for day, rows in enumerate(([("a", "noise", 1), ("b", "opened", 2)], [("a", "opened", 4)])):
        path = tmp_path / f"{day}.parquet"
        log_of(rows).write_parquet(path)
        result = replay(
            path, [LIT], checkpoint=tmp_path / "kept", every=timedelta(minutes=1), companions=None
        )
    assert result is not None
    series = result.series(timedelta(minutes=1)).sort("until")
    assert series["count"].to_list() == [1, 1, 0]
    assert result.machines["lit"].indicators["Delivered"].count == 0


def test_what_was_dropped_is_not_in_it() -> None:
    twice: list[Row] = [("a", "relayed", 0), ("a", "relayed", 0), ("a", "delivered", 2)]
    series = told(executed(twice, [WITHOUT], dedupe=True).exact_series())
    assert {at: counts["without-feedback", "Delivered"] for at, counts in series.items()} == {0: 1}


def test_it_goes_to_the_disk_beyond_the_memory_it_may_take(tmp_path: Path) -> None:
    rows: list[Row] = [(m, e, i) for i, m in enumerate("abcdef") for e in ("relayed", "opened")]
    small = executed(rows, [WITH, WITHOUT], memory=0)
    assert told(small.exact_series()) == told(executed(rows, [WITH, WITHOUT]).exact_series())


def test_a_checkpoint_keeps_no_times(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("message_id,event,timestamp\na,relayed,2026-01-01T00:00:00Z\n")
    result = replay(path, [WITH], checkpoint=tmp_path / "kept")
    with pytest.raises(LogError, match="the exact series needs the whole log"):
        result.exact_series()


@pytest.mark.parametrize(
    ("rows", "starts"),
    [
        pytest.param([("a", "relayed", 1), ("b", "relayed", 5)], (1, 5), id="two messages"),
        pytest.param([("a", "relayed", 1), ("a", "relayed", 9)], (1, 1), id="handed over twice"),
        pytest.param([("a", "relayed", 9), ("a", "relayed", 1)], (1, 1), id="not in order"),
        pytest.param([("a", "opened", 1)], None, id="never handed over"),
    ],
)
def test_a_period_begins_with_the_first_hand_over(
    rows: list[Row], starts: tuple[int, int] | None
) -> None:
    counts = executed(rows, [WITH], validity=timedelta(hours=1)).counts
    found = counts.starts.get("relayed")
    assert found == (None if starts is None else tuple(map(micros, starts)))


@pytest.mark.parametrize("bits", [7, 8, 15, 16, 31, 32])
@pytest.mark.parametrize("sign", [1, -1])
def test_many_changes_at_one_instant_are_counted(bits: int, sign: int) -> None:
    for edge in (-1, 0, 1):
        values = np.array([0, sign * (2**bits + edge), -sign])
        assert exact_series._narrow(values).tolist() == values.tolist()


def test_many_messages_move_at_one_instant() -> None:
    rows: list[Row] = [(f"m{n}", "relayed", 1) for n in range(128)]
    rows += [(f"m{n}", "hard_bounce", 2) for n in range(128)]
    series = told(executed(rows, [WITHOUT]).exact_series())
    line = "without-feedback", "Delivered"
    assert {at: counts[line] for at, counts in series.items()} == {1: 128, 2: 0}
