"""Open a canonical log: CSV, JSONL or Parquet, compressed or not, with its needed columns."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from fsm.errors import LogError
from fsm.files import held_folder
from fsm.logs.canonical_columns import FRAME, NEEDED, QUERY, column_list
from fsm.logs.log_file import LogFile, version_of
from fsm.logs.mapping.recordable import recordable_events
from fsm.logs.read_errors import unreadable
from fsm.logs.storage.compression import PACKED, UNPACKED_BY_POLARS
from fsm.logs.storage.record_length import check_records, separator_of
from fsm.logs.storage.scans import scan_ndjson, scan_parquet
from fsm.logs.storage.stored_file import StoredFile

if TYPE_CHECKING:
    from fsm.logs.mapping.redact import Redaction

__all__ = ["checked_columns", "open_canonical"]

_IN_MEMORY = "Map one: fsm.open_log(frame, {{{!r}: NAME}})"
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")


def open_canonical(
    stored: StoredFile,
    log_format: str,
    columns: Mapping[str, str] | None = None,
    redaction: Redaction | None = None,
    renamed: Mapping[str, str] | None = None,
) -> LogFile:
    """Open a file that is read as ``csv``, ``jsonl`` or ``parquet``.

    ``columns`` maps a canonical column to the name that it has in the file, ``renamed`` a native
    event to that of a machine. Raises :class:`fsm.errors.LogError`, naming file, line and remedy,
    for what cannot be opened and for a needed column that is missing; what is wrong further inside
    is found when it is read.
    """
    if stored.url is not None:
        from fsm.logs.storage.remote import scan_remote

        frame, keep = scan_remote(stored.url)
        file = LogFile(Path(), stored.name, "frame", frame, keep=keep)
    elif stored.name == QUERY:  # a frame: no checkpoint can know the file again
        file = LogFile(stored.path, QUERY, "frame", scan_parquet(stored.path), keep=stored.keep)
    else:
        file = _opened(_readable(stored, log_format), log_format)
    file = replace(file, columns=columns or {}, redaction=redaction, renamed=renamed or {})
    return checked_columns(replace(file, recordable=partial(recordable_events, file)))


def _readable(stored: StoredFile, log_format: str) -> StoredFile:
    """Return the file, unpacked if polars cannot unpack it."""
    if stored.member is not None:
        return _unpacked(stored)
    with stored.path.open("rb") as file:
        start = file.read(max(map(len, PACKED)))
    readable = log_format != "parquet" and start.startswith(UNPACKED_BY_POLARS)
    return stored if readable or not start.startswith(PACKED) else _unpacked(stored)


def _unpacked(stored: StoredFile) -> StoredFile:
    folder, keep = held_folder()
    path = folder / "log"
    stored.unpack(path)
    return replace(stored, path=path, member=None, keep=keep)


def _opened(stored: StoredFile, log_format: str) -> LogFile:
    path, name = stored.path, stored.name
    stamp = version_of(path)
    if log_format == "parquet":
        from fsm.logs.storage.parquet_pages import check_parquet_pages

        check_parquet_pages(path, name)
        return LogFile(path, name, log_format, stamp=stamp, keep=stored.keep)
    header = check_records(path, name, quotes=log_format == "csv")
    if header is None:
        raise LogError(f"{name}: empty; a log begins with a header line or a record")
    if log_format == "jsonl":
        return LogFile(path, name, log_format, stamp=stamp, keep=stored.keep)
    if "\r" in header.rstrip("\r"):
        raise LogError(
            f"{name}: its lines end with carriage returns alone; save it with line feeds"
        )
    if any("\udc80" <= letter <= "\udcff" for letter in header):  # polars checks only the rows
        raise LogError(f"{name}:1: not UTF-8 text; save the log as UTF-8")
    separator = separator_of(header, NEEDED)
    return LogFile(path, name, "csv", stamp=stamp, separator=separator, keep=stored.keep)


def checked_columns(file: LogFile) -> LogFile:
    """Return the file; refuse one that lacks a needed column, or has two of the same name.

    Raises :class:`fsm.errors.LogError`.
    """
    if file.format == "csv":
        in_file = _column_names(file)
        for name in file.present:
            if f"{file.names[name]}_duplicated_0" in in_file:
                raise LogError(
                    f"{file.name}:1: two columns {file.names[name]!r}; rename the one not meant"
                )
    for name in NEEDED:
        if name not in file.present:
            header = file.name if file.name in (FRAME, QUERY) else f"{file.name}:1"
            names = _column_names(file)
            columns = column_list(names, redacted=file.redaction is not None)
            raise LogError(
                f"{header}: no column {file.names[name]!r}; there are: {columns}. "
                + (_IN_MEMORY.format(name) if file.name == FRAME else _column_remedy(name, names))
            )
    return file


def _column_remedy(name: str, names: list[str]) -> str:
    """Return what to do about a column that a log lacks, by the columns that it has."""
    if len(names) == 1 and name in names[0]:
        return "Separate the fields by commas, semicolons, tabs or bars"
    if len(names) >= len(NEEDED) and any(map(_TIME.match, names)):
        return f"Line 1 looks like data; put a header before it: {','.join(NEEDED)}"
    return f"Map one with --column {name}=NAME"


def _column_names(file: LogFile) -> list[str]:
    try:
        rows = scan_ndjson(file.path) if file.format == "jsonl" else file.raw()
        return rows.collect_schema().names()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise unreadable(file, error) from error
