"""The ledger of a file: every record that was read is in exactly one class.

A record is a line, a JSON record or a mail. A record of several events counts once, in the best
class of its events.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING

from fsm.errors import LogError

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["RecordClass", "RecordLedger", "check_balance"]


class RecordClass(IntEnum):
    """What became of a record; of several classes the greatest one is the best."""

    REJECTED = 1
    """Not readable."""
    UNMAPPED = 2
    """Its native event is not in the table of its format."""
    PASSED = 3
    """Known, and without meaning for a message: a heartbeat, a line of another program."""
    JOINED = 4
    """Used to read other records: the arrival of a message, the end of it in the queue."""
    EXCLUDED = 5
    """A message that was never handed over, and will not be."""
    BESIDE = 6
    """An event that no machine uses, such as a complaint; kept beside the events."""
    EVENTS = 7
    """Gave at least one event."""


@dataclass
class RecordLedger:
    """How many records of a file were read, and how many of them are in each class.

    ``read`` is counted where records are read, the classes where they are understood, so that a
    record that is lost in between shows.
    """

    read: int = 0
    counts: Counter[RecordClass] = field(default_factory=Counter)

    def count(self, kind: RecordClass, records: int = 1) -> None:
        """Count records of a class."""
        self.counts[kind] += records

    @classmethod
    def sum(cls, ledgers: Iterable[RecordLedger]) -> RecordLedger:
        """Return the ledger of several files together."""
        whole = cls()
        for ledger in ledgers:
            whole.read += ledger.read
            whole.counts.update(ledger.counts)
        return whole

    def check(self, name: str) -> None:
        """Raise :class:`LogError` where the classes are not together what was read of a file."""
        parts = ((kind.name.lower(), self.counts[kind]) for kind in RecordClass)
        check_balance(f"{name}: records", self.read, parts)

    def as_dict(self) -> dict[str, int]:
        """Return the balance as plain values: ``read``, and the records of each class."""
        return {
            "read": self.read,
            **{kind.name.lower(): self.counts[kind] for kind in reversed(RecordClass)},
        }


def check_balance(what: str, whole: int, parts: Iterable[tuple[str, int]]) -> None:
    """Raise :class:`LogError`, which names the classes, where parts are not together the whole."""
    counts = list(parts)
    missing = whole - sum(count for _, count in counts)
    if missing:
        listed = " + ".join(f"{name} {count:,}" for name, count in counts if count)
        kind = f"{missing:,} in no class" if missing > 0 else f"{-missing:,} counted twice"
        raise LogError(
            f"{what} do not add up: {whole:,} = {listed or 0}, {kind}; this is a fault of "
            "the program, not of the log: please report it with these figures"
        )
