"""Postfix: what happened to the recipients of a queue id.

A line is of a queue id, and a queue id is of a message from its first line to ``removed``. What
one line says of a whole message (``status=expired``) is said of the recipients it concerns.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from fsm.logs.native_event import NativeEvent
from fsm.logs.notes import Notes
from fsm.logs.servers.bloom_filter import Used
from fsm.logs.servers.clock import Clock
from fsm.logs.servers.mail_queue import LONGEST, Open, Queued, give_up

__all__ = ["Reader"]

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
_SECOND = 1_000_000


class _Line(NamedTuple):
    """A line about a queue id; ``head`` is what stands before it."""

    queue: str
    body: str
    head: str
    time: int
    number: int


class Reader:
    """Reads the logs of one system, file after file: a message may go on in the next."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._open = Open(self._forget)
        self._used = Used()
        self._messages: dict[str, dict[Queued, None]] = {}
        """Open messages by Message-ID: a filter gives them back under another queue id."""
        self._began: int | None = None
        self._events: list[NativeEvent] = []
        self._kinds = {
            "to=": self._delivery,
            "fro": self._queue,
            "mes": self._cleanup,
            "rem": self._removed,
            "sen": self._notice,
            "pos": self._notice,
            "cli": self._arrival,
            "uid": self._arrival,
        }

    def read(
        self, blocks: Iterable[list[str]], notes: Notes
    ) -> Iterator[tuple[str, list[NativeEvent]]]:
        """Yield the events of blocks of lines."""
        number = passed = 0
        first = self._clock.read
        kinds = self._kinds
        for block in blocks:
            self._events = []
            for number, line in enumerate(block, number + 1):  # noqa: B020
                head, found, rest = line.partition("]: ")
                if not found:
                    head, _, rest = line.partition(" - - ")  # RFC 5424
                queue, _, body = rest.partition(": ")
                kind = kinds.get(body[:3])
                if kind is None or not queue.isalnum():
                    passed += 1
                    continue
                time = first(line)
                if time is None:
                    notes.rejected.add("a line without a time", number)
                    continue
                if self._began is None:
                    self._began = time
                if not kind(_Line(queue, body, head, time, number)):
                    passed += 1
            yield "postfix", self._events
        notes.lines = number
        self._open.say(notes)
        if passed:
            notes.passed.add("lines of no delivery", 1, passed)

    # What the lines say; each returns whether it said something. ----------------------------

    def _arrival(self, at: _Line) -> bool:
        known = self._open.get(at.queue)
        if known is None or known.states:  # another message under the same id
            self._begin(at.queue, at.time, at.number)
        return True

    def _begin(self, queue: str, time: int, line: int) -> Queued:
        name = queue
        if _SHORT.fullmatch(queue) and (queue in self._open or queue in self._used):
            name = f"{queue}@{time // _SECOND}"
        return self._open.put(queue, Queued(name, time, line))

    def _cleanup(self, at: _Line) -> bool:
        known = self._open.get(at.queue)
        if known is None or known.states:
            known = self._begin(at.queue, at.time, at.number)
        if known.held and at.body.startswith("message-id=<") and 13 < len(at.body) < LONGEST:
            known.message = at.body[12:-1]
            same = self._messages.setdefault(known.message, {})
            if same:
                self._open.follow(next(iter(same)), known)
            same[known] = None
        return True

    def _queue(self, at: _Line) -> bool:
        match = _FROM.match(at.body)
        if not match:
            return False
        known = self._open.get(at.queue)
        if known is None:
            known = self._begin(at.queue, -1, at.number)
        known.notice = known.notice or not match[1]
        if not match[2]:
            return True
        reply = at.body[at.body.find("status=") :]
        return give_up(known, match[2], at.time, at.number, self._events, reply) > 0

    def _removed(self, at: _Line) -> bool:
        if at.body.rstrip() != "removed":
            return False
        known = self._open.pop(at.queue)
        if _SHORT.fullmatch(at.queue):
            self._used.add(at.queue)
        if known is not None and "/postsuper" in at.head:
            give_up(known, "deleted", at.time, at.number, self._events)
        return True

    def _forget(self, known: Queued) -> None:
        same = self._messages.get(known.message or "")
        if same is not None:
            same.pop(known, None)
            if not same:
                self._messages.pop(known.message or "")

    def _notice(self, at: _Line) -> bool:
        match = _NOTICE.match(at.body)
        if match:
            own = self._open.get(match[1]) or self._begin(match[1], at.time, at.number)
            own.notice = True
        return match is not None

    def _delivery(self, at: _Line) -> bool:
        match = _STATUS.match(at.body)
        if not match:
            return False
        to, relay, delay, code, status, reply = match.groups()
        known = self._open.get(at.queue) or self._begin(at.queue, -1, at.number)
        agent = _AGENT_ENDS.split(at.head.rpartition("/")[2], 1)[0]
        native = "notice" if known.notice else f"{status.lower()}/{agent}"
        if status == "sent" and agent in ("smtp", "lmtp") and _LOOPBACK.match(relay):
            native = self._hop(known, reply, agent)
        if to not in known.met and native != "notice":
            self._came(known, at, delay)
            self._open.hand_over(known, to, self._events)
        self._open.settle(known, to, "hop" if native == "sent/hop" else status.lower())
        self._events.append(NativeEvent(known.name, to, native, at.time, at.number, code, reply))
        return True

    def _hop(self, known: Queued, reply: str | None, agent: str) -> str:
        """Tell a content filter from a server on this host; follow the message through it."""
        match = _QUEUED.search(reply or "")
        if not match:
            return "notice" if known.notice else f"sent/{'lmtp' if agent == 'lmtp' else 'loopback'}"
        after = self._open.get(match[1])
        if after is not None and after is not known:
            self._open.follow(known, after)
        return "sent/hop"

    def _came(self, known: Queued, at: _Line, delay: str | None) -> None:
        """Find out when a message came whose first lines are not in the log."""
        if known.start < 0 and delay is not None:
            start = at.time - int(float(delay) * _SECOND)
            if start >= (self._began or 0) - _SECOND:
                known.start, known.line = start, at.number
