"""The distinct traces of a log are those that its messages have, with counts and first rows."""

from collections import Counter, defaultdict

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsm.engine import buckets, distinct_traces, replay
from fsm.engine.distinct_traces import EXAMPLES, DistinctTraces
from fsm.engine.result import Replay
from tests.depth import samples

NAME = "with-feedback"
EVENTS = ("relayed", "delivered", "soft_bounce", "elsewhere")
ROWS = st.lists(st.tuples(st.integers(0, 6), st.sampled_from(EVENTS)), min_size=1, max_size=60)

Log = list[tuple[int, str]]


def log_of(rows: Log) -> pl.DataFrame:
    """Return a log in order of time, given the message and the event of each row."""
    return pl.DataFrame(
        {
            "message_id": [str(message) for message, _ in rows],
            "event": [event for _, event in rows],
            "timestamp": [f"2026-01-01T00:{i // 60:02}:{i % 60:02}Z" for i in range(len(rows))],
        }
    )


def replayed(rows: Log) -> Replay:
    return replay(log_of(rows), NAME, companions=None, traces=True, cross_check=False)


def expected(rows: Log) -> list[tuple[tuple[str, ...], list[list[int]]]]:
    """Return each trace with the rows of its messages, in the order in which these begin."""
    places: dict[int, list[int]] = defaultdict(list)
    for place, (message, _) in enumerate(rows):
        places[message].append(place)
    found: dict[tuple[str, ...], list[list[int]]] = defaultdict(list)
    for of_message in places.values():
        trace = tuple(rows[at][1].replace("elsewhere", "") for at in of_message)
        found[trace].append(of_message)
    return list(found.items())


def with_rows(part: DistinctTraces) -> list[tuple[tuple[str, ...], list[list[int]]]]:
    """Return each trace of a part with the rows of its examples."""
    found = []
    for at, (trace, count) in enumerate(part.names()):
        columns = [part.rows_of(at, place) for place in range(len(trace))]
        examples = [list(rows) for rows in zip(*columns, strict=True)]
        assert len(examples) == min(count, EXAMPLES)
        found.append((trace, examples))
    return found


@pytest.mark.parametrize("size", [1 << 18, 4], ids=["one bucket", "many buckets"])
@settings(max_examples=samples(300, 20))
@given(rows=ROWS)
def test_each_trace_once_with_its_first_rows(size: int, rows: Log) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(buckets, "BUCKET", size)
        (part,) = replayed(rows).distinct_traces
    assert with_rows(part) == [(trace, found[:EXAMPLES]) for trace, found in expected(rows)]
    assert part.counts.tolist() == [len(found) for _, found in expected(rows)]


@settings(max_examples=samples(100, 10))
@given(ROWS)
def test_parts_that_stay_apart_have_all_messages(rows: Log) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(buckets, "BUCKET", 4)
        patch.setattr(distinct_traces, "MOST_MERGED", 3)
        patch.setattr("fsm.engine.trace_parts.MOST_MERGED", 3)
        parts = replayed(rows).distinct_traces
        assert [part.codes.tolist() for part in parts[:]] == [p.codes.tolist() for p in parts]
    counted = Counter[tuple[str, ...]]()
    for part in parts:
        assert len(set(part.names())) == len(part)
        for trace, count in part.names():
            counted[trace] += count
    assert counted == {trace: len(found) for trace, found in expected(rows)}


@given(rows=ROWS)
@settings(max_examples=samples(100, 10))
def test_no_result_rests_on_a_hash(rows: Log) -> None:
    """With hashes that tell nothing, the traces are compared event by event."""

    def one_hash(_: object, offsets: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        return np.zeros(len(offsets), np.uint64)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(distinct_traces, "_hashes", one_hash)
        (part,) = replayed(rows).distinct_traces
    assert sorted(part.names()) == sorted((t, len(found)) for t, found in expected(rows))


def test_they_can_be_asked_for_later() -> None:
    rows = [(1, "relayed"), (2, "relayed"), (1, "delivered")]
    result = replay(log_of(rows), NAME, companions=None)
    (part,) = result.distinct_traces
    assert list(part.names()) == [(("relayed", "delivered"), 1), (("relayed",), 1)]
    assert repr(part) == "<DistinctTraces: 2 of 2 messages>"
    assert repr(result.distinct_traces) == "<TraceParts: 1 part>"
