"""Causes: the edits of a least repair by what is wrong, the most frequent first.

An edit belongs to the cause of its state, its kind and its event: that an event is missing in a
state, or extra there. What happens next in the log is the context of a cause.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from fsm.conformance.alignment import CauseKey
from fsm.conformance.least_repair import CountedEdit, LeastRepair
from fsm.engine.distinct_traces import EXAMPLES

if TYPE_CHECKING:
    from fsm.conformance.remedies import Remedy

__all__ = ["Cause", "Context", "causes_of"]


@dataclass(frozen=True, slots=True)
class Context:
    """What happens next where an event is missing."""

    before: str
    """The event of the log before which one is missing; empty at the end of the message."""
    count: int
    """How often that is so."""


@dataclass(frozen=True)
class Cause:
    """One reason why messages do not fit: an event that is missing, or extra, in a state."""

    state: str
    """The state."""
    kind: str
    """``missing`` or ``extra``."""
    event: str
    """The event; empty for one that the machine does not have."""
    count: int
    """How many edits it takes to repair it."""
    share: float
    """These as a share of all edits, from 0 to 1."""
    messages: int
    """How many messages have it."""
    contexts: tuple[Context, ...]
    """What happens next, the most frequent first; only of a missing event."""
    rows: tuple[int, ...]
    """Rows of the log that show it, the first ones: the extra event; the event before which one is
    missing; the last event, where one is missing at the end."""
    places: tuple[str, ...] = ()
    """Where these rows stand, as ``file:line``."""
    remedy: Remedy | None = None
    """The change of the machine that ends it; ``None`` where there is none, or it was not looked
    for."""
    is_remedy_known: bool = False
    """Whether a remedy was looked for."""

    def as_dict(self) -> dict[str, object]:
        """Return the cause for JSON."""
        facts: dict[str, object] = {
            "state": self.state,
            "kind": self.kind,
            "event": self.event,
            "count": self.count,
            "share": round(self.share, 6),
            "messages": self.messages,
            "contexts": [asdict(context) for context in self.contexts],
            "examples": list(self.places),
        }
        if self.is_remedy_known:
            facts["remedy"] = self.remedy.as_dict() if self.remedy else None
        return facts


def causes_of(repair: LeastRepair) -> tuple[Cause, ...]:
    """Return the causes of a least repair, the most frequent first, without their remedies."""
    edits: defaultdict[CauseKey, list[CountedEdit]] = defaultdict(list)
    for found in repair.edits:
        edits[found.edit.cause].append(found)
    causes = [_cause(key, same, repair) for key, same in edits.items()]
    return tuple(sorted(causes, key=lambda c: (-c.count, c.state, c.kind, c.event)))


def _cause(key: CauseKey, edits: Sequence[CountedEdit], repair: LeastRepair) -> Cause:
    state, kind, event = key
    count = sum(found.count for found in edits)
    ordered = sorted(edits, key=lambda found: (-found.count, found.edit.before))
    contexts = tuple(Context(found.edit.before, found.count) for found in ordered)
    rows = sorted({row for found in edits for row in found.rows})[:EXAMPLES]
    return Cause(
        state,
        kind,
        event,
        count,
        count / repair.cost,
        repair.messages[key],
        contexts if kind == "missing" else (),
        tuple(rows),
    )
