"""Refuse by name the declarations that python-statemachine accepts, but does not do as they say.

Each was reproduced with version 3.2. Every function raises :class:`MachineError`, which names
class, state and event.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial, partialmethod
from types import CellType, CodeType, FunctionType, MethodType
from typing import Any

from statemachine import StateChart
from statemachine.callbacks import CallbackGroup, CallbackSpec, SpecReference
from statemachine.event import Event
from statemachine.state import AnyState, HistoryState

from fsm.chart import ChartEdge, ChartNode
from fsm.compile.declaration import Declaration, DeclaredState, DeclaredTransition
from fsm.errors import MachineError
from fsm.guard import ALWAYS

__all__ = ["refuse_edges", "refuse_internal", "refuse_misleading", "refuse_sending_actions"]

_NAME = re.compile(r"[^\W\d]\w*")
_SENDERS = frozenset({"send", "raise_", "cancel_event"})


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
    """Refuse transitions that are never taken, and states that nothing leaves."""
    _refuse_shadowed(declared, edges)
    _refuse_dead_ends(declared, nodes, edges)


def _refuse_inheritance(declared: Declaration) -> None:
    for base in declared.chart_class.__bases__:
        if getattr(base, "states", None):
            raise MachineError(
                f"{declared.name}: extends the machine {base.__qualname__}; python-statemachine "
                "adds the transitions of both to one set of states; declare each machine whole"
            )
    subclasses = list(_subclasses(declared.chart_class))
    registered = {id(event) for event in declared.chart_class._events}
    for state in declared.states if subclasses else ():
        for event in (e for t in declared.exits(state) for e in t.events):
            if event._transitions is not None and id(event) not in registered:
                adding = [s for s in subclasses if any(e is event for e in s._events)]
                raise MachineError(
                    f"{declared.place(state, (str(event),))}: added by the subclass "
                    f"{(adding or subclasses)[0].__qualname__}; declare each machine whole"
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
    if declared.chart_class.start_configuration_values:
        raise MachineError(
            f"{declared.name}: start_configuration_values overrides the initial state; "
            "mark one state initial=True"
        )


def _refuse_odd_states(declared: Declaration) -> None:
    for state in declared.states:
        where = f"{declared.name}: state {state.id!r}"
        if isinstance(state, HistoryState):
            raise MachineError(
                f"{where} is a history state; what it remembers is not in the table, so name "
                "the states it can return to"
            )
        if state.parent is None and state.id in declared.events:
            raise MachineError(f"{declared.name}: {state.id!r} is both a state and an event")
        if not state.id or set(state.id) & set("+[], "):
            raise MachineError(f"{where} needs a plain name: it becomes part of a longer one")
        if hasattr(StateChart, state.id) or state.id == "model":
            raise MachineError(f"{where} hides an attribute of python-statemachine")
        if any(not spec.is_convention for spec in state.invoke):
            raise MachineError(f"{where} invokes other work")
        if state.is_compound and sum(bool(t.initial) for t in state.transitions) != 1:
            raise MachineError(
                f"{where} has several initial children, of which python-statemachine takes "
                "the first; mark one"
            )


def _refuse_events(declared: Declaration) -> None:
    for event in declared.chart_class._events:
        text, where = str(event.id), f"{declared.name}: event {str(event.id)!r}"
        if text.startswith(("error.", "error_")):
            raise MachineError(
                f"{where}: python-statemachine reads error_ as 'error.', and raises "
                "error.execution when a callback fails; choose another name"
            )
        if text == "error" and declared.chart_class.catch_errors_as_events:
            raise MachineError(
                f"{where} also happens by itself when a callback fails (error.execution); "
                "choose another name or set catch_errors_as_events = False"
            )
        if text == "done" and any(s.final and s.parent for s in declared.states):
            raise MachineError(
                f"{where} also happens by itself when a state is complete (done.state...); "
                "choose another name"
            )
        if not text.startswith("done.state.") and not _NAME.fullmatch(text):
            raise MachineError(f"{where} is not a plain name; dots and * match by prefix")
        if hasattr(StateChart, text) or text in {"model", "state", "history_values"}:
            raise MachineError(f"{where} hides an attribute of python-statemachine")
        if event.delay:
            raise MachineError(f"{where} is delayed; time is not in the table")
        _refuse_lost_sources(declared, event, where)


def _refuse_lost_sources(declared: Declaration, event: Event, where: str) -> None:
    for transition in event._transitions or ():
        if isinstance(transition.source, AnyState):
            raise MachineError(
                f"{where} uses from_.any(), which covers only the top-level states declared "
                "before it; list the states"
            )
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
    to_self = transition.targets[0] is state
    if state.is_atomic and any(ancestor.parallel for ancestor in state.ancestors()):
        raise MachineError(
            f"{where}: an internal transition to itself inside a parallel state enters the "
            "other regions again; leave out internal=True"
        )
    if not state.is_atomic and to_self:
        raise MachineError(
            f"{where}: an internal transition from a state with children to itself leaves and "
            "enters it all the same; leave out internal=True"
        )
    if not state.is_atomic and not declared.chart_class.enable_self_transition_entries:
        raise MachineError(
            f"{where}: an internal transition to a child leaves the old child and does not "
            "enter the new one; leave out internal=True or set "
            "enable_self_transition_entries = True"
        )


def _refuse_shadowed(declared: Declaration, edges: tuple[ChartEdge, ...]) -> None:
    open_to: set[tuple[int, str]] = set()
    for edge in edges:
        for event in edge.events or ("",):
            if (edge.source, event) in open_to:
                raise MachineError(
                    f"{declared.place(declared.states[edge.source], edge.events)}: an earlier one "
                    "without a guard always wins, so this transition is never taken"
                )
            if edge.guard is ALWAYS:
                open_to.add((edge.source, event))


def _refuse_dead_ends(
    declared: Declaration, nodes: tuple[ChartNode, ...], edges: tuple[ChartEdge, ...]
) -> None:
    leaving = {edge.source for edge in edges}
    for i, node in enumerate(nodes):
        if node.final and i in leaving:
            raise MachineError(
                f"{declared.name}: state {node.id!r} is final and has transitions of its own"
            )
        if node.final and node.children:
            raise MachineError(f"{declared.name}: state {node.id!r} is final and has children")
        if not node.is_atomic or node.final or not declared.chart_class.validate_trap_states:
            continue
        around: int | None = i
        while around is not None and around not in leaving:
            around = nodes[around].parent
        if around is None:
            raise MachineError(
                f"{declared.name}: nothing leaves the state {node.id!r}; give it a transition, "
                "mark it final=True, or set validate_trap_states = False"
            )


def _subclasses(cls: type[Any]) -> Iterator[type[Any]]:
    for subclass in cls.__subclasses__():
        yield subclass
        yield from _subclasses(subclass)


# Actions that send events --------------------------------------------------------------------


def refuse_sending_actions(declared: Declaration) -> None:
    """Refuse a class with an action that sends an event, by a call or by its name.

    Raises :class:`MachineError`.
    """
    sending = _SENDERS | set(declared.events)
    for owner, function in _actions(declared):
        for name in sorted(sending & _names_used(function.__code__)):
            raise MachineError(
                f"{declared.name}: {owner} uses {name!r}, so an event can cause another one; "
                "declare the whole move as one transition"
            )
    for owner, name in _actions_by_name(declared):
        if name in declared.events:
            raise MachineError(
                f"{declared.name}: {owner} has the event {name!r} as an action, so an event can "
                "cause another one; declare the whole move as one transition"
            )


def _actions(declared: Declaration) -> Iterator[tuple[str, FunctionType]]:
    chart_class = declared.chart_class
    for base in (*chart_class.__mro__, *map(_class_of, chart_class._class_listeners)):
        if base.__module__.startswith("statemachine."):
            continue
        for key, value in vars(base).items():
            yield from ((key, function) for function in _functions(value))
    for owner, spec in _callbacks(declared):
        for function in _functions(spec.func):
            yield f"{spec.attr_name} on {owner}", function


def _actions_by_name(declared: Declaration) -> Iterator[tuple[str, str]]:
    for owner, spec in _callbacks(declared):
        if spec.reference is SpecReference.NAME and spec.group is not CallbackGroup.COND:
            yield owner, spec.attr_name


def _callbacks(declared: Declaration) -> Iterator[tuple[str, CallbackSpec]]:
    yield from (("the class", spec) for spec in declared.chart_class._specs)
    for state in declared.states:
        for carrier in (state, *declared.exits(state)):
            yield from ((repr(state.id), spec) for spec in carrier._specs)


def _class_of(listener: object) -> type[Any]:
    return listener if isinstance(listener, type) else type(listener)


def _functions(value: object) -> Iterator[FunctionType]:
    """Yield the functions that run when a callable is called, as far as it shows them.

    These are what a method, a property or a partial holds, and what a decorator has put inside
    another function.
    """
    seen, queue = set[int](), [value]
    for item in queue:
        if id(item) in seen:
            continue
        seen.add(id(item))
        if isinstance(item, FunctionType):
            yield item
            queue += [_content(cell) for cell in item.__closure__ or ()]
        elif isinstance(item, property):
            queue.append(item.fget)
        elif isinstance(item, (classmethod, staticmethod, MethodType)):
            queue.append(item.__func__)
        elif isinstance(item, (partial, partialmethod)):
            queue.append(item.func)


def _content(cell: CellType) -> object:
    try:
        return cell.cell_contents
    except ValueError:  # it is empty until the function around it has assigned its name
        return None


def _names_used(code: CodeType) -> set[str]:
    names = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            names |= _names_used(constant)
    return names
