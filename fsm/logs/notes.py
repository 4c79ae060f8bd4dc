"""What is reported of a conversion: what was read, ignored, unmapped, rejected or doubtful.

A reader says two things of every record, and :mod:`fsm.logs.ledger` checks that they agree:

- ``notes.records.read += 1`` where it has read one, a line, a JSON record or a mail, whatever
  becomes of it. A blank line is no record.
- What became of it, in exactly one way: it yields events, and nothing else (``to_rows`` finds the
  class of a record by its events: gave events, beside, excluded, passed, unmapped, rejected); or
  :meth:`Notes.reject`, :meth:`Notes.pass_over`; or ``notes.records.count(RecordClass.JOINED)``
  for a record that only helps to read others.

Events of one record have the same :attr:`fsm.logs.native_event.NativeEvent.record`, by default
their line, and are yielded in one group. An event that stands on a line of an earlier record,
such as the hand-over of a message that arrived there, has the record that told of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from fsm.logs.ledger import RecordClass, RecordLedger

__all__ = ["Notes", "Occurrences"]

_KINDS = 1000
"""Texts that are counted apart; a hostile log has any number of them."""
_LONGEST = 200
"""Characters of a text."""


@dataclass
class Occurrences:
    """How often each text occurred, and on which line first."""

    counts: Counter[str] = field(default_factory=Counter)
    firsts: dict[str, int] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    """The file of that line, for files that share their notes."""
    quotes: dict[str, tuple[str, str]] = field(default_factory=dict)
    """For a text that quotes the log: its template, and what is quoted."""

    def add(self, template: str, line: int, count: int = 1, *, quote: str | None = None) -> None:
        """Count a text that applies to a line.

        ``quote`` is a part of the log that replaces ``{}`` in the template.
        """
        text = template if quote is None else template.replace("{}", quote)
        text = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
        if text not in self.firsts and len(self.firsts) >= _KINDS:
            text = "others"
        elif quote is not None:
            self.quotes.setdefault(text, (template, quote))
        if text not in self.files:  # else the first line is in an earlier file
            self.firsts[text] = min(line, self.firsts.get(text, line))
        self.counts[text] += count

    def remove(self, text: str) -> None:
        """Count a text once less, which turned out not to apply."""
        self.counts[text] -= 1
        if self.counts[text] <= 0:
            del self.counts[text], self.firsts[text]
            self.files.pop(text, None)

    def redact(self, redacted: Callable[[str], str]) -> None:
        """Replace each quote from the log by its redacted form."""
        firsts, counts, quotes = self.firsts, self.counts, self.quotes
        self.firsts, self.counts, self.quotes = {}, Counter(), {}
        for text, count in counts.items():
            template, quote = quotes.get(text, (text, ""))
            safe = template.replace("{}", redacted(quote)) if quote else text
            self.add(safe, firsts[text], count)

    @property
    def total(self) -> int:
        """How many occurrences there are of all texts together."""
        return self.counts.total()


@dataclass
class Notes:
    """What was read in one file, and everything that its reader has to report of it."""

    name: str
    reason: str = ""
    """The format, and how it was recognised."""
    unit: str | None = None
    """What the file calls one message; None where it does not say."""
    lines: int = 0
    size: int = 0
    """Bytes that were read, decompressed."""
    records: RecordLedger = field(default_factory=RecordLedger)
    """How many records were read, and what became of each."""
    events: int = 0
    missing_handovers: int = 0
    """Hand-overs that the file does not record, and that were added."""
    told_handovers: int = 0
    """Those of them whose time a record of a later event tells."""
    passed: Occurrences = field(default_factory=Occurrences)
    """Known records that are no event of a message."""
    side_events: Occurrences = field(default_factory=Occurrences)
    """Events that no machine uses, such as complaints."""
    unmapped: Occurrences = field(default_factory=Occurrences)
    """Events that are not in the table of the format."""
    rejected: Occurrences = field(default_factory=Occurrences)
    """Records that cannot be read, by reason."""
    doubts: Occurrences = field(default_factory=Occurrences)
    """Why events, which were read, are uncertain."""
    assumed: dict[str, str] = field(default_factory=dict)
    """What was assumed because the file does not say it, by subject."""
    left_out: str = ""
    """Why the file was not read, or not to its end, with its name."""
    unusable: bool = False
    """Whether that is a fault of the file, and not a choice."""
    redacted: bool = False
    """Whether nothing of the file may be quoted."""

    @property
    def faults(self) -> Counter[str]:
        """What was not readable or not known, by kind, of which ``--strict`` fails."""
        return +Counter(
            {
                "unreadable record": self.rejected.total,
                "unmapped record": self.records.counts[RecordClass.UNMAPPED],
                "unusable file": int(self.unusable),
            }
        )

    def reject(self, reason: str, line: int, *, quote: str | None = None, records: int = 1) -> None:
        """Count records that cannot be read; see :meth:`Occurrences.add`."""
        self.rejected.add(reason, line, records, quote=quote)
        self.records.count(RecordClass.REJECTED, records)

    def pass_over(
        self, kind: str, line: int, *, quote: str | None = None, records: int = 1
    ) -> None:
        """Count known records that are no event of a message; see :meth:`Occurrences.add`."""
        self.passed.add(kind, line, records, quote=quote)
        self.records.count(RecordClass.PASSED, records)

    def locate(self, file: str) -> None:
        """Tell in which file of a folder everything is that was noted since the last one."""
        if file != self.name and not self.redacted:
            for occurrences in self._occurrences:
                if len(occurrences.files) < len(occurrences.firsts):
                    occurrences.files |= dict.fromkeys(occurrences.firsts, file) | occurrences.files

    @property
    def _occurrences(self) -> tuple[Occurrences, ...]:
        return self.passed, self.side_events, self.unmapped, self.rejected, self.doubts

    def redact(self, redacted: Callable[[str], str]) -> None:
        """Replace every quote from the file by its redacted form."""
        for occurrences in self._occurrences:
            occurrences.redact(redacted)
