"""Read a python-statemachine class into a :class:`Chart`; refuse by name what would mislead.

python-statemachine accepts declarations that silently do something other than they say. Each
refusal below was reproduced with version 3.2; its message names class, state and event.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import partial, partialmethod
from types import CellType, CodeType, FunctionType, MethodType
from typing import Any

from statemachine import StateChart
from statemachine.callbacks import CallbackGroup, CallbackSpec, SpecReference
from statemachine.event import Event
from statemachine.graph import iterate_states
from statemachine.state import AnyState, HistoryState
from statemachine.state import State as DeclaredState
from statemachine.transition import Transition as DeclaredTransition

from fsm.compile.chart import Chart, ChartEdge, ChartNode
from fsm.compile.condition import Conditions
from fsm.compile.guard import ALWAYS
from fsm.errors import MachineError
from fsm.machine import Deadline, Indicator

__all__ = ["read_chart"]

_NAME = re.compile(r"[^\W\d]\w*")
_SENDERS = frozenset({"send", "raise_", "cancel_event"})


def read_chart(chart_class: type) -> Chart:
    """Read a class; raises :class:`MachineError` for what cannot be compiled exactly."""
    name = getattr(chart_class, "__qualname__", repr(chart_class))
    if not (isinstance(chart_class, type) and issubclass(chart_class, StateChart)):
        raise MachineError(f"{name}: not a StateChart or StateMachine class")
    if not chart_class.states:
        raise MachineError(f"{name}: declares no states")
    return _Reader(chart_class).chart()


class _Reader:
    def __init__(self, chart_class: type[StateChart[Any]]) -> None:
        self.cls = chart_class
        self.name = chart_class.__qualname__
        self.declared = list(iterate_states(chart_class.states))
        self.index = {id(state): i for i, state in enumerate(self.declared)}
        self.events = [str(event.id) for event in chart_class._events]
        self.conditions = Conditions(chart_class, self.events)

    def chart(self) -> Chart:
        self._refuse_inheritance()
        self._refuse_ambiguous_states()
        self._refuse_odd_states()
        self._refuse_events()
        self._refuse_unheard()
        nodes = tuple(self._node(state) for state in self.declared)
        edges = tuple(self._edge(state, t) for state in self.declared for t in self._exits(state))
        self._refuse_shadowed(edges)
        self._refuse_dead_ends(nodes, edges)
        self._refuse_sending_actions()
        cls = self.cls
        return Chart(
            class_name=self.name,
            title=str(getattr(cls, "title", "") or self.name),
            nodes=nodes,
            edges=edges,
            initial=self.index[id(cls.initial_state)],
            events=tuple(e for e in self.events if not self._is_done(e)),
            indicators=self._indicators(),
            deadline=self._fact("deadline", Deadline),
            companion=self._fact("companion", str),
            atomic_update=bool(cls.atomic_configuration_update),
        )

    def _is_done(self, event: str) -> bool:
        """Whether the library raises the event, or it is the alias of one that it raises."""
        alias = event.replace("done_state_", "done.state.", 1)
        return alias.startswith("done.state.") and alias in self.events

    # Values --------------------------------------------------------------------------------

    def _node(self, state: DeclaredState) -> ChartNode:
        children = tuple(self.index[id(child)] for child in state.states)
        entry = tuple(
            self.index[id(target)] for t in state.transitions if t.initial for target in t.targets
        )
        return ChartNode(
            id=state.id,
            title=str(state.name),
            parent=self.index[id(state.parent)] if state.parent else None,
            children=children,
            entry=children if state.parallel else entry,
            parallel=bool(state.parallel),
            final=bool(state.final),
        )

    def _exits(self, state: DeclaredState) -> Iterator[DeclaredTransition]:
        return (t for t in state.transitions if not t.initial)

    def _edge(self, state: DeclaredState, transition: DeclaredTransition) -> ChartEdge:
        events = tuple(str(event) for event in transition.events)
        where = self._at(state, events)
        for target in transition.targets:
            if id(target) not in self.index:
                raise MachineError(
                    f"{where}: leads to a state that is not in the class; a state and an event "
                    "may not share one attribute name"
                )
        if list(transition.validators):
            raise MachineError(f"{where}: has a validator; write it as a guard (cond=)")
        self._refuse_odd_internal(transition, state, where)
        guard = self.conditions.guard(transition, where)
        if not events and guard.names:
            raise MachineError(
                f"{where}: an eventless transition may only depend on In('state'), not on "
                f"{', '.join(sorted(guard.names))}: it would move without an event"
            )
        targets = tuple(self.index[id(target)] for target in transition.targets)
        return ChartEdge(self.index[id(state)], targets, events, bool(transition.internal), guard)

    def _indicators(self) -> tuple[Indicator, ...]:
        declared = getattr(self.cls, "indicators", {})
        if not isinstance(declared, Mapping):
            raise MachineError(f"{self.name}: indicators must map a name to statuses")
        return tuple(
            Indicator(str(name), frozenset([statuses] if isinstance(statuses, str) else statuses))
            for name, statuses in declared.items()
        )

    def _fact(self, attribute: str, kind: type[Any]) -> Any:
        value = getattr(self.cls, attribute, None)
        if value is not None and not isinstance(value, kind):
            raise MachineError(f"{self.name}: {attribute} must be a {kind.__name__}")
        return value

    def _at(self, state: DeclaredState, events: tuple[str, ...]) -> str:
        event = f"event {' '.join(events)!r}" if events else "no event"
        return f"{self.name}: state {state.id!r}, {event}"

    # Refusals ------------------------------------------------------------------------------

    def _refuse_inheritance(self) -> None:
        for base in self.cls.__bases__:
            if getattr(base, "states", None):
                raise MachineError(
                    f"{self.name}: extends the machine {base.__qualname__}; python-statemachine "
                    "adds the transitions of both to one set of states; declare each machine whole"
                )
        subclasses = list(_subclasses(self.cls))
        registered = {id(event) for event in self.cls._events}
        for state in self.declared if subclasses else ():
            for event in (e for t in self._exits(state) for e in t.events):
                if event._transitions is not None and id(event) not in registered:
                    adding = [s for s in subclasses if any(e is event for e in s._events)]
                    raise MachineError(
                        f"{self._at(state, (str(event),))}: added by the subclass "
                        f"{(adding or subclasses)[0].__qualname__}; declare each machine whole"
                    )

    def _refuse_ambiguous_states(self) -> None:
        ids: set[str] = set()
        values: dict[object, str] = {}
        for state in self.declared:
            if state.id in ids:
                raise MachineError(
                    f"{self.name}: two states have the id {state.id!r}; ids must be unique in the "
                    "whole machine, also in sibling compounds"
                )
            if state.value in values:
                raise MachineError(
                    f"{self.name}: states {values[state.value]!r} and {state.id!r} have the same "
                    f"value {state.value!r}"
                )
            ids.add(state.id)
            values[state.value] = state.id
        if self.cls.start_configuration_values:
            raise MachineError(
                f"{self.name}: start_configuration_values overrides the initial state; "
                "mark one state initial=True"
            )

    def _refuse_odd_states(self) -> None:
        for state in self.declared:
            where = f"{self.name}: state {state.id!r}"
            if isinstance(state, HistoryState):
                raise MachineError(
                    f"{where} is a history state; what it remembers is not in the table, so name "
                    "the states it can return to"
                )
            if state.parent is None and state.id in self.events:
                raise MachineError(f"{self.name}: {state.id!r} is both a state and an event")
            if not state.id or set(state.id) & set("+[], "):
                raise MachineError(f"{where} needs a plain name: it becomes part of a longer one")
            if hasattr(StateChart, state.id) or state.id == "model":
                raise MachineError(f"{where} hides an attribute of python-statemachine")
            if list(self._declared_callbacks(state.invoke)):
                raise MachineError(f"{where} invokes other work")
            if state.is_compound and sum(bool(t.initial) for t in state.transitions) != 1:
                raise MachineError(
                    f"{where} has several initial children, of which python-statemachine takes "
                    "the first; mark one"
                )

    def _refuse_events(self) -> None:
        for event in self.cls._events:
            text, where = str(event.id), f"{self.name}: event {str(event.id)!r}"
            if text.startswith(("error.", "error_")):
                raise MachineError(
                    f"{where}: python-statemachine reads error_ as 'error.', and raises "
                    "error.execution when a callback fails; choose another name"
                )
            if text == "error" and self.cls.catch_errors_as_events:
                raise MachineError(
                    f"{where} also happens by itself when a callback fails (error.execution); "
                    "choose another name or set catch_errors_as_events = False"
                )
            if text == "done" and any(s.final and s.parent for s in self.declared):
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
            self._refuse_lost_sources(event, where)

    def _refuse_lost_sources(self, event: Event, where: str) -> None:
        for transition in event._transitions or ():
            if isinstance(transition.source, AnyState):
                raise MachineError(
                    f"{where} uses from_.any(), which covers only the top-level states declared "
                    "before it; list the states"
                )
            if id(transition.source) not in self.index:
                raise MachineError(
                    f"{where} leaves the state {transition.source.id or transition.source.name!r}, "
                    "which is not in the class; a state and an event may not share one attribute "
                    "name"
                )

    def _refuse_unheard(self) -> None:
        known = set(self.events)
        for state in self.declared:
            for transition in self._exits(state):
                strange = tuple(str(e) for e in transition.events if str(e) not in known)
                if strange and strange[0].startswith("__event__"):
                    raise MachineError(
                        f"{self.name}: state {state.id!r} has a transition on an Event() without "
                        "an id, which is never heard below the top level; write Event(id=...)"
                    )
                if strange:
                    raise MachineError(
                        f"{self._at(state, strange)}: added from outside the class; declare each "
                        "machine whole"
                    )

    def _refuse_odd_internal(
        self, transition: DeclaredTransition, state: DeclaredState, where: str
    ) -> None:
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
        if not state.is_atomic and not self.cls.enable_self_transition_entries:
            raise MachineError(
                f"{where}: an internal transition to a child leaves the old child and does not "
                "enter the new one; leave out internal=True or set "
                "enable_self_transition_entries = True"
            )

    def _refuse_shadowed(self, edges: tuple[ChartEdge, ...]) -> None:
        open_to: set[tuple[int, str]] = set()
        for edge in edges:
            for event in edge.events or ("",):
                if (edge.source, event) in open_to:
                    raise MachineError(
                        f"{self._at(self.declared[edge.source], edge.events)}: an earlier one "
                        "without a guard always wins, so this transition is never taken"
                    )
                if edge.guard is ALWAYS:
                    open_to.add((edge.source, event))

    def _refuse_dead_ends(self, nodes: tuple[ChartNode, ...], edges: tuple[ChartEdge, ...]) -> None:
        leaving = {edge.source for edge in edges}
        for i, node in enumerate(nodes):
            if node.final and i in leaving:
                raise MachineError(
                    f"{self.name}: state {node.id!r} is final and has transitions of its own"
                )
            if node.final and node.children:
                raise MachineError(f"{self.name}: state {node.id!r} is final and has children")
            if not node.is_atomic or node.final or not self.cls.validate_trap_states:
                continue
            here: int | None = i
            while here is not None and here not in leaving:
                here = nodes[here].parent
            if here is None:
                raise MachineError(
                    f"{self.name}: nothing leaves the state {node.id!r}; give it a transition, "
                    "mark it final=True, or set validate_trap_states = False"
                )

    def _refuse_sending_actions(self) -> None:
        """An action that sends an event moves the machine in a way the table cannot show."""
        sending = _SENDERS | set(self.events)
        for owner, function in self._actions():
            for name in sorted(sending & _names_used(function.__code__)):
                raise MachineError(
                    f"{self.name}: {owner} uses {name!r}, so an event can cause another one; "
                    "declare the whole move as one transition"
                )

        for owner, name in self._actions_by_name():
            if name in self.events:
                raise MachineError(
                    f"{self.name}: {owner} has the event {name!r} as an action, so an event can "
                    "cause another one; declare the whole move as one transition"
                )

    def _actions(self) -> Iterator[tuple[str, FunctionType]]:
        classes = [*self.cls.__mro__, *map(_class_of, self.cls._class_listeners)]
        for base in classes:
            if base.__module__.startswith("statemachine."):
                continue
            for key, value in vars(base).items():
                yield from ((key, function) for function in _functions(value))
        for owner, spec in self._specs():
            for function in _functions(spec.func):
                yield f"{spec.attr_name} on {owner}", function

    def _actions_by_name(self) -> Iterator[tuple[str, str]]:
        for owner, spec in self._specs():
            if spec.reference is SpecReference.NAME and spec.group is not CallbackGroup.COND:
                yield owner, spec.attr_name

    def _specs(self) -> Iterator[tuple[str, CallbackSpec]]:
        yield from (("the class", spec) for spec in self.cls._specs)
        for state in self.declared:
            for carrier in (state, *self._exits(state)):
                yield from ((repr(state.id), spec) for spec in carrier._specs)

    @staticmethod
    def _declared_callbacks(specs: Any) -> Iterator[CallbackSpec]:
        return (spec for spec in specs if not spec.is_convention)


def _subclasses(cls: type[Any]) -> Iterator[type[Any]]:
    for subclass in cls.__subclasses__():
        yield subclass
        yield from _subclasses(subclass)


def _class_of(listener: object) -> type[Any]:
    return listener if isinstance(listener, type) else type(listener)


def _functions(value: object) -> Iterator[FunctionType]:
    """Yield the functions that run when a callable is called, as far as it shows them.

    These are what a method, a property or a partial holds, and what a decorator has put inside
    another function.
    """
    seen, queue = set[int](), [value]
    for found in queue:
        if id(found) in seen:
            continue
        seen.add(id(found))
        if isinstance(found, FunctionType):
            yield found
            queue += [_content(cell) for cell in found.__closure__ or ()]
        elif isinstance(found, property):
            queue.append(found.fget)
        elif isinstance(found, (classmethod, staticmethod, MethodType)):
            queue.append(found.__func__)
        elif isinstance(found, (partial, partialmethod)):
            queue.append(found.func)


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
