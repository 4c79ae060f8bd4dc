"""The end of the validity period, as rows of the log and as columns of the table.

The deadline of a message is one more row, before any event of the same instant. Events after it
are *late*: whatever they lead to, retries are over.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import numpy as np
import polars as pl

from fsm.machine import Machine
from fsm.replay.fold import Codes, dense
from fsm.replay.result import Mask

__all__ = ["due_codes", "due_rows", "tables"]


def due_rows(
    frame: pl.DataFrame,
    keys: list[str],
    machines: Iterable[Machine],
    validity: timedelta,
    as_of: datetime | None,
) -> list[pl.DataFrame]:
    """Return one row per message and start event, at the end of its validity period.

    The column ``start`` names the event the period is counted from; it is null on real events.
    Periods that end after ``as_of`` (default: the last instant of the log) have no row.
    """
    end = as_of if as_of is not None else frame["timestamp"].max()
    starts = sorted({m.deadline.start for m in machines if m.deadline})
    if end is None:
        return []
    carried = [c for c in ("delivery_id",) if c in frame.columns]
    return [
        frame.filter(pl.col("event") == start)
        .group_by(keys, maintain_order=True)
        .agg(pl.col("timestamp").min() + validity, *(pl.col(c).first() for c in carried))
        .filter(pl.col("timestamp") <= end)
        .with_columns(pl.lit(start).alias("start"))
        for start in starts
    ]


def due_codes(machine: Machine, ordered: pl.DataFrame, owner: Codes, codes: Codes) -> Codes:
    """Return the event codes of a machine with those of deadlines and of late events.

    With E events: codes below E are events in time, E is the deadline, above it are late
    events, in the order of the events; -1 is an event that the machine does not know.
    """
    if not machine.deadline:
        return codes
    width = len(machine.events)
    due: Mask = (ordered["start"] == machine.deadline.start).fill_null(False).to_numpy()
    first = np.full(int(owner[-1]) + 1 if len(owner) else 0, len(due), dtype=np.intp)
    first[owner[due]] = np.flatnonzero(due)
    late = (codes >= 0) & (np.arange(len(due)) > first[owner])
    return np.where(due, width, np.where(late, codes + width + 1, codes))


def tables(machine: Machine) -> tuple[Codes, Codes]:
    """Return the table for :func:`due_codes`, and the same table if no period ever ended."""
    table = dense(machine.table, len(machine.events))
    states = np.arange(len(machine.states), dtype=np.intp)
    over = states.copy()
    if machine.deadline:
        at = [state.name for state in machine.states].index(machine.deadline.state)
        over[at] = table[at, machine.events.index(machine.deadline.event)]
    late = np.where(table < 0, -1, over[table])
    return np.column_stack([table, over, late]), np.column_stack([table, states, table])
