"""The line protocol: one request, one reply, each a JSON object on a line of its own.

============================================  ==================================================
request                                       reply
============================================  ==================================================
``{"do":"hello","protocol":1}``               ``{"protocol":1,"can":["observe"]}``
``{"do":"reset"}``                            ``{}``
``{"do":"send","event":"pay"}``               ``{}``, ``{"answer":"Paid"}``, ``{"rejected":true}``
``{"do":"observe"}``                          ``{"shown":"Paid"}``
``{"do":"advance","seconds":1.5}``            ``{}``
``{"do":"run","events":["pay","ship"]}``      ``{"shown":"New","replies":[{...},{...}]}``
``{"do":"bye"}``                              ``{}``
============================================  ==================================================

Any reply may be ``{"error":"..."}``. The replies to reset, send and advance may have ``shown`` as
well; then nobody asks for it. An event that comes with values has them under ``values``. To a
server that can do ``sessions``, each request says in ``session`` which instance is meant.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from fsm.implementations.call_failures import CallError, as_text
from fsm.implementations.connection import Reply
from fsm.mealy import REJECTED
from fsm.text import shortened, visible

__all__ = [
    "CAPABILITIES",
    "LONGEST_LINE",
    "PROTOCOL",
    "read_reply",
    "reply_line",
    "reply_to_send",
    "request",
]

PROTOCOL: Final = 1
"""The version of the protocol."""
CAPABILITIES: Final = ("observe", "advance", "run", "sessions")
"""What an implementation may say in its reply to hello that it can do."""
LONGEST_LINE: Final = 2**20
"""Bytes of a reply."""
_QUOTED = 120


def request(do: str, **values: object) -> bytes:
    """Return a request as a line.

    >>> request("send", event="pay")
    b'{"do":"send","event":"pay"}\\n'
    """
    line = json.dumps({"do": do, **values}, separators=(",", ":"), ensure_ascii=True)
    return line.encode() + b"\n"


def reply_line(reply: Mapping[str, object]) -> bytes:
    """Return a reply as a line."""
    return json.dumps(reply, separators=(",", ":"), ensure_ascii=True).encode() + b"\n"


def read_reply(line: bytes, do: str) -> dict[str, Any]:
    """Return the object of a reply; raises :class:`CallError` for a line that is none.

    >>> read_reply(b'{"answer":"Paid"}', "send")
    {'answer': 'Paid'}
    >>> read_reply(b"ready on 80", "hello")
    Traceback (most recent call last):
    fsm.implementations.call_failures.CallError: the reply to hello is no JSON object: ready on 80
    """
    text = line.decode("utf-8", "replace").strip()
    try:
        reply = json.loads(line.decode("utf-8"))  # strictly: nothing is guessed of an answer
    except (ValueError, RecursionError):
        reply = None
    if isinstance(reply, dict) and "do" in reply:
        raise CallError(f"the reply to {do} is a request; does it echo what it reads?")
    if not isinstance(reply, dict):
        quoted = shortened(visible(text), _QUOTED) or "an empty line"
        raise CallError(f"the reply to {do} is no JSON object: {quoted}")
    if reply.get("error") is not None:
        error = reply["error"]
        raise CallError(error if isinstance(error, str) and error else f"error {error!r}")
    return reply


def reply_to_send(reply: Mapping[str, Any]) -> Reply:
    """Return what a reply to an event says; raises :class:`CallError` for what is no text."""
    rejected = reply.get("rejected", False)
    if not isinstance(rejected, bool):
        raise CallError(f"'rejected' is {rejected!r}, neither true nor false")
    if rejected and reply.get("answer") not in (None, REJECTED):
        raise CallError(f"the reply has the answer {reply['answer']!r} and says 'rejected'")
    answer = REJECTED if rejected else as_text(reply.get("answer"), "answer")
    return Reply(answer, as_text(reply.get("shown"), "shown"), "shown" in reply)
