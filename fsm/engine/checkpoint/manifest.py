"""What a checkpoint holds: one small file that is replaced whole, and names all the others.

What it does not name is not part of the checkpoint: a run that was killed leaves nothing behind
but files that the next one removes.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from fsm.durable import digest_of, is_unchanged, replace_durably, sync
from fsm.engine.counts import Totals
from fsm.errors import CheckpointError
from fsm.files import output_errors

__all__ = ["ExecutedFile", "Manifest", "Settings", "StoredTable", "synced"]

VERSION: Final = 2
_READ: Final = (1, VERSION)
_NAME = "manifest.json"
_PART = re.compile(r"(messages|changes|deliveries|rejections|rows)-\d{6,12}\.parquet")
_OURS = re.compile(rf"{_PART.pattern}|\.fsm-\w+\.tmp")
_ANEW = "begin anew in an empty directory"


@dataclass(frozen=True)
class Settings:
    """What all runs on a checkpoint share: digests of the machines by name, times in µs.

    ``pseudonyms`` is the fingerprint of the key, where recipients are replaced by them.
    """

    machines: Mapping[str, str]
    validity: int | None
    every: int
    dedupe: bool
    pseudonyms: str | None = None


@dataclass(frozen=True)
class ExecutedFile:
    """A log file that was executed. Its first ``size`` bytes have ``digest`` and ``rows``.

    ``kept`` of them, the last ones, have a digest in the tables of rows.
    """

    name: str
    size: int
    digest: str
    rows: int
    kept: int = 0


@dataclass(frozen=True)
class StoredTable:
    """A table of the checkpoint; ``kind`` is the first word of its name."""

    name: str
    size: int
    digest: str
    rows: int

    @property
    def kind(self) -> str:
        """What it holds."""
        return self.name.partition("-")[0]


@dataclass(frozen=True)
class Manifest:
    """The content of a checkpoint after some number of runs.

    ``retired`` parts are no longer part of it, but stay for one more run, since a result may
    still be reading them.
    """

    settings: Settings
    runs: int = 0
    totals: Totals = field(default_factory=Totals)
    absorbed: tuple[ExecutedFile, ...] = ()
    parts: tuple[StoredTable, ...] = ()
    retired: tuple[str, ...] = ()
    hashing: str = ""
    """How the digests of rows were made: :func:`fsm.engine.checkpoint.known_rows.hashing`."""
    recorded: tuple[str, ...] | None = None
    """The events that the logs executed can hold; ``None``: any."""

    @classmethod
    def read(cls, directory: Path) -> Manifest | None:
        """Return the content of a checkpoint, ``None`` where there is none yet.

        Raises :class:`CheckpointError` where it is damaged, or of another version.
        """
        path = directory / _NAME
        try:
            content = json.loads(path.read_bytes())
        except FileNotFoundError as error:
            if any(_PART.fullmatch(other.name) for other in directory.iterdir()):
                raise _damaged(path) from error
            return None
        except (OSError, ValueError, RecursionError) as error:
            raise _damaged(path) from error
        if not isinstance(content, dict) or not isinstance(content.get("body"), dict):
            raise _damaged(path)
        if content.get("version") not in _READ:
            raise CheckpointError(
                f"{path}: version {content.get('version')!r} of checkpoints; this program reads "
                f"{VERSION}; {_ANEW}"
            )
        body: dict[str, Any] = content["body"]
        if content.get("digest") != _digest(body):
            raise _damaged(path)
        try:
            manifest = cls._of(body)
        except (KeyError, TypeError, ValueError) as error:
            raise _damaged(path) from error
        return manifest if content["version"] == VERSION else manifest.with_late_events()

    def with_late_events(self) -> Manifest:
        """Return what version 1 held: there, late events were rejected but no events."""
        totals = replace(self.totals, events=self.totals.events + self.totals.late)
        return replace(self, totals=totals)

    @classmethod
    def _of(cls, body: dict[str, Any]) -> Manifest:
        parts = tuple(StoredTable(**part) for part in body["parts"])
        if not all(_PART.fullmatch(name) for name in (*body["retired"], *(p.name for p in parts))):
            raise ValueError("names a file that is no part of a checkpoint")
        return cls(
            Settings(**body["settings"]),
            int(body["runs"]),
            Totals(**body["totals"]),
            tuple(ExecutedFile(**file) for file in body["absorbed"]),
            parts,
            tuple(body["retired"]),
            str(body.get("hashing", "")),
            None if body.get("recorded") is None else tuple(body["recorded"]),
        )

    def write(self, directory: Path) -> None:
        """Replace the content of a checkpoint; once this returns it is on the disk."""
        body = asdict(self)
        content = {"version": VERSION, "digest": _digest(body), "body": body}
        replace_durably(directory / _NAME, json.dumps(content, indent=1).encode())

    def verify(self, directory: Path) -> None:
        """Raise :class:`CheckpointError` where a part is not what it was when it was written."""
        for part in self.parts:
            path = directory / part.name
            if not is_unchanged(path, part.size, part.digest):
                raise _damaged(path)

    def clean(self, directory: Path) -> None:
        """Remove the files of runs that did not end; nothing that is not a checkpoint's."""
        known = {part.name for part in self.parts} | set(self.retired)
        for path in directory.iterdir():
            if _OURS.fullmatch(path.name) and path.name not in known:
                path.unlink(missing_ok=True)


def _damaged(path: Path) -> CheckpointError:
    return CheckpointError(f"{path}: damaged or missing; restore it from a copy, or {_ANEW}")


def _digest(body: dict[str, Any]) -> str:
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def synced(path: Path, rows: int) -> StoredTable:
    """Bring a part onto the disk, and return what the manifest says of it."""
    with output_errors(path):
        sync(path)
        return StoredTable(path.name, path.stat().st_size, digest_of(path), rows)
