"""The distinct traces of a log: each sequence of events once, with how many messages have it.

Most messages of a log do the same as many others: 150,370 traffic fines have 231 distinct traces.
What depends on the trace alone is worked out once for each of them.

Traces are compared by hashes with weights that are drawn anew, and then event by event: no result
rests on a hash. Traces of one bucket are compared with each other, then those of all buckets,
unless there are too many of them; the parts that remain are each without repetition.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from os import urandom

import numpy as np

from fsm.arrays import Codes, Index, Keys, Mask
from fsm.engine.buckets import Bucket
from fsm.engine.product_machine import EventCodes
from fsm.engine.timelines import EXPIRY, Timelines

__all__ = ["EXAMPLES", "DistinctTraces", "merged_traces", "spans", "traces_of_bucket"]

EXAMPLES = 3
"""Messages whose rows are kept of each trace: those that begin first in the log."""
MOST_MERGED = 1 << 21
"""Events of traces that are compared across buckets; beyond it the parts stay apart."""
_LATER = np.iinfo(np.int64).max


@dataclass(frozen=True, repr=False)
class DistinctTraces:
    """Traces that differ from each other, in the order in which their first messages begin."""

    alphabet: EventCodes
    """The events that have codes; there is one code for all others, and one for each expiry."""
    codes: Codes
    """The events of one trace after the other."""
    offsets: Index
    """Where each trace begins in ``codes``."""
    counts: Index
    """How many messages have each trace."""
    examples: Index
    """Of how many of them the rows are kept: the first ones of the log, three at most."""
    rows: Index
    """The numbers, in the log, of the rows of these messages, one message after the other; -1 for
    the end of a validity period and the firing of a timer, which have none."""

    def __repr__(self) -> str:
        return f"<DistinctTraces: {len(self):,} of {int(self.counts.sum()):,} messages>"

    def __len__(self) -> int:
        return len(self.offsets)

    @cached_property
    def lengths(self) -> Index:
        """The number of events of each trace."""
        return np.diff(self.offsets, append=len(self.codes))

    @cached_property
    def row_offsets(self) -> Index:
        """Where the rows of each trace's first example begin."""
        sizes = self.lengths * self.examples
        starts: Index = np.cumsum(sizes) - sizes
        return starts

    def rows_of(self, trace: int, place: int) -> list[int]:
        """Return the rows of one event of a trace, in each of its examples."""
        first, length = int(self.row_offsets[trace]), int(self.lengths[trace])
        last = first + length * int(self.examples[trace])
        return [int(row) for row in self.rows[first + place : last : length]]

    def names(self) -> Iterator[tuple[tuple[str, ...], int]]:
        """Yield each trace as the names of its events, with its count.

        An event that the alphabet does not have is an empty text; ends of validity periods and
        firings of timers are left out.
        """
        texts: list[str | None] = [*self.alphabet.events, ""]
        texts += [None] * (self.alphabet.width - len(texts))
        for codes, count in zip(
            np.split(self.codes, self.offsets[1:]) if len(self) else [],
            self.counts.tolist(),
            strict=True,
        ):
            events = (texts[code] for code in codes.tolist())
            yield tuple(event for event in events if event is not None), count


def traces_of_bucket(bucket: Bucket, timelines: Timelines, alphabet: EventCodes) -> DistinctTraces:
    """Return the distinct traces of the messages of a bucket."""
    numbers, order = bucket.row_numbers, timelines.order
    offsets, lengths = timelines.offsets, timelines.lengths
    # A message always has an event before the end of a validity period.
    begins = numbers.take(order.take(offsets))
    classes, count = _equal_traces(timelines.codes, offsets, lengths)
    chosen, examples = _first_ones(classes, count, begins)
    places = spans(offsets[chosen], lengths[chosen])
    rows = order[places]
    rows = np.where(rows == EXPIRY, EXPIRY, numbers.take(rows, mode="clip"))
    return _traces(
        alphabet,
        timelines.codes,
        offsets,
        lengths,
        np.bincount(classes, minlength=count),
        chosen[np.cumsum(examples) - examples],
        examples,
        rows,
    )


def merged_traces(parts: Sequence[DistinctTraces]) -> tuple[DistinctTraces, ...]:
    """Return traces of several parts as one part, or the parts where they are too many."""
    if len(parts) < 2 or sum(len(part.codes) for part in parts) > MOST_MERGED:
        return tuple(parts)
    codes = np.concatenate([part.codes for part in parts])
    lengths = np.concatenate([part.lengths for part in parts])
    offsets = np.cumsum(lengths) - lengths
    examples = np.concatenate([part.examples for part in parts])
    rows = np.concatenate([part.rows for part in parts])
    sizes = lengths * examples
    starts = np.cumsum(sizes) - sizes
    owners = np.repeat(np.arange(len(offsets)), examples)
    nth = np.arange(len(owners)) - np.repeat(np.cumsum(examples) - examples, examples)
    # Every kept message is an entry, so that the first ones of all parts are found.
    at = starts[owners] + nth * lengths[owners]
    begins = rows[at]
    classes, count = _equal_traces(codes, offsets, lengths)
    chosen, kept = _first_ones(classes[owners], count, begins)
    counts = np.zeros(count, np.intp)
    np.add.at(counts, classes, np.concatenate([part.counts for part in parts]))
    return (
        _traces(
            parts[0].alphabet,
            codes,
            offsets,
            lengths,
            counts,
            owners[chosen[np.cumsum(kept) - kept]],
            kept,
            rows[spans(at[chosen], lengths[owners[chosen]])],
        ),
    )


def _traces(
    alphabet: EventCodes,
    codes: Codes,
    offsets: Index,
    lengths: Index,
    counts: Index,
    chosen: Index,
    examples: Index,
    rows: Index,
) -> DistinctTraces:
    """Put the traces of the chosen messages in the order in which these begin in the log."""
    sizes = lengths[chosen] * examples
    starts = np.cumsum(sizes) - sizes
    by = np.argsort(rows[starts], kind="stable")
    kept = lengths[chosen][by]
    return DistinctTraces(
        alphabet,
        codes[spans(offsets[chosen][by], kept)],
        np.cumsum(kept) - kept,
        counts[by],
        examples[by],
        rows[spans(starts[by], sizes[by])],
    )


def spans(starts: Index, lengths: Index) -> Index:
    """Return the places of several stretches, one after the other."""
    return np.repeat(starts - (np.cumsum(lengths) - lengths), lengths) + np.arange(lengths.sum())


def _first_ones(classes: Index, count: int, begins: Index) -> tuple[Index, Index]:
    """Return the members of each class that begin first, and how many these are."""
    order = np.argsort(classes, kind="stable")
    starts = np.searchsorted(classes[order], np.arange(count))
    left, rounds = begins[order].astype(np.int64), []
    sizes = np.diff(starts, append=len(order))
    for _ in range(EXAMPLES):
        first = np.minimum.reduceat(left, starts) if count else left
        at = np.flatnonzero((left == np.repeat(first, sizes)) & (left != _LATER))
        left[at] = _LATER
        rounds.append(order[at])
    members = np.concatenate(rounds)
    members = members[np.argsort(classes[members], kind="stable")]
    return members, np.bincount(classes[members], minlength=count)


def _equal_traces(codes: Codes, offsets: Index, lengths: Index) -> tuple[Index, int]:
    """Number the distinct traces; return the number of each trace, and how many there are.

    Traces with one hash are compared with one of them; those that differ from it are hashed again.
    """
    classes = np.zeros(len(offsets), np.intp)
    left, count = np.arange(len(offsets)), 0
    while len(left):
        hashes = _hashes(codes, offsets[left], lengths[left])
        _, first, numbers = np.unique(hashes, return_index=True, return_inverse=True)
        equal = _equal(codes, offsets, lengths, left, left[first][numbers])
        # Only hashes of which some trace is left count; every first trace is equal to itself.
        classes[left[equal]] = count + numbers[equal]
        count += len(first)
        left = left[~equal]
    return classes, count


def _hashes(codes: Codes, offsets: Index, lengths: Index) -> Keys:
    """Return a hash of each trace: its events weighted by code and place."""
    of_code = _random_weights(int(codes.max(initial=0)) + 1)
    of_place = _random_weights(int(lengths.max(initial=0))) | np.uint64(1)
    places = spans(offsets, lengths)
    within = places - np.repeat(offsets, lengths)
    weights = of_code.take(codes.take(places)) * of_place.take(within)
    hashes = np.zeros(len(offsets), np.uint64)
    some = np.flatnonzero(lengths)
    if len(some):
        hashes[some] = np.add.reduceat(weights, (np.cumsum(lengths) - lengths)[some])
    return hashes


def _random_weights(size: int) -> Keys:
    # Not numpy.random, whose import takes longer than hashing most logs.
    return np.frombuffer(urandom(8 * size), np.uint64)


def _equal(codes: Codes, offsets: Index, lengths: Index, these: Index, those: Index) -> Mask:
    """Return which traces are equal to others, event by event."""
    equal: Mask = lengths[these] == lengths[those]
    at = np.flatnonzero(equal & (these != those) & (lengths[these] > 0))
    if len(at):
        sizes = lengths[these[at]]
        same = codes.take(spans(offsets[these[at]], sizes)) == codes.take(
            spans(offsets[those[at]], sizes)
        )
        equal[at] = np.logical_and.reduceat(same, np.cumsum(sizes) - sizes)
    return equal
