"""The order in which machines expect events: it decides where files have events of one instant.

Ties within a file keep its order. Between files there is no order that anybody wrote down, so the
result must not depend on which file is named first: what a machine can do earlier comes earlier.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from fsm.arrays import Codes
from fsm.graph import PathSearch
from fsm.machine import Machine

__all__ = ["event_ranks"]


def event_ranks(machines: Iterable[Machine], events: tuple[str, ...], width: int) -> Codes:
    """Return the rank of each event, by its number in ``events``; all others come last.

    Events that are possible sooner after the start have lower ranks; of several such events those
    after which more is possible.

    >>> from fsm.catalog import load
    >>> events = ("hard_bounce", "delivered", "soft_bounce", "relayed", "retry_succeeded")
    >>> event_ranks([load("with-feedback")], events, 6).tolist()
    [3, 2, 1, 0, 4, 5]
    """
    first: dict[str, tuple[int, int]] = {}
    for machine in machines:
        for event, place in _places(machine):
            first[event] = min(place, first.get(event, place))
    known = sorted((first[event], number) for number, event in enumerate(events) if event in first)
    ranks = np.full(width, len(known), dtype=np.int64)
    ranks[[number for _, number in known]] = np.arange(len(known))
    return ranks


def _places(machine: Machine) -> Iterator[tuple[str, tuple[int, int]]]:
    """Yield each event, with how far it is from the start, and minus how much follows it."""
    following: dict[str, dict[str, str]] = {}
    for transition in machine.transitions:
        following.setdefault(transition.source, {})[transition.event] = transition.target
    search, steps = PathSearch[str, str](machine.initial), {machine.initial: 0}
    for state in search:
        for event, target in following.get(state, {}).items():
            steps.setdefault(target, steps[state] + 1)
            search.reach(target, state, event)
            yield event, (steps[state], -len(following.get(target, {})))
