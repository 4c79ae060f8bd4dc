"""What the readers of line-by-line logs share: numbers of lines, wrappers, and the ledger."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum
from typing import Any, ClassVar

from fsm.logs.ledger import RecordClass
from fsm.logs.native_event import NativeEvent
from fsm.logs.notes import Notes
from fsm.logs.servers.clock import Clock
from fsm.logs.servers.hosts import Hosts
from fsm.logs.servers.mail_queue import UNTOLD, MailQueue
from fsm.logs.servers.overlaps import Overlaps
from fsm.logs.servers.wrappers import Unwrapping

__all__ = [
    "NO_TIME",
    "OTHER_LINES",
    "UNREAD_STATUS",
    "LineReader",
    "Told",
    "count_lines",
    "has_status",
]

NO_TIME = "a line without a time"
"""The reason under which lines without a time are rejected."""
UNREAD_STATUS = "a line with the status of a delivery, of which nothing else can be read"
"""The reason under which lines that must be of a delivery are rejected."""
OTHER_LINES = "lines of no delivery"
"""What lines that tell nothing of a message are counted as."""
has_status = re.compile(
    r"\b(?:status=(?:sent|deferred|bounced|softbounce|expired|force-expired|(?:un)?deliverable)\b"
    r"|stat=(?:Sent|Deferred|User unknown|Service unavailable)\b)"
).search
"""Returns whether a line reports what became of a delivery."""


class Told(Enum):
    """What a line told of a message."""

    OTHER = "nothing"
    JOINED = "what other lines need"
    EVENTS = "events, or it was rejected"


class LineReader(ABC):
    """A :class:`fsm.logs.conversion.Reader` of logs in which a line is about one queued message.

    It reads the logs of one system, file after file; a message may continue in the next file.
    """

    format: ClassVar[str]
    """The name of the format of all events."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._queue = MailQueue()
        self._hosts = Hosts()
        self._last = Notes("")
        self.overlaps = Overlaps()
        """What earlier files have of the lines; whoever reads several files begins each there."""

    def read(
        self, blocks: Iterable[list[str]], notes: Notes
    ) -> Iterator[tuple[str, list[NativeEvent]]]:
        """Yield the events of blocks of lines; see :class:`fsm.logs.conversion.Reader`."""
        self._queue.begin_file()
        unwrapping = Unwrapping()
        lines = notes.lines
        for block in unwrapping.blocks(blocks):
            events: list[NativeEvent] = []
            if self.overlaps.is_needed:
                new = self.overlaps.new_lines(block, lines + 1, notes)
                self._read_block(new, lines + 1, notes, events)
                self.overlaps.remember(block, self._clock.read, notes)
            else:
                self._read_block(block, lines + 1, notes, events)
            if numbers := unwrapping.document.numbers:  # several records on one line
                events = [_on_line(event, numbers) for event in events]
            lines += len(block)
            yield self.format, events
        numbers = unwrapping.document.numbers
        notes.lines = numbers[-1] if numbers else lines
        if unwrapping.title and unwrapping.title not in notes.reason:
            notes.assumed["wrapped"] = f"lines unwrapped: {unwrapping.title}"
        self._queue.note_forgotten(notes)
        self._last.assumed.pop(UNTOLD, None)  # the log went on in this file
        self._queue.note_untold(notes)
        self._last = notes

    def state(self) -> dict[str, Any]:
        """Return what the reader remembers as plain values, for :meth:`resume`."""
        return {
            "queue": self._queue.state(),
            "hosts": self._hosts.state(),
            "clock": self._clock.state(),
        }

    def resume(self, state: Mapping[str, Any]) -> None:
        """Remember what a reader remembered, so that its messages go on."""
        self._queue.resume(state["queue"])
        self._hosts.resume(state["hosts"])
        self._clock.resume(state["clock"])

    @abstractmethod
    def _read_block(
        self, block: Sequence[str], first: int, notes: Notes, events: list[NativeEvent]
    ) -> None:
        """Add the events of lines, the first of which has this number, and count the others.

        The loop over the lines is in here, because a call for each line takes too long.
        """


def _on_line(event: NativeEvent, numbers: Sequence[int]) -> NativeEvent:
    """Return an event on the line of its record, where several records begin on one line."""
    record = event.line if event.record is None else event.record
    return event._replace(line=numbers[event.line - 1], record=-record)


def count_lines(block: Sequence[str], first: int, others: int, joined: int, notes: Notes) -> None:
    """Count the lines of a block: those of no delivery, and those that helped to read others."""
    notes.records.read += len(block) - block.count("")
    if others:
        notes.pass_over(OTHER_LINES, first, records=others)
    if joined:
        notes.records.count(RecordClass.JOINED, joined)
