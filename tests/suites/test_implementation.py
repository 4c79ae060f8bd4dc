"""Suites run against implementations that are right, wrong, silent and broken."""

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import fsm
from fsm.errors import FsmError
from fsm.machine import Machine, Transition
from fsm.mealy import Mealy
from fsm.suites import suite
from fsm.suites.differences import first_difference
from fsm.suites.execution.implementation import RunResult, StepResult, run_test
from fsm.suites.execution.origins import describe_mistake
from fsm.suites.execution.reproduction import RESETS, reproduce
from fsm.suites.execution.suite_runs import run_suite
from tests.depth import cases
from tests.suites.machines import mealys


class Table:
    """An implementation that is a table; ``observe`` where the machine shows something."""

    def __init__(self, mealy: Mealy) -> None:
        self.mealy, self.state, self.resets = mealy, mealy.initial, 0
        if mealy.shown:
            self.observe = lambda: mealy.shown and mealy.shown[self.state]

    def reset(self) -> None:
        self.state = self.mealy.initial
        self.resets += 1

    def send(self, event: str) -> str:
        x = self.mealy.inputs.index(event)
        output = self.mealy.outputs[self.mealy.output[self.state, x]]
        self.state = int(self.mealy.next[self.state, x])
        return output


def failures(system: Any, made: Any) -> Iterator[Any]:
    runs = (run_test(system, made.mealy, test) for test in made.tests)
    return (run for run in runs if not run.agrees)


@given(mealys(shown=True))
def test_the_machine_itself_passes(mealy: Mealy) -> None:
    assert not list(failures(Table(mealy), suite(mealy)))


@given(mealys(states=(2, 4)), st.data())
def test_a_reproduction_fails_and_is_shortest_where_it_says_so(mealy: Mealy, data: Any) -> None:
    s, x = (data.draw(st.integers(0, n - 1)) for n in mealy.next.shape)
    after = np.array(mealy.next)
    after[s, x] = data.draw(st.integers(0, len(mealy.states) - 1))
    wrong = Mealy("wrong", mealy.states, mealy.inputs, mealy.outputs, after, mealy.output)
    shortest = first_difference(mealy, wrong)
    assume(shortest is not None)
    assert shortest is not None
    system = Table(wrong)
    fewest = suite(mealy).guarantee.states
    failed = next(failures(system, suite(mealy, extra_states=len(mealy.states) - fewest)))
    system.resets = 0
    found = reproduce(system, mealy, failed)
    assert system.resets <= RESETS
    assert not run_test(system, mealy, found.run.trace).agrees
    assert len(shortest.trace) <= len(found.run.trace) <= len(failed.trace)
    if found.proven:
        assert len(found.run.trace) == len(shortest.trace)


def test_few_resets_are_enough_for_a_long_trace() -> None:
    """Two events, and a counter that errs at twelve: too many shorter traces to try them all."""
    count = [[min(s + 1, 12), 0] for s in range(13)]
    outputs = [[int(s == 12), 0] for s in range(13)]
    names = tuple(map(str, range(13)))
    mealy = Mealy("counter", names, ("up", "zero"), ("ok", "full"), count, outputs)
    wrong = Mealy("wrong", names, ("up", "zero"), ("ok", "full"), count, [[0, 0]] * 13)
    trace = ["up", "zero"] * 30 + ["up"] * 20
    failed = run_test(Table(wrong), mealy, trace)
    found = reproduce(Table(wrong), mealy, failed)
    assert found.run.trace == ("up",) * 13
    assert str(found) == f"short reproduction: {', '.join(['up'] * 13)}"


MACHINES = ("with-feedback", "without-feedback")
DOCUMENTED = [
    (name, transition)
    for name in MACHINES
    for transition in fsm.load(name).transitions
    if transition.origin and transition.origin.row
]


@pytest.mark.parametrize(
    ("name", "transition"),
    cases(DOCUMENTED),
    ids=[f"{name} row {t.origin.row}" for name, t in cases(DOCUMENTED) if t.origin],
)
def test_a_wrong_documented_row_is_caught_with_the_shortest_trace(
    name: str, transition: Transition
) -> None:
    """Whatever else an implementation does instead of a row, rejecting included."""
    machine = fsm.load(name)
    mealy = Mealy.of(machine)
    made = suite(machine, extra_states=1)
    s, x = mealy.states.index(transition.source), mealy.inputs.index(transition.event)
    for wrong in implementations_wrong_in(mealy, s, x):
        expected = first_difference(mealy, wrong)
        if expected is None:  # another state, in which no trace shows a difference
            continue
        failed = next(failures(Table(wrong), made))
        found = reproduce(Table(wrong), mealy, failed)
        assert found.proven
        assert len(found.run.trace) == len(expected.trace)
        assert transition.event in found.run.trace


def implementations_wrong_in(mealy: Mealy, s: int, x: int) -> Iterator[Mealy]:
    for target, output in product(range(len(mealy.states)), range(len(mealy.outputs))):
        if (target, output) != (mealy.next[s, x], mealy.output[s, x]):
            after, put = np.array(mealy.next), np.array(mealy.output)
            after[s, x], put[s, x] = target, output
            names = mealy.states, mealy.inputs, mealy.outputs
            yield Mealy("wrong", *names, after, put, mealy.initial, mealy.shown)


WITH_FEEDBACK = Mealy.of(fsm.load("with-feedback"))


class Accepting(Table):
    """Answers a rejected event with the status."""

    def send(self, event: str) -> str:
        answer = super().send(event)
        return answer if answer != "rejected" else (self.mealy.shown or ())[self.state]


def test_each_failure_is_told_with_a_trace_of_its_own() -> None:
    """A failure in one cell is no other failure in another one, however short its trace is."""
    result = run_suite(Accepting(WITH_FEEDBACK), suite("with-feedback", "tour"), most_failures=9)
    wrong = [failure.as_dict(result.suite) for failure in result.failures]
    cells = {(failure["state"], failure["event"]) for failure in wrong}
    assert len(cells) == len(wrong) == result.different > 1
    for failure, told in zip(result.failures, wrong, strict=True):
        assert told["expected"].startswith("rejected")
        assert failure.reproduction.proven
        assert failure.specified.reason == f"{told['state']} rejects {told['event']}"


def test_blanks_at_the_ends_of_an_answer_are_seen() -> None:
    step = StepResult("x", "Sent", "Sent ", "s")
    assert "got 'Sent '" in describe_mistake(
        suite("engagement"), RunResult((step._replace(event=""),))
    )
    assert str(RunResult((step,))).endswith("Sent      'Sent '  s")


class Broken(Table):
    def send(self, event: str) -> str:
        if event == "hard_bounce":
            raise ValueError("no such recipient")
        return super().send(event)


def test_an_exception_is_an_answer() -> None:
    run = run_test(Broken(WITH_FEEDBACK), WITH_FEEDBACK, ["relayed", "hard_bounce", "delivered"])
    got = "ValueError: no such recipient, shows Pending"
    assert str(run).splitlines() == [
        f"  step  event        expected  {'got':{len(got)}}  state",
        f"     0  (reset)      -         {'-':{len(got)}}  to_send",
        f"     1  relayed      Pending   {'Pending':{len(got)}}  awaiting",
        f">    2  hard_bounce  Failed    {got}  hard_bounced",
    ]
    assert not run.agrees
    assert run.trace == ("relayed", "hard_bounce")


class Silent:
    """Says nothing of rejections, and answers nothing: only its status can be seen."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    def reset(self) -> None:
        self.state = self.machine.initial

    def send(self, event: str) -> None:
        step = self.machine.step(self.state, event)
        self.state = step.target if step else self.state

    def observe(self) -> str | None:
        return self.machine.status(self.state)


def test_an_implementation_that_rejects_in_silence() -> None:
    machine = fsm.load("delivery")
    assert not list(failures(Silent(machine), suite(machine, rejections=False)))
    assert next(failures(Silent(machine), suite(machine))).steps[-1].expected.startswith("rejected")


LACKING = {
    "reset": (type("NoReset", (), {"send": None})(), "of type NoReset, has no method reset()"),
    "send": (type("NoSend", (), {"reset": print})(), "of type NoSend, has no method send()"),
    "observe": (
        type("NoStatus", (), {"reset": print, "send": print})(),
        "has no method observe(): add it, or say observable='output'",
    ),
    "an instance": (Silent, "the class Silent, not an instance; write Silent()"),
}


@pytest.mark.parametrize(("system", "said"), LACKING.values(), ids=list(LACKING))
def test_what_an_adapter_lacks(system: Any, said: str) -> None:
    with pytest.raises(FsmError) as error:
        run_test(system, WITH_FEEDBACK, ["relayed"])
    assert said in str(error.value)
