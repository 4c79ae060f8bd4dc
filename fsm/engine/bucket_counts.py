"""What the messages of buckets did, in numbers that can be added up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fsm.arrays import Codes, Index, Mask
from fsm.engine.buckets import Bucket
from fsm.engine.distinct_traces import DistinctTraces, merged_traces, traces_of_bucket
from fsm.engine.durations import count_durations, summed
from fsm.engine.encode import Rows
from fsm.engine.exact_series import Steps
from fsm.engine.options import ReplayOptions
from fsm.engine.period_counts import PeriodCounts
from fsm.engine.product_machine import ProductMachine
from fsm.engine.timelines import EXPIRY, NEVER, Known, Rules, timelines_of

__all__ = ["LATE", "BucketCounts", "FoldedBucket", "count_bucket"]

LATE = np.iinfo(np.uint32).max
"""Stands for the cell of an event that is older than what the checkpoint has seen."""

_NO_START = np.iinfo(np.int64).min

CountArrays = list[NDArray[np.intp]]
"""An array of counts for each product machine."""


@dataclass(frozen=True, repr=False)
class BucketCounts:
    """Counts, and rejected rows with their cells. ``late`` events are among the rejected ones.

    An *expiry* is the end of a period or the firing of a timer. A *trailing* one is after the
    message's last event: it is counted, but an event to come may be older than it.
    """

    messages: int
    events: int
    duplicates: int
    late: int
    finals: CountArrays
    """The messages in each state."""
    expired: CountArrays
    """How often the end of a period decided the state of each machine."""
    trailing_expired: CountArrays
    """Those of them that are trailing."""
    fired: Index
    """How often each timer fired."""
    trailing_fired: Index
    """Those of them that are trailing."""
    rejected_rows: Index
    """The numbers of the rejected rows, ascending, and in the next field their cells."""
    rejected_cells: NDArray[np.uint32]
    starts: NDArray[np.int64]
    """When the first and the last validity period of each kind began (periods x 2)."""
    cells: CountArrays
    """How many events met each cell, expiries included; empty where traffic is not counted."""
    expiries: list[PeriodCounts]
    """What expiries changed in each period, per product machine, without the trailing ones."""
    trailing_expiries: list[PeriodCounts]
    expiry_steps: list[Steps]
    """The expiries that change something, where the exact series is wanted."""
    durations: pl.DataFrame | None
    traces: tuple[DistinctTraces, ...] = ()
    """The distinct traces, where they are wanted: several parts where there are very many."""
    observed: tuple[tuple[object, ...], ...] = ()
    """What each observer found, for each bucket."""

    @classmethod
    def none(cls, products: Sequence[ProductMachine]) -> BucketCounts:
        """Return the counts of no messages."""
        machines = [np.zeros(len(product.machines), np.intp) for product in products]
        starts = np.tile(np.array([NEVER, _NO_START]), (len(products[0].codes.starting_events), 1))
        return cls(
            0,
            0,
            0,
            0,
            [np.zeros(len(product.states), np.intp) for product in products],
            machines,
            machines,
            np.zeros(len(products[0].codes.state_timers), np.intp),
            np.zeros(len(products[0].codes.state_timers), np.intp),
            np.zeros(0, np.intp),
            np.zeros((0, len(products)), np.uint32),
            starts,
            [np.zeros(len(product.table.follow), np.intp) for product in products],
            [],
            [],
            [],
            None,
        )

    @classmethod
    def sum(cls, parts: Sequence[BucketCounts]) -> BucketCounts:
        """Add up the counts of one or more buckets; the rejected rows come in order of the log."""
        rows = np.concatenate([part.rejected_rows for part in parts])
        order = np.argsort(rows, kind="stable")
        starts = np.stack([part.starts for part in parts])
        durations = [part.durations for part in parts if part.durations is not None]
        return cls(
            messages=sum(part.messages for part in parts),
            events=sum(part.events for part in parts),
            duplicates=sum(part.duplicates for part in parts),
            late=sum(part.late for part in parts),
            finals=_added([part.finals for part in parts]),
            expired=_added([part.expired for part in parts]),
            trailing_expired=_added([part.trailing_expired for part in parts]),
            fired=np.sum([part.fired for part in parts], axis=0),
            trailing_fired=np.sum([part.trailing_fired for part in parts], axis=0),
            rejected_rows=rows[order],
            rejected_cells=np.concatenate([part.rejected_cells for part in parts])[order],
            starts=np.stack([starts[:, :, 0].min(axis=0), starts[:, :, 1].max(axis=0)], axis=1),
            cells=_added([part.cells for part in parts]),
            expiries=_summed([part.expiries for part in parts]),
            trailing_expiries=_summed([part.trailing_expiries for part in parts]),
            expiry_steps=[step for part in parts for step in part.expiry_steps],
            durations=summed(durations) if durations else None,
            traces=merged_traces([traces for part in parts for traces in part.traces]),
            observed=tuple(found for part in parts for found in part.observed),
        )


def _added(parts: Sequence[CountArrays]) -> CountArrays:
    return [np.sum(arrays, axis=0) for arrays in zip(*parts, strict=True)]


def _summed(parts: Sequence[list[PeriodCounts]]) -> list[PeriodCounts]:
    """Add up the counts of each product machine, of those parts that have any."""
    return [PeriodCounts.sum(counts) for counts in zip(*filter(None, parts), strict=True)]


def count_bucket(
    bucket: Bucket, folded_bucket: FoldedBucket, options: ReplayOptions
) -> BucketCounts:
    """Count what the messages of a bucket did."""
    timelines, every = folded_bucket.timelines, options.every
    cells = [folded.cells for folded in timelines.folded]
    rejected_rows, rejected_cells = _rejected(bucket, folded_bucket)
    has_expiries = len(folded_bucket.expiries) > 0
    return BucketCounts(
        messages=len(timelines.offsets),
        events=int(folded_bucket.event_counts.sum()) + len(timelines.late),
        duplicates=len(timelines.duplicates),
        late=len(timelines.late),
        finals=[
            np.bincount(folded.final, minlength=len(product.states))
            for product, folded in folded_bucket.products
        ],
        expired=folded_bucket.expired(cells),
        trailing_expired=folded_bucket.expired(
            [c[folded_bucket.expiries[folded_bucket.trailing]] for c in cells]
        ),
        fired=folded_bucket.fired(folded_bucket.expiries),
        trailing_fired=folded_bucket.fired(folded_bucket.expiries[folded_bucket.trailing]),
        rejected_rows=rejected_rows,
        rejected_cells=rejected_cells,
        starts=folded_bucket.first_and_last_starts(),
        cells=folded_bucket.cell_counts(cells) if options.traffic else [],
        expiries=(
            folded_bucket.count_expiries(~folded_bucket.trailing, every)
            if every and has_expiries
            else []
        ),
        trailing_expiries=(
            folded_bucket.count_expiries(folded_bucket.trailing, every)
            if every and has_expiries
            else []
        ),
        expiry_steps=[folded_bucket.expiry_steps()] if options.exact and has_expiries else [],
        durations=count_durations(timelines, folded_bucket.rules) if options.durations else None,
        traces=(
            (traces_of_bucket(bucket, timelines, folded_bucket.rules.products[0].codes),)
            if options.traces
            else ()
        ),
    )


class FoldedBucket:
    """The folded messages of a bucket: which rows are events, and where each message ends."""

    def __init__(self, rows: Rows, known: Known | None, rules: Rules) -> None:
        self.rows, self.known, self.rules = rows, known, rules
        self.timelines = timelines_of(rows, rules, known)
        self.products = list(zip(rules.products, self.timelines.folded, strict=True))
        self.expiries = np.zeros(0, np.intp)
        """The places of the expiries."""
        if rules.have_expiries:
            self.expiries = np.flatnonzero(self.timelines.order == EXPIRY)

    def events(self, values: Codes) -> Codes:
        """Return the values of the rows that are events."""
        return values[self.timelines.order != EXPIRY] if len(self.expiries) else values

    @cached_property
    def _events_before(self) -> Index:
        """The number of events before each place."""
        return np.append(0, np.cumsum(self.timelines.order != EXPIRY))

    @cached_property
    def event_counts(self) -> Index:
        """The number of events of each message."""
        if not len(self.expiries):
            return self.timelines.lengths
        offsets, before = self.timelines.offsets, self._events_before
        counts: Index = before[offsets + self.timelines.lengths] - before[offsets]
        return counts

    @cached_property
    def last(self) -> Index:
        """The row of each message's last event; the checkpoint's row where it has no other."""
        resumed = self.timelines.resumed
        last = (
            np.zeros(len(self.event_counts), np.intp) if resumed is None else resumed.begins.copy()
        )
        some = self.event_counts > 0
        last[some] = self.events(self.timelines.order)[np.cumsum(self.event_counts)[some] - 1]
        return last

    @cached_property
    def expiry_owners(self) -> Index:
        """The message of each expiry."""
        return np.searchsorted(self.timelines.offsets, self.expiries, side="right") - 1

    @cached_property
    def trailing(self) -> Mask:
        """Which expiries no event of the message follows."""
        if not len(self.expiries):
            return np.zeros(0, np.bool_)
        ends = (self.timelines.offsets + self.timelines.lengths)[self.expiry_owners]
        mask: Mask = self._events_before[self.expiries] == self._events_before[ends]
        return mask

    def cell_counts(self, cells: Sequence[Codes]) -> CountArrays:
        """Return, per product machine, how often each of its cells is among these."""
        return [
            np.bincount(met, minlength=len(product.table.follow))
            for product, met in zip(self.rules.products, cells, strict=True)
        ]

    def expired(self, cells: Sequence[Codes]) -> CountArrays:
        """Return how often, in these cells, an expiry decided the state of each machine."""
        products = self.rules.products
        if not products[0].codes.periods:
            return [np.zeros(len(product.machines), np.intp) for product in products]
        counts = zip(products, self.cell_counts(cells), strict=True)
        return [product.expired @ count for product, count in counts]

    def fired(self, expiries: Index) -> Index:
        """Return how often each timer fired among some expiries."""
        codes = self.rules.products[0].codes
        if not codes.state_timers:
            return np.zeros(0, np.intp)
        met = np.bincount(self.timelines.codes[expiries], minlength=codes.width)
        firings: Index = met[codes.first_timer :]
        return firings

    def count_expiries(self, which: Mask, every: int) -> list[PeriodCounts]:
        """Count expiries by period, per product machine."""
        at = self.expiries[which]
        deliveries = self._deliveries_before(at, self.expiry_owners[which])
        periods = self.timelines.times[at] // every
        return [
            PeriodCounts.of(deliveries, periods, product.effects.of_cell[folded.cells[at]])
            for product, folded in self.products
        ]

    def _deliveries_before(self, at: Index, owners: Index) -> Codes:
        """Return the delivery of the event before each place, of the same message."""
        if self.rows.deliveries is None:
            return np.zeros(len(at), np.int64)
        before = self._events_before[at] - 1
        has_event = before >= self._events_before[self.timelines.offsets[owners]]
        rows = np.zeros(len(at), np.intp)
        rows[has_event] = self.events(self.timelines.order)[before[has_event]]
        if self.timelines.resumed is not None:
            rows[~has_event] = self.timelines.resumed.begins[owners[~has_event]]
        deliveries: Codes = self.rows.deliveries[rows]
        return deliveries

    def expiry_steps(self) -> Steps:
        """Return the expiries that change something, as steps of the exact series."""
        moved = np.zeros(len(self.expiries), np.bool_)
        classes = []
        for product, folded in self.products:
            column = product.effects.of_cell[folded.cells[self.expiries]]
            moved |= product.effects.changes.any(axis=1).take(column)
            classes.append(column)
        times = self.timelines.times[self.expiries]
        return Steps(times[moved], [column[moved] for column in classes])

    def first_and_last_starts(self) -> NDArray[np.int64]:
        """Return when the first and the last period of each kind began.

        A message's period begins with the first of its start events; later ones begin no other.
        """
        starts = self.timelines.period_starts
        if starts is None:
            return np.zeros((0, 2), np.int64)
        last = np.where(starts == NEVER, _NO_START, starts)
        return np.stack(
            [starts.min(axis=0, initial=NEVER), last.max(axis=0, initial=_NO_START)], axis=1
        )

    def states_before_expiry(self, product: int) -> Codes:
        """Return the final states, those before the first trailing expiry where there is one."""
        folded = self.timelines.folded[product]
        states = folded.final.copy()
        # Backwards, so that of several trailing expiries of a message the first one stays.
        first = self.expiries[self.trailing][::-1]
        states[self.expiry_owners[self.trailing][::-1]] = folded.before[first]
        return states


def _rejected(bucket: Bucket, folded_bucket: FoldedBucket) -> tuple[Index, NDArray[np.uint32]]:
    """Return the rejected rows, by their numbers in the log, and their cells, per product."""
    timelines, products = folded_bucket.timelines, folded_bucket.rules.products
    rejected = timelines.codes == products[0].codes.unknown
    for product, folded in folded_bucket.products:
        rejected |= product.any_rejected.take(folded.cells)
    # An expiry is never rejected: no machine rejects its code.
    at = np.flatnonzero(rejected)
    rows = np.append(timelines.order[at], timelines.late)
    cells = np.full((len(rows), len(products)), LATE, np.uint32)
    for number, folded in enumerate(timelines.folded):
        cells[: len(at), number] = folded.cells[at]
    return (bucket.numbers(rows) if len(rows) else rows), cells
