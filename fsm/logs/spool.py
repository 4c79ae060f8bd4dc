"""Converted logs on the disk: what a replay reads, with the way back to the lines."""

from __future__ import annotations

import weakref
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl

from fsm.files import TemporaryFolder
from fsm.logs.canonical import SCHEMA
from fsm.logs.convert import Choices, Plan, convert
from fsm.logs.detect import CANONICAL
from fsm.logs.files import Input, line_texts
from fsm.logs.implied import implied, merged
from fsm.logs.meaning import BESIDE
from fsm.logs.notes import Notes
from fsm.replay.fold import Codes
from fsm.replay.output import ROWS, write_frames
from fsm.replay.scans import scan_parquet
from fsm.replay.source import Source

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
    hide: Callable[[str], str] | None = None
    """What takes addresses out of a quoted line."""

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
        return Source(self.path, name, "frame", self.events(), origin=self)

    def places(self, rows: Codes) -> tuple[pl.Series, Codes]:
        """Return the file and the line of each row."""
        wanted = pl.Series(_ROW, np.unique(rows), pl.UInt32)
        places = self.source().raw({}).select("file", "line").with_row_index(_ROW)
        found = places.filter(pl.col(_ROW).is_in(wanted.implode())).collect(engine="streaming")
        found = found.sort(_ROW)[np.searchsorted(wanted.to_numpy(), rows)]
        return found["file"], found["line"].to_numpy().astype(np.intp)

    def quotes(self, rows: Codes) -> list[str]:
        """Return the lines that rows were made of, as they stand."""
        files, lines = self.places(rows)
        texts: dict[tuple[str, int], str] = {}
        for name in files.unique().to_list():
            numbers = lines[(files == name).to_numpy()].tolist()
            found = line_texts(self.inputs[name], numbers)
            texts.update({(name, number): text for number, text in found.items()})
        pairs = zip(files.to_list(), lines.tolist(), strict=True)
        said = (texts.get(pair, "") for pair in pairs)
        return [self.hide(text) for text in said] if self.hide else list(said)


def spool(
    plans: Iterable[Plan], choices: Choices, hide: Callable[[str], str] | None = None
) -> Spool:
    """Convert logs into a temporary file; raises :class:`fsm.errors.LogError`."""
    directory = TemporaryFolder()
    try:
        found = _spooled(list(plans), choices, Path(directory.name), hide)
    except BaseException:
        directory.cleanup()
        raise
    weakref.finalize(found, directory.cleanup)
    return found


def _spooled(
    plans: list[Plan], choices: Choices, place: Path, hide: Callable[[str], str] | None
) -> Spool:
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
    if hide:
        for note in notes:
            note.hide(hide)
    return Spool(path, tuple(notes), {item.source.name: item.source for item in plans}, hide)


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
