"""The result of a replay, and the tables that can be made of it.

What comes row by row (statuses, rejections) reads the log a second time: the texts were never
kept, only what their events did.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fsm.errors import LogError
from fsm.indicators import Share
from fsm.replay.chunk import Chunk
from fsm.replay.fold import Codes, Index
from fsm.replay.scan import Reader, microseconds_of, read_batches
from fsm.replay.source import Log
from fsm.replay.tally import Tally
from fsm.replay.team import Team, each_machine, find_machine
from fsm.replay.words import Check, Words

__all__ = ["MachineResult", "Outcome", "Replay"]

UNKNOWN = "no machine knows this event"
NOT_ACCEPTED = "not accepted in this state"


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


@dataclass
class Outcome:
    """What a pass over a log found, in numbers."""

    reader: Reader
    teams: Sequence[Team]
    chunks: Sequence[Chunk]
    every: int | None
    messages: int = 0
    events: int = 0
    duplicates: int = 0
    finals: list[NDArray[np.intp]] = field(default_factory=list)
    """Per team: the number of messages in each of its states."""
    expiries: list[NDArray[np.intp]] = field(default_factory=list)
    """Per team: the number of periods that ended, of each machine."""
    rejected_rows: Index = field(default_factory=lambda: np.zeros(0, np.intp))
    """The numbers of the rejected rows, ascending, and beside it their cells, per team."""
    rejected_cells: NDArray[np.uint32] = field(default_factory=lambda: np.zeros((0, 0), np.uint32))
    words: Words = field(default_factory=Counter)
    tallies: list[Tally] = field(default_factory=list)
    """Per team: what changed in each period."""
    to_send: NDArray[np.intp] = field(default_factory=lambda: np.zeros(0, np.intp))
    """The messages of each delivery."""
    _rejections: list[tuple[Index, NDArray[np.uint32]]] = field(default_factory=list)
    _dues: list[list[Tally]] = field(default_factory=list)

    @classmethod
    def empty(
        cls, reader: Reader, teams: Sequence[Team], chunks: Sequence[Chunk], every: int | None
    ) -> Outcome:
        """Return the outcome of no messages."""
        return cls(
            reader,
            teams,
            chunks,
            every,
            finals=[np.zeros(len(team.states), np.intp) for team in teams],
            expiries=[np.zeros(len(team.machines), np.intp) for team in teams],
        )

    def add(self, found: Any) -> None:
        """Add what was found in one bucket (:class:`fsm.replay.engine.Found`)."""
        self.messages += found.messages
        self.events += found.events
        self.duplicates += found.duplicates
        for mine, theirs in zip(self.finals, found.finals, strict=True):
            mine += theirs
        for mine, theirs in zip(self.expiries, found.expired, strict=True):
            mine += theirs
        self._rejections.append((found.rejected_rows, found.rejected_cells))
        self._dues.append(found.dues)
        self.words.update(found.words)

    def finish(self) -> None:
        """Put together what the buckets had, in the order of the log."""
        cells = np.zeros((0, len(self.teams)), np.uint32)
        rows = np.concatenate([np.zeros(0, np.intp), *(r for r, _ in self._rejections)])
        cells = np.concatenate([cells, *(c for _, c in self._rejections)])
        by = np.argsort(rows, kind="stable")
        self.rejected_rows, self.rejected_cells = rows[by], cells[by]
        if self.every is not None:
            self.tallies = [self._tally(number) for number in range(len(self.teams))]
        self._rejections, self._dues = [], []

    def _tally(self, number: int) -> Tally:
        parts = (self._tally_chunk(number, chunk) for chunk in self.chunks)
        dues = (found[number] for found in self._dues if found)
        return Tally.sum([*parts, *dues])

    def _tally_chunk(self, number: int, chunk: Chunk) -> Tally:
        outcomes = chunk.unsorted(f"outcome{number}")
        periods = chunk.columns["period"].read()
        deliveries = (
            chunk.columns["delivery"].read()
            if "delivery" in chunk.columns
            else np.zeros(chunk.size, np.uint32)
        )
        dropped = outcomes == np.iinfo(outcomes.dtype).max
        if dropped.any():
            kept = ~dropped
            outcomes, periods, deliveries = outcomes[kept], periods[kept], deliveries[kept]
        if number == 0:
            firsts = np.bincount(deliveries[(outcomes & 1).astype(np.bool_)])
            size = max(len(firsts), len(self.to_send))
            grown = np.zeros(size, np.intp)
            grown[: len(self.to_send)] += self.to_send
            grown[: len(firsts)] += firsts
            self.to_send = grown
        classes = self.teams[number].effects.of_cell.take(outcomes >> 1)
        return Tally.of(deliveries, periods, classes)

    @property
    def events_known(self) -> tuple[str, ...]:
        """The events of all machines, by their codes."""
        return self.teams[0].alphabet.events

    @property
    def names(self) -> list[str]:
        """The names of the machines."""
        return [machine.name for _, _, machine in each_machine(self.teams)]

    def states(self, name: str) -> dict[str, int]:
        """Return the number of messages in each state of a machine."""
        team, number = find_machine(self.teams, name)
        counts = np.zeros(len(team.machines[number].states), dtype=np.int64)
        np.add.at(counts, team.states[:, number], self.finals[self.teams.index(team)])
        names = [state.name for state in team.machines[number].states]
        return dict(zip(names, counts.tolist(), strict=True))

    def expired(self, name: str) -> int:
        """Return the number of messages whose validity period ended while they were retried."""
        team, number = find_machine(self.teams, name)
        return int(self.expiries[self.teams.index(team)][number])

    @property
    def unknown(self) -> int:
        """The number of events that no machine knows."""
        team = self.teams[0]
        codes = self.rejected_cells[:, 0] % team.table.width
        return int((codes == team.alphabet.unknown).sum())

    def in_rows(self, first: int, last: int, names: Sequence[str]) -> tuple[Index, list[Codes]]:
        """Return the kept rows from ``first`` up to ``last``, and columns of theirs."""
        rows, columns = [np.zeros(0, np.intp)], [[] for _ in names]  # type: list[Index], list[list[Codes]]
        for chunk in self.chunks:
            span = chunk.size if chunk.rows is None else int(chunk.rows.read()[-1]) + 1
            if chunk.first + span <= first or chunk.first >= last:
                continue
            numbers = np.arange(chunk.size) if chunk.rows is None else chunk.rows.read()
            numbers = numbers + chunk.first
            here = slice(*np.searchsorted(numbers, (first, last)))
            rows.append(numbers[here])
            for column, name in zip(columns, names, strict=True):
                column.append(chunk.unsorted(name)[here])
        empty = np.zeros(0, np.uint8)
        return np.concatenate(rows), [np.concatenate([empty, *parts]) for parts in columns]


@dataclass(frozen=True)
class Replay:
    """The result of a replay."""

    log: Log
    events: int
    messages: int
    rejected: int
    duplicates: int | None
    """Events dropped because they were there already; None where nobody looked."""
    to_send: int
    validity: timedelta | None
    machines: dict[str, MachineResult]
    check: Check | None
    """How the machines' tables compare with their classes on the traces met."""
    outcome: Outcome
    again: Callable[..., Outcome]

    def as_dict(self) -> dict[str, object]:
        """Return the counts for JSON; the shape is stable.

        ``expired`` comes with a validity period, ``duplicates`` where they are looked for.
        """
        machines = {}
        for name, machine in self.machines.items():
            facts = asdict(machine)
            if self.validity is None:
                del facts["expired"]
            machines[name] = facts
        counts = {"events": self.events, "messages": self.messages, "rejected": self.rejected}
        if self.duplicates is not None:
            counts["duplicates"] = self.duplicates
        return counts | {"machines": machines}

    @property
    def heard(self) -> int:
        """The number of events that some machine knows."""
        return self.events - self.outcome.unknown

    # Rejections -----------------------------------------------------------------------------

    @cached_property
    def rejections(self) -> pl.DataFrame:
        """Every rejected event, in the order of the log: file, line, message, time, and why.

        ``state`` is where the message was, ``machine`` names the machines that agree on it.
        """
        return self.first_rejections(self.rejected)

    def first_rejections(self, count: int) -> pl.DataFrame:
        """Return the first rejected events of the log; see :attr:`rejections`."""
        rows = self.outcome.rejected_rows[:count]
        cells = self.outcome.rejected_cells[:count]
        events = pl.concat([self._no_rows(), *self._texts(rows)], how="vertical")
        located = self.log.locate(events)
        kinds, kind = np.unique(cells, axis=0, return_inverse=True)
        verdicts = [self._verdicts(tuple(map(int, row))) for row in kinds]
        whys = pl.DataFrame(
            {
                "kind": pl.Series([i for i, vs in enumerate(verdicts) for _ in vs], dtype=pl.Int64),
                **{
                    name: pl.Series([v[at] for vs in verdicts for v in vs], dtype=pl.String)
                    for at, name in enumerate(("state", "machine", "reason"))
                },
            }
        )
        told = located.with_columns(pl.Series("kind", kind.ravel(), pl.Int64)).join(
            whys, on="kind", how="left", maintain_order="left_right"
        )
        guarded = self._guarded_events
        if guarded:
            hint = pl.col("event").replace_strict(guarded, default=pl.col("reason"))
            unknown = pl.col("reason") == UNKNOWN
            told = told.with_columns(
                pl.when(unknown).then(hint).otherwise("reason").alias("reason")
            )
        return told.drop("kind")

    def _verdicts(self, cells: tuple[int, ...]) -> list[tuple[str, str, str]]:
        """Return (state, machines, reason) of a rejected event, given its cell in each team."""
        by_state: dict[str, list[str]] = {}
        for team, cell in zip(self.outcome.teams, cells, strict=True):
            for number, machine in enumerate(team.machines):
                if team.rejected[number, cell]:
                    state = team.state_names(number)[cell // team.table.width]
                    by_state.setdefault(state, []).append(machine.name)
        told = [(state, ", ".join(names), NOT_ACCEPTED) for state, names in by_state.items()]
        return told or [("", "", UNKNOWN)]

    @cached_property
    def _guarded_events(self) -> dict[str, str]:
        """How the symbols of a plain event are written that depends on guards."""
        return {
            event: f"depends on guards; write for example {event}[{guards[0]}]"
            for _, _, machine in each_machine(self.outcome.teams)
            for event, guards in machine.guards.items()
            if guards
        }

    # Statuses -------------------------------------------------------------------------------

    @cached_property
    def statuses(self) -> pl.DataFrame:
        """One row per message: its last event, and its state and status under each machine.

        In the order in which the messages' last events stand in the log.
        """
        return pl.concat(list(self.status_frames()))

    def status_frames(self) -> Iterator[pl.DataFrame]:
        """Yield the rows of :attr:`statuses`, part after part."""
        outcome = self.outcome
        if outcome.chunks and "events" not in outcome.chunks[0].columns:
            outcome = self.again(statuses=True)
        names = ["events", *(f"final{i}" for i in range(len(outcome.teams)))]
        yield self._status_frame(outcome, self._no_rows(), [np.zeros(0, np.uint8) for _ in names])
        for file, first, part in self._parts():
            rows, columns = outcome.in_rows(first, first + part.height, names)
            last = np.flatnonzero(columns[0])
            if len(last):
                texts = self._rows(rows[last] - first, file, part, first)
                yield self._status_frame(outcome, texts, [c[last] for c in columns])

    def _status_frame(
        self, outcome: Outcome, texts: pl.DataFrame, columns: Sequence[Codes]
    ) -> pl.DataFrame:
        frame = texts.drop("file", "row").rename(
            {"timestamp": "last_timestamp", "event": "last_event"}
        )
        added = [pl.Series("events", columns[0], pl.UInt32)]
        for number, team in enumerate(outcome.teams):
            for index, machine in enumerate(team.machines):
                final = columns[1 + number]
                added.append(_words(f"{machine.name}.state", team.state_names(index), final))
                added.append(_words(f"{machine.name}.status", team.statuses(index), final))
        order = {name: i for i, name in enumerate(outcome.names)}
        added[1:] = sorted(added[1:], key=lambda s: order[s.name.rpartition(".")[0]])
        return frame.hstack(added)

    # Series ---------------------------------------------------------------------------------

    def series(self, every: timedelta = timedelta(hours=1)) -> pl.DataFrame:
        """Return each indicator at the end of each period in which an event was heard.

        Columns: ``until`` (end of the period, UTC), ``delivery_id`` (where the log has it),
        ``machine``, ``indicator``, ``count`` and ``percent`` (of the messages to send; of the
        delivery's own messages where the log has deliveries).
        """
        micros = every // timedelta(microseconds=1)
        if micros <= 0:
            raise LogError(f"the period {every} is not longer than nothing")
        outcome = self.outcome if self.outcome.every == micros else self.again(every=micros)
        changes = pl.concat([_no_changes(), *(_changes(team, t) for team, t in _pairs(outcome))])
        group = ["delivery", "machine", "indicator"]
        names = pl.Series("delivery_id", outcome.reader.deliveries.names, pl.String)
        by = ["delivery_id"] if "delivery_id" in self.log.present else []
        deliveries = pl.DataFrame(
            {
                "delivery": pl.Series(range(len(outcome.to_send)), dtype=pl.UInt32),
                "to_send": pl.Series(outcome.to_send, dtype=pl.Int64),
            }
        ).filter(pl.col("to_send") > 0)
        if by:
            deliveries = deliveries.with_columns(names.gather(deliveries["delivery"]))
        else:
            deliveries = deliveries.with_columns(pl.lit(self.to_send).alias("to_send"))
        until = ((pl.col("period") + 1) * micros).cast(pl.Datetime("us", "UTC")).alias("until")
        share = (100 * pl.col("count") / pl.col("to_send")).round(2).alias("percent")
        return (
            changes.join(deliveries, on="delivery", how="left")
            .sort([*by, "machine", "indicator", "period"])
            .with_columns(pl.col("change").cum_sum().over(group).alias("count"))
            .select(until, *by, "machine", "indicator", "count", share)
        )

    # The log, once more -----------------------------------------------------------------------

    def _parts(self) -> Iterator[tuple[int, int, pl.DataFrame]]:
        """Yield the log again: the number of the file, that of the first row, the texts."""
        firsts = self.outcome.reader.firsts
        for file, source in enumerate(self.log.sources):
            first = firsts[file]
            for part in read_batches(source, self.log.scan(source)):
                yield file, first, part
                first += part.height
            if first != firsts[file + 1]:
                raise LogError(f"{source.name}: gave other rows the second time; replay it again")

    def _texts(self, rows: Index) -> Iterator[pl.DataFrame]:
        """Yield the texts of rows, given in order."""
        if not len(rows):
            return
        for file, first, part in self._parts():
            here = rows[slice(*np.searchsorted(rows, (first, first + part.height)))]
            if len(here):
                yield self._rows(here - first, file, part, first)

    def _no_rows(self) -> pl.DataFrame:
        kinds: dict[str, Any] = {"file": pl.UInt32, "row": pl.UInt64}
        kinds |= dict.fromkeys(self.log.identity, pl.String)
        return pl.DataFrame(
            schema=kinds | {"timestamp": pl.Datetime("us", "UTC"), "event": pl.String}
        )

    def _rows(self, places: Index, file: int, part: pl.DataFrame, first: int) -> pl.DataFrame:
        """Return rows of a part with file, row in the file, identity, timestamp and event."""
        start = self.outcome.reader.firsts[file]
        taken = part.select(*self.log.identity, "timestamp", "event")[places]
        times = microseconds_of(self.log.sources[file], taken["timestamp"])
        numbers = [
            pl.Series("file", np.full(len(places), file), pl.UInt32),
            pl.Series("row", places + (first - start), pl.UInt64),
        ]
        return pl.DataFrame(numbers).hstack(
            taken.with_columns(
                times.cast(pl.Datetime("us", "UTC")).alias("timestamp"),
                pl.col("event").fill_null(""),
            )
        )


def _pairs(outcome: Outcome) -> Iterator[tuple[Team, Tally]]:
    yield from zip(outcome.teams, outcome.tallies, strict=True)


def _no_changes() -> pl.DataFrame:
    return pl.DataFrame(
        schema={
            "delivery": pl.UInt32,
            "period": pl.Int64,
            "machine": pl.String,
            "indicator": pl.String,
            "change": pl.Int64,
        }
    )


def _changes(team: Team, tally: Tally) -> pl.DataFrame:
    """Return the change of each indicator in each period in which its machine heard an event."""
    effects, frames = team.effects, [_no_changes()]
    for column, (number, indicator) in enumerate(effects.indicators):
        heard = effects.heard[:, number]
        change = pl.Series("change", effects.changes[:, column], pl.Int64)
        classes = tally.frame["class"]
        mine = tally.frame.filter(pl.Series(heard).gather(classes))
        frames.append(
            mine.with_columns(change.gather(mine["class"]) * mine["count"])
            .group_by("delivery", "period")
            .agg(pl.col("change").sum())
            .select(
                "delivery",
                "period",
                pl.lit(team.machines[number].name).alias("machine"),
                pl.lit(indicator).alias("indicator"),
                "change",
            )
        )
    return pl.concat(frames)


def _words(name: str, words: Sequence[str | None], codes: Codes) -> pl.Series:
    """Return texts by their numbers, each text stored once."""
    kinds = pl.Enum(list(dict.fromkeys(word for word in words if word is not None)))
    texts = pl.Series(name, words, dtype=pl.String).cast(kinds)
    return texts.gather(pl.Series(codes, dtype=pl.UInt32))
