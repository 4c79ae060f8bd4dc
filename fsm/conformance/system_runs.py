"""An implementation that is reset and sent traces, within a bound; what it raises is an answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from fsm.conformance.answers import Seen
from fsm.implementations.connection import Connection
from fsm.implementations.observation import (
    Observed,
    advance_and_observe,
    reset_and_observe,
    send_and_observe,
)
from fsm.machine import Machine
from fsm.machine_parts import Timer
from fsm.mealy import NOTHING, REJECTED
from fsm.suites.execution.timing import Advance, sent_timers, timed_events
from fsm.text import first_names

__all__ = ["OverError", "ResetError", "SystemRuns", "are_alike"]


class OverError(Exception):
    """As many events were sent as allowed."""


class ResetError(Exception):
    """The implementation cannot be reset; says why."""


@dataclass
class SystemRuns:
    """Runs of an implementation, counted."""

    connection: Connection
    shows: bool
    """Whether it shows more than its answers."""
    left: int
    """How many events may still be sent."""
    machine: Machine
    """The machine whose timers fire."""
    sent: int = 0
    """How many events were sent."""
    gives_outputs: bool = False
    """Whether some answer was an output of the machine, so that silence is one as well."""

    @cached_property
    def outputs(self) -> frozenset[str]:
        """What the machine answers where it does not stay silent."""
        return frozenset(self.machine.statuses) - {NOTHING}

    @cached_property
    def timers(self) -> tuple[Timer, ...]:
        """The timers that are run by letting time pass; the events of others are sent."""
        can_wait = self.shows and self.connection.can_advance
        return tuple(t for t in self.machine.timers if t.stops) if can_wait else ()

    @property
    def timer_note(self) -> str:
        """How the events of timers are run; empty without timers that stop."""
        if not self.timers and self.connection.can_advance:
            return sent_timers(self.machine.timers, "it shows only answers")
        if not self.timers:
            return sent_timers(self.machine.timers)
        events = first_names(list(dict.fromkeys(timer.event for timer in self.timers)))
        return f"the events of timers were not sent, time passed until they fire: {events}"

    def steps(self, trace: Sequence[str]) -> Sequence[str | Advance]:
        """Return what to do for each event of a trace: send it, or let time pass.

        They end early where another timer fires before the next event.
        """
        if not self.timers:
            return trace
        state = self.machine.initial
        visited = [state]
        for event in trace:
            step = self.machine.step(state, event)
            state = step.target if step else state
            visited.append(state)
        return timed_events(visited, trace, self.timers)

    def can_run(self, trace: Sequence[str]) -> bool:
        """Whether no other timer fires before the end of a trace."""
        return len(self.steps(trace)) == len(trace)

    def run(self, trace: Sequence[str]) -> list[Seen]:
        """Reset, send a trace, and return what was seen after the reset and after each event.

        The trace is one that can be run.

        After a call that broke the implementation, the same is seen of all that follow. Raises
        :class:`OverError` and :class:`ResetError`.
        """
        if self.left < len(trace):
            raise OverError
        self.left -= len(trace) or 1
        self.sent += len(trace)
        first = reset_and_observe(self.connection, shows=self.shows)
        if first.failure:
            raise ResetError(first.failure)
        seen = [Seen(first.shown if self.shows else NOTHING, False, "")]
        for step in self.steps(trace):
            if self.connection.is_broken:
                seen.append(seen[-1])
                continue
            if isinstance(step, Advance):
                passed = advance_and_observe(self.connection, step.seconds, shows=self.shows)
                seen.append(Seen(passed.shown or NOTHING, False, passed.failure, is_time=True))
                continue
            now = send_and_observe(self.connection, step, shows=self.shows)
            is_rejected = now.answer == REJECTED
            shown = now.shown
            if not self.shows:
                shown = seen[-1].shown if is_rejected or now.failure else now.answer or NOTHING
                self.gives_outputs |= shown in self.outputs
            seen.append(Seen(shown or NOTHING, is_rejected, now.failure or self._wrong_answer(now)))
        return seen

    def _wrong_answer(self, now: Observed) -> str:
        """Return what is wrong with an answer that is neither rejected nor what is shown."""
        if not self.shows or now.answer in (None, REJECTED, now.shown):
            return ""
        return f"answers {now.answer!r}, shows {now.shown}"

    @property
    def silence(self) -> tuple[str, ...]:
        """What may be seen instead of an output: nothing, of an implementation that gives none."""
        return () if self.shows or self.gives_outputs else (NOTHING,)


def are_alike(a: Seen, b: Seen) -> bool:
    """Whether two answers are the same, but for the words of an exception."""
    kinds = [seen.failure.partition(":")[0] for seen in (a, b)]
    return a[:2] == b[:2] and kinds[0] == kinds[1]
