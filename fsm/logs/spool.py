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
from fsm.logs.conversion import Choices, Plan, convert
from fsm.logs.detect import CANONICAL
from fsm.logs.log import Source
from fsm.logs.mapping.event_mapping import BESIDE
from fsm.logs.mapping.missing_handovers import implied, merged
from fsm.logs.mapping.recordable import recorded_events
from fsm.logs.mapping.redact import Redaction
from fsm.logs.mapping.to_canonical import SCHEMA
from fsm.logs.notes import Notes
from fsm.logs.storage.files import Input, line_texts
from fsm.logs.storage.scans import scan_parquet
from fsm.logs.write.tables import ROWS, write_frames

__all__ = ["Spool", "spool"]

_ROW = "row"


_HEARD = ~pl.col("event").is_in(BESIDE) | pl.col("format").is_in(CANONICAL)
"""What machines hear: of a canonical log everything, whatever it is called."""


@dataclass(frozen=True)
class Spool:
    """Converted rows in a temporary file, which goes when nobody holds this any more."""

    path: Path
    notes: tuple[Notes, ...]
    inputs: Mapping[str, Input] = field(default_factory=dict)
    redaction: Redaction | None = None
    """What the rows were redacted by; no line is quoted then."""
    records: frozenset[str] | None = None
    """The machines' events that the formats of the rows can record; ``None``: any."""

    def frames(self, *, heard: bool) -> Iterator[pl.DataFrame]:
        """Yield the rows that machines hear, or those that are kept beside them."""
        for frame in _slices(self.path):
            yield frame.filter(_HEARD if heard else ~_HEARD)

    def events(self) -> pl.LazyFrame:
        """Return the rows that machines hear."""
        return scan_parquet(self.path).filter(_HEARD)

    def source(self) -> Source:
        """Return what a replay reads."""
        names = [note.name for note in self.notes]
        name = names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
        return Source(
            self.path, name, "frame", self.events(), origin=self, records=lambda: self.records
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
        places = self.source().raw({}).select(*columns).with_row_index(_ROW)
        found = places.filter(pl.col(_ROW).is_in(wanted.implode())).collect(engine="streaming")
        return found.sort(_ROW)[np.searchsorted(wanted.to_numpy(), rows)]


def spool(plans: Iterable[Plan], choices: Choices) -> Spool:
    """Convert logs into a temporary file; raises :class:`fsm.errors.LogError`."""
    directory = TemporaryFolder()
    try:
        found = _spooled(list(plans), choices, Path(directory.name))
    except BaseException:
        directory.cleanup()
        raise
    weakref.finalize(found, directory.cleanup)
    return found


def _spooled(plans: list[Plan], choices: Choices, place: Path) -> Spool:
    first, path = place / "read.parquet", place / "log.parquet"
    notes: list[Notes] = []
    write_frames(_never_none(convert(plans, choices, notes)), first)
    added = implied(scan_parquet(first), choices.relayed)
    if added.height:
        counts: Counter[str] = Counter()
        write_frames(merged(_slices(first), added, counts), path)
        first.unlink()
        _count(counts, plans, notes)
    else:
        first.rename(path)
    found = scan_parquet(path).select(pl.col("format").unique()).collect()["format"]
    records = recorded_events({item.format for item in plans}, found, choices.relayed)
    inputs = {item.source.name: item.source for item in plans}
    return Spool(path, tuple(notes), inputs, choices.redaction, records)


def _slices(path: Path) -> Iterator[pl.DataFrame]:
    """Yield the rows of a Parquet file, a part at a time and nothing in advance."""
    rows = scan_parquet(path)
    height = rows.select(pl.len()).collect().item()
    for start in range(0, max(height, 1), ROWS):
        yield rows.slice(start, ROWS).collect()


def _never_none(frames: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    yield pl.DataFrame(schema=SCHEMA)
    yield from frames


def _count(counts: Counter[str], plans: Iterable[Plan], notes: list[Notes]) -> None:
    for item in plans:
        name = item.source.group or item.source.name
        note = next(note for note in reversed(notes) if note.name == name)
        note.implied += counts[item.source.name]
