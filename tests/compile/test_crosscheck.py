"""The tables are compared with the real classes cell by cell; the result is one line."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_charts import declare, plans
from statemachine import State, StateChart, StateMachine

from fsm.catalog import load_bare
from fsm.compile import compile_chart, crosscheck
from fsm.compile.crosscheck import CrossCheck, covers_all_cells, cross_check
from fsm.compile.oracle import Instance
from fsm.errors import MachineError
from fsm.machine import Machine, Outcome
from fsm.machines import NAMES
from tests.depth import cases, samples


class Gate(StateChart):
    """Two lanes side by side, one of them guarded; states have values of their own."""

    is_paid = False
    validate_disconnected_states = False

    class gate(State.Parallel):
        class left(State.Compound):
            free = State(initial=True, value="L0")
            taken = State(value="L1")
            come = free.to(taken, cond="is_paid")
            go = taken.to(free)

        class right(State.Compound):
            idle = State(initial=True, value=10)
            busy = State(value=11)
            ring = idle.to(busy) | busy.to(idle)

    shut = State(final=True)
    close = gate.to(shut)


class Line(StateMachine):
    """Twelve states in a row, and no way back: every walk ends at the end."""

    first = State(initial=True)
    row = [first, *(State(f"n{i}") for i in range(10))]
    n0, n1, n2, n3, n4, n5, n6, n7, n8, n9 = row[1:]
    last = State(final=True)
    on = (
        first.to(n0) | n0.to(n1) | n1.to(n2) | n2.to(n3) | n3.to(n4) | n4.to(n5)
        | n5.to(n6) | n6.to(n7) | n7.to(n8) | n8.to(n9) | n9.to(last)
    )  # fmt: skip
    end = (
        first.to(last) | n0.to(last) | n1.to(last) | n2.to(last) | n3.to(last) | n4.to(last)
        | n5.to(last) | n6.to(last) | n7.to(last) | n8.to(last)
    )  # fmt: skip
    del row


@pytest.fixture
def sent(monkeypatch):
    """The cells that were really taken in a class: (state before, symbol)."""
    cells: list[tuple[str, str]] = []
    real = Instance.step_differs

    def noted(self, state, text, trace):
        assert self.state == state
        cells.append((state, text))
        return real(self, state, text, trace)

    monkeypatch.setattr(Instance, "step_differs", noted)
    return cells


CHARTS = [Gate, Line]


@pytest.mark.parametrize("chart", CHARTS, ids=lambda c: c.__name__)
def test_every_cell_is_taken_in_the_class(chart, sent):
    machine = compile_chart(chart)
    found = cross_check([machine])
    assert set(sent) == {(s.name, e) for s in machine.states for e in machine.events}
    assert found.agree == found.cells == len(machine.states) * len(machine.events)
    assert found.is_complete


@pytest.mark.parametrize("name", NAMES)
def test_every_cell_of_the_built_in_machines_agrees(name, sent):
    machine = load_bare(name)
    found = cross_check([machine])
    assert found.agree == len(set(sent)) == len(machine.states) * len(machine.events)
    moves = sum(t.outcome is Outcome.MOVE for t in machine.transitions)
    assert len(sent) <= found.cells + 2 * moves, "walks go on from where they are"


def changed(machine: Machine, source: str, event: str, target: str | None) -> Machine:
    """The machine with one cell changed; ``None`` rejects."""
    kept = [t for t in machine.transitions if (t.source, t.event) != (source, event)]
    before = machine.step(source, event)
    if target is not None:
        like = before or machine.transitions[0]
        kept.append(replace(like, source=source, event=event, target=target))
    return replace(machine, transitions=tuple(kept))


@pytest.mark.parametrize("outcome", list(Outcome), ids=lambda o: o.value)
@pytest.mark.parametrize("chart", cases(CHARTS), ids=lambda c: c.__name__)
def test_a_wrong_cell_is_found_wherever_it_is(chart, outcome, monkeypatch):
    machine = compile_chart(chart)
    monkeypatch.setattr("fsm.compile.class_of", lambda _: chart)
    cells = [
        (s.name, e)
        for s in machine.states
        for e in machine.events
        if machine.outcome(s.name, e) is outcome
    ]
    for source, event in cells:
        others = [s.name for s in machine.states if s.name != source]
        step = machine.step(source, event)
        wrong = {None, source, *others[:2], others[-1]} - {step.target if step else None}
        for target in wrong:
            with pytest.raises(MachineError, match=r"the class and its table disagree: .*says"):
                cross_check([changed(machine, source, event, target)])


@pytest.mark.parametrize(
    ("state", "change", "message"),
    [
        ("free+idle", {"final": True}, "'free.idle' as a state that is not final.* as a final"),
        ("shut", {"final": False}, "'shut' as a final state, .*'shut' as a state that is not"),
        ("taken+busy", {"atoms": ("taken", "idle")}, r"'gate\+left\+taken\+right\+busy', the"),
    ],
    ids=["final", "not final", "other atoms"],
)
def test_more_than_the_name_of_a_state_is_compared(state, change, message, monkeypatch):
    machine = compile_chart(Gate)
    wrong = tuple(replace(s, **change) if s.name == state else s for s in machine.states)
    monkeypatch.setattr("fsm.compile.class_of", lambda _: Gate)
    with pytest.raises(MachineError, match=message):
        cross_check([replace(machine, states=wrong)])


@pytest.mark.parametrize("most", [0, 1_000, 3_000, 10_000, 100_000])
def test_work_is_bounded_and_counted_the_same_way_every_time(most, sent):
    machines = [load_bare("delivery"), load_bare("quarantine")]
    found = cross_check(machines, None, most)
    assert len(sent) <= most // 100
    assert found.agree == len({(m, *cell) for m, cell in _owners(machines, sent)})
    assert found.is_complete is covers_all_cells(machines, most) is (most == 100_000)
    assert found == cross_check(machines, None, most)


def _owners(machines, cells):
    for state, text in cells:
        yield next(m.name for m in machines if text in m.alphabet), (state, text)


@pytest.mark.parametrize("most", [1_500, 2_500, 5_000])
def test_what_is_met_comes_first_also_where_only_a_checkpoint_led_there(most, sent):
    machine = load_bare("delivery")
    logged = [("paused", "resume"), ("paused", "ok[is_scheduled]")]
    found = cross_check([machine], {"delivery": logged}, most)
    (checked,) = found.machines
    assert (checked.logged, checked.logged_agree) == (len(logged), len(set(logged) & set(sent)))
    if most == 5_000:
        assert checked.logged_agree == len(logged)
        assert "all 2 that the log met among them" in str(found)


@pytest.mark.parametrize(
    ("result", "line"),
    [
        (CrossCheck((), ()), ""),
        (CrossCheck((), ("m",)), "no python-statemachine class to check m against"),
        (CrossCheck((crosscheck.CheckedCells("a", 1, 1, False),), ()), "1 of 1 cell agrees with"),
        (
            CrossCheck((crosscheck.CheckedCells("a", 20_000, 1_204, False, 900, 900),), ("b",)),
            (
                "1,204 of 20,000 cells agree with python-statemachine, all 900 that the log met "
                "among them; no python-statemachine class to check b against"
            ),
        ),
        (
            CrossCheck((crosscheck.CheckedCells("a", 9, 4, True, 8, 3),), ()),
            (
                "4 of 9 cells agree with python-statemachine (an event counts once for each "
                "valuation of its guards), 3 of the 8 that the log met among them"
            ),
        ),
    ],
    ids=["nothing", "no class", "one", "bounded", "guards"],
)
def test_the_result_is_one_line(result, line):
    assert str(result).startswith(line)


@settings(max_examples=samples(200, 7), deadline=None, derandomize=True, database=None)
@given(plans(), st.sampled_from([None, 2_000]))
def test_all_cells_of_random_charts_agree(plan, most):
    try:
        machine = compile_chart(declare(plan))
    except MachineError:
        return
    found = cross_check([machine], None, most)
    assert found.agree <= found.cells == len(machine.states) * len(machine.events)
    assert most or found.is_complete
