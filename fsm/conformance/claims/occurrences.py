"""Where something occurs in the messages of a bucket, in order.

The key of an occurrence is 8 times the place of its event, plus a number that puts what happens at
one place in order: the start of the message, the event, the state that follows, and again both
where a cell makes two steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fsm.analysis.claim_text import NamesByMachine
from fsm.arrays import Codes, Index, Mask
from fsm.conformance.claims.claim_counts import Folded
from fsm.conformance.claims.joint_steps import JointStep

__all__ = ["OccurrenceTable", "places_of"]

_START, _HELD_AT_START = 0, 1
_EVENT, _ENTERED, _HELD = 2, 3, 4
_STEP = 3
"""From a kind of the first step of a cell to that of the second one."""
_SHIFT = 3
"""Places are multiplied by 8 in keys."""


@dataclass(frozen=True, repr=False)
class OccurrenceTable:
    """Where a subject occurs: its events, and its states.

    A state occurs where a message enters it; with ``held``, after each step that ends in it. Where
    it is ``held`` it follows what is entered by the same step, unless it is ``level`` with that.
    ``kinds`` has a bit for each kind of occurrence in a cell; ``at_start`` is the kind of the
    occurrence before the first step of every message, if there is one.
    """

    kinds: Codes
    at_start: int | None
    is_step: Mask

    @classmethod
    def of(
        cls,
        subject: NamesByMachine | None,
        initial: JointStep,
        cells: Sequence[Sequence[JointStep]],
        *,
        held: bool = False,
        level: bool = False,
    ) -> OccurrenceTable:
        """Find the cells in which a subject occurs; the start of messages where it is ``None``."""
        kinds = [
            sum(_kinds(subject, steps, held=held, level=level)) if subject else 0 for steps in cells
        ]
        starts = subject is None or initial.holds(subject)
        return cls(
            np.array(kinds, np.uint8),
            (_HELD_AT_START if held and not level else _START) if starts else None,
            np.array([bool(steps) for steps in cells]),
        )

    @property
    def per_cell(self) -> Index:
        """How often the subject occurs in each cell."""
        return np.bitwise_count(self.kinds).astype(np.intp)

    def keys(self, folded: Folded, *, start: bool = True) -> Index:
        """Return the keys of all occurrences, ascending; those before the first step if wanted."""
        met = self.kinds.take(folded.cells)
        at = np.flatnonzero(met)
        met = met.take(at)
        used = int(np.bitwise_or.reduce(self.kinds, initial=0))
        parts = [
            ((at if used == 1 << kind else at[(met >> kind) & 1 > 0]) << _SHIFT) + kind
            for kind in range(8)
            if used >> kind & 1
        ]
        if start and self.at_start is not None:
            parts.append((self._first_steps(folded) << _SHIFT) + self.at_start)
        if len(parts) == 1:
            return parts[0]
        return np.sort(np.concatenate([np.zeros(0, np.intp), *parts]))

    def _first_steps(self, folded: Folded) -> Index:
        """Return the place of the first step of each message that makes one."""
        timelines = folded.timelines
        is_step = self.is_step.take(folded.cells)
        before = np.append(0, np.cumsum(is_step))
        first, end = timelines.offsets, timelines.offsets + timelines.lengths
        has_any = before.take(end) > before.take(first)
        places: Index = np.flatnonzero(is_step).take(before.take(first[has_any]))
        return places


def places_of(keys: Index) -> Index:
    """Return the places of occurrences by their keys."""
    places: Index = keys >> _SHIFT
    return places


def _kinds(
    subject: NamesByMachine, steps: Sequence[JointStep], *, held: bool, level: bool
) -> list[int]:
    kinds = []
    for number, step in enumerate(steps):
        shift = number * _STEP
        if step.takes(subject):
            kinds.append(1 << _EVENT + shift)
        if held and step.holds(subject):
            kinds.append(1 << (_ENTERED if level else _HELD) + shift)
        if not held and step.enters(subject):
            kinds.append(1 << _ENTERED + shift)
    return kinds
