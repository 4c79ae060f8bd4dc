"""Postfix: what happened to the recipients of a queue id.

A line is about a queue id, and a queue id stands for a message from its first line to ``removed``.
A line about a whole message (``status=expired``) is an event of each recipient it concerns.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from fsm.epoch import SECOND
from fsm.logs.native_event import NativeEvent
from fsm.logs.notes import Notes
from fsm.logs.servers.bloom_filter import BloomFilter
from fsm.logs.servers.clock import Clock
from fsm.logs.servers.lines import NO_TIME, LineReader
from fsm.logs.servers.mail_queue import LONGEST, MailQueue, Queued, give_up

__all__ = ["Reader"]

CUT = "a delivery without its relay or status"
"""The reason under which such lines are rejected: the log was cut or filtered."""
_ADDRESS = r'<?((?:"[^"]*"|[^"<>,\s])*)>?'
_FIELDS = r"(?:(?!status=)\w+=[^,]*, )*?"
_STATUS = re.compile(
    rf"to={_ADDRESS}, (?:orig_to=<?(?:\"[^\"]*\"|[^\"<>,\s])*>?, )?relay=([^,]*), "
    rf"(?:{_FIELDS}delay=([0-9]{{1,9}}(?:\.[0-9]{{1,9}})?), )?+(?:{_FIELDS}dsn=([\d.]+), )?+"
    rf"{_FIELDS}status=([\w-]+)(?: \((.*)\))?"
)
_FROM = re.compile(r"from=<([^>]*)>(?:, status=(expired|force-expired))?")
_NOTICE = re.compile(
    r"(?:sender|postmaster) (?:non-delivery|delivery status|delay|undeliverable mail)"
    r" notification: (\w+)"
)
_QUEUED = re.compile(r"queued as (\w{6,20})")
_LOOPBACK = re.compile(r"(?:localhost|127\.[\d.]+|\[?::1\]?)\b|[^\[]*\[(?:127\.|::1)")
_AGENT_ENDS = re.compile(r"[\[ ]")
_SHORT = re.compile(r"[0-9A-F]{6,15}")


class _Line(NamedTuple):
    """A line about a queue id: ``head`` is what precedes the id, ``body`` what follows it."""

    queue: str
    body: str
    head: str
    time: int
    number: int


class Reader(LineReader):
    """The :class:`fsm.logs.conversion.Reader` of Postfix."""

    format = "postfix"

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self._queue = MailQueue(self._forget)
        self._used_ids = BloomFilter()
        self._by_message_id: dict[str, dict[Queued, None]] = {}
        """Queued messages by Message-ID: a filter returns them under another queue id."""
        self._began: int | None = None
        """The first time in the log."""
        self._events: list[NativeEvent] = []
        self._notes = Notes("")
        # The first three letters after the queue id choose the method, so that lines of other kinds
        # cost one lookup and no regular expression. The lines read begin with "to=<", "from=<",
        # "message-id=", "removed", "sender non-delivery", "postmaster non-delivery", "client=",
        # "uid="; each method checks the rest.
        self._kinds = {
            "to=": self._delivery,
            "fro": self._sender,
            "mes": self._cleanup,
            "rem": self._removed,
            "sen": self._notice,
            "pos": self._notice,
            "cli": self._arrival,
            "uid": self._arrival,
        }

    def _read_block(
        self, block: Sequence[str], first: int, notes: Notes, events: list[NativeEvent]
    ) -> int:
        self._events, self._notes = events, notes
        read_time = self._clock.read
        kinds = self._kinds
        ignored = 0
        for number, line in enumerate(block, first):
            head, separator, rest = line.partition("]: ")
            if not separator:
                head, _, rest = line.partition(" - - ")  # RFC 5424
            queue, _, body = rest.partition(": ")
            kind = kinds.get(body[:3])
            if kind is None or not queue.isalnum():
                ignored += 1
                continue
            time = read_time(line)
            if time is None:
                notes.rejected.add(NO_TIME, number)
                continue
            if self._began is None:
                self._began = time
            if not kind(_Line(queue, body, head, time, number)):
                ignored += 1
        return ignored

    # Kinds of lines; each method returns whether the line is about a delivery. --------------

    def _arrival(self, at: _Line) -> bool:
        queued = self._queue.get(at.queue)
        if queued is None or queued.last_status:  # another message under the same id
            self._begin(at.queue, at.time, at.number)
        return True

    def _begin(self, queue: str, time: int, line: int) -> Queued:
        """Start a message. Postfix reuses short queue ids, so the time makes their names unique."""
        name = queue
        if _SHORT.fullmatch(queue) and (queue in self._queue or queue in self._used_ids):
            name = f"{queue}@{time // SECOND}"
        return self._queue.put(queue, Queued(name, time, line))

    def _cleanup(self, at: _Line) -> bool:
        queued = self._queue.get(at.queue)
        if queued is None or queued.last_status:
            queued = self._begin(at.queue, at.time, at.number)
        if queued.held and at.body.startswith("message-id=<") and 13 < len(at.body) < LONGEST:
            queued.message = at.body[12:-1]
            same = self._by_message_id.setdefault(queued.message, {})
            if same:
                self._queue.follow(next(iter(same)), queued)
            same[queued] = None
        return True

    def _sender(self, at: _Line) -> bool:
        match = _FROM.match(at.body)
        if not match:
            return False
        queued = self._queue.get(at.queue) or self._begin(at.queue, -1, at.number)
        queued.notice = queued.notice or not match[1]
        if not match[2]:
            return True
        reply = at.body[at.body.find("status=") :]
        return give_up(queued, match[2], at.time, at.number, self._events, reply) > 0

    def _removed(self, at: _Line) -> bool:
        if at.body.rstrip() != "removed":
            return False
        queued = self._queue.pop(at.queue)
        if _SHORT.fullmatch(at.queue):
            self._used_ids.add(at.queue)
        if queued is not None and "/postsuper" in at.head:
            give_up(queued, "deleted", at.time, at.number, self._events)
        return True

    def _forget(self, queued: Queued) -> None:
        same = self._by_message_id.get(queued.message or "")
        if same is not None:
            same.pop(queued, None)
            if not same:
                self._by_message_id.pop(queued.message or "")

    def _notice(self, at: _Line) -> bool:
        match = _NOTICE.match(at.body)
        if match:
            notice = self._queue.get(match[1]) or self._begin(match[1], at.time, at.number)
            notice.notice = True
        return match is not None

    def _delivery(self, at: _Line) -> bool:
        match = _STATUS.match(at.body)
        if not match:
            return self._is_cut(at)
        to, relay, delay, code, status, reply = match.groups()
        queued = self._queue.get(at.queue) or self._begin(at.queue, -1, at.number)
        agent = _AGENT_ENDS.split(at.head.rpartition("/")[2], 1)[0]
        native = "notice" if queued.notice else f"{status.lower()}/{agent}"
        if status == "sent" and agent in ("smtp", "lmtp") and _LOOPBACK.match(relay):
            native = self._hop(queued, reply, agent)
        if to not in queued.handed_over and native != "notice":
            self._infer_arrival(queued, at, delay)
            self._queue.hand_over(queued, to, self._events)
        self._queue.remember_status(queued, to, "hop" if native == "sent/hop" else status.lower())
        self._events.append(NativeEvent(queued.name, to, native, at.time, at.number, code, reply))
        return True

    def _is_cut(self, at: _Line) -> bool:
        """Count a delivery that lacks its relay or status as not readable."""
        is_delivery = at.body.startswith("to=<") and "postfix" in at.head
        if is_delivery:
            self._notes.rejected.add(CUT, at.number)
        return is_delivery

    def _hop(self, queued: Queued, reply: str | None, agent: str) -> str:
        """Distinguish a content filter from a server on this host; follow the message through it.

        Only a filter answers with the queue id under which the message comes back.
        """
        match = _QUEUED.search(reply or "")
        if not match:
            local = "lmtp" if agent == "lmtp" else "loopback"
            return "notice" if queued.notice else f"sent/{local}"
        after = self._queue.get(match[1])
        if after is not None and after is not queued:
            self._queue.follow(queued, after)
        return "sent/hop"

    def _infer_arrival(self, queued: Queued, at: _Line, delay: str | None) -> None:
        """Infer from a delay when a message arrived whose first lines are missing.

        One that arrived before the log began was handed over then, which is no event of this log.
        """
        if queued.start < 0 and delay is not None:
            start = at.time - int(float(delay) * SECOND)
            if start >= (self._began or 0) - SECOND:
                queued.start, queued.line = start, at.number
