"""What the messages of one bucket did: counted here, and written to the chunks row by row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fsm.arrays import Codes, Index, Mask
from fsm.engine.buckets import Bucket
from fsm.engine.durations import NO_SOJOURNS, sojourns
from fsm.engine.exact_series import Steps
from fsm.engine.period_counts import Tally
from fsm.engine.timelines import DUE, NEVER, Rows, Rules, settle

__all__ = ["INSTANT", "LAST", "LATE", "Found", "Tables", "execute_bucket"]

LATE = np.iinfo(np.uint32).max
"""Stands for the cell of an event that is older than what the checkpoint has seen."""

INSTANT, LAST = 1, 2
"""Marks of a message's last event, and of others at that time."""


@dataclass(frozen=True)
class Tables:
    """Which tables are wanted row by row.

    ``every`` is the period of the series in microseconds. With ``traffic`` every cell's events
    are counted, with ``sojourns`` the states are timed, with ``exact`` the ends of periods are kept
    for the exact series. With ``resumable``, what a later replay
    needs to go on is written as well; with ``remember``, for all rows of a message's last instant.
    """

    every: int | None = None
    statuses: bool = False
    resumable: bool = False
    remember: bool = False
    traffic: bool = False
    sojourns: bool = False
    exact: bool = False


@dataclass
class Found:
    """Counts, and rejected rows with their cells. ``late`` rows are among the rejected ones.

    What is "open" is the end of a period after the message's last event: it is counted, but an
    event to come may be older than it.
    """

    messages: int
    events: int
    duplicates: int
    late: int
    finals: list[NDArray[np.intp]]
    expired: list[NDArray[np.intp]]
    open_expired: list[NDArray[np.intp]]
    rejected_rows: Index
    rejected_cells: NDArray[np.uint32]
    dues: list[Tally] = field(default_factory=list)
    open_dues: list[Tally] = field(default_factory=list)
    met: list[NDArray[np.intp]] = field(default_factory=list)
    """Per team: how many events met each cell, ends of periods included."""
    sojourns: pl.DataFrame = field(default_factory=lambda: NO_SOJOURNS)
    due_steps: Steps | None = None
    """The ends of periods, where the exact series is wanted."""
    starts: NDArray[np.int64] | None = None
    """When the first and the last validity period of each kind began (periods x 2)."""


def execute_bucket(bucket: Bucket, rules: Rules, tables: Tables) -> Found:
    """Settle the messages of a bucket, count what they did, and write what is asked row by row."""
    did = _Did(bucket.rows(), rules)
    settled, folded = did.settled, did.settled.folded
    rows, cells = _rejected(bucket, did)
    found = Found(
        messages=len(settled.starts),
        events=int(did.counts.sum()),
        duplicates=len(settled.duplicates),
        late=len(settled.late),
        finals=[
            np.bincount(f.final, minlength=len(team.states))
            for team, f in zip(rules.teams, folded, strict=True)
        ],
        expired=did.expired([f.cells for f in folded]),
        open_expired=did.expired([f.cells[did.dues[did.open]] for f in folded]),
        rejected_rows=rows,
        rejected_cells=cells,
        starts=did.starts(),
    )
    if tables.every is not None:
        _write_outcomes(bucket, did)
        if len(did.dues):
            found.dues = did.tallies(~did.open, tables.every)
            found.open_dues = did.tallies(did.open, tables.every)
    if tables.traffic:
        found.met = [
            np.bincount(f.cells, minlength=len(team.table.follow))
            for team, f in zip(rules.teams, folded, strict=True)
        ]
    if tables.sojourns:
        found.sojourns = sojourns(settled, rules)
    if tables.exact and len(did.dues):
        found.due_steps = did.due_steps()
    if tables.statuses:
        _write_finals(bucket, did)
    if tables.resumable:
        _write_marks(bucket, did, tables.remember)
    return found


class _Did:
    """The settled messages of a bucket: which rows are events, and where each message ends."""

    def __init__(self, rows: Rows, rules: Rules) -> None:
        self.rows, self.rules = rows, rules
        self.settled = settle(rows, rules)
        order, starts = self.settled.order, self.settled.starts
        self.real: Mask | None = None
        self.counts = self.settled.lengths
        self.dues = np.zeros(0, np.intp)
        """The places of the ends of periods."""
        if rules.validity is not None:
            self.real = order != DUE
            self.dues = np.flatnonzero(~self.real)
            self._before = np.append(0, np.cumsum(self.real))
            self.counts = self._before[starts + self.settled.lengths] - self._before[starts]

    def events(self, values: Codes) -> Codes:
        """Return the values of the rows that are events."""
        return values if self.real is None else values[self.real]

    @cached_property
    def last(self) -> Index:
        """The row of each message's last event; the checkpoint's row where it has no other."""
        last = np.zeros(len(self.counts), np.intp)
        if self.settled.past is not None:
            last = self.settled.past.copy()
        some = self.counts > 0
        last[some] = self.events(self.settled.order)[np.cumsum(self.counts)[some] - 1]
        return last

    @cached_property
    def due_owners(self) -> Index:
        """The message of each end of a period."""
        return np.searchsorted(self.settled.starts, self.dues, side="right") - 1

    @cached_property
    def open(self) -> Mask:
        """Which ends of periods no event of the message follows."""
        if not len(self.dues):
            return np.zeros(0, np.bool_)
        ends = (self.settled.starts + self.settled.lengths)[self.due_owners]
        mask: Mask = self._before[self.dues] == self._before[ends]
        return mask

    def expired(self, cells: Sequence[Codes]) -> list[NDArray[np.intp]]:
        """Return, per team, how often the end of a period decided the state of each machine."""
        teams = self.rules.teams
        if self.real is None:
            return [np.zeros(len(team.machines), np.intp) for team in teams]
        met = [
            np.bincount(c, minlength=len(t.table.follow)) for t, c in zip(teams, cells, strict=True)
        ]
        return [team.expired @ counts for team, counts in zip(teams, met, strict=True)]

    def tallies(self, which: Mask, every: int) -> list[Tally]:
        """Tally ends of periods, per team; each is of the delivery of the row before it."""
        assert self.settled.times is not None  # noqa: S101
        at, owners = self.dues[which], self.due_owners[which]
        deliveries = np.zeros(len(at), np.int64)
        if self.rows.deliveries is not None:
            before = self._before[at] - 1
            own = before >= self._before[self.settled.starts[owners]]
            rows = np.zeros(len(at), np.intp)
            rows[own] = self.events(self.settled.order)[before[own]]
            if self.settled.past is not None:
                rows[~own] = self.settled.past[owners[~own]]
            deliveries = self.rows.deliveries[rows]
        periods = self.settled.times[at] // every
        return [
            Tally.of(deliveries, periods, team.effects.of_cell[folded.cells[at]])
            for team, folded in zip(self.rules.teams, self.settled.folded, strict=True)
        ]

    def due_steps(self) -> Steps:
        """Return the ends of periods that change something, as steps of the exact series."""
        assert self.settled.times is not None  # noqa: S101
        classes = [
            team.effects.of_cell[folded.cells[self.dues]]
            for team, folded in zip(self.rules.teams, self.settled.folded, strict=True)
        ]
        moved = np.zeros(len(self.dues), np.bool_)
        for team, column in zip(self.rules.teams, classes, strict=True):
            moved |= team.effects.changes.any(axis=1).take(column)
        return Steps(self.settled.times[self.dues][moved], [column[moved] for column in classes])

    def starts(self) -> NDArray[np.int64] | None:
        """Return when the first and the last period of each kind began, as ``NEVER`` where none.

        A message's period begins with the first of its start events; later ones begin no other.
        """
        began = self.settled.began
        if began is None or not len(began):
            return None
        last = np.where(began == NEVER, np.iinfo(np.int64).min, began).max(axis=0)
        return np.stack([began.min(axis=0), last], axis=1)

    def lasting(self, team: int) -> Codes:
        """Return the states before the ends of periods that are open."""
        folded = self.settled.folded[team]
        states = folded.final.copy()
        first = self.dues[self.open][::-1]
        states[self.due_owners[self.open][::-1]] = folded.before[first]
        return states


def _rejected(bucket: Bucket, did: _Did) -> tuple[Index, NDArray[np.uint32]]:
    """Return the rejected rows, by their numbers in the log, and their cells, per team."""
    settled, teams = did.settled, did.rules.teams
    aside = settled.codes == teams[0].alphabet.unknown
    for team, folded in zip(teams, settled.folded, strict=True):
        aside |= team.any_rejected.take(folded.cells)
    if did.real is not None:
        aside &= did.real
    at = np.flatnonzero(aside)
    rows = np.append(settled.order[at], settled.late)
    cells = np.full((len(rows), len(teams)), LATE, np.uint32)
    for number, folded in enumerate(settled.folded):
        cells[: len(at), number] = folded.cells[at]
    return (bucket.numbers(rows) if len(rows) else rows), cells


# Row by row ----------------------------------------------------------------------------------


def _write_outcomes(bucket: Bucket, did: _Did) -> None:
    """Write cell x 2, and 1 more on a message's first row; the largest number on dropped rows."""
    settled = did.settled
    first = settled.starts
    if settled.past is not None:
        first = first[(settled.past < 0) & (did.counts > 0)]
    for number, folded in enumerate(settled.folded):
        kind = bucket.kind(f"outcome{number}")
        if kind is None:  # there are no rows but the checkpoint's
            return
        cells = folded.cells.astype(kind) << kind.type(1)
        cells[first] |= kind.type(1)
        values = np.full(len(did.rows.keys), np.iinfo(kind).max, dtype=kind)
        values[did.events(settled.order)] = did.events(cells)
        bucket.write(f"outcome{number}", values)


def _write_finals(bucket: Bucket, did: _Did) -> None:
    """Write final state and number of events on each message's last row; elsewhere 0 events."""
    counts, past = did.counts, did.settled.past
    if past is not None and did.rows.past is not None and len(did.rows.past.events):
        counts = counts + np.where(past >= 0, did.rows.past.events[past], 0)
    _write(bucket, did, "events", counts)
    for number, folded in enumerate(did.settled.folded):
        _write(bucket, did, f"final{number}", folded.final)


def _write_marks(bucket: Bucket, did: _Did, remember: bool) -> None:
    """Write what a later replay needs: states, starts of periods, and which rows to keep."""
    settled = did.settled
    for number in range(len(settled.folded)):
        _write(bucket, did, f"lasting{number}", did.lasting(number))
    for period in range(0 if settled.began is None else settled.began.shape[1]):
        assert settled.began is not None  # noqa: S101
        _write(bucket, did, f"began{period}", settled.began[:, period], NEVER)
    marks = np.zeros(len(did.rows.keys), np.uint8)
    if remember:
        assert did.rows.times is not None  # noqa: S101
        order = did.events(settled.order)
        owners = np.repeat(np.arange(len(did.counts)), did.counts)
        ended = did.rows.times[did.last]
        if settled.known is not None:
            order = np.append(order, settled.known[0])
            owners = np.append(owners, settled.known[1])
        marks[order[did.rows.times[order] == ended[owners]]] = INSTANT
    marks[did.last] = LAST
    bucket.write("mark", marks)


def _write(bucket: Bucket, did: _Did, name: str, per_message: Codes, rest: int = 0) -> None:
    """Write a column that has each message's number on its last row."""
    values = np.full(len(did.rows.keys), rest, dtype=bucket.kind(name))
    values[did.last] = per_message
    bucket.write(name, values)
