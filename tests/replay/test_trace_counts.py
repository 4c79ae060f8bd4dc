"""Distinct traces are told apart, also those of the first event alone."""

import numpy as np
import pytest

from fsm.replay.words import distinct

TRACES = {
    "the first event, once and several times": [(0,), (0, 0), (0, 0, 0)],
    "a trace and one that begins with the first event": [(1,), (0, 1), (0, 0, 1)],
    "no event, and the first": [(), (0,)],
    "the same events in another order": [(0, 1), (1, 0)],
    "the same trace again": [(2, 0), (2, 0), (0, 2)],
}


@pytest.mark.parametrize("traces", TRACES.values(), ids=list(TRACES))
def test_traces_are_told_apart(traces: list[tuple[int, ...]]) -> None:
    codes = np.array([code for trace in traces for code in trace], np.uint8)
    lengths = np.array([len(trace) for trace in traces])
    starts = np.cumsum(lengths) - lengths
    found = distinct(codes, starts, lengths, len(traces))
    assert found == {trace: traces.count(trace) for trace in traces}
