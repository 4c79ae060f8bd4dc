"""A log is executed in buckets of messages: however many there are, the sums are the same."""

from datetime import timedelta
from pathlib import Path
from random import Random

import polars as pl
import pytest

from fsm.catalog import load_bare
from fsm.engine import Replay, buckets, replay
from fsm.machine import Machine, State, Transition
from tests.engine.test_exact_series import EVENTS, START, WITH, WITHOUT, Row, log_of, told

RANDOM = Random(5)
LOG: list[Row] = [
    *((f"m{n}", "relayed", 40 - n) for n in range(30)),
    *((f"m{n % 30}", RANDOM.choice(EVENTS), RANDOM.randrange(80)) for n in range(300)),
    *[("m3", "soft_bounce", 70)] * 3,
]
OPTIONS: dict[str, dict[str, object]] = {
    "with periods": {"validity": timedelta(minutes=5)},
    "without duplicates": {"dedupe": True},
    "up to a time": {"as_of": START + timedelta(minutes=20), "validity": timedelta(minutes=9)},
}


def executed(**options: object) -> Replay:
    options = {"companions": load_bare, "cross_check": False, "detail": True} | options
    return replay(log_of(LOG), [WITH, WITHOUT], **options)  # type: ignore[arg-type]


def figures(found: Replay) -> dict[str, object]:
    counts = found.counts
    tables = (found.rejections, found.traffic, found.durations, found.series())
    return {
        "counts": found.as_dict(),
        "starts": counts.starts,
        "to send": counts.to_send.tolist(),
        "instants": told(found.exact_series()),
        "tables": [
            table.sort(pl.all(), nulls_last=True, maintain_order=True).rows() for table in tables
        ],
    }


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_the_number_of_buckets_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, options: dict[str, object]
) -> None:
    whole = figures(executed(**options))
    monkeypatch.setattr(buckets, "BUCKET", 40)
    assert figures(executed(**options)) == whole


# Late events -----------------------------------------------------------------------------------

HEADER = "message_id,event,timestamp\n"


@pytest.mark.parametrize("size", range(1, 5))
def test_late_events_are_known_ones(tmp_path: Path, size: int) -> None:
    """Whatever the size of the alphabet: no number stands for both."""
    events = tuple(f"e{n}" for n in range(size))
    state = State("on", None, "On", ("on",))
    cells = tuple(Transition("on", event, "on", event) for event in events)
    machine = Machine("m", "M", (state,), events, cells, "on")
    first, second = tmp_path / "1.csv", tmp_path / "2.csv"
    first.write_text(f"{HEADER}a,e0,2026-01-02T00:00:00Z\n")
    second.write_text(f"{HEADER}a,e0,2026-01-01T00:00:00Z\na,noise,2026-01-03T00:00:00Z\n")
    replay(first, machine, checkpoint=tmp_path / "kept")
    found = replay(second, machine, checkpoint=tmp_path / "kept")
    assert (found.counts.buckets.late, found.counts.unknown) == (1, 1)
