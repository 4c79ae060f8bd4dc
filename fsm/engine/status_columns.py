"""Where messages are at the end, as columns: the state and the status under each machine."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from fsm.arrays import Codes
from fsm.engine.counts import Counts
from fsm.engine.product_machine import each_machine

__all__ = ["with_statuses"]


def with_statuses(rows: pl.DataFrame, counts: Counts, columns: Sequence[Codes]) -> pl.DataFrame:
    """Add states and statuses to the rows of messages' last events.

    The columns are the number of events, and final states by product machine.
    """
    names = {"timestamp": "last_timestamp", "event": "last_event"}
    added = [pl.Series("events", columns[0], pl.UInt32)]
    for at, number, machine in each_machine(counts.products):
        product, final = counts.products[at], columns[1 + at]
        added.append(_texts(f"{machine.name}.state", product.state_names(number), final))
        added.append(_texts(f"{machine.name}.status", product.statuses(number), final))
    return rows.drop("file", "row").rename(names).hstack(added)


def _texts(name: str, texts: Sequence[str | None], codes: Codes) -> pl.Series:
    """Return texts by their numbers, each text stored once."""
    kinds = pl.Enum(list(dict.fromkeys(text for text in texts if text is not None)))
    column = pl.Series(name, texts, dtype=pl.String).cast(kinds)
    return column.gather(pl.Series(codes, dtype=pl.UInt32))
