"""Coroutines of an implementation, awaited on an event loop of this thread or of a test."""

from __future__ import annotations

import asyncio
import atexit
import threading
from contextlib import suppress
from typing import Any

from fsm.errors import FsmError
from fsm.implementations.call_failures import HangError

__all__ = ["await_here", "await_on", "close_loop", "drop_loop"]

_OF_THREAD = threading.local()
_LAST_WORDS = 0.1
"""Seconds that a cancelled task has to end."""


class _Loop:
    """The loop of a thread, closed with it."""

    def __init__(self) -> None:
        self.runner = asyncio.Runner()

    def __del__(self) -> None:
        if not self.runner.get_loop().is_closed():
            self.runner.close()


def await_here(value: Any, timeout: float | None) -> object:
    """Return what an awaitable returns, on the loop that this thread keeps for implementations.

    Raises :class:`HangError` after ``timeout`` seconds, and :class:`FsmError` where the thread runs
    a loop already.
    """
    if _is_running():
        if asyncio.iscoroutine(value):
            value.close()
        raise FsmError(
            "the implementation is asynchronous, and an event loop runs already; in a test that is "
            "a coroutine, write: await fsm_case.run_async(implementation)"
        )
    if not hasattr(_OF_THREAD, "loop"):
        _OF_THREAD.loop = _Loop()
        atexit.register(close_loop)
    result: object = _OF_THREAD.loop.runner.run(_within(value, timeout))
    return result


def await_on(loop: asyncio.AbstractEventLoop, value: Any, timeout: float | None) -> object:
    """Return what an awaitable returns on a loop that another thread runs."""
    future = asyncio.run_coroutine_threadsafe(_within(value, timeout), loop)
    try:
        return future.result(timeout and timeout + 1)
    except TimeoutError:
        if timeout is None or future.done():  # the implementation raised it
            raise
        raise HangError(timeout) from None


def drop_loop() -> None:
    """Leave the loop of this thread, on which a call hung; the next call has another one."""
    loop = getattr(_OF_THREAD, "loop", None)
    if loop is not None:
        del _OF_THREAD.loop
        with suppress(RuntimeError):
            loop.runner.get_loop().close()


def close_loop() -> None:
    """Close the loop of this thread, if it has one."""
    if hasattr(_OF_THREAD, "loop"):
        del _OF_THREAD.loop


async def _within(value: Any, timeout: float | None) -> object:
    if timeout is None:
        return await value
    task: asyncio.Future[object] = asyncio.ensure_future(value)
    done, _ = await asyncio.wait([task], timeout=timeout)
    if not done:
        task.cancel()
        await asyncio.wait([task], timeout=_LAST_WORDS)
        raise HangError(timeout)
    return task.result()


def _is_running() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
