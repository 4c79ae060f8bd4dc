"""The messages in the queue of a mail server, reconstructed from its log.

Memory is bounded: a log may never report the end of a message, or may be written by an attacker.
Beyond :data:`MOST` messages and recipients the oldest messages are forgotten, and counted. Later
lines about one of them are treated as those about a message whose first lines are not in the log.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fsm.epoch import SECOND
from fsm.logs.native_event import NativeEvent
from fsm.logs.notes import Notes
from fsm.text import quantity

__all__ = [
    "LONGEST",
    "MOST",
    "NOTICE",
    "UNKNOWN",
    "UNTOLD",
    "WAITING",
    "MailQueue",
    "Queued",
    "give_up",
    "is_discarded",
    "next_queue_id",
]

MOST = 1_000_000
"""Messages and recipients that are remembered."""
LONGEST = 500
"""Characters of an id or an address; longer ones are not remembered."""
UNKNOWN = -1
"""The arrival of a message that is not in the log."""
NOTICE = "bounce notice"
"""The native event of whatever happens to a bounce notice of the server's own."""
UNTOLD = "queue"
"""The subject of what is assumed about recipients in the queue at the end of a log."""
WAITING = ("deferred", "softbounce")
"""Statuses of a recipient to whom delivery will be tried again."""
_KEPT = (
    *("name", "start", "line", "notice", "message", "last_status", "recipients", "size"),
    *("queue_id", "entry_id", "forwarded_for", "forwarded_to"),
)
"""What is kept of a message from one run to the next."""
_QUEUED_AS = re.compile(r"([\w-]{6,25})")
_EXIM_ID = re.compile(r"\bid=(\w{6}-\w{6,11}-\w{2,4})\b")
_SENDMAIL_ID = re.compile(r"([0-9A-Za-z]{10,18}) Message accepted")
_DISCARDED = re.compile(
    r"\b(?:ok|message|mail)\b[^\w]{0,3}(?:(?:was|is|silently) ){0,2}discarded\b", re.IGNORECASE
)
_SOONER, _LATER = 3600 * SECOND, 300 * SECOND
"""How long before and after a server said that it queued a message it may have arrived there: the
answer comes after the message, and clocks differ."""


def next_queue_id(reply: str) -> str | None:
    """Return the id under which a server says that it queued a message (Postfix, Exim, Sendmail).

    >>> next_queue_id("250 2.0.0 Ok: queued as 4dKq9z5678zBB1"), next_queue_id("250 OK, thank you")
    ('4dKq9z5678zBB1', None)
    """
    start = reply.find("queued as ")
    if start >= 0:
        found = _QUEUED_AS.match(reply, start + 10)
    elif "id=" in reply:
        found = _EXIM_ID.search(reply)
    elif "Message accepted" in reply:
        found = _SENDMAIL_ID.search(reply)
    else:
        return None
    return found[1] if found else None


def is_discarded(reply: str) -> bool:
    """Return whether the server that took a message says that it threw it away (amavis).

    >>> is_discarded("250 2.7.0 Ok, discarded, id=1-01 - SPAM"), is_discarded("250 2.0.0 Ok")
    (True, False)
    """
    return "iscarded" in reply and _DISCARDED.search(reply[:200]) is not None


class _Recipients(set[str]):
    """Recipients whose hand-over was reported; entries that are one message share them."""

    __slots__ = ("holders",)

    def __init__(self) -> None:
        self.holders = 0
        """How many entries in the queue have them: they are counted once, not for each entry."""


@dataclass(slots=True, eq=False)
class Queued:
    """A message in the queue. ``start`` is when it arrived, or :data:`UNKNOWN`."""

    name: str
    """The message id of its events."""
    start: int
    line: int
    """The line of its arrival; 0 where that is in another file."""
    notice: bool = False
    """Whether it is a bounce notice, which has no sender."""
    message: str | None = None
    """The Message-ID."""
    last_status: dict[str, str] = field(default_factory=dict)
    """The last status of each recipient whose delivery was tried, in small letters: a server may
    write the same address in two cases."""
    recipients: int = 0
    """How many there are, where the log has the number."""
    handed_over: _Recipients = field(default_factory=_Recipients)
    """Recipients whose hand-over was reported, in small letters."""
    size: int = 1
    """Its share of :data:`MOST`: itself and its recipients, but those of ``handed_over``."""
    queue_id: str | None = None
    """The id that its server gave it, where its name is a longer one."""
    entry_id: str | None = None
    """The id that its server gave it, where its name is that of another entry."""
    forwarded_for: str | None = None
    """The recipient whose alias sent it on under this queue id, to another address."""
    forwarded_to: str | None = None
    """That address; None before a line names it."""
    held: bool = False
    """Whether it is in the queue."""

    def event(
        self,
        to: str | None,
        native: str,
        time: int,
        line: int,
        code: str | None,
        reply: str | None,
        handed_over: int | None = None,
        queued_as: str | None = None,
        record: int | None = None,
        final_recipient: str | None = None,
        original_recipient: str | None = None,
        relay: str | None = None,
    ) -> NativeEvent:
        """Return an event of it, with its ids; see :class:`NativeEvent`."""
        # A tuple, because calling its class takes three times as long; None for other fields.
        return tuple.__new__(
            NativeEvent,
            (
                self.name,
                to,
                native,
                time,
                line,
                code,
                reply,
                None,
                None,
                None,
                handed_over,
                None,
                record,
                queued_as,
                self.message,
                self.queue_id,
                self.entry_id,
                final_recipient,
                original_recipient,
                relay,
            ),
        )

    def owner_of(self, address: str) -> str:
        """Return the recipient whom a line about an address concerns.

        That is another one where an alias sent the message on to this address.
        """
        if self.forwarded_for is None or address == self.forwarded_for:
            return address
        self.forwarded_to = self.forwarded_to or address
        is_same = self.forwarded_to.lower() == address.lower()
        return self.forwarded_for if is_same else address

    def recipients_so_far(self) -> list[str]:
        """Return the recipients that the log has named, in the order of their names."""
        return sorted({*self.handed_over, *self.last_status})


class MailQueue:
    """The messages whose end is not in the log yet, by queue id; the oldest come first."""

    def __init__(self, forget: Callable[[Queued], None] = lambda _: None) -> None:
        self._messages: dict[str, Queued] = {}
        self._size = 0
        self._forget = forget
        self._forgotten = 0
        self.get = self._messages.get

    def __contains__(self, queue: str) -> bool:
        return queue in self._messages

    def put(self, queue: str, message: Queued) -> Queued:
        """Add a message under a queue id, in place of any other one."""
        if queue in self._messages:
            self.pop(queue)
        if "@" in message.name:
            message.queue_id = message.name.partition("@")[0]
        if len(queue) <= LONGEST:
            self._messages[queue] = message
            self._hold(message)
            if self._size > MOST:
                self._make_room()
        return message

    def pop(self, queue: str) -> Queued | None:
        """Remove the message of a queue id, and return it."""
        message = self._messages.pop(queue, None)
        if message is not None:
            message.held = False
            self._size -= message.size
            self._release(message.handed_over)
            self._forget(message)
        return message

    def begin_file(self) -> None:
        """Forget the lines of the messages: they are lines of another file from now on."""
        for message in self._messages.values():
            message.line = 0

    def items(self) -> Iterable[tuple[str, Queued]]:
        """Return the messages with their queue ids, the oldest first."""
        return self._messages.items()

    def state(self) -> dict[str, Any]:
        """Return what the queue holds as plain values, for :meth:`resume`.

        Entries that are one message share the recipients who got it.
        """
        shared: dict[int, int] = {}
        sets: list[list[str]] = []
        messages = []
        for queue, message in self._messages.items():
            number = shared.setdefault(id(message.handed_over), len(sets))
            if number == len(sets):
                sets.append(sorted(message.handed_over))
            facts = {name: getattr(message, name) for name in _KEPT}
            messages.append([queue, number, facts])
        return {"messages": messages, "handed_over": sets}

    def resume(self, state: Mapping[str, Any]) -> None:
        """Hold what a queue held."""
        sets = [_Recipients() for _ in state["handed_over"]]
        for recipients, names in zip(sets, state["handed_over"], strict=True):
            recipients.update(names)
        for queue, number, facts in state["messages"]:
            message = Queued(**facts, handed_over=sets[number])
            self._messages[queue] = message
            self._hold(message)

    def hand_over(self, message: Queued, to: str, events: list[NativeEvent], record: int) -> None:
        """Add the hand-over of a message to a recipient once, if its time is known.

        ``record`` is the line that tells of the recipient.
        """
        folded = to.lower()
        if folded in message.handed_over:
            return
        if len(to) <= LONGEST:
            message.handed_over.add(folded)
            if message.handed_over.holders:
                self._size += 1
                self._make_room()
        if message.start != UNKNOWN:
            line = message.line or record
            events.append(
                message.event(to, "queued", message.start, line, None, None, None, None, record)
            )

    def remember_status(self, message: Queued, to: str, status: str) -> None:
        """Remember the last status of a recipient."""
        to = to.lower()
        if to not in message.last_status and to not in message.handed_over:
            if len(to) > LONGEST:
                return
            self._grow(message, 1)
        message.last_status[to] = status

    def follow(self, before: Queued, after: Queued) -> None:
        """Treat two entries as one message, which came back under another queue id."""
        after.entry_id = after.entry_id or after.queue_id or after.name
        after.name, after.queue_id = before.name, before.queue_id
        if UNKNOWN < after.start < before.start:  # the clocks of two hosts differ
            before.start, before.line = after.start, after.line
        if before.start != UNKNOWN:
            after.start, after.line = before.start, before.line
        if after.held:
            self._release(after.handed_over)
            self._take(before.handed_over)
        after.handed_over = before.handed_over
        self._make_room()

    def follow_to(
        self, queue: str, suffixes: Iterable[str], before: Queued, time: int
    ) -> Queued | None:
        """Follow a message to the entry that another server queued it as at this time.

        Returns None where no entry can be that one: it is not in the queue, is of another time, or
        has events of its own already. ``suffixes`` are those of the hosts that may have it.
        """
        for suffix in suffixes:
            after = self._messages.get(queue + suffix)
            if after is None or after is before:
                continue
            is_near = after.start == UNKNOWN or -_LATER <= time - after.start <= _SOONER
            if after.name == before.name:
                return after
            if is_near and not after.last_status:
                self.follow(before, after)
                return after
        return None

    def note_untold(self, notes: Notes) -> None:
        """Note how many recipients wait in the queue of whom no line tells more than their number.

        Their messages arrived in this log. Bounce notices are no messages of their own.
        """
        untold = [
            missing
            for message in self._messages.values()
            if message.recipients and message.start != UNKNOWN and not message.notice
            if (missing := message.recipients - len(message.recipients_so_far())) > 0
        ]
        notes.assumed.pop(UNTOLD, None)
        if untold:
            are = "is" if sum(untold) == 1 else "are"
            notes.assumed[UNTOLD] = (
                f"{quantity(sum(untold), 'recipient')} of {quantity(len(untold), 'message')} {are} "
                "in the queue at the end of the log, without an event yet: not counted"
            )

    def note_forgotten(self, notes: Notes) -> None:
        """Note how many messages were forgotten since the last call."""
        if self._forgotten:
            notes.assumed["open"] = (
                f"{self._forgotten:,} messages forgotten before their end: more than {MOST:,} "
                "messages and recipients were open at once"
            )
            self._forgotten = 0

    def _hold(self, message: Queued) -> None:
        message.held = True
        self._size += message.size
        self._take(message.handed_over)

    def _take(self, recipients: _Recipients) -> None:
        if not recipients.holders:
            self._size += len(recipients)
        recipients.holders += 1

    def _release(self, recipients: _Recipients) -> None:
        recipients.holders -= 1
        if not recipients.holders:
            self._size -= len(recipients)

    def _grow(self, message: Queued, by: int) -> None:
        message.size += by
        if message.held:
            self._size += by
            self._make_room()

    def _make_room(self) -> None:
        while self._size > MOST:
            self.pop(next(iter(self._messages)))
            self._forgotten += 1


def give_up(
    queued: Queued,
    native: str,
    time: int,
    line: int,
    events: list[NativeEvent],
    reply: str | None = None,
) -> int:
    """Add a final event for each recipient whose last status was deferred; return how many.

    Servers log this once for a message, whatever happened to its other recipients.
    """
    waiting = [to for to, status in queued.last_status.items() if status in WAITING]
    for to in waiting:
        queued.last_status[to] = native
        events.append(queued.event(to, native, time, line, None, reply))
    return len(waiting)
