"""The files of a ZIP archive: each is one file of a log, read without unpacking the others.

A member is called by the name of the archive and its own: ``logs.zip/mail.log``. What systems put
into archives beside the files (folders, ``__MACOSX``) is left out, and a ZIP within a ZIP is not
opened.
"""

from __future__ import annotations

import os
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from fsm.errors import LogError
from fsm.files import held_folder
from fsm.logs.storage.compression import PACKED, PARQUET, ZIP
from fsm.logs.storage.stored_file import StoredFile
from fsm.text import visible

__all__ = ["archive_in", "files_of_archive", "is_archive"]

_OFFICE = ("[Content_Types].xml", "mimetype")
"""Members of spreadsheets and documents, which are archives too."""
_ENCRYPTED = 0x1


def is_archive(path: Path) -> bool:
    """Return whether a file is a ZIP archive, by its first bytes."""
    try:
        with path.open("rb") as file:
            return file.read(4).startswith(ZIP)
    except OSError:  # reported when it is opened
        return False


def archive_in(path: str) -> tuple[Path, str] | None:
    """Return the archive and the name of its member that a path names, where one does."""
    if os.path.lexists(path):
        return None
    for parent in Path(path).parents:
        if parent.is_file() and is_archive(parent):
            return parent, path[len(str(parent)) + 1 :]
    return None


def files_of_archive(archive: StoredFile, only: str | None = None) -> Iterator[StoredFile]:
    """Yield the files of an archive, or ``only`` the one of a name, in the order of the archive.

    Raises :class:`LogError` for a damaged archive, one without files, and an office document.
    """
    with _archive_errors(archive.name), zipfile.ZipFile(archive.path) as opened:
        members = opened.infolist()
        if any(member.filename in _OFFICE for member in members):
            raise LogError(
                f"{archive.name}: an office document, no archive of logs; save it as CSV"
            )
        if sum(member.compress_size for member in members) > archive.path.stat().st_size:
            raise LogError(f"{archive.name}: its files overlap, as in no archive of logs")
        names: dict[str, int] = {}
        for number, member in enumerate(members):
            if _is_beside(member) or only not in (None, member.filename):
                continue
            name = f"{archive.name}/{visible(member.filename)}"
            count = names[name] = names.get(name, 0) + 1
            shown = name if count == 1 else f"{name} ({count})"
            yield _extracted(opened, number, replace(archive, name=shown, member=number))
    if not names:
        what = f"no file {visible(only)}" if only else "no files"
        raise LogError(f"{archive.name}: a ZIP archive with {what}")


def _is_beside(member: zipfile.ZipInfo) -> bool:
    parts = member.filename.split("/")
    return member.is_dir() or parts[0] == "__MACOSX" or parts[-1] in (".DS_Store", "Thumbs.db")


def _extracted(archive: zipfile.ZipFile, number: int, file: StoredFile) -> StoredFile:
    """Return the file; one that is packed itself, or Parquet, as a temporary file."""
    member = archive.infolist()[number]
    if member.flag_bits & _ENCRYPTED:
        return file
    with archive.open(member) as opened:
        if not opened.read(8).startswith((*PACKED, PARQUET)):
            return file
    folder, keep = held_folder()
    path = folder / "log"
    with archive.open(member) as opened, path.open("wb") as copy:
        shutil.copyfileobj(opened, copy)
    return replace(file, path=path, member=None, keep=keep)


@contextmanager
def _archive_errors(name: str) -> Iterator[None]:
    """Report in one line what is wrong with an archive."""
    try:
        yield
    except (zipfile.BadZipFile, EOFError, ValueError) as error:
        raise LogError(f"{name}: the ZIP archive is damaged; fetch it again") from error
    except (NotImplementedError, RuntimeError) as error:
        raise LogError(f"{name}: packed in a way that is not known; unpack it") from error
    except OSError as error:
        raise LogError(f"{name}: {error.strerror or error}") from error
