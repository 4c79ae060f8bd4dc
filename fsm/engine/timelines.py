"""What happened to the messages of one bucket: put in order, without duplicates, folded.

One direction: rows in file order; brought together by message; put in order of time; duplicates
and late rows set aside; ends of validity periods put between; folded by each team.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsm.arrays import Codes, Index, Keys, Mask
from fsm.engine.fold import Folded, Groups, fold, group
from fsm.engine.product_machine import Team

__all__ = ["Past", "Rows", "Rules", "Settled", "settle"]

Times = NDArray[np.int64]

DUE = -1
"""Stands for the row of the end of a validity period, which no log has."""
NEVER = np.iinfo(np.int64).max
_FACTOR = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Past:
    """What a checkpoint knows of messages: one row per message, the first rows of a bucket.

    ``states`` is the state under each team (rows x teams), ``events`` the number of events so
    far, ``starts`` when each validity period began (rows x periods, :data:`NEVER` where none).
    """

    states: NDArray[np.uint32]
    events: NDArray[np.uint32]
    starts: Times


@dataclass(frozen=True)
class Rows:
    """The rows of some messages, in file order. The columns that a replay does not need are None.

    ``keys`` and ``checks`` are two hashes of the message's identity, ``codes`` the events.
    ``times`` are microseconds since 1970, ``seqs`` the ties; ``ids`` hashes of event ids (0: the
    event has none), ``names`` hashes of event names, by which duplicates are known.
    ``deliveries`` are codes of deliveries.
    """

    keys: Keys
    checks: Codes
    codes: Codes
    times: Times | None = None
    seqs: Times | None = None
    ids: Keys | None = None
    names: Keys | None = None
    deliveries: Codes | None = None
    past: Past | None = None


@dataclass(frozen=True)
class Rules:
    """How to settle: the validity period and the end of the log in microseconds."""

    teams: Sequence[Team]
    validity: int | None = None
    end: int | None = None


@dataclass(frozen=True)
class Settled:
    """Messages, each with its rows in the order they happened.

    ``order`` names rows of the bucket, :data:`DUE` for the end of a period; ``starts`` is where
    each message begins in it. ``times`` are those of ``order``. ``folded`` is per team.
    ``duplicates`` and ``late`` are rows of the bucket that were set aside.
    """

    order: Index
    starts: Index
    codes: Codes
    folded: tuple[Folded, ...]
    times: Times | None = None
    duplicates: Index = field(default_factory=lambda: np.zeros(0, np.intp))
    late: Index = field(default_factory=lambda: np.zeros(0, np.intp))
    past: Index | None = None
    """The row of the checkpoint each message begins with, or -1."""
    known: tuple[Index, Index] | None = None
    """The rows of the checkpoint, and the message of each."""
    began: Times | None = None
    """When each validity period of each message began (messages x periods)."""

    @cached_property
    def lengths(self) -> Index:
        """The number of rows of each message, ends of periods included."""
        return np.diff(self.starts, append=len(self.order))

    @cached_property
    def owners(self) -> Index:
        """The message of each row."""
        return np.repeat(np.arange(len(self.starts)), self.lengths)


def settle(rows: Rows, rules: Rules) -> Settled:
    """Put the rows of a bucket in order and fold them."""
    groups = group(rows.keys, rows.checks)
    if rows.times is not None:
        groups = _in_time(groups, rows)
    groups, duplicates = _without_duplicates(groups, rows)
    groups, facts = _after_the_past(groups, rows)
    codes = rows.codes.take(groups.order)
    settled = Settled(groups.order, groups.starts, codes, (), duplicates=duplicates, **facts)
    if rows.times is not None:
        settled = replace(settled, times=rows.times.take(groups.order))
    if rules.validity is not None and rules.teams[0].alphabet.starts:
        settled = _with_deadlines(settled, rows, rules)
    folded = tuple(
        fold(team.table, settled.codes, settled.starts, _initial(rows, settled.past, number))
        for number, team in enumerate(rules.teams)
    )
    return replace(settled, folded=folded)


def _owners(groups: Groups) -> Index:
    lengths = np.diff(groups.starts, append=len(groups.order))
    return np.repeat(np.arange(len(groups.starts)), lengths)


def _initial(rows: Rows, past: Index | None, team: int) -> int | Codes:
    if rows.past is None or past is None or not len(rows.past.states):
        return 0
    return np.where(past >= 0, rows.past.states[past, team], 0)


# Order ---------------------------------------------------------------------------------------


def _in_time(groups: Groups, rows: Rows) -> Groups:
    """Sort by (time, seq, file order) those messages that are not in order already."""
    assert rows.times is not None  # noqa: S101
    order, starts = groups.order, groups.starts
    times = rows.times.take(order)
    back: Mask = times[1:] < times[:-1]
    if rows.seqs is not None:
        tied = np.flatnonzero(times[1:] == times[:-1])
        back[tied] = rows.seqs.take(order[tied + 1]) < rows.seqs.take(order[tied])
    back[starts[1:] - 1] = False
    if not back.any():
        return groups
    owners = _owners(groups)
    mixed = np.zeros(len(starts), dtype=np.bool_)
    mixed[owners[1:][back]] = True
    places = np.flatnonzero(mixed[owners])
    by = [times[places], owners[places]]
    if rows.seqs is not None:
        by.insert(0, rows.seqs.take(order[places]))
    order = order.copy()
    order[places] = order[places][np.lexsort(by)]
    return Groups(order, starts)


def _keep(groups: Groups, kept: Mask) -> Groups:
    """Leave out rows; a message that loses all its rows stays, without any."""
    before = np.append(0, np.cumsum(kept))
    return Groups(groups.order[kept], before[groups.starts])


def _without_duplicates(groups: Groups, rows: Rows) -> tuple[Groups, Index]:
    """Drop a message's later rows of one event id, or of one event at one time.

    The rows of a checkpoint stay.
    """
    kept = np.ones(len(groups.order), dtype=np.bool_)
    if rows.ids is None and rows.names is None:
        return groups, np.zeros(0, np.intp)
    owners = _owners(groups)
    lengths = np.diff(groups.starts, append=len(groups.order))
    several = np.repeat(lengths > 1, lengths)  # most messages of many logs have one event
    if rows.ids is not None:
        ids = rows.ids.take(groups.order)
        kept &= ~_repeated(several & (ids != 0), ids, owners)
    if rows.names is not None and rows.times is not None:
        names, times = rows.names.take(groups.order), rows.times.take(groups.order)
        kept &= ~_repeated(several & kept, names, times, owners)
    if rows.past is not None:
        kept |= groups.order < len(rows.past.events)
    return _keep(groups, kept), groups.order[~kept]


def _repeated(among: Mask, *columns: NDArray[np.generic]) -> Mask:
    """Return which rows repeat, in every column, an earlier row."""
    places = np.flatnonzero(among)
    places = places[_may_repeat([column[places] for column in columns])]
    values = [column[places] for column in columns]
    by = np.lexsort(values)
    same = np.logical_and.reduce([v[by][1:] == v[by][:-1] for v in values])
    repeated = np.zeros(len(among), dtype=np.bool_)
    repeated[places[by[1:]][same]] = True
    return repeated


def _may_repeat(columns: Sequence[NDArray[Any]]) -> Index:
    """Return the rows whose columns have a hash that another row has too: few, in most logs."""
    hashes = np.zeros(len(columns[0]), np.uint64)
    for column in columns:
        hashes = (hashes ^ column.astype(np.uint64)) * _FACTOR
        hashes ^= hashes >> np.uint64(32)
    ordered = np.sort(hashes)
    shared = ordered[1:][ordered[1:] == ordered[:-1]]
    if not len(shared):
        return np.zeros(0, np.intp)
    at = np.searchsorted(shared, hashes).clip(max=len(shared) - 1)
    return np.flatnonzero(shared[at] == hashes)


def _after_the_past(groups: Groups, rows: Rows) -> tuple[Groups, dict[str, Any]]:
    """Begin each message with what the checkpoint knows of it; what is older than that is late."""
    if rows.past is None:
        return groups, {}
    count = len(rows.past.events)
    owners = _owners(groups)
    known = np.flatnonzero(groups.order < count)
    last = np.full(len(groups.starts), -1, dtype=np.intp)
    last[owners[known]] = known  # ascending, so that the last one stays
    past = np.where(last >= 0, groups.order[last], -1) if len(groups.order) else last
    earlier = np.arange(len(groups.order)) <= last[owners]
    late = groups.order[earlier & (groups.order >= count)]
    facts = {"late": late, "past": past, "known": (groups.order[known], owners[known])}
    return _keep(groups, ~earlier), facts


# Validity periods ----------------------------------------------------------------------------


def _with_deadlines(settled: Settled, rows: Rows, rules: Rules) -> Settled:
    """Put the end of each period before the first row of its instant or of a later one."""
    assert settled.times is not None  # noqa: S101
    assert rules.validity is not None  # noqa: S101
    alphabet, team = rules.teams[0].alphabet, rules.teams[0]
    owners, ends = settled.owners, np.append(settled.starts[1:], len(settled.order))
    began = np.full((len(ends), len(alphabet.starts)), NEVER, dtype=np.int64)
    found = []
    for period, start in enumerate(alphabet.starts):
        since = began[:, period]
        at = np.flatnonzero(settled.codes == alphabet.events.index(start))[::-1]
        since[owners[at]] = settled.times[at]  # backwards, so that the first one stays
        happens = np.ones(len(ends), dtype=np.bool_)
        if rows.past is not None and settled.past is not None and len(rows.past.starts):
            known = settled.past >= 0
            since[known] = np.minimum(since, rows.past.starts[settled.past, period])[known]
            over = team.over[rows.past.states[settled.past, 0], period]
            happens = ~(known & over)
        happens &= since != NEVER
        due = np.where(happens, since + rules.validity, NEVER)
        happens &= due <= (NEVER if rules.end is None else rules.end)
        later = np.bincount(owners[settled.times >= due[owners]], minlength=len(ends))
        message = np.flatnonzero(happens)
        code = np.full(len(message), alphabet.due(start))
        found.append((code, due[message], message, (ends - later)[message]))
    code, due, message, place = (np.concatenate(parts) for parts in zip(*found, strict=True))
    by = np.lexsort((code, due, message))
    code, due, message, place = code[by], due[by], message[by], place[by]
    kind = np.promote_types(settled.codes.dtype, np.min_scalar_type(alphabet.width))
    return replace(
        settled,
        order=np.insert(settled.order, place, DUE),
        starts=settled.starts + np.searchsorted(message, np.arange(len(ends))),
        codes=np.insert(settled.codes.astype(kind), place, code),
        times=np.insert(settled.times, place, due),
        began=began,
    )
