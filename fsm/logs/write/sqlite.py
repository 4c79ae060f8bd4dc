"""OCEL 2.0 as an SQLite database: a table for each type of objects and events."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import IO

import polars as pl

from fsm.errors import OutputError
from fsm.files import TemporaryFolder
from fsm.logs.write.ocel import (
    ALWAYS,
    KINDS,
    MESSAGE_OBJECTS,
    EventType,
    ObjectKind,
    event_types,
    objects,
    ocel_events,
)
from fsm.text import plain_ids

__all__ = ["write_sqlite"]

_TYPES = {"string": "TEXT", "integer": "INTEGER", "boolean": "BOOLEAN"}
_MOST = 1000
"""Types of events; there is a table for each."""
_TABLES = """
CREATE TABLE "event_map_type" ("ocel_type" TEXT PRIMARY KEY, "ocel_type_map" TEXT);
CREATE TABLE "object_map_type" ("ocel_type" TEXT PRIMARY KEY, "ocel_type_map" TEXT);
CREATE TABLE "event" ("ocel_id" TEXT PRIMARY KEY,
    "ocel_type" TEXT REFERENCES "event_map_type" ("ocel_type"));
CREATE TABLE "object" ("ocel_id" TEXT PRIMARY KEY,
    "ocel_type" TEXT REFERENCES "object_map_type" ("ocel_type"));
CREATE TABLE "event_object" ("ocel_event_id" TEXT REFERENCES "event" ("ocel_id"),
    "ocel_object_id" TEXT REFERENCES "object" ("ocel_id"), "ocel_qualifier" TEXT,
    PRIMARY KEY ("ocel_event_id", "ocel_object_id", "ocel_qualifier"));
CREATE TABLE "object_object" ("ocel_source_id" TEXT REFERENCES "object" ("ocel_id"),
    "ocel_target_id" TEXT REFERENCES "object" ("ocel_id"), "ocel_qualifier" TEXT,
    PRIMARY KEY ("ocel_source_id", "ocel_target_id", "ocel_qualifier"));
"""


def write_sqlite(rows: pl.LazyFrame, file: IO[bytes]) -> None:
    """Write rows of a converted log to a temporary database, and copy that to a file.

    The same rows give the same bytes with the same version of SQLite. Some of its functions
    end a text at a zero, so zeros are spelled out: ``[U+0000]``.
    """
    rows = rows.with_columns(pl.col(pl.String).str.replace_all("\0", "[U+0000]", literal=True))
    with TemporaryFolder() as directory:
        path = Path(directory) / "log.sqlite"
        try:
            with closing(sqlite3.connect(path, isolation_level=None)) as database:
                for statement in ("PRAGMA journal_mode=OFF", "PRAGMA synchronous=OFF", "BEGIN"):
                    database.execute(statement)
                _fill(database, rows)
                database.execute("COMMIT")
        except sqlite3.Error as error:
            raise OutputError(f"the temporary database of events: {error}") from error
        with path.open("rb") as complete:
            shutil.copyfileobj(complete, file)


def _fill(database: sqlite3.Connection, rows: pl.LazyFrame) -> None:
    types = event_types(rows)
    if len(types) > _MOST:
        raise OutputError(
            f"{len(types):,} kinds of events, and a database would have a table for each; "
            "write .jsonocel or .xmlocel"
        )
    tables = plain_ids((kind.name for kind in types), reserved=("object", "map_type"))
    _create_all(database, types, tables)
    for thing, part in objects(rows):
        _add(database, "object", part.select("id", kind=pl.lit(thing.name)))
        values = part.select("id", since=pl.lit(ALWAYS), changed=None)
        _add(database, f"object_{thing.name}", values.hstack(part.select(*thing.attributes)))
        for other in MESSAGE_OBJECTS if thing.name == "message" else ():
            related = part.select("id", other.column).explode(other.column)
            _add(database, "object_object", _related(related, other))
    for part in ocel_events(rows):
        _add(database, "event", part.select("id", "event"))
        for kind in types:
            values = part.filter(event=kind.name).select("id", "time", *kind.attributes)
            _add(database, f"event_{tables[kind.name]}", values)
        for thing in KINDS:
            _add(database, "event_object", _related(part.select("id", thing.column), thing))


def _related(pairs: pl.DataFrame, to: ObjectKind) -> pl.DataFrame:
    return pairs.drop_nulls().with_columns(qualifier=pl.lit(to.qualifier))


def _create_all(
    database: sqlite3.Connection, types: Sequence[EventType], tables: Mapping[str, str]
) -> None:
    for statement in _TABLES.split(";"):
        database.execute(statement)
    for thing in KINDS:
        names = ("ocel_time", "ocel_changed_field", *thing.attributes)
        columns = [
            '"ocel_id" TEXT REFERENCES "object" ("ocel_id")',
            *(f'"{n}" TEXT' for n in names),
        ]
        database.execute(f'CREATE TABLE "object_{thing.name}" ({", ".join(columns)})')
    for kind in types:
        columns = [
            '"ocel_id" TEXT PRIMARY KEY REFERENCES "event" ("ocel_id")',
            '"ocel_time" TEXT',
            *(f'"{name}" {_TYPES[of]}' for name, of in kind.attributes.items()),
        ]
        database.execute(f'CREATE TABLE "event_{tables[kind.name]}" ({", ".join(columns)})')
    _add(database, "object_map_type", _pairs({thing.name: thing.name for thing in KINDS}))
    _add(database, "event_map_type", _pairs(tables))


def _pairs(names: Mapping[str, str]) -> pl.DataFrame:
    columns = {"name": list(names), "table": list(names.values())}
    return pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))


def _add(database: sqlite3.Connection, table: str, rows: pl.DataFrame) -> None:
    marks = ", ".join("?" * rows.width)
    database.executemany(f'INSERT INTO "{table}" VALUES ({marks})', rows.iter_rows())  # noqa: S608
