"""The result of a database query as a log; the database is never written to.

The URL of the database is in the environment. It holds a password, so no message of a driver about
connecting is shown, and no other message that contains a part of the URL.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Protocol, cast
from urllib.parse import parse_qsl, quote, unquote

import polars as pl
import polars.selectors as cs

from fsm.errors import LogError, MissingToolError
from fsm.files import Cleanup, held_folder
from fsm.logs.canonical_columns import NEEDED, OPTIONAL, QUERY

__all__ = ["Query", "QueryResult", "run_query"]

_DRIVERS = {
    "sqlite": "adbc_driver_sqlite",
    "postgresql": "adbc_driver_postgresql",
    "postgres": "adbc_driver_postgresql",
}
_REFUSALS = {
    "connection refused": "nothing listens at its address",
    "no such file or directory": "nothing listens at its address",
    "timeout": "it does not answer in time",
    "timed out": "it does not answer in time",
    "could not translate host name": "its host is unknown",
    "password authentication failed": "it refuses the password",
    "no password supplied": "it asks for a password",
    "no pg_hba.conf entry": "it does not let this machine in",
    "does not exist": "it has no such user or database",
    "invalid": "the URL is not well-formed",
    "missing": "the URL is not well-formed",
    " uri": "the URL is not well-formed",
    "too many": "it takes no more connections",
    "certificate": "its certificate is not trusted",
    "ssl": "it cannot be reached by TLS as the URL asks",
}
"""Words in the messages of drivers about a failed connection, and what is reported instead: their
messages may hold the password, for example where a URL is malformed."""
_READABLE = cs.string() | cs.numeric() | cs.boolean() | cs.temporal()
"""Columns of these types can be cast to text; others are left out."""
_DATABASE_ERROR = re.compile(r"ERROR:\s+(.+)")
_DRIVER_PREFIX = re.compile(
    r"(?:got external error: )?(?:[A-Z_]+: )?(?:\[\w+\] )?(?:Failed to \w+ query: )?"
)
_MIXED = re.compile(r"Type mismatch in column (\d+)")
_READING = re.compile(
    r"(?:[\s(]|--[^\n]*\n|/\*.*?\*/)*(?:select|with|values|table)\b", re.IGNORECASE | re.DOTALL
)
"""The beginning of a query that reads. Statements that write even in a read-only transaction, such
as COPY and ATTACH, begin otherwise."""
_INTERVALS = "POLARS_IMPORT_INTERVAL_AS_STRUCT"


@dataclass(frozen=True)
class Query:
    """A query, and the name of the variable that holds the URL of the database."""

    text: str
    """The query; it must only read."""
    variable: str = "FSM_DATABASE_URL"
    """The environment variable with the URL of the database."""
    redacted: bool = False
    """Whether no value of a row may be shown; databases quote values in messages."""


@dataclass(frozen=True)
class QueryResult:
    """The rows of a query in a temporary Parquet file, which exists as long as ``keep`` is held."""

    path: Path
    names: tuple[str, ...]
    keep: Cleanup


def run_query(query: Query) -> QueryResult:
    """Run a query in a transaction that cannot write, and stream its rows to a file.

    Raises :class:`fsm.errors.LogError`, which contains no part of the URL, and
    :class:`fsm.errors.MissingToolError` where the driver is not installed.
    """
    if not _READING.match(query.text):
        raise LogError(
            f"{QUERY}: give one that reads: it begins with SELECT, WITH, VALUES or TABLE"
        )
    url = os.environ.get(query.variable, "").strip()
    if not url:
        raise LogError(
            f"{QUERY}: the environment has no {query.variable}; set it to the URL of the "
            "database: postgresql://user:password@host/name or sqlite:///file.db"
        )
    driver, address = _driver(query.variable, url)
    folder, keep = held_folder()
    path = folder / "query.parquet"
    with _connected(driver, address, query.variable) as cursor, _intervals_as_structures():
        names: tuple[str, ...] = ()
        try:
            if driver.__name__.startswith("adbc_driver_postgresql"):
                cursor.execute("SET TRANSACTION READ ONLY")
            cursor.execute(query.text)
            rows = pl.scan_arrow_c_stream(cursor.fetch_arrow())
            names = tuple(rows.collect_schema().names())
            _readable_columns(rows).sink_parquet(path, compression_level=1)
        except (driver.Error, pl.exceptions.PolarsError) as error:
            message = _reason(str(error), names)
        else:
            return QueryResult(path, names, keep)
    if query.redacted:
        raise LogError(
            f"{QUERY}: the database refuses it; its message is not shown with --pseudonymise"
        )
    is_secret = any(secret in message for secret in _secrets(url))
    raise LogError(f"{QUERY}: {'the database refuses it' if is_secret else message}")


# Connecting ----------------------------------------------------------------------------------


class _Closing(Protocol):
    def __enter__(self) -> object: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> None: ...


class _Cursor(_Closing, Protocol):
    def execute(self, operation: str) -> object: ...
    def fetch_arrow(self) -> object: ...


class _Connection(_Closing, Protocol):
    def cursor(self) -> _Cursor: ...


class _Driver(Protocol):
    """A module of ADBC that follows PEP 249."""

    __name__: str
    Error: type[Exception]

    def connect(self, uri: str) -> _Connection: ...


def _driver(variable: str, url: str) -> tuple[_Driver, str]:
    """Return the driver for a URL, and the address to connect to."""
    scheme, _, rest = url.partition(":")
    name = _DRIVERS.get(scheme.lower())
    if name is None:
        raise LogError(
            f"{QUERY}: the URL in {variable} is of no database that is known; it begins with "
            "postgresql:// or sqlite:///"
        )
    try:
        driver = cast(_Driver, import_module(f"{name}.dbapi"))
    except ImportError as error:
        raise MissingToolError(
            "--sql needs a driver for the database: pip install 'delivery-fsm[sql]'"
        ) from error
    return driver, _sqlite(variable, rest) if name.endswith("sqlite") else url


def _sqlite(variable: str, rest: str) -> str:
    """Return an address at which SQLite opens a file for reading only."""
    path = Path(unquote(rest.partition("?")[0].removeprefix("///")))
    if not path.is_file():
        raise LogError(f"{QUERY}: the database in {variable} is no file that is there")
    return f"file:{quote(str(path.absolute()))}?mode=ro"


@contextmanager
def _connected(driver: _Driver, address: str, variable: str) -> Iterator[_Cursor]:
    try:
        connection = driver.connect(address)
    except driver.Error as error:
        message = str(error).lower()
    else:
        with connection, connection.cursor() as cursor:
            yield cast(_Cursor, cursor)
        return
    why = next((why for text, why in _REFUSALS.items() if text in message), None)
    why = why or "the driver cannot open it"
    raise LogError(f"{QUERY}: no connection to the database in {variable}: {why}")


# Reading -------------------------------------------------------------------------------------


@contextmanager
def _intervals_as_structures() -> Iterator[None]:
    """Let polars read intervals: without this setting of the environment it panics."""
    before = os.environ.get(_INTERVALS)
    os.environ[_INTERVALS] = "1"
    pl.Config.reload_env_vars()
    try:
        yield
    finally:
        if before is None:
            del os.environ[_INTERVALS]
        else:
            os.environ[_INTERVALS] = before
        pl.Config.reload_env_vars()


def _readable_columns(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Return the columns that can be read; extension types are replaced by their storage."""
    schema = rows.collect_schema()
    if not schema:
        raise LogError(f"{QUERY}: it returns no columns; give one that returns rows")
    wrapped = [name for name, dtype in schema.items() if isinstance(dtype, pl.BaseExtension)]
    frame = rows.with_columns(pl.col(name).ext.storage() for name in wrapped).select(_READABLE)
    kept = frame.collect_schema().names()
    for name in (*NEEDED, *OPTIONAL):
        if name in schema and name not in kept:
            raise LogError(
                f"{QUERY}: column {name!r} is {schema[name]}; cast it in the query: "
                f"CAST({name} AS TEXT)"
            )
    return frame


def _reason(text: str, names: Sequence[str]) -> str:
    """Return the message of the database in one line, without what the driver adds."""
    error = _DATABASE_ERROR.search(text)
    reason = error[1] if error else _DRIVER_PREFIX.sub("", text.strip().partition("\n")[0], count=1)
    mixed = _MIXED.search(reason)
    if mixed and int(mixed[1]) < len(names):
        name = names[int(mixed[1])]
        return f"column {name!r} holds values of several types; cast it: CAST({name} AS TEXT)"
    return reason.strip() or "the database refuses it"


def _secrets(url: str) -> Iterator[str]:
    """Yield the URL and its parts that are secret."""
    before, at, _ = url.partition("://")[2].rpartition("@")
    password = before.partition(":")[2] if at else ""
    secrets = [url, before, password] if password else [url]
    secrets += [value for key, value in parse_qsl(url.partition("?")[2]) if "pass" in key]
    secrets.append(os.environ.get("PGPASSWORD", ""))
    for secret in secrets:
        yield from {secret, unquote(secret)} - {""}
