"""A time limit for calls in this thread."""

from __future__ import annotations

import signal
import sys
import threading
from bdb import Bdb
from collections.abc import Iterator
from contextlib import contextmanager

from fsm.implementations.call_failures import HangError

__all__ = ["time_limit"]

_AGAIN = 0.1
"""Seconds after which a call that caught the interrupt is interrupted again."""


class _Alarm(BaseException):
    """The time is over; no ``except Exception`` of an implementation catches it."""


@contextmanager
def time_limit(seconds: float | None) -> Iterator[None]:
    """Raise :class:`HangError` where the block takes longer.

    Only the main thread can be interrupted, and only where the system has timers (POSIX); elsewhere
    nothing is limited.
    """
    is_main = threading.current_thread() is threading.main_thread()
    if seconds is None or not is_main or not hasattr(signal, "setitimer"):
        yield
        return
    before = signal.signal(signal.SIGALRM, _ring)
    left, interval = signal.setitimer(signal.ITIMER_REAL, seconds, _AGAIN)
    try:
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, left, interval)
            signal.signal(signal.SIGALRM, before)
    except _Alarm:
        raise HangError(seconds) from None


def _ring(*_: object) -> None:
    tracer = getattr(sys.gettrace(), "__self__", None)
    if not isinstance(tracer, Bdb):  # somebody who debugs has all the time in the world
        raise _Alarm
