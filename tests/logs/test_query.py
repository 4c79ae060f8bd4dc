"""Queries as logs: SQLite and PostgreSQL for real, read only, without a word of the URL."""

import importlib
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from fsm.catalog import load_bare
from fsm.engine import replay
from fsm.errors import LogError, MissingToolError
from fsm.logs.open import open_log
from fsm.logs.storage.query import Query, run_query
from tests.command import Fsm
from tests.conftest import SAMPLE
from tests.depth import at_full_depth, cases, samples
from tests.logs import postgres

URL = "FSM_DATABASE_URL"
ROWS = [line.split(",") for line in SAMPLE.splitlines()[1:]]
ALL = "SELECT * FROM log ORDER BY seq"
needs_driver = pytest.mark.skipif(
    importlib.util.find_spec("adbc_driver_sqlite") is None,
    reason="no driver for databases is installed (the extra named sql)",
)
pytestmark = needs_driver


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    place = postgres.programs()
    if place is None:
        pytest.skip("there is no PostgreSQL server on this machine")
    with postgres.server(place) as url:
        _fill(url)
        yield url


def _fill(url: str) -> None:
    from adbc_driver_postgresql import dbapi

    values = ", ".join(f"('{m}', '{e}', '{t}', {s})" for m, e, t, s in ROWS)
    with dbapi.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE log (message_id text, event text, timestamp timestamptz, seq numeric)"
        )
        cursor.execute(f"INSERT INTO log VALUES {values}")
        cursor.execute("CREATE SEQUENCE numbers")
        cursor.execute("CREATE ROLE locked LOGIN PASSWORD 'other'")
        connection.commit()


@pytest.fixture
def sqlite(tmp_path: Path) -> str:
    path = tmp_path / "log 1.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE log (message_id, event, timestamp, seq INTEGER)")
        connection.executemany("INSERT INTO log VALUES (?, ?, ?, ?)", ROWS)
        connection.execute("CREATE TABLE mixed (message_id)")
        connection.executemany("INSERT INTO mixed VALUES (?)", [(1,)] * 3000 + [("x",)])
    connection.close()
    return f"sqlite:///{path}"


@pytest.fixture(params=["sqlite", "server"], ids=["SQLite", "PostgreSQL"])
def database(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    url: str = request.getfixturevalue(request.param)
    monkeypatch.setenv(URL, url)
    return url


def test_a_query_is_a_log_like_its_file(database: str, fsm: Fsm, sample: Path) -> None:
    by_query, expected = fsm("replay", "--sql", ALL), fsm("replay", sample)
    assert (by_query.status, by_query.out, by_query.err) == (0, expected.out, expected.err)


def test_what_one_message_went_through(database: str, fsm: Fsm) -> None:
    result = fsm("explain", "--sql", ALL, "--message", "m3")
    assert "proof: query:row 7: {" in result.out
    assert '"event":"relayed"' in result.out


def test_a_query_and_files_are_one_log(database: str, fsm: Fsm, tmp_path: Path) -> None:
    more = tmp_path / "more.csv"
    more.write_text("message_id,event,timestamp\nm9,relayed,2026-03-02T09:00:00Z\n")
    assert "9 events, 4 messages" in fsm("replay", "--sql", ALL, more).out


def test_a_query_becomes_a_file(database: str, fsm: Fsm, tmp_path: Path, sample: Path) -> None:
    out = tmp_path / "log.parquet"
    assert fsm("convert", "--sql", ALL, "-o", out).status == 0
    written, given = open_log([out]).frame, open_log([sample]).frame
    columns = ["message_id", "event", "timestamp", "seq"]
    assert written.select(columns).equals(given.select(columns))
    result = fsm("convert", sample, "--sql", ALL)
    assert (result.status, len(result.out.splitlines())) == (0, 1 + 2 * 8)


def test_other_names_of_columns(database: str, fsm: Fsm) -> None:
    query = "SELECT message_id AS m, event, timestamp FROM log"
    result = fsm("replay", "--sql", query, "--column", "message_id=m")
    assert "8 events, 3 messages" in result.out


def test_statuses_in_a_database(database: str, fsm: Fsm) -> None:
    query = "SELECT message_id AS id, 'Pending' AS status, timestamp FROM log WHERE seq < 4"
    result = fsm("convert", "--sql", query)
    assert result.err.startswith("fsm: query: read as snapshot (its columns are id and a status")
    assert "query:row 1 is pending" in result.err
    assert [line.split(",")[2] for line in result.out.splitlines()[1:]] == ["relayed", "relayed"]


def test_a_checkpoint_knows_the_rows_of_a_query(database: str, fsm: Fsm, tmp_path: Path) -> None:
    first, again = (
        fsm("replay", "--sql", ALL, "--checkpoint", tmp_path / "states") for _ in range(2)
    )
    assert (first.status, again.out) == (0, first.out)


WRONG = {
    "no column": ("SELECT message_id, event FROM log", "fsm: query: no column 'timestamp'; there"),
    "no table": ("SELECT * FROM nowhere", "nowhere"),
    "no query": ("", "query: give one that reads: it begins with SELECT, WITH, VALUES or TABLE"),
    "a command": ("DELETE FROM log", "query: give one that reads"),
    "two": ("SELECT 1 AS a; DELETE FROM log", "query: "),
    "no time": (
        "SELECT message_id, event, 'then' AS timestamp FROM log",
        "query:row 1: timestamp 'then' is not a time; write 2026-01-31T09:30:00Z (7 more like it)",
    ),
    "no message": (
        "SELECT NULL AS message_id, event, '2026-03-02T09:00:00Z' AS timestamp FROM log",
        "query:row 1: no message_id; every event belongs to a message (7 more",
    ),
    "not well-formed": ("SELECT FROM WHERE", "query: "),
}


@pytest.mark.parametrize(("query", "message"), cases(WRONG.values()), ids=cases(WRONG))
def test_wrong_queries(database: str, fsm: Fsm, query: str, message: str) -> None:
    result = fsm("replay", "--sql", query)
    assert (result.status, result.out) == (2, "")
    assert message in result.err
    assert result.err.count("\n") == 1
    assert database not in result.err
    assert "8 events" in fsm("replay", "--sql", ALL).out


WRITES = {
    "PostgreSQL": ("WITH gone AS (DELETE FROM log RETURNING *) SELECT * FROM gone", "read-only"),
    "PostgreSQL, a sequence": ("SELECT nextval('numbers') AS message_id", "read-only"),
    "SQLite": ("WITH x AS (SELECT 1) DELETE FROM log", "readonly database"),
}


@pytest.mark.parametrize(("query", "message"), WRITES.values(), ids=WRITES)
def test_nothing_is_written(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, query: str, message: str
) -> None:
    url = request.getfixturevalue("sqlite" if "readonly" in message else "server")
    monkeypatch.setenv(URL, url)
    with pytest.raises(LogError, match=message):
        run_query(Query(query))
    assert pl.scan_parquet(run_query(Query(ALL)).path).collect().height == 8


def test_rows_that_fail_late(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(URL, server)
    query = "SELECT 1 / (i - 300000) AS message_id FROM generate_series(1, 400000) i"
    with pytest.raises(LogError, match=r"^query: division by zero$"):
        run_query(Query(query))


def test_values_of_several_types(sqlite: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(URL, sqlite)
    with pytest.raises(
        LogError, match=r"'message_id' holds values of several types; cast it: CAST"
    ):
        run_query(Query("SELECT * FROM mixed"))
    assert run_query(Query("SELECT CAST(message_id AS TEXT) AS m FROM mixed")).names == ("m",)


TYPES = {
    "interval": "interval '1 day'",
    "bytes": "'a'::bytea",
    "list": "array[1, 2]",
    "JSON": "'{\"a\": 1}'::jsonb",
    "address": "inet '127.0.0.1'",
    "numeric": "1.5::numeric",
}


@pytest.mark.parametrize("value", TYPES.values(), ids=TYPES)
def test_types_that_a_log_does_not_need(
    server: str, monkeypatch: pytest.MonkeyPatch, fsm: Fsm, value: str
) -> None:
    monkeypatch.setenv(URL, server)
    query = f"SELECT log.*, {value} AS more FROM log ORDER BY seq"
    assert "m3" in fsm("explain", "--sql", query, "--message", "m3").out
    wrong = f"SELECT {value} AS timestamp, event, message_id FROM log"
    result = fsm("replay", "--sql", wrong)
    assert result.status == 2
    assert result.err.count("\n") == 1


def test_identifiers_are_cast(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(URL, server)
    query = "SELECT gen_random_uuid() AS message_id, event, timestamp FROM log"
    with pytest.raises(LogError, match=r"CAST\(message_id AS TEXT\)$"):
        run_query(Query(query))
    cast = query.replace("gen_random_uuid()", "CAST(gen_random_uuid() AS TEXT)")
    log = open_log([], query=Query(cast))
    assert replay(log, [load_bare("with-feedback")]).messages == 8


SECRET = "s3cret-w0rd"
REFUSED = {
    "nobody listens": (f"postgresql://u:{SECRET}@127.0.0.1:1/x", "nothing listens at its address"),
    "a password with a sign": (f"postgresql://u:p@{SECRET}@127.0.0.1/x", "its host is unknown"),
    "no URL": (f"postgresql://u:{SECRET}@[::1/x", "the URL is not well-formed"),
    "an option": (f"postgresql:///x?pass={SECRET}", "the URL is not well-formed"),
    "another database": (f"mysql://u:{SECRET}@localhost/x", "of no database that is known"),
    "no file": (f"sqlite:///{SECRET}.db", "is no file that is there"),
    "empty": ("", "the environment has no FSM_DATABASE_URL"),
}


@pytest.mark.parametrize(("url", "message"), REFUSED.values(), ids=REFUSED)
def test_no_connection(monkeypatch: pytest.MonkeyPatch, fsm: Fsm, url: str, message: str) -> None:
    monkeypatch.setenv(URL, url)
    result = fsm("replay", "--sql", ALL)
    assert (result.status, result.out) == (2, "")
    assert message in result.err
    assert SECRET not in result.err
    assert result.err.count("\n") == 1


ACCOUNTS = {
    "a wrong password": ("locked", SECRET, "postgres", "it refuses the password"),
    "no such user": (SECRET, "x", "postgres", "it refuses the password"),
    "no such database": ("fsm", postgres.PASSWORD, SECRET, "it has no such user or database"),
    "a table that is not theirs": ("locked", "other", "postgres", "permission denied"),
}


@pytest.mark.parametrize(("user", "password", "name", "message"), ACCOUNTS.values(), ids=ACCOUNTS)
def test_accounts(
    server: str, monkeypatch: pytest.MonkeyPatch, user: str, password: str, name: str, message: str
) -> None:
    host = server.rpartition("@")[2].partition("/")[0]
    monkeypatch.setenv(URL, f"postgresql://{user}:{password.replace(' ', '%20')}@{host}/{name}")
    with pytest.raises(LogError, match=message) as error:
        run_query(Query(ALL))
    assert SECRET not in str(error.value)
    assert password not in str(error.value).replace("another", "")


def test_a_message_with_the_password_in_it_is_not_passed_on(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(URL, server)
    with pytest.raises(LogError) as error:
        run_query(Query(f"SELECT '{postgres.PASSWORD}'::integer"))
    assert str(error.value) == "query: the database refuses it"


def test_the_url_is_not_taken_from_the_command_line(fsm: Fsm) -> None:
    result = fsm("replay", "--sql", ALL, "--sql-url", f"postgresql://u:{SECRET}@h/x")
    assert result.status == 2
    assert "env:FSM_DATABASE_URL" in result.err
    assert SECRET not in result.err
    assert (
        "the environment has no OTHER" in fsm("replay", "--sql", ALL, "--sql-url", "env:OTHER").err
    )
    assert "Missing argument 'LOGS...'; give files, or --sql" in fsm("replay").err


def test_only_rows_of_logs_and_of_exports(
    sqlite: str, monkeypatch: pytest.MonkeyPatch, fsm: Fsm
) -> None:
    monkeypatch.setenv(URL, sqlite)
    result = fsm("replay", "--sql", ALL, "--format", "postfix")
    assert result.status == 2
    assert "not postfix; name its columns message_id, event and timestamp" in result.err


def test_without_a_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(URL, "postgresql:///x")
    monkeypatch.setitem(sys.modules, "adbc_driver_postgresql.dbapi", None)
    with pytest.raises(MissingToolError, match=r"pip install 'delivery-fsm\[sql\]'$"):
        run_query(Query(ALL))


@at_full_depth
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is told by Linux")
def test_memory_does_not_grow_with_the_rows(server: str) -> None:
    """Ten times the rows, 120 or 250 MB more of text, need less than half as much again."""
    program = (
        "import sys; from fsm.logs.storage.query import Query, run_query; "
        "run_query(Query('SELECT i::text AS message_id, repeat(md5(i::text), 4) AS event '"
        "'FROM generate_series(1, ' + sys.argv[1] + ') i')); "
        "print(*(line.split()[1] for line in open('/proc/self/status') if 'VmHWM' in line))"
    )
    peaks = [
        int(
            subprocess.run(
                [sys.executable, "-c", program, rows],
                env={**os.environ, URL: server},
                check=True,
                capture_output=True,
                text=True,
            ).stdout
        )
        for rows in (str(samples(200_000, 100_000)), str(samples(2_000_000, 1_000_000)))
    ]
    assert peaks[1] < 1.5 * peaks[0]


def test_times_of_a_database_are_those_of_its_zone(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(URL, server)
    query = "SELECT message_id, event, timestamp AT TIME ZONE 'UTC' AS timestamp FROM log"
    with pytest.raises(LogError, match=r"^query: the timestamps have no zone"):
        replay(open_log([], query=Query(query)), [load_bare("with-feedback")])
    log = open_log([], query=Query(ALL))
    first: dict[str, Any] = log.frame.row(0, named=True)
    assert first["timestamp"] == datetime.fromisoformat(ROWS[0][2])
    assert first["timestamp"].utcoffset() == timedelta(0)
