"""Replay on Spark: the engine runs in every partition, on the messages of that partition.

Spark brings the rows of each message together and in order; a worker takes them from the Arrow
batches of its partition in parts that end between two messages; and each part is a log of its
own for :func:`fsm.engine.replay`. As no message is ever split, what the parts have adds up to
what the whole log has. No fold, count or message is implemented here a second time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property, partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import polars as pl

from fsm.arguments import check_duration
from fsm.catalog import built_in_companion
from fsm.compile import crosscheck
from fsm.compile.crosscheck import CrossCheck
from fsm.engine.machine_result import MachineResult
from fsm.engine.replaying import replay, with_companions
from fsm.engine.result import Replay
from fsm.epoch import MICROSECOND, microseconds_since_1970, time_at
from fsm.errors import LogError, MissingToolError
from fsm.indicators import Share, percent
from fsm.logs.canonical_columns import NEEDED, OPTIONAL
from fsm.machine import Machine
from fsm.text import quantity

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import Column, DataFrame

__all__ = ["SparkCounts", "SparkReplay", "replay_on_spark"]

ROWS = 1 << 17
"""Rows of a part, about: a worker holds so many, and those of one message more."""

_KINDS = {"timestamp": ("timestamp",), "seq": ("bigint", "int", "smallint", "tinyint")}


def replay_on_spark(
    df: DataFrame,
    machines: Machine | Sequence[Machine],
    *,
    companions: Callable[[str], Machine] | None = built_in_companion,
    to_send: int | None = None,
    validity: timedelta | None = None,
    as_of: datetime | None = None,
    dedupe: bool = False,
    cross_check: bool = True,
) -> SparkReplay:
    """Execute the log in a Spark data frame, as :func:`fsm.engine.replay` executes others.

    Columns: ``message_id``, ``event``, ``timestamp`` (a ``TimestampType``), and where there are
    any ``recipient``, ``delivery_id``, ``event_id`` and ``seq``. The options are those of
    :func:`fsm.engine.replay`; the package must be installed where the workers run.

    A data frame has no file order: a message's events of one timestamp and one ``seq`` (or none)
    happen in the order in which the machines declare them, unknown ones last.

    With ``cross_check`` the cells of the tables are compared with the classes at once, here and
    not in the workers. Where they are too many, those next to the initial state come first, since
    it is not known yet which ones the log meets.

    Nothing runs yet, but one small job for the last instant of the log where there is a
    ``validity`` or a timer and no ``as_of``. A row without message or time stops the job that
    meets it.

    Raises :class:`fsm.errors.LogError` for columns that are missing or of the wrong type,
    :class:`fsm.errors.MachineError` where class and table disagree, and
    :class:`fsm.errors.MissingToolError` where Spark is not installed.
    """
    if not all(find_spec(name) for name in ("pyspark", "pyarrow", "pandas")):
        raise MissingToolError("a replay on Spark needs: pip install 'delivery-fsm[spark]'")
    given = [machines] if isinstance(machines, Machine) else list(machines)
    all_machines = {machine.name: machine for machine in with_companions(given, companions)}
    _check_columns(df)
    if as_of is None and (validity is not None or any(m.timers for m in all_machines.values())):
        as_of = _last_instant(df)
    run = partial(
        replay,
        machines=given,
        companions=all_machines.__getitem__ if companions else None,
        validity=validity,
        as_of=as_of,
        dedupe=dedupe,
        cross_check=False,
        workers=1,
    )
    events = dict.fromkeys(event for machine in all_machines.values() for event in machine.events)
    checked = (
        crosscheck.cross_check(all_machines.values(), max_work=crosscheck.MAX_WORK)
        if cross_check
        else None
    )
    return SparkReplay(_by_message(df, list(events), as_of), run, to_send, checked)


@dataclass(frozen=True)
class SparkCounts:
    """The counts of a log; the names are those of :class:`fsm.engine.Replay`."""

    events: int
    messages: int
    rejected: int
    duplicates: int | None
    """Repeated events, which were dropped; None where they were not looked for."""
    to_send: int
    machines: dict[str, MachineResult]


@dataclass(frozen=True)
class SparkReplay:
    """The result of a replay on Spark. Its tables are lazy, each of them a pass of its own.

    ``log.persist()`` saves sorting the log again for each. ``run`` is the engine with the
    options of this replay.
    """

    log: DataFrame
    run: Callable[..., Replay]
    to_send: int | None
    crosscheck: CrossCheck | None = None
    """How many cells of the tables agree with the machines' classes; None: not compared."""

    @cached_property
    def statuses(self) -> DataFrame:
        """One row per message, as in :attr:`fsm.engine.Replay.statuses`."""
        return self._each_part(lambda result: result.statuses, statuses=True)

    @cached_property
    def rejections(self) -> DataFrame:
        """Every rejected event, as in :attr:`fsm.engine.Replay.rejections`, without its place."""
        return self._each_part(lambda result: result.rejections.drop("file", "line"))

    @property
    def indicators(self) -> DataFrame:
        """Each machine's indicators: ``machine``, ``indicator``, ``count``, ``percent``.

        They are made of :meth:`counts`, and so are the one table that runs a job at once.
        """
        rows = [
            (machine, indicator, share.count, share.percent)
            for machine, result in self.counts().machines.items()
            for indicator, share in result.indicators.items()
        ]
        kinds = "machine string, indicator string, count bigint, percent double"
        return self.log.sparkSession.createDataFrame(rows, kinds)

    def series(self, every: timedelta = timedelta(hours=1)) -> DataFrame:
        """Return each indicator at the end of each period; see :meth:`fsm.engine.Replay.series`."""
        from pyspark.sql import Window
        from pyspark.sql import functions as sql

        check_duration("every", every, optional=False)
        micros = every // MICROSECOND
        with_deliveries = "delivery_id" in self.log.columns
        line = ["delivery_id", "machine", "indicator"]
        summed = (
            self._each_part(_series, every=every)
            .groupBy(*line, "period")
            .agg(sql.sum("change").alias("change"), sql.sum("messages").alias("messages"))
        )
        whole = sql.sum("messages").over(Window.partitionBy("delivery_id"))
        if self.to_send is not None and not with_deliveries:
            whole = sql.lit(self.to_send)
        count = sql.sum("change").over(Window.partitionBy(*line).orderBy("period"))
        # Half to even on the double, as polars rounds; round and bround look at its decimals.
        share = sql.rint(sql.col("count") * 100 / sql.col("whole") * 100) / 100
        return (
            summed.withColumns({"count": count, "whole": sql.nullif(whole, sql.lit(0))})
            .where("machine IS NOT NULL")
            .select(
                sql.timestamp_micros((sql.col("period") + 1) * micros).alias("until"),
                *(line if with_deliveries else line[1:]),
                "count",
                share.alias("percent"),
            )
        )

    def counts(self) -> SparkCounts:
        """Return the counts; the first time, this runs a job.

        Raises :class:`fsm.errors.LogError` where ``to_send`` is less than the log holds.
        """
        return self._counts

    @cached_property
    def _counts(self) -> SparkCounts:
        rows = self._each_part(_facts).groupBy("machine", "fact", "name").sum("count").collect()
        totals = Counter({tuple(row)[:3]: int(row[3]) for row in rows})
        messages = totals["", "messages", ""]
        whole = messages if self.to_send is None else self.to_send
        if whole < messages:
            raise LogError(f"{quantity(whole, 'message')} to send, but the log has {messages:,}")
        nothing = self.run(self._no_rows)
        return SparkCounts(
            events=totals["", "events", ""],
            messages=messages,
            rejected=totals["", "rejected", ""],
            duplicates=None if nothing.duplicates is None else totals["", "duplicates", ""],
            to_send=whole,
            machines={n: _filled(n, m, totals, whole) for n, m in nothing.machines.items()},
        )

    @property
    def _no_rows(self) -> pl.DataFrame:
        return pl.DataFrame(schema=dict.fromkeys(self.log.columns, pl.String))

    def _each_part(self, table: Callable[[Replay], pl.DataFrame], **options: Any) -> DataFrame:
        """Return what a table of the engine has, over all parts of the log."""
        run, rows = partial(self.run, **options), ROWS
        types = {n: _spark_type(t) for n, t in table(run(self._no_rows)).schema.items()}

        def work(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            for part in _parts(batches, rows):
                yield from _batches(table(run(part)), types)

        columns = [f"`{name.replace('`', '``')}` {kind}" for name, kind in types.items()]
        return self.log.mapInArrow(work, ", ".join(columns))


def _filled(name: str, empty: MachineResult, totals: Counter[Any], whole: int) -> MachineResult:
    """Return the result of an empty log, filled with what the parts add up to."""
    shares = {i: totals[name, "indicators", i] for i in empty.indicators}
    return replace(
        empty,
        to_send=whole,
        states={state: totals[name, "states", state] for state in empty.states},
        statuses={status: totals[name, "statuses", status] for status in empty.statuses},
        indicators={i: Share(count, percent(count, whole)) for i, count in shares.items()},
        expired=totals[name, "expired", ""],
        timers={timer: totals[name, "timers", timer] for timer in empty.timers},
    )


# In Spark ------------------------------------------------------------------------------------


def _check_columns(df: DataFrame) -> None:
    missing = [name for name in NEEDED if name not in df.columns]
    if missing:
        raise LogError(f"no column {missing[0]!r}; there are: {', '.join(df.columns)}")
    for name, kinds in _KINDS.items():
        kind = df.schema[name].dataType.simpleString() if name in df.columns else kinds[0]
        if kind not in kinds:
            raise LogError(f"{name} is of type {kind}; cast it to {kinds[0]}")


def _last_instant(df: DataFrame) -> datetime | None:
    from pyspark.sql import functions as sql

    row = df.agg(sql.unix_micros(sql.max("timestamp"))).first()
    return None if row is None or row[0] is None else time_at(row[0])


def _by_message(df: DataFrame, events: Sequence[str], as_of: datetime | None) -> DataFrame:
    """Return the log in partitions of whole messages, each with its rows in order.

    A message's rows are neighbours by ``key``, a hash. So are those of another message of the
    same hash; the engine tells the two apart.
    """
    from pyspark.sql import functions as sql

    if as_of is not None:
        end = sql.timestamp_micros(sql.lit(microseconds_since_1970(as_of)))
        df = df.where((sql.col("timestamp") <= end) | sql.col("timestamp").isNull())
    present = [name for name in (*NEEDED, *OPTIONAL) if name in df.columns]
    columns = {name: sql.col(name).cast("string") for name in present}
    columns["message_id"] = _required("message_id", sql.nullif(columns["message_id"], sql.lit("")))
    columns["timestamp"] = _required("timestamp", sql.unix_micros("timestamp"))
    if "seq" in present:
        columns["seq"] = sql.col("seq")
    declared = sql.array(*map(sql.lit, events)).cast("array<string>")
    columns["rank"] = sql.nullif(sql.array_position(declared, columns["event"]), sql.lit(0))
    columns["key"] = sql.xxhash64(
        *(name for name in ("message_id", "recipient") if name in present)
    )
    order = ("key", "timestamp", "seq", "rank", "event", "delivery_id")
    return (
        df.select(*(column.alias(name) for name, column in columns.items()))
        .repartition("key")
        .sortWithinPartitions(*(sql.asc_nulls_last(name) for name in order if name in columns))
    )


def _required(name: str, column: Column) -> Column:
    """Return a column that stops the job where it is null."""
    from pyspark.sql import functions as sql

    stop = sql.raise_error(sql.lit(f"a row of the log has no {name}; every event needs it"))
    return sql.coalesce(column, stop)


# In the workers ------------------------------------------------------------------------------


def _parts(batches: Iterable[pa.RecordBatch], rows: int) -> Iterator[pl.DataFrame]:
    """Yield the log in parts of about so many rows; the last message waits for the next batch."""
    waiting: list[pl.DataFrame] = []
    key, held = None, 0
    for batch in batches:
        frame = pl.DataFrame(batch)
        if frame.is_empty():
            continue
        last = frame["key"][-1]
        cut = frame["key"].search_sorted(last)
        if last != key and held + cut >= rows:
            yield _in_time([*waiting, frame[:cut]])
            frame, waiting, held = frame[cut:], [], 0
        waiting.append(frame)
        key, held = last, held + frame.height
    if waiting:
        yield _in_time(waiting)


def _in_time(frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Return one frame in order of time, in which the engine is fastest."""
    frame = pl.concat(frames).sort("timestamp", maintain_order=True)
    return frame.with_columns(pl.col("timestamp").cast(pl.Datetime("us", "UTC")))


def _series(result: Replay) -> pl.DataFrame:
    """Return what each period changes, and in separate rows the messages of each delivery."""
    changes, deliveries = result.counts.changes(), result.counts.deliveries()
    rows = pl.concat([changes, deliveries.rename({"to_send": "messages"})], how="diagonal")
    return rows.with_columns(result.counts.delivery_names.gather(rows["delivery"]))


def _facts(result: Replay) -> pl.DataFrame:
    """All counts, one a row."""
    names = ("events", "messages", "rejected", "duplicates")
    facts = [("", name, "", getattr(result, name) or 0) for name in names]
    for name, machine in result.machines.items():
        facts.append((name, "expired", "", machine.expired))
        facts += [(name, "timers", timer, count) for timer, count in machine.timers.items()]
        facts += [(name, "states", state, count) for state, count in machine.states.items()]
        facts += [(name, "statuses", status, count) for status, count in machine.statuses.items()]
        facts += [(name, "indicators", i, share.count) for i, share in machine.indicators.items()]
    kinds = {"machine": pl.String, "fact": pl.String, "name": pl.String, "count": pl.Int64}
    return pl.DataFrame(facts, schema=kinds, orient="row")


def _spark_type(kind: pl.DataType) -> str:
    if isinstance(kind, pl.Datetime):
        return "timestamp"
    return "bigint" if kind.is_integer() else "string"


def _batches(frame: pl.DataFrame, types: dict[str, str]) -> Iterator[pa.RecordBatch]:
    """Return a frame as Spark wants it."""
    import pyarrow as pa

    kinds = {"timestamp": pa.timestamp("us", "UTC"), "bigint": pa.int64(), "string": pa.string()}
    texts = [pl.col(name).cast(pl.String) for name, kind in types.items() if kind == "string"]
    schema = pa.schema([(name, kinds[kind]) for name, kind in types.items()])
    yield from frame.with_columns(texts).to_arrow().cast(schema).to_batches()
