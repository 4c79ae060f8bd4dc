"""What a pass over a log is to find out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["ReplayOptions"]


@dataclass(frozen=True)
class ReplayOptions:
    """What a pass over a log is to find out, and with what; times in microseconds."""

    validity: int | None = None
    as_of: int | None = None
    every: int | None = None
    """The period of the series, where one is wanted."""
    statuses: bool = False
    traffic: bool = False
    """Count the events that met each cell."""
    durations: bool = False
    """Time how long messages stay in each state."""
    exact: bool = False
    """Keep what the exact series is made of; the series by ``every`` is made as well."""
    traces: bool = False
    """Find the distinct traces."""
    dedupe: bool = False
    cross_check: bool = True
    memory: int = 1 << 30
    workers: int = 1
    resumable: bool = False
    """Find also what a later replay needs to go on; the log then begins with a checkpoint's."""
    latest: int | None = None
    """The last instant that the checkpoint has seen."""
    progress: Callable[[int], None] | None = None
