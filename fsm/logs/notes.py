"""What is said of a conversion: what was read, what was passed over, and what nobody knows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

__all__ = ["Notes", "Tally"]

_KINDS = 1000
"""Different texts that are counted apart; a hostile log has any number of them."""
_LONGEST = 200
"""Characters of one."""


@dataclass
class Tally:
    """How often something was met, and on which line first."""

    counts: Counter[str] = field(default_factory=Counter)
    firsts: dict[str, int] = field(default_factory=dict)

    def add(self, what: str, line: int, count: int = 1) -> None:
        """Count something that stands on a line."""
        what = what if len(what) <= _LONGEST else f"{what[:_LONGEST]}..."
        if what not in self.firsts and len(self.firsts) >= _KINDS:
            what = "others"
        self.firsts[what] = min(line, self.firsts.get(what, line))
        self.counts[what] += count

    def hide(self, hidden: Callable[[str], str]) -> None:
        """Take out of what is counted what shall not be told."""
        firsts, counts = self.firsts, self.counts
        self.firsts, self.counts = {}, Counter()
        for what, count in counts.items():
            self.add(hidden(what), firsts[what], count)

    @property
    def total(self) -> int:
        """How often anything was met."""
        return self.counts.total()


@dataclass
class Notes:
    """What was met in one file."""

    name: str
    reason: str = ""
    """The format, and how it was told."""
    lines: int = 0
    size: int = 0
    """Bytes that were read, decompressed."""
    events: int = 0
    implied: int = 0
    """Hand-overs that the file does not record."""
    passed: Tally = field(default_factory=Tally)
    """What is known, and says nothing of a message's way."""
    beside: Tally = field(default_factory=Tally)
    unmapped: Tally = field(default_factory=Tally)
    """Events that the table of the format does not have."""
    rejected: Tally = field(default_factory=Tally)
    """What cannot be read, by reason."""
    doubts: Tally = field(default_factory=Tally)
    assumed: dict[str, str] = field(default_factory=dict)
    """What was taken to be so, by subject."""

    def hide(self, hidden: Callable[[str], str]) -> None:
        """Take out of all texts that come from the file what shall not be told."""
        for tally in (self.passed, self.beside, self.unmapped, self.rejected, self.doubts):
            tally.hide(hidden)
