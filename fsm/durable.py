"""Directories that programs keep: one run at a time, and what is written is on the disk."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fsm.errors import CheckpointError
from fsm.files import output_errors, replacing

__all__ = ["digest_of", "is_unchanged", "locked", "replace_durably", "sync"]

_LOCK = "lock"


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Make the directory where it is missing, and keep other runs out of it."""
    with output_errors(directory):
        directory.mkdir(parents=True, exist_ok=True)
        file = (directory / _LOCK).open("ab")
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CheckpointError(f"{directory}: in use by another replay; wait for it") from error
        yield


def digest_of(path: Path) -> str:
    """Return the digest of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def is_unchanged(path: Path, size: int, digest: str) -> bool:
    """Return whether a file is there, with this size and this digest of its content."""
    try:
        return path.stat().st_size == size and digest_of(path) == digest
    except OSError:
        return False


def replace_durably(path: Path, content: bytes) -> None:
    """Replace a file whole; the content is on the disk before the name leads to it."""
    with replacing(path) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    with output_errors(path.parent):
        sync(path.parent)


def sync(path: Path) -> None:
    """Bring a file, or the names in a directory, onto the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
