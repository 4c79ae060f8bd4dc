"""By what a file is recognised again: its content, decompressed, whole and at known lengths."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass

from fsm.logs.storage.compression import unpacking_errors
from fsm.logs.storage.stored_file import StoredFile

__all__ = ["FileIdentity", "identify"]

_BLOCK = 1 << 20


@dataclass(frozen=True)
class FileIdentity:
    """The size and digest of a file, and the digests of its beginnings of some sizes."""

    size: int
    digest: str
    beginnings: Mapping[int, str]


def identify(
    files: Sequence[StoredFile], sizes: Iterable[int], *, whole_lines: bool
) -> FileIdentity:
    """Return the identity of a file, or of the mails of a folder.

    With ``whole_lines`` a last line without an end does not belong to it: it may go on.

    Raises :class:`fsm.errors.LogError` for a file that cannot be read.
    """
    digest, size, beginnings = hashlib.blake2b(digest_size=16), 0, dict[int, str]()
    stops = sorted({size for size in sizes if size})
    pending = b""

    def add(data: bytes) -> None:
        nonlocal size
        while stops and size < stops[0] <= size + len(data):
            part, data = data[: stops[0] - size], data[stops[0] - size :]
            digest.update(part)
            size = stops.pop(0)
            beginnings[size] = digest.hexdigest()
        digest.update(data)
        size += len(data)

    for file in files:
        if len(files) > 1:
            add(f"{file.path.name}\0".encode("utf-8", "surrogateescape"))
        with unpacking_errors(file.name), closing(file.open()) as content:
            while block := content.read(_BLOCK):
                whole, newline, rest = block.rpartition(b"\n")
                if not whole_lines:
                    add(block)
                elif newline:
                    add(pending + whole + newline)
                    pending = rest
                else:
                    pending += rest
    return FileIdentity(size, digest.hexdigest(), beginnings)
