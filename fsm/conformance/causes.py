"""Causes: why messages do not fit, and what would end that.

A cause is a kind of edit of the least repair: an event that is missing in a state before another
one, or extra in a state.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fsm.conformance.alignment import Edit
from fsm.conformance.least_repair import CountedEdit, LeastRepair

if TYPE_CHECKING:
    from fsm.conformance.remedies import Remedy

__all__ = ["Cause", "causes_of"]


@dataclass(frozen=True)
class Cause:
    """One reason why messages do not fit: an event that is missing, or extra, in a state."""

    found: CountedEdit
    """The edit, how often it is needed, and rows of the log that show it."""
    share: float
    """These edits as a share of all, from 0 to 1."""
    places: tuple[str, ...] = ()
    """Where the log shows it, as ``file:line``."""
    remedy: Remedy | None = None
    """The change of the machine that ends it; ``None`` where there is none, or it was not looked
    for."""
    is_remedy_known: bool = False
    """Whether a remedy was looked for."""

    @property
    def edit(self) -> Edit:
        """The state, the event, and whether it is extra or missing."""
        return self.found.edit

    @property
    def count(self) -> int:
        """How many edits it takes to repair it."""
        return self.found.count

    @property
    def is_missing(self) -> bool:
        """Whether an event is missing, not extra."""
        return self.edit.kind == "missing"

    def as_dict(self) -> dict[str, object]:
        """Return the cause for JSON."""
        facts: dict[str, object] = {
            **self.edit._asdict(),
            "count": self.count,
            "share": round(self.share, 6),
            "messages": self.found.messages,
            "alone": self.found.alone,
            "examples": list(self.places),
        }
        if self.is_remedy_known:
            facts["remedy"] = self.remedy.as_dict() if self.remedy else None
        return facts


def causes_of(repair: LeastRepair) -> tuple[Cause, ...]:
    """Return the causes of a least repair, the most frequent first, without their remedies."""
    return tuple(Cause(found, found.count / repair.cost) for found in repair.edits)
