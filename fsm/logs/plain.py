"""Canonical rows as they are, for those who want them in a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import polars as pl

from fsm.logs.canonical import SCHEMA
from fsm.logs.notes import Notes
from fsm.replay.scan import typed_rows
from fsm.replay.source import NEEDED, OPTIONAL, Log

__all__ = ["Plain"]


@dataclass(frozen=True)
class Plain:
    """A canonical log that is written as it is; it can stand where a :class:`Spool` does."""

    log: Log
    disguise: Callable[[pl.DataFrame], pl.DataFrame] | None = None
    notes: tuple[Notes, ...] = ()

    def frames(self, *, heard: bool) -> Iterator[pl.DataFrame]:
        """Yield the rows; which of them machines hear, only a machine knows."""
        names = [name for name in SCHEMA if name in (*NEEDED, *OPTIONAL)]
        yield pl.DataFrame(schema={name: SCHEMA[name] for name in names})
        for rows in typed_rows(self.log) if heard else ():
            lacking = {name: pl.lit(None, SCHEMA[name]) for name in names if name not in rows}
            frame = rows.with_columns(**lacking).select(names)
            yield self.disguise(frame) if self.disguise else frame
