"""When timers fire: the messages of a bucket, followed with the clocks of one machine.

Where a timer fires depends on the state, and the state on what fired before. So all messages go
on together, round after round: in each, a message takes its next row or, if that is due before it,
its next firing. A firing comes before any row of its instant, except the end of a validity period;
of several timers that are due at one instant the one declared first fires. Where the timer that is
due next has the event of the row, the row *is* its firing, and what is due later waits for it.

A message begins at the instant of its first row: timers of the initial state start there.

Why not a fold of all messages first, and then one more for each firing: messages with many firings
would be folded as often as they have firings.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, NoReturn

import numpy as np

from fsm.arrays import Codes, Index, Mask, Times
from fsm.engine.timed_machine import START, STOP, TimedMachine
from fsm.epoch import time_at
from fsm.errors import LogError

__all__ = ["NEVER", "Firings", "MessageRows", "find_firings"]

NEVER = np.iinfo(np.int64).max

MOST_IN_A_ROW = 10_000
"""A message whose timers fire more often without an event is refused: it would go on for ever."""
MOST_FIRINGS = 1 << 23
"""Firings of all messages of a bucket."""
_FOR_EVER = f"{MOST_IN_A_ROW:,} times after one event"
FEW = 64
"""Below this many active messages a plain loop takes over."""


@dataclass(frozen=True, repr=False)
class MessageRows:
    """The rows of messages, one message after the other, each in the order they happened.

    ``is_expiry`` says which rows are ends of validity periods. ``states`` is the state in which
    each message begins, ``dues`` when its timers are due already (messages x timers), ``is_new``
    whether nothing was known of it before. ``end`` is the instant up to which timers fire.
    """

    codes: Codes
    times: Times
    is_expiry: Mask
    offsets: Index
    lengths: Index
    states: Index
    dues: Times
    is_new: Mask
    end: int

    def recorded(self, nothing: int) -> Codes:
        """Return the event that each row records or, of the end of a period, the row after it.

        ``nothing`` stands for the end of a period without a row after it.
        """
        if not self.is_expiry.any():
            return self.codes
        count = len(self.codes)
        places = np.where(self.is_expiry, count, np.arange(count))
        places = np.minimum.accumulate(places[::-1])[::-1]
        ends = np.repeat(self.offsets + self.lengths, self.lengths)
        codes: Codes = np.where(places < ends, self.codes.take(places, mode="clip"), nothing)
        return codes

    def last_events(self) -> Index:
        """Return the place after the last event of each message, without ends of periods."""
        places = np.where(self.is_expiry, 0, np.arange(1, len(self.codes) + 1))
        last = np.append(0, np.maximum.accumulate(places))
        ends: Index = np.maximum(last[self.offsets + self.lengths], self.offsets)
        return ends


@dataclass(frozen=True, repr=False)
class Firings:
    """Firings in the order of each message: code, time, message, and the place to stand before.

    ``dues`` is when each timer of each message is due after its last event.
    """

    codes: Index
    times: Times
    messages: Index
    places: Index
    dues: Times


def find_firings(timed: TimedMachine, rows: MessageRows) -> Firings:
    """Follow messages, and return when the timers of a machine fire.

    Raises :class:`LogError` where timers of a message fire for ever.
    """
    clocks = _Clocks(timed, rows)
    if len(rows.codes):
        clocks.run()
    codes, times, messages, places = (
        np.concatenate(column) for column in zip(*clocks.found, strict=True)
    )
    return Firings(codes, times, messages, places, clocks.kept)


class _Clocks:
    """The messages that go on, and when their timers are due: a column for each.

    A timer that nothing stops has as many columns as it ran at a time.
    """

    def __init__(self, timed: TimedMachine, rows: MessageRows) -> None:
        self.timed, self.rows = timed, rows
        self.follow, self.width = timed.product.table.follow, timed.product.table.width
        self.timer_of = np.arange(len(timed.codes))
        """The number of the timer of each column, ascending."""
        self.first: Index | slice = slice(None)
        """The first column of each timer."""
        self.messages = np.arange(len(rows.offsets))
        self.at, self.stop = rows.offsets.copy(), rows.offsets + rows.lengths
        self.row = rows.states * self.width
        self.dues = rows.dues.copy()
        self.in_a_row = np.zeros(len(self.at), np.intp)
        begins = np.flatnonzero(rows.is_new & (rows.lengths > 0))
        since = rows.times.take(rows.offsets[begins], mode="clip")[:, None] + timed.delays
        self.dues[begins] = np.where(timed.run_at_start, since, NEVER)
        self.kept = self.dues.copy()
        self.last_events = rows.last_events()
        self.recorded = rows.recorded(self.width)
        nothing = np.zeros(0, np.intp)
        self.found = [(nothing, np.zeros(0, np.int64), nothing, nothing)]
        self.count = 0

    def run(self) -> None:
        """Go on until every message is at its end."""
        may_fire: Mask | bool = ~self.rows.is_new  # nothing fires before a message begins
        while len(self.messages) > FEW:
            self._round(may_fire)
            may_fire = True
        self._follow_few(may_fire)

    def _round(self, may_fire: Mask | bool) -> None:
        rows = self.rows
        has_row = self.at < self.stop
        place = np.minimum(self.at, len(rows.codes) - 1)
        code = np.where(has_row, rows.codes.take(place), self.width)
        time = np.where(has_row, rows.times.take(place), rows.end)
        column = self.dues.argmin(axis=1)
        due = self.dues[np.arange(len(column)), column]
        is_recorded = self.timed.events[self.timer_of[column]] == self.recorded.take(place)
        fires = (due < time) | (due == time) & ~(has_row & rows.is_expiry.take(place))
        fires &= (due != NEVER) & ~(has_row & is_recorded) & may_fire
        going = has_row | fires
        if not going.all():
            self._keep(going)
            code, time, column, due, fires = (
                part[going] for part in (code, time, column, due, fires)
            )
        now = np.where(fires, due, time)
        codes = np.where(fires, self.timed.codes[self.timer_of[column]], code)
        cell = self.row + codes
        fired = np.flatnonzero(fires)
        self.dues[fired, column[fired]] = NEVER
        self._note(fired[self.timed.is_heard[cell[fired]]], codes, now)
        self._drop_recorded(np.flatnonzero(~fires & self.timed.is_timer_event[codes]), codes, now)
        self._change(np.flatnonzero(self.timed.is_change[cell]), cell, now)
        self.row = self.follow.take(cell).astype(np.intp)
        self.at = self.at + ~fires
        self.in_a_row = (self.in_a_row + 1) * fires
        if self.in_a_row.max(initial=0) > MOST_IN_A_ROW:
            self._refuse(int(now[self.in_a_row.argmax()]), _FOR_EVER)
        over = np.flatnonzero(~fires & (self.at == self.last_events[self.messages]))
        self.kept[self.messages[over]] = self.dues[over][:, self.first]

    def _keep(self, going: Mask) -> None:
        self.messages, self.at, self.stop = (
            part[going] for part in (self.messages, self.at, self.stop)
        )
        self.row, self.dues, self.in_a_row = (
            part[going] for part in (self.row, self.dues, self.in_a_row)
        )

    def _note(self, heard: Index, codes: Index, now: Times) -> None:
        if len(heard):
            self.found.append((codes[heard], now[heard], self.messages[heard], self.at[heard]))
            self.count += len(heard)
            self._check_count(int(now[heard[0]]))

    def _drop_recorded(self, recorded: Index, codes: Index, now: Times) -> None:
        """Take rows of a timer's event for the firing of the earliest timer that is due."""
        if not len(recorded):
            return
        is_of_event = self.timed.events[self.timer_of] == codes[recorded, None]
        dues = self.dues[recorded]
        mine = np.where(is_of_event, dues, NEVER)
        column = mine.argmin(axis=1)
        is_due = np.flatnonzero(mine[np.arange(len(mine)), column] <= now[recorded])
        dues[is_due, column[is_due]] = NEVER
        self.dues[recorded] = np.maximum(dues, now[recorded, None])

    def _change(self, changed: Index, cell: Index, now: Times) -> None:
        """Start and stop the timers of some messages."""
        if not len(changed):
            return
        changes, stops = self.timed.changes[cell[changed]], self.timed.stops
        whole = self.dues[changed]
        dues = whole[:, self.first]
        due = now[changed, None] + self.timed.delays
        dues[changes == STOP] = NEVER
        starts = (changes == START) & (stops | (dues == NEVER))
        dues[starts] = due[starts]
        whole[:, self.first] = dues
        self.dues[changed] = whole
        for timer in np.flatnonzero(~stops).tolist():
            more = np.flatnonzero((changes[:, timer] == START) & ~starts[:, timer])
            self._add(timer, changed[more], due[more, timer])

    def _add(self, timer: int, messages: Index, due: Times) -> None:
        """Let a timer run that runs already, in the first of its columns that is free."""
        for column in np.flatnonzero(self.timer_of == timer)[1:].tolist():
            is_free = self.dues[messages, column] == NEVER
            self.dues[messages[is_free], column] = due[is_free]
            messages, due = messages[~is_free], due[~is_free]
        if len(messages):
            place = int(np.searchsorted(self.timer_of, timer, side="right"))
            self.timer_of = np.insert(self.timer_of, place, timer)
            self.first = np.searchsorted(self.timer_of, np.arange(len(self.timed.codes)))
            self.dues = np.insert(self.dues, place, NEVER, axis=1)
            self.dues[messages, place] = due

    # Few messages ------------------------------------------------------------------------------

    def _follow_few(self, may_fire: Mask | bool) -> None:
        """Follow the messages that are left, one after the other."""
        may = np.broadcast_to(may_fire, len(self.messages)).tolist()
        found = [
            (code, time, message, at)
            for number, message in enumerate(self.messages.tolist())
            for code, time, at in self._follow(number, message, may[number])
        ]
        if found:
            codes, times, messages, places = (
                np.array(column) for column in zip(*found, strict=True)
            )
            self.found.append((codes, times, messages, places))

    def _follow(self, number: int, message: int, may_fire: bool) -> Iterator[tuple[int, int, int]]:
        """Yield the firings of one message: code, time, and the place to stand before."""
        timed, rows, first = self.timed, self.rows, int(self.at[number])
        events, codes = timed.events.tolist(), timed.codes.tolist()
        stop, last = int(self.stop[number]), int(self.last_events[message])
        log = zip(
            rows.codes[first:stop].tolist(),
            rows.times[first:stop].tolist(),
            rows.is_expiry[first:stop].tolist(),
            self.recorded[first:stop].tolist(),
            strict=True,
        )
        end = (self.width, rows.end, False, self.width)
        row, running = int(self.row[number]), _Running(timed, self.timer_of, self.dues[number])
        in_a_row = int(self.in_a_row[number])
        for at, (code, time, is_expiry, recorded) in enumerate((*log, end), first):
            while may_fire and (next_one := running.next_one(recorded, time - is_expiry)):
                in_a_row += 1
                if in_a_row > MOST_IN_A_ROW:
                    self._refuse(next_one.due, _FOR_EVER)
                running.drop(next_one)
                cell = row + codes[next_one.timer]
                if timed.is_heard[cell]:
                    self.count += 1
                    self._check_count(next_one.due)
                    yield codes[next_one.timer], next_one.due, at
                running.change(cell, next_one.due)
                row = int(self.follow[cell])
            if at < stop:
                may_fire, in_a_row = True, 0
                if code in events:
                    running.drop_recorded(code, time)
                running.change(row + code, time)
                row = int(self.follow[row + code])
                if at + 1 == last:
                    self.kept[message] = running.earliest()

    def _check_count(self, now: int) -> None:
        if self.count > MOST_FIRINGS:
            self._refuse(now, f"{MOST_FIRINGS:,} times in one part of the log")

    def _refuse(self, now: int, how_often: str) -> NoReturn:
        timer = next(iter(self.timed.timers.values()))
        raise LogError(
            f"{self.timed.machine.name}: up to {time_at(now).isoformat(' ', 'seconds')} timers "
            f"such as {str(timer)!r} fire more than {how_often}; let them run longer, or end the "
            "log earlier (--as-of)"
        )


class _Due(NamedTuple):
    """A timer that runs; of those due at one instant the one declared first comes first."""

    due: int
    timer: int


class _Running:
    """The timers of one message that run."""

    def __init__(self, timed: TimedMachine, timer_of: Index, dues: Times) -> None:
        self.timed = timed
        pairs = zip(dues.tolist(), timer_of.tolist(), strict=True)
        self.dues = [_Due(due, timer) for due, timer in pairs if due != NEVER]
        self.events, self.delays = timed.events.tolist(), timed.delays.tolist()
        self.stops = timed.stops.tolist()

    def next_one(self, code: int, until: int) -> _Due | None:
        """Return the next timer, if it is due by then and its event is not this code."""
        first = min(self.dues, default=None)
        is_next = first and first.due <= until and self.events[first.timer] != code
        return first if is_next else None

    def drop(self, due: _Due) -> None:
        """Leave out a timer that has fired."""
        self.dues.remove(due)

    def drop_recorded(self, code: int, now: int) -> None:
        """Take a row of a timer's event for the firing of the earliest timer that is due."""
        mine = [d for d in self.dues if self.events[d.timer] == code and d.due <= now]
        if mine:
            self.drop(min(mine))
        self.dues = [d._replace(due=max(d.due, now)) for d in self.dues]

    def change(self, cell: int, now: int) -> None:
        """Start and stop timers."""
        if not self.timed.is_change[cell]:
            return
        for timer, change in enumerate(self.timed.changes[cell].tolist()):
            if change and self.stops[timer]:
                self.dues = [d for d in self.dues if d.timer != timer]
            if change == START:
                self.dues.append(_Due(now + self.delays[timer], timer))

    def earliest(self) -> Times:
        """Return when each timer is due first."""
        dues = np.full(len(self.delays), NEVER, np.int64)
        for due, timer in sorted(self.dues, reverse=True):
            dues[timer] = due
        return dues
