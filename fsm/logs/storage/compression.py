"""Read files that may be packed: gzip, bzip2, xz and zstd, told by how they begin."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Protocol, cast

import zstandard

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer as Buffer

__all__ = ["DAMAGES", "open_unpacked"]

_BLOCK = 1 << 20
_MORSEL = 1 << 10
"""Bytes unpacked at a time: a hostile file makes 32 MiB of them at most."""
_DICTIONARY = 1 << 27
"""Bytes that a zstd or xz file may ask for; xz -9 takes half of them."""
DAMAGES = (EOFError, OSError, zlib.error, lzma.LZMAError, zstandard.ZstdError)
"""What reading a damaged file raises."""


def open_unpacked(path: Path) -> IO[bytes]:
    """Open a file for reading; what is in it is unpacked. Raises one of :data:`DAMAGES`."""
    with path.open("rb") as raw:
        start = raw.read(6)
    if start.startswith(b"\x1f\x8b"):
        return cast(IO[bytes], gzip.open(path))
    if start.startswith(b"BZh"):
        return bz2.open(path)
    if start.startswith(b"\xfd7zXZ\x00"):
        begin = partial(lzma.LZMADecompressor, memlimit=_DICTIONARY)
        return cast(IO[bytes], io.BufferedReader(_Frames(path, begin), _BLOCK))
    if start.startswith(b"\x28\xb5\x2f\xfd"):
        unpack = zstandard.ZstdDecompressor(max_window_size=_DICTIONARY).decompressobj
        return cast(IO[bytes], io.BufferedReader(_Frames(path, unpack), _BLOCK))
    return path.open("rb")


class _Frame(Protocol):
    """What unpacks one frame (zstd) or stream (xz)."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /) -> bytes: ...


class _Frames(io.RawIOBase):
    """Reads frames one after the other, and notices when the last one is cut short."""

    def __init__(self, path: Path, begin: Callable[[], _Frame]) -> None:
        self._raw = path.open("rb")
        self._begin = begin
        self._frame: _Frame | None = None
        self._left = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:
        view = memoryview(buffer)
        while not self._left:
            data = self._raw.read(_MORSEL)
            if not data:
                if self._frame:
                    raise EOFError
                return 0
            self._left = memoryview(self._unpacked(data))
        size = min(len(view), len(self._left))
        view[:size] = self._left[:size]
        self._left = self._left[size:]
        return size

    def _unpacked(self, data: bytes) -> bytes:
        parts = []
        while data:
            if self._frame is None:
                data = data.lstrip(b"\0")  # xz files may be filled up with them
                if not data:
                    break
                self._frame = self._begin()
            parts.append(self._frame.decompress(data))
            data = self._frame.unused_data
            if self._frame.eof:
                self._frame = None
        return b"".join(parts)

    def close(self) -> None:
        self._raw.close()
        super().close()
