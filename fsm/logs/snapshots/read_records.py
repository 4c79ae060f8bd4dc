"""Read the records of an export: CSV with a header, or a JSON object a line."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import polars as pl

from fsm.errors import LogError
from fsm.logs.canonical_columns import column_list, place_of
from fsm.logs.notes import Notes
from fsm.logs.records.fields import parse_json, text_of
from fsm.logs.snapshots.labels import ROLES, Labels
from fsm.logs.storage.stored_file import StoredFile

__all__ = ["export_records", "names_of"]

_ROWS = 20_000
_LONGEST_TEXT = 2000
"""Characters of a field that are kept: more than an id or an address may have."""
_LONGEST = 1000
"""Lines of one record; a quote that is never closed would take the whole file for one."""
_SIGNS = (",", ";", "\t", "|")

_Record = tuple[int, list[str | None]]
"""The line a record begins on, and its text for each of :data:`ROLES`."""


def export_records(source: StoredFile, labels: Labels, notes: Notes) -> Iterator[pl.DataFrame]:
    """Yield the records of an export: a text for each of :data:`ROLES`, and ``line``.

    Raises :class:`fsm.errors.LogError` for a file without the columns of an export.
    """
    head = source.head().decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
    read = _json_records if head.startswith("{") else _csv_records
    lines = (line for block in source.blocks(notes) for line in block)
    found = read(lines, source.name, labels, notes)
    while part := list(islice(found, _ROWS)):
        numbers, texts = zip(*part, strict=True)
        columns = dict(zip(ROLES, zip(*texts, strict=True), strict=True))
        yield pl.DataFrame(
            {**columns, "line": numbers},
            schema={**dict.fromkeys(ROLES, pl.String()), "line": pl.Int64()},
        )


def names_of(line: str) -> tuple[list[str], str]:
    """Return the names in a header, and the sign between them.

    >>> names_of('Email;"Log status"')
    (['Email', 'Log status'], ';')
    """
    text = _plain(line.strip("\ufeff\r\n"))
    found = [(next(_records([text], sign), None), sign) for sign in _SIGNS]
    split = [(names or [], sign) for names, sign in found]
    return max(split, key=lambda found: len(found[0]))


def _plain(line: str) -> str:
    """Return a line without the characters that the reader of CSV refuses."""
    return line.replace("\0", "").replace("\r", " ")


def _records(lines: Iterable[str], sign: str) -> Iterator[list[str] | None]:
    """Yield the fields of each record; None for one that is no CSV, as of a field without end."""
    reader = csv.reader(lines, delimiter=sign)
    while True:
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield None


def _csv_records(
    lines: Iterable[str], name: str, labels: Labels, notes: Notes
) -> Iterator[_Record]:
    watched = _Lines(lines, name, notes)
    header, sign = names_of(next(filter(str.strip, watched), ""))
    first = watched.number
    places = _places(header, place_of(name, first), labels, notes)
    width = len(header)
    watched.begun = first + 1
    for record in _records(watched, sign):
        line, watched.begun = watched.begun, watched.number + 1
        notes.records.read += record != []
        if record is None:
            notes.reject("not CSV", line)
        elif len(record) > width:
            notes.reject("more fields than there are headers", line)
        elif record:
            yield line, [_field(record, place) for place in places]


class _Lines:
    """Lines for a reader of CSV, counted; ends where a record has no end."""

    def __init__(self, lines: Iterable[str], name: str, notes: Notes) -> None:
        self._lines, self._name, self._notes = iter(lines), name, notes
        self.number = 0
        self.begun = 1
        """The line on which the record that is read begins."""

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.number += 1
        self._notes.lines = self.number
        if self.number - self.begun > _LONGEST:
            raise LogError(f"{self._name}:{self.begun}: a quote that is never closed")
        return _plain(line) + "\n"


def _field(record: Sequence[str], place: int | None) -> str | None:
    if place is None or place >= len(record):
        return None
    return record[place].strip()[:_LONGEST_TEXT] or None


def _json_records(
    lines: Iterable[str], name: str, labels: Labels, notes: Notes
) -> Iterator[_Record]:
    keys: tuple[str, ...] = ()
    wanted: list[str | None] = []
    for number, line in enumerate(lines, 1):
        notes.lines = number
        try:
            record: object = parse_json(line.lstrip("\ufeff")) if line.strip() else None
        except ValueError:
            record = ()
        notes.records.read += record is not None
        if isinstance(record, dict):
            if tuple(record) != keys:
                places = _places(list(record), place_of(name, number), labels, notes)
                keys = tuple(record)
                wanted = [None if place is None else keys[place] for place in places]
            texts = [text_of(record[key]) if key is not None else None for key in wanted]
            yield number, [value and value[:_LONGEST_TEXT] for value in texts]
        elif record is not None:
            notes.reject("not a JSON object", number)


def _places(names: Sequence[str], where: str, labels: Labels, notes: Notes) -> list[int | None]:
    """Return the place of each role; refuse what has no status, or nothing that names a message."""
    roles = labels.roles(names)
    whose = "message_id" in roles or "recipient" in roles
    if not whose or ("status" not in roles and "reason" not in roles):
        missing = "status" if whose else "message_id or recipient"
        known = column_list(names, redacted=notes.redacted)
        raise LogError(
            f"{where}: no column is known as {missing}; there are: {known}. "
            "Name it under [columns] in a TOML file, and give that with --labels"
        )
    return [roles.get(role) for role in ROLES]
