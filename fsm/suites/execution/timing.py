"""A trace in which timers fire, as events to send and time to let pass."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from fsm.epoch import SECOND
from fsm.machine_parts import Timer
from fsm.mealy import Mealy
from fsm.text import first_names

__all__ = ["Advance", "sent_timers", "timed_events", "timed_steps"]


class Advance(NamedTuple):
    """Time that passes, until the timer of an event fires, or would if it ran."""

    event: str
    seconds: float


_Step: TypeAlias = str | Advance


def timed_steps(mealy: Mealy, word: Sequence[int], timers: Sequence[Timer]) -> list[_Step]:
    """Return what to do for each input of a word: send an event, or let time pass.

    The steps end early where a timer cannot fire as the word says, because another one fires
    first. Timers that nothing stops are sent as events.

    >>> import fsm
    >>> from datetime import timedelta
    >>> machine = fsm.load("with-feedback")
    >>> over = Timer.of("retry_failed", timedelta(hours=1), "awaiting", "retrying")
    >>> mealy = Mealy.of(machine)
    >>> timed_steps(mealy, mealy.word(["relayed", "soft_bounce", "retry_failed"]), [over])
    ['relayed', 'soft_bounce', Advance(event='retry_failed', seconds=3600.0)]
    """
    visited = [mealy.states[s] for s in mealy.walk(word)]
    return timed_events(visited, [mealy.inputs[x] for x in word], timers)


def timed_events(
    visited: Sequence[str], events: Sequence[str], timers: Sequence[Timer]
) -> list[_Step]:
    """Return what to do for each of the events that lead from state to state, as above.

    >>> from datetime import timedelta
    >>> over = Timer.of("expire", timedelta(seconds=5), "waiting")
    >>> timed_events(["new", "waiting", "over"], ["start", "expire"], [over])
    ['start', Advance(event='expire', seconds=5.0)]
    """
    clocks = _Clocks([timer for timer in timers if timer.stops])
    clocks.enter("", "", visited[0])
    steps: list[_Step] = []
    for source, event, target in zip(visited, events, visited[1:], strict=False):
        if clocks.has(event):
            microseconds = clocks.until(event, source, target)
            if microseconds is None:
                break
            clocks.now += microseconds
            step: _Step = Advance(event, microseconds / SECOND)
        else:
            step = event
        clocks.enter(source, event, target)
        if clocks.is_due:
            break
        steps.append(step)
    return steps


def sent_timers(timers: Sequence[Timer], why: str = "it cannot let time pass") -> str:
    """Return a note that the events of timers were sent; empty without timers that stop."""
    events = first_names(list(dict.fromkeys(timer.event for timer in timers if timer.stops)))
    return (
        f"the events of timers were sent by their names, because {why}: {events}" if events else ""
    )


class _Clocks:
    """When the timers of one run are due, in microseconds since its beginning."""

    def __init__(self, timers: Sequence[Timer]) -> None:
        self.timers = timers
        self.now = 0
        self.due: dict[Timer, int] = {}

    @property
    def is_due(self) -> bool:
        """Whether a timer fires at this very instant, before anything can be seen."""
        return any(due <= self.now for due in self.due.values())

    def has(self, event: str) -> bool:
        return any(timer.event == event for timer in self.timers)

    def until(self, event: str, source: str, target: str) -> int | None:
        """Return the time until a timer of an event fires; ``None`` where another one is first.

        Of a timer that does not run, it is the time that it would take.
        """
        first = min(self.due.values(), default=None)
        running = [timer for timer in self.due if timer.event == event]
        if running:
            fires = min(running, key=self.due.__getitem__)
            is_next = fires is next(t for t, due in self.due.items() if due == first)
            return self.due.pop(fires) - self.now if is_next else None
        delay = max(timer.delay for timer in self.timers if timer.event == event)
        is_free = first is None or first > self.now + delay
        return delay if is_free and source == target else None

    def enter(self, source: str, event: str, target: str) -> None:
        """Start and stop timers after a step."""
        for timer in self.timers:
            if target not in timer.states:
                self.due.pop(timer, None)
            elif source not in timer.states or (source, event) in timer.restarts:
                self.due[timer] = self.now + timer.delay
