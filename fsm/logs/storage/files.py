"""Find the files of a log: by paths, patterns, folders of mails, addresses, standard input."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from fsm.errors import LogError
from fsm.files import hear_interrupts
from fsm.logs.storage.addresses import is_parquet, is_remote, local_path, name_of
from fsm.logs.storage.compression import unpacking_errors
from fsm.logs.storage.names import expanded_names, mails_of
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
        for file in _with_members(local_path(path)):
            files.setdefault(os.path.realpath(file.name), file)
    return list(files.values())


def _remote_files(url: str, form: str | None) -> Iterator[StoredFile]:
    from fsm.logs.storage.remote import fetch

    if is_parquet(url, form):
        yield StoredFile(Path(), name_of(url), url=url)
    else:
        yield from fetch(url)


def _with_members(path: str) -> Iterator[StoredFile]:
    """Yield local files; in place of a ZIP archive those in it, or the one that is named."""
    from fsm.logs.storage.archives import archive_in, files_of_archive, is_archive

    if found := archive_in(path):
        archive, member = found
        yield from files_of_archive(StoredFile(archive, str(archive)), member)
        return
    for file in _local_files(path):
        if file.group is None and is_archive(file.path):
            yield from files_of_archive(file)
        else:
            yield file


def _local_files(path: str) -> Iterator[StoredFile]:
    if path == "-":
        hear_interrupts()
        yield _copied(sys.stdin.buffer, "<stdin>")
        return
    if not path:
        raise LogError("the name of a log is empty; is a variable of the shell not set?")
    names = expanded_names(path)
    if not names:
        raise LogError(f"{path}: no file has such a name")
    for name in names:
        file = Path(name)
        mails = mails_of(name)
        if mails is not None:
            yield from (StoredFile(mail, str(mail), str(file)) for mail in mails)
        elif _is_stream(file):
            hear_interrupts()  # also while nobody has opened the other end
            with unpacking_errors(name), file.open("rb") as pipe:
                yield _copied(pipe, name)
        else:
            yield StoredFile(file, name)


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
