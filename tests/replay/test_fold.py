"""The fold is the run, for all messages at once."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fsm.catalog import load_bare
from fsm.machine import Machine
from fsm.replay import fold as fold_module
from fsm.replay.fold import dense, fold
from fsm.run import run

MACHINE = load_bare("without-feedback")
TRACES = st.lists(st.lists(st.sampled_from(MACHINE.events), max_size=12), max_size=80)


def folded(machine: Machine, traces: list[list[str]]) -> fold_module.Folded:
    numbers = {event: i for i, event in enumerate(machine.events)}
    codes = np.array([numbers[e] for trace in traces for e in trace], dtype=np.intp)
    lengths = [len(trace) for trace in traces]
    starts = np.cumsum([0, *lengths], dtype=np.intp)[:-1]
    return fold(dense(machine.table, len(machine.events)), codes, starts, 0)


@given(TRACES)
def test_every_message_ends_where_its_run_ends(traces: list[list[str]]) -> None:
    result = folded(MACHINE, traces)
    names = [state.name for state in MACHINE.states]
    steps = [step for trace in traces for step in run(MACHINE, trace)]
    ends = [run(MACHINE, trace)[-1].after if trace else MACHINE.initial for trace in traces]
    assert [names[i] for i in result.final] == ends
    assert [names[i] for i in result.before] == [step.before for step in steps]
    assert [names[i] for i in result.after] == [step.after for step in steps]
    assert result.rejected.tolist() == [step.transition is None for step in steps]


def test_long_and_short_messages_together() -> None:
    traces = [["relayed"]] * 100 + [["relayed", *["soft_bounce"] * 100_000, "delivered"]]
    result = folded(MACHINE, traces)
    names = [state.name for state in MACHINE.states]
    assert [names[i] for i in result.final] == ["awaiting"] * 100 + ["delivered"]
    assert not result.rejected.any()
