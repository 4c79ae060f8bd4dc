"""Postfix: what happened to the recipients of a queue id.

A line is about a queue id, and a queue id stands for a message from its first line to ``removed``.
A line about a whole message (``status=expired``) is an event of each recipient it concerns.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from fsm.epoch import SECOND
from fsm.logs.native_event import NativeEvent
from fsm.logs.notes import Notes
from fsm.logs.servers.bloom_filter import BloomFilter
from fsm.logs.servers.clock import Clock
from fsm.logs.servers.lines import (
    NO_TIME,
    UNREAD_STATUS,
    LineReader,
    Told,
    count_lines,
    has_status,
)
from fsm.logs.servers.mail_queue import (
    LONGEST,
    NOTICE,
    UNKNOWN,
    MailQueue,
    Queued,
    give_up,
    is_discarded,
    next_queue_id,
)

__all__ = ["Reader"]

CUT = "a delivery without its relay or status"
"""The reason under which such lines are rejected: the log was cut or filtered."""
_NAME = r'(?:[^"<>,\s]+|"[^"]*")*+'
_FIELDS = r"(?:(?!status=)\w+=[^,]*, )*?"
_AFTER_ADDRESS = (
    rf"relay=([^,]*), (?:{_FIELDS}delay=([0-9]{{1,9}}(?:\.[0-9]{{1,9}})?), )?+"
    rf"(?:{_FIELDS}dsn=([\d.]+), )?+{_FIELDS}status=([\w-]+)(?: \((.*)\))?"
)
_STATUS = re.compile(rf"to=<?({_NAME})>?, (?:orig_to=<?{_NAME}>?, )?{_AFTER_ADDRESS}")
_OTHER, _JOINED, _EVENTS = Told  # Python 3.11 looks a member up with a call, for every line
_STATUS_OF_RELAY = re.compile(_AFTER_ADDRESS)
_EXPIRED = re.compile(r"from=<[^>]*>, status=(expired|force-expired)")
_COUNT = re.compile(r", nrcpt=(\d{1,6}) ")
_NOTICE = re.compile(
    r"(?:sender|postmaster) (?:non-delivery|delivery status|delay|undeliverable mail)"
    r" notification: (\w+)"
)
_FORWARDED = re.compile(r"forwarded as (\w{5,25})$")
_TO_NOWHERE = "delivered to file: /dev/null"
_LOOPBACK = re.compile(r"(?:localhost|127\.[\d.]+|\[?::1\]?)\b|[^\[]*\[(?:127\.|::1)")
_SHORT = re.compile(r"[0-9A-F]{6,15}(?:@|$)")
_DISCARDED = re.compile(
    r"(?:milter-)?discard: (.{0,2000}?;) (?:from=<[^>]{0,500}> )?to=<([^>]{1,500})>"
)


class _Line(NamedTuple):
    """A line about a queue id: ``head`` is what precedes the id, ``body`` what follows it."""

    queue: str
    """The queue id, with the host that it is of where that is not the first one."""
    body: str
    head: str
    time: int
    number: int


HOP = "sent/hop"
"""The native event of a delivery to a server from which the message goes on in this log."""


class Reader(LineReader):
    """The :class:`fsm.logs.conversion.Reader` of Postfix."""

    format = "postfix"

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self._queue = MailQueue(self._forget)
        self._used_ids = BloomFilter()
        self._by_message_id: dict[str, dict[Queued, None]] = {}
        """Queued messages by Message-ID: a filter returns them under another queue id."""
        self._events: list[NativeEvent] = []
        self._notes = Notes("")
        # The first three letters after the queue id choose the method, so that lines of other kinds
        # cost one lookup and no regular expression. The lines read begin with "to=<", "from=<",
        # "message-id=", "removed", "sender non-delivery", "postmaster non-delivery", "client=",
        # "uid=", "discard:", "milter-discard:"; each method checks the rest.
        self._kinds = {
            "to=": self._delivery,
            "fro": self._sender,
            "mes": self._cleanup,
            "rem": self._removed,
            "sen": self._notice,
            "pos": self._notice,
            "cli": self._arrival,
            "uid": self._arrival,
            "dis": self._discarded,
            "mil": self._discarded,
        }

    def state(self) -> dict[str, Any]:
        """Return what the reader remembers; see :meth:`LineReader.state`."""
        queue_ids = {id(queued): queue for queue, queued in self._queue.items()}
        same = [[queue_ids[id(q)] for q in entries] for entries in self._by_message_id.values()]
        return {**super().state(), "used": self._used_ids.state(), "same": same}

    def resume(self, state: Mapping[str, Any]) -> None:
        """Remember what a reader remembered; see :meth:`LineReader.resume`."""
        super().resume(state)
        self._used_ids.resume(state["used"])
        for entries in state["same"]:
            held = [queued for queue in entries if (queued := self._queue.get(queue))]
            self._by_message_id[held[0].message or ""] = dict.fromkeys(held)

    def _read_block(
        self, block: Sequence[str], first: int, notes: Notes, events: list[NativeEvent]
    ) -> None:
        self._events, self._notes = events, notes
        read_time, times = self._clock.read, self._clock.parsed
        kinds, hosts = self._kinds, self._hosts
        other, is_joined = _OTHER, _JOINED
        line_of = tuple.__new__  # calling the class takes twice as long
        host, suffix = hosts.current, hosts.suffix
        others = joined = 0
        for number, line in enumerate(block, first):
            head, _, rest = line.partition("]: ")
            queue, _, body = rest.partition(": ")
            kind = kinds.get(body[:3])
            if kind is not None and queue.isalnum():
                # What the clock looks up first, here without a call for each line.
                time = times.get(line[:15] if line[9:10] == ":" else line[:32]) or read_time(line)
                if time is None:
                    notes.reject(NO_TIME, number)
                    continue
                if host not in head:
                    hosts.switch(head)
                    host, suffix = hosts.current, hosts.suffix
                if suffix:
                    queue += suffix
                told = kind(line_of(_Line, (queue, body, head, time, number)))
                if told is not other:
                    joined += told is is_joined
                    continue
            if "stat" in line and has_status(line):
                notes.reject(UNREAD_STATUS, number)
            else:
                others += line != ""
        count_lines(block, first, others, joined, notes)

    # Kinds of lines; each method returns what its line told. -----------------------------------

    def _arrival(self, at: _Line) -> Told:
        queued = self._queue.get(at.queue)
        if queued is None or queued.last_status:  # another message under the same id
            self._begin(at.queue, at)
        return _JOINED

    def _begin(self, queue: str, at: _Line, *, arrived: bool = True) -> Queued:
        """Start a message. Postfix reuses short queue ids, so the time makes their names unique."""
        name, start = queue, at.time if arrived else UNKNOWN
        if _SHORT.match(queue) and (queue in self._queue or queue in self._used_ids):
            name = f"{queue}@{at.time // SECOND}"
        return self._queue.put(queue, Queued(name, start, at.number))

    def _known(self, at: _Line) -> Queued:
        """Return the message of a line, whose arrival may not be in the log."""
        return self._queue.get(at.queue) or self._begin(at.queue, at, arrived=False)

    def _cleanup(self, at: _Line) -> Told:
        queued = self._queue.get(at.queue)
        if queued is None or queued.last_status:
            queued = self._begin(at.queue, at)
        if queued.held and at.body.startswith("message-id=<") and 13 < len(at.body) < LONGEST:
            queued.message = at.body[12:-1]
            same = self._by_message_id.setdefault(queued.message, {})
            if same:
                self._queue.follow(next(iter(same)), queued)
            same[queued] = None
        return _JOINED

    def _sender(self, at: _Line) -> Told:
        body = at.body
        if not body.startswith("from=<"):
            return _OTHER
        queued = self._known(at)
        if body.startswith("from=<>"):
            queued.notice = True
        if count := _COUNT.search(body):
            queued.recipients = int(count[1])
        match = _EXPIRED.match(body) if "status=" in body else None
        if not match:
            return _JOINED
        return self._given_up(queued, match[1], at, body[match.start(1) - 7 :])

    def _removed(self, at: _Line) -> Told:
        if at.body.rstrip() != "removed":
            return _OTHER
        queued = self._queue.pop(at.queue)
        if _SHORT.match(at.queue):
            self._used_ids.add(at.queue)
        if queued is not None and "/postsuper" in at.head:
            return self._given_up(queued, "deleted", at)
        return _JOINED

    def _given_up(self, queued: Queued, native: str, at: _Line, reply: str | None = None) -> Told:
        count = give_up(queued, native, at.time, at.number, self._events, reply)
        return _EVENTS if count else _JOINED

    def _forget(self, queued: Queued) -> None:
        same = self._by_message_id.get(queued.message or "")
        if same is not None:
            same.pop(queued, None)
            if not same:
                self._by_message_id.pop(queued.message or "")

    def _notice(self, at: _Line) -> Told:
        match = _NOTICE.match(at.body)
        if not match:
            return _OTHER
        queue = match[1] + self._hosts.suffix
        notice = self._queue.get(queue) or self._begin(queue, at, arrived=False)
        notice.notice = True
        return _JOINED

    def _discarded(self, at: _Line) -> Told:
        """Read what a table or a milter threw away, before or after it was in the queue."""
        match = _DISCARDED.match(at.body)
        if not match or at.queue.startswith("NOQUEUE"):
            return _OTHER
        queued = self._known(at)
        if not queued.notice:
            self._queue.hand_over(queued, match[2], self._events, at.number)
        native = NOTICE if queued.notice else "discard"
        self._events.append(queued.event(match[2], native, at.time, at.number, None, match[1]))
        return _EVENTS

    def _delivery(self, at: _Line) -> Told:
        queue, body, head, time, number = at
        match = _STATUS.match(body)
        fields = match.groups() if match else _unusual_fields(body)
        if fields is None:
            return self._is_cut(at)
        to, relay, delay, code, status, reply = fields
        queued = self._queue.get(queue) or self._known(at)
        agent = head.rpartition("/")[2].partition("[")[0]
        status, address = status.lower(), to
        if queued.forwarded_for is not None:
            to = queued.owner_of(address)
        native, queued_as, handed_over = f"{status}/{agent}", None, None
        if queued.notice:
            native = NOTICE
        else:
            if status == "sent":
                if agent in ("smtp", "lmtp"):
                    native, queued_as = self._passed_on(queued, relay, reply or "", at)
                elif reply == _TO_NOWHERE:
                    native = "sent/discard"
                elif forwarded := _FORWARDED.match(reply or ""):
                    native = self._forwarded(queued, to, forwarded[1], at)
            if queued.start == UNKNOWN:
                handed_over = _before(time, delay)
            elif to not in queued.handed_over:
                self._queue.hand_over(queued, to, self._events, number)
        self._queue.remember_status(queued, to, "hop" if native == HOP else status)
        final = None if address is to else address
        original = _original_recipient(body) if ", orig_to=" in body else None
        facts = (code, reply, handed_over, queued_as, None, final, original, relay)
        self._events.append(queued.event(to, native, time, number, *facts))
        return _EVENTS

    def _is_cut(self, at: _Line) -> Told:
        """Count a delivery that lacks its relay or status as not readable."""
        if not at.body.startswith("to=<") or "/" not in at.head:
            return _OTHER
        self._notes.reject(CUT, at.number)
        return _EVENTS

    def _forwarded(self, queued: Queued, to: str, queue: str, at: _Line) -> str:
        """Follow what an alias sent on to one other address; return the native event.

        The first line of the next queue id may stand after this one.
        """
        queue += self._hosts.suffix
        after = self._queue.get(queue) or self._begin(queue, at, arrived=False)
        is_followed = after.recipients <= 1 and not after.last_status and len(to) <= LONGEST
        if not is_followed or not self._queue.follow_to(queue, [""], queued, at.time):
            return "sent/forwarded"
        after.forwarded_for = to
        return HOP

    def _passed_on(
        self, queued: Queued, relay: str, reply: str, at: _Line
    ) -> tuple[str, str | None]:
        """Distinguish a delivery from a hop: to a content filter, or to a server of one's own.

        The next server answers with its queue id. Where that is in the queue of this log, the
        message is followed; else the id is returned as well, for it may be in another file.
        """
        queue = next_queue_id(reply)
        if queue and self._queue.follow_to(queue, self._hosts.nearest(), queued, at.time):
            return HOP, None
        if is_discarded(reply):
            return "sent/discard/filter", None
        if not _LOOPBACK.match(relay):
            return "sent/smtp", queue
        if queue:
            return "sent/passed-on", queue
        return "sent/lmtp" if "/lmtp" in at.head else "sent/loopback", None


_Fields: TypeAlias = tuple[str, str, str | None, str | None, str, str | None]
"""Recipient, relay, delay, enhanced status code, status and reply of a delivery."""


def _unusual_fields(body: str) -> _Fields | None:
    """Return the fields of a delivery whose address has blanks, commas or brackets in it.

    Postfix writes addresses as they came. Returns None where the relay or the status is missing.
    """
    address, relay, _ = body.partition(", relay=")
    match = _STATUS_OF_RELAY.match(body, len(address) + 2)
    if not relay or not match:
        return None
    to = address[3:].partition(", orig_to=")[0].strip()
    if to.startswith("<") and to.endswith(">"):
        to = to[1:-1]
    relay_name, delay, code, status, reply = match.groups()
    return to, relay_name, delay, code, status, reply


def _original_recipient(body: str) -> str:
    """Return the address that the recipient of a delivery was put in place of (``orig_to=``)."""
    address = body.partition(", orig_to=")[2].partition(", relay=")[0]
    return address.removeprefix("<").removesuffix(">")[:LONGEST]


def _before(time: int, delay: str | None) -> int | None:
    """Return when a message arrived that was delivered with this delay."""
    start = time - int(float(delay) * SECOND) if delay is not None else 0
    return start if start > 0 else None
