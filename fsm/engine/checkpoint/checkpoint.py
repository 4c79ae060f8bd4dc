"""Continue an earlier replay: a directory that keeps what was executed.

A checkpoint holds tables: *messages* (each with its states, its last event and when its validity
periods began), *changes* and *deliveries* (the series), *rejections*, and digests of all *rows*.
Its messages are read like one more log whose rows come first; a message that goes on gets a new
row, and its last row counts. See :mod:`fsm.engine.checkpoint.manifest` for how a run that is
killed leaves the checkpoint as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

import numpy as np
import polars as pl

from fsm.durable import locked
from fsm.engine.checkpoint.earlier_runs import EarlierRuns
from fsm.engine.checkpoint.known_rows import hashing
from fsm.engine.checkpoint.manifest import (
    ExecutedFile,
    Manifest,
    Settings,
    StoredTable,
    synced,
)
from fsm.engine.checkpoint.message_table import message_rows
from fsm.engine.checkpoint.new_rows import NewFile, NewFiles
from fsm.engine.checkpoint.settings import check_settings
from fsm.engine.counts import Counts
from fsm.engine.source_rows import SourceRows
from fsm.logs.log import Log
from fsm.logs.log_file import CHECKPOINT, LogFile
from fsm.logs.write.tables import write_frames

__all__ = ["Checkpoint"]

MOST_PARTS = 64
"""Tables of messages beyond which they are made one."""


class Checkpoint:
    """A checkpoint that one run continues; see :meth:`opened`."""

    def __init__(self, directory: Path, manifest: Manifest) -> None:
        self._directory = directory
        self.earlier = EarlierRuns(directory, manifest)
        self._files: list[NewFile] = []
        self.left_out = 0
        """Rows of this run's files that earlier ones executed."""
        self.notes: list[str] = []
        """What is said of the files, a line for each."""
        self.records: frozenset[str] | None = None
        """The events that the logs of all runs can hold; ``None``: any. See :meth:`resume`."""

    @classmethod
    @contextmanager
    def opened(cls, directory: Path, settings: Settings) -> Iterator[Checkpoint]:
        """Keep others out of a checkpoint, and verify it.

        Raises :class:`CheckpointError` where it is damaged, in use, or was begun with other
        machines or settings.
        """
        with locked(directory):
            manifest = Manifest.read(directory)
            if manifest is None or not manifest.runs:
                manifest = Manifest(settings, hashing=hashing())
                manifest.clean(directory)  # the tables of a first run that failed may fill the disk
                manifest.write(directory)  # before any table, so that one without it is a loss
            check_settings(directory, manifest.settings, settings)
            manifest.verify(directory)
            manifest.clean(directory)
            yield cls(directory, manifest)

    def resume(self, log: Log) -> Log:
        """Return what is to be executed: the messages known, and what is new of the log."""
        self.records = self.earlier.records(log.recordable)
        new = NewFiles(self.earlier)
        for source in log.files:
            new.take(log, source)
        self._files, self.notes, self.left_out = new.files, new.notes, new.left_out
        known = [
            LogFile(self._directory / part.name, part.name, CHECKPOINT)
            for part in self.earlier.parts("messages")
        ]
        return replace(log, files=(*known, *(file.log_file for file in self._files)))

    def commit(self, log: Log, counts: Counts, rejections: pl.DataFrame) -> None:
        """Make what was executed a part of the checkpoint; all of it or, on any failure, nothing.

        ``log`` is what :meth:`resume` returned, ``rejections`` those of this run.
        """
        if not self._files:
            return
        writer = _TableWriter(self._directory, self.earlier.manifest.runs + 1)
        try:
            tables = self._write(writer, log, counts, rejections)
        except BaseException:
            writer.undo()
            raise
        # Outside the try: it may fail when it is already in its place.
        self._manifest(tables, counts).write(self._directory)

    # Tables ---------------------------------------------------------------------------------

    def _write(
        self, writer: _TableWriter, log: Log, counts: Counts, rejections: pl.DataFrame
    ) -> list[StoredTable]:
        """Write the tables of a run, and return all tables of the checkpoint after it."""
        old = len(self.earlier.parts("messages"))
        is_renewed = self._is_worn(counts, old)
        changes, deliveries = counts.changes(trailing=False), counts.deliveries()
        if is_renewed:
            changes = self.earlier.with_changes(changes, counts)
            deliveries = self.earlier.with_deliveries(deliveries, counts)
        further = tuple(name for name in ("event_id", "seq") if name in log.present)
        source_rows = SourceRows(log, counts.encoder.firsts, further)
        messages = message_rows(source_rows, counts, 0 if is_renewed else old)
        summed = [writer.write("messages", messages)]
        for kind, frame in (("changes", changes), ("deliveries", deliveries)):
            named = frame.with_columns(counts.delivery_names.gather(frame["delivery"]))
            summed.append(writer.write(kind, [named.drop("delivery")]))
        digests = (frame for file in self._files for frame in file.digests.frames(file.known))
        return [
            *([] if is_renewed else self._summed_before()),
            *summed,
            *self._extended(writer, "rejections", iter([rejections])),
            *self._extended(writer, "rows", digests),
        ]

    def _summed_before(self) -> list[StoredTable]:
        kinds = ("messages", "changes", "deliveries")
        return [part for part in self.earlier.manifest.parts if part.kind in kinds]

    def _extended(
        self, writer: _TableWriter, kind: str, frames: Iterator[pl.DataFrame]
    ) -> list[StoredTable]:
        """Write what is new of a list; return its tables, which become one where they are many."""
        before = self.earlier.parts(kind)
        if kind == "rows" and not self.earlier.is_comparable:
            before = []
        if len(before) >= MOST_PARTS:
            return [writer.write(kind, _joined(self.earlier.tables(kind), frames))]
        first = next(frames, None)
        if first is None or not first.height:
            return before
        return [*before, writer.write(kind, chain([first], frames))]

    def _is_worn(self, counts: Counts, old: int) -> bool:
        """Whether the tables of messages are many, or most of their rows no longer count."""
        first = counts.encoder.firsts[old]
        new = sum(
            int(np.count_nonzero(chunk.resumption.marks.read()))
            for chunk in counts.chunks
            if chunk.first >= first and chunk.resumption is not None
        )
        return old > 0 and (old >= MOST_PARTS or first + new > 2 * counts.messages)

    # Manifest -------------------------------------------------------------------------------

    def _manifest(self, tables: list[StoredTable], counts: Counts) -> Manifest:
        """Return what the checkpoint holds after this run."""
        before = self.earlier.manifest
        return Manifest(
            before.settings,
            before.runs + 1,
            counts.totals(before.totals, trailing=False),
            tuple(self._executed_files(counts)),
            tuple(tables),
            tuple(part.name for part in before.parts if part not in tables),
            hashing(),
            None if self.records is None else tuple(sorted(self.records)),
        )

    def _executed_files(self, counts: Counts) -> Iterator[ExecutedFile]:
        """Yield the files of all runs."""
        for file in self.earlier.manifest.absorbed:
            yield file if self.earlier.is_comparable else replace(file, kept=0)
        old = len(self.earlier.parts("messages"))
        rows = np.diff(counts.encoder.firsts)[old:].tolist()
        for new, more in zip(self._files, rows, strict=True):
            yield replace(new.file, rows=new.file.rows + more)


@dataclass(frozen=True)
class _TableWriter:
    """Writes the tables of one run."""

    directory: Path
    run: int

    def undo(self) -> None:
        """Remove what was written, so that a full disk is not full for the next run."""
        for path in self.directory.glob(f"*-{self.run:06}.parquet"):
            path.unlink(missing_ok=True)

    def write(self, kind: str, frames: Iterable[pl.DataFrame]) -> StoredTable:
        path, rows = self.directory / f"{kind}-{self.run:06}.parquet", 0

        def counted() -> Iterator[pl.DataFrame]:
            nonlocal rows
            for frame in frames:
                rows += frame.height
                yield frame

        write_frames(counted(), path)
        return synced(path, rows)


def _joined(
    tables: Iterable[pl.LazyFrame], frames: Iterable[pl.DataFrame]
) -> Iterator[pl.DataFrame]:
    """Yield the rows of tables and frames, with the columns that any of them has."""
    more = [frame.lazy() for frame in frames]
    both = pl.concat([*tables, *more], how="diagonal_relaxed")
    yield pl.DataFrame(schema=both.collect_schema())
    yield from both.collect_batches(maintain_order=True)
