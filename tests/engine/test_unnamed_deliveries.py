"""Messages of no named delivery: they are one more delivery, whose name is null."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from fsm.catalog import load_bare
from fsm.engine import Replay, replay
from fsm.reports.deliveries import largest_deliveries
from tests.command import Fsm

NAMED, UNNAMED = "spring", None
MESSAGES: dict[str | None, list[list[str]]] = {
    NAMED: [["relayed", "delivered"]],
    UNNAMED: [["relayed", "delivered"], ["relayed", "hard_bounce"], ["relayed"]],
}
"""The events of each message, by delivery."""
ROWS = [
    {"message_id": f"{name}{number}", "event": event, "minute": number + at, "delivery_id": name}
    for name, messages in MESSAGES.items()
    for number, events in enumerate(messages)
    for at, event in enumerate(events)
]
SCHEMA = {"message_id": pl.String, "event": pl.String, "minute": pl.Int64, "delivery_id": pl.String}
LOG = (
    pl.DataFrame(ROWS, schema=SCHEMA)
    .sort("minute", maintain_order=True)
    .select(
        "message_id",
        "event",
        pl.format("2026-01-05T09:0{}:00Z", "minute").alias("timestamp"),
        "delivery_id",
    )
)
AT_THE_END = [(UNNAMED, 3, 1, 33.33), (NAMED, 1, 1, 100.0)]
"""Delivery, its messages, those delivered, their share."""


def at_once(place: Path) -> Replay:
    LOG.write_parquet(place / "log.parquet")
    return replay(place / "log.parquet", load_bare("with-feedback"))


def day_by_day(place: Path) -> Replay:
    """Some messages of the unnamed delivery are of yesterday, others of today."""
    for number, part in enumerate((LOG.head(4), LOG.tail(-4))):
        part.write_parquet(place / f"{number}.parquet")
        result = replay(
            place / f"{number}.parquet", load_bare("with-feedback"), checkpoint=place / "kept"
        )
    return result


def last_of_series(result: Replay) -> list[tuple[Any, ...]]:
    last = result.series().filter(indicator="Delivered").group_by("delivery_id").last()
    return sorted(last.select("delivery_id", "count", "percent").rows(), key=str)


def test_indicators_of_each() -> None:
    found = replay(LOG, load_bare("with-feedback")).by_delivery().filter(indicator="Delivered")
    assert found.select("delivery_id", "to_send", "count", "percent").rows() == AT_THE_END


def test_the_largest_ones_of_a_report() -> None:
    found = largest_deliveries(replay(LOG, load_bare("with-feedback")).by_delivery(), most=2)
    assert [(one.name, one.to_send) for one in found.first] == [(UNNAMED, 3), (NAMED, 1)]
    shares = [one.shares["with-feedback", "Delivered"] for one in found.first]
    assert [(share.count, share.percent) for share in shares] == [(1, 33.33), (1, 100.0)]


@pytest.mark.parametrize("run", [at_once, day_by_day])
def test_series(run: Callable[[Path], Replay], tmp_path: Path) -> None:
    expected = [(name, count, percent) for name, _, count, percent in AT_THE_END]
    assert last_of_series(run(tmp_path)) == sorted(expected, key=str)


def test_they_are_written_with_an_empty_name(tmp_path: Path, fsm: Fsm) -> None:
    LOG.write_csv(tmp_path / "log.csv")
    assert fsm("replay", tmp_path / "log.csv", "--series", tmp_path / "series.csv").status == 0
    names = pl.read_csv(tmp_path / "series.csv")["delivery_id"].unique().to_list()
    assert sorted(names, key=str) == [None, NAMED]
