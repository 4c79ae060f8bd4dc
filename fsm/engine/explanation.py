"""One message's history in plain words, each step with the log line that proves it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from numbers import Integral
from uuid import UUID

import numpy as np
import polars as pl

from fsm.arguments import check_flags
from fsm.catalog import as_machines, built_in_companion
from fsm.engine.folded_rows import FoldedRows, fold_rows
from fsm.engine.replaying import check_replay_arguments, with_companions
from fsm.engine.unrecorded import unrecorded_figures
from fsm.errors import ArgumentError, LogError
from fsm.logs.canonical_columns import place_of
from fsm.logs.log import Log
from fsm.logs.mapping.pseudonym import PSEUDONYM
from fsm.logs.open import open_log
from fsm.logs.rows import check_rows, microseconds_of, read_batches
from fsm.machine import Effect, Machine
from fsm.machines import FEEDBACK_MODES
from fsm.suggest import did_you_mean, suggestion
from fsm.text import quantity

__all__ = [
    "Change",
    "Entry",
    "Story",
    "explain",
    "folded_message",
    "history_of",
    "rows_of",
]

_SHOWN = 3
"""Message ids that are suggested."""


@dataclass(frozen=True, slots=True)
class Change:
    """What one machine made of an event."""

    machine: str
    """The machine."""
    before: str
    """The state before the event."""
    after: str
    """The state after it."""
    status: str | None
    """The status after it; ``None`` where nothing is shown yet."""
    effects: tuple[str, ...]
    """The indicators that changed, as ``Delivered increases``."""
    reason: str
    """Why the machine does this; empty where that is not known."""
    source: str
    """Where this is documented: ``row 3``, ``prose`` or ``D4``."""
    rejected: bool
    """Whether the event was rejected, and changed nothing."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One event of a story. ``place`` is ``file:line``, or empty for what a clock caused."""

    timestamp: datetime
    """When it happened, in UTC."""
    event: str
    """The event."""
    place: str
    """Where it stands in the log."""
    quote: str
    """The line of the log."""
    changes: tuple[Change, ...]
    """What it did in each machine that defines it."""
    rule: str = ""
    """The rule by which it came out of the line, where that is more than its name there."""
    doubt: str = ""
    """What is not certain about it."""
    timer: str = ""
    """The timer that fired, as ``expire after 30 min in waiting``; empty for other events."""


@dataclass(frozen=True, slots=True, repr=False)
class Story:
    """The history of one message (of one recipient, where the log has recipients)."""

    message: str
    """The id of the message."""
    recipient: str | None
    """The recipient; ``None`` where the log has none."""
    entries: tuple[Entry, ...]
    """Its events, in order of time."""
    not_recorded: tuple[str, ...] = ()
    """The indicators that the log cannot know."""
    duplicates: tuple[str, ...] = ()
    """Where the repeated events stand, which were dropped."""

    def __repr__(self) -> str:
        of_recipient = f" to {self.recipient!r}" if self.recipient else ""
        return f"<Story of {self.message!r}{of_recipient}: {quantity(len(self.entries), 'entry')}>"


def explain(
    source: object,
    message: str | int,
    machines: Machine | str | Iterable[Machine | str] = FEEDBACK_MODES,
    *,
    companions: Callable[[str], Machine] | None = built_in_companion,
    validity: timedelta | None = None,
    as_of: datetime | None = None,
    dedupe: bool = False,
) -> tuple[Story, ...]:
    """Return the story of every message with this id: one for each of its recipients.

    ``message`` is its id, text or a number; the other arguments are those of :func:`fsm.replay`.

    Raises :class:`fsm.errors.LogError` when there is no such message, when it has no event up to
    ``as_of``, and what ``replay`` raises for the log and the machines.

    >>> import fsm
    >>> log = next(fsm.simulate("with-feedback", messages=100, seed=1))
    >>> (story,) = explain(log, "m000000007", "with-feedback")
    >>> [(entry.event, entry.changes[0].status) for entry in story.entries]
    [('relayed', 'Pending'), ('hard_bounce', 'Failed')]
    """
    check_flags(dedupe=dedupe)
    check_replay_arguments(companions, validity, as_of)
    message = _as_id(message)
    machines = as_machines(machines)
    log = open_log(source)
    all_machines = with_companions(machines, companions)
    folded_rows = folded_message(log, message, all_machines, validity, as_of, dedupe)
    by_name = {machine.name: machine for machine in all_machines}
    duplicates = folded_rows.rows[np.sort(folded_rows.timelines.duplicates)]
    unknown = tuple(_unknown_indicators(log, all_machines, deadlines=validity is not None))
    return tuple(
        Story(
            message,
            part["recipient"][0] if "recipient" in log.keys else None,
            tuple(_entries(log, part, by_name)),
            unknown,
            tuple(_places(log, duplicates.join(part.head(1), on=log.keys, how="semi"))),
        )
        for part in folded_rows.history()
        .sort(log.keys, maintain_order=True)
        .partition_by(log.keys, maintain_order=True)
    )


def folded_message(
    log: Log,
    message: str,
    machines: Sequence[Machine],
    validity: timedelta | None,
    as_of: datetime | None,
    dedupe: bool,
) -> FoldedRows:
    """Execute the rows of a message, by its id; raises :class:`LogError` where there are none."""
    frame = rows_of(log, pl.DataFrame({"message_id": [message]}))
    if frame.is_empty():
        raise LogError(_no_message(log, message))
    folded_rows = fold_rows(log, frame, machines, validity, as_of, dedupe)
    if not len(folded_rows.timelines.offsets):
        raise LogError(_no_event_until(message, frame, as_of))
    return folded_rows


def _no_event_until(message: str, frame: pl.DataFrame, as_of: datetime | None) -> str:
    """Return that all events of a message are after the time up to which the log is read."""
    first = frame["timestamp"].min()
    end = f" up to {_in_utc(as_of)}" if as_of else ""
    at = f"; its first one is at {_in_utc(first)}" if isinstance(first, datetime) else ""
    return f"message {message!r} has no event{end}{at}"


def _in_utc(time: datetime) -> str:
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _as_id(message: object) -> str:
    """Return the id of a message as text; logs in memory may have numbers as ids."""
    if isinstance(message, str | Integral | UUID):
        return str(message)
    raise ArgumentError(f"message: {message!r} is not the id of a message; give it as text")


def _unknown_indicators(
    log: Log, machines: Sequence[Machine], *, deadlines: bool
) -> dict[str, None]:
    """Return the indicators that the log cannot know, each once."""
    unknown: dict[str, None] = {}
    for machine in machines if log.recordable is not None else ():
        figures = unrecorded_figures(
            machine, log.recordable or frozenset(), {}, deadlines=deadlines
        )
        names = (indicator.name for indicator in machine.indicators)
        unknown |= dict.fromkeys(name for name in names if name in figures.indicators)
    return unknown


def rows_of(log: Log, messages: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of messages, given by some of the columns that identify them.

    Columns: ``file``, ``row``, the canonical ones, ``timestamp`` in UTC.
    """
    parts = []
    for file, log_file in enumerate(log.files):
        rows = log.scan(log_file).with_row_index("row")
        scan = rows.join(
            messages.lazy(),
            on=messages.columns,
            how="semi",
            nulls_equal=True,
            maintain_order="left",
        )
        for part in read_batches(log_file, scan):
            check_rows(log_file, part)
            times = microseconds_of(log_file, part["timestamp"]).cast(pl.Datetime("us", "UTC"))
            parts.append(part.with_columns(pl.lit(file, pl.UInt32).alias("file"), times))
    return pl.concat(parts, how="diagonal_relaxed") if parts else pl.DataFrame()


def _no_message(log: Log, message: str) -> str:
    ids = pl.concat([log.scan(log_file).select("message_id") for log_file in log.files])
    events = ids.select(pl.len()).collect().item()
    if PSEUDONYM.fullmatch(message):  # pseudonyms resemble each other by chance only
        return f"no message {message!r} in {quantity(events, 'event')}"
    texts = (
        f"no message {message!r} in {quantity(events, 'event')}",
        _nearest_messages(log, message),
    )
    return "; ".join(filter(None, texts))


def _nearest_messages(log: Log, message: str) -> str:
    """Return which messages may be meant: those of a recipient, or those with a similar id."""
    if not message:
        return ""
    rows = pl.concat([log.scan(file).select("message_id", *log.keys[1:]) for file in log.files])
    if log.keys[1:]:
        is_recipient = pl.col("recipient").str.to_lowercase() == message.lower()
        if found := _ids(rows.filter(is_recipient)):
            shown = [*map(repr, found[:_SHOWN]), *["..."] * (len(found) > _SHOWN)]
            return f"this is a recipient of {', '.join(shown)}"
    is_longer = pl.col("message_id").str.starts_with(message)
    is_shorter = pl.lit(message).str.starts_with(pl.col("message_id"))
    forms = rows.filter(is_longer | is_shorter & (pl.col("message_id") != ""))
    return did_you_mean(_ids(forms)[:_SHOWN]) or suggestion(message, filter(None, _ids(rows)))


def _ids(rows: pl.LazyFrame) -> list[str]:
    """Return the message ids of some rows, each once, in a stable order."""
    ids = rows.select("message_id").unique().sort("message_id").head(100_000)
    return ids.collect().to_series().to_list()


def history_of(
    log: Log,
    frame: pl.DataFrame,
    machines: Sequence[Machine],
    validity: timedelta | None,
    as_of: datetime | None,
    dedupe: bool,
) -> pl.DataFrame:
    """Return one row per event and machine that defines it, sorted by message and time.

    ``frame`` is of :func:`rows_of`. Columns: ``file`` and ``row`` (null for the end of a validity
    period and a firing), the message's identity, ``timestamp``, ``event``, ``timer``, ``machine``,
    ``before``, ``after``, ``rejected``. Events that no machine defines have no ``machine``.
    """
    return fold_rows(log, frame, machines, validity, as_of, dedupe).history()


def _places(log: Log, events: pl.DataFrame) -> Iterator[str]:
    """Yield where events stand, as ``file:line``."""
    proofs = log.proofs(events)
    for place in events.select("file", "row").iter_rows():
        name, line, _ = proofs[place]
        yield place_of(name, line)


def _entries(log: Log, history: pl.DataFrame, machines: dict[str, Machine]) -> Iterator[Entry]:
    rows = history.select("file", "row").drop_nulls()
    proofs, meanings = log.proofs(rows), log.meanings(rows)
    same = ["file", "row", "timestamp", "event", "timer"]
    # A timer that nothing stops may fire several times at one instant.
    nth = pl.int_range(pl.len()).over(*same, "machine").alias("nth")
    history = history.with_columns(nth)
    for part in history.partition_by(*same, "nth", maintain_order=True):
        first = part.row(0, named=True)
        key = (first["file"], first["row"])
        name, line, quote = proofs.get(key, ("", 0, ""))
        rule, doubt = meanings.get(key, ("", ""))
        changes = tuple(
            _change(machines[row["machine"]], row)
            for row in part.iter_rows(named=True)
            if row["machine"] is not None
        )
        place = place_of(name, line) if name else ""
        yield Entry(
            first["timestamp"],
            first["event"],
            place,
            quote,
            changes,
            rule,
            doubt,
            first["timer"],
        )


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
        source=origin.citation if origin else "",
        rejected=bool(row["rejected"]),
    )
