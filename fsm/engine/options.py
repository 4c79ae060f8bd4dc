"""What a pass over a log is to find out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    from fsm.engine.bucket_counts import FoldedBucket
    from fsm.engine.buckets import Bucket
    from fsm.engine.product_machine import ProductMachine

__all__ = ["Observer", "Observers", "ReplayOptions"]

Observer: TypeAlias = "Callable[[Bucket, FoldedBucket], object]"
"""What looks at the folded messages of one bucket, in a thread of its own, and returns what it
found."""


class Observers(Protocol):
    """Further questions to a log, asked in the pass of a replay."""

    @property
    def need_times(self) -> bool:
        """Whether they need the times of events, not only their order."""

    def of(self, products: Sequence[ProductMachine]) -> Sequence[Observer]:
        """Return the observers for the machines of the pass."""


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
    observers: Observers | None = None
    """Further questions to the messages of each bucket; what they find is in
    :attr:`fsm.engine.bucket_counts.BucketCounts.observed`."""
    progress: Callable[[int], None] | None = None
