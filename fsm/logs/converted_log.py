"""Converted logs on the disk: rows that a replay reads, each with its file and line."""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from fsm.arrays import Codes
from fsm.files import TemporaryFolder
from fsm.logs.conversion import convert_files
from fsm.logs.detect import RecognisedFile, guess_mined
from fsm.logs.ledger import check_balance
from fsm.logs.log_file import LogFile, RowMeaning
from fsm.logs.mapping.event_counts import IS_SIDE_EVENT, count_decided, count_doubts, count_joined
from fsm.logs.mapping.message_recipients import (
    ONE_PERSON,
    find_persons,
    find_recipients,
    with_persons,
    with_recipients,
)
from fsm.logs.mapping.missing_handovers import (
    AddedHandovers,
    find_missing_handovers,
    with_handovers,
)
from fsm.logs.mapping.recordable import recordable_by
from fsm.logs.mapping.redact import Redaction
from fsm.logs.mapping.same_messages import find_same_messages, with_same_messages
from fsm.logs.mapping.stops import decide_stops, with_decisions
from fsm.logs.mapping.to_canonical import DOMAIN, READ_SCHEMA, SCHEMA
from fsm.logs.notes import Notes
from fsm.logs.reading import ReadingOptions
from fsm.logs.storage.scans import scan_parquet
from fsm.logs.storage.stored_file import StoredFile, line_texts
from fsm.logs.write.tables import ROWS, write_frames

if TYPE_CHECKING:
    from fsm.logs.incremental.incremental_run import IncrementalRun

__all__ = ["ConvertedLog", "convert_to_rows"]

_ROW = "row"


@dataclass(frozen=True)
class ConvertedLog:
    """Converted rows in a temporary file, which is removed with the last reference to this."""

    path: Path
    notes: tuple[Notes, ...]
    inputs: Mapping[str, StoredFile] = field(default_factory=dict)
    redaction: Redaction | None = None
    """The redaction of the rows; with one, no line is quoted."""
    recordable: frozenset[str] | None = None
    """The machines' events that the formats of the rows can record; None: any."""

    def frames(self, *, machine_events: bool) -> Iterator[pl.DataFrame]:
        """Yield the rows that machines use, or else the side events."""
        for frame in _slices(self.path):
            rows = frame.filter(~IS_SIDE_EVENT if machine_events else IS_SIDE_EVENT)
            yield rows.select(*SCHEMA)

    def events(self) -> pl.LazyFrame:
        """Return the rows that machines use."""
        return self._machine_events(*SCHEMA)

    def _machine_events(self, *columns: str) -> pl.LazyFrame:
        return scan_parquet(self.path).filter(~IS_SIDE_EVENT).select(columns)

    def file(self) -> LogFile:
        """Return the rows that machines use as one file of a log."""
        names = [note.name for note in self.notes]
        name = names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
        return LogFile(
            self.path,
            name,
            "frame",
            self._machine_events(*SCHEMA, DOMAIN),
            origin=self,
            recordable=lambda: self.recordable,
        )

    def places(self, rows: Codes) -> tuple[pl.Series, Codes]:
        """Return the file and the line of each row."""
        places = self._at(rows, "file", "line")
        return places["file"], places["line"].to_numpy().astype(np.intp)

    def quotes(self, rows: Codes) -> list[str]:
        """Return the line of each row as it stands in its file, or an outline of it.

        An outline, which is safe, stands for redacted lines and where a file has none to quote.
        """
        if self.redaction:
            return self._outlines(rows)
        files, lines = self.places(rows)
        texts: dict[tuple[str, int], str] = {}
        for name in files.unique().to_list():
            numbers = lines[(files == name).to_numpy()].tolist()
            kept = self.inputs.get(name)  # the files of earlier runs may be gone
            by_number = _texts_at(kept, numbers) if kept else {}
            texts.update({(name, number): text for number, text in by_number.items()})
        pairs = list(zip(files.to_list(), lines.tolist(), strict=True))
        if all(pair in texts for pair in pairs):
            return [texts[pair] for pair in pairs]
        outlines = self._outlines(rows)
        return [texts.get(pair, text) for pair, text in zip(pairs, outlines, strict=True)]

    def meanings(self, rows: Codes) -> list[RowMeaning]:
        """Return the rule and the doubt of each row."""
        says_more = ~pl.col("native").str.starts_with(pl.col("rule"))
        rule = pl.when(says_more).then("rule").fill_null("").alias("rule")
        frame = self._at(rows, rule, pl.col("doubt").fill_null(""))
        return [RowMeaning(*row) for row in frame.select("rule", "doubt").iter_rows()]

    def _outlines(self, rows: Codes) -> list[str]:
        """Return the safe fields of rows: time, format, native event, reply."""
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
        numbered = self.file().raw().select(*columns).with_row_index(_ROW)
        part = numbered.filter(pl.col(_ROW).is_in(wanted.implode())).collect(engine="streaming")
        return part.sort(_ROW)[np.searchsorted(wanted.to_numpy(), rows)]


def _texts_at(stored: StoredFile, numbers: Sequence[int]) -> dict[int, str]:
    """Return the texts of lines; of a log of process mining the events that begin there."""
    if guess_mined(stored.head()) is None:
        return line_texts(stored, numbers)
    from fsm.logs.process.quotes import event_texts

    return event_texts(stored, numbers)


def convert_to_rows(
    files: Iterable[RecognisedFile],
    options: ReadingOptions,
    left_out: Iterable[Notes] = (),
    handed_over: Sequence[pl.LazyFrame] = (),
    run: IncrementalRun | None = None,
) -> ConvertedLog:
    """Convert logs into a temporary file; raises :class:`fsm.errors.LogError`.

    ``left_out`` are notes on files that are not read; ``handed_over`` has messages whose hand-overs
    other files record. ``run`` has what earlier runs read, and keeps what is read now.
    """
    directory = TemporaryFolder()
    try:
        converted = _converted(
            list(files), options, Path(directory.name), list(left_out), handed_over, run
        )
    except BaseException:
        directory.cleanup()
        raise
    weakref.finalize(converted, directory.cleanup)
    return converted


def _converted(
    files: list[RecognisedFile],
    options: ReadingOptions,
    folder: Path,
    notes: list[Notes],
    handed_over: Sequence[pl.LazyFrame],
    run: IncrementalRun | None,
) -> ConvertedLog:
    path = folder / "read.parquet"
    own_notes = _read(files, options, notes, path, run)
    if same := find_same_messages(scan_parquet(path)):
        changes = list[pl.DataFrame]()
        joined = with_same_messages(_slices(path), same, changes)
        path = _rewritten(path, folder / "joined.parquet", joined)
        for name, part in _by_file(changes):
            count_joined(part, own_notes[name])
            own_notes[name].locate(name)
    if any(ONE_PERSON in note.doubts.counts for note in notes):
        persons = with_persons(_slices(path), find_persons(scan_parquet(path)))
        path = _rewritten(path, folder / "persons.parquet", persons)
    recipients, doubtful = find_recipients(scan_parquet(path)), list[pl.DataFrame]()
    if recipients:
        named = with_recipients(_slices(path), recipients, doubtful)
        path = _rewritten(path, folder / "named.parquet", named)
    rows = scan_parquet(path)
    stops = decide_stops(rows)
    missing = find_missing_handovers(rows, options.relayed, handed_over)
    if stops.height or missing.height:
        added, stopped = AddedHandovers(), list[pl.DataFrame]()
        frames = with_handovers(with_decisions(_slices(path), stops, stopped), missing, added)
        path = _rewritten(path, folder / "log.parquet", frames)
        for name, note in own_notes.items():
            note.missing_handovers += added.counts[name]
            note.told_handovers += added.told[name]
        for name, part in _by_file(stopped):
            count_decided(part, own_notes[name])
            own_notes[name].locate(name)
    for name, part in _by_file(doubtful):
        count_doubts(part, own_notes[name])
        own_notes[name].locate(name)
    _check_rows(path, notes)
    in_rows = scan_parquet(path).select(pl.col("format").unique()).collect()["format"]
    formats = {file.format for file in files} | (run.formats if run else set())
    recordable = recordable_by(formats, in_rows, options.relayed)
    inputs = {file.stored.name: file.stored.whole() for file in files}
    return ConvertedLog(path, tuple(notes), inputs, options.redaction, recordable)


def _read(
    files: Sequence[RecognisedFile],
    options: ReadingOptions,
    notes: list[Notes],
    path: Path,
    run: IncrementalRun | None,
) -> dict[str, Notes]:
    """Write the rows of files, and those that earlier runs read; return the notes of each file."""
    if run is None:
        write_frames(_with_schema(convert_files(files, options, notes)), path)
        return _notes_by_file(files, notes)
    earlier, carried, height = run.notes(), run.carried(), 0

    def kept() -> Iterator[pl.DataFrame]:
        nonlocal height
        for frame in run.frames():
            height += frame.height
            yield frame

    notes += earlier.values()
    new = run.without_known(convert_files(files, options, notes, carried), notes)
    write_frames(_with_schema(chain(kept(), new)), path)
    run.keep(scan_parquet(path).slice(height), notes, carried)
    return earlier | _notes_by_file(files, notes)


def _by_file(frames: Sequence[pl.DataFrame]) -> Iterator[tuple[str, pl.DataFrame]]:
    for (name,), part in pl.concat(frames).group_by("file", maintain_order=True) if frames else ():
        yield str(name), part


def _rewritten(old: Path, new: Path, frames: Iterable[pl.DataFrame]) -> Path:
    write_frames(frames, new)
    old.unlink()
    return new


def _check_rows(path: Path, notes: Iterable[Notes]) -> None:
    """Raise :class:`fsm.errors.LogError` where the rows are not the events that were counted."""
    totals = [(n.events, n.side_events.total, n.missing_handovers) for n in notes]
    names = ("events", "events that no machine uses", "hand-overs that were added")
    counts = (sum(parts) for parts in zip(*totals, strict=True)) if totals else (0, 0, 0)
    height = scan_parquet(path).select(pl.len()).collect().item()
    check_balance("rows of the converted log", height, zip(names, counts, strict=True))


def _slices(path: Path) -> Iterator[pl.DataFrame]:
    """Yield the rows of a Parquet file, one part at a time; nothing is read ahead."""
    rows = scan_parquet(path)
    height = rows.select(pl.len()).collect().item()
    for start in range(0, max(height, 1), ROWS):
        yield rows.slice(start, ROWS).collect()


def _with_schema(frames: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """Yield an empty frame first, so that a log without events has its columns."""
    yield pl.DataFrame(schema=READ_SCHEMA)
    yield from frames


def _notes_by_file(files: Iterable[RecognisedFile], notes: list[Notes]) -> dict[str, Notes]:
    """Return the notes of each file; the mails of one Maildir share theirs."""
    by_name = {note.name: note for note in notes}
    return {file.stored.name: by_name[file.stored.group or file.stored.name] for file in files}
