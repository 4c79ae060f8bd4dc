"""An implementation in this process: an object with reset, send and observe.

Its methods may be coroutine functions, which are awaited. A time limit ends calls that hang.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from fsm.errors import FsmError
from fsm.implementations.call_failures import HangError, as_text
from fsm.implementations.connection import Connection, Settling
from fsm.implementations.time_limits import time_limit

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

__all__ = ["PythonConnection"]


class PythonConnection(Connection):
    """An adapter object of the user, called in this thread.

    ``timeout`` is in seconds for each call; after one that hung, the same adapter is reset.
    Coroutines run on ``loop``, which another thread runs, or else on a loop of this thread. Raises
    :class:`FsmError` for what is no adapter.
    """

    def __init__(
        self,
        adapter: Any,
        name: str = "",
        *,
        timeout: float | None = None,
        settling: Settling = Connection.settling,
        loop: AbstractEventLoop | None = None,
    ) -> None:
        if isinstance(adapter, type):
            raise FsmError(
                f"the implementation is the class {adapter.__name__}, not an instance; "
                f"write {adapter.__name__}()"
            )
        self.adapter, self.timeout, self.settling = adapter, timeout, settling
        self.name = name or self.kind
        self.notes = []
        for method in ("reset", "send"):
            if not self._has(method):
                raise FsmError(f"the implementation, of type {self.kind}, has no method {method}()")
        self.can_observe, self.can_advance = self._has("observe"), self._has("advance")
        self._loop = loop
        if any(map(inspect.iscoroutinefunction, (adapter.reset, adapter.send))):
            import_module("fsm.implementations.event_loop")  # outside the time of a call

    @property
    def kind(self) -> str:
        """The name of the adapter's class."""
        return type(self.adapter).__name__

    def reset(self) -> None:
        """Call ``reset()``."""
        self.is_broken = False
        self._call(self.adapter.reset)

    def send(self, event: str, values: Mapping[str, object] | None = None) -> str | None:
        """Call ``send(event)``, with values as keyword arguments."""
        return as_text(self._call(self.adapter.send, event, **(values or {})), "send()")

    def observe(self) -> str | None:
        """Call ``observe()``."""
        return as_text(self._call(self.adapter.observe), "observe()")

    def advance(self, seconds: float) -> None:
        """Call ``advance(seconds)``."""
        self._call(self.adapter.advance, seconds)

    def close(self) -> None:
        """Call ``close()``, where there is such a method."""
        if self._has("close") and not self.is_broken:
            self._call(self.adapter.close)

    def _has(self, method: str) -> bool:
        return callable(getattr(self.adapter, method, None))

    def _call(self, method: Callable[..., Any], *args: object, **values: object) -> object:
        try:
            with time_limit(self.timeout):
                value = method(*args, **values)
                return self._awaited(value) if inspect.isawaitable(value) else value
        except HangError:
            from fsm.implementations.event_loop import drop_loop

            self.is_broken = True
            drop_loop()  # what hung may hold it
            raise

    def _awaited(self, value: Any) -> object:
        from fsm.implementations.event_loop import await_here, await_on

        if self._loop:
            return await_on(self._loop, value, self.timeout)
        return await_here(value, self.timeout)
