"""A connection to an implementation: the calls that tests make, however it is reached."""

from __future__ import annotations

import time
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import NamedTuple

from fsm.errors import CloseWarning
from fsm.implementations.call_failures import CALL_FAILURES, CallError, failure_text

__all__ = ["REAL_CLOCK", "Connection", "Reply", "Settling", "WaitingClock"]


@dataclass(frozen=True)
class WaitingClock:
    """What waiting needs to know of time; tests have one of their own."""

    now: Callable[[], float]
    """Seconds since any instant."""
    sleep: Callable[[float], object]
    """Wait so many seconds."""


REAL_CLOCK = WaitingClock(time.monotonic, time.sleep)


@dataclass(frozen=True)
class Settling:
    """How long what is shown may take to become right after an event."""

    seconds: float = 0.0
    clock: WaitingClock = REAL_CLOCK

    def settle(self, look: Callable[[], str], expected: str | None) -> str:
        """Look until what is expected is shown, or the time is over; return what was seen last.

        Where nothing is known to be expected, the whole time is waited. Intervals grow from 5 to
        250 ms.
        """
        seen = look()
        end = self.clock.now() + self.seconds
        pause = 0.005
        while seen != expected and (left := end - self.clock.now()) > 0:
            self.clock.sleep(min(pause, left))
            pause = min(pause * 1.5, 0.25)
            if expected is not None or self.clock.now() >= end:
                seen = look()
        return seen


class Reply(NamedTuple):
    """What came of one event: the answer, and what was shown after it, where that came along."""

    answer: str | None
    shown: str | None = None
    has_shown: bool = False


class Connection(ABC):
    """A connection to one implementation.

    Calls raise :class:`fsm.implementations.call_failures.CallError`, or what the implementation
    itself raises, where there is no answer. After :meth:`reset` calls work again.
    """

    name: str = "implementation"
    """What people call it."""
    settling = Settling()
    can_observe: bool = False
    """Whether it shows something at any time."""
    can_advance: bool = False
    """Whether it can be told how much time has passed."""
    can_run: bool = False
    """Whether it takes a whole trace at once."""
    runs_traces: bool = True
    """Whether it may be asked to; no longer once that failed."""
    notes: list[str]
    """What was noticed on the way, for people."""
    is_broken: bool = False
    """Whether the last call left it unusable until the next reset."""

    @property
    def kind(self) -> str:
        """What it is, for messages."""
        return type(self).__name__

    @abstractmethod
    def reset(self) -> None:
        """Bring the implementation to its initial state."""

    @abstractmethod
    def send(self, event: str, values: Mapping[str, object] | None = None) -> str | None:
        """Send an event and return the answer; ``None`` where there is none of its own."""

    @abstractmethod
    def observe(self) -> str | None:
        """Return what is shown now, ``None`` where nothing is."""

    def advance(self, seconds: float) -> None:
        """Let so much time pass."""
        raise CallError(f"{self.name} cannot advance time by {seconds} s")

    def run(self, trace: Sequence[str]) -> list[Reply]:
        """Reset, send a trace at once; return what is shown first, and each reply."""
        raise CallError(f"{self.name} cannot run {len(trace)} events at once")

    @abstractmethod
    def close(self) -> None:
        """End the connection."""

    def __enter__(self) -> Connection:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self.close()
        except CALL_FAILURES as failure:
            warnings.warn(
                f"{self.name}: close() failed: {failure_text(failure)}", CloseWarning, stacklevel=2
            )
