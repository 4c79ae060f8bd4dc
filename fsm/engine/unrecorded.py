"""What a log can know at all: a mail server's log holds no opens, so "0 opens" would be a guess.

The table of every reader lists which events its format records
(:attr:`fsm.logs.mapping.event_mapping.Format.events`). What no such event can lead to is *not
recorded*: a state that cannot be reached by them, a status of such states alone, an indicator of
such statuses alone. Several logs together record what any of them does. A canonical log may hold
any event, so everything counts as recorded in it, and 0 is 0. Where a log could hold a machine's
events and has none of them, such as neither opens nor clicks, the result names their indicators
(:attr:`fsm.engine.Replay.without_events`): perhaps they were not tracked.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Set
from dataclasses import dataclass

from fsm.graph import breadth_first
from fsm.machine import Machine

__all__ = ["NOT_RECORDED", "RECORDED", "Unrecorded", "unrecorded_figures"]

NOT_RECORDED = "not recorded"


@dataclass(frozen=True)
class Unrecorded:
    """The figures of a machine that a log cannot know; ``events`` are those that it can hold."""

    indicators: frozenset[str] = frozenset()
    statuses: frozenset[str] = frozenset()
    states: frozenset[str] = frozenset()
    sent_unknown: bool = False
    """Whether the log cannot know how many messages were sent: it records no status."""
    events: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.indicators or self.states)

    @property
    def reason(self) -> str:
        """Why, in words."""
        held = ", ".join(sorted(self.events)) or "no event of these machines"
        return f"the log's format records {held}"

    def with_companion(self, companion: Unrecorded) -> Unrecorded:
        """Return the same with the indicators of a companion."""
        shown = self.indicators | companion.indicators
        return Unrecorded(
            shown, self.statuses, self.states, self.sent_unknown, self.events | companion.events
        )

    def as_dict(self) -> dict[str, object]:
        """Return a value for JSON."""
        return {
            "indicators": sorted(self.indicators),
            "statuses": sorted(self.statuses),
            "states": sorted(self.states),
            "sent": self.sent_unknown,
            "reason": self.reason,
        }


RECORDED = Unrecorded()
"""Stands for a log that can hold everything."""


def unrecorded_figures(
    machine: Machine,
    events: Set[str],
    states: Mapping[str, int],
    *,
    deadlines: bool,
) -> Unrecorded:
    """Return what a log that holds only these events cannot know.

    ``states`` are the messages in each state: a state that was seen is recorded, wherever it came
    from. Timers lead on, and with ``deadlines`` the end of a validity period does as well.
    """
    held = {*events, *(timer.event for timer in machine.timers)}
    if deadlines and machine.deadline and machine.deadline.start in events:
        held.add(machine.deadline.event)
    recorded_states = {*_reached(machine, held), *(name for name, n in states.items() if n)}
    recorded_statuses = {machine.status(name) for name in recorded_states}
    statuses = frozenset(machine.statuses) - recorded_statuses
    return Unrecorded(
        frozenset(i.name for i in machine.indicators if i.statuses <= statuses),
        statuses,
        frozenset(state.name for state in machine.states if state.name not in recorded_states),
        bool(machine.statuses) and not recorded_statuses - {None},
        frozenset(events) & machine.alphabet,
    )


def _reached(machine: Machine, events: Set[str]) -> Collection[str]:
    """Return the states to which these events lead, the initial one among them."""
    arcs = [t for t in machine.transitions if t.event in events]
    return breadth_first(
        [machine.initial], lambda state: (t.target for t in arcs if t.source == state)
    )
