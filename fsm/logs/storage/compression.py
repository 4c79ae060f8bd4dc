"""Read files that may be packed: by gzip, bzip2, xz or zstd, recognised by their first bytes.

The standard library and zstandard unpack, but neither bounds what a hostile file asks for nor
reports a last frame that is cut short, so frames of xz and zstd are read one by one here.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, Protocol, cast

import zstandard

from fsm.errors import LogError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer as Buffer

__all__ = [
    "PACKED",
    "PARQUET",
    "UNPACKED_BY_POLARS",
    "ZIP",
    "open_member",
    "open_unpacked",
    "unpacking_errors",
]

_BLOCK = 1 << 20
_MORSEL = 1 << 10
"""Bytes unpacked at a time: a hostile file makes 32 MiB of them at most."""
_DICTIONARY = 1 << 27
"""Bytes that a zstd or xz file may ask for; xz -9 takes half of them."""
_DAMAGES = (EOFError, OSError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, zstandard.ZstdError)
"""What reading a damaged file raises."""

ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06")
"""The first bytes of a ZIP archive, and of one without files."""
_ENCRYPTED = 0x1
PARQUET: Final = b"PAR1"
"""The first bytes of Parquet, and its last ones."""
_GZIP, _BZIP2, _XZ, _ZSTD = b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd"
UNPACKED_BY_POLARS: Final = (_GZIP, _ZSTD)
"""The first bytes of packed text that polars reads as it is."""


def open_unpacked(path: Path) -> IO[bytes]:
    """Open a file for reading; packed content is unpacked.

    Raises what reading a damaged file raises, see :func:`unpacking_errors`.
    """
    with path.open("rb") as raw:
        start = raw.read(max(map(len, PACKED)))
    opened = (opener for magic, opener in _OPENERS.items() if start.startswith(magic))
    return next(opened, _open_plain)(path)


def open_member(path: Path, number: int, name: str) -> IO[bytes]:
    """Open the file of a number in a ZIP archive; ``name`` is what errors call it.

    Raises :class:`fsm.errors.LogError` for one that cannot be unpacked.
    """
    with zipfile.ZipFile(path) as archive:
        member = archive.infolist()[number]
        if member.flag_bits & _ENCRYPTED:
            raise LogError(f"{name}: encrypted; unpack the archive with its password")
        try:
            return archive.open(member)
        except NotImplementedError as error:
            raise LogError(f"{name}: packed in a way that is not known; unpack it") from error


@contextmanager
def unpacking_errors(name: str) -> Iterator[None]:
    """Report in one line what is wrong with a file that cannot be read or unpacked.

    ``name`` is what errors call the file. Raises :class:`fsm.errors.LogError`.
    """
    try:
        yield
    except BrokenPipeError:
        raise
    except IsADirectoryError as error:
        raise LogError(f"{name}: a directory, not a log; name the files in it") from error
    except _DAMAGES as error:
        if isinstance(error, OSError) and error.strerror:
            raise LogError(f"{name}: {error.strerror}") from error
        if "memory" in str(error).lower():
            raise LogError(
                f"{name}: it takes more than 128 MiB to unpack; compress it with less"
            ) from error
        fault = "cut short" if isinstance(error, EOFError) or "end" in str(error) else "damaged"
        raise LogError(f"{name}: the compressed file is {fault}; fetch it again") from error


def _open_plain(path: Path) -> IO[bytes]:
    return path.open("rb")


def _open_gzip(path: Path) -> IO[bytes]:
    return cast(IO[bytes], gzip.open(path))


def _open_bzip2(path: Path) -> IO[bytes]:
    return bz2.open(path)


def _open_xz(path: Path) -> IO[bytes]:
    begin = partial(lzma.LZMADecompressor, memlimit=_DICTIONARY)
    return cast(IO[bytes], io.BufferedReader(_Frames(path, begin), _BLOCK))


def _open_zstd(path: Path) -> IO[bytes]:
    begin = zstandard.ZstdDecompressor(max_window_size=_DICTIONARY).decompressobj
    return cast(IO[bytes], io.BufferedReader(_Frames(path, begin), _BLOCK))


_OPENERS: Final[dict[bytes, Callable[[Path], IO[bytes]]]] = {
    _GZIP: _open_gzip,
    _BZIP2: _open_bzip2,
    _XZ: _open_xz,
    _ZSTD: _open_zstd,
}
PACKED: Final = tuple(_OPENERS)
"""The first bytes of packed files."""


class _Frame(Protocol):
    """Unpacks one frame (zstd) or stream (xz)."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /) -> bytes: ...


class _Frames(io.RawIOBase):
    """Reads frames one after the other, and raises EOFError when the last one is cut short.

    What is unpacked is handed out from ``_left``; ``_frame`` is None between two frames.
    """

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
