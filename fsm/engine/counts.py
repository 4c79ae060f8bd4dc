"""What a pass over a log found, in numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fsm.arrays import Index
from fsm.engine.bucket_counts import LATE, Found
from fsm.engine.buckets import Chunk
from fsm.engine.durations import NO_SOJOURNS, summed
from fsm.engine.encode import Reader
from fsm.engine.exact_series import Moments, Steps, chunk_steps, exact_series
from fsm.engine.period_counts import Tally
from fsm.engine.product_machine import Team, each_machine, find_machine
from fsm.engine.spill import Store
from fsm.engine.timelines import NEVER
from fsm.machine import Machine

__all__ = ["Outcome", "Totals", "changes_of"]


@dataclass(frozen=True)
class Totals:
    """What was counted; ``expired`` by machine, ``latest`` in µs since 1970."""

    events: int = 0
    rejected: int = 0
    late: int = 0
    duplicates: int = 0
    expired: Mapping[str, int] = field(default_factory=dict)
    latest: int | None = None


@dataclass
class Outcome:
    """What a pass over a log found, in numbers."""

    reader: Reader
    teams: Sequence[Team]
    chunks: Sequence[Chunk]
    every: int | None
    traffic_counted: bool = False
    sojourns_timed: bool = False
    exact_in: Store | None = None
    """Where the exact series is made, if what it needs was kept."""
    unseen: frozenset[str] = frozenset()
    """The events of machines that the log does not have."""
    messages: int = 0
    events: int = 0
    duplicates: int = 0
    late: int = 0
    earliest: int | None = None
    latest: int | None = None
    """The first and the last instant of the log, in microseconds since 1970."""
    starts: dict[str, tuple[int, int]] = field(default_factory=dict)
    """When the first and the last validity period began, by the event they are counted from."""
    finals: list[NDArray[np.intp]] = field(default_factory=list)
    """Per team: the number of messages in each of its states."""
    expiries: list[NDArray[np.intp]] = field(default_factory=list)
    """Per team: how often the end of a period decided the state of each machine."""
    open_expiries: list[NDArray[np.intp]] = field(default_factory=list)
    """Those of them that no event of the message follows."""
    met: list[NDArray[np.intp]] = field(default_factory=list)
    """Per team: how many events met each cell, where somebody asked."""
    sojourns: pl.DataFrame = field(default_factory=lambda: NO_SOJOURNS)
    """How long the states lasted, by numbers, where somebody asked."""
    rejected_rows: Index = field(default_factory=lambda: np.zeros(0, np.intp))
    """The numbers of the rejected rows, ascending, and beside it their cells, per team."""
    rejected_cells: NDArray[np.uint32] = field(default_factory=lambda: np.zeros((0, 0), np.uint32))
    tallies: list[Tally] = field(default_factory=list)
    """Per team: what changed in each period."""
    open_tallies: list[Tally] = field(default_factory=list)
    """What the ends of periods changed that no event of the message follows; not in the others."""
    to_send: NDArray[np.intp] = field(default_factory=lambda: np.zeros(0, np.intp))
    """The messages of each delivery."""
    _rejections: list[tuple[Index, NDArray[np.uint32]]] = field(default_factory=list)
    _dues: list[tuple[list[Tally], list[Tally]]] = field(default_factory=list)
    _sojourns: list[pl.DataFrame] = field(default_factory=list)
    _due_steps: list[Steps] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.finals = [np.zeros(len(team.states), np.intp) for team in self.teams]
        self.expiries = [np.zeros(len(team.machines), np.intp) for team in self.teams]
        self.met = [np.zeros(len(team.table.follow), np.intp) for team in self.teams]
        self.open_expiries = [np.zeros_like(counts) for counts in self.expiries]

    def add(self, found: Found) -> None:
        """Add what was found in one bucket."""
        self.messages += found.messages
        self.events += found.events + found.late
        self.duplicates += found.duplicates
        self.late += found.late
        for mine, theirs in (
            *zip(self.finals, found.finals, strict=True),
            *zip(self.expiries, found.expired, strict=True),
            *zip(self.open_expiries, found.open_expired, strict=True),
        ):
            mine += theirs
        for number, counts in enumerate(found.met):
            self.met[number] += counts
        self._rejections.append((found.rejected_rows, found.rejected_cells))
        self._dues.append((found.dues, found.open_dues))
        self._sojourns.append(found.sojourns)
        if found.due_steps is not None:
            self._due_steps.append(found.due_steps)
        if found.starts is not None:
            self._add_starts(found.starts)

    def _add_starts(self, found: NDArray[np.int64]) -> None:
        for event, (first, last) in zip(self.teams[0].alphabet.starts, found.tolist(), strict=True):
            if first != NEVER:
                before = self.starts.get(event, (first, last))
                self.starts[event] = min(first, before[0]), max(last, before[1])

    def finish(self) -> None:
        """Put together what the buckets had, in the order of the log."""
        cells = np.zeros((0, len(self.teams)), np.uint32)
        rows = np.concatenate([np.zeros(0, np.intp), *(r for r, _ in self._rejections)])
        cells = np.concatenate([cells, *(c for _, c in self._rejections)])
        by = np.argsort(rows, kind="stable")
        self.rejected_rows, self.rejected_cells = rows[by], cells[by]
        if self.every is not None:
            for number in range(len(self.teams)):
                chunks = (
                    self._tally_chunk(number, c) for c in self.chunks if "period" in c.columns
                )
                closed, still = (
                    [dues[kind][number] for dues in self._dues if dues[kind]] for kind in (0, 1)
                )
                self.tallies.append(Tally.sum([*chunks, *closed]))
                self.open_tallies.append(Tally.sum(still))
        self.sojourns = summed(self._sojourns)
        self._rejections, self._dues, self._sojourns = [], [], []

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
        classes = self.teams[number].effects.of_outcome.take(outcomes)
        return Tally.of(deliveries, periods, classes)

    def exact_series(self) -> Iterator[Moments]:
        """Yield every instant at which an indicator changes; see :mod:`fsm.engine.exact_series`."""
        assert self.exact_in is not None  # noqa: S101
        chunks = [partial(chunk_steps, c, self.teams) for c in self.chunks if "period" in c.columns]
        dues = [partial(_same, steps) for steps in self._due_steps]
        return exact_series([*chunks, *dues], self.teams, self.exact_in)

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

    def expired(self, name: str, *, open_too: bool = True) -> int:
        """Return the number of messages whose validity period ended while they were retried."""
        team, number = find_machine(self.teams, name)
        at = self.teams.index(team)
        count = self.expiries[at][number]
        return int(count if open_too else count - self.open_expiries[at][number])

    def totals(self, before: Totals, *, open_too: bool = True) -> Totals:
        """Return the counts of all runs: those before, and this one."""
        expired = {name: self.expired(name, open_too=open_too) for name in self.names}
        return Totals(
            before.events + self.events,
            before.rejected + len(self.rejected_rows),
            before.late + self.late,
            before.duplicates + self.duplicates,
            {name: before.expired.get(name, 0) + count for name, count in expired.items()},
            before.latest if self.latest is None else self.latest,
        )

    @property
    def late_rows(self) -> NDArray[np.bool_]:
        """Which rejected rows are older than what a checkpoint had seen."""
        mask: NDArray[np.bool_] = self.rejected_cells[:, 0] == LATE
        return mask

    @property
    def unknown(self) -> int:
        """The number of events that no machine knows."""
        team = self.teams[0]
        codes = self.rejected_cells[~self.late_rows, 0] % team.table.width
        return int((codes == team.alphabet.unknown).sum())

    def traffic(self) -> Iterator[tuple[Machine, str, str, bool, int]]:
        """Yield machine, state, event, whether it was rejected, and how often that was met."""
        events = self.events_known
        for team, number, machine in each_machine(self.teams):
            states, counts = team.state_names(number), Counter[tuple[str, str, bool]]()
            met = self.met[self.teams.index(team)]
            for cell in np.flatnonzero(met).tolist():
                state, code = states[cell // team.table.width], cell % team.table.width
                if team.heard[number, cell]:
                    event = events[code] if code < len(events) else _deadline(machine)
                    counts[state, event, bool(team.rejected[number, cell])] += int(met[cell])
            for (state, event, rejected), count in counts.items():
                yield machine, state, event, rejected, count

    @property
    def cells_met(self) -> dict[str, set[tuple[str, str]]]:
        """The cells (state, event) that events met, by machine, where traffic was counted.

        The end of a validity period is no event of the log, and not among them.
        """
        met, events = {}, self.events_known
        for team, number, machine in each_machine(self.teams):
            states = team.state_names(number)
            counts = self.met[self.teams.index(team)]
            heard = np.flatnonzero((counts > 0) & team.heard[number])
            cells = (divmod(cell, team.table.width) for cell in heard.tolist())
            met[machine.name] = {(states[s], events[c]) for s, c in cells if c < len(events)}
        return met

    def changes(self, *, open_too: bool = True) -> pl.DataFrame:
        """Return the change of each indicator in each period in which its machine heard an event.

        Columns: ``delivery`` (its code), ``period`` (its number since 1970), ``machine``,
        ``indicator``, ``change``.
        """
        frames = [_NO_CHANGES]
        for tallies in (self.tallies, self.open_tallies)[: 1 + open_too]:
            for team, tally in zip(self.teams, tallies, strict=True):
                frames += changes_of(team, tally)
        return pl.concat(frames).group_by(pl.exclude("change")).sum()

    def deliveries(self) -> pl.DataFrame:
        """Return ``delivery`` (its code) and ``to_send``, its messages, where it has any."""
        codes = pl.Series("delivery", np.flatnonzero(self.to_send), pl.UInt32)
        return codes.to_frame().with_columns(
            pl.Series("to_send", self.to_send[self.to_send > 0], pl.Int64)
        )

    @property
    def delivery_names(self) -> pl.Series:
        """The names of the deliveries by their codes; one without a name where nobody looked."""
        return pl.Series("delivery_id", self.reader.deliveries.names or [None], pl.String)

    def delivery_codes(self, names: pl.Series) -> pl.Series:
        """Return the codes of deliveries by their names."""
        codes = np.zeros(len(names), np.uint32)
        if self.reader.wanted.deliveries:
            hashes = names.hash(self.reader.seeds.delivery).to_numpy()
            codes = self.reader.deliveries.codes(hashes, names)
        return pl.Series("delivery", codes, pl.UInt32)


def _same(steps: Steps) -> Steps:
    return steps


def _deadline(machine: Machine) -> str:
    assert machine.deadline is not None  # noqa: S101
    return machine.deadline.event


_NO_CHANGES = pl.DataFrame(
    schema={
        "delivery": pl.UInt32,
        "period": pl.Int64,
        "machine": pl.String,
        "indicator": pl.String,
        "change": pl.Int64,
    }
)


def changes_of(team: Team, tally: Tally) -> Iterator[pl.DataFrame]:
    """Yield the changes of each indicator of a team."""
    effects, classes = team.effects, tally.frame["class"]
    for column, (number, indicator) in enumerate(effects.indicators):
        heard = pl.Series(effects.heard[:, number]).gather(classes)
        change = pl.Series("change", effects.changes[:, column], pl.Int64).gather(classes)
        yield (
            tally.frame.with_columns(change * tally.frame["count"])
            .filter(heard)
            .select(
                "delivery",
                "period",
                pl.lit(team.machines[number].name).alias("machine"),
                pl.lit(indicator).alias("indicator"),
                "change",
            )
        )
