"""The local files that the name of a log stands for: patterns, folders of mails."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from fsm.logs.storage.addresses import local_path

__all__ = ["expanded_names", "mails_of"]

_SUFFIXES = (".eml", ".txt", ".mbox")
_HEADER = re.compile(rb"(?:From \S+ .*\d\d:\d\d|[A-Za-z][\w-]{0,60}:(?!//))")
_MOST = 1_000_000
"""Files of a folder that are looked at."""


def expanded_names(path: str) -> list[str]:
    """Return the files that a path names; none where a pattern fits no file.

    A path without wildcards, and one that exists as it is written, is returned as it is.
    """
    path = local_path(path)
    if glob.has_magic(path) and not os.path.exists(path):  # noqa: PTH110 (no name is too long)
        return sorted(glob.glob(_pattern(path), recursive=True))  # noqa: PTH207
    return [path]


def mails_of(path: str) -> list[Path] | None:
    """Return the mails of a folder in the order of their names; None for any other path.

    A folder of mails is a Maildir, or has files ``*.eml`` in it or in the folders below, or only
    texts (``*.txt``) of which the first begins as a mail does.
    """
    folders = [Path(path, name) for name in ("cur", "new")]
    if all(os.path.isdir(folder) for folder in folders):  # noqa: PTH112 (as above)
        return _visible(mail for folder in folders for mail in folder.iterdir())
    if not os.path.isdir(path):  # noqa: PTH112 (as above)
        return None
    files = _visible(islice(Path(path).rglob("*"), _MOST))
    if any(file.suffix.lower() == ".eml" for file in files):
        return [file for file in files if file.suffix.lower() in _SUFFIXES]
    are_texts = bool(files) and all(file.suffix.lower() == ".txt" for file in files)
    return files if are_texts and _begins_as_mail(files[0]) else None


def _visible(paths: Iterable[Path]) -> list[Path]:
    return sorted(path for path in paths if not path.name.startswith(".") and path.is_file())


def _begins_as_mail(file: Path) -> bool:
    with file.open("rb") as opened:
        return bool(_HEADER.match(opened.read(1000)))


def _pattern(path: str) -> str:
    """Return a pattern in which the folders that exist by exactly their names are escaped."""
    parts = path.split("/")
    for count in range(len(parts) - 1, 0, -1):
        folder = "/".join(parts[:count])
        if os.path.isdir(folder):  # noqa: PTH112 (no name is too long for it)
            return "/".join([glob.escape(folder), *parts[count:]])
    return path
