"""Messages in the queue of a mail server, as far as its log tells.

What is remembered is bounded: a log may never say that it is done with a message, or may be
written by an enemy. Beyond :data:`MOST` messages and recipients the oldest messages are
forgotten, and it is counted. What is then told of one of them is told of a message whose first
lines are not in the log.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from fsm.logs.native_event import NativeEvent
from fsm.logs.notes import Notes

__all__ = ["LONGEST", "MOST", "WAITING", "Open", "Queued", "give_up"]

MOST = 1_000_000
"""Messages and recipients that are remembered."""
LONGEST = 500
"""Characters of an id or an address; longer ones are none, and are not remembered."""
WAITING = ("deferred", "softbounce")
"""States of a recipient that will be tried again."""


@dataclass(slots=True, eq=False)
class Queued:
    """A message in the queue. ``start`` is negative where the log does not tell when it came."""

    name: str
    start: int
    line: int
    notice: bool = False
    """Whether it is a bounce notice: its sender is empty."""
    message: str | None = None
    """The Message-ID."""
    states: dict[str, str] = field(default_factory=dict)
    """The last status of each recipient."""
    recipients: int = 0
    """How many there are, where the log tells."""
    met: set[str] = field(default_factory=set)
    """Recipients whose hand-over was told."""
    size: int = 1
    """What it counts for of :data:`MOST`."""
    held: bool = False
    """Whether it is among the open ones."""


class Open:
    """The messages that a log is not done with, by queue id; the oldest come first."""

    def __init__(self, forget: Callable[[Queued], None] = lambda _: None) -> None:
        self._known: dict[str, Queued] = {}
        self._size = 0
        self._forget = forget
        self._forgotten = 0
        self.get = self._known.get

    def __contains__(self, queue: str) -> bool:
        return queue in self._known

    def put(self, queue: str, message: Queued) -> Queued:
        """Remember a message under a queue id, in place of another one."""
        self.pop(queue)
        if len(queue) <= LONGEST:
            self._known[queue] = message
            message.held = True
            self._size += message.size
            self._make_room()
        return message

    def pop(self, queue: str) -> Queued | None:
        """Forget the message of a queue id, and return it."""
        message = self._known.pop(queue, None)
        if message is not None:
            message.held = False
            self._size -= message.size
            self._forget(message)
        return message

    def hand_over(self, message: Queued, to: str, events: list[NativeEvent]) -> None:
        """Say once for a recipient that the message was handed over, if the log tells when."""
        if to in message.met:
            return
        if len(to) <= LONGEST:
            message.met.add(to)
            self._grow(message, 1)
        if message.start >= 0:
            events.append(NativeEvent(message.name, to, "queued", message.start, message.line))

    def settle(self, message: Queued, to: str, state: str) -> None:
        """Remember the last status of a recipient."""
        if to not in message.states and to not in message.met:
            if len(to) > LONGEST:
                return
            self._grow(message, 1)
        message.states[to] = state

    def follow(self, known: Queued, after: Queued) -> None:
        """Let a message that comes under another queue id be the one that it was."""
        after.name, after.met = known.name, known.met
        if known.start >= 0:
            after.start, after.line = known.start, known.line
        self._grow(after, len(known.met))

    def say(self, notes: Notes) -> None:
        """Note how many messages had to be forgotten since this was said."""
        if self._forgotten:
            notes.assumed["open"] = (
                f"{self._forgotten:,} messages forgotten before their end: more than {MOST:,} "
                "messages and recipients were open at once"
            )
            self._forgotten = 0

    def _grow(self, message: Queued, by: int) -> None:
        message.size += by
        if message.held:
            self._size += by
            self._make_room()

    def _make_room(self) -> None:
        while self._size > MOST:
            self.pop(next(iter(self._known)))
            self._forgotten += 1


def give_up(
    queued: Queued,
    native: str,
    time: int,
    line: int,
    events: list[NativeEvent],
    reply: str | None = None,
) -> int:
    """Say of every recipient that was deferred last that nothing is tried again; return how many.

    Servers write this once for a message, whatever became of its other recipients.
    """
    waiting = [to for to, state in queued.states.items() if state in WAITING]
    for to in waiting:
        queued.states[to] = native
        events.append(NativeEvent(queued.name, to, native, time, line, None, reply))
    return len(waiting)
