"""Files of a log that cannot be read, or need not: they are said, and the others are read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress

from fsm.errors import LogError
from fsm.logs.detect import RecognisedFile
from fsm.logs.notes import Notes
from fsm.logs.storage.compression import unpacking_errors
from fsm.logs.storage.stored_file import StoredFile
from fsm.text import quantity

__all__ = ["check_usable", "leave_out", "skipping", "without_copies"]

_BLOCK = 1 << 20


@contextmanager
def skipping(name: str, left_out: list[Notes]) -> Iterator[None]:
    """Add a note on a file to ``left_out`` where reading it raises :class:`LogError`."""
    try:
        yield
    except LogError as error:
        leave_out(note := Notes(name), error)
        left_out.append(note)


def leave_out(note: Notes, error: LogError) -> None:
    """Note that a file, or the rest of it, cannot be read."""
    note.left_out, note.unusable = str(error), True


def check_usable(notes: Sequence[Notes]) -> None:
    """Raise :class:`LogError` where all of these files are unusable."""
    if notes and all(note.unusable for note in notes):
        more = f" (and {quantity(len(notes) - 1, 'more file')} like it)" if len(notes) > 1 else ""
        raise LogError(f"{notes[0].left_out}{more}")


def without_copies(files: Sequence[RecognisedFile], left_out: list[Notes]) -> list[RecognisedFile]:
    """Return files without copies of others, packed or not, and add notes on these.

    The mails of a folder are no copies, since two of them may well be the same, nor are exports of
    statuses, which may show the same at different times. Only files that begin alike are read to
    their end for it. A file that cannot be read is no copy; whoever reads it says why.
    """
    begun: dict[bytes, list[StoredFile]] = {}
    for stored in [file.stored for file in files if _may_be_copy(file)] if len(files) > 1 else ():
        with suppress(LogError):
            begun.setdefault(_digest([stored.head()]), []).append(stored)
    first_of: dict[str, str] = {}
    for alike in (found for found in begun.values() if len(found) > 1):
        names: dict[bytes, str] = {}
        for stored in alike:
            with suppress(LogError):
                first = names.setdefault(_digest(_content(stored)), stored.name)
                first_of |= {stored.name: first} if first != stored.name else {}
    for name, first in first_of.items():
        left_out.append(Notes(name, f"copy of {first}", left_out=_copied(name, first)))
    return [file for file in files if file.stored.name not in first_of]


def _may_be_copy(file: RecognisedFile) -> bool:
    return file.stored.url is None and file.stored.group is None and file.format != "snapshot"


def _copied(name: str, first: str) -> str:
    return f"{name}: its content is that of {first}; read once"


def _content(file: StoredFile) -> Iterator[bytes]:
    """Yield the content of a file, decompressed."""
    with unpacking_errors(file.name), closing(file.open()) as content:
        while block := content.read(_BLOCK):
            yield block


def _digest(blocks: Iterable[bytes]) -> bytes:
    digest = hashlib.blake2b(digest_size=16)
    for block in blocks:
        digest.update(block)
    return digest.digest()
