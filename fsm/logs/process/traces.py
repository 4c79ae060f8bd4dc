"""Traces of an XES document: what both of its readers return, the scan and the parser."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from fsm.arrays import Index

__all__ = ["Keys", "Traces"]


@dataclass(frozen=True)
class Keys:
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
    continued: bool = False
    """Whether the first one began in the traces before."""
