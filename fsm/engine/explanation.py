"""One message's history in plain words, each step with the log line that proves it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import get_close_matches

import numpy as np
import polars as pl

from fsm.catalog import as_machines, built_in_companion
from fsm.engine.encode import Reader, Wanted
from fsm.engine.product_machine import Team, assemble, each_machine
from fsm.engine.replaying import microseconds_since_1970, team_of
from fsm.engine.timelines import DUE, Rows, Rules, Settled, settle
from fsm.engine.unrecorded import unrecorded
from fsm.errors import LogError
from fsm.logs.canonical_columns import place_of
from fsm.logs.log import Log
from fsm.logs.mapping.pseudonym import PSEUDONYM
from fsm.logs.open import open_log
from fsm.logs.rows import check_rows, microseconds_of, read_batches
from fsm.machine import Effect, Machine
from fsm.machines import FEEDBACK_MODES

__all__ = ["Change", "Entry", "Story", "explain", "history_of", "rows_of"]


@dataclass(frozen=True, slots=True)
class Change:
    """What one machine made of an event."""

    machine: str
    before: str
    after: str
    status: str | None
    effects: tuple[str, ...]
    """The indicators that changed, as ``Delivered increases``."""
    reason: str
    source: str
    rejected: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """One event of a story. ``place`` is ``file:line``, or empty for what happened by itself."""

    timestamp: datetime
    event: str
    place: str
    quote: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Story:
    """The history of one message (of one recipient, where the log has recipients)."""

    message: str
    recipient: str | None
    entries: tuple[Entry, ...]
    not_recorded: tuple[str, ...] = ()
    """The indicators that the log cannot know."""
    duplicates: tuple[str, ...] = ()
    """Where the events stand that were dropped because they were there already."""


def explain(
    source: object,
    message: str,
    machines: Machine | str | Iterable[Machine | str] = FEEDBACK_MODES,
    *,
    companions: Callable[[str], Machine] | None = built_in_companion,
    validity: timedelta | None = None,
    as_of: datetime | None = None,
    dedupe: bool = False,
) -> tuple[Story, ...]:
    """Return the story of every message with this id: one for each of its recipients.

    ``message`` is its ``message_id``; the other arguments are those of :func:`fsm.engine.replay`.

    Raises :class:`fsm.errors.LogError` when there is no such message, and what ``replay`` raises
    for the log and the machines.

    >>> import fsm
    >>> log = next(fsm.simulate("with-feedback", messages=100, seed=1))
    >>> (story,) = explain(log, "m000000007", "with-feedback")
    >>> [(entry.event, entry.changes[0].status) for entry in story.entries]
    [('relayed', 'Pending'), ('hard_bounce', 'Failed')]
    """
    log = open_log(source)
    frame = rows_of(log, pl.DataFrame({"message_id": [message]}))
    if frame.is_empty():
        raise LogError(_unheard_of(log, message))
    team = team_of(as_machines(machines), companions)
    teams, kept, settled = _settled(log, frame, team, validity, as_of, dedupe)
    history = _told(kept, settled, teams)
    duplicates = kept[np.sort(settled.duplicates)]
    by_name = {m.name: m for m in team}
    lacking: dict[str, None] = {}
    for machine in team:
        unknown = unrecorded(machine, log.recordable, {}, deadlines=validity is not None)
        names = (indicator.name for indicator in machine.indicators)
        lacking |= dict.fromkeys(name for name in names if name in unknown.indicators)
    return tuple(
        Story(
            message,
            str(part["recipient"][0]) if "recipient" in log.keys else None,
            tuple(_entries(log, part, by_name)),
            tuple(lacking),
            tuple(_places(log, duplicates.join(part.head(1), on=log.keys, how="semi"))),
        )
        for part in history.sort(log.keys, maintain_order=True).partition_by(
            log.keys, maintain_order=True
        )
    )


def rows_of(log: Log, messages: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of messages, given by some of the columns that identify them.

    Columns: ``file``, ``row``, the canonical ones, ``timestamp`` in UTC.
    """
    parts = []
    for file, source in enumerate(log.files):
        rows = log.scan(source).with_row_index("row")
        scan = rows.join(
            messages.lazy(),
            on=messages.columns,
            how="semi",
            nulls_equal=True,
            maintain_order="left",
        )
        for part in read_batches(source, scan):
            check_rows(source, part)
            times = microseconds_of(source, part["timestamp"]).cast(pl.Datetime("us", "UTC"))
            parts.append(part.with_columns(pl.lit(file, pl.UInt32).alias("file"), times))
    return pl.concat(parts, how="diagonal_relaxed") if parts else pl.DataFrame()


def _unheard_of(log: Log, message: str) -> str:
    ids = pl.concat([log.scan(source).select("message_id") for source in log.files])
    events = ids.select(pl.len()).collect().item()
    if PSEUDONYM.fullmatch(message):  # nothing is like another one
        return f"no message {message!r} in {events:,} events"
    known = ids.unique().sort("message_id").head(100_000).collect().to_series().to_list()
    close = get_close_matches(message, [name for name in known if name], 1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    return f"no message {message!r} in {events:,} events{hint}"


def history_of(
    log: Log,
    frame: pl.DataFrame,
    machines: Sequence[Machine],
    validity: timedelta | None,
    as_of: datetime | None,
    dedupe: bool,
) -> pl.DataFrame:
    """Return one row per event and machine that hears it, sorted by message and time.

    ``frame`` is of :func:`rows_of`. Columns: ``file`` and ``row`` (null for the end of a validity
    period), the message's identity, ``timestamp``, ``event``, ``machine``, ``before``, ``after``,
    ``rejected``. Events that no machine knows have no ``machine``.
    """
    teams, kept, settled = _settled(log, frame, machines, validity, as_of, dedupe)
    return _told(kept, settled, teams)


def _settled(
    log: Log,
    frame: pl.DataFrame,
    machines: Sequence[Machine],
    validity: timedelta | None,
    as_of: datetime | None,
    dedupe: bool,
) -> tuple[Sequence[Team], pl.DataFrame, Settled]:
    """Return the teams, the rows that they hear, and what happened to those rows."""
    teams = assemble(machines, deadlines=validity is not None)
    end = None if as_of is None else microseconds_since_1970(as_of)
    if end is None and validity is not None:
        reader = Reader(log, teams[0].alphabet.events, Wanted())
        end = max(int(batch.times.max()) for batch in reader.batches() if len(batch.times))
    ids = "event_id" in log.present
    frame = frame.sort(log.keys, maintain_order=True)
    reader = Reader(open_log(frame), teams[0].alphabet.events, Wanted(end, ids=ids, names=dedupe))
    (batch,) = reader.batches()
    rows = Rows(
        batch.keys,
        batch.checks,
        batch.codes,
        batch.times,
        batch.seqs,
        batch.ids,
        batch.names,
    )
    kept = frame if batch.rows is None else frame[batch.rows]
    span = None if validity is None else validity // timedelta(microseconds=1)
    picked = kept.select("file", "row", *log.identity, "timestamp", "event")
    return teams, picked, settle(rows, Rules(teams, span, end))


def _told(frame: pl.DataFrame, settled: Settled, teams: Sequence[Team]) -> pl.DataFrame:
    """Say of each settled row what each machine made of it."""
    real = settled.order != DUE
    places = np.maximum.accumulate(np.where(real, np.arange(len(real)), 0))
    base = frame[settled.order[places]].with_columns(
        pl.Series("timestamp", settled.times).cast(pl.Datetime("us", "UTC")),
        pl.when(pl.Series(real)).then("row").alias("row"),
        pl.when(pl.Series(real)).then("file").alias("file"),
        pl.Series("at", np.arange(len(real))),
    )
    unknown = settled.codes == teams[0].alphabet.unknown
    frames = [base.filter(pl.Series(unknown)).with_columns(rejected=pl.lit(True))]
    for team, number, machine in each_machine(teams):
        cells = settled.folded[list(teams).index(team)].cells
        heard = team.heard[number][cells]
        names = team.state_names(number)
        before = cells // team.table.width
        after = team.table.follow[cells] // team.table.width
        due = machine.deadline.event if machine.deadline else ""
        frames.append(
            base.with_columns(
                pl.lit(machine.name).alias("machine"),
                pl.when(pl.Series(real)).then("event").otherwise(pl.lit(due)).alias("event"),
                pl.Series("before", [names[i] for i in before.tolist()], pl.String),
                pl.Series("after", [names[i] for i in after.tolist()], pl.String),
                pl.Series("rejected", team.rejected[number][cells]),
            ).filter(pl.Series(heard))
        )
    merged = pl.concat(frames, how="diagonal").sort("at", maintain_order=True).drop("at")
    return merged.filter(pl.col("row").is_not_null() | (pl.col("before") != pl.col("after")))


def _places(log: Log, events: pl.DataFrame) -> Iterator[str]:
    """Yield where events stand, as ``file:line``."""
    proofs = log.proofs(events)
    for place in events.select("file", "row").iter_rows():
        name, line, _ = proofs[place]
        yield place_of(name, line)


def _entries(log: Log, history: pl.DataFrame, team: dict[str, Machine]) -> Iterator[Entry]:
    proofs = log.proofs(history.select("file", "row").drop_nulls())
    same = ["file", "row", "timestamp", "event"]
    for part in history.partition_by(same, maintain_order=True):
        first = part.row(0, named=True)
        name, line, quote = proofs.get((first["file"], first["row"]), ("", 0, ""))
        changes = tuple(
            _change(team[row["machine"]], row)
            for row in part.iter_rows(named=True)
            if row["machine"] is not None
        )
        place = place_of(name, line) if name else ""
        yield Entry(first["timestamp"], first["event"], place, quote, changes)


def _change(machine: Machine, row: dict[str, object]) -> Change:
    before, after, event = str(row["before"]), str(row["after"]), str(row["event"])
    transition = None if row["rejected"] else machine.step(before, event)
    origin = transition.origin if transition else None
    shown = machine.status(before), machine.status(after)
    effects = ((i.name, i.effect(*shown)) for i in machine.indicators)
    return Change(
        machine=machine.name,
        before=before,
        after=after,
        status=machine.status(after),
        effects=tuple(
            f"{name} {effect.value}" for name, effect in effects if effect is not Effect.NO_CHANGE
        ),
        reason=origin.reason if origin else "",
        source=origin.label if origin else "",
        rejected=bool(row["rejected"]),
    )
