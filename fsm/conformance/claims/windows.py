"""Claims with times: something happens, or does not, within a duration of something else.

``P within D of Q``: after each Q there is a P, at most D later. Where the log ends before, or at,
that instant and no P has come, it may still come: the message owes it. ``never P within D of Q``:
no P follows a Q at most D later. P follows Q if it comes later in the order of the engine, be it at
the same instant; a state P in which the message still is follows as well.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fsm.arrays import Index, Mask
from fsm.conformance.claims.claim_counts import ClaimCounts, Folded, first_contradictions
from fsm.conformance.claims.occurrences import OccurrenceTable, places_of
from fsm.epoch import exact_duration

__all__ = ["WindowCheck"]


@dataclass(frozen=True, repr=False)
class WindowCheck:
    """A claim with a duration, in microseconds; ``forbidden`` claims that nothing happens."""

    product: int
    what: OccurrenceTable
    marker: OccurrenceTable
    limit: int
    forbidden: bool

    def count(self, folded: Folded) -> ClaimCounts:
        """Look for what is too late, or too soon, in the messages of a bucket."""
        marks, whats = self.marker.keys(folded), self.what.keys(folded)
        search = self._too_soon if self.forbidden else self._too_late
        applied = len(_distinct(_owners(folded, marks)))
        return search(folded, marks, whats, applied)

    def _too_late(self, folded: Folded, marks: Index, whats: Index, applied: int) -> ClaimCounts:
        following = np.searchsorted(whats, marks, side="right")
        owners, times = _owners(folded, marks), _times(folded, marks)
        comes, places = _same_message(folded, whats, following, owners)
        gaps = folded.timelines.times.take(places) - times
        end = folded.rules.end
        is_over = np.zeros(len(marks), np.bool_) if end is None else end - times > self.limit
        wrong = np.flatnonzero(np.where(comes, gaps > self.limit, is_over))
        messages, first = _first_of_each(owners[wrong])
        owing = np.setdiff1d(_distinct(owners[~comes & ~is_over]), messages, assume_unique=True)
        chosen = wrong[first]
        of_message = dict(zip(messages.tolist(), chosen.tolist(), strict=True))

        def describe(message: int, place: int) -> tuple[list[int], str]:
            at = of_message[message]
            if comes[at]:
                return [place, int(places[at])], f"{exact_duration(int(gaps[at]))} later"
            gap = int((end or 0) - times[at])
            return [place], f"none in the {exact_duration(gap)} until the log ends"

        return ClaimCounts(
            applied,
            len(messages),
            len(owing),
            first_contradictions(folded, [messages], [places_of(marks[chosen])], describe),
        )

    def _too_soon(self, folded: Folded, marks: Index, whats: Index, applied: int) -> ClaimCounts:
        preceding = np.searchsorted(marks, whats, side="left") - 1
        owners, times = _owners(folded, whats), _times(folded, whats)
        follows, places = _same_message(folded, marks, preceding, owners)
        gaps = times - folded.timelines.times.take(places)
        wrong = np.flatnonzero(follows & (gaps <= self.limit))
        messages, first = _first_of_each(owners[wrong])
        chosen = wrong[first]
        of_message = dict(zip(messages.tolist(), chosen.tolist(), strict=True))

        def describe(message: int, place: int) -> tuple[list[int], str]:
            at = of_message[message]
            return [int(places[at]), place], f"{exact_duration(int(gaps[at]))} later"

        return ClaimCounts(
            applied,
            len(messages),
            0,
            first_contradictions(folded, [messages], [places_of(whats[chosen])], describe),
        )


def _owners(folded: Folded, keys: Index) -> Index:
    owners: Index = folded.timelines.owners.take(places_of(keys))
    return owners


def _times(folded: Folded, keys: Index) -> Index:
    times: Index = folded.timelines.times.take(places_of(keys))
    return times


def _same_message(folded: Folded, keys: Index, numbers: Index, owners: Index) -> tuple[Mask, Index]:
    """Return which of the numbered keys exist and are of the messages given, and their places."""
    exists = (numbers >= 0) & (numbers < len(keys))
    if not len(keys):
        return exists, np.zeros(len(numbers), np.intp)
    places = places_of(keys).take(numbers, mode="clip")
    return exists & (folded.timelines.owners.take(places) == owners), places


def _distinct(owners: Index) -> Index:
    """Return the messages in an ascending list, each once."""
    return _first_of_each(owners)[0]


def _first_of_each(owners: Index) -> tuple[Index, Index]:
    """Return the messages in an ascending list, each once, and where each comes first."""
    first = np.flatnonzero(np.diff(owners, prepend=-1))
    return owners[first], first
