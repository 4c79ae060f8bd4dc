"""Say in one line what is wrong with a log file, and where."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Protocol

import polars as pl

from fsm.errors import LogError
from fsm.replay.records import separator_name
from fsm.replay.remote import is_remote, refused
from fsm.replay.scans import scan_lines

__all__ = ["COMPRESSED", "CsvRecords", "unreadable"]

COMPRESSED = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd")
"""How gzip and zstd files begin."""
_LONGEST_FIELD: Final = 2**31 - 1


class Faulty(Protocol):
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


def unreadable(source: Faulty, error: Exception) -> LogError:
    """Say in one line what is wrong with a file that polars could not read."""
    if source.format == "frame" and is_remote(source.name):
        return refused(source.name, error)
    message = said = str(error).split("\n", 1)[0]
    if source.redaction:
        said = "what the parser says of it is not shown with --pseudonymise"
    if "unexpected end of file" in message or "incomplete frame" in message:
        return LogError(f"{source.name}: the compressed file is cut short; fetch it again")
    if "deflate" in message or "corrupt" in message:
        return LogError(f"{source.name}: the compressed file is damaged; fetch it again")
    if source.format in ("parquet", "frame"):
        return LogError(f"{source.name}: not readable as Parquet: {said}")
    line = _first_bad_line(source)
    if line:
        return LogError(f"{source.name}:{line[0]}: {line[1]}")
    return LogError(f"{source.name}: not readable as {source.format.upper()}: {said}")


def _first_bad_line(source: Faulty) -> tuple[int, str] | None:
    bad = _first_undecodable(source.path)
    if bad:
        return bad, "not UTF-8 text; save the log as UTF-8"
    if source.format == "jsonl":
        return _first_bad_json(source.path)
    return _first_bad_record(source.path, source.separator)


def _first_undecodable(path: Path) -> int | None:
    with path.open("rb") as file:
        if file.read(4).startswith(COMPRESSED):
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
    reader = CsvRecords(path, separator)
    width, line = len(next(reader, [])), 1
    for record in reader:
        if len(record) > width:
            return line + 1, (
                f"{len(record)} fields under {width} headers; "
                f"quote fields with {separator_name(separator)}"
            )
        if len(record) < width and any("\n" in value for value in record):
            return line + 1, "a quote that is never closed"
        line = reader.line_num
    return None


class CsvRecords:
    """The records of a CSV file, read as polars does: only a line feed ends a line.

    A field may be longer than Python's module allows. That limit is one of the whole process, and
    other readers rely on it, so it is lifted only while a record is read.
    """

    def __init__(self, path: Path, separator: str = ",") -> None:
        lines = (text.replace("\r", " ") + "\n" for text in _text_lines(path))
        self._reader = csv.reader(lines, delimiter=separator)

    @property
    def line_num(self) -> int:
        """The number of lines read so far."""
        return self._reader.line_num

    def __iter__(self) -> Iterator[list[str]]:
        return self

    def __next__(self) -> list[str]:
        limit = csv.field_size_limit(_LONGEST_FIELD)
        try:
            return next(self._reader)
        finally:
            csv.field_size_limit(limit)


def _text_lines(path: Path) -> Iterator[str]:
    """Yield the lines of a text file, compressed or not, up to the first damage."""
    try:
        for batch in scan_lines(path).collect_batches(chunk_size=50_000, maintain_order=True):
            yield from batch.to_series().to_list()
    except (pl.exceptions.PolarsError, OSError):
        return
