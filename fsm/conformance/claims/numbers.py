"""Claims about how often something occurs in a message.

``at most N P`` is violated by the occurrence after the Nth one. ``at least N P`` owes what is
missing as long as the machine allows it to come; where it does not, the claim is violated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fsm.arrays import Index
from fsm.conformance.claims.claim_counts import ClaimCounts, Folded, first_contradictions
from fsm.conformance.claims.occurrences import OccurrenceTable, places_of

__all__ = ["NumberCheck"]


@dataclass(frozen=True, repr=False)
class NumberCheck:
    """A claim about a number; ``to_come`` says how many can still come in each state.

    ``machines`` are the numbers of the machines whose states are shown.
    """

    product: int
    what: OccurrenceTable
    number: int
    most: bool
    to_come: Index
    machines: Sequence[int]

    def count(self, folded: Folded) -> ClaimCounts:
        """Count in the messages of a bucket."""
        keys = self.what.keys(folded, start=False)
        places = places_of(keys)
        before = 0 if self.what.at_start is None else 1
        owners = folded.timelines.owners.take(places)
        counted = np.bincount(owners, minlength=folded.messages)
        counts = counted + before
        if self.most:
            messages = np.flatnonzero(counts > self.number)
            first = np.cumsum(counted) - counted
            beyond = first[messages] + self.number - before
            wrong = places[beyond] if self.number >= before else folded.timelines.offsets[messages]
            owing = 0
        else:
            missing = counts < self.number
            lost = missing & (counts + self.to_come.take(folded.folded.final) < self.number)
            messages = np.flatnonzero(lost)
            wrong = folded.last_places(messages)
            owing = int(np.count_nonzero(missing)) - len(messages)

        def describe(at: int) -> tuple[list[int], str]:
            count, place = int(counts[messages[at]]), int(wrong[at])
            if self.most:
                return [place], f"{count:,} in all"
            state = folded.state_after(place, self.machines)
            return [place], f"{count:,} in all, and no more can come in {state}"

        first_ones = first_contradictions(folded, wrong, describe)
        return ClaimCounts(folded.messages, len(messages), owing, first_ones)
