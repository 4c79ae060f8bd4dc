"""Memory: what a replay holds stays below its bound, and no more is read than is needed."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from command import Fsm
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from fsm.catalog import load_bare
from fsm.cli.environment import set_environment_defaults
from fsm.engine import Replay, replay
from fsm.engine.memory import BATCH, FLOOR, LEAST, WORK, column_bytes, workers_within
from fsm.engine.spill import NumberColumn, _MemoryColumn
from fsm.logs import rows as log_rows
from fsm.logs.open import open_log
from fsm.logs.storage import row_groups
from tests.depth import cases

MODES = [load_bare("with-feedback"), load_bare("without-feedback")]
START = datetime(2026, 1, 1, tzinfo=UTC)
ROWS = 3000


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of 1,000 messages in two deliveries: each is retried, and has an unknown event."""
    rows = pl.int_range(ROWS, eager=True)
    frame = pl.DataFrame(
        {
            "message_id": (rows % 1000).cast(pl.String),
            "event": pl.Series(["relayed", "soft_bounce", "noise"]).gather(rows // 1000),
            "timestamp": [START + timedelta(seconds=row) for row in range(ROWS)],
            "delivery_id": pl.Series(["x", "y"]).gather(rows % 2),
        }
    )
    path = tmp_path_factory.mktemp("memory") / "log.parquet"
    frame.write_parquet(path, row_group_size=250)
    return path


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_rows, "ROWS", 500)


def executed(log: object, **options: Any) -> Replay:
    return replay(log, MODES, companions=load_bare, **options)


def columns_of(value: object) -> Iterator[object]:
    """Yield the columns that a chunk or a part of it holds."""
    if isinstance(value, NumberColumn):
        yield value
    elif is_dataclass(value):
        for field in fields(value):
            yield from columns_of(getattr(value, field.name))
    elif isinstance(value, tuple | list):
        for part in value:
            yield from columns_of(part)


def held(result: Replay) -> int:
    """Return the bytes of all arrays that the columns in memory keep alive."""
    arrays = {}
    for column in columns_of(result.counts.chunks):
        if isinstance(column, _MemoryColumn):
            whole = column.values if column.values.base is None else column.values.base
            arrays[id(whole)] = len(memoryview(whole).cast("B"))
    return sum(arrays.values())


JOBS: dict[str, dict[str, Any]] = {
    "counts": {},
    "statuses": {"statuses": True},
    "series": {"every": timedelta(hours=1)},
    "a validity period": {"validity": timedelta(minutes=10)},
    "durations": {"detail": True},
    "everything": {
        "statuses": True,
        "every": timedelta(hours=1),
        "validity": timedelta(minutes=10),
        "detail": True,
        "dedupe": True,
    },
}


@pytest.mark.parametrize("name", cases(JOBS))
@pytest.mark.parametrize("columns", [0, 10_000, 30_000])
@pytest.mark.usefixtures("small_batches")
def test_columns_stay_below_the_bound(log: Path, name: str, columns: int) -> None:
    options = JOBS[name]
    result = executed(log, memory=columns + BATCH + WORK, workers=1, **options)
    assert held(result) <= columns
    expected = executed(log, **options)
    assert result.as_dict() == expected.as_dict()
    assert_frame_equal(result.statuses, expected.statuses)
    assert_frame_equal(result.series(), expected.series())
    assert_frame_equal(result.rejections, expected.rejections)


@pytest.mark.usefixtures("small_batches")
def test_columns_fill_what_there_is(log: Path) -> None:
    whole = held(executed(log))
    assert whole >= 17 * ROWS  # two hashes, an event and a place of each row
    assert held(executed(log, memory=whole + BATCH + WORK, workers=1)) == whole


@pytest.mark.parametrize("workers", [1, 2, 64])
@pytest.mark.parametrize("bound", [LEAST, 200 << 20, 1 << 30])
def test_columns_and_work_share_the_bound(bound: int, workers: int) -> None:
    used = workers_within(bound, workers)
    assert 1 <= used <= workers
    assert column_bytes(bound, used) + BATCH + used * WORK <= bound


# Reading ---------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 40), max_size=12), st.integers(1, 20), st.integers(1, 3))
def test_slices_cover_every_row_once(groups: list[int], rows: int, times: int) -> None:
    parts = list(row_groups.slices(groups, rows, times * rows))
    ends = [0, *(first + count for first, count in parts)]
    assert [first for first, _ in parts] == ends[:-1]
    assert ends[-1] == sum(groups)
    assert all(0 < count <= times * rows for _, count in parts)


WRITERS: dict[str, tuple[int, list[int]]] = {
    "one": (1000, [10]),
    "even": (5, [5, 5]),
    "odd": (4, [4, 4, 2]),
}


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("writer", ["polars", "pyarrow"])
def test_row_groups_are_those_written(tmp_path: Path, writer: str, name: str) -> None:
    size, expected = WRITERS[name]
    frame = pl.DataFrame(
        {"n": range(10), "t": ["x"] * 10, "b": [True] * 10, "l": [[1, 2]] * 10, "f": [0.5] * 10}
    )
    path = tmp_path / "log.parquet"
    if writer == "polars":
        frame.write_parquet(path, row_group_size=size)
    else:
        parquet = pytest.importorskip("pyarrow.parquet")
        parquet.write_table(frame.to_arrow(), path, row_group_size=size, write_page_index=True)
    assert row_groups.row_group_sizes(path) == expected


@pytest.mark.parametrize(
    "content",
    [b"", b"PAR1", b"PAR1\0\0\0\0PAR1", b"PAR1\xff\xff\xff\x7fPAR1", b"\x15" * 40 + b"PARE"],
    ids=["empty", "short", "no footer", "a footer beyond the file", "encrypted"],
)
def test_other_files_are_left_to_polars(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "log.parquet"
    path.write_bytes(content)
    assert row_groups.row_group_sizes(path) is None


@pytest.mark.parametrize("seed", range(5))
def test_a_damaged_footer_never_fails_otherwise(log: Path, tmp_path: Path, seed: int) -> None:
    content, random = bytearray(log.read_bytes()), np.random.default_rng(seed)
    path = tmp_path / "log.parquet"
    for _ in range(20):
        damaged = content.copy()
        for at in random.integers(len(content) - 600, len(content) - 8, 3):
            damaged[at] = random.integers(256)
        path.write_bytes(damaged)
        row_groups.row_group_sizes(path)


@pytest.mark.parametrize("most", [500, 2000])
@pytest.mark.parametrize("size", [100, 250, 300, 500, 1200, 3000])
def test_batches_are_the_rows_in_order(
    log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int, most: int
) -> None:
    monkeypatch.setattr(log_rows, "ROWS", 500)
    monkeypatch.setattr(log_rows, "MOST", most)
    path, whole = tmp_path / "log.parquet", pl.read_parquet(log)
    whole.write_parquet(path, row_group_size=size)
    source = open_log(path).files[0]
    parts = list(log_rows.read_rows(source, source.raw({})))
    assert max(part.height for part in parts) <= 500
    assert_frame_equal(pl.concat(parts), whole)


@pytest.mark.usefixtures("small_batches")
def test_rejections_that_are_shown_need_no_more_of_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, rows = tmp_path / "log.parquet", 4000
    pl.DataFrame(
        {
            "message_id": ["m"] * rows,
            "event": ["noise"] * rows,
            "timestamp": pl.Series([START] * rows, dtype=pl.Datetime("us", "UTC")),
        }
    ).write_parquet(path, row_group_size=500)
    result = executed(path)
    taken = []

    def counted(*arguments: Any, **options: Any) -> Iterator[pl.DataFrame]:
        for part in log_rows.read_rows(*arguments, **options):
            taken.append(part.height)
            yield part

    monkeypatch.setattr("fsm.engine.source_rows.read_rows", counted)
    assert result.first_rejections(10)["line"].to_list() == list(range(1, 11))
    assert sum(taken) == 500
    assert result.rejections.height == rows


@pytest.mark.parametrize("most", [1000, 500, 100], ids=["whole", "fitting", "in parts"])
def test_a_row_group_that_is_too_large_is_named(
    fsm: Fsm, log: Path, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(log_rows, "MOST", most)
    path = log.with_name("large.parquet")
    pl.read_parquet(log).write_parquet(path, row_group_size=500)
    quiet, bounded = fsm("replay", path), fsm("replay", path, "--memory", "64MB")
    assert "row group" not in quiet.err
    assert ("a row group of 500 rows" in bounded.err) == (most < 500)
    assert bounded.out == quiet.out


# The command -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "status"), [("63MB", 2), ("0MB", 2), ("64MB", 0), ("1GB", 0)], ids=str
)
def test_a_bound_that_cannot_be_kept_is_refused(
    fsm: Fsm, log: Path, size: str, status: int
) -> None:
    done = fsm("replay", log, "--memory", size)
    assert done.status == status
    if status:
        (line,) = done.err.splitlines()
        assert f"Invalid value for '--memory': {size} is too small; give 64MB or more" in line


def test_the_help_says_what_stands_beside_the_bound(fsm: Fsm) -> None:
    text = " ".join(fsm("replay", "--help").out.split())
    assert f"at least {LEAST >> 20}MB" in text
    assert f"{FLOOR >> 20} MB more" in text


def test_what_the_user_set_up_stays() -> None:
    environment = {"POLARS_CSV_CHUNK_SIZE": "9"}
    set_environment_defaults(environment)
    assert environment["POLARS_CSV_CHUNK_SIZE"] == "9"
    assert environment["POLARS_ROW_GROUP_PREFETCH_SIZE"] == "1"
