"""The figures of a report, each against what they are made of."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsm.catalog import load, load_bare
from fsm.engine import Replay, replay
from fsm.engine.explanation import explain
from fsm.errors import LogError
from fsm.logs.open import open_log
from fsm.reports.curves import Curves, thinned
from fsm.reports.deliveries import largest_deliveries
from fsm.reports.divergence import ComparedIndicator, SeriesComparison, compare_series
from fsm.reports.durations import stay_histograms
from fsm.reports.figures import compute_figures
from fsm.reports.flow import group_by_skeleton, state_flows
from fsm.reports.histories import read_histories
from fsm.reports.periods import time_at
from fsm.reports.sections import charted_indicators, validity_period
from fsm.reports.sentences import divergence_sentences, format_time, validity_sentence

MODES = ("with-feedback", "without-feedback")
ONE = {"message_id": ["a"], "event": ["relayed"], "timestamp": [datetime(2026, 1, 1, tzinfo=UTC)]}
START = datetime(2026, 1, 1, tzinfo=UTC)


def replayed(source: object, *names: str, **options: object) -> Replay:
    machines = [load(name) for name in names or MODES]
    return replay(source, machines, companions=load, **options)  # type: ignore[arg-type]


# Curves ----------------------------------------------------------------------------------------

LINES = st.lists(st.integers(-30, 30), min_size=2, max_size=60)


def two_lines(a: list[int], b: list[int], to_send: int = 100) -> Curves:
    size = min(len(a), len(b))
    lines = {("I", "a"): np.cumsum(a[:size]), ("I", "b"): np.cumsum(b[:size])}
    return Curves(np.arange(size) * 10, lines, to_send)


@given(LINES, LINES, st.sampled_from([100, 10_000]))
def test_thinned_curves_are_never_off_by_what_an_eye_can_see(
    a: list[int], b: list[int], to_send: int
) -> None:
    whole = two_lines(a, b, to_send)
    few = thinned(whole)
    at = np.searchsorted(few.times, whole.times, side="right") - 1
    for key, line in whole.lines.items():
        assert np.abs(line - few.lines[key][at]).max() < max(1, to_send // 1000)
    assert few.times[0] == whole.times[0]
    assert few.times[-1] == whole.times[-1]


def test_a_burst_in_a_long_log_is_where_most_happens() -> None:
    steps = [0] * 1000
    steps[700:710] = [50] * 10
    curves = two_lines(steps, steps)
    low, high = curves.busiest() or (0, 0)
    assert low < 7000 <= 7090 < high
    assert high - low < 200
    assert two_lines([1] * 1000, [1] * 1000).busiest() is None


# The sample, figure by figure ------------------------------------------------------------------


def test_the_modes_diverge_and_converge_in_the_sample(sample: Path) -> None:
    found = compute_figures(replayed(sample), timedelta(seconds=1), 10)
    a, b = found.sides
    assert [side.label for side in found.sides] == [
        "With feedback service",
        "Without feedback service",
    ]
    assert list(divergence_sentences(found.comparison, a, b, found.unit)) == [
        (
            "Delivered: largest difference on 2 March 2026, 09:00:02 UTC, 3 messages: 0.00 % with "
            "feedback service, 100.00 % without feedback service."
        ),
        (
            "Bounces + errors: largest difference on 2 March 2026, 09:00:05 UTC, 1 message: "
            "33.33 % with feedback service, 0.00 % without feedback service."
        ),
        "They converge on 2 March 2026, 09:40:00 UTC and agree from then on.",
    ]


def test_what_is_apart_at_the_end_is_told_with_its_states(sample: Path) -> None:
    result = replayed(sample, as_of=datetime(2026, 3, 2, 9, 30, tzinfo=UTC))
    found = compute_figures(result, timedelta(seconds=1), 10)
    *_, last = divergence_sentences(found.comparison, *found.sides)
    assert last == "At the end of the log they still differ by 1 message (1 in retrying)."


def test_equal_machines_say_so(sample: Path) -> None:
    result = replayed(sample)
    a, b = compute_figures(result, timedelta(seconds=1), 0).sides
    pair = ComparedIndicator("Delivered", (MODES[0], "Delivered"), (MODES[0], "Delivered"))
    assert list(divergence_sentences(compare_series(result.exact_series(), [pair]), a, b)) == [
        "With feedback service and without feedback service agree at all times: Delivered."
    ]


def test_what_parts_within_a_period_is_seen(tmp_path: Path) -> None:
    """Thirty messages are handed over and delivered within ten seconds of a log of two months."""
    burst = [("relayed", 3), ("delivered", 9)]
    rows = [(f"m{i}", event, timedelta(seconds=at)) for event, at in burst for i in range(30)]
    rows += [("later", "relayed", timedelta(days=60)), ("later", "delivered", timedelta(days=61))]
    log = pl.DataFrame(
        {
            "message_id": [row[0] for row in rows],
            "event": [row[1] for row in rows],
            "timestamp": [START + row[2] for row in rows],
        }
    )
    found = compute_figures(replayed(log), None, 0)
    assert found.every > timedelta(minutes=1)
    (one,) = found.comparison.divergences
    assert (one.most, time_at(one.at)) == (30, START + timedelta(seconds=3))
    place = found.curves.times.tolist().index(int(START.timestamp()) + 3)
    lines = found.curves.lines
    assert [int(lines["Delivered", mode][place]) for mode in MODES] == [0, 30]


def test_a_companions_chart_is_shown_if_it_ever_counts() -> None:
    """A machine whose indicator rises and falls within one period."""
    never, ever = SeriesComparison(), SeriesComparison(moved=frozenset({("engagement", "Opens")}))
    found = compute_figures(replayed(pl.DataFrame(ONE)), None, 0)
    assert "Opens" not in charted_indicators(replace(found, comparison=never))
    assert "Opens" in charted_indicators(replace(found, comparison=ever))


def test_machines_without_a_common_indicator_are_not_called_equal() -> None:
    result = replayed(pl.DataFrame(ONE), MODES[0], "engagement")
    found = compute_figures(result, None, 0)
    (said,) = divergence_sentences(found.comparison, *found.sides)
    assert said == (
        "Sending log, with feedback service and recipient engagement have no indicator in common, "
        "so they are not compared over time."
    )


def test_states_balance(sample: Path) -> None:
    result = replayed(sample, to_send=5)
    found = {
        p.state: p for p in state_flows(load(MODES[0]), result.machines[MODES[0]], result.traffic)
    }
    assert {name: (p.entered, p.now) for name, p in found.items()} == {
        "to_send": (5, 2),
        "awaiting": (3, 0),
        "delivered": (2, 2),
        "retrying": (1, 0),
        "hard_bounced": (1, 1),
        "retries_exhausted": (0, 0),
    }
    for passage in found.values():
        assert passage.entered - passage.now == sum(e.count for e in passage.exits)


def test_modes_have_one_skeleton_and_other_machines_their_own() -> None:
    machines = tuple(map(load_bare, ("with-feedback", "delivery", "without-feedback")))
    groups = group_by_skeleton(machines)
    assert [[m.name for m in group] for group in groups] == [
        ["with-feedback", "without-feedback"],
        ["delivery"],
    ]


def test_waiting_is_counted_in_bins_with_exact_quantiles(sample: Path) -> None:
    result = replayed(sample)
    first, second = stay_histograms(load(MODES[0]), result.durations)
    assert (first.state, first.ended, first.lasting) == ("retrying", 1, 0)
    assert first.median == first.longest == 39 * 60 + 55
    assert [(b.low, b.high, b.counts) for b in first.bins] == [(1800, 3600, {"retry_succeeded": 1})]
    assert (second.state, second.median, second.ninety_fifth) == ("awaiting", 5, 7)
    assert sum(b.total for b in second.bins) == 3


@pytest.mark.parametrize(
    ("validity", "starts", "span", "said"),
    [
        (None, None, None, "Retries never expire because --validity was not given."),
        (2, None, None, "The validity period of 2 h never started: no message was handed over."),
        (
            2,
            (0, 0),
            (7200, 7200),
            "The validity period of 2 h ends on 1 January 1970, 02:00:00 UTC.",
        ),
        (
            2,
            (0, 3_600_000_000),
            (7200, 10800),
            (
                "The validity periods of 2 h end between 1 January 1970, 02:00:00 UTC and "
                "1 January 1970, 03:00:00 UTC."
            ),
        ),
        (
            2.00001,
            (0, 0),
            (7200, 7200),
            "The validity period of 2 h 0.036 s ends on 1 January 1970, 02:00:00 UTC.",
        ),
        (
            9,
            (0, 0),
            None,
            (
                "The validity period of 9 h ends after the log, on 1 January 1970, 09:00:00 UTC "
                "for the first message."
            ),
        ),
    ],
)
def test_validity_periods_in_words(
    validity: float | None,
    starts: tuple[int, int] | None,
    span: tuple[int, int] | None,
    said: str,
) -> None:
    end = datetime(1970, 1, 1, 5, tzinfo=UTC)
    period = timedelta(hours=validity) if validity else None
    assert validity_sentence(period, starts, end) == (span, said)


def test_a_period_that_ends_between_the_last_event_and_the_end_is_in_the_sentence() -> None:
    rows = {**ONE, "event": ["soft_bounce"], "timestamp": [START + timedelta(hours=1)]}
    result = replayed(
        pl.concat([pl.DataFrame(ONE), pl.DataFrame(rows)]),
        validity=timedelta(hours=2),
        as_of=START + timedelta(hours=3),
    )
    assert result.machines["with-feedback"].expired == 1
    span, said = validity_period(compute_figures(result, None, 10))
    assert said == "The validity period of 2 h ends on 1 January 2026, 02:00:00 UTC."
    assert span == (int(START.timestamp()) + 7200,) * 2


def test_the_largest_deliveries_come_first() -> None:
    log = pl.DataFrame(
        {
            "message_id": ["a", "b", "c", "d"],
            "event": ["relayed"] * 4,
            "timestamp": [START] * 4,
            "delivery_id": ["x", "y", "y", None],
        }
    )
    found = largest_deliveries(replayed(log).by_delivery(), most=2)
    assert found.whole == 3
    assert next((d.name, d.to_send) for d in found.first) == ("y", 2)
    assert found.first[0].shares["without-feedback", "Delivered"].count == 2


# Histories -------------------------------------------------------------------------------------

EVENTS = st.sampled_from([*load_bare(MODES[0]).events, "opened", "noise"])
ROWS = st.lists(
    st.tuples(st.sampled_from("abc"), EVENTS, st.integers(0, 50)), min_size=1, max_size=30
)


@given(ROWS, st.sampled_from([None, timedelta(minutes=10)]))
def test_histories_are_those_that_explain_tells(
    rows: list[tuple[str, str, int]], validity: timedelta | None
) -> None:
    log = pl.DataFrame(
        {
            "message_id": [row[0] for row in rows],
            "event": [row[1] for row in rows],
            "timestamp": [START + timedelta(minutes=row[2]) for row in rows],
        }
    )
    result = replayed(log, validity=validity)
    told = [load(MODES[0]), load("engagement")]
    found = read_histories(result, told, 10)
    assert sorted(found.ids) == sorted({row[0] for row in rows})
    begin = 0
    for message, end in zip(found.ids, found.ends, strict=True):
        (story,) = explain(result.log, message, [told[0]], companions=load, validity=validity)
        times = np.cumsum(found.times[begin:end]).tolist()
        assert [(int(e.timestamp.timestamp() * 1000), e.event) for e in story.entries] == [
            (time, found.event_names[code])
            for time, code in zip(times, found.events[begin:end], strict=True)
        ]
        for number, machine in enumerate(told):
            names = [state.name for state in machine.states]
            expected = [
                next(
                    (
                        -2 if c.rejected else names.index(c.after)
                        for c in e.changes
                        if c.machine == machine.name
                    ),
                    -1,
                )
                for e in story.entries
            ]
            assert list(found.after[number][begin:end]) == expected
        lines = [int(e.place.rpartition(":")[2] or 0) for e in story.entries]
        assert list(found.lines[begin:end]) == lines
        begin = end


def test_a_page_has_the_first_messages_and_leaves_out_endless_ones() -> None:
    ids = ["long"] * 1001 + [f"m{i}" for i in range(20)]
    log = pl.DataFrame(
        {"message_id": ids, "event": ["relayed"] * len(ids), "timestamp": [START] * len(ids)}
    )
    found = read_histories(replayed(log), [load(MODES[0])], 10)
    assert sorted(found.ids) == sorted(f"m{i}" for i in range(9))
    assert read_histories(replayed(log), [load(MODES[0])], 0).ids == []


def test_texts_of_a_page_are_bounded() -> None:
    ids = [f"{'x' * 5000}{i}" for i in range(9000)]
    log = pl.DataFrame(
        {
            "message_id": ids,
            "recipient": ids,
            "event": ["relayed"] * len(ids),
            "timestamp": [START] * len(ids),
        }
    )
    found = read_histories(replayed(log), [load(MODES[0])], 9000)
    assert 1000 < len(found.ids) < 9000
    assert max(map(len, found.ids)) == 200


# The real log ----------------------------------------------------------------------------------


def test_the_real_logs_figures(corpus: Path) -> None:
    columns = {"message_id": "case_id", "event": "activity"}
    log = open_log([corpus / "logs/newsletter-2013.csv.gz"], columns)
    found = compute_figures(replayed(log), None, 10_000)
    retrying, _ = stay_histograms(found.sides[0].machine, found.replay.durations)
    ended = Counter[str]()
    for part in retrying.bins:
        ended.update(part.counts)
    assert ended == {"retry_succeeded": 952, "hard_bounce": 30, "retry_failed": 11, "": 189}
    own = found.replay.durations.filter(
        (pl.col("event") == "retry_succeeded") & (pl.col("machine") == MODES[0])
    ).sort("seconds")
    reached = own["count"].cum_sum() / 952
    minutes = [int(own["seconds"][int((reached < part).sum())]) / 60 for part in (0.5, 0.95)]
    assert round(minutes[0]) == 37
    assert 7.0 < minutes[1] / 60 < 7.2
    delivered, bounced = found.comparison.divergences
    assert (delivered.apart, bounced.apart) == (189, 189)
    assert (delivered.most, format_time(time_at(delivered.at))) == (
        739,
        "10 June 2013, 15:34:20 UTC",
    )
    assert len(found.histories.ids) == 9266


def test_nothing_to_report_is_said(sample: Path) -> None:
    with pytest.raises(LogError, match="no events to report on"):
        compute_figures(replayed(sample, as_of=datetime(2020, 1, 1, tzinfo=UTC)), None, 10)
