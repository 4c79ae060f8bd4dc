"""The machine as a query of other engines: DuckDB and Spark. One feedback mode only."""

import os
import shutil
import sys
from functools import partial
from pathlib import Path
from typing import Any

from engine import PLACE, Engine, Facts

__all__ = ["FOLDS"]

MACHINE = "with-feedback"
COUNTED = (
    "SELECT state, count(*), sum(events), sum(rejected) FROM ({fold}) AS folded GROUP BY state"
)


def count_query(dialect: str) -> str:
    """Return the query that folds the table ``log`` and counts the final states."""
    from fsm.catalog import load_bare

    return COUNTED.format(fold=load_bare(MACHINE).to_sql(dialect, "log"))


def facts(rows: list[tuple[str, int, int, int]]) -> Facts:
    """Return what the rows (state, messages, events, rejected) say."""
    messages, events, rejected = (sum(int(row[i]) for row in rows) for i in (1, 2, 3))
    states = {state: int(count) for state, count, _, _ in sorted(rows)}
    counted = {"messages": messages, "events": events, "rejected": rejected}
    return counted | {f"states of {MACHINE}": states}


# DuckDB --------------------------------------------------------------------------------------


def duckdb_fold(log: Path, query: str) -> list[Any]:
    import duckdb

    with duckdb.connect(config={"threads": 2, "temp_directory": str(PLACE / "duckdb")}) as database:
        database.execute(f"CREATE VIEW log AS SELECT * FROM read_parquet('{log}')")
        return database.execute(query).fetchall()


# Spark ---------------------------------------------------------------------------------------


def spark_session() -> Any:
    """Start a session on two cores; this is not measured."""
    if not (shutil.which("java") or os.environ.get("JAVA_HOME")):
        raise ImportError("Spark needs Java")
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = sys.executable
    settings = {
        "spark.driver.memory": "6g",
        "spark.local.dir": str(PLACE / "spark"),
        "spark.log.level": "ERROR",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "8",
        "spark.sql.warehouse.dir": str(PLACE / "spark"),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    builder = SparkSession.builder.master("local[2]")
    for name, value in settings.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def spark_sql(log: Path, spark: Any) -> list[Any]:
    spark.read.parquet(str(log)).createOrReplaceTempView("log")
    return [tuple(row) for row in spark.sql(count_query("spark")).collect()]


def spark_arrow(log: Path, spark: Any) -> Any:
    """Fold with fsm's own engine in the workers."""
    from fsm.catalog import load_bare
    from fsm.engine.spark import replay_on_spark

    return replay_on_spark(spark.read.parquet(str(log)), load_bare(MACHINE)).counts()


def counts_facts(counts: Any) -> Facts:
    """Return what the counts of a replay on Spark say."""
    states = {state: count for state, count in counts.machines[MACHINE].states.items() if count}
    counted = {name: getattr(counts, name) for name in ("messages", "events", "rejected")}
    return counted | {f"states of {MACHINE}": dict(sorted(states.items()))}


def _start_duckdb() -> str:
    return count_query("duckdb")


_spark = partial(
    Engine,
    start=spark_session,
    stop=lambda spark: spark.stop(),
    laps=(", first query", ", warm"),
    largest=10**7,
    most_runs=1,
)

FOLDS = (
    Engine(
        "duckdb sql",
        ("duckdb", "fsm.catalog", "fsm.compile"),
        duckdb_fold,
        facts,
        start=_start_duckdb,
        largest=10**7,
        most_runs=3,
    ),
    _spark("spark sql", ("pyspark.sql", "fsm.catalog", "fsm.compile"), spark_sql, facts),
    _spark(
        "spark mapInArrow",
        ("pyspark.sql", "pyarrow", "fsm.engine.spark"),
        spark_arrow,
        counts_facts,
    ),
)
