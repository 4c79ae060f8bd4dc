"""A machine as a Petri net with the same language, for tools of process mining."""

from itertools import chain
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from fsm.machine import Machine

__all__ = ["petri_net"]


def petri_net(machine: Machine) -> dict[str, Any]:
    """Return a net, as r4pm reads it in JSON, with a place for each state.

    A trace may end in every state but the first: from each of the others a silent transition leads
    to the place of the one final marking. PM4Py takes only one, and of several r4pm 0.6 heeds only
    the first.
    """
    end = _key("end")
    places = {state.name: _key(f"state {state.name}") for state in machine.states}
    steps = [(places[row.source], row.event, places[row.target]) for row in machine.transitions]
    ends = [(place, None, end) for name, place in places.items() if name != machine.initial]
    transitions, arcs = {}, []
    for number, (source, label, target) in enumerate(chain(steps, ends)):
        key = _key(f"transition {number}")
        transitions[key] = {"id": key, "label": label}
        for kind, nodes in (
            ("PlaceTransition", [source, key]),
            ("TransitionPlace", [key, target]),
        ):
            arcs.append({"from_to": {"type": kind, "nodes": nodes}, "weight": 1})
    return {
        "places": {place: {"id": place} for place in (*places.values(), end)},
        "transitions": transitions,
        "arcs": arcs,
        "initial_marking": {places[machine.initial]: 1},
        "final_markings": [{end: 1}],
    }


def _key(name: str) -> str:
    return str(uuid5(NAMESPACE_OID, name))
