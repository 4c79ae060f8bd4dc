"""The adapter of an implementation, by the name of its class."""

from __future__ import annotations

from typing import Any

from fsm.catalog import import_object
from fsm.errors import FsmError
from fsm.suites.execution.implementation import SYSTEM_FAILURES, apart_from_output

__all__ = ["make_adapter"]


def make_adapter(name: str) -> Any:
    """Return the adapter that a class or function ``package.module:name`` makes.

    Importing the module runs it. Raises :class:`FsmError` where there is no such class, and where
    it fails.
    """
    with apart_from_output():
        make = import_object(name) if ":" in name else None
    if not callable(make):
        raise FsmError(f"{name}: no such class or function; write package.module:name")
    try:
        with apart_from_output():
            return make()
    except SYSTEM_FAILURES as error:
        raise FsmError(f"{name}() failed: {type(error).__name__}: {error}") from error
