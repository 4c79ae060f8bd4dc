"""Exim's main log: one line for what happened to one address of a message."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from fsm.logs.native_event import NativeEvent
from fsm.logs.notes import Notes
from fsm.logs.servers.clock import Clock
from fsm.logs.servers.mail_queue import Open, Queued, give_up

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
                time = self._clock.read(match[1] + " ")
                if time is None:
                    notes.rejected.add("a line without a time", number)
                    continue
                passed += not self._say(match[2], match[3], time, number, events)
            yield "exim", events
        notes.lines = number
        self._open.say(notes)
        if passed:
            notes.passed.add("lines of no delivery", 1, passed)

    def _say(self, name: str, text: str, time: int, line: int, events: list[NativeEvent]) -> bool:
        match = _FLAG.match(text)
        if match:
            flag, address, rest = match.groups()
            if flag == "<=":
                self._arrive(name, address, rest, time, line, events)
            else:
                self._deliver(name, (flag, address, rest), time, line, events)
            return True
        if text.startswith("Completed"):
            self._open.pop(name)
            return True
        if text.startswith(("removed by ", "cancelled by ")):
            queued = self._open.pop(name)
            return bool(queued and give_up(queued, "deleted", time, line, events, text))
        return False

    def _arrive(
        self, name: str, sender: str, rest: str, time: int, line: int, events: list[NativeEvent]
    ) -> None:
        queued = self._open.put(name, Queued(name, time, line, notice=sender == "<>"))
        if not queued.notice:
            for to in _recipients(rest):
                self._open.hand_over(queued, to, events)

    def _deliver(
        self, name: str, said: tuple[str, str, str], time: int, line: int, events: list[NativeEvent]
    ) -> None:
        flag, address, rest = said
        queued = self._open.get(name)
        if queued is None:
            queued = self._open.put(name, Queued(name, -1, line))
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
            self._open.hand_over(queued, to, events)
            self._open.settle(queued, to, _STATES[flag])
        events.append(NativeEvent(queued.name, to, native, time, line, None, text))


def _recipients(text: str) -> list[str]:
    """Return the addresses at the end of a line, after ``for``."""
    _, said, addresses = text.rpartition(" for ")
    names = addresses.split() if said else []
    return names if all(name.find("@", 1, -1) > 0 for name in names) else []


def _reply(text: str) -> str | None:
    """Return what was said: after a colon, or else in quotes after ``C=``."""
    colon, quoted = text.find(": "), text.find(' C="')
    if quoted >= 0 and (colon < 0 or quoted < colon) and not _DEFER.search(text, 0, quoted):
        return text[quoted + 4 : max(text.rfind('"'), quoted + 4)] or None
    return text[colon + 2 :] or None if colon >= 0 else None
