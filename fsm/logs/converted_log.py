"""Converted logs on the disk: what a replay reads, with the way back to the lines."""

from __future__ import annotations

import weakref
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl

from fsm.arrays import Codes
from fsm.files import TemporaryFolder
from fsm.logs.canonical_columns import CANONICAL
from fsm.logs.conversion import convert_files
from fsm.logs.detect import RecognisedFile
from fsm.logs.log_file import LogFile
from fsm.logs.mapping.event_mapping import SIDE_EVENTS
from fsm.logs.mapping.missing_handovers import implied, merged
from fsm.logs.mapping.recordable import recordable_by
from fsm.logs.mapping.redact import Redaction
from fsm.logs.mapping.to_canonical import SCHEMA
from fsm.logs.notes import Notes
from fsm.logs.reading import ReadingOptions
from fsm.logs.storage.scans import scan_parquet
from fsm.logs.storage.stored_file import StoredFile, line_texts
from fsm.logs.write.tables import ROWS, write_frames

__all__ = ["ConvertedLog", "convert_to_rows"]

_ROW = "row"


_HEARD = ~pl.col("event").is_in(SIDE_EVENTS) | pl.col("format").is_in(CANONICAL)
"""What machines hear: of a canonical log everything, whatever it is called."""


@dataclass(frozen=True)
class ConvertedLog:
    """Converted rows in a temporary file, which goes when nobody holds this any more."""

    path: Path
    notes: tuple[Notes, ...]
    inputs: Mapping[str, StoredFile] = field(default_factory=dict)
    redaction: Redaction | None = None
    """What the rows were redacted by; no line is quoted then."""
    recordable: frozenset[str] | None = None
    """The machines' events that the formats of the rows can record; ``None``: any."""

    def frames(self, *, heard: bool) -> Iterator[pl.DataFrame]:
        """Yield the rows that machines hear, or those that are kept beside them."""
        for frame in _slices(self.path):
            yield frame.filter(_HEARD if heard else ~_HEARD)

    def events(self) -> pl.LazyFrame:
        """Return the rows that machines hear."""
        return scan_parquet(self.path).filter(_HEARD)

    def file(self) -> LogFile:
        """Return the rows that machines hear as one file of a log."""
        names = [note.name for note in self.notes]
        name = names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
        return LogFile(
            self.path, name, "frame", self.events(), origin=self, recordable=lambda: self.recordable
        )

    def places(self, rows: Codes) -> tuple[pl.Series, Codes]:
        """Return the file and the line of each row."""
        found = self._at(rows, "file", "line")
        return found["file"], found["line"].to_numpy().astype(np.intp)

    def quotes(self, rows: Codes) -> list[str]:
        """Return the lines that rows were made of, or what is safe of them."""
        if self.redaction:
            return self._outlines(rows)
        files, lines = self.places(rows)
        texts: dict[tuple[str, int], str] = {}
        for name in files.unique().to_list():
            numbers = lines[(files == name).to_numpy()].tolist()
            found = line_texts(self.inputs[name], numbers)
            texts.update({(name, number): text for number, text in found.items()})
        pairs = zip(files.to_list(), lines.tolist(), strict=True)
        return [texts.get(pair, "") for pair in pairs]

    def _outlines(self, rows: Codes) -> list[str]:
        """Return the safe fields of rows: time, format, native event, what was replied."""
        parts = [
            pl.col("timestamp").dt.strftime("%Y-%m-%dT%H:%M:%S%.fZ"),
            pl.col("format"),
            pl.coalesce("native", "event"),
            pl.coalesce("reply", "code"),
        ]
        outline = pl.concat_str(parts, separator=" ", ignore_nulls=True)
        return self._at(rows, outline.alias("outline"))["outline"].to_list()

    def _at(self, rows: Codes, *columns: str | pl.Expr) -> pl.DataFrame:
        """Return columns of rows, given by their numbers."""
        wanted = pl.Series(_ROW, np.unique(rows), pl.UInt32)
        places = self.file().raw().select(*columns).with_row_index(_ROW)
        found = places.filter(pl.col(_ROW).is_in(wanted.implode())).collect(engine="streaming")
        return found.sort(_ROW)[np.searchsorted(wanted.to_numpy(), rows)]


def convert_to_rows(files: Iterable[RecognisedFile], options: ReadingOptions) -> ConvertedLog:
    """Convert logs into a temporary file; raises :class:`fsm.errors.LogError`."""
    directory = TemporaryFolder()
    try:
        found = _converted(list(files), options, Path(directory.name))
    except BaseException:
        directory.cleanup()
        raise
    weakref.finalize(found, directory.cleanup)
    return found


def _converted(files: list[RecognisedFile], options: ReadingOptions, place: Path) -> ConvertedLog:
    first, path = place / "read.parquet", place / "log.parquet"
    notes: list[Notes] = []
    write_frames(_never_none(convert_files(files, options, notes)), first)
    added = implied(scan_parquet(first), options.relayed)
    if added.height:
        counts: Counter[str] = Counter()
        write_frames(merged(_slices(first), added, counts), path)
        first.unlink()
        _count(counts, files, notes)
    else:
        first.rename(path)
    found = scan_parquet(path).select(pl.col("format").unique()).collect()["format"]
    records = recordable_by({file.format for file in files}, found, options.relayed)
    inputs = {file.stored.name: file.stored for file in files}
    return ConvertedLog(path, tuple(notes), inputs, options.redaction, records)


def _slices(path: Path) -> Iterator[pl.DataFrame]:
    """Yield the rows of a Parquet file, a part at a time and nothing in advance."""
    rows = scan_parquet(path)
    height = rows.select(pl.len()).collect().item()
    for start in range(0, max(height, 1), ROWS):
        yield rows.slice(start, ROWS).collect()


def _never_none(frames: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    yield pl.DataFrame(schema=SCHEMA)
    yield from frames


def _count(counts: Counter[str], files: Iterable[RecognisedFile], notes: list[Notes]) -> None:
    for file in files:
        name = file.stored.group or file.stored.name
        note = next(note for note in reversed(notes) if note.name == name)
        note.implied += counts[file.stored.name]
