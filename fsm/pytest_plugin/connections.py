"""Programs and servers under test in a session: one connection each, closed at the end."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from fsm.implementations.connection import Connection

__all__ = ["SessionConnections"]

_NAME = "fsm-connections"


class SessionConnections:
    """The connections to implementations that tests name."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, tuple[tuple[str, float], ...]], Connection] = {}

    @classmethod
    def of(cls, config: pytest.Config) -> SessionConnections:
        """Return those of a session."""
        found = config.pluginmanager.get_plugin(_NAME)
        if not isinstance(found, cls):
            found = cls()
            config.pluginmanager.register(found, _NAME)
        return found

    def get(self, name: str, waiting: Mapping[str, float]) -> Connection:
        """Return the connection to an implementation; raises :class:`fsm.errors.FsmError`."""
        from fsm.implementations import connect

        key = name, tuple(sorted(waiting.items()))
        if key not in self._open:
            self._open[key] = connect(name, **waiting)
        return self._open[key]

    def pytest_unconfigure(self) -> None:
        """Close every connection."""
        for connection in self._open.values():
            with suppress(Exception):
                connection.close()
        self._open.clear()
