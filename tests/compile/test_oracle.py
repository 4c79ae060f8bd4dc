"""The oracle runs the real class with forced guards; it must be able to disagree."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from statemachine import State, StateChart
from statemachine.exceptions import TransitionNotAllowed

from fsm.compile import compile_chart
from fsm.compile.oracle import ObservedStep, Oracle
from fsm.errors import MachineError
from fsm.machines.delivery import Delivery


def is_free(*_args) -> bool:
    raise AssertionError("a guard of the class was asked")


class Door(StateChart):
    """Every way to write a guard, and callbacks that would fail if they ran."""

    count = 0
    has_key = False

    a = State(initial=True)
    b = State(enter="explode")
    open = a.to(b, cond="count > 3 and has_key", unless=is_free)
    shut = b.to(a)
    slam = b.to(a, on="explode")

    def __init__(self, *, needed):
        raise AssertionError("the class was created as users create it")

    def explode(self):
        raise AssertionError("an action ran")

    @shut.cond
    def is_light(self):
        raise AssertionError("a guard of the class was asked")

    @property
    def is_oiled(self):
        raise AssertionError("a guard of the class was asked")

    creak = a.to(b, unless=is_oiled)

    def on_enter_state(self):
        self.explode()

    def prepare_event(self):
        self.explode()


OPEN = "open[count > 3, has_key, not is_free]"


@pytest.fixture
def door():
    return Oracle(Door, compile_chart(Door))


@pytest.mark.parametrize(
    ("symbol", "state", "accepted"),
    [
        (OPEN, "b", True),
        ("open[not count > 3, has_key, not is_free]", "a", False),
        ("open[count > 3, not has_key, not is_free]", "a", False),
        ("open[count > 3, has_key, is_free]", "a", False),
        ("creak[not is_oiled]", "b", True),
        ("creak[is_oiled]", "a", False),
        ("shut[is_light]", "a", False),
    ],
)
def test_guards_have_the_truth_of_the_symbol_and_no_callback_runs(door, symbol, state, accepted):
    assert door.walk([symbol]) == (ObservedStep(symbol, state, accepted),)


def test_guards_change_from_symbol_to_symbol(door):
    word = [OPEN, "shut[not is_light]", "shut[is_light]", "creak[is_oiled]", OPEN, "slam"]
    assert [(v.state, v.accepted) for v in door.walk(word)] == [
        ("b", True),
        ("b", False),
        ("a", True),
        ("a", False),
        ("b", True),
        ("a", True),
    ]
    assert door.disagreement(word) is None


def test_each_walk_starts_anew(door):
    assert door.walk([OPEN]) == door.walk([OPEN])


def test_unknown_symbols_are_refused_and_never_sent(door):
    for text in ("open", "a", "explode", "__init__"):
        with pytest.raises(MachineError, match=r"no event '.*'; there are: open\["):
            door.walk([text])


@pytest.mark.parametrize("other", [object, int])
def test_only_charts_can_be_run(other):
    with pytest.raises(MachineError, match="not a StateChart"):
        Oracle(other, compile_chart(Delivery))


def changed(machine, **change):
    first, *rest = machine.transitions
    return replace(machine, transitions=(replace(first, **change), *rest))


def test_the_oracle_and_the_table_of_a_real_machine_agree():
    machine = compile_chart(Delivery)
    oracle = Oracle(Delivery, machine)
    words = [
        (*machine.trace_to(t.event, t.source), event)
        for t in machine.transitions
        for event in machine.events
        if machine.trace_to(t.event, t.source)
    ]
    assert len(words) == len(machine.transitions) * len(machine.events)
    assert [oracle.disagreement(word) for word in words] == [None] * len(words)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"target": "draft"}, r"'{}' after \[\] in 'draft': leads to 'preparing', .* to 'draft'"),
        ({"event": "cancel"}, r"'{}' after \[\] in 'draft': leads to 'preparing', .* is rejected"),
    ],
)
def test_a_wrong_cell_is_described(change, message):
    machine = compile_chart(Delivery)
    event = machine.transitions[0].event
    oracle = Oracle(Delivery, changed(machine, **change))
    assert re.search(message.format(event), oracle.disagreement([event]))


def test_a_wrong_start_is_told():
    machine = replace(compile_chart(Delivery), initial="paused")
    assert "starts in 'draft', the table says 'paused'" in Oracle(Delivery, machine).disagreement(
        []
    )


def test_the_class_is_left_as_it_was():
    before = compile_chart(Delivery)
    oracle = Oracle(Delivery, before)
    oracle.walk(before.events)
    assert compile_chart(Delivery) == before
    assert not Delivery.__subclasses__()
    chart = Delivery()
    assert chart.send("ok") is None, "a StateChart still ignores illegal events"
    chart.allow_event_without_transition = False
    with pytest.raises(TransitionNotAllowed):
        chart.send("ok")
