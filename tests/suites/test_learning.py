"""Learning: the right machine under the guarantee, few events, and an end where there is none."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fsm
from fsm.errors import FsmError
from fsm.implementations.call_failures import CallError
from fsm.implementations.connecting import connection_of
from fsm.implementations.connection import Settling, WaitingClock
from fsm.mealy import Mealy
from fsm.suites import suite
from fsm.suites.equivalence import reduced
from fsm.suites.learning.learnt import Learnt, learn
from fsm.suites.learning.observation_tree import ROOT, ObservationTree
from fsm.suites.learning.questions import Answer, Questions
from tests.depth import at_full_depth, samples
from tests.suites.machines import mealys
from tests.suites.test_implementation import Table

MACHINE = fsm.load("with-feedback")
RIGHT = Mealy.of(MACHINE)


class Counted(Table):
    """A table that counts what is sent to it."""

    def __init__(self, mealy: Mealy) -> None:
        super().__init__(mealy)
        self.events = 0

    def send(self, event: str) -> str:
        self.events += 1
        return super().send(event)


def agree(a: Mealy, b: Mealy) -> bool:
    """Whether two complete machines answer and show the same, by all pairs that are reached."""
    pairs = [(a.initial, b.initial)]
    for s, t in pairs:
        if a.shown and b.shown and a.shown[s] != b.shown[t]:
            return False
        for event in a.inputs:
            cells = (s, a.inputs.index(event)), (t, b.inputs.index(event))
            if a.outputs[a.output[cells[0]]] != b.outputs[b.output[cells[1]]]:
                return False
            after = int(a.next[cells[0]]), int(b.next[cells[1]])
            if after not in pairs:
                pairs.append(after)
    return True


def learnt_of(system: Mealy, reference: Mealy | None, extra_states: int) -> tuple[Learnt, Counted]:
    box, shows = Counted(system), system.shown is not None
    options: Any = {"reference": reference, "extra_states": extra_states}
    return learn(box, system.inputs, shows=shows, **options), box


@given(mealys(states=(1, 5)), mealys(states=(1, 5)), st.integers(0, 2))
@settings(max_examples=samples(400, 12))
def test_within_the_guarantee_the_result_is_right(
    system: Mealy, reference: Mealy, extra_states: int
) -> None:
    """Whatever the reference is: also one with other inputs."""
    for expected in (reference, None):
        learnt, box = learnt_of(system, expected, extra_states)
        most = len(learnt.mealy.states) + extra_states
        assert learnt.guarantee.implementation_states == most
        if len(reduced(system).states) <= most:
            assert agree(system, learnt.mealy)
        assert (learnt.cost.events, learnt.cost.resets) == (box.events, box.resets)
        assert learnt.cost.learning_events + learnt.cost.testing_events == box.events


@given(mealys(states=(1, 4), shown=True), st.data())
@settings(max_examples=samples(100, 6))
def test_a_reference_with_a_wrong_cell_is_put_right(system: Mealy, data: st.DataObject) -> None:
    after = system.next.copy()
    cell = data.draw(st.integers(0, after.size - 1))
    after.flat[cell] = data.draw(st.integers(0, len(system.states) - 1))
    learnt, _ = learnt_of(system, replace(system, next=after), 4)
    assert agree(system, learnt.mealy)
    assert len(learnt.mealy.states) == len(reduced(system).states)


@given(mealys(shown=True), st.integers(0, 1))
@settings(max_examples=samples(60, 4))
def test_what_conforms_takes_the_tests_of_one_suite(system: Mealy, extra_states: int) -> None:
    learnt, box = learnt_of(system, system, extra_states)
    tests = list(suite(reduced(system), extra_states=extra_states).tests)
    assert (box.resets, box.events) == (max(1, len(tests)), sum(map(len, tests)))
    assert learnt.cost.hypotheses == 1


def test_no_trace_is_run_twice() -> None:
    asked: list[tuple[str, ...]] = []

    class Asked(Counted):
        def reset(self) -> None:
            super().reset()
            asked.append(())

        def send(self, event: str) -> str:
            asked[-1] += (event,)
            return super().send(event)

    wrong = replace(RIGHT, next=RIGHT.next[:, ::-1])
    learn(Asked(RIGHT), RIGHT.inputs, shows=True, reference=wrong)
    for number, word in enumerate(asked):
        assert not any(other[: len(word)] == word for other in asked[:number])


COSTS = {  # the reference, and the most events and resets that it may take beside one suite
    "the documented machine": (RIGHT, 1.0),
    "the machine of the other mode": (Mealy.of(fsm.load("without-feedback")), 1.3),
    "none": (None, 1.4),
}


@pytest.mark.parametrize(("reference", "most"), COSTS.values(), ids=list(COSTS))
def test_what_a_reference_is_worth(reference: Mealy | None, most: float) -> None:
    box = Counted(RIGHT)
    learn(box, RIGHT.inputs, shows=True, reference=reference)
    size = suite(RIGHT, extra_states=1).size
    assert box.events + box.resets <= most * (size.symbols + size.tests)


def test_a_machine_with_a_late_difference_is_learnt() -> None:
    """Where the tests of MACHINE refute it at once, and those of the next hypothesis later."""
    late = Attempts(most=3)
    learnt = learn(late, ["up", "down"], shows=False, extra_states=2)
    assert len(learnt.mealy.states) == 4
    assert learnt.cost.hypotheses > 1


def test_a_partial_reference_is_no_first_hypothesis() -> None:
    after, output = RIGHT.next.copy(), RIGHT.output.copy()
    after[0, 1] = output[0, 1] = -1
    learnt, _ = learnt_of(RIGHT, replace(RIGHT, next=after, output=output), 1)
    assert agree(RIGHT, learnt.mealy)


def test_a_reference_that_shows_nothing_is_refused_where_states_show_something() -> None:
    with pytest.raises(FsmError, match="shows nothing in its states"):
        learn(Table(RIGHT), RIGHT.inputs, shows=True, reference=replace(RIGHT, shown=None))


# What the implementation shows


def test_a_wrong_status_is_learnt_and_told() -> None:
    shown = tuple("Sent" if text == "Pending" else text for text in RIGHT.shown or ())
    learnt, _ = learnt_of(replace(RIGHT, shown=shown), RIGHT, 1)
    [first, *_] = learnt.differences(RIGHT)
    assert str(first) == ("relayed in to_send: Pending | Pending, shows Sent; trace: relayed")
    assert learnt.named_after(RIGHT).states[:2] == ("to_send", "awaiting")


def test_what_is_shown_first_is_compared() -> None:
    shown = ("Draft", *(RIGHT.shown or ())[1:])
    [only] = learnt_of(replace(RIGHT, shown=shown), RIGHT, 1)[0].differences(RIGHT)
    assert str(only) == "to_send, after the reset: - | Draft"


def test_what_follows_a_wrong_reset_is_compared() -> None:
    """The first status is wrong, and one cell of another state as well."""
    shown = ("Draft", *(RIGHT.shown or ())[1:])
    after = RIGHT.next.copy()
    after[1, RIGHT.inputs.index("delivered")] = 1
    system = replace(RIGHT, next=after, shown=shown)
    learnt, _ = learnt_of(system, RIGHT, 1)
    places = [(found.input, found.trace) for found in learnt.differences(RIGHT)]
    assert places == [("", ()), ("delivered", ("relayed", "delivered"))]
    assert learnt.not_compared(RIGHT) == ()


# Where there is no end


class Attempts:
    """Counts: all attempts, every second one, those that were not taken back, or modulo five."""

    def __init__(self, *, step: int = 1, is_shown: bool = False, most: int | None = None) -> None:
        self.step, self.is_shown, self.most = step, is_shown, most

    def reset(self) -> None:
        self.count = 0

    def send(self, event: str) -> str:
        if event == "up" and self.count != self.most:
            self.count += 1
        elif event == "down":
            if self.count < self.step:
                return "rejected"
            self.count -= self.step
        return str(self.count) if self.is_shown else "ok"


class Moody(Attempts):
    def __init__(self) -> None:
        super().__init__()
        self.total = 0

    def send(self, event: str) -> str:
        self.total += 1
        return str(self.total)


class Remembering:
    """Shows everything that was ever sent to it."""

    def reset(self) -> None:
        self.sent = ""

    def send(self, event: str) -> str:
        self.sent += event
        return self.sent


MORE = "the implementation has more than 200 states, perhaps infinitely many; allow more with"
UNLEARNABLE = {
    "a counter": (Attempts(is_shown=True), f"each 'up' is answered in a new way: {MORE}"),
    "a stack": (Attempts(), f"more 'up' lead to new states, as 'down' shows later: {MORE}"),
    "a memory": (Remembering(), f"is answered in a new way: {MORE}"),
    "not deterministic": (Moody(), "the implementation is not deterministic: the last answer to"),
}


@pytest.mark.parametrize(("system", "said"), UNLEARNABLE.values(), ids=list(UNLEARNABLE))
def test_what_cannot_be_learnt(system: Any, said: str) -> None:
    with pytest.raises(FsmError) as error:
        learn(system, ["stay", "up", "down"], shows=False, max_states=200)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


@at_full_depth
def test_an_end_is_found_within_few_events() -> None:
    sent: list[str] = []

    class Recorded(Attempts):
        def send(self, event: str) -> str:
            sent.append(event)
            return super().send(event)

    for system in (Recorded(is_shown=True), Recorded(), Recorded(step=2)):
        sent.clear()
        with pytest.raises(FsmError, match="more than 1,000 states"):
            learn(system, ["up", "down"], shows=False, extra_states=2)
        assert len(sent) < 40_000


def test_a_counter_with_an_end_is_learnt() -> None:
    learnt = learn(Attempts(most=9), ["up", "down"], shows=False)
    assert len(learnt.mealy.states) == 10


def test_few_states_are_refused_too() -> None:
    with pytest.raises(FsmError, match="has more than 1 state, perhaps"):
        learn(Table(RIGHT), RIGHT.inputs, shows=True, reference=RIGHT, max_states=1)


def test_answers_change_after_a_reset() -> None:
    class Shifting(Table):
        def __init__(self) -> None:
            super().__init__(RIGHT)
            self.observe = lambda: str(self.resets)

    with pytest.raises(FsmError, match="after a reset the implementation shows '1', and then '2'"):
        learn(Shifting(), RIGHT.inputs, shows=True, reference=RIGHT)


def test_a_changed_answer_is_told() -> None:
    questions = Questions(Moody(), ["up", "down"], shows=False)
    questions.ask((0, 0))
    with pytest.raises(FsmError, match="the last answer to up was '1', and then '3'"):
        questions.ask((0, 1))


class Ending(Table):
    """A program that ends at its second event, or when it is looked at then."""

    def __init__(self, at: str) -> None:
        super().__init__(replace(RIGHT, shown=None))
        self.at, self.sent, self.observe = at, 0, self.look
        self.connection = connection_of(self)

    def reset(self) -> None:
        super().reset()
        self.sent = 0

    def send(self, event: str) -> str:
        self.sent += 1
        answer = super().send(event)
        self._end("send")
        return answer

    def look(self) -> str:
        self._end("observe")
        return (RIGHT.shown or ())[self.state]

    def _end(self, place: str) -> None:
        if self.at == place and self.sent == 2:
            self.connection.is_broken = True
            raise CallError("the program ended with exit status 3")


@pytest.mark.parametrize("at", ["send", "observe"])
def test_an_end_is_told_with_its_trace(at: str) -> None:
    said = "the program ended with exit status 3; trace: [a-z_]*, [a-z_]*; what follows cannot"
    with pytest.raises(FsmError, match=said):
        learn(Ending(at).connection, RIGHT.inputs, shows=True, reference=RIGHT)


class Slow(Table):
    """Shows what changed a second late, by a clock of the test."""

    def __init__(self, mealy: Mealy) -> None:
        super().__init__(mealy)
        self.now, self.late, self.at = 0.0, "", 0.0
        self.observe = lambda: self.shown if self.now >= self.at else self.late

    @property
    def shown(self) -> str:
        return (self.mealy.shown or ())[self.state]

    def reset(self) -> None:
        self.late, self.at = self.observe(), self.now + 1
        super().reset()

    def send(self, event: str) -> str:
        self.late, self.at = self.observe(), self.now + 1
        return super().send(event)

    def time(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def test_what_is_shown_late_is_learnt() -> None:
    """A new status that is right is not waited for any longer, one that may change still is."""
    after = RIGHT.next.copy()
    after[1, RIGHT.inputs.index("relayed")] = 2
    for mealy in (RIGHT, replace(RIGHT, next=after)):
        system = Slow(mealy)
        connection = connection_of(system)
        connection.settling = Settling(5.0, WaitingClock(system.time, system.sleep))
        learnt = learn(connection, RIGHT.inputs, shows=True, reference=RIGHT)
        assert agree(mealy, learnt.mealy)
        assert system.now < 0.9 * 5.0 * (learnt.cost.events + learnt.cost.resets)


# The tree


def test_nodes_are_apart_by_the_shortest_word() -> None:
    tree = ObservationTree(0, [0, 0, 1])
    a, b = tree.add(ROOT, 0, 0), tree.add(ROOT, 1, 0)
    assert tree.witness(a, b) is None
    for node, last in ((a, 0), (b, 1)):
        tree.add(tree.add(node, 0, 0), 1, last)
    assert tree.witness(a, b) == (0, 1)
    assert tree.tells((0, 1), a, b)
    assert not tree.tells((0,), a, b)
    assert sorted(tree.leaves()) == [(0, 0, 1), (1, 0, 1)]
    assert tree.witness(a, tree.add(ROOT, 2, 1)) is None
    assert tree.witness(tree.add(a, 1, 2), b) == ()


def test_answers_beyond_the_bound_are_compared_and_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("fsm.suites.learning.questions.REMEMBERED", 20)
    wrong = replace(RIGHT, next=RIGHT.next[:, ::-1])
    learnt, _ = learnt_of(RIGHT, wrong, 1)
    assert agree(RIGHT, learnt.mealy)
    questions = Questions(Table(RIGHT), RIGHT.inputs, shows=True)
    never = questions.number(Answer("never", "seen"))
    assert questions.refutation((0, 0, 0), [never] * 3) == (0,)
