"""Convert logs, in any order and mixture of formats, to frames of canonical rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from itertools import chain
from operator import attrgetter
from typing import Any, Protocol

import polars as pl

from fsm.errors import LogError
from fsm.logs.canonical_columns import CANONICAL, MINED
from fsm.logs.canonical_conversion import canonical_rows
from fsm.logs.canonical_file import open_canonical
from fsm.logs.detect import RecognisedFile
from fsm.logs.mapping.event_mapping import load_format
from fsm.logs.mapping.policy import load_policy
from fsm.logs.mapping.to_canonical import event_frame, to_rows
from fsm.logs.native_event import NativeEvents
from fsm.logs.notes import Notes
from fsm.logs.reading import ReadingOptions
from fsm.logs.servers.clock import Clock
from fsm.logs.servers.file_order import PlacedFile, files_in_order
from fsm.logs.servers.lines import LineReader
from fsm.logs.servers.mail_queue import UNTOLD
from fsm.logs.storage.stored_file import StoredFile
from fsm.logs.unusable import leave_out
from fsm.suggest import suggestion

__all__ = ["Carried", "Reader", "convert_files"]

_NAMES = 100_000
"""Native events that are kept; a hostile log has any number of them."""
_CHUNK = 50_000
"""Events turned to rows at a time."""
_HEAVY = 1 << 26
"""Bytes of events turned to rows at a time; a single larger group is turned to rows alone."""
_TEXTS = attrgetter("reply", "recipient", "message_id")


class Reader(Protocol):
    """Reads events from the lines of files, one file after the other.

    The modules of ``fsm/logs/servers`` and ``fsm/logs/records`` implement it as ``Reader``.
    """

    def read(self, blocks: Iterable[list[str]], notes: Notes) -> Iterator[tuple[str, NativeEvents]]:
        """Yield groups of events, each with the name of its format.

        ``blocks`` are the lines of one file in lists; ``notes`` get what was not read as an event.
        """


@dataclass
class Carried:
    """What is carried from one run to the next: what was noted of files, and read of messages.

    ``notes`` are those of files that go on, by their names. ``states`` are those of the readers
    that join lines, by their formats; reading replaces them.
    """

    notes: dict[str, Notes]
    states: dict[str, Any]


def convert_files(
    files: Sequence[RecognisedFile],
    options: ReadingOptions,
    notes: list[Notes],
    carried: Carried | None = None,
) -> Iterator[pl.DataFrame]:
    """Yield canonical rows, file after file, and add the notes of each file to ``notes``.

    Files of a mail server are read in the order of their first lines. Exports of statuses come
    last, because events are inferred from all of them together. ``carried`` is what earlier runs
    left, and gets what this one leaves. Raises :class:`fsm.errors.LogError` for a file that cannot
    be read.
    """
    redaction = options.redaction
    options = replace(options, policy=options.policy or load_policy("source"))
    seen: set[str] = set()
    for rows, note in _rows(files, options, notes, carried):
        if options.named_events and len(seen) < _NAMES:
            seen.update(rows.select(pl.coalesce("native", "event")).to_series().drop_nulls())
        if rows.height:
            yield redaction.rows(rows, note) if redaction else rows
    if options.checkpoint is None and not any(file.format in CANONICAL for file in files):
        _note_missing_events(options, seen, notes)
    for note in notes:
        if not note.unusable:
            note.records.check(note.name)
        if redaction:
            redaction.clean(note)


def _note_missing_events(options: ReadingOptions, seen: set[str], notes: list[Notes]) -> None:
    """Note events that the user names and that are in none of the logs."""
    for note in notes:
        seen |= {name for o in (note.passed, note.unmapped) for _, name in o.quotes.values()}
    known = {event.casefold() for event in seen}
    known |= {
        "/".join(path[:n]) for e in known for path in [e.split("/")] for n in range(len(path))
    }
    for name in options.named_events:
        if name.casefold() not in known and "*" not in name:
            near = "" if options.redaction else suggestion(name, sorted(seen))
            notes[-1].assumed[f"event {name}"] = (
                f"no event {name!r} in the log{near and f'; {near}'}"
            )


def _rows(
    files: Sequence[RecognisedFile],
    options: ReadingOptions,
    notes: list[Notes],
    carried: Carried | None,
) -> Iterator[tuple[pl.DataFrame, Notes]]:
    """Yield rows before redaction, and the notes of their file."""
    known = carried or Carried({}, {})
    clock = Clock(options.zone, options.year)
    readers: dict[str, Reader] = {}
    for placed in files_in_order([file for file in files if file.format != "snapshot"], options):
        file = placed.file
        note = known.notes.get(file.stored.name)
        if note is not None:
            notes.append(note)
        elif file.format in (*CANONICAL, *MINED):
            note = _note_of(file, options, notes)
            yield from ((rows, note) for rows in _event_log_rows(file, options, note))
            continue
        going_on, note = note is not None, note or _note_of(file, options, notes)
        clock.begin(file.stored.last_written(), note)
        if file.format not in readers:
            readers[file.format] = _reader(file, clock, options, known, notes)
        if going_on:
            clock.go_on()
        for groups in _gathered(_readable(readers[file.format], placed, note)):
            options.progress(sum(note.size for note in notes))
            yield _rows_of(groups, file, note, options), note
        note.locate(file.stored.name)
    if carried is not None:
        carried.states |= {
            name: reader.state()
            for name, reader in readers.items()
            if isinstance(reader, LineReader)
        }
    exports = [file for file in files if file.format == "snapshot"]
    if exports:
        yield from _export_rows(exports, options, notes)


def _event_log_rows(
    file: RecognisedFile, options: ReadingOptions, note: Notes
) -> Iterator[pl.DataFrame]:
    """Yield the rows of a file that has an event in each record: canonical, or for mining."""
    try:
        if file.format in MINED:
            from fsm.logs.process.event_logs import mined_rows

            yield from mined_rows(file, options, note)
            return
        log = open_canonical(
            file.stored, file.format, options.columns, options.redaction, options.renamed
        )
    except LogError as error:
        leave_out(note, error)
        return
    yield from canonical_rows(log, note)


def _readable(
    reader: Reader, placed: PlacedFile, note: Notes
) -> Iterator[tuple[str, NativeEvents]]:
    """Yield the events of a file, up to where it cannot be read; its note says so."""
    stored = placed.file.stored
    if isinstance(reader, LineReader) and placed.first is not None:
        reader.overlaps.begin_file(stored.name, placed.first, placed.following)
    try:
        yield from reader.read(_blocks(stored, note), note)
    except LogError as error:
        leave_out(note, error)


def _blocks(stored: StoredFile, note: Notes) -> Iterator[list[str]]:
    """Yield the lines of a file; where it breaks off, its reader ends as at the end of one."""
    try:
        yield from stored.blocks(note)
    except LogError as error:
        leave_out(note, error)


def _rows_of(
    groups: Mapping[str, list[NativeEvents]],
    file: RecognisedFile,
    note: Notes,
    options: ReadingOptions,
) -> pl.DataFrame:
    """Return the rows of groups of events, by format, in the order of their lines."""
    policy, frames = options.policy or load_policy("source"), []
    for name, events in groups.items():
        form = file.form if file.form and file.form.name == name else load_format(name)
        if options.events:
            form = form.with_meanings(options.events)
        note.unit = note.unit or form.unit
        frames.append(to_rows(event_frame(events), form, note, policy, file.stored.name))
    return frames[0] if len(frames) == 1 else pl.concat(frames).sort("line", maintain_order=True)


def _export_rows(
    exports: Sequence[RecognisedFile],
    options: ReadingOptions,
    notes: list[Notes],
) -> Iterator[tuple[pl.DataFrame, Notes]]:
    """Yield the rows of the events that exports of statuses show together."""
    from fsm.logs.snapshots.export_times import given_times
    from fsm.logs.snapshots.exports import ExportOptions, StatusExport, events_of
    from fsm.logs.snapshots.labels import load_labels

    policy = options.policy or load_policy("source")
    form, labels = load_format("snapshot"), load_labels(options.labels)
    files = [StatusExport(file.stored, _note_of(file, options, notes)) for file in exports]
    times = given_times([file.source.name for file in files], options.exported)
    feedback = labels.feedback if options.feedback is None else options.feedback

    def progress() -> None:
        options.progress(sum(note.size for note in notes))

    for file, events in events_of(
        files, ExportOptions(labels, options.zone, feedback, times, progress)
    ):
        yield to_rows(events, form, file.notes, policy, file.source.name), file.notes


def _note_of(file: RecognisedFile, options: ReadingOptions, notes: list[Notes]) -> Notes:
    """Return the notes of a file; the mails of one Maildir share theirs."""
    name = file.stored.group or file.stored.name
    if file.stored.group is None or not notes or notes[-1].name != name:
        redacted = options.redaction is not None
        notes.append(Notes(name, f"{file.format} ({file.reason})", redacted=redacted))
    return notes[-1]


def _reader(
    file: RecognisedFile,
    clock: Clock,
    options: ReadingOptions,
    carried: Carried,
    notes: Sequence[Notes],
) -> Reader:
    if file.form is not None:
        from fsm.logs.records.mapped_reader import MappedReader

        return MappedReader(file.form, options.zone, clock.read)
    if file.format == "webhooks":
        from fsm.logs.records.reader import Reader as Webhooks

        return Webhooks(options.zone)
    reader: Reader = import_module(f"fsm.logs.servers.{file.format}").Reader(clock)
    if isinstance(reader, LineReader) and file.format in carried.states:
        reader.resume(carried.states[file.format])
        for earlier in notes:
            if earlier.reason.startswith(f"{file.format} ("):
                earlier.assumed.pop(UNTOLD, None)  # the log goes on in this file
    return reader


def _gathered(
    events_by_format: Iterable[tuple[str, NativeEvents]],
) -> Iterator[dict[str, list[NativeEvents]]]:
    """Join groups of events by their formats, because rows are made faster for many at a time."""
    groups: dict[str, list[NativeEvents]] = {}
    size = weight = 0
    for name, events in events_by_format:
        added = _weight(events)
        if size and (size + len(events) > _CHUNK or weight + added > _HEAVY):
            yield groups
            groups, size, weight = {}, 0, 0
        groups.setdefault(name, []).append(events)
        size, weight = size + len(events), weight + added
    if size:
        yield groups


def _weight(events: NativeEvents) -> int:
    """Return approximately how many bytes the texts of events take."""
    if isinstance(events, pl.DataFrame):
        return int(events.estimated_size())
    return sum(map(len, filter(None, chain.from_iterable(map(_TEXTS, events)))))
