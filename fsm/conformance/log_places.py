"""Where rows of a log stand, as ``file:line``."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import polars as pl

from fsm.engine.result import Replay
from fsm.logs.canonical_columns import place_of

__all__ = ["places_of_rows"]


def places_of_rows(replay: Replay, rows: Iterable[int]) -> dict[int, str]:
    """Return the places of rows, by their numbers in the log of a replay."""
    numbers = np.unique(np.fromiter(rows, np.intp))
    firsts = np.array(replay.counts.encoder.firsts, np.intp)
    files = np.searchsorted(firsts, numbers, side="right") - 1
    frame = pl.DataFrame({"file": files, "row": numbers - firsts[files]})
    located = replay.log.locate(frame).select("file", "line").iter_rows()
    places = (place_of(file, line) for file, line in located)
    return dict(zip(numbers.tolist(), places, strict=True))
