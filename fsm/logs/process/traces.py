"""Traces of an XES document: what both of its readers return, the scan and the parser."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from fsm.arrays import Index

__all__ = ["AttributeKeys", "Traces", "in_larger_parts"]

_EVENTS = 1 << 16
"""Events of a part: columns of fewer take more time than their events."""


@dataclass(frozen=True)
class AttributeKeys:
    """The keys of the attributes that are read, of events and of traces; all others are skipped."""

    of_events: tuple[str, ...]
    of_traces: tuple[str, ...]


@dataclass(frozen=True)
class Traces:
    """Successive traces: their attributes, and those of their events, in the order of the file."""

    of_traces: Mapping[str, pl.Series]
    """The values of each key, one for each trace; null where a trace does not have it."""
    of_events: Mapping[str, pl.Series]
    """The values of each key, one for each event."""
    trace: Index
    """The number of the trace of each event."""
    lines: Index
    """The line on which each event begins, from 0 at the beginning of what was read."""
    count: int
    """How many traces there are."""
    empty: int = 0
    """How many of them have no event."""
    height: int = 0
    """How many lines they take, where they were scanned."""
    continued: bool = False
    """Whether the first one began in the traces before."""


def in_larger_parts(parts: Iterable[Traces]) -> Iterator[Traces]:
    """Yield the same traces in fewer parts."""
    held: list[Traces] = []
    for part in parts:
        held.append(part)
        if sum(len(p.trace) for p in held) >= _EVENTS:
            yield _joined(held)
            held = []
    if held:
        yield _joined(held)


def _joined(parts: Sequence[Traces]) -> Traces:
    first = parts[0]
    if len(parts) == 1:
        return first
    known = [int(part.continued and part is not first) for part in parts]
    added = np.array([part.count - k for part, k in zip(parts, known, strict=True)])
    offsets = np.cumsum(added) - added - known
    trace = [part.trace + offset for part, offset in zip(parts, offsets, strict=True)]
    of_traces = {
        key: pl.concat([p.of_traces[key].slice(k) for p, k in zip(parts, known, strict=True)])
        for key in first.of_traces
    }
    of_events = {key: pl.concat([p.of_events[key] for p in parts]) for key in first.of_events}
    return Traces(
        of_traces,
        of_events,
        np.concatenate(trace),
        np.concatenate([part.lines for part in parts]),
        int(added.sum()),
        sum(part.empty for part in parts),
        continued=first.continued,
    )
