"""The fold is the run, for all messages at once."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsm.catalog import load_bare
from fsm.engine import fold as fold_module
from fsm.engine.fold import FoldedEvents, TransitionTable, fold_events, group_rows
from fsm.machine import Machine
from fsm.trace import run

MACHINE = load_bare("without-feedback")
NAMES = [state.name for state in MACHINE.states]
TABLE = TransitionTable.of(MACHINE.table, len(MACHINE.events))
TRACES = st.lists(st.lists(st.sampled_from(MACHINE.events), max_size=12), max_size=80)


def coded(machine: Machine, traces: list[list[str]]) -> tuple[np.ndarray, np.ndarray]:
    codes = np.array([machine.events.index(e) for t in traces for e in t], dtype=np.uint8)
    return codes, np.cumsum([0, *map(len, traces)], dtype=np.intp)[:-1]


def folded(traces: list[list[str]]) -> FoldedEvents:
    return fold_events(TABLE, *coded(MACHINE, traces))


@pytest.mark.parametrize("few", [0, 3, 200])
@given(TRACES)
def test_every_message_ends_where_its_run_ends(few: int, traces: list[list[str]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fold_module, "FEW", few)
        result = folded(traces)
    steps = [step for trace in traces for step in run(MACHINE, trace)]
    ends = [run(MACHINE, trace)[-1].after if trace else MACHINE.initial for trace in traces]
    assert [NAMES[i] for i in result.final] == ends
    assert [NAMES[i] for i in result.before] == [step.before for step in steps]
    assert [NAMES[i] for i in result.after] == [step.after for step in steps]


def test_long_and_short_messages_together() -> None:
    result = folded([["relayed"]] * 100 + [["relayed", *["soft_bounce"] * 100_000, "delivered"]])
    assert [NAMES[i] for i in result.final] == ["awaiting"] * 100 + ["delivered"]


# Grouping ------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 2)), max_size=50))
def test_rows_are_of_one_message_where_both_hashes_agree(rows: list[tuple[int, int, int]]) -> None:
    """Keys that share the digits sorted by, keys that share all bits, and interleaved ones."""
    keys = np.array([(a << 60) | b for a, b, _ in rows], dtype=np.uint64)
    checks = np.array([c for _, _, c in rows], dtype=np.uint32)
    groups = group_rows(keys, checks)
    parts = np.split(groups.order, groups.offsets[1:])
    found = sorted(part.tolist() for part in parts if len(part))
    expected: dict[tuple[int, int, int], list[int]] = {}
    for i, row in enumerate(rows):
        expected.setdefault(row, []).append(i)
    assert found == sorted(expected.values())


def test_many_keys_are_grouped() -> None:
    random = np.random.default_rng(5)
    keys = random.integers(0, 2**64, 60_000, dtype=np.uint64)[random.integers(0, 60_000, 300_000)]
    groups = group_rows(keys)
    assert len(groups.offsets) == len(np.unique(keys))
    ordered = keys[groups.order]
    same = ordered[1:] == ordered[:-1]
    assert (groups.order[1:][same] > groups.order[:-1][same]).all()
