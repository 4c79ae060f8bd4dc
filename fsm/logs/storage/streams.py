"""Copy what can be read only once to a temporary file: standard input, pipes, devices."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import IO, Final

from fsm.errors import LogError
from fsm.files import Cleanup, TemporaryFolder
from fsm.logs.storage.record_length import LONGEST

__all__ = ["copied_stream"]

_BLOCK: Final = 1 << 20
_ENDLESS: Final = 1 << 28
"""Bytes without a line feed after which nothing more of a stream is copied."""
_NO_LINES: Final = (b"PAR1", b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"BZh", b"\xfd7zXZ\x00")
"""How Parquet and packed files begin: they are read when they are whole."""


def copied_stream(pipe: IO[bytes], name: str) -> tuple[Path, Cleanup]:
    """Copy a stream to a temporary file, which stays as long as the second value is held.

    ``name`` is what errors call the stream. Raises :class:`fsm.errors.LogError` for one that is
    no lines of text and does not end, and where the disk is full.
    """
    folder = TemporaryFolder()
    keep = Cleanup(folder.cleanup)
    path = Path(folder.name) / "log"
    try:
        with path.open("wb") as copy:
            _copy(pipe, copy, name)
    except OSError as error:
        raise LogError(
            f"{name}: {error.strerror or error}, while it was copied to {tempfile.gettempdir()}; "
            "name another place with TMPDIR"
        ) from error
    return path, keep


def _copy(pipe: IO[bytes], copy: IO[bytes], name: str) -> None:
    begun, most, lines = 0, LONGEST, 1  # a first line beyond the limit is no log's
    has_lines = None
    while block := pipe.read(_BLOCK):
        has_lines = not block.startswith(_NO_LINES) if has_lines is None else has_lines
        copy.write(block)
        if not has_lines:
            continue
        end = block.rfind(b"\n") + 1
        if end:
            begun, most, lines = -end, _ENDLESS, lines + block.count(b"\n")
        begun += len(block)
        if begun > most:
            raise LogError(
                f"{name}:{lines}: a line of more than {most >> 20} MiB; a log has one event a line"
            )
