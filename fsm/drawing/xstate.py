"""A machine as the configuration of an XState v5 machine (https://stately.ai/docs/xstate)."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from fsm.drawing.xstate_chart import chart_config
from fsm.machine import Machine, State, Transition
from fsm.machine_parts import refinements
from fsm.text import first_names, json_text, plain_ids, quantity

__all__ = ["LEFT_OUT", "left_out", "to_xstate"]

LEFT_OUT = "xstate leaves out"
"""How the message begins that says what is not in the configuration."""

# Names that every JavaScript object has.
_TAKEN = ("constructor", "prototype", "hasOwnProperty", "isPrototypeOf", "toString", "valueOf")
_INHERITED = (*_TAKEN, "__proto__")


def to_xstate(machine: Machine, *, group: bool = True) -> str:
    """Return the configuration in JSON, for ``setup({guards}).createMachine(config)``.

    A machine that was declared with states inside of others, regions, history or timers is written
    as it was declared, where XState does the same. Else each state of the machine is one of the
    configuration: statuses are tags, and compound states if their states are declared together. An
    event that depends on guards has the guard ``is``, whose parameters are the required truth
    values; the present values are in the context::

        setup({guards: {is: ({context}, wanted) =>
            Object.entries(wanted).every(([name, truth]) => context[name] === truth)}})

    Names that have a meaning in XState are in ``meta`` and ``description``. Timers are left out of
    a flat configuration: see :func:`left_out`.
    """
    config = (chart_config(machine) if group else None) or _Config(machine).config(group)
    return f"{json_text(config, indent=2)}\n"


def left_out(machine: Machine) -> str:
    """Return a message that names the timers, which a flat configuration lacks; empty for none."""
    if not machine.timers or chart_config(machine):
        return ""
    names = first_names([str(timer) for timer in machine.timers])
    return f"{LEFT_OUT} {quantity(len(machine.timers), 'timer')}: {names}; scxml and json keep them"


class _Config:
    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.states = plain_ids((s.name for s in machine.states), reserved=_TAKEN)
        taken = (*_TAKEN, *self.states.values())
        self.statuses = plain_ids((f"status {s}" for s in machine.statuses), reserved=taken)
        self.taken = (*taken, *self.statuses.values())
        refined = refinements(machine.guards, machine.events)
        self.inputs = {event: refined.get(event, (event, {})) for event in machine.events}
        events = (event for event, _ in self.inputs.values())
        self.events = plain_ids(events, reserved=_TAKEN)
        guards = dict.fromkeys(name for _, held in self.inputs.values() for name in held)
        self.guards = {name: f"{name}_" if name in _INHERITED else name for name in guards}
        self.leaving: dict[str, list[Transition]] = {}
        for transition in machine.transitions:
            self.leaving.setdefault(transition.source, []).append(transition)

    def config(self, group: bool) -> dict[str, Any]:
        machine = self.machine
        runs = [(s, list(run)) for s, run in groupby(machine.states, lambda s: s.status)]
        compounds = [status for status, _ in runs if status is not None]
        nested = group and len(set(compounds)) == len(compounds) < len(machine.states)
        states: dict[str, Any] = {}
        first = self.states[machine.initial]
        start = first
        for status, run in runs:
            inner = {self.states[state.name]: self._state(state) for state in run}
            if nested and status is not None:
                compound = self.statuses[f"status {status}"]
                initial = first if first in inner else next(iter(inner))
                start = compound if first in inner else start
                states[compound] = {"initial": initial, "states": inner}
            else:
                states |= inner
        return {
            "id": plain_ids([machine.name], reserved=self.taken)[machine.name],
            "description": machine.title,
            "context": dict.fromkeys(self.guards.values(), False),
            "initial": start,
            "states": states,
        }

    def _state(self, state: State) -> dict[str, Any]:
        leaving = self.leaving.get(state.name, [])
        id_ = self.states[state.name]
        facts: dict[str, Any] = {"id": id_}
        if state.final and not leaving:
            facts["type"] = "final"
        facts["description"] = state.title
        if state.status is not None:
            facts["tags"] = [state.status]
        facts["meta"] = {"name": state.name, "status": state.status, "final": state.final}
        events: dict[str, list[dict[str, Any]]] = {}
        for transition in leaving:
            event, held = self.inputs[transition.event]
            events.setdefault(self.events[event], []).append(self._transition(transition, held))
        if events:
            facts["on"] = events
        return facts

    def _transition(self, transition: Transition, held: dict[str, bool]) -> dict[str, Any]:
        facts: dict[str, Any] = {"target": f"#{self.states[transition.target]}"}
        if held:
            params = {self.guards[name]: truth for name, truth in held.items()}
            facts["guard"] = {"type": "is", "params": params}
        origin = transition.origin
        if origin:
            facts["description"] = f"{origin.label}: {origin.reason}"
        if transition.event not in self.events.values():
            facts["meta"] = {"symbol": transition.event}
        return facts
