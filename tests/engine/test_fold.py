"""The fold is the run, for all messages at once."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsm.catalog import load_bare
from fsm.engine import fold as fold_module
from fsm.engine.fold import Folded, Table, compose, execute, fold, fold_functions, group
from fsm.machine import Machine
from fsm.trace import run

MACHINE = load_bare("without-feedback")
NAMES = [state.name for state in MACHINE.states]
TABLE = Table.of(MACHINE.table, len(MACHINE.events))
TRACES = st.lists(st.lists(st.sampled_from(MACHINE.events), max_size=12), max_size=80)
LOGS = st.lists(st.tuples(st.integers(0, 9), st.sampled_from(MACHINE.events)), max_size=60)


def coded(machine: Machine, traces: list[list[str]]) -> tuple[np.ndarray, np.ndarray]:
    codes = np.array([machine.events.index(e) for t in traces for e in t], dtype=np.uint8)
    return codes, np.cumsum([0, *map(len, traces)], dtype=np.intp)[:-1]


def folded(traces: list[list[str]]) -> Folded:
    return fold(TABLE, *coded(MACHINE, traces))


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
    assert result.rejected.tolist() == [i for i, s in enumerate(steps) if s.transition is None]


def test_long_and_short_messages_together() -> None:
    result = folded([["relayed"]] * 100 + [["relayed", *["soft_bounce"] * 100_000, "delivered"]])
    assert [NAMES[i] for i in result.final] == ["awaiting"] * 100 + ["delivered"]
    assert not len(result.rejected)


# Grouping ------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 2)), max_size=50))
def test_rows_are_of_one_message_where_both_hashes_agree(rows: list[tuple[int, int, int]]) -> None:
    """Keys that share the digits sorted by, keys that share all bits, and interleaved ones."""
    keys = np.array([(a << 60) | b for a, b, _ in rows], dtype=np.uint64)
    checks = np.array([c for _, _, c in rows], dtype=np.uint32)
    groups = group(keys, checks)
    parts = np.split(groups.order, groups.starts[1:])
    found = sorted(part.tolist() for part in parts if len(part))
    expected: dict[tuple[int, int, int], list[int]] = {}
    for i, row in enumerate(rows):
        expected.setdefault(row, []).append(i)
    assert found == sorted(expected.values())


def test_many_keys_are_grouped() -> None:
    random = np.random.default_rng(5)
    keys = random.integers(0, 2**64, 60_000, dtype=np.uint64)[random.integers(0, 60_000, 300_000)]
    groups = group(keys)
    assert len(groups.starts) == len(np.unique(keys))
    ordered = keys[groups.order]
    same = ordered[1:] == ordered[:-1]
    assert (groups.order[1:][same] > groups.order[:-1][same]).all()


@given(LOGS)
def test_a_log_is_executed_row_by_row(rows: list[tuple[int, str]]) -> None:
    keys = np.array([key for key, _ in rows], dtype=np.uint64)
    codes = np.array([MACHINE.events.index(event) for _, event in rows], dtype=np.uint8)
    done = execute(TABLE, keys, codes)
    states: dict[int, str] = {}
    rejected = []
    for i, (key, event) in enumerate(rows):
        before = states.get(key, MACHINE.initial)
        assert NAMES[done.before[i]] == before
        transition = MACHINE.step(before, event)
        states[key] = transition.target if transition else before
        rejected += [] if transition else [i]
    assert done.rejected.tolist() == rejected
    ends = {rows[i][0]: NAMES[s] for i, s in zip(done.first, done.final, strict=True)}
    assert ends == states


# Functions -----------------------------------------------------------------------------------


@given(TRACES, st.integers(0, 12))
def test_summaries_of_parts_join_to_the_summary_of_the_whole(
    traces: list[list[str]], cut: int
) -> None:
    first = fold_functions(TABLE, *coded(MACHINE, [trace[:cut] for trace in traces]))
    then = fold_functions(TABLE, *coded(MACHINE, [trace[cut:] for trace in traces]))
    whole = fold_functions(TABLE, *coded(MACHINE, traces))
    assert (compose(first, then) == whole).all()
    assert whole[:, 0].tolist() == folded(traces).final.tolist()
