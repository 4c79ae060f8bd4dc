"""What is said of a conversion: what was read, what was passed over, and what nobody knows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

__all__ = ["Notes", "Occurrences"]

_KINDS = 1000
"""Different texts that are counted apart; a hostile log has any number of them."""
_LONGEST = 200
"""Characters of one."""


@dataclass
class Occurrences:
    """How often something was met, and on which line first."""

    counts: Counter[str] = field(default_factory=Counter)
    firsts: dict[str, int] = field(default_factory=dict)
    said: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Of a text in which the log itself is quoted: the text around it, and what is quoted."""

    def add(self, what: str, line: int, count: int = 1, *, said: str | None = None) -> None:
        """Count something that stands on a line.

        ``said`` is what the log itself says, and takes the place of ``{}`` in ``what``.
        """
        text = what if said is None else what.replace("{}", said)
        text = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
        if text not in self.firsts and len(self.firsts) >= _KINDS:
            text = "others"
        elif said is not None:
            self.said.setdefault(text, (what, said))
        self.firsts[text] = min(line, self.firsts.get(text, line))
        self.counts[text] += count

    def redact(self, redacted: Callable[[str], str]) -> None:
        """Replace what the log itself says."""
        firsts, counts, said = self.firsts, self.counts, self.said
        self.firsts, self.counts, self.said = {}, Counter(), {}
        for what, count in counts.items():
            template, text = said.get(what, (what, ""))
            self.add(template.replace("{}", redacted(text)) if text else what, firsts[what], count)

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
    passed: Occurrences = field(default_factory=Occurrences)
    """What is known, and says nothing of a message's way."""
    beside: Occurrences = field(default_factory=Occurrences)
    unmapped: Occurrences = field(default_factory=Occurrences)
    """Events that the table of the format does not have."""
    rejected: Occurrences = field(default_factory=Occurrences)
    """What cannot be read, by reason."""
    doubts: Occurrences = field(default_factory=Occurrences)
    assumed: dict[str, str] = field(default_factory=dict)
    """What was taken to be so, by subject."""
    redacted: bool = False
    """Whether nothing that the file says may be quoted."""

    def redact(self, redacted: Callable[[str], str]) -> None:
        """Replace what the file itself says in what is counted."""
        for tally in (self.passed, self.beside, self.unmapped, self.rejected, self.doubts):
            tally.redact(redacted)
