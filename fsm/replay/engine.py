"""Replay: a log, executed by one or more machines.

The way of the data: one frame of all events, sorted by message and time; per machine an array
of event codes; the fold; counts, rejections and tables from the folded arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

import numpy as np
import polars as pl

from fsm.errors import LogError, MachineError
from fsm.indicators import Share, shares, status_counts
from fsm.machine import Machine
from fsm.replay.fold import Codes, Folded, dense, fold
from fsm.replay.source import Log

__all__ = ["MachineResult", "Replay", "replay"]

UNKNOWN = "no machine knows this event"


@dataclass(frozen=True)
class MachineResult:
    """What one machine made of a log: the messages in each state, status and indicator."""

    to_send: int
    states: dict[str, int]
    statuses: dict[str, int]
    indicators: dict[str, Share]
    expired: int
    """Messages whose validity period ended while they were retried."""

    @property
    def sent(self) -> int:
        """Messages handed over: all that have a status."""
        return sum(self.statuses.values())


@dataclass(frozen=True)
class _Run:
    """One machine's fold. ``rows`` are the rows of the sorted frame that the machine hears."""

    machine: Machine
    rows: Codes
    folded: Folded


@dataclass(frozen=True)
class Replay:
    """The result of a replay. Frames are sorted by message, then time."""

    log: Log
    events: int
    messages: int
    rejected: int
    to_send: int
    machines: dict[str, MachineResult]
    _sorted: pl.DataFrame
    _runs: dict[str, _Run]
    _firsts: Codes

    @cached_property
    def rejections(self) -> pl.DataFrame:
        """Every rejected event: file, line, message, time, event, and why.

        ``state`` is where the message was, ``machine`` names the machines that agree on it.
        """
        frames = [self._rejected_by(run) for run in self._runs.values()]
        unknown = np.flatnonzero(_unheard(self._sorted.height, self._runs.values()) & self._real)
        frames.append(_ledger(unknown, [""] * len(unknown), "", UNKNOWN))
        merged = (
            pl.concat(frames)
            .group_by("at", "state", "reason", maintain_order=True)
            .agg(pl.col("machine").str.join(", "))
            .sort("at", maintain_order=True)
        )
        keep = ["file", "row", *_identity(self._sorted), "timestamp", "event"]
        located = self.log.locate(self._sorted[merged["at"].to_numpy()].select(keep))
        return located.hstack(merged.select("state", "machine", "reason"))

    @cached_property
    def history(self) -> pl.DataFrame:
        """One row per event and machine that hears it, sorted by message and time.

        Columns: ``file`` and ``row`` (null for the end of a validity period), the message's
        identity, ``timestamp``, ``event``, ``machine``, ``before``, ``after``, ``rejected``.
        Events that no machine knows have no ``machine``.
        """
        keep = ["file", "row", *_identity(self._sorted), "timestamp", "event"]
        base = self._sorted.select(keep).with_row_index("at")
        unknown = np.flatnonzero(_unheard(base.height, self._runs.values()) & self._real)
        frames = [base[unknown].with_columns(rejected=pl.lit(True))]
        for name, run in self._runs.items():
            words = [state.name for state in run.machine.states]
            due = self._real[run.rows]
            event = run.machine.deadline.event if run.machine.deadline else ""
            frames.append(
                base[run.rows].with_columns(
                    pl.lit(name).alias("machine"),
                    pl.when(pl.Series(due)).then("event").otherwise(pl.lit(event)).alias("event"),
                    _words("before", words, run.folded.before),
                    _words("after", words, run.folded.after),
                    pl.Series("rejected", run.folded.rejected),
                )
            )
        merged = pl.concat(frames, how="diagonal").sort("at", maintain_order=True).drop("at")
        return merged.filter(pl.col("row").is_not_null() | (pl.col("before") != pl.col("after")))

    @cached_property
    def statuses(self) -> pl.DataFrame:
        """One row per message: its last event, and its state and status under each machine."""
        ends = np.append(self._firsts[1:], self._sorted.height)
        real = np.cumsum(np.append(0, self._real))
        last = self._last_real(ends)
        keep = [*_identity(self._sorted), "timestamp", "event"]
        frame = (
            self._sorted[last]
            .select(keep)
            .rename({"timestamp": "last_timestamp", "event": "last_event"})
        )
        columns = [pl.Series("events", real[ends] - real[self._firsts], pl.UInt32)]
        for name, run in self._runs.items():
            states = [state.name for state in run.machine.states]
            shown = [state.status for state in run.machine.states]
            final = run.folded.final
            columns.append(_words(f"{name}.state", states, final))
            columns.append(_words(f"{name}.status", shown, final))
        return frame.hstack(columns)

    def series(self, every: timedelta = timedelta(hours=1)) -> pl.DataFrame:
        """Return each indicator at the end of each period in which an event was heard.

        Columns: ``until`` (end of the period, UTC), ``delivery_id`` (where the log has it),
        ``machine``, ``indicator``, ``count`` and ``percent`` (of the messages to send; of the
        delivery's own messages where the log has deliveries).
        """
        if every <= timedelta(0):
            raise LogError(f"the period {every} is not longer than nothing")
        by = [c for c in ("delivery_id",) if c in self._sorted.columns]
        group = [*by, "machine", "indicator"]
        frames = [self._changes(name, run, every, by) for name, run in self._runs.items()]
        counted = (
            pl.concat(frames)
            .group_by([*group, "until"])
            .agg(pl.col("change").sum())
            .sort([*group, "until"])
            .with_columns(pl.col("change").cum_sum().over(group).alias("count"))
        )
        if by:
            whole = self._sorted[self._firsts].group_by(by).agg(pl.len().alias("to_send"))
            counted = counted.join(whole, on=by, how="left", nulls_equal=True)
        else:
            counted = counted.with_columns(pl.lit(self.to_send).alias("to_send"))
        share = (100 * pl.col("count") / pl.col("to_send")).round(2).alias("percent")
        return counted.select("until", *group, "count", share)

    # How ------------------------------------------------------------------------------------

    @cached_property
    def _real(self) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        return self._sorted["start"].is_null().to_numpy()

    def _last_real(self, ends: Codes) -> Codes:
        rows = np.where(self._real, np.arange(self._sorted.height), -1)
        return np.maximum.accumulate(rows)[ends - 1] if len(rows) else rows

    def _rejected_by(self, run: _Run) -> pl.DataFrame:
        at = np.flatnonzero(run.folded.rejected)
        states = [run.machine.states[i].name for i in run.folded.before[at].tolist()]
        return _ledger(run.rows[at], states, run.machine.name, "not accepted in this state")

    def _changes(self, name: str, run: _Run, every: timedelta, by: list[str]) -> pl.DataFrame:
        """One row per event heard and indicator: what the event added to the count."""
        micros = every // timedelta(microseconds=1)
        until = pl.col("timestamp").dt.truncate(every).dt.offset_by(f"{micros}us").alias("until")
        base = self._sorted.select(*by, until)[run.rows].with_columns(machine=pl.lit(name))
        shown = [state.status for state in run.machine.states]
        frames = []
        for indicator in run.machine.indicators:
            counts = np.array([indicator.counts(status) for status in shown], dtype=np.int64)
            change = counts[run.folded.after] - counts[run.folded.before]
            frames.append(
                base.with_columns(
                    pl.lit(indicator.name).alias("indicator"), pl.Series("change", change)
                )
            )
        if frames:
            return pl.concat(frames)
        return base.clear().with_columns(
            pl.lit("").alias("indicator"), pl.lit(0, pl.Int64).alias("change")
        )


def replay(
    log: Log,
    machines: Sequence[Machine],
    *,
    companions: Callable[[str], Machine] | None = None,
    to_send: int | None = None,
    validity: timedelta | None = None,
    as_of: datetime | None = None,
) -> Replay:
    """Execute a log.

    Events are ordered by (timestamp, seq, file order) within each message. An event that no
    machine knows, or that a machine which knows it does not accept, is rejected: it is kept,
    and changes nothing. ``companions`` loads a machine's companion by name; its indicators are
    shown with the machine's own.

    ``to_send`` is the denominator of the indicators (default: the messages of the log). With
    ``validity``, the deadline of a machine happens that long after its start event, before any
    event of the same instant, up to ``as_of`` (default: the last instant of the log). Events
    after ``as_of`` are left out.

    Raises :class:`fsm.errors.LogError` where ``to_send`` is less than the log holds.
    """
    team = _team(machines, companions)
    frame = log.frame
    if as_of is not None:
        frame = frame.filter(pl.col("timestamp") <= as_of)
    events = frame.height
    frame = frame.with_columns(pl.lit(None, pl.String).alias("start"))
    if validity is not None:
        due = _expiries(frame, log.keys, team, validity, as_of)
        frame = pl.concat([frame, *due], how="diagonal")
    ordered, firsts = _order(frame, log.keys)
    messages = len(firsts)
    if to_send is not None and to_send < messages:
        raise LogError(f"{to_send:,} messages to send, but the log has {messages:,}")
    owner = np.repeat(np.arange(messages), np.diff(firsts, append=ordered.height))
    runs = {m.name: _run(m, ordered, owner, messages) for m in team}
    rejected = _unheard(ordered.height, runs.values()) & ordered["start"].is_null().to_numpy()
    for run in runs.values():
        rejected[run.rows[run.folded.rejected]] = True
    whole = messages if to_send is None else to_send
    return Replay(
        log=log,
        events=events,
        messages=messages,
        rejected=int(rejected.sum()),
        to_send=whole,
        machines={m.name: _result(runs, m, whole, ordered) for m in machines},
        _sorted=ordered,
        _runs=runs,
        _firsts=firsts,
    )


def _team(
    machines: Sequence[Machine], companions: Callable[[str], Machine] | None
) -> list[Machine]:
    team = {machine.name: machine for machine in machines}
    if len(team) < len(machines):
        raise MachineError("the same machine is given twice")
    for machine in machines:
        if machine.companion and companions and machine.companion not in team:
            team[machine.companion] = companions(machine.companion)
    return list(team.values())


def _expiries(
    frame: pl.DataFrame,
    keys: list[str],
    team: Iterable[Machine],
    validity: timedelta,
    as_of: datetime | None,
) -> list[pl.DataFrame]:
    """One row per message and start event, at the end of its validity period."""
    end = as_of if as_of is not None else frame["timestamp"].max()
    starts = sorted({m.deadline.start for m in team if m.deadline})
    if end is None:
        return []
    carried = [c for c in ("delivery_id",) if c in frame.columns]
    return [
        frame.filter(pl.col("event") == start)
        .group_by(keys, maintain_order=True)
        .agg(pl.col("timestamp").min() + validity, *(pl.col(c).first() for c in carried))
        .filter(pl.col("timestamp") <= end)
        .with_columns(pl.lit(start).alias("start"))
        for start in starts
    ]


def _order(frame: pl.DataFrame, keys: list[str]) -> tuple[pl.DataFrame, Codes]:
    """Sort by message, then (timestamp, deadline first, seq, file order); find the messages."""
    ties = ["seq"] if "seq" in frame.columns else []
    by = [*keys, "timestamp", "start", *ties, "file", "row"]
    ordered = frame.sort(by, nulls_last=[name in ("start", "seq") for name in by])
    if ordered.is_empty():
        return ordered, np.zeros(0, dtype=np.intp)
    new = ordered.select(
        pl.any_horizontal(pl.col(k).ne_missing(pl.col(k).shift()) for k in keys).alias("new")
    )["new"].to_numpy(writable=True)
    new[0] = True
    return ordered, np.flatnonzero(new)


def _run(machine: Machine, ordered: pl.DataFrame, owner: Codes, messages: int) -> _Run:
    """Fold the rows a machine hears; a deadline is one more column of its table."""
    width = len(machine.events)
    table = dense(machine.table, width)
    expiry = np.arange(len(machine.states), dtype=np.intp)
    numbers = {event: i for i, event in enumerate(machine.events)}
    codes = (
        ordered["event"]
        .replace_strict(list(numbers), list(numbers.values()), default=-1, return_dtype=pl.Int64)
        .to_numpy(writable=True)
    )
    if machine.deadline:
        names = [state.name for state in machine.states]
        at = names.index(machine.deadline.state)
        expiry[at] = table[at, numbers[machine.deadline.event]]
        codes[(ordered["start"] == machine.deadline.start).fill_null(False).to_numpy()] = width
    rows = np.flatnonzero(codes >= 0)
    starts = np.searchsorted(owner[rows], np.arange(messages))
    initial = next(i for i, s in enumerate(machine.states) if s.name == machine.initial)
    full = np.column_stack([table, expiry])
    return _Run(machine, rows, fold(full, codes[rows], starts, initial))


def _unheard(height: int, runs: Iterable[_Run]) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    unheard = np.ones(height, dtype=np.bool_)
    for run in runs:
        unheard[run.rows] = False
    return unheard


def _result(
    runs: dict[str, _Run], machine: Machine, to_send: int, ordered: pl.DataFrame
) -> MachineResult:
    run = runs[machine.name]
    states = _state_counts(run)
    statuses = status_counts(machine, states)
    indicators = shares(machine, statuses, to_send)
    companion = runs.get(machine.companion or "")
    if companion:
        beside = status_counts(companion.machine, _state_counts(companion))
        indicators |= shares(companion.machine, beside, to_send)
    due = ordered["start"].is_not_null().to_numpy()[run.rows]
    moved = run.folded.before != run.folded.after
    return MachineResult(to_send, states, statuses, indicators, int((due & moved).sum()))


def _state_counts(run: _Run) -> dict[str, int]:
    counts = np.bincount(run.folded.final, minlength=len(run.machine.states))
    return {state.name: int(n) for state, n in zip(run.machine.states, counts, strict=True)}


def _identity(frame: pl.DataFrame) -> list[str]:
    return [c for c in ("message_id", "recipient", "delivery_id") if c in frame.columns]


def _ledger(at: Codes, states: list[str], machine: str, reason: str) -> pl.DataFrame:
    return pl.DataFrame(
        {"at": pl.Series(at, dtype=pl.Int64), "state": pl.Series(states, dtype=pl.String)}
    ).with_columns(machine=pl.lit(machine), reason=pl.lit(reason))


def _words(name: str, words: Sequence[str | None], codes: Codes) -> pl.Series:
    return pl.Series(words, dtype=pl.String).gather(pl.Series(codes)).alias(name)
