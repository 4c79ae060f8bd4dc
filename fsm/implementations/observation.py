"""One call of an implementation, and what was seen of it; a failure is seen, too."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from fsm.errors import FsmError
from fsm.implementations.call_failures import CALL_FAILURES, failure_text
from fsm.implementations.connection import Connection, Reply
from fsm.implementations.spoken import SpokenConnection
from fsm.mealy import NOTHING

__all__ = [
    "Observed",
    "advance_and_observe",
    "observe_again",
    "reset_and_observe",
    "run_whole",
    "send_and_observe",
]


class Observed(NamedTuple):
    """What was seen of one call."""

    answer: str | None
    """The answer to an event; ``None`` without one of its own."""
    shown: str
    """What is shown after it; a failure to show it is text as well. Empty where nothing is."""
    failure: str = ""
    """What happened instead of an answer; empty where nothing did."""

    @property
    def text(self) -> str:
        """The failure, the answer, or what is shown."""
        return self.failure or self.answer or self.shown or NOTHING


def reset_and_observe(
    connection: Connection, *, shows: bool, expected: str | None = None
) -> Observed:
    """Reset an implementation and look at it.

    ``shows`` says whether it must show something; ``expected`` is what is right, if that is known.
    Raises :class:`FsmError` where it must show something, and cannot.
    """
    return _observed(connection, lambda: connection.reset(), shows, expected)


def send_and_observe(
    connection: Connection,
    event: str,
    *,
    shows: bool,
    expected: str | None = None,
    values: Mapping[str, object] | None = None,
) -> Observed:
    """Send an event, and look."""
    return _observed(connection, lambda: connection.send(event, values), shows, expected)


def advance_and_observe(
    connection: Connection, seconds: float, *, shows: bool, expected: str | None = None
) -> Observed:
    """Let time pass, and look."""
    return _observed(connection, lambda: connection.advance(seconds), shows, expected)


def observe_again(connection: Connection) -> Observed:
    """Look once more, without an event."""
    return Observed(None, _looking(connection)())


def run_whole(connection: Connection, trace: Sequence[str], *, shows: bool) -> list[Observed]:
    """Return what is seen of a whole trace that is run at once, the reset first.

    It is empty where the implementation does not do that, or fails on the way: then step by step
    tells where.
    """
    if not (connection.can_run and connection.runs_traces) or connection.settling.seconds:
        return []
    try:
        replies = connection.run(trace)
    except CALL_FAILURES as error:
        connection.runs_traces = False
        connection.notes.append(f"traces are not run at once any more: {failure_text(error)}")
        return []
    if shows and not all(reply.has_shown for reply in replies):
        return []
    return [_of_reply(reply, shows=shows) for reply in replies]


def _of_reply(reply: Reply, *, shows: bool) -> Observed:
    return Observed(reply.answer, (reply.shown or NOTHING) if shows else "")


def _observed(
    connection: Connection, call: Callable[[], str | None], shows: bool, expected: str | None
) -> Observed:
    answer, failure = None, ""
    try:
        answer = call()
    except CALL_FAILURES as error:
        if isinstance(error, FsmError):
            raise
        failure = failure_text(error)
    if not shows or (failure and connection.is_broken):
        return Observed(answer, "", failure)
    if not connection.can_observe:
        raise FsmError(_without_observe(connection))
    look = _looking(connection)
    return Observed(answer, connection.settling.settle(look, expected), failure)


def _looking(connection: Connection) -> Callable[[], str]:
    def look() -> str:
        try:
            return connection.observe() or NOTHING
        except CALL_FAILURES as error:
            if isinstance(error, FsmError):
                raise
            return failure_text(error)

    return look


def _without_observe(connection: Connection) -> str:
    if isinstance(connection, SpokenConnection):
        if not connection.name.startswith(("cmd:", "http://", "https://")):  # a Python adapter
            return (
                f"{connection.name} has no method observe(): add it, or say observable='output' "
                "(--observable output)"
            )
        return (
            f"{connection.name} does not show anything: add 'observe' to 'can' in its reply to "
            "hello, or say observable='output' (--observable output)"
        )
    return (
        f"the implementation, of type {connection.kind}, has no method observe(): add it, or say "
        "observable='output' (--observable output)"
    )
