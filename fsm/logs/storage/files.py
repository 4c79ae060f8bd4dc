"""Find the files of a log: by paths, patterns, Maildirs, addresses, and standard input."""

from __future__ import annotations

import glob
import os
import stat
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from fsm.errors import LogError
from fsm.logs.storage.addresses import is_parquet, is_remote, local_path, name_of
from fsm.logs.storage.compression import unpacking_errors
from fsm.logs.storage.stored_file import StoredFile

__all__ = ["find_files"]


def find_files(paths: Iterable[str], form: str | None = None) -> list[StoredFile]:
    """Return the files that paths name: patterns are expanded, ``-`` is standard input.

    Text in an object store or on the web is fetched; Parquet, by ``form`` or its suffix, is not. A
    file that is named twice, in whatever way, is read once. Raises :class:`fsm.errors.LogError`.
    """
    files: dict[str, StoredFile] = {}
    for path in paths:
        if is_remote(path):
            files |= {file.name: file for file in _remote_files(path, form)}
            continue
        for file in _local_files(local_path(path)):
            files.setdefault(os.path.realpath(file.name), file)
    return list(files.values())


def _remote_files(url: str, form: str | None) -> Iterator[StoredFile]:
    from fsm.logs.storage.remote import fetch

    if is_parquet(url, form):
        yield StoredFile(Path(), name_of(url), url=url)
    else:
        yield from fetch(url)


def _local_files(path: str) -> Iterator[StoredFile]:
    if path == "-":
        yield _copied(sys.stdin.buffer, "<stdin>")
        return
    if not path:
        raise LogError("the name of a log is empty; is a variable of the shell not set?")
    names = [path]
    if glob.has_magic(path) and not os.path.exists(path):  # noqa: PTH110 (no name is too long)
        names = sorted(glob.glob(_pattern(path), recursive=True))  # noqa: PTH207
        if not names:
            raise LogError(f"{path}: no file has such a name")
    for name in names:
        file = Path(name)
        folders = (file / "cur", file / "new")
        if all(os.path.isdir(folder) for folder in folders):  # noqa: PTH112 (as above)
            yield from _mails(file, folders)
        elif _is_stream(file):
            with unpacking_errors(name), file.open("rb") as pipe:
                yield _copied(pipe, name)
        else:
            yield StoredFile(file, name)


def _pattern(path: str) -> str:
    """Return a pattern in which the folders that exist by exactly their names are escaped."""
    parts = path.split("/")
    for count in range(len(parts) - 1, 0, -1):
        folder = "/".join(parts[:count])
        if os.path.isdir(folder):  # noqa: PTH112 (no name is too long for it)
            return "/".join([glob.escape(folder), *parts[count:]])
    return path


def _mails(maildir: Path, folders: Iterable[Path]) -> Iterator[StoredFile]:
    """Yield the mails of a Maildir in the order of their names."""
    for mail in sorted(mail for folder in folders for mail in folder.iterdir()):
        if mail.is_file() and not mail.name.startswith("."):
            yield StoredFile(mail, str(mail), str(maildir))


def _copied(pipe: IO[bytes], name: str) -> StoredFile:
    from fsm.logs.storage.streams import copied_stream

    path, keep = copied_stream(pipe, name)
    return StoredFile(path, name, keep=keep)


def _is_stream(path: Path) -> bool:
    """Return whether a path can be read only once: a pipe, as of ``<(zcat log.gz)``, a device."""
    try:
        mode = path.stat().st_mode
    except OSError:  # reported when it is opened
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISCHR(mode)
