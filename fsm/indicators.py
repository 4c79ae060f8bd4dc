"""Indicators of a delivery: how many messages have a status, in percent of messages to send.

The denominator is the number of messages to send, which is constant during a delivery: the
documented tables hold for no other one. :func:`delivered_rate` is the variant of reports,
Delivered / (Delivered + Bounces).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fsm.machine import Machine

__all__ = ["Share", "delivered_rate", "percent", "shares", "status_counts"]


@dataclass(frozen=True, slots=True)
class Share:
    """A count of messages, and its percentage of the messages to send (``None`` if none are)."""

    count: int
    """How many messages are counted."""
    percent: float | None
    """The same in percent, with two decimals."""


def percent(count: int, whole: int) -> float | None:
    """Return a percentage with two decimals, or ``None`` where there is nothing to divide by.

    >>> percent(7841, 9266)
    84.62
    """
    return round(100 * count / whole, 2) if whole else None


def status_counts(machine: Machine, states: Mapping[str, int]) -> dict[str, int]:
    """Return the messages of each status, given the messages in each state."""
    counts = dict.fromkeys(machine.statuses, 0)
    for name, count in states.items():
        status = machine.status(name)
        if status is not None:
            counts[status] += count
    return counts


def shares(machine: Machine, statuses: Mapping[str, int], to_send: int) -> dict[str, Share]:
    """Return every indicator of a machine, given the messages of each status."""
    counts = {i.name: sum(statuses.get(s, 0) for s in i.statuses) for i in machine.indicators}
    return {name: Share(count, percent(count, to_send)) for name, count in counts.items()}


def delivered_rate(indicators: Mapping[str, Share]) -> float | None:
    """Return Delivered / (Delivered + Bounces + errors) in percent, the variant of reports."""
    delivered = indicators["Delivered"].count
    return percent(delivered, delivered + indicators["Bounces + errors"].count)
