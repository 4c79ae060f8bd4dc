"""Copy streams, which can be read only once, to temporary files: standard input, pipes, devices."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import IO, Final

from fsm.errors import LogError
from fsm.files import Cleanup, held_folder
from fsm.logs.storage.compression import PACKED, PARQUET, ZIP
from fsm.logs.storage.record_length import LONGEST

__all__ = ["copied_stream"]

_BLOCK: Final = 1 << 20
_ENDLESS: Final = 1 << 28
"""Bytes without a line feed after which a stream is refused."""


def copied_stream(pipe: IO[bytes], name: str) -> tuple[Path, Cleanup]:
    """Copy a stream to a temporary file, which exists as long as the second value is held.

    ``name`` is the name of the stream in errors. Raises :class:`fsm.errors.LogError` for an endless
    stream without lines, and where the disk is full.
    """
    folder, keep = held_folder()
    path = folder / "log"
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
    begun, most, lines = 0, LONGEST, 1  # bytes of the incomplete line, their limit, its number
    has_lines = None
    while block := pipe.read(_BLOCK):
        if has_lines is None:  # packed text and Parquet are checked when they are complete
            has_lines = not block.startswith((PARQUET, *PACKED, *ZIP))
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
