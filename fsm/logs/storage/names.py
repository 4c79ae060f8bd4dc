"""The local files that the name of a log stands for: patterns are expanded, Maildirs listed."""

from __future__ import annotations

import glob
import os
from pathlib import Path

from fsm.logs.storage.addresses import local_path

__all__ = ["expanded_names", "mails_of"]


def expanded_names(path: str) -> list[str]:
    """Return the files that a path names; none where a pattern fits no file.

    A path without wildcards, and one that exists as it is written, is returned as it is.
    """
    path = local_path(path)
    if glob.has_magic(path) and not os.path.exists(path):  # noqa: PTH110 (no name is too long)
        return sorted(glob.glob(_pattern(path), recursive=True))  # noqa: PTH207
    return [path]


def mails_of(path: str) -> list[Path] | None:
    """Return the mails of a Maildir in the order of their names; None for any other path."""
    folders = [Path(path, name) for name in ("cur", "new")]
    if not all(os.path.isdir(folder) for folder in folders):  # noqa: PTH112 (as above)
        return None
    mails = sorted(mail for folder in folders for mail in folder.iterdir())
    return [mail for mail in mails if mail.is_file() and not mail.name.startswith(".")]


def _pattern(path: str) -> str:
    """Return a pattern in which the folders that exist by exactly their names are escaped."""
    parts = path.split("/")
    for count in range(len(parts) - 1, 0, -1):
        folder = "/".join(parts[:count])
        if os.path.isdir(folder):  # noqa: PTH112 (no name is too long for it)
            return "/".join([glob.escape(folder), *parts[count:]])
    return path
