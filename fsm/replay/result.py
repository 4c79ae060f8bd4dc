"""The result of a replay, and the tables that can be made of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from functools import cached_property
from typing import TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fsm.errors import LogError
from fsm.indicators import Share
from fsm.machine import Machine
from fsm.replay.fold import Codes, Folded
from fsm.replay.source import Log

__all__ = ["MachineResult", "MachineRun", "Mask", "Replay", "unheard"]

Mask: TypeAlias = NDArray[np.bool_]

UNKNOWN = "no machine knows this event"
NOT_ACCEPTED = "not accepted in this state"
_PERIOD = "\0period"  # a name no indicator has


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
class MachineRun:
    """One machine's fold. ``rows`` are the rows of the ordered frame that the machine hears."""

    machine: Machine
    rows: Codes
    folded: Folded
    expired: int


@dataclass(frozen=True)
class Replay:
    """The result of a replay. Frames are sorted by message, then time."""

    log: Log
    events: int
    messages: int
    rejected: int
    to_send: int
    validity: timedelta | None
    machines: dict[str, MachineResult]
    ordered: pl.DataFrame
    runs: dict[str, MachineRun]
    firsts: Codes

    def as_dict(self) -> dict[str, object]:
        """Return the counts for JSON; the shape is stable. ``expired`` comes with a validity."""
        machines = {}
        for name, machine in self.machines.items():
            facts = asdict(machine)
            if self.validity is None:
                del facts["expired"]
            machines[name] = facts
        counts = {"events": self.events, "messages": self.messages, "rejected": self.rejected}
        return counts | {"machines": machines}

    @cached_property
    def rejections(self) -> pl.DataFrame:
        """Every rejected event: file, line, message, time, event, and why.

        ``state`` is where the message was, ``machine`` names the machines that agree on it.
        """
        frames = [self._rejected_by(run) for run in self.runs.values()]
        unknown = np.flatnonzero(unheard(self.ordered.height, self.runs.values()) & self._real)
        frames.append(_ledger(unknown, [""] * len(unknown), "", self._unknown_reasons(unknown)))
        merged = (
            pl.concat(frames)
            .group_by("at", "state", "reason", maintain_order=True)
            .agg(pl.col("machine").str.join(", "))
            .sort("at", maintain_order=True)
        )
        keep = ["file", "row", *_identity(self.ordered), "timestamp", "event"]
        located = self.log.locate(self.ordered[merged["at"].to_numpy()].select(keep))
        return located.hstack(merged.select("state", "machine", "reason"))

    @cached_property
    def history(self) -> pl.DataFrame:
        """One row per event and machine that hears it, sorted by message and time.

        Columns: ``file`` and ``row`` (null for the end of a validity period), the message's
        identity, ``timestamp``, ``event``, ``machine``, ``before``, ``after``, ``rejected``.
        Events that no machine knows have no ``machine``.
        """
        keep = ["file", "row", *_identity(self.ordered), "timestamp", "event"]
        base = self.ordered.select(keep).with_row_index("at")
        unknown = np.flatnonzero(unheard(base.height, self.runs.values()) & self._real)
        frames = [base[unknown].with_columns(rejected=pl.lit(True))]
        for name, run in self.runs.items():
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
        ends = np.append(self.firsts[1:], self.ordered.height)
        real = np.cumsum(np.append(0, self._real))
        last = self._last_real(ends)
        keep = [*_identity(self.ordered), "timestamp", "event"]
        frame = (
            self.ordered[last]
            .select(keep)
            .rename({"timestamp": "last_timestamp", "event": "last_event"})
        )
        columns = [pl.Series("events", real[ends] - real[self.firsts], pl.UInt32)]
        for name, run in self.runs.items():
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
        by = [c for c in ("delivery_id",) if c in self.ordered.columns]
        group = [*by, "machine", "indicator"]
        counted = (
            pl.concat([self._changes(name, run, every, by) for name, run in self.runs.items()])
            .sort([*group, "until"])
            .with_columns(pl.col("change").cum_sum().over(group).alias("count"))
        )
        if by:
            whole = self.ordered[self.firsts].group_by(by).agg(pl.len().alias("to_send"))
            counted = counted.join(whole, on=by, how="left", nulls_equal=True)
        else:
            counted = counted.with_columns(pl.lit(self.to_send).alias("to_send"))
        share = (100 * pl.col("count") / pl.col("to_send")).round(2).alias("percent")
        return counted.select("until", *group, "count", share)

    # How ------------------------------------------------------------------------------------

    @cached_property
    def _real(self) -> Mask:
        return self.ordered["start"].is_null().to_numpy()

    def _last_real(self, ends: Codes) -> Codes:
        rows = np.where(self._real, np.arange(self.ordered.height), -1)
        return np.maximum.accumulate(rows)[ends - 1] if len(rows) else rows

    def _rejected_by(self, run: MachineRun) -> pl.DataFrame:
        at = np.flatnonzero(run.folded.rejected)
        states = [run.machine.states[i].name for i in run.folded.before[at].tolist()]
        return _ledger(run.rows[at], states, run.machine.name, [NOT_ACCEPTED] * len(at))

    def _unknown_reasons(self, at: Codes) -> list[str]:
        """Say of a plain event that depends on guards how its symbols are written."""
        guarded = {
            event: f"depends on guards; write for example {event}[{guards[0]}]"
            for run in self.runs.values()
            for event, guards in run.machine.guards.items()
            if guards
        }
        return [guarded.get(event, UNKNOWN) for event in self.ordered["event"][at].to_list()]

    def _changes(self, name: str, run: MachineRun, every: timedelta, by: list[str]) -> pl.DataFrame:
        """One row per period and indicator: what the events of the period added to the count."""
        micros = every // timedelta(microseconds=1)
        until = pl.col("timestamp").dt.truncate(every).dt.offset_by(f"{micros}us").alias("until")
        shown = [state.status for state in run.machine.states]
        columns = []
        for indicator in run.machine.indicators:
            counts = np.array([indicator.counts(status) for status in shown], dtype=np.int8)
            change = counts[run.folded.after] - counts[run.folded.before]
            columns.append(pl.Series(indicator.name, change))
        period = pl.struct(*by, until).alias(_PERIOD)
        return (
            self.ordered.select(period)[run.rows]
            .hstack(columns)
            .group_by(_PERIOD)
            .agg(pl.all().sum().cast(pl.Int64))
            .unpivot(index=_PERIOD, variable_name="indicator", value_name="change")
            .select(
                pl.lit(name).alias("machine"),
                "indicator",
                pl.col("change").cast(pl.Int64),
                _PERIOD,
            )
            .unnest(_PERIOD)
        )


def unheard(height: int, runs: Iterable[MachineRun]) -> Mask:
    """Return which of the ordered rows no machine knows."""
    mask = np.ones(height, dtype=np.bool_)
    for run in runs:
        mask[run.rows] = False
    return mask


def _identity(frame: pl.DataFrame) -> list[str]:
    return [c for c in ("message_id", "recipient", "delivery_id") if c in frame.columns]


def _ledger(at: Codes, states: list[str], machine: str, reasons: list[str]) -> pl.DataFrame:
    columns = {"state": states, "machine": [machine] * len(at), "reason": reasons}
    texts = [pl.Series(name, values, pl.String) for name, values in columns.items()]
    return pl.DataFrame([pl.Series("at", at, pl.Int64), *texts])


def _words(name: str, words: Sequence[str | None], codes: Codes) -> pl.Series:
    return pl.Series(words, dtype=pl.String).gather(pl.Series(codes)).alias(name)
