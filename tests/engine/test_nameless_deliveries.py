"""Messages of no delivery are a delivery without a name, in every table."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from fsm.catalog import load_bare
from fsm.engine import replay
from fsm.reports.deliveries import largest_deliveries

MACHINE = load_bare("without-feedback")
START = datetime(2026, 5, 4, 8, tzinfo=UTC)
DELIVERIES = {  # the delivery of each message, and how many messages each delivery then has
    "some without": (["x", None, None], {"x": 1, None: 2}),
    "the first without": ([None, "x", "y"], {None: 1, "x": 1, "y": 1}),
    "all without": ([None, None, None], {None: 3}),
}


def log_of(names: list[str | None]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "message_id": [f"m{number}" for number in range(len(names))],
            "event": ["relayed"] * len(names),
            "timestamp": [START + timedelta(hours=number) for number in range(len(names))],
            "delivery_id": names,
        },
        schema_overrides={"delivery_id": pl.String},
    )


CASES = pytest.mark.parametrize(("names", "sizes"), DELIVERIES.values(), ids=list(DELIVERIES))


@CASES
def test_they_are_counted(names: list[str | None], sizes: dict[str | None, int]) -> None:
    result = replay(log_of(names), MACHINE)
    found = result.by_delivery().filter(pl.col("indicator") == "Delivered")
    assert dict(found.select("delivery_id", "to_send").rows()) == sizes
    series = result.series().filter(pl.col("indicator") == "Delivered")
    last = series.group_by("delivery_id", maintain_order=True).last()
    assert dict(last.select("delivery_id", "count").rows()) == sizes
    assert set(last["percent"]) == {100.0}


@CASES
def test_they_are_in_the_report(names: list[str | None], sizes: dict[str | None, int]) -> None:
    found = largest_deliveries(replay(log_of(names), MACHINE).by_delivery(), most=10)
    named = {name for name in names if name is not None}
    assert {d.name: d.to_send for d in found.first} == (sizes if named else {})
    assert found.whole == (len(sizes) if named else 0)


@CASES
@pytest.mark.parametrize("cut", [1, 2])
def test_a_checkpoint_remembers_them(
    names: list[str | None], sizes: dict[str | None, int], cut: int, tmp_path: Path
) -> None:
    log = log_of(names)
    for number, part in enumerate((log[:cut], log[cut:])):
        path = tmp_path / f"{number}.parquet"
        part.write_parquet(path)
        result = replay(path, MACHINE, checkpoint=tmp_path / "kept")
    assert result.series().rows() == replay(log, MACHINE).series().rows()
