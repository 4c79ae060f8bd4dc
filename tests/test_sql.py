"""A query gives what a replay gives, in every dialect."""

import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

import polars as pl
import pytest

from fsm.catalog import load_bare
from fsm.engine import replay
from fsm.errors import MachineError
from fsm.machine import Machine, State, Transition
from fsm.machines import NAMES
from fsm.simulation import simulate
from tests.depth import at_full_depth

Row: TypeAlias = tuple[Any, ...]
Run: TypeAlias = Callable[..., list[Row]]
"""Runs a query on a frame, stored as a table of some name: ``run(query, frame, table)``."""

DIALECTS = ("duckdb", "spark")
NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)


def by_text(rows: Sequence[Row]) -> list[Row]:
    return sorted(map(tuple, rows), key=repr)


def run_duckdb(query: str, log: Path, table: str) -> list[Row]:
    duckdb = pytest.importorskip("duckdb", reason="duckdb is not installed (the extra named dev)")
    settings = {"threads": 8, "preserve_insertion_order": False, "default_order": "DESC"}
    with duckdb.connect(config=settings) as database:
        database.execute(f"CREATE VIEW {table} AS SELECT * FROM read_parquet('{log}')")
        return by_text(database.execute(query).fetchall())


@pytest.fixture(params=DIALECTS)
def dialect(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def run(dialect: str, request: pytest.FixtureRequest, tmp_path: Path) -> Run:
    spark = request.getfixturevalue("spark") if dialect == "spark" else None

    def run(query: str, frame: pl.DataFrame, table: str = "log") -> list[Row]:
        path = tmp_path / "log.parquet"
        frame.write_parquet(path, row_group_size=500)
        if spark is None:
            return run_duckdb(query, path, table)
        spark.sql(f"CREATE OR REPLACE TEMP VIEW {table} AS SELECT * FROM parquet.`{path}`")
        return by_text(spark.sql(query).collect())

    return run


def replayed(frame: pl.DataFrame, machine: Machine, keys: Sequence[str] = ("message_id",)) -> Any:
    """What the engine says: keys, state, status, events, rejected."""
    result = replay(frame, machine, statuses=True, oracle=False)
    rejected = result.rejections.group_by(keys).agg(pl.len().cast(pl.Int64).alias("rejected"))
    messages = result.statuses.join(rejected, on=keys, how="left").with_columns(
        pl.col("rejected").fill_null(0)
    )
    shown = [f"{machine.name}.state", f"{machine.name}.status", "events", "rejected"]
    return by_text(messages.select(*keys, *shown).rows())


def noisy_log(machine: Machine, messages: int = 300) -> pl.DataFrame:
    """A simulated log with events that do not fit, of one hour's precision, in no order.

    ``seq`` breaks the ties; the last event of a message has none.
    """
    dice = random.Random(7)
    walks = pl.concat(simulate(machine, messages)).select("message_id", "event", "timestamp")
    noise = walks.sample(fraction=0.3, seed=7)
    events = [*machine.events, "unheard of", "", None]
    noise = noise.with_columns(pl.Series("event", dice.choices(events, k=noise.height)))
    last = pl.col("message_id").is_last_distinct()
    return (
        pl.concat([walks, noise])
        .sort("timestamp", "message_id", maintain_order=True)
        .with_row_index("seq")
        .with_columns(
            pl.col("timestamp").dt.truncate("1h"),
            pl.when(~last).then(pl.col("seq").cast(pl.Int64)).alias("seq"),
        )
        .sample(fraction=1, shuffle=True, seed=7)
    )


def log_of(*events: str | None) -> pl.DataFrame:
    """The events of one message, all at nine o'clock."""
    size = len(events)
    columns = {"message_id": ["m"] * size, "event": events, "timestamp": [NINE] * size}
    return pl.DataFrame(columns, schema_overrides={"event": pl.String})


def star(names: Sequence[str], name: str = "star", status: str | None = None) -> Machine:
    """A machine in which event ``x`` leads from the last state to state ``x``."""
    states = tuple(State(n, n if status is None else status, n, (n,)) for n in names)
    moves = tuple(Transition(names[-1], n, n, n) for n in names)
    return Machine(name, name, states, tuple(names), moves, names[-1])


# The same as a replay ------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_a_query_gives_what_a_replay_gives(name: str, dialect: str, run: Run) -> None:
    machine = load_bare(name)
    log = noisy_log(machine)
    expected = replayed(log, machine)
    assert run(machine.to_sql(dialect, seq=True), log) == expected
    assert {rejected > 0 for *_, rejected in expected} == {True, False}


def test_a_message_may_have_several_keys(dialect: str, run: Run) -> None:
    machine, keys = load_bare("with-feedback"), ("message_id", "recipient")
    log = noisy_log(machine).with_columns(
        pl.col("message_id").str.tail(1).alias("recipient"),
        pl.col("message_id").str.head(-1),
    )
    expected = replayed(log, machine, keys)
    assert run(machine.to_sql(dialect, keys=keys, seq=True), log) == expected


@at_full_depth
def test_the_order_does_not_depend_on_threads(tmp_path: Path) -> None:
    machine = load_bare("with-feedback")
    log = noisy_log(machine, 30_000)
    log.write_parquet(tmp_path / "log.parquet", row_group_size=2048)
    found = run_duckdb(machine.to_sql("duckdb", seq=True), tmp_path / "log.parquet", "log")
    assert found == replayed(log, machine)


# Ties ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "events",
    [("relayed", "delivered", "hard_bounce"), ("hard_bounce", "delivered", "relayed")],
    ids=["as declared", "backwards"],
)
def test_ties_are_in_the_declared_order_of_events(
    events: tuple[str, ...], dialect: str, run: Run
) -> None:
    query = load_bare("with-feedback").to_sql(dialect)
    assert run(query, log_of(*events)) == [("m", "hard_bounced", "Failed", 3, 0)]


@pytest.mark.parametrize(
    ("events", "rejected"), [(("unheard of",), 1), ((None, ""), 2)], ids=["unknown", "missing"]
)
def test_what_the_machine_does_not_know_is_rejected(
    events: tuple[str | None, ...], rejected: int, dialect: str, run: Run
) -> None:
    expected = [("m", "only", "only", rejected, rejected)]
    without_events = Machine("m", "m", (State("only", "only", "", ()),), (), (), "only")
    for machine in (star(["only"]), without_events):
        assert run(machine.to_sql(dialect), log_of(*events)) == expected


# Hostile names -------------------------------------------------------------------------------

HOSTILE = (
    "it's",
    "''",
    'say "so"',
    "a`b",
    "back\\slash",
    "ends with \\",
    "\\'",
    "\\n is no line end",
    "two\nlines\r\n",
    "'; DROP TABLE log; --",
    "/* */ -- */ #",
    "${env:PATH}",
    "$${env:PATH}",
    "\\${env:PATH}",
    "${spark.app.name}",
    "{keys} {0}",
    "%s \\% \\_",
    "$1 ? :name",
    " spaces ",
    "\tzéro\u2028\u202e\N{MUSICAL SYMBOL G CLEF}",
    "confirm[not can_start]",
)


def test_names_stay_as_they_are(dialect: str, run: Run) -> None:
    machine = star(HOSTILE, name="\n".join(HOSTILE))
    query = machine.to_sql(dialect)
    numbers = [str(i) for i in range(len(HOSTILE))]
    log = pl.DataFrame({"message_id": numbers, "event": HOSTILE, "timestamp": NINE})
    expected = [(i, name, name, 1, 0) for i, name in zip(numbers, HOSTILE, strict=True)]
    assert run(query, log) == by_text(expected) == replayed(log, machine)


def test_no_status_is_null(dialect: str, run: Run) -> None:
    machine = Machine("m", "m", (State("only", None, "", ()),), ("e",), (), "only")
    assert run(machine.to_sql(dialect), log_of("e")) == [("m", "only", None, 1, 1)]


@pytest.mark.parametrize(
    ("dialect", "name", "quoted"),
    [
        ("duckdb", """a "'`\\;--\n${x} b""", '''"a ""'`\\;--\n${x} b"'''),
        ("spark", """a "'`\\;--\n$x b""", """`a "'``\\;--\n$x b`"""),
        ("duckdb", "coded", "coded"),
        ("duckdb", "FOLDED", "FOLDED"),
        ("spark", "coded", "coded"),
    ],
)
def test_tables_and_keys_have_any_name(dialect: str, name: str, quoted: str, run: Run) -> None:
    log = log_of("relayed").rename({"message_id": name})
    query = load_bare("with-feedback").to_sql(dialect, name, keys=[name])
    assert run(query, log, quoted) == [("m", "awaiting", "Pending", 1, 0)]


def test_a_dot_separates_a_schema_from_a_table(tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb", reason="duckdb is not installed (the extra named dev)")
    with duckdb.connect() as database:
        database.execute('CREATE SCHEMA "the schema"')
        database.execute(
            'CREATE TABLE "the schema".log (message_id INT, event TEXT, timestamp INT)'
        )
        query = load_bare("delivery").to_sql("duckdb", "memory.the schema.log")
        assert database.execute(query).fetchall() == []


def test_a_query_may_be_written_in_one_line(dialect: str, run: Run) -> None:
    query = load_bare("with-feedback").to_sql(dialect).replace("\n", " ")
    assert run(query, log_of("relayed")) == [("m", "awaiting", "Pending", 1, 0)]


# Refused -------------------------------------------------------------------------------------

OWN_COLUMN = "a key cannot be named {!r}: the query has such a column"
NO_NAME = "{}: {!r} cannot be the name of a table or column"


@pytest.mark.parametrize(
    ("dialect", "options", "message"),
    [
        ("mysql", {}, "no SQL dialect 'mysql'; there are: duckdb, spark"),
        ("duckdb", {"keys": []}, "keys are the names of one column or more, not []"),
        ("duckdb", {"keys": "id"}, "keys are the names of one column or more, not 'id'"),
        ("duckdb", {"keys": ["state"]}, OWN_COLUMN.format("state")),
        ("spark", {"keys": ["id", "ID"]}, OWN_COLUMN.format("ID")),
        ("spark", {"keys": ["${x}"]}, NO_NAME.format("spark", "${x}")),
        ("spark", {"table": "logs.${x}"}, NO_NAME.format("spark", "${x}")),
        ("spark", {"table": "logs."}, NO_NAME.format("spark", "")),
        ("duckdb", {"table": ""}, NO_NAME.format("duckdb", "")),
    ],
    ids=str,
)
def test_what_no_query_can_be_made_of(dialect: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(MachineError) as caught:
        load_bare("with-feedback").to_sql(dialect, **options)
    assert str(caught.value) == message
