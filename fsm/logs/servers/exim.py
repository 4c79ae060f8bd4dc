"""Exim's main log: a line for each event of one address of a message."""

from __future__ import annotations

import re
from collections.abc import Sequence

from fsm.logs.native_event import NativeEvent
from fsm.logs.notes import Notes
from fsm.logs.servers.lines import NO_TIME, LineReader
from fsm.logs.servers.mail_queue import Queued, give_up

__all__ = ["LINE", "Reader"]

LINE = re.compile(
    r"(?:(?=\d)|(?:\S{1,100} {1,2}){1,5}exim\d?\[\d+\]: )"
    r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?(?: [+-]\d{4})?) "
    r"(?:\[\d+\] )?(\w{6}-\w{6}-\w\w|\w{6}-\w{11}-\w{4}) (.*)"
)
_FLAG = re.compile(r"(<=|=>|->|>>|\*>|==|\*\*) (\S+)(.*)")
_ORIGINAL = re.compile(r" (?:\([^)]*\) )?<([^>]*)>")
_DEFER = re.compile(r" defer \(-?\d+\)")
_EXPIRED = re.compile(
    r"retry timeout exceeded|retry time not reached for any host after a long failure period"
    r"|long failure period"
)
_STATES = {"==": "deferred", "=>": "sent", "->": "sent", ">>": "sent", "**": "bounced"}


class Reader(LineReader):
    """The :class:`fsm.logs.conversion.Reader` of Exim."""

    format = "exim"

    def _read_block(
        self, block: Sequence[str], first: int, notes: Notes, events: list[NativeEvent]
    ) -> int:
        ignored = 0
        for number, line in enumerate(block, first):
            match = LINE.match(line)
            if not match:
                ignored += bool(line)
                continue
            time = self._clock.read(match[1] + " ")
            if time is None:
                notes.rejected.add(NO_TIME, number)
                continue
            ignored += not self._read_line(match[2], match[3], time, number, events)
        return ignored

    def _read_line(
        self, name: str, text: str, time: int, line: int, events: list[NativeEvent]
    ) -> bool:
        """Read what follows the message id; return whether it is about a delivery."""
        match = _FLAG.match(text)
        if match:
            flag, address, rest = match.groups()
            if flag == "<=":
                self._arrive(name, address, rest, time, line, events)
            else:
                self._deliver(name, (flag, address, rest), time, line, events)
            return True
        if text.startswith("Completed"):
            self._queue.pop(name)
            return True
        if text.startswith(("removed by ", "cancelled by ")):
            queued = self._queue.pop(name)
            return bool(queued and give_up(queued, "deleted", time, line, events, text))
        return False

    def _arrive(
        self, name: str, sender: str, rest: str, time: int, line: int, events: list[NativeEvent]
    ) -> None:
        queued = self._queue.put(name, Queued(name, time, line, notice=sender == "<>"))
        if not queued.notice:
            for to in _recipients(rest):
                self._queue.hand_over(queued, to, events)

    def _deliver(
        self,
        name: str,
        fields: tuple[str, str, str],
        time: int,
        line: int,
        events: list[NativeEvent],
    ) -> None:
        flag, address, rest = fields
        queued = self._queue.get(name)
        if queued is None:
            queued = self._queue.put(name, Queued(name, -1, line))
        to = address.rstrip(":")
        original = _ORIGINAL.match(rest)
        if original:
            to, rest = original[1], rest[original.end() :]
        if address.endswith(":"):
            rest = f": {rest.lstrip()}"
        text = _reply(rest)
        native = "**/expired" if flag == "**" and text and _EXPIRED.search(text) else flag
        if queued.notice:
            native = "notice"
        elif flag != "*>":
            self._queue.hand_over(queued, to, events)
            self._queue.remember_status(queued, to, _STATES[flag])
        events.append(NativeEvent(queued.name, to, native, time, line, None, text))


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
