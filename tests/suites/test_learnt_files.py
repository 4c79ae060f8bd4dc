"""A learnt machine that is written and read back is the machine of the implementation."""

from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

import fsm
from fsm.comparison import DifferenceKind
from fsm.errors import MachineError
from fsm.formats.dot import mealy_to_dot, parse_dot
from fsm.formats.json_document import to_json
from fsm.implementations.connecting import connection_of
from fsm.machine import Machine, State, Transition
from fsm.mealy import REJECTED, Mealy
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


def test_numbered_states_have_names_of_their_own() -> None:
    """The specification has a state called a (2) already, to which another state leads."""
    counting = Mealy("m", ("s0", "s1", "s2"), ("x",), ("0", "1"), [[1], [2], [0]], [[0], [0], [1]])
    learnt = learn(Table(counting), ["x"], shows=False, extra_states=2)
    for states, names in (
        (("a", "a (2)"), ["a", "a (2)", "a (3)"]),
        (("a (2)", "a"), ["a (2)", "a", "a (2) (2)"]),
    ):
        toggle = Mealy("n", states, ("x",), ("0",), [[1], [0]], [[0], [0]])
        named = learnt.named_after(toggle)
        assert sorted(named.states) == sorted(names)


def test_outputs_without_a_status_have_their_rejections() -> None:
    mealy = Mealy.of(MACHINE, "output")
    transitions = mealy.machine().transitions
    assert {(t.source, t.event) for t in transitions} == {
        (t.source, t.event) for t in MACHINE.transitions
    }


UNHELD = {  # edges of a machine with a [shows=A] and b [shows=B], and what it cannot hold
    "a rejected event that moves": (
        'a -> b [label="x / rejected"]',
        "'x' in 'a' is rejected, but leads to 'b'",
    ),
    "an answer beside the status": (
        'a -> b [label="x / OK"]',
        "'x' in 'a' is answered 'OK' and then shows 'B'",
    ),
    "an exception": (
        'a -> a [label="x / KeyError: 7"]',
        "'x' in 'a' is answered 'KeyError: 7' and then shows 'A'",
    ),
}


@pytest.mark.parametrize(("edge", "said"), UNHELD.values(), ids=list(UNHELD))
def test_answers_that_no_machine_with_statuses_holds(edge: str, said: str, tmp_path: Path) -> None:
    """They are refused where a machine is asked for, and compared as they are."""
    path = tmp_path / "m.dot"
    path.write_text(f"digraph {{ a [shows=A]; b [shows=B]; {edge} }}")
    with pytest.raises(MachineError, match=said):
        fsm.load(str(path))
    assert fsm.compare(str(path), str(path)).same
    other = fsm.compare(str(path), loop("Open"))
    assert (other.same, other.by_answers) == (False, f"m: {said}")


def test_answers_are_compared_along_rejected_events() -> None:
    """Both reject x; only one of them is changed by it, as y shows."""
    edges = 'a -> b [label="x/rejected"]; a -> a [label="y/A"]; b -> b [label="x/rejected\\ny/C"]'
    head = "digraph { a [shows=A]; b [shows=A]; "
    moved = parse_dot(f"{head}{edges}}}", "m.dot")
    stays = State("a", "A", "a", ("a",))
    right = Machine("n", "n", (stays,), ("x", "y"), (Transition("a", "y", "a", "y"),), "a")
    for pair in ((moved, right), (right, moved)):
        [only] = fsm.compare(*pair).differences
        assert (only.kind, only.trace) == (DifferenceKind.ANSWER, ("x", "y"))
        assert {*only.shows} == {"A", "C, shows A"}


@given(mealys(states=(1, 4), inputs=(1, 2), shown=True))
@settings(max_examples=samples(100, 12))
def test_what_a_machine_with_statuses_holds_is_the_same(drawn: Mealy) -> None:
    """Statuses as answers, and rejected events that change nothing."""
    outputs, shown = ("Sent", "Failed", REJECTED), drawn.shown or ()
    answers = [
        [2 if t == s and o == 0 else outputs.index(shown[t]) for t, o in zip(*row, strict=True)]
        for s, row in enumerate(zip(drawn.next.tolist(), drawn.output.tolist(), strict=True))
    ]
    mealy = replace(drawn, outputs=outputs, output=np.array(answers))
    back = Mealy.of(mealy.machine())
    for trace in product(mealy.inputs, repeat=3):
        assert back.run(trace) == mealy.run(trace)


def test_a_state_that_shows_nothing_beside_others_is_refused() -> None:
    with pytest.raises(MachineError, match="'b' has no attribute shows, others have"):
        parse_dot('digraph { a [shows=A]; a -> b [label="x/0"] }', "m.dot")


class Late:
    """Shows nothing before the first event, which it may reject; then two lines."""

    second = "Open"

    def reset(self) -> None:
        self.seen: str | None = None

    def send(self, event: str) -> str:
        self.seen = self.second
        return "rejected"

    def observe(self) -> str | None:
        return self.seen


class TwoLines(Late):
    """Accepts every event, and shows two lines."""

    second = "Two\nlines"

    def send(self, event: str) -> None:
        self.seen = self.second


FORMATS = {  # what is refused is said after the differences, with the format that can hold it
    "json": (
        Late,
        "m.json",
        "'refuse' in 'open' is rejected, but leads to 'b'; .dot can hold it: -o m.dot",
    ),
    "dot": (
        TwoLines,
        "m.dot",
        "a DOT label cannot hold the name 'Two\\nlines'; .json can hold it: -o m.json",
    ),
}


@pytest.mark.parametrize(("kind", "file", "said"), FORMATS.values(), ids=list(FORMATS))
def test_the_format_that_can_hold_it_is_named(
    fsm: Fsm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: type, file: str, said: str
) -> None:
    monkeypatch.setattr("fsm.implementations.connect", lambda *_, **__: connection_of(kind()))
    (tmp_path / "open.json").write_text(to_json(loop("Open")))
    name = f"test_learnt_files:{kind.__name__}"
    result = fsm("learn", name, tmp_path / "open.json", "-o", tmp_path / file)
    assert (result.status, result.err.count("\n")) == (2, 1)
    assert result.err.startswith(f"fsm: {file}: nothing is written: ")
    assert said in result.err
    assert "open, after the reset: Open | -" in result.out
    assert not (tmp_path / file).exists()


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
