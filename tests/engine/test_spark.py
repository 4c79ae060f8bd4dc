"""On Spark a log has the results that it has without: however it is dealt out and cut."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import polars as pl
import polars.selectors as cs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from fsm.catalog import load_bare
from fsm.engine import replay
from fsm.engine import spark as on_spark
from fsm.errors import ArgumentError, LogError, MissingToolError
from fsm.logs.open import open_log
from fsm.machine import Machine
from fsm.simulation import simulate
from tests.depth import samples
from tests.engine.timer_oracle import rows_of_messages, timed_machine

WITH, WITHOUT = load_bare("with-feedback"), load_bare("without-feedback")
MODES = [WITH, WITHOUT]
EVENTS = [*WITH.events, "opened", "clicked", "noise", "confirm", None]
START = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
BATCH = "spark.sql.execution.arrow.maxRecordsPerBatch"
Row = dict[str, Any]


@pytest.fixture
def cut(spark: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Arrow batches of seven rows, and parts of about twenty."""
    before = spark.conf.get(BATCH)
    spark.conf.set(BATCH, "7")
    monkeypatch.setattr(on_spark, "ROWS", 20)
    yield
    spark.conf.set(BATCH, before)


def a_log(rows: int, seed: int = 0) -> pl.DataFrame:
    """Make a log of everything at once: ties, nulls, unknown events, deliveries that change."""
    random = Random(seed)
    return pl.DataFrame(
        {
            "message_id": [random.choice("abcdefghij") for _ in range(rows)],
            "recipient": [random.choice(["", "x", "y", None]) for _ in range(rows)],
            "delivery_id": [random.choice(["d1", "d1", "d1", "d2", None]) for _ in range(rows)],
            "event": random.choices(EVENTS, [9, 5, 2, 4, 3, 2, 3, 2, 1, 1, 1], k=rows),
            "timestamp": [START + random.randrange(60) * HOUR / 4 for _ in range(rows)],
            "seq": [random.choice([None, 1, 2, 3]) for _ in range(rows)],
            "event_id": [random.choice([None, "", "1", "2", "3", "4", "5"]) for _ in range(rows)],
        }
    )


def in_declared_order(log: pl.DataFrame) -> pl.DataFrame:
    """Write a log in the order in which Spark breaks ties."""
    declared = dict.fromkeys([*WITH.events, "opened", "clicked"])
    rank = pl.col("event").replace_strict(
        {event: i for i, event in enumerate(declared)}, default=len(declared), return_dtype=pl.Int64
    )
    by = ["timestamp", *(n for n in ("seq",) if n in log.columns), rank.fill_null(len(declared))]
    by += [n for n in ("event", "delivery_id") if n in log.columns]
    return log.sort(by, nulls_last=True)


def frame(df: Any) -> pl.DataFrame:
    return pl.DataFrame(df.toArrow())


def plain(table: pl.DataFrame) -> pl.DataFrame:
    return table.with_columns(cs.enum().cast(pl.String), cs.unsigned_integer().cast(pl.Int64))


def assert_same(
    spark: Any, log: pl.DataFrame, machines: list[Machine], every: timedelta = HOUR, **options: Any
) -> None:
    """Compare all tables and counts with those of the engine."""
    expected = replay(log, machines, every=every, statuses=True, oracle=False, **options)
    shuffled = log.sample(fraction=1, shuffle=True, seed=1)
    df = spark.createDataFrame(shuffled.to_arrow())
    found = on_spark.replay_on_spark(df, machines, **options)
    counts = found.counts()
    for name in ("events", "messages", "rejected", "duplicates", "to_send", "machines"):
        assert getattr(counts, name) == getattr(expected, name), name
    for mine, theirs in (
        (found.statuses, expected.statuses),
        (found.rejections, expected.rejections.drop("file", "line")),
        (found.series(every), expected.series(every)),
    ):
        assert_frame_equal(frame(mine), plain(theirs), check_row_order=False)
    assert [tuple(row) for row in found.indicators.collect()] == [
        (name, indicator, share.count, share.percent)
        for name, machine in expected.machines.items()
        for indicator, share in machine.indicators.items()
    ]


# The same results ----------------------------------------------------------------------------

OPTIONS: dict[str, dict[str, Any]] = {
    "validity": {"validity": 3 * HOUR},
    "validity until then": {"validity": 3 * HOUR, "as_of": START + 9 * HOUR},
    "without event ids": {"drop": ["event_id"], "dedupe": True, "to_send": 4000},
    "one delivery": {"drop": ["delivery_id", "recipient"], "to_send": 800, "as_of": START + HOUR},
}


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
@pytest.mark.usefixtures("cut")
def test_a_log_of_everything(spark: Any, options: dict[str, Any]) -> None:
    options = dict(options)
    log = in_declared_order(a_log(400).drop(options.pop("drop", [])))
    assert_same(spark, log, MODES, companions=load_bare, **options)


def test_a_simulated_log(spark: Any) -> None:
    (log,) = simulate(WITH, 3000, seed=3, companion=load_bare("engagement"), deliveries=3)
    assert_same(spark, log, MODES, companions=load_bare, validity=timedelta(days=3))


def test_one_machine_without_its_companion(spark: Any) -> None:
    assert_same(spark, in_declared_order(a_log(90)), [load_bare("delivery")])


@pytest.mark.usefixtures("cut")
def test_periods_end_up_to_the_last_instant_of_the_whole_log(spark: Any) -> None:
    rows = [(str(i), event, START) for i in range(30) for event in ("relayed", "soft_bounce")]
    rows.append(("99", "relayed", START + 2 * HOUR))
    df = spark.createDataFrame(rows, ["message_id", "event", "timestamp"])
    df = df.withColumn("message_id", df["message_id"].cast("int"))
    counts = on_spark.replay_on_spark(df, WITH, validity=HOUR).counts()
    assert counts.machines["with-feedback"].expired == 30


@pytest.mark.usefixtures("cut")
def test_a_message_longer_than_many_batches(spark: Any) -> None:
    events = ["relayed", *["soft_bounce"] * 4997, "noise", "delivered"]
    log = pl.DataFrame(
        {
            "message_id": ["long"] * 5000 + ["b", "c"],
            "event": [*events, "relayed", "relayed"],
            "timestamp": [START + timedelta(seconds=i) for i in range(5000)] + [START] * 2,
        }
    )
    assert_same(spark, log, MODES)


def test_the_real_log(spark: Any, corpus: Path) -> None:
    log = open_log(
        [corpus / "logs/newsletter-2013.csv.gz"], {"message_id": "case_id", "event": "activity"}
    )
    assert_same(spark, in_declared_order(log.frame.drop("file", "row")), MODES)


def test_a_log_without_rows(spark: Any) -> None:
    kinds = "message_id string, event string, timestamp timestamp"
    found = on_spark.replay_on_spark(spark.createDataFrame([], kinds), WITH, validity=HOUR)
    counts = found.counts()
    assert (counts.messages, counts.machines["with-feedback"].indicators["Delivered"].percent) == (
        0,
        None,
    )
    assert found.statuses.count() == found.series().count() == 0


SECOND = timedelta(seconds=1)


def timed(random: Random, name: str, *, deadline: bool) -> Machine:
    """Return a random machine with timers of some seconds, of which none is 0."""
    machine = timed_machine(random, name=name, deadline=deadline)
    timers = tuple(replace(t, delay=max(t.delay, 1) * 10**6) for t in machine.timers)
    return replace(machine, timers=timers)


@pytest.mark.parametrize("seed", range(samples(12, 2)))
@pytest.mark.usefixtures("cut")
def test_timers_fire(spark: Any, seed: int) -> None:
    random = Random(seed)
    validity = random.choice((None, 3 * SECOND))
    machines = [timed(random, name, deadline=validity is not None) for name in "mn"]
    rows = [
        (message, START + time * SECOND, event, random.choice("de"))
        for message, events in rows_of_messages(random, 40).items()
        for time, event in events
    ]
    log = pl.DataFrame(rows, ["message_id", "timestamp", "event", "delivery_id"], orient="row")
    end = random.choice((None, START + 20 * SECOND))
    options = {"every": 4 * SECOND, "companions": None, "validity": validity, "as_of": end}
    assert_same(spark, log.sort("timestamp", "event", "delivery_id"), machines, **options)


# Order ---------------------------------------------------------------------------------------


def test_ties_are_in_the_order_the_machines_declare(spark: Any) -> None:
    rows = [("m", event, START) for event in ("noise", "delivered", "relayed")]
    df = spark.createDataFrame(rows, ["message_id", "event", "timestamp"])
    found = on_spark.replay_on_spark(df, WITH)
    assert found.counts().machines["with-feedback"].states["delivered"] == 1
    assert found.statuses.first()["last_event"] == "noise"
    numbered = spark.createDataFrame(
        [(*row, seq) for row, seq in zip(rows, (10, 2, 1), strict=True)],
        ["message_id", "event", "timestamp", "seq"],
    )
    ended = on_spark.replay_on_spark(numbered, WITH).statuses.first()
    assert (ended["last_event"], ended["with-feedback.state"]) == ("noise", "delivered")


@pytest.mark.usefixtures("cut")
def test_messages_of_one_hash_are_told_apart(spark: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from pyspark.sql import functions as sql

    monkeypatch.setattr(sql, "xxhash64", lambda *_: sql.lit(7))
    assert_same(spark, in_declared_order(a_log(90)), MODES)


def test_the_time_zone_of_the_session_changes_nothing(spark: Any) -> None:
    rows = [("m", "relayed", START), ("m", "soft_bounce", START + HOUR)]
    df = spark.createDataFrame(rows, ["message_id", "event", "timestamp"])
    before = spark.conf.get("spark.sql.session.timeZone")
    spark.conf.set("spark.sql.session.timeZone", "+05:30")
    try:
        found = on_spark.replay_on_spark(df, WITH, validity=HOUR, as_of=START + HOUR)
        assert found.counts().machines["with-feedback"].expired == 1
        assert (
            found.statuses.collect()[0]["last_timestamp"].timestamp() == (START + HOUR).timestamp()
        )
    finally:
        spark.conf.set("spark.sql.session.timeZone", before)


@given(st.lists(st.integers(0, 9), max_size=60), st.lists(st.integers(0, 60)), st.integers(1, 30))
def test_parts_end_between_two_messages(keys: list[int], cuts: list[int], rows: int) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    keys.sort()
    table = pyarrow.table({"key": keys, "timestamp": range(len(keys), 0, -1)})
    table = table.cast(pyarrow.schema([("key", "int64"), ("timestamp", "int64")]))
    bounds = [0, *sorted(min(c, len(keys)) for c in cuts), len(keys)]
    batches = [batch for a, b in pairwise(bounds) for batch in table.slice(a, b - a).to_batches()]
    parts = list(on_spark._parts(batches, rows))
    held = [part["key"].unique().to_list() for part in parts]
    assert sorted(key for some in held for key in some) == sorted(set(keys))
    assert sum(part.height for part in parts) == len(keys)
    largest = max((keys.count(key) for key in keys), default=0)
    batch = max((batch.num_rows for batch in batches), default=0)
    assert all(part.height <= rows + batch + largest for part in parts)
    assert all(part["timestamp"].is_sorted() for part in parts)


# Refusals ------------------------------------------------------------------------------------


@pytest.mark.parametrize("lacking", ["message_id", "timestamp"])
def test_a_row_without_message_or_time_stops_the_job(spark: Any, lacking: str) -> None:
    kinds = "message_id string, event string, timestamp timestamp"
    row = {"message_id": "m", "event": "relayed", "timestamp": START} | {lacking: None}
    found = on_spark.replay_on_spark(spark.createDataFrame([row], kinds), WITH, as_of=START)
    with pytest.raises(Exception, match=f"a row of the log has no {lacking}"):
        found.counts()


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ("at timestamp", "no column 'timestamp'; there are: message_id, event, at"),
        ("timestamp timestamp_ntz", "timestamp is of type timestamp_ntz; cast it to timestamp"),
        ("timestamp timestamp, seq string", "seq is of type string; cast it to bigint"),
    ],
)
def test_columns_that_are_no_log_are_refused(spark: Any, columns: str, message: str) -> None:
    with pytest.raises(LogError, match=message):
        on_spark.replay_on_spark(
            spark.createDataFrame([], f"message_id int, event string, {columns}"), WITH
        )


def test_other_refusals(spark: Any) -> None:
    rows = [("m", "relayed", START), ("n", "relayed", START)]
    df = spark.createDataFrame(rows, ["message_id", "event", "timestamp"])
    with pytest.raises(LogError, match="1 message to send, but the log has 2"):
        on_spark.replay_on_spark(df, WITH, to_send=1).counts()
    with pytest.raises(ArgumentError, match="every: 0:00:00 is not a duration"):
        on_spark.replay_on_spark(df, WITH).series(timedelta(0))


def test_without_spark_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_spark, "find_spec", lambda _: None)
    with pytest.raises(MissingToolError, match=r"pip install 'delivery-fsm\[spark\]'"):
        on_spark.replay_on_spark(None, WITH)  # type: ignore[arg-type]
