"""Where the timers of two machines differ: which ones run in a state, and which ones start anew."""

from __future__ import annotations

from collections.abc import Sequence

from fsm.machine import Machine, Timer, Transition

__all__ = [
    "running_timers",
    "starting_timers",
    "timers_at",
    "timers_of_step",
    "timers_of_the_start",
]


def _named(timer: Timer) -> str:
    event = repr(timer.event) if " " in timer.event else timer.event
    return f"{event} after {timer.after}"


def running_timers(machine: Machine, state: str) -> frozenset[str]:
    """Return the timers that run in a state until it is left."""
    timers = (timer for timer in machine.timers if timer.stops and state in timer.states)
    return frozenset(map(_named, timers))


def starting_timers(machine: Machine, step: Transition) -> frozenset[str]:
    """Return the timers that a step starts."""
    found = set()
    for timer in machine.timers:
        is_after = step.target in timer.states
        enters = is_after and step.source not in timer.states
        restarts = (step.source, step.event) in timer.restarts and (is_after or not timer.stops)
        if enters or restarts:
            until = "" if timer.stops else _UNSTOPPED
            found.add(f"{_named(timer)}{until}")
    return frozenset(found)


def timers_of_the_start(machine: Machine) -> frozenset[str]:
    """Return the timers that a new machine starts."""
    unstopped = (t for t in machine.timers if not t.stops and machine.initial in t.states)
    begun = {f"{_named(timer)}{_UNSTOPPED}" for timer in unstopped}
    return running_timers(machine, machine.initial) | begun


def timers_of_step(
    machine: Machine, step: Transition, other: Machine, its_step: Transition
) -> frozenset[str]:
    """Return the timers that a step starts, and those that run on, as the other machine's do not.

    A timer that only one of the machines starts, but that runs in both, is started anew in one and
    runs on in the other.
    """
    starts, its = starting_timers(machine, step), starting_timers(other, its_step)
    both = running_timers(machine, step.target) & running_timers(other, its_step.target)
    anew = {f"{text} started anew" for text in (starts - its) & both}
    runs_on = {f"{text} runs on" for text in (its - starts) & both}
    return frozenset((starts - (both - its)) | anew | runs_on)


def timers_at(
    machine: Machine, state: str, steps: Sequence[Transition | None]
) -> tuple[frozenset[str], frozenset[tuple[int, frozenset[str]]]]:
    """Return the timers that run in a state, and those that each step from it starts.

    States that differ in them are not alike.
    """
    if not machine.timers:
        return frozenset(), frozenset()
    started = ((x, starting_timers(machine, t)) for x, t in enumerate(steps) if t)
    return running_timers(machine, state), frozenset(s for s in started if s[1])


_UNSTOPPED = ", which nothing stops"
