"""An implementation by its name: a Python object, a URL, or a program."""

from __future__ import annotations

import inspect
import shlex
import sys
from typing import Any

from fsm.catalog import import_object
from fsm.errors import ArgumentError, FsmError
from fsm.implementations.call_failures import CALL_FAILURES, failure_text
from fsm.implementations.connection import Connection, Settling
from fsm.implementations.output import apart_from_output
from fsm.implementations.process import ProcessConnection
from fsm.implementations.python import PythonConnection
from fsm.suggest import did_you_mean, nearest
from fsm.trust import NameInFile

__all__ = ["FORMS", "TIMEOUT", "connect", "connect_several", "connection_of", "make_adapter"]

FORMS = "package.module:name, http://host:port/, or cmd:PROGRAM ARGUMENTS"
"""How implementations are named."""
TIMEOUT = 10.0
"""Seconds that an answer may take."""
_PROGRAM = "cmd:"


def connect(implementation: Any, *, timeout: float = TIMEOUT, settle: float = 0.0) -> Connection:
    """Return a connection to an implementation, an adapter object or its name.

    ``package.module:name`` is a class or function that returns an adapter: an object with
    ``reset()``, ``send(event)`` and, where something is shown, ``observe()``. It runs in a process
    of its own, so that it may hang, and end the process. ``http://…`` is a server and ``cmd:…`` a
    program that speak the protocol of :mod:`fsm.implementations.protocol`. ``timeout`` is how many
    seconds an answer may take, ``settle`` how many what is shown may take to become right. Use it
    in a ``with`` statement, or close it.

    A name imports a module, or starts a program: give only those that you trust. Raises
    :class:`FsmError` where the name has no such form, or nothing answers.
    """
    for name, value in (("timeout", timeout), ("settle", settle)):
        if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
            raise ArgumentError(f"{name}: {value!r} is no number of seconds")
    if not timeout:
        raise ArgumentError("timeout: 0 seconds are too few for an answer")
    settling = Settling(float(settle))
    if isinstance(implementation, Connection):
        return implementation
    if not isinstance(implementation, str):
        return PythonConnection(implementation, timeout=timeout, settling=settling)
    if isinstance(implementation, NameInFile):
        raise FsmError(implementation.refusal)
    if implementation.startswith(_PROGRAM):
        words = _words(implementation)
        return ProcessConnection(words, implementation, timeout=timeout, settling=settling)
    if implementation.startswith(("http://", "https://")):
        from fsm.implementations.web import WebConnection

        return WebConnection(implementation, timeout=timeout, settling=settling)

    words = [sys.executable, "-m", "fsm.implementations.serving", implementation]
    return ProcessConnection(
        words, implementation, timeout=timeout, settling=settling, shows_errors=True
    )


def connect_several(
    name: str, count: int, *, timeout: float = TIMEOUT, settle: float = 0.0
) -> list[Connection]:
    """Return connections to several instances of an implementation that can run side by side.

    Each program is a process of its own, and so is each Python adapter. A server must keep sessions
    apart. Raises what :func:`connect` raises.
    """
    if count == 1:
        return [connect(name, timeout=timeout, settle=settle)]
    made: list[Connection] = []
    try:
        for number in range(1, count + 1):
            made.append(_instance(name, number, timeout, settle))
    except BaseException:
        for connection in made:
            connection.close()
        raise
    return made


def _instance(name: str, number: int, timeout: float, settle: float) -> Connection:
    from fsm.implementations.web import WebConnection

    connection = connect(name, timeout=timeout, settle=settle)
    if isinstance(connection, WebConnection):
        if not connection.has_sessions:
            connection.close()
            raise FsmError(
                f"{name}: the server does not keep instances apart ('sessions' is not in 'can' of "
                "its reply to hello); leave --jobs out"
            )
        connection.session = number
    return connection


def _words(name: str) -> list[str]:
    """Return the words of a command, split as a shell does."""
    try:
        words = shlex.split(name.removeprefix(_PROGRAM))
    except ValueError as error:
        raise FsmError(f"{name}: {error}") from None
    if not words:
        raise FsmError(f"{name!r} names no program; write cmd:node adapter.js")
    return words


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
    if callable(getattr(make, "reset", None)) and not isinstance(make, type):
        return make  # an adapter already
    if not callable(make):
        near = did_you_mean(_similar_names(name))
        raise FsmError(
            f"{name}: no such class or function; {near or f'an implementation is {FORMS}'}"
        )
    try:
        with apart_from_output():
            adapter = make()
    except CALL_FAILURES as error:
        raise FsmError(f"{name}() failed: {failure_text(error)}") from error
    if inspect.iscoroutine(adapter):
        adapter.close()
        raise FsmError(f"{name}() is a coroutine; a class or a plain function returns the adapter")
    return adapter


def _similar_names(name: str) -> list[str]:
    """Return the classes and functions in the module of a name that resemble it."""
    module, _, own = name.partition(":")
    beside = vars(sys.modules[module]) if module in sys.modules else {}
    known = [each for each, value in beside.items() if callable(value) and each[:1] != "_"]
    return [f"{module}:{each}" for each in nearest(own, known)]
