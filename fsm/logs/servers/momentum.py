"""Momentum's mainlog and bouncelog: fields between @, each kind of record with its own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from fsm.logs.native_event import NativeEvent
from fsm.logs.native_times import from_number
from fsm.logs.notes import Notes
from fsm.logs.servers.clock import Clock
from fsm.logs.servers.mail_queue import Open, Queued

__all__ = ["LINE", "Reader"]

LINE = re.compile(r"(\d{10}|\d{16})@([^@]*)@[^@]*@[^@]*@(R|D|X|T|P|B|M1?)(?:@(.*))?$")
_REPLIES = {"T": 8, "P": 8, "B": 10}
"""Where the reply stands among the fields after the kind; it may hold @ itself."""


class Reader:
    """Reads the logs of one system. Only some records name the recipient of their message."""

    def __init__(self, _: Clock) -> None:
        self._open = Open()

    def read(
        self, blocks: Iterable[list[str]], notes: Notes
    ) -> Iterator[tuple[str, list[NativeEvent]]]:
        """Yield the events of blocks of lines."""
        number = 0
        for block in blocks:
            events: list[NativeEvent] = []
            for number, line in enumerate(block, number + 1):  # noqa: B020
                match = LINE.match(line)
                if match:
                    self._add(match, number, notes, events)
                elif line.strip():
                    notes.rejected.add("no record of a mainlog or bouncelog", number)
            yield "momentum", events
        notes.lines = number
        self._open.say(notes)

    def _add(
        self, match: re.Match[str], line: int, notes: Notes, events: list[NativeEvent]
    ) -> None:
        stamp, name, kind, rest = match.groups()
        time = from_number(int(stamp))
        if not name or time is None:
            notes.passed.add("heartbeats", line)
            return
        fields = (rest or "").split("@", _REPLIES.get(kind, 30))
        if kind in ("R", "B") and len(fields) > 1:
            taken = self._open.put(name, Queued(name, time, line))
            self._open.settle(taken, f"{fields[0]}@{fields[1]}", kind)
        known = self._open.get(name)
        recipient = next(iter(known.states), None) if known else None
        native = f"B/{fields[7]}" if kind == "B" and len(fields) > 7 else kind
        reply = fields[-1] if kind in _REPLIES and len(fields) > _REPLIES[kind] else None
        events.append(NativeEvent(name, recipient, native, time, line, None, reply))
        if kind in ("D", "P", "B"):
            self._open.pop(name)
