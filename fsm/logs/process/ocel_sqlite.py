"""Read OCEL 2.0 as an SQLite database, which is opened for reading only.

Only plain tables are read: a view or a virtual table could run code of the file's author.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from fsm.errors import LogError
from fsm.logs.process.object_log import ATTRIBUTES, ObjectLog, ObjectLogParts

__all__ = ["read_sqlite"]

_NEEDED = ("event", "object", "event_object", "event_map_type")
_OF_OBJECTS = ("message_id", "recipient", "delivery_id")
_LONGEST = 1 << 20
"""Bytes of a value or a statement."""
_MOST_TYPES = 10_000


def read_sqlite(name: str, path: Path) -> ObjectLog:
    """Return the content of a database; raises :class:`LogError` for another one than OCEL 2.0."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
            database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST)
            database.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
            database.text_factory = lambda data: data.decode("utf-8", "replace")
            for statement in ("PRAGMA trusted_schema=OFF", "PRAGMA query_only=ON"):
                database.execute(statement)
            return _Database(name, database).log()
    except sqlite3.Error as error:
        raise LogError(f"{name}: not readable as a database of OCEL: {error}") from error


class _Database:
    """The tables of a database."""

    def __init__(self, name: str, database: sqlite3.Connection) -> None:
        self._name, self._database = name, database
        rows = database.execute("SELECT name, type, sql FROM sqlite_master").fetchall()
        self._tables = {
            table
            for table, kind, sql in rows
            if kind == "table" and not str(sql).lstrip().upper().startswith("CREATE VIRTUAL")
        }
        lacking = [table for table in _NEEDED if table not in self._tables]
        if lacking:
            raise LogError(
                f"{name}: an SQLite database without the table {lacking[0]}, so no log of "
                "OCEL 2.0; to read tables of another one: --query"
            )

    def log(self) -> ObjectLog:
        """Return the content."""
        parts = ObjectLogParts()
        times, attributes = self._details("event", "ocel_time", ATTRIBUTES)
        for row, (number, kind) in enumerate(self._rows("event", "ocel_id", "ocel_type"), 1):
            of_event = attributes.get(number, {})
            parts.add_event(number, kind, times.get(number), row, of_event)
        _, of_objects = self._details("object", "ocel_time", _OF_OBJECTS)
        for number, kind in self._rows("object", "ocel_id", "ocel_type"):
            parts.add_object(number, kind, of_objects.get(number, {}))
        for event, thing in self._rows("event_object", "ocel_event_id", "ocel_object_id"):
            parts.relate(event, thing)
        return parts.log()

    def _rows(self, table: str, *columns: str) -> Iterator[tuple[Any, ...]]:
        """Yield these columns of a table, as texts or None."""
        listed = ", ".join(map(_quoted, columns))
        for row in self._database.execute(f"SELECT {listed} FROM {_quoted(table)}"):  # noqa: S608
            yield tuple(None if value is None else _as_text(value) for value in row)

    def _details(
        self, sort: str, time: str, wanted: tuple[str, ...]
    ) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
        """Return times and attributes by id, from the tables of all types of a sort."""
        times: dict[str, str] = {}
        attributes: dict[str, dict[str, str]] = {}
        if f"{sort}_map_type" not in self._tables:
            return times, attributes
        types = list(self._rows(f"{sort}_map_type", "ocel_type", "ocel_type_map"))
        if len(types) > _MOST_TYPES:
            raise LogError(f"{self._name}: {len(types):,} types of {sort}s; no log has so many")
        for _, mapped in types:
            table = f"{sort}_{mapped}"
            if table not in self._tables:
                raise LogError(f"{self._name}: a type of {sort}s without its table {table}")
            present = {row[0] for row in self._columns(table)}
            columns = [name for name in (time, *wanted) if name in present]
            for number, *values in self._rows(table, "ocel_id", *columns):
                found = {n: v for n, v in zip(columns, values, strict=True) if v is not None}
                moment = found.pop(time, None)
                if moment is not None:
                    times.setdefault(number, moment)
                if found:
                    for key, value in found.items():
                        attributes.setdefault(number, {}).setdefault(key, value)
        return times, attributes

    def _columns(self, table: str) -> Iterator[tuple[str]]:
        yield from self._database.execute("SELECT name FROM pragma_table_info(?)", (table,))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _as_text(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value)
