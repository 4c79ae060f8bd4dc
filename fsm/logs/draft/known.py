"""Whether a log needs no mapping, because it is of a format that is known."""

from __future__ import annotations

from fsm.errors import LogError
from fsm.logs.canonical_columns import MINED
from fsm.logs.detect import guess
from fsm.logs.storage.stored_file import StoredFile

__all__ = ["known_format"]

_JOINED = ("postfix", "exim", "sendmail", "momentum", "mail", "parquet", *MINED)
"""Formats whose records are no records of a mapping: lines that belong together, and others."""


def known_format(file: StoredFile) -> str:
    """Return as what a log is read already; an empty text for an unknown one.

    Raises :class:`LogError` for a format that no mapping could describe.
    """
    if file.group:
        raise LogError(f"{file.name}: a mail, which is read without a mapping")
    found = guess(file.head())
    if found is None:
        return ""
    if found.format in _JOINED and found.form is None:
        raise LogError(
            f"{file.name}: read as {found.format} ({found.reason}); it needs no mapping. To give "
            "names of events another meaning, write --event NAME=EVENT"
        )
    return f"read as {found.format} without a mapping ({found.reason})"
