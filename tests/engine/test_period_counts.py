"""Counts of periods are added up in parts, and nothing of them is lost between the parts."""

from collections import Counter

import numpy as np
import pytest

from fsm.engine import period_counts
from fsm.engine.period_counts import PeriodCounts

Key = tuple[int, int, int]


def counts_of(keys: list[Key]) -> PeriodCounts:
    deliveries, periods, classes = (np.array(column) for column in zip(*keys, strict=True))
    return PeriodCounts.of(deliveries, periods, classes)


def counts(found: PeriodCounts) -> dict[Key, int]:
    return {row[:3]: row[3] for row in found.frame.rows()}


@pytest.mark.parametrize("pending", [1, 3, 5, 1000], ids="sums of {}".format)
def test_parts_add_up(pending: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(period_counts, "_PENDING", pending)
    random = np.random.default_rng(7)
    rows = [tuple(row) for row in random.integers(0, (2, 4, 3), (60, 3)).tolist()]
    parts = [rows[start : start + 7] for start in range(0, len(rows), 7)]
    expected = Counter(row for row in rows if row[2] > 0)  # class 0 changes nothing
    assert counts(PeriodCounts.sum(map(counts_of, parts))) == expected
    assert counts(counts_of(rows)) == expected


def test_sparse_keys_are_counted_as_dense_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [(0, 5, 1), (3, 900_000, 2), (0, 5, 1), (3, 5, 2)]
    dense = counts(counts_of(rows))
    monkeypatch.setattr(period_counts, "_DENSE", 1)
    assert counts(counts_of(rows)) == dense == {(0, 5, 1): 2, (3, 900_000, 2): 1, (3, 5, 2): 1}


def test_nothing_adds_up_to_nothing() -> None:
    empty = np.zeros(0, np.int64)
    assert counts(PeriodCounts.sum([])) == counts(PeriodCounts.of(empty, empty, empty)) == {}
