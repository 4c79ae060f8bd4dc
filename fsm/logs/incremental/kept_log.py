"""What a checkpoint of logs of other formats holds: one small file, which names all the others.

It holds the rows that were read of each file, before messages are joined and hand-overs added; the
notes on each file; and what the readers of mail servers remember of messages in the queue.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Final

from fsm.durable import digest_of, is_unchanged, replace_durably, sync
from fsm.errors import CheckpointError
from fsm.files import output_errors
from fsm.logs.ledger import RecordClass, RecordLedger
from fsm.logs.notes import Notes, Occurrences

__all__ = ["KeptFile", "KeptLog", "StoredPart", "note_values", "stored_part"]

VERSION: Final = 1
NAME: Final = "log.json"
_OTHER = "manifest.json"
"""What a checkpoint of canonical logs has instead."""
_PART = re.compile(r"(?:read-\d{6,12}-\d{1,9}\.parquet|state-\d{6,12}\.json)")
_ANEW = "execute the whole log in a new directory"


@dataclass(frozen=True)
class StoredPart:
    """A file of the checkpoint."""

    name: str
    size: int
    digest: str


@dataclass(frozen=True)
class KeptFile:
    """A file of the log: how it is recognised again, its rows, and the notes on it.

    Its first ``size`` bytes, decompressed, have ``digest``. The mails of one folder are one file.
    """

    name: str
    format: str
    size: int
    digest: str
    parts: tuple[StoredPart, ...]
    notes: Mapping[str, Any]

    def read_notes(self) -> Notes:
        """Return the notes on the file as its rows were read."""
        return _notes_of({**self.notes, "name": self.name})


@dataclass(frozen=True)
class KeptLog:
    """The content of a checkpoint after some number of runs.

    ``rules`` are digests of all that decides how files are read. ``retired`` parts stay for one
    more run, since a result may still be reading them.
    """

    rules: Mapping[str, str]
    runs: int = 0
    files: tuple[KeptFile, ...] = ()
    state: StoredPart | None = None
    retired: tuple[str, ...] = field(default_factory=tuple)

    @classmethod
    def read(cls, directory: Path) -> KeptLog | None:
        """Return the content of a checkpoint; None where there is none yet.

        Raises :class:`CheckpointError` where it is damaged, of another version, or of canonical
        logs.
        """
        path = directory / NAME
        if not path.exists():
            if (directory / _OTHER).exists():
                raise CheckpointError(
                    f"{directory}: was begun with canonical logs alone; {_ANEW}, or convert the "
                    "others first: fsm convert LOG -o events.parquet"
                )
            return None
        try:
            content = json.loads(path.read_bytes())
            body = content["body"]
            if content["version"] != VERSION:
                raise CheckpointError(f"{path}: of another version of checkpoints; {_ANEW}")
            if content["digest"] != _digest(body):
                raise _damaged(path)
            files = tuple(
                KeptFile(**{**file, "parts": _parts(file["parts"])}) for file in body["files"]
            )
            state = StoredPart(**body["state"]) if body["state"] else None
            found = cls(body["rules"], body["runs"], files, state, tuple(body["retired"]))
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise _damaged(path) from error
        found.verify(directory)
        return found

    @property
    def parts(self) -> list[StoredPart]:
        """All files of the checkpoint but this one."""
        of_files = [part for file in self.files for part in file.parts]
        return of_files if self.state is None else [*of_files, self.state]

    def verify(self, directory: Path) -> None:
        """Raise :class:`CheckpointError` where a part is not what it was when it was written."""
        for part in self.parts:
            path = directory / part.name
            is_own = _PART.fullmatch(part.name)
            if not (is_own and is_unchanged(path, part.size, part.digest)):
                raise _damaged(path)

    def clean(self, directory: Path) -> None:
        """Remove the files of runs that did not end."""
        known = {part.name for part in self.parts} | set(self.retired)
        for path in directory.iterdir():
            if _PART.fullmatch(path.name) and path.name not in known:
                path.unlink(missing_ok=True)

    def write(self, directory: Path) -> None:
        """Replace the content of a checkpoint; once this returns it is on the disk."""
        body = asdict(self)
        content = {"version": VERSION, "digest": _digest(body), "body": body}
        replace_durably(directory / NAME, json.dumps(content, indent=1).encode())


def stored_part(path: Path) -> StoredPart:
    """Bring a part onto the disk, and return what the content says of it."""
    with output_errors(path):
        sync(path)
        return StoredPart(path.name, path.stat().st_size, digest_of(path))


def _parts(values: list[dict[str, Any]]) -> tuple[StoredPart, ...]:
    return tuple(StoredPart(**value) for value in values)


def _damaged(path: Path) -> CheckpointError:
    return CheckpointError(f"{path}: damaged or missing; restore it from a copy, or {_ANEW}")


def _digest(body: object) -> str:
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


# Notes ---------------------------------------------------------------------------------------


def note_values(notes: Notes) -> dict[str, Any]:
    """Return notes as plain values."""
    values: dict[str, Any] = {}
    for each in fields(Notes):
        value = getattr(notes, each.name)
        if isinstance(value, Occurrences):
            value = {
                t: [count, value.firsts[t], value.files.get(t)] for t, count in value.counts.items()
            }
        elif isinstance(value, RecordLedger):
            value = [value.read, {kind.name: count for kind, count in value.counts.items()}]
        values[each.name] = value
    return values


def _notes_of(values: Mapping[str, Any]) -> Notes:
    notes = Notes(values["name"])
    for each in fields(Notes):
        value, now = values.get(each.name), getattr(notes, each.name)
        if isinstance(now, Occurrences):
            for text, (count, line, *file) in (value or {}).items():
                now.counts[text], now.firsts[text] = count, line
                now.files.update((text, name) for name in file if name)
        elif isinstance(now, RecordLedger):
            now.read, counts = value or (0, {})
            now.counts = Counter({RecordClass[name]: count for name, count in counts.items()})
        elif value is not None:
            setattr(notes, each.name, value)
    return notes
