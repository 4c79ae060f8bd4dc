"""What a claim is worth in the messages of a bucket: counts, and the first violations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from fsm.arrays import Codes, Index
from fsm.engine.bucket_counts import FoldedBucket
from fsm.engine.buckets import Bucket
from fsm.engine.timelines import EXPIRY

__all__ = [
    "EXAMPLES",
    "ClaimCheck",
    "ClaimCounts",
    "Contradiction",
    "Folded",
    "first_contradictions",
]

EXAMPLES = 5
"""Violating messages that are shown of each claim, those that come first in the log."""


@dataclass(frozen=True)
class Contradiction:
    """A message that violates a claim.

    ``rows`` are the numbers, in the log, of the events concerned, in order; the last one is where
    the violation is found. ``number`` is by what contradictions are ordered: the row of the place.
    """

    number: int
    rows: tuple[int, ...]
    why: str


@dataclass(frozen=True)
class ClaimCounts:
    """What was found: the messages to which a claim applies, and those of them that violate it, or
    owe something that can still happen."""

    applied: int
    violated: int
    owing: int
    first: tuple[Contradiction, ...]

    @classmethod
    def sum(cls, parts: Iterable[ClaimCounts]) -> ClaimCounts:
        """Add up what was found in several buckets."""
        found = list(parts)
        first = sorted((f for part in found for f in part.first), key=lambda f: f.number)
        return cls(
            sum(part.applied for part in found),
            sum(part.violated for part in found),
            sum(part.owing for part in found),
            tuple(first[:EXAMPLES]),
        )


class Folded:
    """The folded messages of a bucket under one product machine, as checks of claims see them."""

    def __init__(self, bucket: Bucket, folded_bucket: FoldedBucket, product: int) -> None:
        self.bucket, self.rules = bucket, folded_bucket.rules
        self.timelines = folded_bucket.timelines
        self.product, self.folded = folded_bucket.products[product]

    @property
    def cells(self) -> Codes:
        """The cell that each event met."""
        return self.folded.cells

    @property
    def messages(self) -> int:
        """The number of messages."""
        return len(self.timelines.offsets)

    def last_places(self, messages: Index) -> Index:
        """Return the place of the last event of each message."""
        places: Index = (self.timelines.offsets + self.timelines.lengths - 1)[messages]
        return places

    def rows(self, places: Index) -> Index:
        """Return the row, in the bucket, of the event at each place.

        The end of a validity period is no event of the log: the event before it counts.
        """
        rows = self.timelines.order.take(places)
        while (ends := rows == EXPIRY).any():
            places = places - ends
            rows = self.timelines.order.take(places)
        return rows

    def numbers(self, places: Index) -> Index:
        """Return the number, in the log, of the event at each of a few places."""
        return self.bucket.numbers(self.rows(places))

    def may_be_first(self, places: Index) -> Index:
        """Return which places can be among the first ones of the log: those, and some more."""
        if len(places) <= EXAMPLES:
            return np.arange(len(places))
        # The chunks of a bucket are one after the other in the log, whatever order each has inside.
        rows = self.rows(places)
        ends = np.cumsum([last - first for _, first, last in self.bucket.slices])
        latest = np.partition(rows, EXAMPLES - 1)[EXAMPLES - 1]
        return np.flatnonzero(rows < ends[np.searchsorted(ends, latest, side="right")])

    def state_after(self, place: int, machines: Sequence[int]) -> str:
        """Return the state of some machines of the product after the event at a place."""
        state = int(self.folded.after[place])
        return " | ".join(self.product.state_names(number)[state] for number in machines)

    def event_at(self, place: int) -> str:
        """Return the name of the event at a place."""
        codes, code = self.product.codes, int(self.timelines.codes[place])
        if code < len(codes.events):
            return codes.events[code]
        if code >= codes.first_timer:
            return str(codes.state_timers[code - codes.first_timer][1])
        return "the end of the validity period" if code > codes.unknown else "an unknown event"


class ClaimCheck(Protocol):
    """A claim, made ready for the cells of a product machine."""

    @property
    def product(self) -> int:
        """The number of the product machine."""

    def count(self, folded: Folded) -> ClaimCounts:
        """Return what the messages of a bucket say about the claim."""


def first_contradictions(
    folded: Folded, places: Index, describe: Callable[[int], tuple[Sequence[int], str]]
) -> tuple[Contradiction, ...]:
    """Return the first violations of a bucket, in the order of the log.

    ``places`` is where each violating message is found to be one. ``describe`` takes the number of
    one of them, and returns the places of the events concerned, and why it is a violation.
    """
    some = folded.may_be_first(places)
    rows = folded.numbers(places[some])
    found = []
    for at in np.argsort(rows, kind="stable")[:EXAMPLES].tolist():
        concerned, why = describe(int(some[at]))
        all_rows = folded.numbers(np.array(concerned, np.intp)).tolist()
        found.append(Contradiction(int(rows[at]), tuple(dict.fromkeys(all_rows)), why))
    return tuple(found)
