"""Where the timers of two machines differ: which ones run in a state, and which ones start anew."""

from __future__ import annotations

from fsm.machine import Machine, Transition

__all__ = ["running_timers", "starting_timers"]


def running_timers(machine: Machine, state: str) -> frozenset[str]:
    """Return the timers that run in a state until it is left."""
    timers = (timer for timer in machine.timers if timer.stops and state in timer.states)
    return frozenset(f"{timer.event} after {timer.after}" for timer in timers)


def starting_timers(machine: Machine, step: Transition) -> frozenset[str]:
    """Return the timers that a step starts."""
    found = set()
    for timer in machine.timers:
        is_after = step.target in timer.states
        enters = is_after and step.source not in timer.states
        restarts = (step.source, step.event) in timer.restarts and (is_after or not timer.stops)
        if enters or restarts:
            until = "" if timer.stops else ", which nothing stops"
            found.add(f"{timer.event} after {timer.after}{until}")
    return frozenset(found)
