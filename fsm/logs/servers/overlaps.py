"""Lines that two files of a mail server have: a rotated copy and the log that went on.

The files are read in the order of their first times, so a line that comes again stands in an
earlier file after the first time of the later one. Only such lines are remembered, by their hashes,
and only lines of that time are looked up: files that follow each other cost next to nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from fsm.epoch import SECOND
from fsm.logs.notes import Notes
from fsm.text import quantity

__all__ = ["KNOWN_LINES", "MOST_LINES", "Overlaps"]

KNOWN_LINES = "lines that an earlier file has"
"""What lines are counted as that were read in another file."""
MOST_LINES = 2_000_000
"""Lines that are remembered, of all files together."""
_SLACK: Final = 600 * SECOND
"""How much earlier than the line before a line may be."""
_SAMPLE = 100
"""Lines of the end of a block in which its time is looked for."""


@dataclass
class _Tail:
    """The end of a file that was read: the hashes of its lines, and its last time."""

    name: str
    hashes: set[int] = field(default_factory=set)
    last: int = 0


class Overlaps:
    """Finds the lines of a file that earlier files of the same server have.

    Identical lines within one file are left alone.
    """

    def __init__(self) -> None:
        self._tails: list[_Tail] = []
        self._tail = _Tail("")
        self._time = 0
        """The last time in the file so far."""
        self._next: int | None = None
        self._known = Counter[str]()
        """How many lines of the file each earlier one has."""

    def begin_file(self, name: str, first: int, following: int | None) -> None:
        """Start a file by its first time, and that of the next file, if there is one."""
        tails = (tail for tail in (*self._tails, self._tail) if tail.hashes)
        self._tails = [tail for tail in tails if tail.last >= first - _SLACK]
        self._tail, self._time, self._next = _Tail(name), first, following
        self._known.clear()

    @property
    def is_needed(self) -> bool:
        """Whether the lines of the file may be in another one."""
        return self._next is not None or bool(self._tails)

    def new_lines(self, block: list[str], first: int, notes: Notes) -> list[str]:
        """Return lines, the first of which has this number, with known ones replaced by blanks.

        The known ones are counted.
        """
        for tail in self._tails:
            if tail.last < self._time - _SLACK or tail.hashes.isdisjoint(map(hash, block)):
                continue
            hashes = tail.hashes
            known = [place for place, line in enumerate(block) if line and hash(line) in hashes]
            if known:
                block = block.copy()
                for place in known:
                    block[place] = ""
                self._count(len(known), first + known[0], tail.name, notes)
        return block

    def remember(
        self, block: Sequence[str], time_of: Callable[[str], int | None], notes: Notes
    ) -> None:
        """Remember lines that were read, as far as the next file may have them."""
        ends = islice(reversed(block), _SAMPLE)
        time = next((time for line in ends if (time := time_of(line)) is not None), self._time)
        self._time = max(self._time, time)
        if self._next is None or self._time < self._next - _SLACK:
            return
        if sum(len(tail.hashes) for tail in (*self._tails, self._tail)) > MOST_LINES:
            notes.assumed["overlap not looked for"] = (
                f"more than {MOST_LINES:,} lines from when the next file begins: later ones are "
                "read twice if that file has them, too"
            )
            return
        self._tail.hashes.update(map(hash, block))
        self._tail.last = self._time

    def _count(self, lines: int, first: int, name: str, notes: Notes) -> None:
        notes.records.read += lines
        notes.pass_over(KNOWN_LINES, first, records=lines)
        self._known[name] += lines
        found = (f"{quantity(n, 'line')} that {of} has" for of, n in self._known.items())
        notes.assumed["overlap"] = f"{', '.join(found)}, too; read once"
