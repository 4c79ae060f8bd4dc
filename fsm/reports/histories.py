"""Messages with their histories, as data for the page: columns of numbers, and few texts.

The page has the first messages of the log, up to a maximum number of messages and of bytes, and
says how many are missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fsm.arrays import Index
from fsm.engine.explanation import history_of, rows_of
from fsm.engine.result import Replay
from fsm.epoch import time_at
from fsm.logs.log import Log
from fsm.logs.rows import read_batches
from fsm.machine import Machine
from fsm.reports.names import short_name
from fsm.text import shortened, visible

__all__ = ["Histories", "read_histories"]

_LONGEST = 1000
"""A message with more events is left out."""
_BYTES = 2_500_000
_PER_EVENT = 22
_TEXT = 200
_UNDEFINED, _REJECTED = -1, -2


@dataclass(frozen=True)
class Histories:
    """Messages and their events, column by column.

    ``ends`` are the positions at which the events of each message end. ``times`` are milliseconds
    since the event before; for the first event of a message, since 1970. ``lines`` are 0 for the
    end of a validity period, -1 for a firing of the first of ``timers``, -2 of the second one.
    ``after`` has, for each machine, the state after each event: -1 if the event is not defined in
    the machine, -2 if it is rejected.
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
    timers: Sequence[str] = ()

    def as_dict(self) -> dict[str, object]:
        """Return the histories as the script of the page reads them."""
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
            "timers": self.timers,
            "after": self.after,
        }


def read_histories(replay: Replay, machines: Sequence[Machine], most: int) -> Histories:
    """Return the histories of at most ``most`` messages, the first ones of the log."""
    log = replay.log
    kept = _affordable(log, _first(log, most))
    if kept.is_empty():
        return Histories([], None, [], [], [], [], [], [], [], [[] for _ in machines])
    rows = rows_of(log, kept)
    end = None if replay.counts.end is None else time_at(replay.counts.end)
    history = history_of(log, rows, machines, replay.validity, end, replay.dedupe)
    order = kept.with_row_index("number")
    history = history.join(order, on=log.keys, nulls_equal=True, maintain_order="left")
    return _in_columns(log, history.sort("number", maintain_order=True), machines)


def _first(log: Log, most: int) -> pl.DataFrame:
    """Return the keys of the first messages, in the order of the log."""
    messages = pl.DataFrame(schema=dict.fromkeys(log.keys, pl.String))
    for source in log.files:
        scan = log.scan(source).select(log.keys).filter(pl.col("message_id").is_not_null())
        for part in read_batches(source, scan):
            messages = pl.concat([messages, part]).unique(maintain_order=True).head(most)
            if messages.height == most:
                return messages
    return messages


def _affordable(log: Log, messages: pl.DataFrame) -> pl.DataFrame:
    """Leave out messages with too many events, and the last messages if the page gets too large."""
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
    # The history has a row for each event and machine; consecutive rows may be of one event.
    columns = [*keys, "file", "row", "timestamp", "event", "timer"]
    is_event = _differs_from_row_before(history, columns)
    # A timer that nothing stops may fire several times at one instant.
    again = history["timer"].ne("") & history["machine"].eq_missing(history["machine"].shift())
    is_event |= again.to_numpy()
    events = history.filter(pl.Series(is_event))
    number = is_event.cumsum().astype(np.intp) - 1
    begins = _differs_from_row_before(events, keys)
    starts = np.flatnonzero(begins)
    millis = events["timestamp"].dt.epoch("ms").to_numpy()
    times = np.where(begins, millis, np.diff(millis, prepend=0))
    names = events["event"].unique(maintain_order=True)
    codes = events["event"].replace_strict(names, range(len(names)), return_dtype=pl.Int64)
    first = events[starts]
    file_names, files, lines = _places(log, events)
    timers = events["timer"].unique(maintain_order=True)
    timers = timers.filter(timers != "")
    fired = events["timer"].replace_strict(timers, range(1, len(timers) + 1), default=0)
    return Histories(
        _texts(first["message_id"]),
        _texts(first["recipient"]) if "recipient" in keys else None,
        [*starts[1:].tolist(), events.height],
        times.tolist(),
        codes.to_list(),
        _texts(names),
        file_names,
        files,
        (lines - fired.to_numpy()).tolist(),
        [_after(history, number, events.height, machine) for machine in machines],
        _texts(timers),
    )


def _differs_from_row_before(frame: pl.DataFrame, names: Sequence[str]) -> NDArray[np.bool_]:
    differs = pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift()) for name in names)
    mask = frame.select(differs.alias("differs"))["differs"].to_numpy().copy()
    mask[:1] = True
    return mask


def _after(history: pl.DataFrame, number: Index, size: int, machine: Machine) -> list[int]:
    after = np.full(size, _UNDEFINED, np.int64)
    is_defined = (history["machine"] == machine.name).fill_null(value=False)
    states = [state.name for state in machine.states]
    rows = history.filter(is_defined)
    reached = rows["after"].replace_strict(states, range(len(states)), return_dtype=pl.Int64)
    after[number[is_defined.to_numpy()]] = np.where(rows["rejected"], _REJECTED, reached)
    return after.tolist()


def _places(log: Log, events: pl.DataFrame) -> tuple[list[str], list[int], NDArray[np.int64]]:
    """Return the names of files, and the file and line of each event; 0 if it is in no file."""
    is_in_file = events["row"].is_not_null()
    located = log.locate(events.filter(is_in_file).select("file", "row"))
    names = located["file"].unique(maintain_order=True)
    files, lines = np.zeros(events.height, np.int64), np.zeros(events.height, np.int64)
    at = is_in_file.to_numpy()
    files[at] = located["file"].replace_strict(names, range(len(names)), return_dtype=pl.Int64)
    lines[at] = located["line"]
    return names.to_list(), files.tolist(), lines


def _texts(column: pl.Series) -> list[str]:
    return [visible(shortened(text, _TEXT)) for text in column.fill_null("").to_list()]
