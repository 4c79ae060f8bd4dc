"""What happened to the messages of one bucket: put in order, without duplicates, folded.

One direction: rows in file order; brought together by message; put in order of time; duplicates
and late rows set aside; ends of validity periods and firings of timers put between; folded by each
product machine.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from fsm.arrays import Codes, Index, Mask, Times
from fsm.engine.encode import LAST, Rows
from fsm.engine.event_order import event_ranks
from fsm.engine.firings import NEVER, Firings, MessageRows, find_firings
from fsm.engine.fold import FoldedEvents, Groups, fold_events, group_rows
from fsm.engine.product_machine import ProductMachine
from fsm.engine.timed_machine import TimedMachine, timed_machines

__all__ = ["EXPIRY", "NEVER", "Known", "KnownMessages", "Rules", "Timelines", "timelines_of"]

EXPIRY = -1
"""Stands for the row of the end of a validity period, or of a firing, which no log has."""
_FACTOR = np.uint64(0x9E3779B97F4A7C15)


T = TypeVar("T")
U = TypeVar("U")


@dataclass(frozen=True, repr=False)
class KnownMessages(Generic[T]):
    """What a checkpoint knows of messages: one row per message, the first rows of a bucket.

    ``events`` is the number of events so far, ``states`` the state under each product machine,
    ``period_starts`` when each validity period began, and ``dues`` when each timer is due
    (:data:`NEVER` where it did not, or does not run).
    """

    events: T
    states: tuple[T, ...]
    period_starts: tuple[T, ...]
    dues: tuple[T, ...] = ()

    def map(self, change: Callable[[T], U]) -> KnownMessages[U]:
        """Return the columns, each changed by a function."""
        return KnownMessages(
            change(self.events),
            tuple(map(change, self.states)),
            tuple(map(change, self.period_starts)),
            tuple(map(change, self.dues)),
        )


Known: TypeAlias = KnownMessages[Codes]
"""What a checkpoint knows of messages, as arrays."""


def joined_known(parts: Sequence[Known]) -> Known:
    """Return what several parts of a checkpoint know."""
    return KnownMessages(
        np.concatenate([part.events for part in parts]),
        tuple(map(np.concatenate, zip(*(part.states for part in parts), strict=True))),
        tuple(map(np.concatenate, zip(*(part.period_starts for part in parts), strict=True))),
        tuple(map(np.concatenate, zip(*(part.dues for part in parts), strict=True))),
    )


@dataclass(frozen=True)
class Rules:
    """What messages are folded by: product machines, the validity period, the end of the log.

    The period and the end are in microseconds.
    """

    products: Sequence[ProductMachine]
    validity: int | None = None
    end: int | None = None
    timed: Sequence[TimedMachine] = ()
    """The machines that have timers."""

    @classmethod
    def of(cls, products: Sequence[ProductMachine], validity: int | None, end: int | None) -> Rules:
        """Return the rules of some products, their timers included."""
        return cls(products, validity, end, timed_machines(products))

    @property
    def have_expiries(self) -> bool:
        """Whether anything may happen that no row of a log is about."""
        return self.validity is not None or bool(self.timed)

    @cached_property
    def ranks(self) -> Codes:
        """The ranks of events, by which ties between files are decided."""
        machines = [machine for product in self.products for machine in product.machines]
        codes = self.products[0].codes
        return event_ranks(machines, codes.events, codes.width)


@dataclass(frozen=True, repr=False)
class Resumed:
    """Where messages continue from a checkpoint.

    ``begins`` is the row of the checkpoint that each message begins with, or -1. ``rows`` are
    all rows of the checkpoint, ``owners`` the message of each.
    """

    begins: Index
    rows: Index
    owners: Index


@dataclass(frozen=True, repr=False)
class Timelines:
    """Messages, each with its rows in the order they happened.

    ``order`` names rows of the bucket, :data:`EXPIRY` for the end of a period; ``offsets`` are
    where each message begins in it. ``times`` are those of ``order``, empty where the rows have
    none. ``folded`` is per product machine. ``duplicates`` and ``late`` are rows of the bucket
    that were set aside.
    """

    order: Index
    offsets: Index
    codes: Codes
    times: Times
    duplicates: Index
    late: Index
    resumed: Resumed | None = None
    folded: tuple[FoldedEvents, ...] = ()
    period_starts: Times | None = None
    """When each validity period of each message began (messages x periods)."""
    dues: Times | None = None
    """When each timer of each message is due after its last event (messages x timers)."""

    @cached_property
    def lengths(self) -> Index:
        """The number of rows of each message, ends of periods included."""
        return np.diff(self.offsets, append=len(self.order))

    @cached_property
    def owners(self) -> Index:
        """The message of each row."""
        return np.repeat(np.arange(len(self.offsets)), self.lengths)


def timelines_of(rows: Rows, rules: Rules, known: Known | None = None) -> Timelines:
    """Put the rows of a bucket in order, set duplicates and late rows aside, and fold the rest."""
    groups = group_rows(rows.keys, rows.checks)
    if rows.times is not None:
        groups = _in_time(groups, rows.times, rows.seqs)
        groups = _across_files(groups, rows, rules, 0 if known is None else len(known.events))
    groups, duplicates = _without_duplicates(
        groups, rows, 0 if known is None else len(known.events)
    )
    late, resumed = np.zeros(0, np.intp), None
    if known is not None:
        groups, late, resumed = _resumed(groups, len(known.events))
    timelines = Timelines(
        groups.order,
        groups.offsets,
        rows.codes.take(groups.order),
        np.zeros(0, np.int64) if rows.times is None else rows.times.take(groups.order),
        duplicates,
        late,
        resumed,
    )
    if rules.validity is not None and rules.products[0].codes.starting_events:
        timelines = _with_expiries(timelines, known, rules, rules.validity)
    if rules.timed:
        timelines = _with_firings(timelines, known, rules)
    folded = tuple(
        fold_events(
            product.table, timelines.codes, timelines.offsets, _initial(known, resumed, number)
        )
        for number, product in enumerate(rules.products)
    )
    return replace(timelines, folded=folded)


def _initial(known: Known | None, resumed: Resumed | None, product: int) -> int | Codes:
    if known is None or resumed is None or not len(known.events):
        return 0
    return np.where(resumed.begins >= 0, known.states[product][resumed.begins], 0)


# Order ---------------------------------------------------------------------------------------


def _in_time(groups: Groups, times: Times, seqs: Times | None) -> Groups:
    """Sort by (time, seq, file order) those messages that are not in order already."""
    order, offsets = groups.order, groups.offsets
    times = times.take(order)
    back: Mask = times[1:] < times[:-1]
    if seqs is not None:
        tied = np.flatnonzero(times[1:] == times[:-1])
        back[tied] = seqs.take(order[tied + 1]) < seqs.take(order[tied])
    back[offsets[1:] - 1] = False
    if not back.any():
        return groups
    owners = groups.owners
    mixed = np.zeros(len(offsets), dtype=np.bool_)
    mixed[owners[1:][back]] = True
    places = np.flatnonzero(mixed[owners])
    by = [times[places], owners[places]]
    if seqs is not None:
        by.insert(0, seqs.take(order[places]))
    order = order.copy()
    order[places] = order[places][np.lexsort(by)]
    return Groups(order, offsets)


def _across_files(groups: Groups, rows: Rows, rules: Rules, known: int) -> Groups:
    """Put rows of several files that have one instant in the order of :mod:`event_order`.

    The rows of each file keep their order: a row comes no earlier than those before it in its
    file. The first ``known`` rows, those of a checkpoint, come first.
    """
    if rows.files is None or rows.times is None or len(groups.order) < 2:
        return groups
    order, times, files = groups.order, rows.times.take(groups.order), rows.files.take(groups.order)
    tied: Mask = times[1:] == times[:-1]
    tied[groups.offsets[1:] - 1] = False
    if rows.seqs is not None:  # they decide where all events of an instant have one
        seqs, instants = rows.seqs.take(order), np.append(0, np.cumsum(~tied))
        lacking = np.zeros(instants[-1] + 1, dtype=np.bool_)
        lacking[instants[seqs == LAST]] = True
        tied &= (seqs[1:] == seqs[:-1]) | lacking[instants[1:]]
    mixed = tied & (files[1:] != files[:-1])
    if not mixed.any():
        return groups
    instants = np.append(0, np.cumsum(~tied))
    several = np.zeros(instants[-1] + 1, dtype=np.bool_)
    several[instants[1:][mixed]] = True
    places = np.flatnonzero(several[instants])
    there, instants, files = order[places], instants[places], files[places]
    ranks = np.where(there < known, 0, 1 + rules.ranks[rows.codes[there]])
    by_file = np.lexsort((files, instants))
    parts = np.append(
        0, np.cumsum((np.diff(instants[by_file]) != 0) | (np.diff(files[by_file]) != 0))
    )
    width = len(rules.ranks) + 1
    highest = np.empty(len(places), np.int64)
    highest[by_file] = np.maximum.accumulate(parts * width + ranks[by_file]) - parts * width
    order = order.copy()
    order[places] = there[np.lexsort((files, highest, instants))]
    return Groups(order, groups.offsets)


def _keep(groups: Groups, kept: Mask) -> Groups:
    """Leave out rows; a message that loses all its rows stays, without any."""
    before = np.append(0, np.cumsum(kept))
    return Groups(groups.order[kept], before[groups.offsets])


def _without_duplicates(groups: Groups, rows: Rows, known: int) -> tuple[Groups, Index]:
    """Drop a message's later rows of one event id, or of one event at one time.

    The first ``known`` rows, those of a checkpoint, stay.
    """
    if rows.ids is None and rows.names is None:
        return groups, np.zeros(0, np.intp)
    kept = np.ones(len(groups.order), dtype=np.bool_)
    owners, lengths = groups.owners, groups.lengths
    several = np.repeat(lengths > 1, lengths)  # most messages of many logs have one event
    if rows.ids is not None:
        ids = rows.ids.take(groups.order)
        kept &= ~_repeated(several & (ids != 0), ids, owners)
    if rows.names is not None and rows.times is not None:
        names, times = rows.names.take(groups.order), rows.times.take(groups.order)
        kept &= ~_repeated(several & kept, names, times, owners)
    kept |= groups.order < known
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
    """Return the rows whose columns have a hash that another row has too: few, in most logs.

    Sorting one column of hashes is cheaper than sorting all rows by all columns.
    """
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


def _resumed(groups: Groups, known: int) -> tuple[Groups, Index, Resumed]:
    """Begin each message with the last row that the checkpoint has of it.

    The first ``known`` rows of the bucket are the checkpoint's. A row of the log that stands
    before one of them is late; it is returned, and left out, as are the checkpoint's rows.
    """
    owners = groups.owners
    places = np.flatnonzero(groups.order < known)
    rows = groups.order[places]
    last, begins = (np.full(len(groups.offsets), -1, dtype=np.intp) for _ in range(2))
    # Of several rows of one message the last one stays: numpy assigns in order.
    last[owners[places]] = places
    begins[owners[places]] = rows
    earlier = np.arange(len(groups.order)) <= last[owners]
    late = groups.order[earlier & (groups.order >= known)]
    return _keep(groups, ~earlier), late, Resumed(begins, rows, owners[places])


# Validity periods ----------------------------------------------------------------------------


class _Expiries(NamedTuple):
    """Ends of validity periods: code and time, the message, and the place to stand before."""

    codes: Index
    times: Times
    messages: Index
    places: Index


def _with_expiries(
    timelines: Timelines, known: Known | None, rules: Rules, validity: int
) -> Timelines:
    """Put the end of each period before the first row of its instant or of a later one."""
    codes = rules.products[0].codes
    parts, period_starts = [], []
    for period, start in enumerate(codes.starting_events):
        since = _first_times(timelines, codes.events.index(start))
        over = np.zeros(len(since), np.bool_)
        resumed = timelines.resumed
        if resumed is not None and known is not None and len(known.events):
            is_known = resumed.begins >= 0
            earlier = known.period_starts[period][resumed.begins]
            since[is_known] = np.minimum(since, earlier)[is_known]
            over = is_known & rules.products[0].over[known.states[0][resumed.begins], period]
        ends = (since != NEVER) & ~over
        due = np.where(ends, since + validity, NEVER)
        ends &= due <= (NEVER if rules.end is None else rules.end)
        parts.append(_expiries(timelines, codes.expiry(start), due, np.flatnonzero(ends)))
        period_starts.append(since)
    return replace(
        _inserted(timelines, parts, np.min_scalar_type(codes.width)),
        period_starts=np.stack(period_starts, axis=1),
    )


def _first_times(timelines: Timelines, code: int) -> Times:
    """Return when each message had its first event of a code, :data:`NEVER` where it had none."""
    since = np.full(len(timelines.offsets), NEVER, dtype=np.int64)
    at = np.flatnonzero(timelines.codes == code)[::-1]
    since[timelines.owners[at]] = timelines.times[at]  # backwards, so that the first one stays
    return since


def _expiries(timelines: Timelines, code: int, due: Times, messages: Index) -> _Expiries:
    """Return the expiries of some messages; ``due`` is that of every message."""
    ends = timelines.offsets + timelines.lengths
    is_later = timelines.times >= due[timelines.owners]
    later = np.bincount(timelines.owners[is_later], minlength=len(ends))
    return _Expiries(
        np.full(len(messages), code), due[messages], messages, (ends - later)[messages]
    )


def _inserted(
    timelines: Timelines, parts: Sequence[_Expiries | Firings], code: np.dtype[Any]
) -> Timelines:
    """Put expiries and firings in their places; those of one place in order of time."""
    columns = ("codes", "times", "messages", "places")
    codes, times, messages, places = (
        np.concatenate([getattr(part, column) for part in parts]) for column in columns
    )
    by = np.lexsort((times, places, messages))
    codes, times, messages, places = (column[by] for column in (codes, times, messages, places))
    kind = np.promote_types(timelines.codes.dtype, code)
    return replace(
        timelines,
        order=np.insert(timelines.order, places, EXPIRY),
        offsets=timelines.offsets + np.searchsorted(messages, np.arange(len(timelines.offsets))),
        codes=np.insert(timelines.codes.astype(kind), places, codes),
        times=np.insert(timelines.times, places, times),
    )


# Timers --------------------------------------------------------------------------------------


def _with_firings(timelines: Timelines, known: Known | None, rules: Rules) -> Timelines:
    """Put in the firings of each machine; those of one machine do not change another one."""
    codes = rules.products[0].codes
    found = {
        timed.machine.name: find_firings(timed, _message_rows(timed, timelines, known, rules))
        for timed in rules.timed
    }
    if sum(len(firings.codes) for firings in found.values()):
        inserted = _inserted(timelines, list(found.values()), np.min_scalar_type(codes.width))
    else:
        inserted = timelines
    return replace(inserted, dues=np.hstack([firings.dues for firings in found.values()]))


def _message_rows(
    timed: TimedMachine, timelines: Timelines, known: Known | None, rules: Rules
) -> MessageRows:
    resumed, count = timelines.resumed, len(timelines.offsets)
    states = np.zeros(count, np.intp)
    dues = np.full((count, len(timed.codes)), NEVER)
    is_new = np.ones(count, np.bool_)
    if resumed is not None and known is not None and len(known.events):
        is_new = resumed.begins < 0
        begins = resumed.begins[~is_new]
        states[~is_new] = timed.states[known.states[timed.place][begins]]
        first = rules.products[0].codes.first_timer
        for column, code in enumerate(timed.codes.tolist()):
            dues[~is_new, column] = known.dues[code - first][begins]
    return MessageRows(
        timelines.codes,
        timelines.times,
        timelines.order == EXPIRY,
        timelines.offsets,
        timelines.lengths,
        states,
        dues,
        is_new,
        NEVER if rules.end is None else rules.end,
    )
