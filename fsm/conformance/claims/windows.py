"""Claims with times: something happens, or does not, within a duration of something else.

``P within D of Q``: after each Q there is a P, at most D later. Where the log ends before, or at,
that instant and no P has come, it may still come: the message owes it. ``never P within D of Q``:
no P follows a Q at most D later. P follows Q if it comes later in the order of the engine, be it at
the same instant; a state P in which the message still is follows as well. As in
``never P after Q``, a state does not follow one that the same step enters; only where P must come,
it has come at once.
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
        gaps = np.where(comes, folded.timelines.times.take(places), folded.rules.end or 0) - times
        wrong = np.flatnonzero(gaps > self.limit)
        messages, first = _first_of_each(owners[wrong])
        owed = _distinct(owners[~comes & (gaps <= self.limit)])
        wrong = wrong[first]

        def describe(number: int) -> tuple[list[int], str]:
            at = int(wrong[number])
            mark, lasts = int(places_of(marks)[at]), exact_duration(int(gaps[at]))
            if comes[at]:
                return [mark, int(places[at])], f"{lasts} later"
            return [mark], f"none in the {lasts} until the log ends"

        found = np.where(comes, places, places_of(marks)).take(wrong)
        return ClaimCounts(
            applied,
            len(messages),
            len(np.setdiff1d(owed, messages, assume_unique=True)),
            first_contradictions(folded, found, describe),
        )

    def _too_soon(self, folded: Folded, marks: Index, whats: Index, applied: int) -> ClaimCounts:
        preceding = np.searchsorted(marks, whats, side="left") - 1
        owners, times = _owners(folded, whats), _times(folded, whats)
        follows, places = _same_message(folded, marks, preceding, owners)
        gaps = times - folded.timelines.times.take(places)
        wrong = np.flatnonzero(follows & (gaps <= self.limit))
        messages, first = _first_of_each(owners[wrong])
        wrong = wrong[first]

        def describe(number: int) -> tuple[list[int], str]:
            at = int(wrong[number])
            concerned = [int(places[at]), int(places_of(whats)[at])]
            return concerned, f"{exact_duration(int(gaps[at]))} later"

        found = places_of(whats).take(wrong)
        first_ones = first_contradictions(folded, found, describe)
        return ClaimCounts(applied, len(messages), 0, first_ones)


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
