"""The deliveries of a log, with the indicators of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from fsm.indicators import Share

__all__ = ["DeliveryRow", "DeliveryTable", "largest_deliveries"]


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """A delivery: its number of messages, and its shares by machine and indicator."""

    name: str | None
    to_send: int
    shares: Mapping[tuple[str, str], Share]


@dataclass(frozen=True, slots=True)
class DeliveryTable:
    """The largest deliveries, and the number of all."""

    first: Sequence[DeliveryRow]
    whole: int


def largest_deliveries(frame: pl.DataFrame, most: int) -> DeliveryTable:
    """Return the largest deliveries; ``frame`` is :meth:`fsm.engine.Replay.by_delivery`.

    There are none if no message has a delivery id.
    """
    if frame["delivery_id"].null_count() == frame.height:
        return DeliveryTable((), 0)
    sizes = frame.select("delivery_id", "to_send").unique(maintain_order=True)
    largest = sizes.head(most)
    kept = frame.join(largest, on="delivery_id", how="semi", nulls_equal=True)
    shares: dict[str | None, dict[tuple[str, str], Share]] = {}
    for name, _, machine, indicator, count, percent in kept.iter_rows():
        shares.setdefault(name, {})[machine, indicator] = Share(count, percent)
    return DeliveryTable(
        tuple(DeliveryRow(name, to_send, shares[name]) for name, to_send in largest.iter_rows()),
        sizes.height,
    )
