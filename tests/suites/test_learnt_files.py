"""A learnt machine that is written and read back is the machine of the implementation."""

from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings

import fsm
from fsm.comparison import DifferenceKind
from fsm.errors import MachineError
from fsm.formats.dot import mealy_to_dot, parse_dot
from fsm.machine import Machine, State, Transition
from fsm.mealy import Mealy
from fsm.suites import suite
from fsm.suites.learning.learnt import learn
from tests.command import Fsm
from tests.depth import samples
from tests.suites.machines import mealys
from tests.suites.test_implementation import Table

MACHINE = fsm.load("with-feedback")
NOT_SEEN = {DifferenceKind.FINAL, DifferenceKind.INDICATOR, DifferenceKind.DEADLINE}
"""What no implementation shows."""


def test_statuses_and_rejections_are_read_back() -> None:
    right = Mealy.of(MACHINE)
    named = learn(Table(right), MACHINE.events, shows=True).named_after(right)
    for machine in (parse_dot(mealy_to_dot(named), "m.dot").machine(), named.machine()):
        comparison = fsm.compare(machine, MACHINE)
        assert {difference.kind for difference in comparison.differences} <= NOT_SEEN


@given(mealys(states=(1, 4), inputs=(1, 3), shown=True))
@settings(max_examples=samples(30))
def test_states_show_what_the_system_shows(system: Mealy) -> None:
    """Also where states that answer alike show different things, and where nothing is rejected."""
    learnt = learn(Table(system), system.inputs, shows=True, extra_states=3)
    back = parse_dot(mealy_to_dot(learnt.named_after(system)), "m.dot")
    for trace in product(system.inputs, repeat=3):
        assert back.run(trace) == system.run(trace)
        shown = [
            [(mealy.shown or ())[s] for s in mealy.walk(mealy.word(trace))]
            for mealy in (back, system)
        ]
        assert shown[0] == shown[1]


def test_outputs_without_a_status_have_their_rejections() -> None:
    mealy = Mealy.of(MACHINE, "output")
    transitions = mealy.machine().transitions
    assert {(t.source, t.event) for t in transitions} == {
        (t.source, t.event) for t in MACHINE.transitions
    }


def test_a_rejected_event_that_changes_the_status_is_no_rejection() -> None:
    text = 'digraph { a [shows=A]; b [shows=B]; a -> b [label="x / rejected"] }'
    machine = parse_dot(text, "m.dot").machine()
    assert machine.status("a") == "A"
    assert [machine.status(t.target) for t in machine.transitions] == ["rejected, shows B"]


def test_a_state_that_shows_nothing_beside_others_is_refused() -> None:
    with pytest.raises(MachineError, match="'b' has no attribute shows, others have"):
        parse_dot('digraph { a [shows=A]; a -> b [label="x/0"] }', "m.dot")


def test_another_suffix_is_refused_before_anything_is_sent(fsm: Fsm, tmp_path: Path) -> None:
    result = fsm("learn", "no.such:Thing", "with-feedback", "-o", tmp_path / "learnt.svg")
    assert (result.status, result.out) == (2, "")
    assert "learnt.svg: a learnt machine is written as .dot or .json" in result.err


def loop(status: str) -> Machine:
    states = State("open", "Open", "open", ("open",)), State("b", status, "b", ("b",))
    moves = ("open", "refuse", "b"), ("b", "refuse", "b")
    transitions = tuple(Transition(*move, move[1]) for move in moves)
    return Machine("m", "m", states, ("refuse",), transitions, "open")


CONFUSED = {
    "a status": (loop("rejected"), {}, "the status 'rejected' cannot be told from a rejected"),
    "answers": (loop("rejected"), {"observable": "output"}, "the status 'rejected' cannot"),
}


@pytest.mark.parametrize(("machine", "options", "said"), CONFUSED.values(), ids=list(CONFUSED))
def test_a_status_with_the_word_for_rejected_events(machine, options, said: str) -> None:
    with pytest.raises(MachineError, match=said):
        suite(machine, **options)
    assert suite(machine, rejections=False).guarantee.complete
    assert suite(machine, observable="state").guarantee.complete
    assert suite(loop("Refused"), **options).guarantee.complete
