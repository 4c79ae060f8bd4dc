"""One pass over a log: batches become chunks, then buckets, then counts.

The way of the data: batches of the log become chunks, sorted by message and kept in memory or on
the disk; the messages of one bucket, the same part of every chunk, are put in order and folded;
what they did is counted, and written back to the chunks for those tables that ask row by row.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from itertools import islice

import numpy as np

from fsm.engine.bucket_counts import BucketCounts, FoldedBucket, count_bucket
from fsm.engine.buckets import (
    Bucket,
    Chunk,
    ResumptionColumns,
    SeriesColumns,
    StatusColumns,
    buckets_of,
    partition,
)
from fsm.engine.counts import Counts
from fsm.engine.encode import EncodedBatch, Encoder, NeededColumns, Rows
from fsm.engine.memory import column_bytes, give_back, workers_within
from fsm.engine.options import Observer, ReplayOptions
from fsm.engine.product_machine import ProductMachine, product_of
from fsm.engine.row_results import (
    outcome_type,
    write_outcomes,
    write_resumption,
    write_statuses,
)
from fsm.engine.spill import NumberColumn, Spill
from fsm.engine.timelines import Known, Rules
from fsm.engine.trace_parts import TraceParts
from fsm.epoch import microseconds_since_1970
from fsm.errors import LogError
from fsm.logs.log import Log
from fsm.machine import Machine

__all__ = ["run_pass"]

_GROUP = 16
"""Buckets whose counts are added up at a time."""
_NO_TIME = np.iinfo(np.int64).min


def run_pass(log: Log, machines: Sequence[Machine], options: ReplayOptions) -> Counts:
    """Read the log once, and find what the options ask for.

    A log is assumed to be in order of time, as most are, so that no times need to be kept. At the
    first row that is not in order it is read again, with times.
    """
    products = product_of(machines, options.validity)
    try:
        return _OnePass(log, products, options, ordered=True).run()
    except _DisorderError:
        return _OnePass(log, products, options, ordered=False).run()


class _DisorderError(Exception):
    """The log is not in order of time: the times must be carried along."""


class _OnePass:
    """The state of a pass: what was read so far."""

    def __init__(
        self, log: Log, products: Sequence[ProductMachine], options: ReplayOptions, *, ordered: bool
    ) -> None:
        self.options, self.products = options, products
        self.observers = options.observers.of(products) if options.observers else ()
        self.workers = workers_within(options.memory, options.workers)
        self.spill = Spill(column_bytes(options.memory, self.workers))
        self.encoder = Encoder(log, products[0].codes.events, _needed(log, options))
        self.needs_order = ordered and not (_needs_times(options) or products[0].codes.timers)
        """Whether the log must be in order of time, since no times are kept."""
        self.traces = TraceParts(products[0].codes, self.spill)
        self.chunks: list[Chunk] = []
        self.unseen = dict(enumerate(products[0].codes.events))
        self.last, self.file = (_NO_TIME, _NO_TIME), 0
        self.latest = _NO_TIME if options.latest is None else options.latest
        self.earliest = np.iinfo(np.int64).max

    def run(self) -> Counts:
        """Read, execute and count."""
        for batch in self.encoder.batches():
            if len(batch.times):
                self._check_order(batch)
                self._note_events(batch)
                self.chunks.append(self._chunk(batch))
            if self.options.progress:
                self.options.progress(batch.first + batch.height)
        give_back()
        rules = Rules.of(self.products, self._end())
        counts = Counts(
            self.options,
            self.products,
            self.encoder,
            self.spill,
            self.chunks,
            self._execute(rules),
            self.traces,
            frozenset(self.unseen.values()),
            self.earliest if self.chunks else None,
            self.latest if self.chunks else None,
            self._end() if self.chunks else None,
        )
        give_back()
        return counts

    def _execute(self, rules: Rules) -> BucketCounts:
        """Execute all buckets, several at a time, and add their counts up."""
        execute = partial(
            _execute_bucket, rules=rules, options=self.options, observers=self.observers
        )
        sums = []
        with ThreadPoolExecutor(self.workers) as pool:
            counted = pool.map(execute, buckets_of(self.chunks))
            # In groups: counts of cells are large where machines are, and there are 256 buckets.
            while group := list(islice(counted, _GROUP)):
                counts = BucketCounts.sum(group)
                self.traces.add(counts.traces)
                sums.append(replace(counts, traces=()))
        if not sums:
            return BucketCounts.none(self.products)
        return sums[0] if len(sums) == 1 else BucketCounts.sum(sums)

    def _note_events(self, batch: EncodedBatch) -> None:
        """Note which events there are; each is looked for until it is met."""
        for code in [code for code in self.unseen if (batch.rows.codes == code).any()]:
            del self.unseen[code]

    def _end(self) -> int:
        """Return the instant up to which validity periods end."""
        if self.options.as_of is None:
            outside = self.encoder.log.outside
            whole = microseconds_since_1970(outside.last) if outside else _NO_TIME
            return max(self.latest, whole)
        if self.options.resumable and self.latest > self.options.as_of:
            raise LogError(
                "there are events after --as-of; with a checkpoint every event must count, "
                "so that none is lost: give a later time, or no checkpoint"
            )
        return self.options.as_of

    def _check_order(self, batch: EncodedBatch) -> None:
        times, seqs = batch.times, batch.rows.seqs
        self.latest = max(self.latest, int(times.max()))
        self.earliest = min(self.earliest, int(times.min()))
        if not self.needs_order:
            return
        first = (int(times[0]), int(seqs[0]) if seqs is not None else 0)
        back = times[1:] < times[:-1]
        if seqs is not None:
            back |= (times[1:] == times[:-1]) & (seqs[1:] < seqs[:-1])
        # At one instant, rows of several files are put in order by their events.
        tied = batch.file != self.file and first[0] == self.last[0]
        if first < self.last or tied or back.any():
            raise _DisorderError
        self.file = batch.file
        self.last = (int(times[-1]), int(seqs[-1]) if seqs is not None else 0)

    # Chunks ---------------------------------------------------------------------------------

    def _chunk(self, batch: EncodedBatch) -> Chunk:
        """Keep what the execution needs of a batch, and make the columns it will write."""
        known = self._known(batch)
        chunk = partition(batch, self._carried(batch.rows), self.spill, known)
        if self.options.every is not None and known is None:
            chunk = replace(chunk, series=self._series(batch, self.options.every))
        if self.options.statuses:
            chunk = replace(chunk, statuses=self._statuses(chunk.size))
        if self.options.resumable:
            chunk = replace(chunk, resumption=self._resumption(chunk.size))
        return chunk

    def _known(self, batch: EncodedBatch) -> Known | None:
        if batch.known is None:
            return None
        from fsm.engine.checkpoint.message_table import read_known

        return read_known(batch.known, batch.times, self.products)

    def _carried(self, rows: Rows) -> Rows:
        """Leave out what the execution does not need of the rows."""
        if self.needs_order:
            rows = replace(rows, times=None, seqs=None)
        # Of the deliveries of events the series keeps a column of its own.
        return rows if self.products[0].codes.timers else replace(rows, deliveries=None)

    def _series(self, batch: EncodedBatch, every: int) -> SeriesColumns:
        deliveries = batch.rows.deliveries
        return SeriesColumns(
            self.spill.put(batch.times // every),
            None if deliveries is None else self.spill.put(deliveries),
            tuple(
                self.spill.make(outcome_type(len(product.table.follow)), len(batch.times))
                for product in self.products
            ),
        )

    def _statuses(self, size: int) -> StatusColumns:
        return StatusColumns(self.spill.make(np.dtype(np.uint32), size), self._state_columns(size))

    def _resumption(self, size: int) -> ResumptionColumns:
        codes = self.products[0].codes
        return ResumptionColumns(
            self.spill.make(np.dtype(np.uint8), size),
            self._state_columns(size),
            self._time_columns(size, len(codes.starting_events)),
            self._time_columns(size, len(codes.state_timers)),
        )

    def _time_columns(self, size: int, count: int) -> tuple[NumberColumn, ...]:
        return tuple(self.spill.make(np.dtype(np.int64), size) for _ in range(count))

    def _state_columns(self, size: int) -> tuple[NumberColumn, ...]:
        return tuple(
            self.spill.make(np.min_scalar_type(len(product.states)), size)
            for product in self.products
        )


def _execute_bucket(
    bucket: Bucket, rules: Rules, options: ReplayOptions, observers: Sequence[Observer]
) -> BucketCounts:
    """Fold the messages of a bucket, count what they did, and write what is asked by row."""
    folded_bucket = FoldedBucket(bucket.rows(), bucket.known(), rules)
    if options.every is not None:
        write_outcomes(bucket, folded_bucket)
    if options.statuses:
        write_statuses(bucket, folded_bucket)
    if options.resumable:
        write_resumption(bucket, folded_bucket)
    counts = count_bucket(bucket, folded_bucket, options)
    if observers:
        found = tuple(observer(bucket, folded_bucket) for observer in observers)
        counts = replace(counts, observed=(found,))
    return counts


def _needed(log: Log, options: ReplayOptions) -> NeededColumns:
    return NeededColumns(
        None if options.resumable else options.as_of,
        ids="event_id" in log.present,
        names=options.dedupe,
        deliveries="delivery_id" in log.present and options.every is not None,
    )


def _needs_times(options: ReplayOptions) -> bool:
    """Return whether the execution needs the times of events, not only their order."""
    return bool(
        options.dedupe
        or options.resumable
        or options.durations
        or options.exact
        or (options.observers and options.observers.need_times)
    )
