"""Messages in the queue of a mail server, as far as its log tells."""

from __future__ import annotations

from dataclasses import dataclass, field

from fsm.logs.event import Event

__all__ = ["WAITING", "Queued", "give_up", "hand_over"]

WAITING = ("deferred", "softbounce")
"""States of a recipient that will be tried again."""


@dataclass(slots=True)
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


def hand_over(queued: Queued, to: str, events: list[Event]) -> None:
    """Say once for a recipient that the message was handed over, if the log tells when."""
    if to not in queued.met:
        queued.met.add(to)
        if queued.start >= 0:
            events.append(Event(queued.name, to, "queued", queued.start, queued.line))


def give_up(
    queued: Queued, native: str, time: int, line: int, events: list[Event], reply: str | None = None
) -> int:
    """Say of every recipient that was deferred last that nothing is tried again; return how many.

    Servers write this once for a message, whatever became of its other recipients.
    """
    waiting = [to for to, state in queued.states.items() if state in WAITING]
    for to in waiting:
        queued.states[to] = native
        events.append(Event(queued.name, to, native, time, line, None, reply))
    return len(waiting)
