"""Exim's main log: a line for each event of one address of a message."""

from __future__ import annotations

import re
from collections.abc import Sequence

from fsm.epoch import SECOND
from fsm.logs.native_event import NativeEvent
from fsm.logs.notes import Notes
from fsm.logs.servers.lines import NO_TIME, LineReader, Told, count_lines
from fsm.logs.servers.mail_queue import (
    LONGEST,
    NOTICE,
    UNKNOWN,
    Queued,
    give_up,
    is_discarded,
    next_queue_id,
)

__all__ = ["Reader", "line_of"]

_ID = r"(\w{6}-\w{6}-\w\w|\w{6}-\w{11}-\w{4})"
_OWN_TIME = r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?(?: [+-]\d{4})?)"
_SYSLOG = r"(?:\S{1,100} {1,2}){1,5}exim\d?(?:\[\d{1,9}\])?: "
_LINE = re.compile(rf"(?:(?=\d)|{_SYSLOG}){_OWN_TIME} (?:\[\d+\] )?{_ID} (.*)")
_WITHOUT_OWN_TIME = re.compile(rf"((?={_SYSLOG})){_SYSLOG}(?:\[\d+\] )?{_ID} (.*)")
"""With ``no_syslog_timestamp``: the time is that of syslog."""
_FLAG = re.compile(r"(<=|=>|->|>>|\*>|==|\*\*) (discarded|\"[^\"]*\"@\S+|\S+)(.*)")
_ORIGINAL = re.compile(r" (?:\([^)]*\) )?<([^>]*)>")
_DEFER = re.compile(r" defer \(-?\d+\)")
_EXPIRED = re.compile(
    r"retry timeout exceeded|retry time not reached for any host after a long failure period"
    r"|long failure period|have been failing for a long time"
)
_QUEUE_TIME = re.compile(
    r" QT=(?:(\d{1,4})w)?(?:(\d{1,4})d)?(?:(\d{1,4})h)?(?:(\d{1,4})m)?(?:(\d{1,6}(?:\.\d{1,6})?)s)?"
)
_UNITS = (7 * 86_400, 86_400, 3600, 60, 1)
_CANCELLED = re.compile(r"\*{1,3} (\"[^\"]*\"@\S+|[^\s:]+) ?: cancelled by ")
_RELAY = re.compile(r"(?:(?! C=\"|: ).){0,2000}? H=([^\s\[]{1,300}(?: \[[^\]\s]{1,100}\])?)")
"""The host of a delivery, which stands before the reply."""
_BLACKHOLE = (":blackhole:", "/dev/null")
_STATES = {"==": "deferred", "=>": "sent", "->": "sent", ">>": "sent", "**": "bounced"}


class Reader(LineReader):
    """The :class:`fsm.logs.conversion.Reader` of Exim."""

    format = "exim"

    def _read_block(
        self, block: Sequence[str], first: int, notes: Notes, events: list[NativeEvent]
    ) -> None:
        others = joined = 0
        for number, line in enumerate(block, first):
            match = line_of(line)
            if not match:
                others += line != ""
                continue
            stamp, name, text = match.groups()
            time = self._clock.read(f"{stamp} " if stamp else line)
            if time is None:
                notes.reject(NO_TIME, number)
                continue
            if not line[0].isdigit():  # of syslog, which names the host
                name += self._hosts.of(line[: match.start(2)])
            told = self._read_line(name, text, time, number, events)
            joined += told is Told.JOINED
            others += told is Told.OTHER
        count_lines(block, first, others, joined, notes)

    def _read_line(
        self, name: str, text: str, time: int, line: int, events: list[NativeEvent]
    ) -> Told:
        """Read what follows the message id; return what it told."""
        match = _FLAG.match(text)
        if text.startswith("*") and (cancelled := _CANCELLED.match(text)):
            return self._cancel(name, cancelled[1], text, time, line, events)
        if match:
            flag, address, rest = match.groups()
            if flag == "<=":
                return self._arrive(name, address, rest, time, line, events)
            return self._deliver(name, (flag, address, rest), time, line, events)
        if text.startswith("Completed"):
            self._queue.pop(name)
            return Told.JOINED
        if text.startswith(("removed by ", "cancelled by ")):
            queued = self._queue.pop(name)
            if queued and queued.name == name:  # those who were never tried wait as well
                untried = sorted(queued.handed_over - queued.last_status.keys())
                queued.last_status.update(dict.fromkeys(untried, "deferred"))
            told = queued and give_up(queued, "deleted", time, line, events, text)
            return Told.EVENTS if told else Told.JOINED
        return Told.OTHER

    def _cancel(
        self, name: str, to: str, text: str, time: int, line: int, events: list[NativeEvent]
    ) -> Told:
        """Add that the administrator gave one recipient up; several lines may say so."""
        queued = self._queue.get(name) or self._queue.put(name, Queued(name, UNKNOWN, line))
        if queued.last_status.get(to.lower()) == "deleted":
            return Told.JOINED
        native = NOTICE if queued.notice else "deleted"
        if not queued.notice:
            self._queue.hand_over(queued, to, events, line)
            self._queue.remember_status(queued, to, native)
        reply = text[text.index("cancelled by ") :]
        events.append(queued.event(to, native, time, line, None, reply))
        return Told.EVENTS

    def _arrive(
        self, name: str, sender: str, rest: str, time: int, line: int, events: list[NativeEvent]
    ) -> Told:
        queued = self._queue.put(name, Queued(name, time, line, notice=sender == "<>"))
        _, found, after = rest.rpartition(" id=")
        queued.message = after.partition(" ")[0][:LONGEST] if found else None
        recipients = [] if queued.notice else _recipients(rest)
        for to in recipients:
            self._queue.hand_over(queued, to, events, line)
        return Told.EVENTS if recipients else Told.JOINED

    def _deliver(
        self,
        name: str,
        fields: tuple[str, str, str],
        time: int,
        line: int,
        events: list[NativeEvent],
    ) -> Told:
        flag, address, rest = fields
        queued = self._queue.get(name)
        if queued is None:
            queued = self._queue.put(name, Queued(name, UNKNOWN, line))
        if address == "discarded":
            return self._discard(queued, f"{address}{rest}", time, line, events)
        to = address.rstrip(":")
        original = _ORIGINAL.match(rest)
        if original:
            to, rest = original[1], rest[original.end() :]
        if address.endswith(":") and not original:
            rest = f": {rest.lstrip()}"
        text = f"=> {address}" if address in _BLACKHOLE else _reply(rest)
        native, queued_as, handed_over = _native(flag, address, text), None, None
        if queued.notice:
            native = NOTICE
        elif flag != "*>":
            if native in ("=>", "->"):
                native, queued_as = self._passed_on(queued, native, text or "", time)
            if queued.start == UNKNOWN:
                handed_over = _arrived(time, rest)
            else:
                self._queue.hand_over(queued, to, events, line)
            self._queue.remember_status(queued, to, _STATES[flag])
        relay = _RELAY.match(rest)
        facts = (None, text, handed_over, queued_as)
        events.append(
            queued.event(to, native, time, line, *facts, relay=relay[1] if relay else None)
        )
        return Told.EVENTS

    def _passed_on(
        self, queued: Queued, native: str, text: str, time: int
    ) -> tuple[str, str | None]:
        """Distinguish a delivery from a hop to a server of one's own, as the reader of Postfix."""
        queue = next_queue_id(text)
        if queue and self._queue.follow_to(queue, self._hosts.nearest(), queued, time):
            return "=>/hop", None
        if is_discarded(text):
            return "discarded/filter", None
        return native, queue

    def _discard(
        self, queued: Queued, text: str, time: int, line: int, events: list[NativeEvent]
    ) -> Told:
        """Add that a filter threw the message away, for all recipients that are known."""
        native = NOTICE if queued.notice else "discarded"
        known: list[str | None] = [*queued.recipients_so_far()]
        for to in known or [None]:
            events.append(queued.event(to, native, time, line, None, text))
        return Told.EVENTS


def line_of(line: str) -> re.Match[str] | None:
    """Return the time, the message id and the text of a line; None for one about no message."""
    return _LINE.match(line) or _WITHOUT_OWN_TIME.match(line)


def _native(flag: str, address: str, text: str | None) -> str:
    if flag == "**" and text and _EXPIRED.search(text):
        return "**/expired"
    return "discarded" if address in _BLACKHOLE else flag


def _arrived(time: int, text: str) -> int | None:
    """Return when a message arrived whose time in the queue is written (``QT=``)."""
    match = _QUEUE_TIME.search(text)
    if not match:
        return None
    parts = zip(match.groups("0"), _UNITS, strict=True)
    start = time - int(sum(float(n) * unit for n, unit in parts) * SECOND)
    return start if start > 0 else None


def _recipients(text: str) -> list[str]:
    """Return the addresses at the end of a line, after ``for``."""
    _, separator, addresses = text.rpartition(" for ")
    names = addresses.split() if separator else []
    return names if all(name.find("@", 1, -1) > 0 for name in names) else []


def _reply(text: str) -> str | None:
    """Return the reply of the other server: after a colon, or else in quotes after ``C=``."""
    colon, quoted = text.find(": "), text.find(' C="')
    if quoted >= 0 and (colon < 0 or quoted < colon) and not _DEFER.search(text, 0, quoted):
        return text[quoted + 4 : max(text.rfind('"'), quoted + 4)] or None
    return text[colon + 2 :] or None if colon >= 0 else None
