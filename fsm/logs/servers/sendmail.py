"""Sendmail: a line is about some of the recipients of a queue id."""

from __future__ import annotations

import re
from collections.abc import Sequence

from fsm.logs.native_event import NativeEvent
from fsm.logs.notes import Notes
from fsm.logs.servers.lines import NO_TIME, LineReader
from fsm.logs.servers.mail_queue import Queued, give_up

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
_ACCEPTED = re.compile(r"Sent \((?:\S+ )?([0-9A-Za-z]{10,18}) Message accepted for delivery")
_OWN_NOTICE = re.compile(r"(\w+): (?:sender notify|postmaster notify|return to sender|DSN)")
_CLASSES = {"2": "sent", "4": "deferred", "5": "bounced"}


class Reader(LineReader):
    """The :class:`fsm.logs.conversion.Reader` of Sendmail."""

    format = "sendmail"

    def _read_block(
        self, block: Sequence[str], first: int, notes: Notes, events: list[NativeEvent]
    ) -> int:
        ignored = 0
        for number, line in enumerate(block, first):
            match = LINE.match(line)
            if not match:
                ignored += bool(line)
                continue
            time = self._clock.read(line)
            if time is None:
                notes.rejected.add(NO_TIME, number)
                continue
            ignored += not self._read_line(match[1], match[2], time, number, events)
        return ignored

    def _read_line(
        self, name: str, text: str, time: int, line: int, events: list[NativeEvent]
    ) -> bool:
        """Read what follows the queue id; return whether it is about a delivery."""
        if text.startswith("from="):
            sender = _FROM.match(text)
            queued = self._queue.get(name) or self._queue.put(name, Queued(name, time, line))
            queued.notice = sender is not None and not sender[1]
            count = _COUNT.search(text)
            queued.recipients = int(count[1]) if count else 0
            return True
        if text.startswith("to="):
            return self._deliver(name, text, time, line, events)
        notice = _OWN_NOTICE.match(text)
        if notice:
            self._queue.put(notice[1], Queued(notice[1], time, line, notice=True))
        if _NOTIFY.match(text):
            expired = self._queue.pop(name)
            return bool(expired and give_up(expired, "expired", time, line, events, text))
        return False

    def _deliver(
        self, name: str, text: str, time: int, line: int, events: list[NativeEvent]
    ) -> bool:
        to, dsn, stat = _TO.match(text), _DSN.search(text), _STAT.search(text)
        if not to or not stat:
            return False
        queued = self._queue.get(name) or self._queue.put(name, Queued(name, -1, line))
        native = self._native(queued, dsn[1] if dsn else "", stat[1])
        for address in re.findall(r"<[^>]*>|\"[^\"]*\"[^,]*|[^,<]+", to[1]):
            recipient = address.strip("<> ")
            if not recipient:
                continue
            if native not in ("notice", "waiting"):
                self._queue.hand_over(queued, recipient, events)
                self._queue.remember_status(queued, recipient, _CLASSES.get(native[:1], native))
            code = dsn[1] if dsn else None
            events.append(NativeEvent(queued.name, recipient, native, time, line, code, stat[1]))
        if (
            len(queued.last_status) >= queued.recipients
            and "deferred" not in queued.last_status.values()
        ):
            self._queue.pop(name)  # Sendmail does not log the end of a message
        return True

    def _native(self, queued: Queued, dsn: str, stat: str) -> str:
        if queued.notice:
            return "notice"
        hop = _ACCEPTED.match(stat)
        if hop:
            after = self._queue.get(hop[1]) or self._queue.put(hop[1], Queued(hop[1], -1, 0))
            self._queue.follow(queued, after)
            return "2/hop"
        if stat.startswith("queued"):
            return "waiting"
        if dsn:
            return dsn[0]
        return "2" if stat.startswith("Sent") else "4" if stat.startswith("Deferred") else "5"
