"""One run over a log that is read bit by bit: what is new of its files is read, the rest is kept.

Rows are kept as they were read, and messages are joined and executed anew in each run, so that any
number of runs gives what one run over everything gives. Reading is what takes time.

A file is known by its content: where it is what it was, it is not read again. Of one that has
grown, the lines after the known ones are read if its reader joins lines, as those of mail servers
do; others are read again, and their rows take the place of those before.
"""

from __future__ import annotations

import json
import weakref
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from fsm.durable import locked
from fsm.errors import CheckpointError, LogError
from fsm.files import output_errors
from fsm.logs.canonical_columns import QUERY
from fsm.logs.conversion import Carried
from fsm.logs.detect import RecognisedFile
from fsm.logs.incremental.identity import FileIdentity, identify
from fsm.logs.incremental.kept_log import NAME, KeptFile, KeptLog, note_values, stored_part
from fsm.logs.incremental.rules import check_rules, rules_of
from fsm.logs.ledger import RecordClass
from fsm.logs.notes import Notes
from fsm.logs.reading import ReadingOptions
from fsm.logs.storage.scans import scan_parquet
from fsm.logs.unusable import skipping
from fsm.logs.write.tables import write_frames
from fsm.text import quantity

__all__ = ["IncrementalRun", "is_incremental"]

_IDENTITY = ["message_id", "recipient", "event", "timestamp", "event_id", "delivery_id", "seq"]
"""What makes rows of a query the same."""
_TURN = "\0turn"
"""The number of a row among the same ones."""
JOINING = ("postfix", "exim", "sendmail")
"""Formats whose readers join lines, and remember messages from one file to the next."""


def is_incremental(directory: Path) -> bool:
    """Return whether a checkpoint is one of logs of other formats."""
    return (directory / NAME).exists()


@dataclass(frozen=True)
class _NewFile:
    """A file to read, and what is known of it; ``before`` is what it continues or replaces."""

    file: RecognisedFile
    stored: tuple[RecognisedFile, ...]
    identity: FileIdentity
    before: KeptFile | None = None

    @property
    def name(self) -> str:
        """The name of the file, or of the folder that its mails are in."""
        return self.file.stored.group or self.file.stored.name

    @property
    def continues(self) -> bool:
        """Whether only what follows the known lines is read."""
        return self.before is not None and self.file.format in JOINING


class IncrementalRun:
    """The rows and notes of earlier runs, and those of this one; see :meth:`opened`."""

    def __init__(self, directory: Path, content: KeptLog, lock: ExitStack) -> None:
        self._directory, self._content, self._lock = directory, content, lock
        self._kept: dict[str, KeptFile] = {file.name: file for file in content.files}
        self._new: list[_NewFile] = []
        self._written: list[KeptFile] = []
        self._states: dict[str, Any] = {}
        self.messages: list[str] = []
        """What is said of the files, a line for each."""
        weakref.finalize(self, lock.close)

    @classmethod
    def opened(cls, options: ReadingOptions) -> IncrementalRun:
        """Keep others out of a checkpoint, and verify it.

        Raises :class:`CheckpointError` where it is damaged, in use, or was begun by other rules.
        """
        directory = options.checkpoint
        assert directory is not None  # noqa: S101
        if options.redaction is not None:
            raise CheckpointError(
                f"{directory}: what is read of a log is kept in clear, so --pseudonymise is only "
                "for checkpoints of canonical logs; convert each file first: "
                "fsm convert LOG --pseudonymise KEY -o events.parquet"
            )
        rules = rules_of(options)
        with ExitStack() as stack:
            stack.enter_context(locked(directory))
            content = KeptLog.read(directory) or KeptLog(rules)
            check_rules(directory, content.rules, rules)
            content.clean(directory)
            return cls(directory, content, stack.pop_all())

    # Files -----------------------------------------------------------------------------------

    def take(self, files: Iterable[RecognisedFile], left_out: list[Notes]) -> list[RecognisedFile]:
        """Return what is to be read of files; notes on those that cannot be are added."""
        for unit in _units(files):
            with skipping(unit[0].stored.group or unit[0].stored.name, left_out):
                self._take(unit)
        names = {new.name for new in self._new}
        for name in names & self._kept.keys():  # another file has the name now
            self._rename(self._kept.pop(name), f"{name} (before)", names)
        # In the order in which they were read: of rows of the same time the first one is before.
        places = {file.digest: place for place, file in enumerate(self._content.files)}
        kept = sorted(self._kept.values(), key=lambda file: places[file.digest])
        self._kept = {file.name: file for file in kept}
        return [file for new in self._new for file in new.stored]

    def _take(self, unit: Sequence[RecognisedFile]) -> None:
        first, name = unit[0], unit[0].stored.group or unit[0].stored.name
        if first.format == "snapshot" or first.stored.url is not None:
            what = "exports of statuses are compared" if first.stored.url is None else "it is read"
            raise LogError(
                f"{name}: {what} anew in each run; give it without --checkpoint, or convert it "
                f"first: fsm convert {name} -o events.parquet"
            )
        joins = first.format in JOINING
        sizes = {kept.size for kept in self._kept.values()}
        found = identify([file.stored for file in unit], sizes, whole_lines=joins)
        known = [
            kept
            for kept in self._kept.values()
            if kept.digest in (found.digest, found.beginnings.get(kept.size))
        ]
        before = max(known, key=lambda kept: kept.size, default=None)
        if before is None and first.stored.group in self._kept:
            before = self._kept[first.stored.group or ""]
        if before is not None:
            del self._kept[before.name]
        if before is not None and before.digest == found.digest:
            self.messages.append(f"{name}: read before{_as(before, name)}; left out now")
            self._rename(before, name, set())
            return
        if before is not None and joins:
            self.messages.append(
                f"{name}: its first {before.notes['lines']:,} lines were read before"
                f"{_as(before, name)}; only those after them are read now"
            )
        if joins:
            start = before.size if before else 0
            stored = replace(first.stored, start=start, stop=found.size)
            unit = [replace(first, stored=stored)]
        self._new.append(_NewFile(first, tuple(unit), found, before))

    def _rename(self, kept: KeptFile, name: str, taken: set[str]) -> None:
        while name in self._kept or name in taken:
            name = f"{name} (before)"
        self._kept[name] = replace(kept, name=name)

    # Rows ------------------------------------------------------------------------------------

    def notes(self) -> dict[str, Notes]:
        """Return the notes on the files that are kept, by their names."""
        return {name: kept.read_notes() for name, kept in self._kept.items()}

    def carried(self) -> Carried:
        """Return what the readers of this run carry on."""
        going_on = {}
        for new in self._new:
            if new.continues and new.before:
                going_on[new.name] = replace(new.before, name=new.name).read_notes()
        if self._content.state is not None:
            path = self._directory / self._content.state.name
            self._states = json.loads(path.read_bytes())
        return Carried(going_on, self._states)

    @property
    def formats(self) -> set[str]:
        """The formats of the files that are kept."""
        continued = {new.file.format for new in self._new if new.before}
        return continued | {kept.format for kept in self._kept.values()}

    def frames(self) -> Iterator[pl.DataFrame]:
        """Yield the rows that earlier runs read, each with the name that its file has now."""
        continued = {new.name: new.before for new in self._new if new.continues and new.before}
        for name, file in (self._kept | continued).items():
            for part in file.parts:
                frame = scan_parquet(self._directory / part.name).collect()
                yield frame.with_columns(pl.lit(name).alias("file"))

    def without_known(
        self, frames: Iterable[pl.DataFrame], notes: Sequence[Notes]
    ) -> Iterator[pl.DataFrame]:
        """Yield rows without those of a query that earlier runs got, in whatever order."""
        known = [
            scan_parquet(self._directory / part.name).select(_IDENTITY)
            for kept in self._kept.values()
            if kept.format == "parquet" and kept.name.startswith(QUERY)
            for part in kept.parts
        ]
        seen = _numbered(pl.concat(known).collect()) if known else None
        for frame in frames:
            if seen is None or frame.is_empty() or frame["file"][0] != QUERY:
                yield frame
                continue
            numbered = _numbered(frame)
            new = numbered.join(seen, on=[*_IDENTITY, _TURN], how="anti", nulls_equal=True)
            left_out = frame.height - new.height
            if left_out:
                note = next(note for note in reversed(notes) if note.name == QUERY)
                note.events -= left_out
                note.records.read -= left_out
                note.records.count(RecordClass.EVENTS, -left_out)
                self.messages.append(
                    f"{QUERY}: {quantity(left_out, 'row')} read before; left out now"
                )
            yield new.drop(_TURN)

    def keep(self, rows: pl.LazyFrame, notes: Iterable[Notes], carried: Carried) -> None:
        """Write the rows that this run read, as they are before messages are joined."""
        by_name = {note.name: note for note in notes}
        places = {name: place for place, name in enumerate(by_name)}  # as they were read
        in_order = sorted(self._new, key=lambda new: places[new.name])
        for number, new in enumerate(in_order):
            name = new.name
            names = [file.stored.name for file in new.stored]
            note = by_name[name]
            if note.unusable:
                if new.before is not None:  # it was readable before
                    raise LogError(note.left_out)
                continue
            path = self._directory / f"read-{self._content.runs + 1:06}-{number}.parquet"
            of_file = rows.filter(pl.col("file").is_in(names)).collect()
            with output_errors(self._directory):
                write_frames([of_file], path)
            before = new.before.parts if new.continues and new.before else ()
            identity = new.identity
            self._written.append(
                KeptFile(
                    name,
                    new.file.format,
                    identity.size,
                    identity.digest,
                    (*before, stored_part(path)),
                    note_values(note),
                )
            )
        self._states = carried.states

    def commit(self) -> None:
        """Make what was read a part of the checkpoint; all of it or, on any failure, nothing."""
        if not self._written and self._content.runs:
            self._lock.close()
            return
        before = self._content
        path = self._directory / f"state-{before.runs + 1:06}.json"
        with output_errors(path):
            path.write_text(json.dumps(self._states))
        files = (*self._kept.values(), *self._written)
        content = KeptLog(before.rules, before.runs + 1, files, stored_part(path))
        parts = {part.name for part in content.parts}
        retired = tuple(part.name for part in before.parts if part.name not in parts)
        replace(content, retired=retired).write(self._directory)
        self._lock.close()


def _numbered(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(pl.int_range(pl.len()).over(_IDENTITY).alias(_TURN))


def _units(files: Iterable[RecognisedFile]) -> Iterator[list[RecognisedFile]]:
    """Yield files one by one, and the mails of a folder together."""
    folders: dict[str, list[RecognisedFile]] = {}
    for file in files:
        if file.stored.group is None:
            yield [file]
        else:
            folders.setdefault(file.stored.group, []).append(file)
    yield from folders.values()


def _as(before: KeptFile, name: str) -> str:
    return "" if before.name == name else f" as {before.name}"
