"""Some rows of a log, executed one message after the other, for histories and alignments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
import polars as pl

from fsm.arrays import Mask
from fsm.engine.encode import Encoder, NeededColumns
from fsm.engine.product_machine import ProductMachine, each_machine, product_of
from fsm.engine.timelines import EXPIRY, Rules, Timelines, timelines_of
from fsm.epoch import MICROSECOND, microseconds_since_1970
from fsm.logs.log import Log
from fsm.logs.open import open_log
from fsm.machine import Machine

__all__ = ["FoldedRows", "fold_rows"]


def fold_rows(
    log: Log,
    frame: pl.DataFrame,
    machines: Sequence[Machine],
    validity: timedelta | None,
    as_of: datetime | None,
    dedupe: bool,
) -> FoldedRows:
    """Execute some rows of a log."""
    products = product_of(machines, None if validity is None else validity // MICROSECOND)
    events = products[0].codes.events
    end = None if as_of is None else microseconds_since_1970(as_of)
    if end is None and products[0].codes.timers:
        end = _last_instant(log, events)
    frame = frame.sort(log.keys, maintain_order=True)
    needed = NeededColumns(end, ids="event_id" in log.present, names=dedupe)
    (batch,) = Encoder(open_log(frame), events, needed).batches()
    kept = frame if batch.positions is None else frame[batch.positions]
    rows = kept.select("file", "row", *log.identity, "timestamp", "event")
    encoded = replace(batch.rows, files=kept["file"].to_numpy())
    return FoldedRows(products, rows, timelines_of(encoded, Rules.of(products, end)))


def _last_instant(log: Log, events: tuple[str, ...]) -> int:
    if log.outside:
        return microseconds_since_1970(log.outside.last)
    whole = Encoder(log, events, NeededColumns())
    return max(int(batch.times.max()) for batch in whole.batches() if len(batch.times))


@dataclass(frozen=True, repr=False)
class FoldedRows:
    """Rows of a log, and what happened to them."""

    products: Sequence[ProductMachine]
    rows: pl.DataFrame
    timelines: Timelines

    def history(self) -> pl.DataFrame:
        """Return the table of :func:`history_of`."""
        is_unknown = self.timelines.codes == self.products[0].codes.unknown
        events = self.events()
        unknown = events.filter(pl.Series(is_unknown)).with_columns(rejected=pl.lit(True))
        frames = [
            self._of_machine(events, at, number, machine)
            for at, number, machine in each_machine(self.products)
        ]
        merged = pl.concat([unknown, *frames], how="diagonal")
        merged = merged.sort("at", "ends", maintain_order=True).drop("at", "ends")
        # The end of a period that changes nothing is left out.
        is_change = (pl.col("before") != pl.col("after")) | (pl.col("timer") != "")
        return merged.filter(pl.col("row").is_not_null() | is_change)

    def events(self) -> pl.DataFrame:
        """Return the events in order, numbered by ``at``; expiries have no file and row.

        ``timer`` is the timer that fired, empty for everything else.
        """
        order = self.timelines.order
        is_event = order != EXPIRY
        # An expiry takes the message's identity from the row before it.
        places = np.maximum.accumulate(np.where(is_event, np.arange(len(order)), 0))
        return self.rows[order[places]].with_columns(
            pl.Series("timestamp", self.timelines.times).cast(pl.Datetime("us", "UTC")),
            pl.when(pl.Series(is_event)).then("row").alias("row"),
            pl.when(pl.Series(is_event)).then("file").alias("file"),
            pl.Series("at", np.arange(len(order))),
            pl.Series("timer", self._timers(), pl.String),
        )

    def _timers(self) -> list[str]:
        codes = self.products[0].codes
        texts = [*[""] * codes.first_timer, *(str(timer) for _, timer in codes.state_timers)]
        return [texts[code] for code in self.timelines.codes.tolist()]

    def _of_machine(
        self, events: pl.DataFrame, at: int, number: int, machine: Machine
    ) -> pl.DataFrame:
        """Add the states of one machine to the events that it defines.

        Where the validity period was over before, an event that leads to the state of the deadline
        has two rows: its own, and that of the deadline's event, which follows at once.
        """
        product, folded = self.products[at], self.timelines.folded[at]
        names = product.state_names(number)
        events_by_code = product.codes.names(machine)
        happened = pl.Series(
            [events_by_code[code] for code in self.timelines.codes.tolist()], dtype=pl.String
        )
        found = events.with_columns(
            pl.lit(machine.name).alias("machine"),
            pl.when(pl.col("row").is_null()).then(happened).otherwise("event").alias("event"),
            pl.Series("before", [names[i] for i in folded.before.tolist()], pl.String),
            pl.Series("after", [names[i] for i in folded.after.tolist()], pl.String),
            pl.Series("rejected", product.rejected[number][folded.cells]),
            pl.lit(value=False).alias("ends"),
        )
        is_defined = product.defined[number][folded.cells]
        deadline = machine.deadline
        # The end of a period, too, is decided by the end of a period: it has one row.
        goes_on = product.expired[number][folded.cells] & ~self._are_ends()
        if deadline is None or not goes_on.any():
            return found.filter(pl.Series(is_defined))
        ends = found.filter(pl.Series(goes_on)).with_columns(
            pl.lit(None, found.schema["file"]).alias("file"),
            pl.lit(None, found.schema["row"]).alias("row"),
            pl.lit("").alias("timer"),
            pl.lit(deadline.event).alias("event"),
            pl.lit(deadline.state).alias("before"),
            pl.lit(value=True).alias("ends"),
        )
        reached = pl.when(pl.Series(goes_on)).then(pl.lit(deadline.state)).otherwise("after")
        found = found.with_columns(reached.alias("after")).filter(pl.Series(is_defined))
        return pl.concat([found, ends])

    def _are_ends(self) -> Mask:
        """Return which of the events are ends of validity periods."""
        codes = self.products[0].codes
        return (self.timelines.codes > codes.unknown) & (self.timelines.codes < codes.first_timer)
