"""What the readers of line-by-line logs share: numbers of lines, time checks and counts."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar

from fsm.logs.native_event import NativeEvent
from fsm.logs.notes import Notes
from fsm.logs.servers.clock import Clock
from fsm.logs.servers.mail_queue import MailQueue

__all__ = ["NO_TIME", "LineReader"]

NO_TIME = "a line without a time"
"""The reason under which lines without a time are rejected."""


class LineReader(ABC):
    """A :class:`fsm.logs.conversion.Reader` of logs in which a line is about one queued message.

    It reads the logs of one system, file after file; a message may continue in the next file.
    """

    format: ClassVar[str]
    """The name of the format of all events."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._queue = MailQueue()

    def read(
        self, blocks: Iterable[list[str]], notes: Notes
    ) -> Iterator[tuple[str, list[NativeEvent]]]:
        """Yield the events of blocks of lines; see :class:`fsm.logs.conversion.Reader`."""
        lines = ignored = 0
        for block in blocks:
            events: list[NativeEvent] = []
            ignored += self._read_block(block, lines + 1, notes, events)
            lines += len(block)
            yield self.format, events
        notes.lines = lines
        self._queue.note_forgotten(notes)
        if ignored:
            notes.passed.add("lines of no delivery", 1, ignored)

    @abstractmethod
    def _read_block(
        self, block: Sequence[str], first: int, notes: Notes, events: list[NativeEvent]
    ) -> int:
        """Add the events of lines, the first of which has this number; return the ignored ones.

        The loop over the lines is in here, because a call for each line takes too long.
        """
