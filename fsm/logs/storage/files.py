"""Files as they lie about: compressed or not, rotated, named by patterns, standard input.

Everything is read in blocks of whole lines, so that memory does not grow with a file.
"""

from __future__ import annotations

import glob
import os
import shutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, cast

from fsm.errors import LogError
from fsm.logs.notes import Notes
from fsm.logs.storage.compression import DAMAGES, open_unpacked
from fsm.logs.storage.pipes import is_stream, spooled
from fsm.logs.storage.record_length import check_records
from fsm.logs.storage.remote import fetch, is_parquet, is_remote, local_path, name_of

__all__ = ["Input", "expand", "line_texts"]

_BLOCK = 1 << 20
"""Bytes read at a time: what is made of them stays in the cache of the processor."""
_LONGEST = 1 << 24
"""Bytes of a line; what is longer is passed over and said."""
TOO_LONG = "a line of more than 16 MiB"


@dataclass(frozen=True)
class Input:
    """One file: where it is, and the name that it is reported under."""

    path: Path
    name: str
    group: str | None = None
    """The Maildir that it is in."""
    keep: object = field(default=None, compare=False)
    """What holds the file in place as long as this is."""
    url: str | None = None
    """The address of Parquet that is read where it lies; there is no file then."""

    def head(self, size: int = 1 << 16) -> bytes:
        """Return the first bytes, decompressed."""
        with self._no_damage(), closing(self.open()) as file:
            return file.read(size)

    def open(self) -> IO[bytes]:
        """Open for reading, decompressed; raises :class:`fsm.errors.LogError`."""
        with self._no_damage():
            return open_unpacked(self.path)

    def unpack(self, target: Path) -> None:
        """Write it to a file, decompressed; raises :class:`fsm.errors.LogError`."""
        if self.head(4) != b"PAR1":
            check_records(self.path, self.name, quotes=False)
        with self._no_damage(), closing(self.open()) as file, target.open("wb") as plain:
            shutil.copyfileobj(file, plain)

    def blocks(self, notes: Notes) -> Iterator[list[str]]:
        """Yield successive lines, in lists."""
        number, rest, skipping = 0, b"", False
        with self._no_damage(), closing(self.open()) as file:
            while data := file.read(_BLOCK):
                notes.size += len(data)
                whole, newline, tail = data.rpartition(b"\n")
                if not newline:
                    rest += tail
                    if len(rest) > _LONGEST:
                        rest, skipping = b"", True
                    continue
                if skipping:
                    notes.rejected.add(TOO_LONG, number + 1)
                    rest, skipping = b"", False
                    whole = b"\n" + whole.partition(b"\n")[2] if b"\n" in whole else b""
                lines = _text(rest + whole).split("\n")
                number += len(lines)
                yield lines
                rest = tail
        if skipping:
            notes.rejected.add(TOO_LONG, number + 1)
            rest = b""
        if rest:
            yield _text(rest).split("\n")

    def last_written(self) -> datetime | None:
        """Return when the file was last written to; None for standard input and fetched ones."""
        if self.name.startswith("<") or is_remote(self.name):
            return None
        try:
            return datetime.fromtimestamp(self.path.stat().st_mtime, UTC)
        except (OSError, OverflowError, ValueError):
            return None

    def _no_damage(self) -> _Damage:
        return _Damage(self.name)


class _Damage:
    """Says in one line what is wrong with a file."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: object) -> None:
        if kind is None or not issubclass(kind, DAMAGES) or issubclass(kind, BrokenPipeError):
            return
        if isinstance(error, IsADirectoryError):
            raise LogError(f"{self._name}: a directory, not a log; name the files in it") from error
        if isinstance(error, OSError) and error.strerror:
            raise LogError(f"{self._name}: {error.strerror}") from error
        if "memory" in str(error).lower():
            raise LogError(
                f"{self._name}: it takes more than 128 MiB to unpack; compress it with less"
            ) from cast(BaseException, error)
        fault = "cut short" if kind is EOFError or "end" in str(error) else "damaged"
        cause = cast(BaseException, error)
        raise LogError(f"{self._name}: the compressed file is {fault}; fetch it again") from cause


def _text(data: bytes) -> str:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    return text.replace("\r\n", "\n").removesuffix("\r") if "\r" in text else text


def expand(paths: Iterable[str], form: str | None = None) -> list[Input]:
    """Return the files that paths name: patterns are filled in, ``-`` is standard input.

    What lies in an object store or on the web is fetched, except Parquet, which ``form`` or its
    name tells. A file that is named twice, in whatever way, is read once. Raises
    :class:`fsm.errors.LogError`.
    """
    found: dict[str, Input] = {}
    for path in paths:
        remote = is_remote(path)
        for place in _elsewhere(path, form) if remote else _here(local_path(path)):
            found.setdefault(place.name if remote else os.path.realpath(place.name), place)
    return list(found.values())


def _elsewhere(url: str, form: str | None) -> Iterator[Input]:
    if is_parquet(url, form):
        yield Input(Path(), name_of(url), url=url)
    else:
        yield from (Input(file.path, file.name, keep=file.keep) for file in fetch(url))


def _here(path: str) -> Iterator[Input]:
    if path == "-":
        yield _spooled(sys.stdin.buffer, "<stdin>")
        return
    if not path:
        raise LogError("the name of a log is empty; is a variable of the shell not set?")
    names = [path]
    if glob.has_magic(path) and not os.path.exists(path):  # noqa: PTH110 (no name is too long)
        names = sorted(glob.glob(_pattern(path), recursive=True))  # noqa: PTH207
        if not names:
            raise LogError(f"{path}: no file has such a name")
    for name in names:
        yield from _maildir(Path(name)) or [_file(Path(name), name)]


def _pattern(path: str) -> str:
    """Return a pattern in which folders that exist by their names stand for themselves."""
    parts = path.split("/")
    for count in range(len(parts) - 1, 0, -1):
        folder = "/".join(parts[:count])
        if os.path.isdir(folder):  # noqa: PTH112 (no name is too long for it)
            return "/".join([glob.escape(folder), *parts[count:]])
    return path


def _file(path: Path, name: str) -> Input:
    if not is_stream(path):
        return Input(path, name)
    with _Damage(name), path.open("rb") as pipe:
        return _spooled(pipe, name)


def _maildir(path: Path) -> list[Input]:
    """Return the mails of a Maildir; none where it is none."""
    parts = (path / "cur", path / "new")
    if not all(os.path.isdir(part) for part in parts):  # noqa: PTH112 (no name is too long for it)
        return []
    mails = (mail for part in parts for mail in part.iterdir())
    return [
        Input(mail, str(mail), str(path))
        for mail in sorted(mails)
        if mail.is_file() and not mail.name.startswith(".")
    ]


def _spooled(pipe: IO[bytes], name: str) -> Input:
    place, keep = spooled(pipe, name)
    return Input(place, name, keep=keep)


def line_texts(source: Input, numbers: Iterable[int]) -> dict[int, str]:
    """Return lines by their number, from 1; each file is read once."""
    wanted = sorted(set(numbers), reverse=True)
    found: dict[int, str] = {}
    first = 1
    for block in source.blocks(Notes(source.name)):
        while wanted and wanted[-1] < first + len(block):
            number = wanted.pop()
            found[number] = block[number - first]
        first += len(block)
        if not wanted:
            break
    return found
