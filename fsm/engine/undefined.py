"""Events of a log that no machine defines: how often each occurs, and what it may stand for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING

import polars as pl

from fsm.engine.rejections import OLDER
from fsm.suggest import did_you_mean, nearest
from fsm.text import quantity, visible

if TYPE_CHECKING:
    from fsm.engine.result import Replay

__all__ = ["undefined_event_lines", "undefined_events"]

_MOST = 5
"""Events in messages."""
_LONGEST = 60
"""Characters of an event in messages."""


def undefined_events(result: Replay) -> dict[str, int]:
    """Return how often each event occurs that no machine defines, the most frequent first.

    The rejections tell it where rows were dropped as duplicates or left out as too late, and with a
    checkpoint, as the rows of earlier runs are gone; else the rows, which takes less memory.
    """
    name = pl.col("event").cast(pl.String)
    if result.earlier is not None or result.duplicates or result.counts.encoder.after_as_of:
        unknown = (pl.col("machine") == "") & (pl.col("reason") != OLDER)
        return _most_frequent(result.rejections.filter(unknown).group_by(name).len())
    if not result.counts.unknown:
        return {}
    known = {event for machine in result.counts.machines for event in machine.events}
    parts = []
    for file in result.log.files:
        events = file.scan(["event"]).filter(name.is_not_null() & ~name.is_in(list(known)))
        parts.append(events.group_by(name).len().collect(engine="streaming"))
    return _most_frequent(pl.concat(parts).group_by("event").agg(pl.col("len").sum()))


def _most_frequent(counts: pl.DataFrame) -> dict[str, int]:
    return dict(counts.sort(["len", "event"], descending=[True, False]).iter_rows())


def undefined_event_lines(result: Replay, counts: Mapping[str, int] | None = None) -> Iterator[str]:
    """Yield a line for the most frequent of these events, with what it may stand for.

    ``counts`` are those of :func:`undefined_events`, where they are known already.
    """
    known = sorted({event for machine in result.counts.machines for event in machine.events})
    counts = undefined_events(result) if counts is None else counts
    for event, count in islice(counts.items(), _MOST):
        name = visible(event[:_LONGEST])
        near = nearest(_folded(event), known)
        told = "=".join((name, near[0] if near else "EVENT"))
        option = "" if result.log.conversions else f"--event {told!r}"
        advice = filter(None, (did_you_mean(near[:1]), option))
        fault = f"{name!r} is no event of these machines ({quantity(count, 'event')})"
        yield "; ".join(filter(None, (fault, " ".join(advice))))
    if len(counts) > _MOST:
        yield f"{len(counts) - _MOST:,} more names of events are not those of these machines"


def _folded(event: str) -> str:
    """Return an event as machines write them: Create Fine as create_fine."""
    return "_".join(event.replace("-", " ").split()).lower()
