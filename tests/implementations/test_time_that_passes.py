"""Timers of a machine are tested by letting time pass, where an implementation can do that."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from hypothesis import assume, given
from hypothesis import strategies as st

from fsm.machine import Machine
from fsm.mealy import Mealy
from fsm.suites import suite
from fsm.suites.execution.suite_runs import run_suite
from tests.engine.timer_oracle import Message, timed_machine

SEEDS = st.integers(0, 1 << 40)


class Timed:
    """A machine with timers, as one message that lives from event to event."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    def reset(self) -> None:
        self.now = 0
        self.message = Message(self.machine, state=self.machine.initial)
        timers = enumerate(self.machine.timers)
        initial = self.machine.initial
        self.message.clocks = [(t.delay, n) for n, t in timers if initial in t.states]

    def send(self, event: str) -> str | None:
        return None if self.message.move(self.now, event) else "rejected"

    def observe(self) -> str | None:
        return self.message.state

    def advance(self, seconds: float) -> None:
        self.now += round(seconds * 1e6)
        self.message.elapse(self.now, None)


def stopping(seed: int) -> Machine:
    """Return a random machine whose timers stop, as test suites can let them fire."""
    machine = timed_machine(Random(seed))
    assume(all(timer.stops for timer in machine.timers))
    return machine


@given(SEEDS)
def test_a_right_implementation_passes(seed: int) -> None:
    machine = stopping(seed)
    tests = suite(machine, "table", observable="state")
    result = run_suite(Timed(machine), tests)
    assert result.passed, "\n".join(str(f.reproduction.run) for f in result.failures)


@given(SEEDS)
def test_a_timer_that_fires_late_is_found(seed: int) -> None:
    machine = stopping(seed)
    late = replace(
        machine,
        timers=tuple(replace(timer, delay=timer.delay + 100) for timer in machine.timers),
    )
    tests = suite(machine, "table", observable="state")
    result = run_suite(Timed(late), tests)
    mealy = Mealy.of(machine, "state")
    fires = [
        step
        for test in result.tests
        for step, before in zip(test.run.steps[1:], test.run.steps, strict=False)
        if step.state != before.state and step.event in {timer.event for timer in machine.timers}
    ]
    assert bool(fires) is not result.passed or not mealy.inputs
