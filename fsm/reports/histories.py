"""Messages with their histories, as data for the page: columns of numbers, and few texts.

A page is not a database: it has the first messages of the log, up to a number of them and a
number of bytes, and says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from fsm.arrays import Index
from fsm.engine.explanation import history_of, rows_of
from fsm.engine.result import Replay
from fsm.logs.log import Log
from fsm.logs.rows import read_batches
from fsm.machine import Machine
from fsm.reports.extent import instant
from fsm.reports.names import short_name
from fsm.text import shortened, visible

__all__ = ["Histories", "histories"]

_LONGEST = 1000
"""Events of a message; one that has more is left out."""
_BYTES = 2_500_000
_PER_EVENT = 22
_TEXT = 200
_NOT_HEARD, _REJECTED = -1, -2


@dataclass(frozen=True)
class Histories:
    """Messages and their events, column by column.

    ``ends`` is where each message's events end. ``times`` are milliseconds since the event
    before, of a first one since 1970. ``lines`` are 0 for the end of a validity period. ``after``
    has, for each machine, the state after each event; -1 where the machine does not hear the
    event, -2 where it rejects it.
    """

    ids: Sequence[str]
    recipients: Sequence[str | None] | None
    ends: Sequence[int]
    times: Sequence[int]
    events: Sequence[int]
    event_names: Sequence[str]
    file_names: Sequence[str]
    files: Sequence[int]
    lines: Sequence[int]
    after: Sequence[Sequence[int]]

    def as_dict(self) -> dict[str, object]:
        """Return what the page reads."""
        return {
            "ids": self.ids,
            "recipients": self.recipients,
            "ends": self.ends,
            "times": self.times,
            "events": self.events,
            "eventNames": self.event_names,
            "fileNames": [visible(shortened(short_name(name))) for name in self.file_names],
            "files": self.files if any(self.files) else [],
            "lines": self.lines,
            "after": self.after,
        }


def histories(replay: Replay, machines: Sequence[Machine], most: int) -> Histories:
    """Return the first messages of the log, at most so many, as the machines see them."""
    log = replay.log
    kept = _affordable(log, _first(log, most))
    if kept.is_empty():
        return Histories([], None, [], [], [], [], [], [], [], [[] for _ in machines])
    rows = rows_of(log, kept)
    end = replay.as_of or (instant(replay.counts.latest) if replay.counts.latest else None)
    history = history_of(log, rows, machines, replay.validity, end, replay.dedupe)
    order = kept.with_row_index("number")
    history = history.join(order, on=log.keys, nulls_equal=True, maintain_order="left")
    return _in_columns(log, history.sort("number", maintain_order=True), machines)


def _first(log: Log, most: int) -> pl.DataFrame:
    """Return what identifies the first messages, in the order of the log."""
    found = pl.DataFrame(schema=dict.fromkeys(log.keys, pl.String))
    for source in log.files:
        scan = log.scan(source).select(log.keys).filter(pl.col("message_id").is_not_null())
        for part in read_batches(source, scan):
            found = pl.concat([found, part]).unique(maintain_order=True).head(most)
            if found.height == most:
                return found
    return found


def _affordable(log: Log, messages: pl.DataFrame) -> pl.DataFrame:
    """Leave out messages that are too long, and the last ones if all are too much for a page."""
    keys = log.keys
    counts = pl.concat(
        log.scan(source)
        .select(keys)
        .join(messages.lazy(), on=keys, how="semi", nulls_equal=True)
        .group_by(keys)
        .len("events")
        for source in log.files
    )
    sizes = messages.lazy().join(
        counts.group_by(keys).sum(), on=keys, how="left", nulls_equal=True, maintain_order="left"
    )
    texts = pl.sum_horizontal(pl.col(key).str.len_chars().clip(0, _TEXT) for key in keys)
    return (
        sizes.filter(pl.col("events") <= _LONGEST)
        .filter((pl.col("events") * _PER_EVENT + texts).cum_sum() <= _BYTES)
        .select(keys)
        .collect(engine="streaming")
    )


def _in_columns(log: Log, history: pl.DataFrame, machines: Sequence[Machine]) -> Histories:
    keys = log.keys
    same = [*keys, "file", "row", "timestamp", "event"]
    new = pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift()) for name in same)
    is_new = history.select(new.alias("new"))["new"]
    if history.height:
        is_new[0] = True
    events = history.filter(is_new)
    number = is_new.cum_sum().to_numpy().astype(np.intp) - 1
    own = events.select(pl.any_horizontal(pl.col(k).ne_missing(pl.col(k).shift()) for k in keys))
    begins = own.to_series().to_numpy().copy()
    begins[:1] = True
    starts = np.flatnonzero(begins)
    millis = events["timestamp"].dt.epoch("ms").to_numpy()
    times = np.where(begins, millis, np.diff(millis, prepend=0))
    names = events["event"].unique(maintain_order=True)
    codes = events["event"].replace_strict(names, range(len(names)), return_dtype=pl.Int64)
    first = events[starts]
    file_names, files, lines = _places(log, events)
    return Histories(
        _texts(first["message_id"]),
        _texts(first["recipient"]) if "recipient" in keys else None,
        [*starts[1:].tolist(), events.height],
        times.tolist(),
        codes.to_list(),
        _texts(names),
        file_names,
        files,
        lines,
        [_after(history, number, events.height, machine) for machine in machines],
    )


def _after(history: pl.DataFrame, number: Index, size: int, machine: Machine) -> list[int]:
    after = np.full(size, _NOT_HEARD, np.int64)
    mine = (history["machine"] == machine.name).fill_null(value=False)
    states = [state.name for state in machine.states]
    there = history.filter(mine)
    reached = there["after"].replace_strict(states, range(len(states)), return_dtype=pl.Int64)
    after[number[mine.to_numpy()]] = np.where(there["rejected"], _REJECTED, reached)
    return after.tolist()


def _places(log: Log, events: pl.DataFrame) -> tuple[list[str], list[int], list[int]]:
    """Return names of files, the number of each event's file, its line; 0 for what no file has."""
    real = events["row"].is_not_null()
    located = log.locate(events.filter(real).select("file", "row"))
    names = located["file"].unique(maintain_order=True)
    files, lines = np.zeros(events.height, np.int64), np.zeros(events.height, np.int64)
    at = real.to_numpy()
    files[at] = located["file"].replace_strict(names, range(len(names)), return_dtype=pl.Int64)
    lines[at] = located["line"]
    return names.to_list(), files.tolist(), lines.tolist()


def _texts(column: pl.Series) -> list[str]:
    return [visible(shortened(text, _TEXT)) for text in column.fill_null("").to_list()]
