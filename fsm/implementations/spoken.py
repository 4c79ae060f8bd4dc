"""An implementation that is spoken to in JSON, whatever carries the lines."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from fsm.errors import FsmError
from fsm.implementations.call_failures import CallError, as_text
from fsm.implementations.connection import Connection, Reply, Settling
from fsm.implementations.protocol import (
    CAPABILITIES,
    PROTOCOL,
    read_reply,
    reply_to_send,
    request,
)
from fsm.suggest import no_such

__all__ = ["SpokenConnection"]


class SpokenConnection(Connection):
    """A connection that asks with the requests of :mod:`fsm.implementations.protocol`.

    ``timeout`` is in seconds for each reply.
    """

    def __init__(self, name: str, timeout: float, settling: Settling) -> None:
        self.name, self.timeout, self.settling = name, timeout, settling
        self.notes = []
        self._shown: str | None = None
        self._is_shown = False
        """Whether the last reply said what is shown."""
        self._may_ask = False
        """Whether it can be asked what is shown."""
        self.has_sessions = False
        """Whether it keeps several instances apart."""
        self.session = 0
        """Which instance is meant; 0 is the only one."""

    @abstractmethod
    def exchange(self, line: bytes, do: str) -> bytes:
        """Send a request and return the line of the reply.

        Raises :class:`CallError` where there is none.
        """

    @abstractmethod
    def restart(self) -> None:
        """Begin anew after a call that gave no reply."""

    def begin(self) -> None:
        """Say hello; raises :class:`FsmError` where the implementation does not answer properly."""
        try:
            reply = self._ask("hello", protocol=PROTOCOL)
            self._learn(reply)
        except CallError as error:
            said = str(error)
            place = "" if said.startswith(self.name) else f"{self.name}: "
            raise FsmError(f"{place}{said}") from None

    def _learn(self, reply: Mapping[str, Any]) -> None:
        version = reply.get("protocol")
        if version != PROTOCOL or isinstance(version, bool):
            raise CallError(
                f"the reply to hello has the protocol {version!r}; this version of fsm speaks "
                f'{PROTOCOL}: {{"protocol":{PROTOCOL},"can":["observe"]}}'
            )
        can = reply.get("can", [])
        if not isinstance(can, list) or not all(isinstance(each, str) for each in can):
            raise CallError("'can' in the reply to hello is no list of texts")
        for each in can:
            if each not in CAPABILITIES:
                raise CallError(no_such("'can'", each, CAPABILITIES))
        self._may_ask = self.can_observe = "observe" in can
        self.can_advance, self.can_run = "advance" in can, "run" in can
        self.has_sessions = "sessions" in can

    def reset(self) -> None:
        """Ask for a reset, of an implementation that is begun anew if the last call broke it."""
        if self.is_broken:
            self.restart()
            self.begin()
        self._note(self._ask("reset"))
        self.can_observe = self._may_ask or self._is_shown

    def send(self, event: str, values: Mapping[str, object] | None = None) -> str | None:
        """Send an event."""
        more = {"values": dict(values)} if values else {}
        reply = self._ask("send", event=event, **more)
        self._note(reply)
        return reply_to_send(reply).answer

    def observe(self) -> str | None:
        """Return what the last reply said is shown, or else ask for it."""
        if self._is_shown or not self._may_ask:
            self._is_shown = False  # asked once more, it may have changed
            return self._shown
        return as_text(self._ask("observe").get("shown"), "shown")

    def advance(self, seconds: float) -> None:
        """Ask it to let time pass."""
        self._note(self._ask("advance", seconds=seconds))

    def run(self, trace: Sequence[str]) -> list[Reply]:
        """Ask for the replies to a whole trace, after a reset."""
        if self.is_broken:
            self.restart()
            self.begin()
        reply = self._ask("run", events=list(trace))
        replies = reply.get("replies")
        if (
            not isinstance(replies, list)
            or len(replies) != len(trace)
            or not all(isinstance(each, dict) for each in replies)
        ):
            raise CallError(f"the reply to run has no list of {len(trace)} 'replies'")
        first = Reply(None, as_text(reply.get("shown"), "shown"), "shown" in reply)
        return [first, *map(reply_to_send, replies)]

    def close(self) -> None:
        """Say bye."""
        if not self.is_broken:
            self._ask("bye")

    def _note(self, reply: Mapping[str, Any]) -> None:
        self._is_shown = "shown" in reply
        self._shown = as_text(reply.get("shown"), "shown")

    def _ask(self, do: str, **values: object) -> dict[str, Any]:
        self._is_shown = False
        if self.session:
            values["session"] = self.session
        try:
            line = self.exchange(request(do, **values), do)
        except BaseException:
            self.is_broken = True
            raise
        self.is_broken = False
        try:
            return read_reply(line, do)
        except CallError:
            self.is_broken = not line.lstrip().startswith(b"{")  # it may be out of step
            raise
