"""The clocks of simulated messages: when timers fire, all messages at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fsm.arrays import Codes, Mask, Times
from fsm.errors import MachineError
from fsm.machine import Machine

__all__ = ["Clocks", "TimerTable", "timer_table"]

NEVER = np.iinfo(np.int64).max
MOST_FIRINGS = 10
"""A message ends once timers alone have moved it so often."""


@dataclass(frozen=True, slots=True)
class TimerTable:
    """What a machine's timers are, each in a column of its own."""

    events: Times
    """The column of each timer's event."""
    delays: Times
    """Milliseconds."""
    runs: Mask
    """States x timers."""
    restarts: Mask
    """States x events x timers."""


def timer_table(machine: Machine) -> TimerTable | None:
    """Return the timers of a machine; raises :class:`MachineError` for one that nothing stops."""
    timers = [timer for timer in machine.timers if timer.event in machine.alphabet]
    for timer in timers:
        if not timer.stops:
            raise MachineError(
                f"{machine.name}: nothing stops the timer {str(timer)!r}, so that several of it "
                "may run; simulate executes only timers that stop"
            )
    states = [state.name for state in machine.states]
    runs = [[state in timer.states for timer in timers] for state in states]
    restarts = [
        [[(state, event) in timer.restarts for timer in timers] for event in machine.events]
        for state in states
    ]
    delays = np.array([-(-timer.delay // 1000) for timer in timers], np.int64)
    events = np.array([machine.events.index(timer.event) for timer in timers], np.int64)
    return TimerTable(events, delays, np.array(runs), np.array(restarts)) if timers else None


class Clocks:
    """When the timers of messages are due."""

    def __init__(self, timers: TimerTable, table: Codes, initial: int, begin: Times) -> None:
        self.timers, self.table, self.initial = timers, table, timers.runs[initial]
        self.dues = np.where(self.initial, begin[:, None] + timers.delays, NEVER)
        self.in_a_row = np.zeros(len(begin), np.int64)
        self.is_first = True

    def fire(
        self,
        active: Codes,
        states: Codes,
        events: Codes,
        then: Times,
        goes_on: Mask,
    ) -> tuple[Codes, Times, Mask]:
        """Let timers fire that are due before the next event, or where none follows.

        Takes the states, the next events, when they happen, and which messages have one; returns
        the last three as they are then.
        """
        while True:
            dues = self.dues[active]
            timer = dues.argmin(axis=1)
            due = dues[np.arange(len(dues)), timer]
            fires = (due != NEVER) & ((due <= then) | ~goes_on)
            goes_on = goes_on & (~fires | (self.in_a_row[active] < MOST_FIRINGS))
            fires &= self.in_a_row[active] < MOST_FIRINGS
            self.dues[active[fires], timer[fires]] = NEVER
            fired = self.timers.events[timer]
            unheard = fires & (self.table[states, fired] < 0)
            if not unheard.any():
                break
            self.dues[active[fires & ~unheard], timer[fires & ~unheard]] = due[fires & ~unheard]
        self.in_a_row[active] = np.where(fires, self.in_a_row[active] + 1, 0)
        events, then = np.where(fires, fired, events), np.where(fires, due, then)
        if self.is_first:  # a message begins with its first event, whatever that is
            self.dues[active] = np.where(self.initial, then[:, None] + self.timers.delays, NEVER)
            self.is_first = False
        return events, then, goes_on | fires

    def change(self, active: Codes, before: Codes, events: Codes, now: Times) -> None:
        """Start and stop timers after events in some states."""
        runs = self.timers.runs[self.table[before, events]]
        starts = runs & (~self.timers.runs[before] | self.timers.restarts[before, events])
        dues = np.where(runs, self.dues[active], NEVER)
        self.dues[active] = np.where(starts, now[:, None] + self.timers.delays, dues)
