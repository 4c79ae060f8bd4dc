"""Sendmail: a line is about some of the recipients of a queue id."""

from __future__ import annotations

import re
from collections.abc import Sequence

from fsm.epoch import SECOND
from fsm.logs.native_event import NativeEvent
from fsm.logs.notes import Notes
from fsm.logs.servers.lines import (
    NO_TIME,
    UNREAD_STATUS,
    LineReader,
    Told,
    count_lines,
    has_status,
)
from fsm.logs.servers.mail_queue import (
    NOTICE,
    UNKNOWN,
    Queued,
    give_up,
    is_discarded,
    next_queue_id,
)

__all__ = ["LINE", "Reader"]

LINE = re.compile(
    r".{15,100}?(?:\]: | - - )(?:\[ID \d+ \S+\] )?([0-9A-Za-z]{10,18}): "
    r"((?:from|to)=.*|\w+: (?:sender|postmaster|return to sender|DSN).*)"
)
_FROM = re.compile(r"from=<?([^>,]*)>?,")
_COUNT = re.compile(r", nrcpts=(\d{1,6})")
_ADDRESSES = r"(?:(?:\\.|\"[^\"]*\"|<[^>]*>|[^,\s<\"\\]++|[\"\\])(?:,(?! ))?)++"
_TO = re.compile(rf"to=({_ADDRESSES}), ")
_DSN = re.compile(r", dsn=(\d\.\d{1,3}\.\d{1,3})")
_STAT = re.compile(r", stat=(.*)")
_NOTIFY = re.compile(r"(\w+): (?:sender|postmaster) notify: Cannot send message (?:for|within)")
_DELAY = re.compile(r", delay=(?:(\d{1,4})\+)?(\d\d):(\d\d):(\d\d)")
_MESSAGE_ID = re.compile(r", msgid=<([^<>\s]{1,500})>")
_RELAY = re.compile(r", relay=([^,]{1,300})")
_LOOPBACK = re.compile(r", relay=(?:localhost|\[?127\.|\[?(?:IPv6:)?::1)")
_REPLY_CODE = re.compile(r"[245]\d\d[ -]")
_OWN_NOTICE = re.compile(r"(\w+): (?:sender notify|postmaster notify|return to sender|DSN)")
_CLASSES = {"2": "sent", "4": "deferred", "5": "bounced"}


class Reader(LineReader):
    """The :class:`fsm.logs.conversion.Reader` of Sendmail."""

    format = "sendmail"

    def _read_block(
        self, block: Sequence[str], first: int, notes: Notes, events: list[NativeEvent]
    ) -> None:
        others = joined = 0
        for number, line in enumerate(block, first):
            match = LINE.match(line)
            if not match:
                if "stat" in line and has_status(line):
                    notes.reject(UNREAD_STATUS, number)
                else:
                    others += line != ""
                continue
            time = self._clock.read(line)
            if time is None:
                notes.reject(NO_TIME, number)
                continue
            name = match[1] + self._hosts.of(line[: match.start(1)])
            told = self._read_line(name, match[2], time, number, events)
            joined += told is Told.JOINED
            if told is Told.OTHER and match[2].startswith("to="):
                notes.reject(UNREAD_STATUS, number)
            else:
                others += told is Told.OTHER
        count_lines(block, first, others, joined, notes)

    def _read_line(
        self, name: str, text: str, time: int, line: int, events: list[NativeEvent]
    ) -> Told:
        """Read what follows the queue id; return what it told."""
        if text.startswith("from="):
            self._arrive(name, text, time, line)
            return Told.JOINED
        if text.startswith("to="):
            return self._deliver(name, text, time, line, events)
        notice = _OWN_NOTICE.match(text)
        if notice:
            queue = notice[1] + self._hosts.suffix
            self._queue.put(queue, Queued(queue, time, line, notice=True))
        if _NOTIFY.match(text):
            expired = self._queue.pop(name)
            if expired and give_up(expired, "expired", time, line, events, text):
                return Told.EVENTS
        return Told.JOINED if notice else Told.OTHER

    def _arrive(self, name: str, text: str, time: int, line: int) -> None:
        sender = _FROM.match(text)
        queued = self._queue.get(name) or self._queue.put(name, Queued(name, time, line))
        queued.notice = sender is not None and not sender[1]
        count = _COUNT.search(text)
        queued.recipients = int(count[1]) if count else 0
        message_id = _MESSAGE_ID.search(text)
        queued.message = message_id[1] if message_id else queued.message

    def _deliver(
        self, name: str, text: str, time: int, line: int, events: list[NativeEvent]
    ) -> Told:
        to, dsn, stat = _TO.match(text), _DSN.search(text), _STAT.search(text)
        if not to or not stat:
            return Told.OTHER
        queued = self._queue.get(name) or self._queue.put(name, Queued(name, UNKNOWN, line))
        native, queued_as = self._native(queued, text, dsn[1] if dsn else "", stat[1], time)
        at, found = _RELAY.search(text, to.end() - 2, stat.start()), len(events)
        relay = at[1] if at else None
        for address in re.findall(r"<[^>]*>|\"[^\"]*\"[^,]*|[^,<]+", to[1]):
            recipient = address.strip("<> ")
            if not recipient:
                continue
            handed_over = None
            if native not in (NOTICE, "waiting"):
                if queued.start == UNKNOWN:
                    handed_over = _arrived(time, text)
                else:
                    self._queue.hand_over(queued, recipient, events, line)
                self._queue.remember_status(queued, recipient, _CLASSES.get(native[:1], native))
            code = dsn[1] if dsn else None
            facts = (code, stat[1], handed_over, queued_as)
            events.append(queued.event(recipient, native, time, line, *facts, relay=relay))
        if (
            len(queued.last_status) >= queued.recipients
            and "deferred" not in queued.last_status.values()
        ):
            self._queue.pop(name)  # Sendmail does not log the end of a message
        return Told.EVENTS if len(events) > found else Told.OTHER

    def _native(
        self, queued: Queued, text: str, dsn: str, stat: str, time: int
    ) -> tuple[str, str | None]:
        """Return the native event of a status, and the id that another server gave the message."""
        if queued.notice:
            return NOTICE, None
        if stat.startswith("queued"):
            return "waiting", None
        if not stat.startswith("Sent"):
            reply = _REPLY_CODE.match(stat)
            if dsn or reply:
                return dsn[:1] or stat[0], None
            return "4" if stat.startswith("Deferred") else "5", None
        queue = next_queue_id(stat)
        if queue and self._queue.follow_to(queue, self._hosts.nearest(), queued, time):
            return "2/hop", None
        if is_discarded(stat):
            return "2/discard/filter", None
        if text.startswith("to=/dev/null,"):
            return "2/discard", None
        return "2/passed-on" if queue and _LOOPBACK.search(text) else "2", queue


def _arrived(time: int, text: str) -> int | None:
    """Return when a message arrived that is delivered with a delay (``delay=1+02:03:04``)."""
    match = _DELAY.search(text)
    if not match:
        return None
    days, hours, minutes, seconds = map(int, match.groups("0"))
    start = time - (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * SECOND
    return start if start > 0 else None
