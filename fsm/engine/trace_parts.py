"""The distinct traces of a whole log, in parts: kept on the disk where the memory is for others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, overload

import numpy as np

from fsm.engine.distinct_traces import MOST_MERGED, DistinctTraces, merged_traces
from fsm.engine.spill import NumberColumn, Spill
from fsm.text import quantity

if TYPE_CHECKING:
    from fsm.engine.product_machine import EventCodes

__all__ = ["TraceParts"]

_COLUMNS = ("codes", "offsets", "counts", "examples", "rows")


class TraceParts(Sequence[DistinctTraces]):
    """Parts of distinct traces; most logs have one. Each trace is in a part once.

    A log with more distinct traces than are compared with each other has several, and a trace may
    be in more than one of them.
    """

    def __init__(self, alphabet: EventCodes, spill: Spill) -> None:
        self._alphabet, self._spill = alphabet, spill
        self._kept: list[dict[str, NumberColumn]] = []
        self._last: tuple[DistinctTraces, ...] = ()

    def __repr__(self) -> str:
        return f"<TraceParts: {quantity(len(self), 'part')}>"

    def add(self, traces: Iterable[DistinctTraces]) -> None:
        """Add traces; those that fit together are compared with each other."""
        parts = merged_traces([*self._last, *traces])
        if len(parts) < 2 and sum(len(part.codes) for part in parts) <= MOST_MERGED:
            self._last = parts
            return
        *full, last = sorted(parts, key=lambda part: -len(part.codes))
        for part in full:
            columns = {name: _compact(getattr(part, name)) for name in _COLUMNS}
            self._kept.append({name: self._spill.put(column) for name, column in columns.items()})
        self._last = (last,)

    def __len__(self) -> int:
        return len(self._kept) + len(self._last)

    @overload
    def __getitem__(self, at: int) -> DistinctTraces: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[DistinctTraces]: ...
    def __getitem__(self, at: int | slice) -> DistinctTraces | Sequence[DistinctTraces]:
        """Return a part, read from the disk where it is there."""
        if isinstance(at, slice):
            return [self[i] for i in range(*at.indices(len(self)))]
        place = range(len(self))[at]
        if place >= len(self._kept):
            return self._last[place - len(self._kept)]
        columns = {name: column.read() for name, column in self._kept[place].items()}
        whole = {name: columns[name].astype(np.intp) for name in _COLUMNS[1:]}
        return DistinctTraces(self._alphabet, columns["codes"], **whole)


def _compact(column: np.ndarray) -> np.ndarray:
    """Return numbers in half the space, where they fit."""
    narrow = np.iinfo(np.int32)
    if column.dtype == np.intp and column.max(initial=0) <= narrow.max:
        return column.astype(np.int32)
    return column
