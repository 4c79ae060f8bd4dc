"""The messages of a checkpoint as a table, which is read like a log whose rows come first.

A row is the last event of a message, with its number of events, its state under each machine, when
its validity periods began and when its timers are due. Where duplicates are known by their ids or
names, the other events of that instant are rows as well, with 0 events.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl

from fsm.arrays import Codes, Mask, Times
from fsm.engine.counts import Counts
from fsm.engine.product_machine import ProductMachine, each_machine
from fsm.engine.row_results import LAST
from fsm.engine.source_rows import SourceRows
from fsm.engine.timelines import NEVER, Known, KnownMessages
from fsm.errors import CheckpointError
from fsm.logs.log_file import CHECKPOINT_PREFIX
from fsm.machine import Machine, Timer

__all__ = ["message_rows", "read_known"]

_EVENTS = f"{CHECKPOINT_PREFIX}events"


def _state(machine: Machine) -> str:
    return f"{CHECKPOINT_PREFIX}state.{machine.name}"


def _began(event: str) -> str:
    return f"{CHECKPOINT_PREFIX}began.{event}"


def _due(machine: str, timer: Timer) -> str:
    return f"{CHECKPOINT_PREFIX}due.{machine}.{timer}"


def message_rows(source_rows: SourceRows, counts: Counts, since: int) -> Iterator[pl.DataFrame]:
    """Yield the rows of messages whose last event is in the sources from ``since`` on."""
    products, codes = counts.products, counts.products[0].codes
    moments = [
        *map(_began, codes.starting_events),
        *(_due(machine, timer) for machine, timer in codes.state_timers),
    ]
    chunks = [
        (
            chunk,
            (
                chunk.resumption.marks,
                chunk.statuses.events,
                *chunk.resumption.states,
                *chunk.resumption.period_starts,
                *chunk.resumption.dues,
            ),
        )
        for chunk in counts.chunks
        if chunk.resumption is not None and chunk.statuses is not None
    ]
    width = 2 + len(products) + len(moments)
    for frame, (marks, events, *rest) in source_rows.marked(chunks, width, since):
        added = [pl.Series(_EVENTS, np.where(marks == LAST, events, 0), pl.UInt32)]
        for at, number, machine in each_machine(products):
            kind = pl.Enum([state.name for state in machine.states])
            names = pl.Series(_state(machine), products[at].state_names(number), kind)
            added.append(names.gather(pl.Series(rest[at], dtype=pl.UInt32)))
        for moment, times in zip(moments, rest[len(products) :], strict=True):
            column = pl.Series(moment, times, pl.Int64)
            added.append(column.set(column == NEVER, None).cast(pl.Datetime("us", "UTC")))
        yield frame.drop("file", "row").hstack(added)


def read_known(frame: pl.DataFrame, times: Times, products: Sequence[ProductMachine]) -> Known:
    """Return what the rows of a checkpoint say, given their further columns and their times."""
    try:
        events = frame[_EVENTS].to_numpy().astype(np.uint32)
        codes = products[0].codes
        period_starts = tuple(_moments(frame, _began(event)) for event in codes.starting_events)
        dues = tuple(_moments(frame, _due(machine, timer)) for machine, timer in codes.state_timers)
        over = [
            (began != NEVER) & (times - length >= began)
            for began, length in zip(period_starts, codes.periods.values(), strict=True)
        ]
        states = tuple(_states(frame, product, over) for product in products)
    except (pl.exceptions.PolarsError, ValueError, TypeError) as error:
        raise CheckpointError(f"the checkpoint's messages cannot be read: {error}") from error
    return KnownMessages(events, states, period_starts, dues)


def _moments(frame: pl.DataFrame, column: str) -> Times:
    times: Times = frame[column].to_physical().fill_null(NEVER).to_numpy()
    return times


def _states(frame: pl.DataFrame, product: ProductMachine, over: Sequence[Mask]) -> Codes:
    """Return the states of a product, given those of its machines and which periods are over."""
    sizes = [*(len(machine.states) for machine in product.machines), *(2 for _ in over)]
    columns = [frame[_state(machine)].to_physical().to_numpy() for machine in product.machines]
    # One number for each combination; the number of a product's state is looked up by it.
    numbers = np.ravel_multi_index([*columns, *(flag.astype(np.intp) for flag in over)], sizes)
    numbers_of_states = np.ravel_multi_index(
        [*product.states.T, *product.over.T.astype(np.intp)], sizes
    )
    by = np.argsort(numbers_of_states)
    at = np.searchsorted(numbers_of_states[by], numbers).clip(max=len(by) - 1)
    states: Codes = by[at].astype(np.uint32)
    if (numbers_of_states[states] != numbers).any():
        raise ValueError("a combination of states that no trace reaches")
    return states
