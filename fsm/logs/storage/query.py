"""The result of a query as a log: read from a database by an Arrow driver, never written to.

The URL of the database is in the environment. It holds a password, so nothing that a driver says
about connecting is passed on, and nothing else that it says where that holds a part of the URL.
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
from fsm.files import Cleanup, TemporaryFolder
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
"""What drivers say of a failed connection, and what is passed on of it: their own words may hold
the password, for example where a URL is not written properly."""
_KEPT = cs.string() | cs.numeric() | cs.boolean() | cs.temporal()
"""Columns that can be shown and cast; others are left out."""
_SAID = re.compile(r"ERROR:\s+(.+)")
_BEFORE = re.compile(
    r"(?:got external error: )?(?:[A-Z_]+: )?(?:\[\w+\] )?(?:Failed to \w+ query: )?"
)
_MIXED = re.compile(r"Type mismatch in column (\d+)")
_READS = re.compile(
    r"(?:[\s(]|--[^\n]*\n|/\*.*?\*/)*(?:select|with|values|table)\b", re.IGNORECASE | re.DOTALL
)
"""What could write in spite of a transaction (COPY, ATTACH) begins otherwise."""
_INTERVALS = "POLARS_IMPORT_INTERVAL_AS_STRUCT"


@dataclass(frozen=True)
class Query:
    """A query, and the name of the variable that holds the URL of the database."""

    text: str
    variable: str = "FSM_DATABASE_URL"
    redacted: bool = False
    """Whether no value of a row may be shown; databases quote them in what they say."""


@dataclass(frozen=True)
class QueryResult:
    """The rows of a query in a Parquet file, as long as ``keep`` is held."""

    path: Path
    names: tuple[str, ...]
    keep: Cleanup


def run_query(query: Query) -> QueryResult:
    """Run a query in a transaction that cannot write; its rows stream to a file.

    Raises :class:`fsm.errors.LogError`, in which no part of the URL appears, and
    :class:`fsm.errors.MissingToolError` where the driver is not installed.
    """
    if not _READS.match(query.text):
        raise LogError(
            f"{QUERY}: give one that reads: it begins with SELECT, WITH, VALUES or TABLE"
        )
    url = os.environ.get(query.variable, "").strip()
    if not url:
        raise LogError(
            f"{QUERY}: the environment has no {query.variable}; set it to the URL of the "
            "database: postgresql://user:password@host/name or sqlite:///file.db"
        )
    driver, place = _driver(query.variable, url)
    directory = TemporaryFolder()
    path, keep = Path(directory.name) / "query.parquet", Cleanup(directory.cleanup)
    with _connected(driver, place, query.variable) as cursor, _intervals_as_structures():
        names: tuple[str, ...] = ()
        try:
            if driver.__name__.startswith("adbc_driver_postgresql"):
                cursor.execute("SET TRANSACTION READ ONLY")
            cursor.execute(query.text)
            rows = pl.scan_arrow_c_stream(cursor.fetch_arrow())
            names = tuple(rows.collect_schema().names())
            _kept(rows).sink_parquet(path, compression_level=1)
        except (driver.Error, pl.exceptions.PolarsError) as error:
            said = _said(str(error), names)
        else:
            return QueryResult(path, names, keep)
    if query.redacted:
        raise LogError(
            f"{QUERY}: the database refuses it; what it says is not shown with --pseudonymise"
        )
    hidden = any(secret in said for secret in _secrets(url))
    raise LogError(f"{QUERY}: {'the database refuses it' if hidden else said}")


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
    """Return the driver for a URL, and the address that it is given."""
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
    """Return the address at which SQLite opens a file only to read it."""
    path = Path(unquote(rest.partition("?")[0].removeprefix("///")))
    if not path.is_file():
        raise LogError(f"{QUERY}: the database in {variable} is no file that is there")
    return f"file:{quote(str(path.absolute()))}?mode=ro"


@contextmanager
def _connected(driver: _Driver, place: str, variable: str) -> Iterator[_Cursor]:
    try:
        connection = driver.connect(place)
    except driver.Error as error:
        low = str(error).lower()
    else:
        with connection, connection.cursor() as cursor:
            yield cast(_Cursor, cursor)
        return
    why = next((why for text, why in _REFUSALS.items() if text in low), "the driver cannot open it")
    raise LogError(f"{QUERY}: no connection to the database in {variable}: {why}")


# Reading -------------------------------------------------------------------------------------


@contextmanager
def _intervals_as_structures() -> Iterator[None]:
    """Let polars read intervals, for which it asks to be told so, and panics otherwise."""
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


def _kept(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Return the columns that can be read, those that the driver wraps as what they hold."""
    schema = rows.collect_schema()
    if not schema:
        raise LogError(f"{QUERY}: it returns no columns; give one that returns rows")
    wrapped = [name for name, dtype in schema.items() if isinstance(dtype, pl.BaseExtension)]
    frame = rows.with_columns(pl.col(name).ext.storage() for name in wrapped).select(_KEPT)
    kept = frame.collect_schema().names()
    for name in (*NEEDED, *OPTIONAL):
        if name in schema and name not in kept:
            raise LogError(
                f"{QUERY}: column {name!r} is {schema[name]}; cast it in the query: "
                f"CAST({name} AS TEXT)"
            )
    return frame


def _said(text: str, names: Sequence[str]) -> str:
    """Return what is wrong in one line, without what drivers put around it."""
    found = _SAID.search(text)
    said = found[1] if found else _BEFORE.sub("", text.strip().partition("\n")[0], count=1)
    mixed = _MIXED.search(said)
    if mixed and int(mixed[1]) < len(names):
        name = names[int(mixed[1])]
        return f"column {name!r} holds values of several types; cast it: CAST({name} AS TEXT)"
    return said.strip() or "the database refuses it"


def _secrets(url: str) -> Iterator[str]:
    """Yield what nobody may see."""
    before, at, _ = url.partition("://")[2].rpartition("@")
    password = before.partition(":")[2] if at else ""
    secrets = [url, before, password] if password else [url]
    secrets += [value for key, value in parse_qsl(url.partition("?")[2]) if "pass" in key]
    secrets.append(os.environ.get("PGPASSWORD", ""))
    for secret in secrets:
        yield from {secret, unquote(secret)} - {""}
