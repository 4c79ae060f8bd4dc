"""Which rows of the files of a log are new to a checkpoint.

A file is known by its bytes while it stays as it was, or has grown. Otherwise its rows are
compared with those that were executed: see :mod:`fsm.engine.checkpoint.known_rows`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

from fsm.engine.checkpoint.earlier_runs import EarlierRuns
from fsm.engine.checkpoint.known_rows import (
    DigestFile,
    DigestTable,
    KnownRows,
    Match,
    Scattered,
    digests_of,
)
from fsm.engine.checkpoint.manifest import ExecutedFile
from fsm.errors import LogError
from fsm.logs.log import Log
from fsm.logs.log_file import LogFile
from fsm.logs.storage.compression import PACKED

__all__ = ["NewFile", "NewFiles"]

_BLOCK = 1 << 20


@dataclass(frozen=True)
class NewFile:
    """A file with new rows. Of its ``digests``, the first ``known`` are in the checkpoint."""

    log_file: LogFile
    file: ExecutedFile
    digests: DigestFile
    known: int


class NewFiles:
    """The files with new rows, and what the user is told of all files."""

    def __init__(self, earlier: EarlierRuns) -> None:
        self._earlier = earlier
        self.notes: list[str] = []
        """A line for each file of which some rows are known."""
        self.files: list[NewFile] = []
        self.left_out = 0
        """Rows that were executed before."""
        self._known = self._known_rows()

    def _known_rows(self) -> KnownRows:
        """Return the rows that earlier runs executed, as far as they can be compared."""
        known, earlier = KnownRows(), self._earlier
        if not earlier.is_comparable:
            self.notes.append(
                f"{earlier.directory}: written by another version of fsm or polars, so that its "
                "rows cannot be compared; only files that are byte for byte the same are known "
                "again"
            )
            return known
        files = [(file.name, file.kept) for file in earlier.manifest.absorbed]
        for part in earlier.parts("rows"):
            left, in_part = part.rows, []
            while left > 0 and files:
                name, kept = files.pop(0)
                in_part.append((name, kept))
                left -= kept
            known.add(DigestTable(earlier.directory / part.name, part.rows), in_part)
        return known

    def take(self, log: Log, log_file: LogFile) -> None:
        """Note what is new of a file."""
        _refuse_frames(log_file)
        size, digest, executed = self._executed(log_file)
        if executed is not None and executed.digest == digest:
            self._note_known(log_file, executed.rows, _where(log_file, executed.name))
            return
        if executed is not None and _is_text(log_file):
            log_file = _continued(log_file, executed)
        digests = DigestFile()
        for part in digests_of(log, log_file):
            digests.append(part)
        match = self._known.match(digests)
        if match is not None and match.whole:
            self._note_known(log_file, log_file.skip + match.rows, _where(log_file, match.name))
            return
        known = match.rows if match is not None and match.ending else 0
        scattered = self._known.scattered(digests, known)
        if scattered.rows and scattered.known == digests.rows - known:
            where = ", in another order or other files"
            self._note_known(log_file, log_file.skip + digests.rows, where)
            return
        if known and match is not None:
            log_file = replace(log_file, skip=log_file.skip + known)
            self._note_grown(log_file, match.name)
        elif log_file.skip and executed is not None:
            self._note_grown(log_file, executed.name)
        if scattered.known:
            self._note_mixed(log_file, scattered, match)
        self._known.add(digests, [(log_file.name, digests.rows)])
        file = ExecutedFile(log_file.name, size, digest, log_file.skip, digests.rows - known)
        self.files.append(NewFile(log_file, file, digests, known))

    def _executed(self, log_file: LogFile) -> tuple[int, str, ExecutedFile | None]:
        """Return a file's size and digest, and the longest executed file that it begins with."""
        seen = {file.digest: file for file in self._earlier.manifest.absorbed}
        seen |= {new.file.digest: new.file for new in self.files}
        size, digest, executed = 0, "", None
        for size, digest in _digests(log_file, {file.size for file in seen.values()}):  # noqa: B007
            executed = seen.get(digest, executed)
        return size, digest, executed

    def _note_known(self, log_file: LogFile, rows: int, where: str) -> None:
        self.left_out += rows
        if rows:
            self.notes.append(
                f"{log_file.name}: its {rows:,} rows were executed before{where}; left out now"
            )

    def _note_grown(self, log_file: LogFile, name: str) -> None:
        self.left_out += log_file.skip
        self.notes.append(
            f"{log_file.name}: its first {log_file.skip:,} rows were executed "
            f"before{_where(log_file, name)}; only those after them are executed now"
        )

    def _note_mixed(self, log_file: LogFile, scattered: Scattered, match: Match | None) -> None:
        """Note that rows come again, before, after or among new ones."""
        alike = ""
        if match is not None and not match.ending and match.rows > 1:
            alike = f" (its first {match.rows:,} rows are as in {match.name})"
        self.notes.append(
            f"{log_file.name}: {scattered.known:,} of {scattered.rows:,} rows looked for were "
            f"executed before, in another order or among others{alike}; since not all were, none "
            "is left out: unless event_id or --dedupe drops them, take them out, or execute the "
            "whole log in a new directory"
        )


def _digests(log_file: LogFile, sizes: set[int]) -> Iterator[tuple[int, str]]:
    """Yield the digests of the file's beginnings of these sizes, and at the end of all of it."""
    # With a key, so that no one can guess an address and compare its digest.
    key = log_file.redaction.digest_key if log_file.redaction else b""
    total, digest = 0, hashlib.blake2b(digest_size=16, key=key)
    stops = sorted(sizes)
    with log_file.path.open("rb") as file:
        while block := file.read(min(_BLOCK, stops[0] - total) if stops else _BLOCK):
            digest.update(block)
            total += len(block)
            if stops and total == stops[0]:
                del stops[0]
                yield total, digest.hexdigest()
    yield total, digest.hexdigest()


def _refuse_frames(log_file: LogFile) -> None:
    """Refuse what is no file."""
    if log_file.frame is not None:
        if log_file.origin is not None:
            remedy = f"give replay the names of the files themselves, not {log_file.name} opened"
        else:
            remedy = "write the frame to a file"
        raise LogError(f"a checkpoint knows logs by their files; {remedy}")


def _where(log_file: LogFile, name: str) -> str:
    """Return in which file rows were executed, where that was another one."""
    return "" if name == log_file.name else f" in {name}"


def _is_text(log_file: LogFile) -> bool:
    """Return whether a file is lines of text as it stands."""
    with log_file.path.open("rb") as file:
        return log_file.format != "parquet" and not file.read(4).startswith(PACKED)


def _continued(log_file: LogFile, executed: ExecutedFile) -> LogFile:
    """Return what is new of a text file that has grown since it was executed."""
    with log_file.path.open("rb") as file:
        file.seek(executed.size - 1)
        joint = file.read(2)
    if b"\n" not in joint and not joint.endswith(b"\r"):
        raise LogError(
            f"{log_file.name}: its last line was not complete when it was executed; "
            "execute the whole log in a new directory"
        )
    return replace(log_file, skip=executed.rows)
