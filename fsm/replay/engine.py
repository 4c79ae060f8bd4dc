"""Replay: a log, executed by one or more machines.

The way of the data: one frame of all events, ordered by message and time; per machine an array
of event codes; the fold; counts, rejections and tables from the folded arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import numpy as np
import polars as pl

from fsm.errors import LogError, MachineError
from fsm.indicators import shares, status_counts
from fsm.machine import Machine
from fsm.replay.deadline import due_codes, due_rows, tables
from fsm.replay.fold import Codes, fold
from fsm.replay.result import MachineResult, MachineRun, Replay, unheard
from fsm.replay.source import Log

__all__ = ["replay", "team_of"]


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
    team = team_of(machines, companions)
    frame = log.frame
    if as_of is not None:
        frame = frame.filter(pl.col("timestamp") <= as_of)
    events = frame.height
    frame = frame.with_columns(pl.lit(None, pl.String).alias("start"))
    if validity is not None:
        due = due_rows(frame, log.keys, team, validity, as_of)
        frame = pl.concat([frame, *due], how="diagonal")
    ordered, firsts = _order(frame, log.keys)
    messages = len(firsts)
    if to_send is not None and to_send < messages:
        raise LogError(f"{to_send:,} messages to send, but the log has {messages:,}")
    owner = np.repeat(np.arange(messages), np.diff(firsts, append=ordered.height))
    runs = {m.name: _run(m, ordered, owner, messages) for m in team}
    rejected = unheard(ordered.height, runs.values()) & ordered["start"].is_null().to_numpy()
    for run in runs.values():
        rejected[run.rows[run.folded.rejected]] = True
    whole = messages if to_send is None else to_send
    return Replay(
        log=log,
        events=events,
        messages=messages,
        rejected=int(rejected.sum()),
        to_send=whole,
        validity=validity,
        machines={m.name: _result(runs, m, whole) for m in machines},
        ordered=ordered,
        runs=runs,
        firsts=firsts,
    )


def team_of(
    machines: Sequence[Machine], companions: Callable[[str], Machine] | None
) -> list[Machine]:
    """Return the machines and their companions, each once."""
    team = {machine.name: machine for machine in machines}
    if len(team) < len(machines):
        raise MachineError("the same machine is given twice")
    for machine in machines:
        if machine.companion and companions and machine.companion not in team:
            team[machine.companion] = companions(machine.companion)
    return list(team.values())


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


def _run(machine: Machine, ordered: pl.DataFrame, owner: Codes, messages: int) -> MachineRun:
    """Fold the rows that a machine hears."""
    numbers = {event: i for i, event in enumerate(machine.events)}
    known = ordered["event"].replace_strict(
        list(numbers), list(numbers.values()), default=-1, return_dtype=pl.Int64
    )
    codes = due_codes(machine, ordered, owner, known.to_numpy())
    rows = np.flatnonzero(codes >= 0)
    heard = codes[rows]
    starts = np.searchsorted(owner[rows], np.arange(messages))
    table, undisturbed = tables(machine)
    initial = [state.name for state in machine.states].index(machine.initial)
    folded = fold(table, heard, starts, initial)
    expired = ~folded.rejected & (undisturbed[folded.before, heard] != folded.after)
    return MachineRun(machine, rows, folded, int(expired.sum()))


def _result(runs: dict[str, MachineRun], machine: Machine, to_send: int) -> MachineResult:
    run = runs[machine.name]
    states = _state_counts(run)
    statuses = status_counts(machine, states)
    indicators = shares(machine, statuses, to_send)
    companion = runs.get(machine.companion or "")
    if companion:
        beside = status_counts(companion.machine, _state_counts(companion))
        indicators |= shares(companion.machine, beside, to_send)
    return MachineResult(to_send, states, statuses, indicators, run.expired)


def _state_counts(run: MachineRun) -> dict[str, int]:
    counts = np.bincount(run.folded.final, minlength=len(run.machine.states))
    return {state.name: int(n) for state, n in zip(run.machine.states, counts, strict=True)}
