"""One message's history in plain words, each step with the log line that proves it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import get_close_matches

import numpy as np
import polars as pl

from fsm.errors import LogError
from fsm.machine import Effect, Machine
from fsm.replay.engine import replay, team_of
from fsm.replay.source import Log

__all__ = ["Change", "Entry", "Story", "explain"]


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


def explain(
    log: Log,
    machines: Sequence[Machine],
    message: str,
    *,
    companions: Callable[[str], Machine] | None = None,
    validity: timedelta | None = None,
    as_of: datetime | None = None,
) -> tuple[Story, ...]:
    """Return the story of every message with this id; raises :class:`LogError` when there is none.

    The arguments are those of :func:`fsm.replay.replay`.
    """
    frame = log.frame.filter(pl.col("message_id") == message)
    if frame.is_empty():
        known = log.frame["message_id"].unique().sort().head(100_000).to_list()
        close = get_close_matches(message, known, 1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        raise LogError(f"no message {message!r} in {log.frame.height:,} events{hint}")
    end = as_of if as_of is not None else log.frame["timestamp"].max()
    result = replay(
        Log(log.sources, frame),
        machines,
        companions=companions,
        validity=validity,
        as_of=end if isinstance(end, datetime) else None,
    )
    team = {m.name: m for m in team_of(machines, companions)}
    keys = [key for key in ("message_id", "recipient") if key in result.history.columns]
    return tuple(
        Story(
            message,
            str(part["recipient"][0]) if "recipient" in keys else None,
            tuple(_entries(log, part, team)),
        )
        for part in result.history.partition_by(keys, maintain_order=True)
    )


def _entries(log: Log, history: pl.DataFrame, team: dict[str, Machine]) -> Iterator[Entry]:
    proofs = _proofs(log, history)
    same = ["file", "row", "timestamp", "event"]
    for part in history.partition_by(same, maintain_order=True):
        first = part.row(0, named=True)
        place, quote = proofs.get((first["file"], first["row"]), ("", ""))
        changes = tuple(
            _change(team[row["machine"]], row)
            for row in part.iter_rows(named=True)
            if row["machine"] is not None
        )
        yield Entry(first["timestamp"], first["event"], place, quote, changes)


def _proofs(log: Log, history: pl.DataFrame) -> dict[tuple[int, int], tuple[str, str]]:
    """Return place and text of every event, by file and row; each file is read once."""
    proofs = {}
    events = history.select("file", "row").drop_nulls().unique(maintain_order=True)
    for (file,), part in events.group_by("file", maintain_order=True):
        source = log.sources[file]
        rows = part["row"].to_numpy().astype(np.intp)
        lines = source.lines(rows)
        texts = zip(rows.tolist(), lines.tolist(), source.quotes(lines), strict=True)
        proofs.update({(file, row): (f"{source.name}:{line}", text) for row, line, text in texts})
    return proofs


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
