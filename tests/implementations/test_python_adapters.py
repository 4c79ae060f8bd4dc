"""Adapters in Python: coroutines, time limits, statuses that come late, and time that passes."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import Any

import pytest

import fsm
from fsm.errors import ArgumentError, FsmError
from fsm.implementations import connect
from fsm.implementations.connection import Settling, WaitingClock
from fsm.implementations.python import PythonConnection
from fsm.mealy import Mealy
from fsm.suites import run_test, suite
from fsm.suites.execution.reproduction import REPEATS
from fsm.suites.execution.suite_runs import run_suite
from tests.implementations.wrong_systems import Right

SPEC = Mealy.of(fsm.load("with-feedback"))


class Asynchronous(Right):
    """All its methods are coroutine functions, on one event loop."""

    def __init__(self) -> None:
        super().__init__()
        self.loops: set[asyncio.AbstractEventLoop] = set()
        self.closed = 0

    async def reset(self) -> object:  # type: ignore[override]
        self.loops.add(asyncio.get_running_loop())
        self.queue: asyncio.Queue[object] = asyncio.Queue()
        return super().reset()

    async def send(self, event: str) -> object:  # type: ignore[override]
        await self.queue.put(super().send(event))
        return await self.queue.get()

    async def observe(self) -> object:  # type: ignore[override]
        await asyncio.sleep(0)
        return super().observe()

    async def close(self) -> None:
        self.closed += 1


def test_coroutines_are_awaited_on_one_loop() -> None:
    system = Asynchronous()
    with connect(system) as connection:
        result = run_suite(connection, suite("with-feedback"))
    assert result.passed
    assert (len(system.loops), system.closed) == (1, 1)


def test_within_a_loop_a_coroutine_is_refused() -> None:
    async def inside() -> None:
        run_test(Asynchronous(), SPEC, ["relayed"])

    with pytest.raises(FsmError, match=r"await fsm_case\.run_async"):
        asyncio.run(inside())


class Stuck(Right):
    """Does not answer to one event, in one of several ways."""

    def __init__(self, way: str) -> None:
        super().__init__()
        self.way = way

    def send(self, event: str) -> Any:
        if event != "soft_bounce":
            return super().send(event)
        if self.way == "coroutine":
            return asyncio.sleep(60)
        while True:
            with suppress(Exception):
                time.sleep(0.01)


@pytest.mark.parametrize("way", ["loop", "coroutine"])
def test_what_hangs_is_ended_and_the_adapter_goes_on(way: str) -> None:
    connection = PythonConnection(Stuck(way), timeout=0.05)
    run = run_test(connection, SPEC, ["relayed", "soft_bounce", "delivered"])
    assert run.steps[-1].got == "no answer within 0.05 s"
    assert run_test(connection, SPEC, ["relayed", "delivered"]).agrees


def test_a_timeout_of_the_implementation_is_its_own() -> None:
    class Late(Right):
        async def send(self, event: str) -> object:  # type: ignore[override]
            raise TimeoutError("the queue is full")

    with connect(Late(), timeout=5) as connection:
        got = run_test(connection, SPEC, ["relayed"]).steps[-1].got
    assert got == "TimeoutError: the queue is full, shows -"


@pytest.mark.parametrize("value", [-1, True, "2s", None])
def test_a_time_that_is_none_is_refused(value: Any) -> None:
    with pytest.raises(ArgumentError, match="is no number of seconds"):
        connect(Right(), timeout=value)


def test_no_time_at_all_is_refused() -> None:
    with pytest.raises(ArgumentError, match="0 seconds are too few"):
        connect(Right(), timeout=0)


# Statuses that come late ---------------------------------------------------------------------


class Eventual(Right):
    """Shows its status two seconds late, by a clock of the test."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.changes: list[tuple[float, object]] = []

    def reset(self) -> object:
        self.changes = [(self.now - 9, None)]
        return super().reset()

    def send(self, event: str) -> object:
        answer = super().send(event)
        self.changes.append((self.now, super().observe()))
        return answer

    def observe(self) -> object:
        return [shown for at, shown in self.changes if at <= self.now - 2][-1]

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.mark.parametrize(("settle", "passes"), [(0.0, False), (1.5, False), (2.5, True)])
def test_what_is_shown_may_come_late(settle: float, passes: bool) -> None:
    system = Eventual()
    clock = WaitingClock(lambda: system.now, system.sleep)
    connection = PythonConnection(system, settling=Settling(settle, clock))
    assert run_suite(connection, suite("with-feedback")).passed is passes


# Differences that do not come back -----------------------------------------------------------


class Flaky(Right):
    """Every third status Sent is shown as Failed."""

    count = 0

    def observe(self) -> object:
        shown = super().observe()
        if shown == "Sent":
            self.count += 1
        return "Failed" if shown == "Sent" and self.count % 3 == 0 else shown


def test_a_difference_that_does_not_come_back_is_no_reproduction() -> None:
    result = run_suite(Flaky(), suite("with-feedback"))
    for failure in result.failures:
        found = failure.reproduction
        assert not found.is_deterministic
        assert 0 < found.failures <= found.runs == REPEATS
        assert str(found).startswith(f"not deterministic: fails in {found.failures} of ")
    assert result.failures
