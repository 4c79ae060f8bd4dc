"""Explain in one line what is wrong with a log file, and where.

polars names no line, so a file that it refused is read again here, line by line.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import polars as pl

from fsm.errors import LogError
from fsm.logs.canonical_columns import FRAME
from fsm.logs.storage.addresses import is_remote
from fsm.logs.storage.compression import PACKED
from fsm.logs.storage.record_length import separator_name
from fsm.logs.storage.scans import scan_lines

if TYPE_CHECKING:
    import _csv

__all__ = ["csv_reader", "long_fields", "unreadable"]

_OPEN_QUOTE = "a quote that is never closed"
_STRAY_QUOTE = 'quotes within a field; quote the field and double them: "a ""b"" c"'


class FailedFile(Protocol):
    """A log file that could not be read."""

    @property
    def path(self) -> Path: ...
    @property
    def name(self) -> str: ...
    @property
    def format(self) -> str: ...
    @property
    def separator(self) -> str: ...
    @property
    def redaction(self) -> object: ...


def unreadable(file: FailedFile, error: Exception) -> LogError:
    """Return what is wrong with a file that polars could not read, in one line."""
    if file.format == "frame" and is_remote(file.name):
        from fsm.logs.storage.remote import refused

        return refused(file.name, error)
    message = reason = str(error).split("\n", 1)[0]
    if file.redaction:  # parsers quote the file
        reason = "the parser's message is not shown with --pseudonymise"
    if "unexpected end of file" in message or "incomplete frame" in message:
        return LogError(f"{file.name}: the compressed file is cut short; fetch it again")
    if "deflate" in message or "corrupt" in message:
        return LogError(f"{file.name}: the compressed file is damaged; fetch it again")
    if file.name == FRAME and "invalid utf8" in message:
        return LogError(f"{FRAME}: a column holds bytes that are not UTF-8 text; give it as text")
    if file.name == FRAME:
        return LogError(f"{FRAME}: not readable: {reason}")
    if file.format in ("parquet", "frame"):
        return LogError(f"{file.name}: not readable as Parquet: {reason}")
    line = _first_bad_line(file)
    if line:
        return LogError(f"{file.name}:{line[0]}: {line[1]}")
    return LogError(f"{file.name}: not readable as {file.format.upper()}: {reason}")


def _first_bad_line(file: FailedFile) -> tuple[int, str] | None:
    undecodable = _first_undecodable(file.path)
    if undecodable:
        return undecodable, "not UTF-8 text; save the log as UTF-8"
    if file.format == "jsonl":
        return _first_bad_json(file.path)
    with long_fields():
        return _first_bad_record(file.path, file.separator)


def _first_undecodable(path: Path) -> int | None:
    with path.open("rb") as file:
        if file.read(4).startswith(PACKED):
            return None
        file.seek(0)
        for number, line in enumerate(file, 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                return number
    return None


def _first_bad_json(path: Path) -> tuple[int, str] | None:
    import json

    for number, text in enumerate(_text_lines(path), 1):
        try:
            record = json.loads(text) if text.strip() else {}
        except (ValueError, RecursionError):
            record = None
        if not isinstance(record, dict):
            return number, "not a JSON object; a log has one object a line"
    return None


def _first_bad_record(path: Path, separator: str) -> tuple[int, str] | None:
    quotes, line = 0, 0

    def counted() -> Iterator[str]:
        nonlocal quotes
        for text in _csv_lines(path):
            quotes += text.count('"')
            yield text

    reader = csv.reader(counted(), delimiter=separator, strict=True)
    width = 0
    try:
        for record in reader:
            width = width or len(record)
            fault = _fault_of(record, width, separator, quotes)
            if fault:
                return line + 1, fault
            line = reader.line_num
    except csv.Error as error:
        return line + 1, _OPEN_QUOTE if "end of data" in str(error) else _STRAY_QUOTE
    return None


def _fault_of(record: list[str], width: int, separator: str, quotes: int) -> str | None:
    """Return what is wrong with a record; ``quotes`` is the number of them up to its end."""
    if len(record) > width:
        return (
            f"{len(record)} fields under {width} headers; "
            f"quote fields with {separator_name(separator)}"
        )
    if len(record) < width and any("\n" in value for value in record):
        return _OPEN_QUOTE
    return _STRAY_QUOTE if quotes % 2 else None


@contextmanager
def long_fields() -> Iterator[None]:
    """Let :mod:`csv` read fields as long as polars does; its limit applies to the whole process."""
    before = csv.field_size_limit(2**31 - 1)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def csv_reader(path: Path, separator: str = ",") -> _csv.Reader:
    """Read records as polars does: only a line feed ends a line. See :func:`long_fields`.

    :mod:`csv` would also end a line at a carriage return, so those are replaced.
    """
    return csv.reader(_csv_lines(path), delimiter=separator)


def _csv_lines(path: Path) -> Iterator[str]:
    return (text.replace("\r", " ") + "\n" for text in _text_lines(path))


def _text_lines(path: Path) -> Iterator[str]:
    """Yield the lines of a text file, compressed or not, up to the first one that is damaged."""
    try:
        for batch in scan_lines(path).collect_batches(chunk_size=50_000, maintain_order=True):
            yield from batch.to_series().to_list()
    except (pl.exceptions.PolarsError, OSError):
        return
