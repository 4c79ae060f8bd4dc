"""An implementation by its name: a Python object, a URL, or a program."""

from __future__ import annotations

from typing import Any

from fsm.catalog import import_object
from fsm.errors import ArgumentError, FsmError
from fsm.implementations.connection import Connection, Settling
from fsm.implementations.failures import CALL_FAILURES, failure_text
from fsm.implementations.output import apart_from_output
from fsm.implementations.process import ProcessConnection
from fsm.implementations.python import PythonConnection
from fsm.implementations.web import WebConnection
from fsm.trust import NameInFile

__all__ = ["FORMS", "TIMEOUT", "connect", "connection_of"]

FORMS = "package.module:name, http://host:port/, or cmd:PROGRAM ARGUMENTS"
"""How implementations are named."""
TIMEOUT = 10.0
"""Seconds that an answer may take."""
_PROGRAM = "cmd:"


def connect(
    implementation: Any, *, timeout: float = TIMEOUT, settle: float = 0.0
) -> Connection:
    """Return a connection to an implementation, an adapter object or its name.

    ``package.module:name`` is a class or function that returns an adapter: an object with
    ``reset()``, ``send(event)`` and, where something is shown, ``observe()``. ``http://…`` is a
    server and ``cmd:…`` a program that speak the protocol of :mod:`fsm.implementations.protocol`.
    ``timeout`` is how many seconds an answer may take, ``settle`` how many what is shown may take
    to become right. Use it in a ``with`` statement, or close it.

    A name imports a module, or starts a program: give only those that you trust. Raises
    :class:`FsmError` where the name has no such form, or nothing answers.
    """
    for name, value in (("timeout", timeout), ("settle", settle)):
        if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
            raise ArgumentError(f"{name}: {value!r} is no number of seconds")
    settling = Settling(float(settle))
    if isinstance(implementation, Connection):
        return implementation
    if not isinstance(implementation, str):
        return PythonConnection(implementation, timeout=timeout, settling=settling)
    if isinstance(implementation, NameInFile):
        import_object(implementation)  # refuses it
    if implementation.startswith(_PROGRAM):
        command = implementation.removeprefix(_PROGRAM)
        return ProcessConnection(command, timeout=timeout, settling=settling)
    if implementation.startswith(("http://", "https://")):
        return WebConnection(implementation, timeout=timeout, settling=settling)

    def make() -> Any:
        return make_adapter(implementation)

    return PythonConnection(
        make(), implementation, timeout=timeout, settling=settling, remake=make
    )


def connection_of(implementation: object) -> Connection:
    """Return a connection as it is, or one without a time limit to an adapter object."""
    if isinstance(implementation, Connection):
        return implementation
    return PythonConnection(implementation)


def make_adapter(name: str) -> Any:
    """Return the adapter that a class or function ``package.module:name`` makes.

    Importing the module runs it. Raises :class:`FsmError` where there is no such class, and where
    it fails.
    """
    with apart_from_output():
        make = import_object(name) if ":" in name else None
    if not callable(make):
        raise FsmError(f"{name}: no such class or function; an implementation is {FORMS}")
    try:
        with apart_from_output():
            return make()
    except CALL_FAILURES as error:
        raise FsmError(f"{name}() failed: {failure_text(error)}") from error
