"""The deliveries of a log, each with its messages and what each machine shows of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from fsm.indicators import Share

__all__ = ["Deliveries", "Delivery", "deliveries"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery: its messages, and the shares of each (machine, indicator)."""

    name: str | None
    to_send: int
    shares: Mapping[tuple[str, str], Share]


@dataclass(frozen=True, slots=True)
class Deliveries:
    """The largest deliveries, and how many there are."""

    first: Sequence[Delivery]
    whole: int


def deliveries(frame: pl.DataFrame, most: int) -> Deliveries:
    """Return the largest deliveries; ``frame`` is :meth:`fsm.engine.Replay.by_delivery`.

    There are none where no message names one.
    """
    if frame["delivery_id"].null_count() == frame.height:
        return Deliveries((), 0)
    sizes = frame.select("delivery_id", "to_send").unique(maintain_order=True)
    largest = sizes.head(most)
    kept = frame.join(largest, on="delivery_id", how="semi", nulls_equal=True)
    shares: dict[str | None, dict[tuple[str, str], Share]] = {}
    for name, _, machine, indicator, count, percent in kept.iter_rows():
        shares.setdefault(name, {})[machine, indicator] = Share(count, percent)
    return Deliveries(
        tuple(Delivery(name, to_send, shares[name]) for name, to_send in largest.iter_rows()),
        sizes.height,
    )
