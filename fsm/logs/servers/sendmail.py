"""Sendmail: a line says what happened to some of the recipients of a queue id."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from fsm.logs.native_event import NativeEvent
from fsm.logs.notes import Notes
from fsm.logs.servers.clock import Clock
from fsm.logs.servers.mail_queue import Open, Queued, give_up

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
_OWN = re.compile(r"(\w+): (?:sender notify|postmaster notify|return to sender|DSN)")
_CLASSES = {"2": "sent", "4": "deferred", "5": "bounced"}


class Reader:
    """Reads the logs of one system, file after file."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._open = Open()

    def read(
        self, blocks: Iterable[list[str]], notes: Notes
    ) -> Iterator[tuple[str, list[NativeEvent]]]:
        """Yield the events of blocks of lines."""
        number = passed = 0
        for block in blocks:
            events: list[NativeEvent] = []
            for number, line in enumerate(block, number + 1):  # noqa: B020
                match = LINE.match(line)
                if not match:
                    passed += bool(line)
                    continue
                time = self._clock.read(line)
                if time is None:
                    notes.rejected.add("a line without a time", number)
                    continue
                passed += not self._say(match[1], match[2], time, number, events)
            yield "sendmail", events
        notes.lines = number
        self._open.say(notes)
        if passed:
            notes.passed.add("lines of no delivery", 1, passed)

    def _say(self, name: str, text: str, time: int, line: int, events: list[NativeEvent]) -> bool:
        if text.startswith("from="):
            sender = _FROM.match(text)
            queued = self._open.get(name) or self._open.put(name, Queued(name, time, line))
            queued.notice = sender is not None and not sender[1]
            count = _COUNT.search(text)
            queued.recipients = int(count[1]) if count else 0
            return True
        if text.startswith("to="):
            return self._deliver(name, text, time, line, events)
        own = _OWN.match(text)
        if own:
            self._open.put(own[1], Queued(own[1], time, line, notice=True))
        if _NOTIFY.match(text):
            known = self._open.pop(name)
            return bool(known and give_up(known, "expired", time, line, events, text))
        return False

    def _deliver(
        self, name: str, text: str, time: int, line: int, events: list[NativeEvent]
    ) -> bool:
        to, dsn, stat = _TO.match(text), _DSN.search(text), _STAT.search(text)
        if not to or not stat:
            return False
        queued = self._open.get(name) or self._open.put(name, Queued(name, -1, line))
        native = self._native(queued, dsn[1] if dsn else "", stat[1])
        for address in re.findall(r"<[^>]*>|\"[^\"]*\"[^,]*|[^,<]+", to[1]):
            recipient = address.strip("<> ")
            if not recipient:
                continue
            if native not in ("notice", "waiting"):
                self._open.hand_over(queued, recipient, events)
                self._open.settle(queued, recipient, _CLASSES.get(native[:1], native))
            code = dsn[1] if dsn else None
            events.append(NativeEvent(queued.name, recipient, native, time, line, code, stat[1]))
        if len(queued.states) >= queued.recipients and "deferred" not in queued.states.values():
            self._open.pop(name)  # sendmail does not say that it is done with a message
        return True

    def _native(self, queued: Queued, dsn: str, stat: str) -> str:
        if queued.notice:
            return "notice"
        hop = _ACCEPTED.match(stat)
        if hop:
            after = self._open.get(hop[1]) or self._open.put(hop[1], Queued(hop[1], -1, 0))
            self._open.follow(queued, after)
            return "2/hop"
        if stat.startswith("queued"):
            return "waiting"
        if dsn:
            return dsn[0]
        return "2" if stat.startswith("Sent") else "4" if stat.startswith("Deferred") else "5"
