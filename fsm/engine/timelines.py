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

from fsm.arrays import Codes, Index, Times
from fsm.engine.encode import Rows
from fsm.engine.event_order import event_ranks
from fsm.engine.firings import NEVER, Firings, MessageRows, find_firings
from fsm.engine.fold import FoldedEvents, fold_events, group_rows
from fsm.engine.product_machine import ProductMachine
from fsm.engine.row_order import (
    Resumed,
    across_files,
    in_time,
    resumed_groups,
    without_duplicates,
)
from fsm.engine.timed_machine import TimedMachine, timed_machines

__all__ = ["EXPIRY", "NEVER", "Known", "KnownMessages", "Rules", "Timelines", "timelines_of"]

EXPIRY = -1
"""Stands for the row of the end of a validity period, or of a firing, which no log has."""

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
    """What messages are folded by: product machines, and the end of the log in microseconds."""

    products: Sequence[ProductMachine]
    end: int | None = None
    timed: Sequence[TimedMachine] = ()
    """The machines with timers that states start."""

    @classmethod
    def of(cls, products: Sequence[ProductMachine], end: int | None) -> Rules:
        """Return the rules of some products, their timers included."""
        return cls(products, end, timed_machines(products))

    @property
    def have_expiries(self) -> bool:
        """Whether anything may happen that no row of a log is about."""
        return bool(self.products[0].codes.timers)

    @cached_property
    def ranks(self) -> Codes:
        """The ranks of events, by which ties between files are decided."""
        machines = [machine for product in self.products for machine in product.machines]
        codes = self.products[0].codes
        return event_ranks(machines, codes.events, codes.width)


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
    before = 0 if known is None else len(known.events)
    groups = group_rows(rows.keys, rows.checks)
    if rows.times is not None:
        groups = in_time(groups, rows.times, rows.seqs)
        groups = across_files(groups, rows, lambda: rules.ranks, before)
    groups, duplicates = without_duplicates(groups, rows, before)
    late, resumed = np.zeros(0, np.intp), None
    if known is not None:
        groups, late, resumed = resumed_groups(groups, len(known.events))
    timelines = Timelines(
        groups.order,
        groups.offsets,
        rows.codes.take(groups.order),
        np.zeros(0, np.int64) if rows.times is None else rows.times.take(groups.order),
        duplicates,
        late,
        resumed,
    )
    if rules.products[0].codes.periods:
        timelines = _with_expiries(timelines, known, rules)
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


# Validity periods ----------------------------------------------------------------------------
#
# The timer of a deadline is counted from an event whatever the state, and nothing stops it: its end
# is known from the first such event of a message, before any state is. So the ends of all messages
# are found at once, and only timers that states start are followed (fsm.engine.firings). A period
# that is followed as such a timer has the same result, for about twice the CPU seconds
# (tests/bench/timers.md).


class _Expiries(NamedTuple):
    """Ends of validity periods: code and time, the message, and the place to stand before."""

    codes: Index
    times: Times
    messages: Index
    places: Index


def _with_expiries(timelines: Timelines, known: Known | None, rules: Rules) -> Timelines:
    """Put the end of each period before the first row of its instant or of a later one."""
    codes = rules.products[0].codes
    parts, period_starts = [], []
    for period, (start, length) in enumerate(codes.periods.items()):
        since = _first_times(timelines, codes.events.index(start))
        over = np.zeros(len(since), np.bool_)
        resumed = timelines.resumed
        if resumed is not None and known is not None and len(known.events):
            is_known = resumed.begins >= 0
            earlier = known.period_starts[period][resumed.begins]
            since[is_known] = np.minimum(since, earlier)[is_known]
            over = is_known & rules.products[0].over[known.states[0][resumed.begins], period]
        ends = (since != NEVER) & ~over
        due = np.where(ends, since + length, NEVER)
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
    if (messages[1:] <= messages[:-1]).any():  # one of each message, as of one period, is in order
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
