"""What earlier runs left in a checkpoint."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from fsm.engine.checkpoint.known_rows import hashing
from fsm.engine.checkpoint.manifest import Manifest, StoredTable
from fsm.engine.counts import Counts, Totals
from fsm.logs.storage.scans import scan_parquet

__all__ = ["EarlierRuns"]


@dataclass(frozen=True)
class EarlierRuns:
    """What earlier runs left in a checkpoint."""

    directory: Path
    manifest: Manifest

    @property
    def totals(self) -> Totals:
        """What they counted."""
        return self.manifest.totals

    @property
    def is_comparable(self) -> bool:
        """Whether their rows can be compared with those of this run."""
        return self.manifest.hashing == hashing()

    def parts(self, kind: str) -> list[StoredTable]:
        """Return the tables of one kind, the oldest first."""
        return [part for part in self.manifest.parts if part.kind == kind]

    def tables(self, kind: str) -> list[pl.LazyFrame]:
        """Return the content of the tables of one kind."""
        return [scan_parquet(self.directory / part.name) for part in self.parts(kind)]

    def rejections(self, count: int) -> list[pl.DataFrame]:
        """Return the first rejected events."""
        frames = []
        for table in self.tables("rejections"):
            frames.append(table.head(count).collect())
            count -= frames[-1].height
        return frames

    def records(self, new: frozenset[str] | None) -> frozenset[str] | None:
        """Return the events that their logs or a new one can hold; ``None``: any."""
        if not self.manifest.runs or new is None:
            return new
        return None if self.manifest.recorded is None else new.union(self.manifest.recorded)

    def with_changes(self, changes: pl.DataFrame, counts: Counts) -> pl.DataFrame:
        """Add the changes of earlier runs to those of this one."""
        both = [changes, *self._coded("changes", changes.columns, counts)]
        return pl.concat(both).group_by(pl.exclude("change")).sum()

    def with_deliveries(self, deliveries: pl.DataFrame, counts: Counts) -> pl.DataFrame:
        """Add the messages of deliveries of earlier runs to those of this one."""
        both = [deliveries, *self._coded("deliveries", deliveries.columns, counts)]
        return pl.concat(both).group_by("delivery").sum()

    def _coded(self, kind: str, columns: list[str], counts: Counts) -> Iterator[pl.DataFrame]:
        """Yield tables with the codes that deliveries have in this run."""
        for table in self.tables(kind):
            frame = table.collect()
            codes = counts.delivery_codes(frame["delivery_id"])
            yield frame.with_columns(codes).select(columns)
