"""Which events of a machine fit where a name stands in a log, by the names that are known."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from fsm.machine import Machine

__all__ = ["fitting_events"]

_MESSAGES = 2_000
_LENGTH = 50
"""Events of one message that are looked at."""
_FITTING = 0.9
"""Least share of the places of a name in which an event must be possible."""

_Steps = Mapping[str, Mapping[str, frozenset[str]]]
"""By state and event, the states that may follow."""


def fitting_events(
    machine: Machine, messages: Sequence[Sequence[str]], known: Mapping[str, str]
) -> dict[str, list[str]]:
    """Return for each name that is not known the events that are possible where it stands.

    ``messages`` are the names of the events of each message, in order; ``known`` says which event
    of the machine a name is. A name that is not known may be any event, or none.
    """
    steps = _steps(machine)
    places: Counter[str] = Counter()
    possible: dict[str, Counter[str]] = defaultdict(Counter)
    for names in messages[:_MESSAGES]:
        for name, events in _possible(machine, steps, names[:_LENGTH], known):
            places[name] += 1
            possible[name].update(events)
    return {
        name: [e for e in machine.events if possible[name][e] >= _FITTING * count]
        for name, count in places.items()
    }


def _steps(machine: Machine) -> _Steps:
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for transition in machine.transitions:
        found[transition.source][transition.trigger].add(transition.target)
    return {
        state: {event: frozenset(targets) for event, targets in events.items()}
        for state, events in found.items()
    }


def _possible(
    machine: Machine, steps: _Steps, names: Sequence[str], known: Mapping[str, str]
) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield each name that is not known, with the events that are possible there."""
    states = frozenset({machine.initial})
    for name in names:
        event = known.get(name)
        if event is None:
            enabled = frozenset(event for state in states for event in steps.get(state, ()))
            yield name, enabled
            after = {
                target
                for state in states
                for targets in steps.get(state, {}).values()
                for target in targets
            }
            states |= after
        else:
            reached = {t for state in states for t in steps.get(state, {}).get(event, ())}
            states = frozenset(reached) or states  # a rejected event changes nothing
