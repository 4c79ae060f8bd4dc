"""A Python adapter as a program that speaks the line protocol: ``package.module:name``.

So that several of them share nothing, ``fsm test --jobs`` starts each in a process of its own::

    python -m fsm.implementations.serving shop:Shop
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping
from typing import IO, Any

from fsm.errors import FsmError
from fsm.implementations.call_failures import CALL_FAILURES, failure_text
from fsm.implementations.connecting import make_adapter
from fsm.implementations.connection import Connection
from fsm.implementations.protocol import PROTOCOL, reply_line
from fsm.implementations.python import PythonConnection
from fsm.mealy import REJECTED

__all__ = ["reply_to", "serve"]


_FAILURES = (*CALL_FAILURES, KeyboardInterrupt)
"""What a call may raise here, where the implementation has a process of its own."""


def serve(connection: Connection, requests: Iterable[str], replies: IO[bytes]) -> None:
    """Answer the request on each line, until bye or the end."""
    for line in requests:
        asked: dict[str, Any] = {}
        try:
            asked = dict(json.loads(line))
            reply = reply_to(connection, asked)
        except _FAILURES as error:
            reply = {"error": failure_text(error)}
        replies.write(reply_line(reply))
        replies.flush()
        if asked.get("do") == "bye":
            break


def reply_to(connection: Connection, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return the reply to a request; raises what the implementation raises."""
    match asked["do"]:
        case "hello":
            can = {"observe": connection.can_observe, "advance": connection.can_advance}
            return {"protocol": PROTOCOL, "can": [name for name, does in can.items() if does]}
        case "reset":
            connection.reset()
        case "send":
            return _sent(connection.send(asked["event"], asked.get("values")))
        case "observe":
            return {"shown": connection.observe()}
        case "advance":
            connection.advance(asked["seconds"])
        case "bye":
            connection.close()
        case do:
            raise FsmError(f"there is no request {do!r}")
    return {}


def _sent(answer: str | None) -> dict[str, Any]:
    if answer is None:
        return {}
    return {"rejected": True} if answer == REJECTED else {"answer": answer}


def serve_adapter(name: str) -> None:
    """Serve an adapter on standard input and output; what it prints goes to standard error."""
    with os.fdopen(os.dup(1), "wb") as replies:
        os.dup2(2, 1)
        sys.stdout = sys.stderr
        try:
            serve(PythonConnection(make_adapter(name), name), sys.stdin, replies)
        except FsmError as error:
            replies.write(reply_line({"error": str(error)}))


if __name__ == "__main__":
    serve_adapter(sys.argv[1])
