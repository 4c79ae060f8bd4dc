"""Momentum's mainlog and bouncelog: fields between @, other ones for each kind of record."""

from __future__ import annotations

import re
from collections.abc import Sequence

from fsm.logs.native_event import NativeEvent
from fsm.logs.native_times import from_number
from fsm.logs.notes import Notes
from fsm.logs.servers.lines import LineReader
from fsm.logs.servers.mail_queue import Queued

__all__ = ["LINE", "Reader"]

LINE = re.compile(r"(\d{10}|\d{16})@([^@]*)@[^@]*@[^@]*@(R|D|X|T|P|B|M1?)(?:@(.*))?$")
_REPLIES = {"T": 8, "P": 8, "B": 10}
"""The position of the reply among the fields after the kind; it may contain @ itself."""


class Reader(LineReader):
    """The :class:`fsm.logs.conversion.Reader` of Momentum.

    Only some records name the recipient of their message.
    """

    format = "momentum"

    def _read_block(
        self, block: Sequence[str], first: int, notes: Notes, events: list[NativeEvent]
    ) -> None:
        for number, line in enumerate(block, first):
            notes.records.read += bool(line.strip())
            match = LINE.match(line)
            if match:
                self._add(match, number, notes, events)
            elif line.strip():
                notes.reject("no record of a mainlog or bouncelog", number)

    def _add(
        self, match: re.Match[str], line: int, notes: Notes, events: list[NativeEvent]
    ) -> None:
        stamp, name, kind, rest = match.groups()
        time = from_number(int(stamp))
        if not name or time is None:
            notes.pass_over("heartbeats", line)
            return
        fields = (rest or "").split("@", _REPLIES.get(kind, 30))
        if kind in ("R", "B") and len(fields) > 1:
            received = self._queue.put(name, Queued(name, time, line))
            self._queue.remember_status(received, f"{fields[0]}@{fields[1]}", kind)
        queued = self._queue.get(name)
        recipient = next(iter(queued.last_status), None) if queued else None
        native = f"B/{fields[7]}" if kind == "B" and len(fields) > 7 else kind
        reply = fields[-1] if kind in _REPLIES and len(fields) > _REPLIES[kind] else None
        events.append(NativeEvent(name, recipient, native, time, line, None, reply))
        if kind in ("D", "P", "B"):
            self._queue.pop(name)
