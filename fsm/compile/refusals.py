"""Refuse by name the declarations that python-statemachine accepts, but does not do as they say.

Each was reproduced with version 3.2. Every function raises :class:`MachineError`, which names
class, state and event.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from statemachine import StateChart
from statemachine.event import Event
from statemachine.state import AnyState

from fsm.chart import ChartEdge, ChartNode
from fsm.compile.declaration import Declaration, DeclaredState, DeclaredTransition
from fsm.epoch import exact_duration
from fsm.errors import MachineError
from fsm.suggest import did_you_mean, nearest

__all__ = ["assumptions", "misspelt", "refuse_edges", "refuse_internal", "refuse_misleading"]

_NAME = re.compile(r"[^\s.\[\]+,*]+(\.[^\s.\[\]+,*]+)*|\*")
"""The name of an event; ``*`` stands for every event that no other transition names."""
_READ = ("title", "indicators", "deadline", "companion", "unit", "colours", "timers")
"""The attributes of a class that are read beside its states and events."""
_LONGEST_DELAY = 1e14
"""Milliseconds."""


def refuse_misleading(declared: Declaration) -> None:
    """Refuse states and events that are not, or not only, what their declaration shows."""
    _refuse_inheritance(declared)
    _refuse_ambiguous_states(declared)
    _refuse_odd_states(declared)
    _refuse_events(declared)
    _refuse_foreign_events(declared)


def refuse_edges(
    declared: Declaration, nodes: tuple[ChartNode, ...], edges: tuple[ChartEdge, ...]
) -> None:
    """Refuse final states that go on."""
    leaving = {edge.source for edge in edges}
    for i, node in enumerate(nodes):
        if node.final and i in leaving:
            raise MachineError(
                f"{declared.name}: state {node.id!r} is final and has transitions of its own"
            )
        if node.final and node.children:
            raise MachineError(f"{declared.name}: state {node.id!r} is final and has children")


def _refuse_inheritance(declared: Declaration) -> None:
    """Refuse transitions that another class has added to the states that it shares.

    A subclass shares the states of its base, so what one of them adds, all of them do. Their events
    tell which class a transition is from.
    """
    chart_class = declared.chart_class
    registered = {
        id(event) for base in chart_class.__mro__ for event in getattr(base, "_events", ())
    }
    bases = [base for base in chart_class.__mro__[1:] if getattr(base, "states", None)]
    relatives = [c for base in (bases[-1:] or [chart_class]) for c in _subclasses(base)]
    relatives = [c for c in relatives if c not in chart_class.__mro__]
    for state in declared.states if relatives else ():
        for event in (e for t in declared.exits(state) for e in t.events):
            if event._transitions is not None and id(event) not in registered:
                adding = [s for s in relatives if any(e is event for e in s._events)]
                kind = "subclass" if issubclass((adding or relatives)[0], chart_class) else "class"
                raise MachineError(
                    f"{declared.place(state, (str(event),))}: added by the {kind} "
                    f"{(adding or relatives)[0].__qualname__}; declare each machine whole"
                )


def _refuse_ambiguous_states(declared: Declaration) -> None:
    ids: set[str] = set()
    values: dict[object, str] = {}
    for state in declared.states:
        if state.id in ids:
            raise MachineError(
                f"{declared.name}: two states have the id {state.id!r}; ids must be unique in the "
                "whole machine, also in sibling compounds"
            )
        if state.value in values:
            raise MachineError(
                f"{declared.name}: states {values[state.value]!r} and {state.id!r} have the same "
                f"value {state.value!r}"
            )
        ids.add(state.id)
        values[state.value] = state.id


def _refuse_odd_states(declared: Declaration) -> None:
    for state in declared.states:
        where = f"{declared.name}: state {state.id!r}"
        if state.parent is None and state.id in declared.events:
            raise MachineError(f"{declared.name}: {state.id!r} is both a state and an event")
        if not state.id or set(state.id) & set("+[], "):
            raise MachineError(f"{where} needs a plain name: it becomes part of a longer one")
        if hasattr(StateChart, state.id) or state.id == "model":
            raise MachineError(f"{where} hides an attribute of python-statemachine")
        if any(not spec.is_convention for spec in state.invoke):
            raise MachineError(
                f"{where} invokes other work; write it as on_invoke_{state.id}, whose end is an "
                "input, or leave it out"
            )
        if state.is_compound and sum(bool(t.initial) for t in state.transitions) != 1:
            raise MachineError(
                f"{where} has several initial children, of which python-statemachine takes "
                "the first; mark one"
            )


def _refuse_events(declared: Declaration) -> None:
    for event in declared.chart_class._events:
        text, where = str(event.id), f"{declared.name}: event {str(event.id)!r}"
        if not _NAME.fullmatch(text.removesuffix(".*").rstrip(".")):
            raise MachineError(f"{where} is not a plain name")
        if hasattr(StateChart, text) or text in {"model", "state", "history_values"}:
            raise MachineError(f"{where} hides an attribute of python-statemachine")
        _refuse_lost_sources(declared, event, where)


def _refuse_lost_sources(declared: Declaration, event: Event, where: str) -> None:
    for transition in event._transitions or ():
        if isinstance(transition.source, AnyState):
            continue  # each state has a copy of its own
        if transition.source not in declared:
            raise MachineError(
                f"{where} leaves the state {transition.source.id or transition.source.name!r}, "
                "which is not in the class; a state and an event may not share one attribute "
                "name"
            )


def _refuse_foreign_events(declared: Declaration) -> None:
    known = set(declared.events)
    for state in declared.states:
        for transition in declared.exits(state):
            strange = tuple(str(e) for e in transition.events if str(e) not in known)
            if strange and strange[0].startswith("__event__"):
                raise MachineError(
                    f"{declared.name}: state {state.id!r} has a transition on an Event() without "
                    "an id, which is never heard below the top level; write Event(id=...)"
                )
            if strange:
                raise MachineError(
                    f"{declared.place(state, strange)}: added from outside the class; declare each "
                    "machine whole"
                )


def refuse_internal(
    declared: Declaration, transition: DeclaredTransition, state: DeclaredState, where: str
) -> None:
    """Refuse an internal transition that enters or leaves more than it says."""
    if not transition.internal or not transition.targets:
        return
    if not state.is_atomic and not declared.chart_class.enable_self_transition_entries:
        raise MachineError(
            f"{where}: an internal transition to a child leaves the old child and does not "
            "enter the new one; leave out internal=True or set "
            "enable_self_transition_entries = True"
        )


def assumptions(declared: Declaration) -> Iterator[str]:
    """Yield what a table does not say of its class, for those who read it."""
    for event in declared.chart_class._events:
        for transition in event._transitions or ():
            if isinstance(transition.source, AnyState):
                yield from _left_out(declared, event)
                break
        delay: object = event.delay
        if isinstance(delay, int | float) and 0 < delay < _LONGEST_DELAY:
            after = exact_duration(round(delay * 1000))
            yield f"{event.id} happens when it is recorded, which is {after} after it was sent"
    for name in declared.alphabet:
        if name == "*":
            yield "* stands for every event that no other transition names"
        elif "." in name or name in ("error", "done"):
            yield f"events whose names begin with {name}. do what {name} does"
        if name in ("error_execution", "error.execution", "error"):
            yield f"a callback that fails causes {name}, which is an input of its own here"
    yield from _invocations(declared)
    yield from misspelt(declared)


def misspelt(declared: Declaration) -> Iterator[str]:
    """Yield the attributes that are not read, with names like one that is."""
    for cls in declared.chart_class.__mro__:
        if cls.__module__.partition(".")[0] == "statemachine":
            break
        for name, value in vars(cls).items():
            is_data = isinstance(value, str | Mapping | list | tuple)
            is_read = name in _READ or name.startswith("_")
            if is_data and not is_read and (meant := nearest(name, _READ, 1)):
                yield f"{name} is not read; {did_you_mean(meant)}"


def _invocations(declared: Declaration) -> Iterator[str]:
    """Yield the callbacks that start work beside the machine."""
    owners = (declared.chart_class, *declared.chart_class._class_listeners)
    for state in declared.states:
        if any(hasattr(owner, f"on_invoke_{state.id}") for owner in owners):
            yield (
                f"on_invoke_{state.id} works beside the machine: its end, and the events that it "
                "sends, are inputs of their own here"
            )


def _left_out(declared: Declaration, event: Event) -> Iterator[str]:
    """Yield the states that ``from_.any()`` leaves out: it covers those declared before it."""
    name = str(event.id)
    states = [s for s in declared.states if s.parent is None and not s.final]
    without = [
        s.id for s in states if not any(name in map(str, t.events) for t in declared.exits(s))
    ]
    if without:
        yield f"{name} from any state leaves out {', '.join(without)}, declared after it"


def _subclasses(cls: type[Any]) -> Iterator[type[Any]]:
    for subclass in cls.__subclasses__():
        yield subclass
        yield from _subclasses(subclass)
