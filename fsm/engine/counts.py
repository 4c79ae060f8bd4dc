"""The counts of a pass over a log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fsm.arrays import Codes, Index, Mask
from fsm.engine.bucket_counts import LATE, BucketCounts
from fsm.engine.buckets import Chunk, SeriesColumns
from fsm.engine.durations import NO_DURATIONS
from fsm.engine.encode import Encoder
from fsm.engine.exact_series import Moments, Steps, merged_moments, steps_of
from fsm.engine.options import ReplayOptions
from fsm.engine.period_counts import PeriodCounts
from fsm.engine.product_machine import ProductMachine, each_machine, find_machine
from fsm.engine.spill import Spill
from fsm.engine.timelines import NEVER
from fsm.engine.trace_parts import TraceParts
from fsm.machine import Machine

__all__ = ["Counts", "Totals"]


@dataclass(frozen=True)
class Totals:
    """What was counted; ``expired`` by machine, ``latest`` in µs since 1970."""

    events: int = 0
    rejected: int = 0
    late: int = 0
    duplicates: int = 0
    expired: Mapping[str, int] = field(default_factory=dict)
    latest: int | None = None
    fired: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """How often each timer fired, by machine."""


@dataclass(frozen=True, repr=False)
class Counts:
    """The counts of a pass over a log, and the columns it wrote.

    ``buckets`` are the counts of all buckets; ``traces`` the distinct traces, where they are
    wanted; ``unseen`` the events of machines that the log does
    not have; ``earliest`` and ``latest`` its first and last instant, and ``end`` the instant up
    to which timers fire, in microseconds since 1970.
    """

    options: ReplayOptions
    products: Sequence[ProductMachine]
    encoder: Encoder
    spill: Spill
    chunks: Sequence[Chunk]
    buckets: BucketCounts
    traces: TraceParts
    unseen: frozenset[str]
    earliest: int | None
    latest: int | None
    end: int | None

    def __repr__(self) -> str:
        return f"<Counts of {self.buckets.events:,} events, {self.messages:,} messages>"

    # Machines -------------------------------------------------------------------------------

    @property
    def messages(self) -> int:
        """The number of messages."""
        return self.buckets.messages

    @property
    def machines(self) -> list[Machine]:
        """All machines, companions among them."""
        return [machine for _, _, machine in each_machine(self.products)]

    def states(self, name: str) -> dict[str, int]:
        """Return the number of messages in each state of a machine."""
        at, number = find_machine(self.products, name)
        product, names = self.products[at], self.products[at].machines[number].states
        counts = np.zeros(len(names), dtype=np.int64)
        np.add.at(counts, product.states[:, number], self.buckets.finals[at])
        return dict(zip((state.name for state in names), counts.tolist(), strict=True))

    def expired(self, name: str, *, trailing: bool = True) -> int:
        """Return the number of messages whose validity period ended while they were retried."""
        at, number = find_machine(self.products, name)
        count = self.buckets.expired[at][number]
        return int(count if trailing else count - self.buckets.trailing_expired[at][number])

    def fired(
        self, name: str, before: Mapping[str, int], *, trailing: bool = True
    ) -> dict[str, int]:
        """Return how often each timer of a machine fired, added to what was counted before."""
        counts = self.buckets.fired - (0 if trailing else self.buckets.trailing_fired)
        return {
            str(timer): before.get(str(timer), 0) + count
            for (machine, timer), count in zip(
                self.products[0].codes.state_timers, counts.tolist(), strict=True
            )
            if machine == name
        }

    def totals(self, before: Totals, *, trailing: bool = True) -> Totals:
        """Return the counts of all runs: those before, and this one."""
        names = [machine.name for machine in self.machines]
        return Totals(
            before.events + self.buckets.events,
            before.rejected + len(self.buckets.rejected_rows),
            before.late + self.buckets.late,
            before.duplicates + self.buckets.duplicates,
            {n: before.expired.get(n, 0) + self.expired(n, trailing=trailing) for n in names},
            before.latest if self.latest is None else self.latest,
            {n: self.fired(n, before.fired.get(n, {}), trailing=trailing) for n in names},
        )

    @property
    def starts(self) -> dict[str, tuple[int, int]]:
        """When the first and the last validity period began, by the event they are counted from."""
        spans = zip(
            self.products[0].codes.starting_events, self.buckets.starts.tolist(), strict=True
        )
        return {event: (first, last) for event, (first, last) in spans if first != NEVER}

    # Rejected events ------------------------------------------------------------------------

    @property
    def is_late(self) -> Mask:
        """Which rejected rows are older than what a checkpoint had seen."""
        mask: Mask = self.buckets.rejected_cells[:, 0] == LATE
        return mask

    @property
    def unknown(self) -> int:
        """The number of events that no machine defines."""
        product = self.products[0]
        codes = self.buckets.rejected_cells[~self.is_late, 0] % product.table.width
        return int((codes == product.codes.unknown).sum())

    @property
    def rejected_at_start(self) -> int:
        """The number of events that machines define, and that met a message without any before."""
        product = self.products[0]
        cells = self.buckets.rejected_cells[~self.is_late, 0]
        return int(((cells < product.table.width) & (cells != product.codes.unknown)).sum())

    # Traffic --------------------------------------------------------------------------------

    def traffic(self) -> Iterator[tuple[Machine, str, str, bool, int]]:
        """Yield machine, state, event, whether it was rejected, and how often that was met."""
        for at, number, machine in each_machine(self.products):
            product, met = self.products[at], self.buckets.cells[at]
            events = product.codes.names(machine)
            states, counts = product.state_names(number), Counter[tuple[str, str, bool]]()
            for cell in np.flatnonzero((met > 0) & product.defined[number]).tolist():
                state, code = divmod(cell, product.table.width)
                event = events[code] or ""
                counts[states[state], event, bool(product.rejected[number, cell])] += int(met[cell])
            for (name, event, rejected), count in counts.items():
                yield machine, name, event, rejected, count

    @property
    def cells_met(self) -> dict[str, set[tuple[str, str]]]:
        """The cells (state, event) that events met, by machine, where traffic was counted.

        The end of a validity period is no event of the log, and not among them.
        """
        met, events = {}, self.products[0].codes.events
        for at, number, machine in each_machine(self.products):
            product = self.products[at]
            states = product.state_names(number)
            defined = np.flatnonzero((self.buckets.cells[at] > 0) & product.defined[number])
            cells = (divmod(cell, product.table.width) for cell in defined.tolist())
            met[machine.name] = {(states[s], events[c]) for s, c in cells if c < len(events)}
        return met

    @property
    def durations(self) -> pl.DataFrame:
        """How long the states lasted, by numbers, where durations were counted."""
        return NO_DURATIONS if self.buckets.durations is None else self.buckets.durations

    # Series ---------------------------------------------------------------------------------

    @cached_property
    def _series_chunks(self) -> list[tuple[Chunk, SeriesColumns]]:
        """The chunks that the series counts, without those of a checkpoint."""
        return [(chunk, chunk.series) for chunk in self.chunks if chunk.series is not None]

    @cached_property
    def period_counts(self) -> list[PeriodCounts]:
        """Per product machine: what changed in each period, but for trailing expiries."""
        return [
            PeriodCounts.sum(chain(self._period_counts(at), self.buckets.expiries[at : at + 1]))
            for at in range(len(self.products))
        ]

    def _period_counts(self, at: int) -> Iterator[PeriodCounts]:
        """Yield what the events of each chunk changed under a product machine."""
        effects = self.products[at].effects
        for chunk, series in self._series_chunks:
            outcomes = chunk.unsorted(series.outcomes[at])
            columns = outcomes, series.periods.read(), _deliveries(chunk, series)
            dropped = outcomes == np.iinfo(outcomes.dtype).max
            if dropped.any():
                columns = tuple(column[~dropped] for column in columns)
            kept, periods, deliveries = columns
            yield PeriodCounts.of(deliveries, periods, effects.of_outcome.take(kept))

    @cached_property
    def to_send(self) -> Index:
        """The number of messages of each delivery, by its code."""
        counts = np.zeros(0, np.intp)
        for chunk, series in self._series_chunks:
            outcomes = series.outcomes[0].read()
            is_first = (outcomes & 1).astype(np.bool_) & (outcomes != np.iinfo(outcomes.dtype).max)
            rows = chunk.order.read()[is_first]
            more = np.bincount(_deliveries(chunk, series)[rows], minlength=len(counts))
            more[: len(counts)] += counts
            counts = more
        return counts

    def changes(self, *, trailing: bool = True) -> pl.DataFrame:
        """Return the change of each indicator in each period in which its machine had an event.

        Columns: ``delivery`` (its code), ``period`` (its number since 1970), ``machine``,
        ``indicator``, ``change``.
        """
        frames = [_NO_CHANGES]
        for product, counts in zip(self.products, self.period_counts, strict=True):
            frames += _changes_of(product, counts)
        if trailing:
            for product, counts in zip(self.products, self.buckets.trailing_expiries, strict=False):
                frames += _changes_of(product, counts)
        return pl.concat(frames).group_by(pl.exclude("change")).sum()

    def exact_series(self) -> Iterator[Moments]:
        """Yield every instant at which an indicator changes; see :mod:`fsm.engine.exact_series`."""
        return merged_moments(self._steps(), self.products, self.spill)

    def _steps(self) -> Iterator[Steps]:
        for chunk, series in self._series_chunks:
            if chunk.rows.times is not None:
                outcomes = [chunk.unsorted(column) for column in series.outcomes]
                yield steps_of(chunk.unsorted(chunk.rows.times), outcomes, self.products)
        yield from self.buckets.expiry_steps

    # Deliveries -----------------------------------------------------------------------------

    def deliveries(self) -> pl.DataFrame:
        """Return ``delivery`` (its code) and ``to_send``, its messages, where it has any."""
        codes = pl.Series("delivery", np.flatnonzero(self.to_send), pl.UInt32)
        return codes.to_frame().with_columns(
            pl.Series("to_send", self.to_send[self.to_send > 0], pl.Int64)
        )

    @property
    def delivery_names(self) -> pl.Series:
        """The names of the deliveries by their codes; one without a name where none were read."""
        return pl.Series("delivery_id", self.encoder.deliveries.names or [None], pl.String)

    def delivery_codes(self, names: pl.Series) -> pl.Series:
        """Return the codes of deliveries by their names."""
        codes: NDArray[np.uint32] = np.zeros(len(names), np.uint32)
        if self.encoder.needed.deliveries:
            hashes = names.hash(self.encoder.seeds.delivery).to_numpy()
            codes = self.encoder.deliveries.codes(hashes, names)
        return pl.Series("delivery", codes, pl.UInt32)


def _deliveries(chunk: Chunk, series: SeriesColumns) -> Codes:
    if series.deliveries is None:
        return np.zeros(chunk.size, np.uint32)
    return series.deliveries.read()


_NO_CHANGES = pl.DataFrame(
    schema={
        "delivery": pl.UInt32,
        "period": pl.Int64,
        "machine": pl.String,
        "indicator": pl.String,
        "change": pl.Int64,
    }
)


def _changes_of(product: ProductMachine, counts: PeriodCounts) -> Iterator[pl.DataFrame]:
    """Yield the changes of each indicator of a product machine."""
    effects, classes = product.effects, counts.frame["class"]
    for column, (number, indicator) in enumerate(effects.indicators):
        observed = pl.Series(effects.observed[:, number]).gather(classes)
        change = pl.Series("change", effects.changes[:, column], pl.Int64).gather(classes)
        yield (
            counts.frame.with_columns(change * counts.frame["count"])
            .filter(observed)
            .select(
                "delivery",
                "period",
                pl.lit(product.machines[number].name).alias("machine"),
                pl.lit(indicator).alias("indicator"),
                "change",
            )
        )
