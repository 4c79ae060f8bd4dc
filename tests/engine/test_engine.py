"""One log, one result: however it is cut, ordered, kept and given."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from fsm.catalog import load_bare, machine_class
from fsm.compile import crosscheck
from fsm.engine import Replay, buckets, encode, product_machine, replay
from fsm.errors import LogError, MachineError
from fsm.logs import rows as log_rows
from fsm.logs.open import open_log
from fsm.machine import Machine, State, Transition
from fsm.trace import run
from tests.depth import samples

MACHINES = [load_bare("with-feedback"), load_bare("without-feedback")]
EVENTS = st.sampled_from([*MACHINES[0].events, "opened", "clicked", "noise"])
ROWS = st.lists(
    st.tuples(st.sampled_from("abcdef"), EVENTS, st.integers(0, 40), st.sampled_from(["x", "y"])),
    min_size=1,
    max_size=60,
)
START = datetime(2026, 1, 1, tzinfo=UTC)
Row = tuple[str, str, int, str]


def log_of(rows: list[Row]) -> pl.DataFrame:
    """Make a log of (message, event, quarter of an hour, delivery), in order of time."""
    ordered = sorted(rows, key=lambda row: row[2])
    return pl.DataFrame(
        {
            "message_id": [row[0] for row in ordered],
            "event": [row[1] for row in ordered],
            "timestamp": [START + timedelta(minutes=15 * row[2]) for row in ordered],
            "delivery_id": [row[3] for row in ordered],
            "seq": range(len(ordered)),
            "event_id": [f"e{i}" for i in range(len(ordered))],
        }
    )


def executed(source: object, **options: object) -> Replay:
    options = {"validity": timedelta(hours=3)} | options
    return replay(source, MACHINES, companions=load_bare, **options)  # type: ignore[arg-type]


def facts(result: Replay) -> tuple[object, ...]:
    """Everything a replay says, but where its rows stood in the files."""
    rejections = result.rejections.drop("file", "line")
    return (
        {k: v for k, v in result.as_dict().items() if k not in ("duplicates", "balance")},
        result.series().rows(),
        sorted(result.statuses.rows(), key=repr),
        sorted(rejections.rows(), key=repr),
    )


@settings(max_examples=samples(25), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ROWS, st.integers(0, 2**32), st.sampled_from([None, timedelta(hours=3)]))
def test_one_log_has_one_result(
    tmp_path: Path, rows: list[Row], seed: int, validity: timedelta | None
) -> None:
    log, random = log_of(rows), Random(seed)
    expected = facts(executed(log, validity=validity))
    shuffled = log.sample(fraction=1, shuffle=True, seed=seed)
    paths = [tmp_path / f"{i}.{form}" for i, form in enumerate(("csv", "parquet", "jsonl"))]
    cuts = sorted(random.randrange(log.height + 1) for _ in range(2))
    bounds = list(zip([0, *cuts], [*cuts, log.height], strict=True))
    parts = [shuffled[a:b] for a, b in bounds if b > a]
    text = pl.col("timestamp").dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    for part, path in zip(parts, paths, strict=False):
        if path.suffix == ".parquet":
            part.write_parquet(path)
        elif path.suffix == ".csv":
            part.with_columns(text).write_csv(path)
        else:
            part.with_columns(text, pl.col("seq").cast(pl.String)).write_ndjson(path)
    ways = {
        "shuffled": (shuffled, {}),
        "on the disk": (log, {"memory": 0}),
        "one worker": (log, {"workers": 1}),
        "in one pass": (log, {"every": timedelta(hours=1), "statuses": True}),
        "duplicated": (pl.concat([log, shuffled]), {}),
        "duplicated, without ids": (
            pl.concat([log, log.sample(fraction=0.5, seed=seed)]).drop("event_id"),
            {"dedupe": True},
        ),
        "in files": (paths[: len(parts)], {}),
    }
    for way, (source, options) in ways.items():
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(log_rows, "ROWS", random.choice([1, 3, 1000]))
            patch.setattr(buckets, "BUCKET", random.choice([1, 5, 1000]))
            if way == "duplicated, without ids":
                expected_here = facts(
                    executed(log.drop("event_id"), validity=validity, dedupe=True)
                )
            else:
                expected_here = expected
            assert facts(executed(source, validity=validity, **options)) == expected_here, way


@given(ROWS)
def test_each_message_ends_where_its_run_ends(rows: list[Row]) -> None:
    log = log_of(rows)
    result = executed(log, validity=None)
    statuses = {row["message_id"]: row for row in result.statuses.iter_rows(named=True)}
    for (message,), part in log.group_by("message_id", maintain_order=True):
        trace = part["event"].to_list()
        row = statuses[message]
        assert (row["events"], row["last_event"]) == (len(trace), trace[-1])
        for machine in MACHINES:
            end = run(machine, trace)[-1].after
            assert row[f"{machine.name}.state"] == end
            assert row[f"{machine.name}.status"] == machine.status(end)


@given(ROWS)
def test_traffic_is_what_the_runs_of_all_messages_meet(rows: list[Row]) -> None:
    log = log_of(rows)
    met = Counter[tuple[str, str, str, str | None]]()
    for _, part in log.group_by("message_id", maintain_order=True):
        for machine in (*MACHINES, load_bare("engagement")):
            trace = [event for event in part["event"] if event in machine.alphabet]
            for step in run(machine, trace):
                target = step.transition.target if step.transition else None
                met[machine.name, step.before, step.event, target] += 1
    found = executed(log, validity=None).traffic
    assert {row[:4]: row[4] for row in found.rows()} == met


def test_duplicates_are_counted_and_not_executed() -> None:
    log = pl.DataFrame(
        {
            "message_id": ["m", "m", "m", "n", "n"],
            "event": ["relayed", "relayed", "delivered", "relayed", "delivered"],
            "timestamp": [START, START, START + timedelta(seconds=1), START, START],
            "event_id": ["1", "1", "2", None, ""],
        }
    )
    result = executed(log, validity=None)
    assert (result.events, result.duplicates, result.rejected) == (4, 1, 0)
    assert result.as_dict()["duplicates"] == 1
    without = executed(log.drop("event_id"), validity=None)
    assert (without.events, without.duplicates, without.rejected) == (5, None, 1)
    assert "duplicates" not in without.as_dict()
    deduped = executed(log.drop("event_id"), validity=None, dedupe=True)
    assert (deduped.events, deduped.duplicates, deduped.rejected) == (4, 1, 0)


def test_messages_of_one_hash_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys that collide are told apart by the second hash alone."""
    rows = [(name, "relayed", i, "x") for i, name in enumerate("abcdef")]
    real = encode.Encoder._batch

    def colliding(self: encode.Encoder, *args: object) -> encode.EncodedBatch:
        batch = real(self, *args)  # type: ignore[arg-type]
        alike = np.full_like(batch.rows.keys, 7)
        return replace(batch, rows=replace(batch.rows, keys=alike))

    expected = facts(executed(log_of(rows)))
    monkeypatch.setattr(encode.Encoder, "_batch", colliding)
    assert facts(executed(log_of(rows))) == expected


def test_machines_too_large_for_one_table_run_as_two_products(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = [("a", "relayed", 0, "x"), ("a", "relayed", 1, "x"), ("b", "opened", 2, "y")]
    expected = facts(executed(log_of(rows)))
    monkeypatch.setattr(product_machine, "MOST_CELLS", 1)
    assert len(product_machine.product_of(MACHINES, None)) == 2
    assert facts(executed(log_of(rows))) == expected


def test_a_machine_of_many_states() -> None:
    names = [f"s{i}" for i in range(300)]
    states = tuple(State(name, name, name, (name,)) for name in names)
    steps = tuple(Transition(a, "next", b, "next") for a, b in pairwise(names))
    counter = Machine("counter", "Counter", states, ("next",), steps, "s0")
    log = log_of([("a", "next", i, "x") for i in range(298)] + [("b", "next", 1, "x")])
    result = replay(log, counter, statuses=True)
    assert {s: n for s, n in result.machines["counter"].states.items() if n} == {"s1": 1, "s298": 1}


def test_arrow_data_and_lazy_frames_are_logs() -> None:
    pyarrow = pytest.importorskip("pyarrow")
    log = log_of([("a", "relayed", 0, "x"), ("a", "delivered", 1, "x")])
    expected = executed(log).as_dict()
    assert executed(log.lazy()).as_dict() == expected
    assert executed(pyarrow.table(log.to_arrow())).as_dict() == expected
    assert executed(open_log(log)).as_dict() == expected


def test_the_temporary_file_has_no_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    result = executed(log_of([("a", "relayed", 0, "x")] * 9), memory=0)
    assert list(tmp_path.iterdir()) == []
    assert_frame_equal(result.statuses, executed(log_of([("a", "relayed", 0, "x")] * 9)).statuses)


# The cross-check -----------------------------------------------------------------------------


def agreed(result: Replay) -> dict[str, tuple[int, int]]:
    assert result.crosscheck is not None
    return {m.machine: (m.agree, m.cells) for m in result.crosscheck.machines}


ALL = {"with-feedback": (36, 36), "without-feedback": (36, 36), "engagement": (6, 6)}


@pytest.mark.parametrize(
    "rows",
    [
        [("a", "relayed", 0, "x"), ("a", "delivered", 1, "x")],
        [("a", "noise", 0, "x"), ("b", "nobody knows this", 1, "x")],
    ],
    ids=["known events", "unknown events only"],
)
def test_every_cell_is_compared_with_the_real_classes_whatever_the_log_holds(
    rows: list[Row],
) -> None:
    result = executed(log_of(rows))
    assert agreed(result) == ALL
    assert result.crosscheck
    assert result.crosscheck.as_dict() == {
        "cells": 78,
        "agree": 78,
        "machines": {name: {"cells": c, "agree": a} for name, (a, c) in ALL.items()},
    }


@pytest.mark.parametrize("option", ["cross_check", "oracle"])
def test_the_cross_check_can_be_left_out(option: str) -> None:
    result = executed(log_of([("a", "relayed", 0, "x")]), **{option: False})
    assert result.crosscheck is None


def test_a_table_that_differs_from_its_class_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    real = load_bare("with-feedback")
    wrong = replace(
        real,
        transitions=tuple(
            replace(t, target="delivered") if t.event == "hard_bounce" else t
            for t in real.transitions
        ),
    )
    monkeypatch.setattr("fsm.compile.class_of", lambda machine: machine_class(machine.name))
    log = log_of([("a", "relayed", 0, "x")])  # the log does not meet the wrong cells
    with pytest.raises(MachineError, match=r"'hard_bounce' after .* leads to 'hard_bounced'"):
        replay(log, wrong)
    hard = log_of([("a", "relayed", 0, "x"), ("a", "hard_bounce", 1, "x")])
    unchecked = replay(hard, wrong, cross_check=False)
    assert unchecked.machines["with-feedback"].states["delivered"] == 1


def test_the_cells_that_the_log_met_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [("a", "relayed", 0, "x"), ("a", "soft_bounce", 1, "x"), ("a", "soft_bounce", 2, "x")]
    rows += [("a", "hard_bounce", 3, "x"), ("a", "relayed", 4, "x"), ("b", "opened", 0, "x")]
    monkeypatch.setattr(crosscheck, "MAX_WORK", 4_000)
    rows += [("c", "relayed", 0, "x"), ("c", "soft_bounce", 1, "x"), ("d", "opened", 40, "x")]
    result = executed(log_of(rows))  # c's validity ends, which is no event of the log
    checked = result.crosscheck
    assert checked is not None
    assert [(m.logged, m.logged_agree) for m in checked.machines] == [(5, 5), (5, 5), (1, 1)]
    assert not checked.is_complete
    assert str(checked) == (
        f"{checked.agree} of 78 cells agree with python-statemachine, "
        "all 11 that the log met among them"
    )


def test_that_a_machine_has_no_class_is_said() -> None:
    ring = Machine(
        "ring",
        "Ring",
        (State("a", None, "a", ("a",)),),
        ("turn",),
        (Transition("a", "turn", "a", "turn"),),
        "a",
    )
    result = replay(log_of([("a", "turn", 0, "x")]), [ring])
    assert str(result.crosscheck) == "no python-statemachine class to check ring against"
    assert result.crosscheck
    assert result.crosscheck.as_dict() == {"cells": 0, "agree": 0, "machines": {"ring": None}}


# Files that change ---------------------------------------------------------------------------


def test_a_log_that_grows_while_it_is_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("message_id,event,timestamp\na,relayed,2026-01-01T00:00:00Z\n")
    log = open_log([path])
    result = replay(log, MACHINES)
    with path.open("a") as file:
        file.write("b,relayed,2026-01-01T00:00:01Z\n")
    for read in (lambda: replay(log, MACHINES), lambda: result.statuses):
        with pytest.raises(LogError, match=r"log\.csv: changed while it was read; replay it again"):
            read()
    assert replay(open_log([path]), MACHINES).messages == 2
