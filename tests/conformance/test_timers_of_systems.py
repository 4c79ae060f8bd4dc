"""The events of timers are run by letting time pass, where an implementation can do that."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsm.conformance.conforming import conform
from fsm.conformance.probing import probe
from fsm.machine import Machine
from fsm.machine_parts import Timer
from tests.conformance.orders import as_machine
from tests.depth import samples
from tests.implementations.test_time_that_passes import SEEDS, Timed, stopping

AFTER = {
    ("waiting", "pay"): "paid",
    ("waiting", "remind"): "reminded",
    ("waiting", "expire"): "expired",
    ("reminded", "pay"): "paid",
    ("reminded", "expire"): "expired",
}
SHOWN = {"waiting": "Open", "reminded": "Open", "paid": "Paid", "expired": "Expired"}
ORDER = replace(
    as_machine(AFTER, SHOWN),
    timers=(
        Timer.of("remind", timedelta(days=1), "waiting"),
        Timer.of("expire", timedelta(days=3), "waiting", "reminded"),
    ),
)


class ByStatus(Timed):
    def observe(self) -> str | None:
        return self.machine.status(self.message.state)


class Untimed(ByStatus):
    advance = None  # type: ignore[assignment]


class Answering(Timed):
    observe = None  # type: ignore[assignment]

    def send(self, event: str) -> str | None:
        return super().send(event) or self.machine.status(self.message.state)


def late(machine: Machine, more: timedelta) -> Machine:
    timers = (
        Timer.of(t.event, timedelta(microseconds=t.delay) + more, *t.states) for t in machine.timers
    )
    return replace(machine, timers=tuple(timers))


def verdicts(system: Timed) -> dict[str, list[str]]:
    cells = conform(None, ORDER, implementation=system).cells
    assert cells is not None
    return {
        "differ": [f"{cell.event} in {cell.state}" for cell in cells.disagreements],
        "notes": [note.partition(": ")[2] for note in cells.notes],
    }


OVERTAKEN = "not run, because another timer fires first: expire in waiting"
TIME_PASSED = "the events of timers were not sent, time passed until they fire: remind, expire"


@pytest.mark.parametrize(
    ("system", "expected"),
    {
        "right": (ByStatus(ORDER), {"differ": [], "notes": [TIME_PASSED, OVERTAKEN]}),
        "an expiry that comes a day late": (
            ByStatus(late(ORDER, timedelta(days=1))),
            {
                "differ": ["expire in reminded"],
                "notes": [
                    TIME_PASSED,
                    OVERTAKEN,
                    "not run in expired: no trace leads there on which it does as specified",
                ],
            },
        ),
        "cannot let time pass": (
            Untimed(ORDER),
            {
                "differ": [],
                "notes": [
                    (
                        "the events of timers were sent by their names, because it cannot let time "
                        "pass: remind, expire"
                    )
                ],
            },
        ),
        "shows only answers": (
            Answering(ORDER),
            {
                "differ": [],
                "notes": [
                    (
                        "the events of timers were sent by their names, because it shows only "
                        "answers: remind, expire"
                    )
                ],
            },
        ),
    }.values(),
    ids=["right", "late", "no advance", "no observe"],
)
def test_how_timers_were_run_is_told(system: Timed, expected: dict[str, list[str]]) -> None:
    assert verdicts(system) == expected


@settings(max_examples=samples(300))
@given(SEEDS, st.booleans())
def test_a_right_implementation_agrees(seed: int, by_status: bool) -> None:
    machine = stopping(seed)
    system = ByStatus(machine) if by_status else Timed(machine)
    cells = conform(None, machine, implementation=system).cells
    assert cells is not None
    assert cells.disagreements == ()


@settings(max_examples=samples(300))
@given(SEEDS)
def test_a_timer_that_fires_late_is_found(seed: int) -> None:
    """What differs is a timer's event: time passed, and nothing happened yet."""
    machine = stopping(seed)
    slow = replace(machine, timers=tuple(replace(t, delay=t.delay + 100) for t in machine.timers))
    cells = conform(None, machine, implementation=Timed(slow)).cells
    assert cells is not None
    events = {timer.event for timer in machine.timers}
    assert {cell.event for cell in cells.disagreements} <= events
    ran = probe(Timed(machine), machine).runs
    moves = {
        (t.source, t.event)
        for t in machine.transitions
        if t.event in events and t.target != t.source and (t.source, t.event) in ran
    }
    assert bool(cells.disagreements) or not moves
