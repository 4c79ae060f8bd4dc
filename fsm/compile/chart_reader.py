"""Read a python-statemachine class into a :class:`Chart`, which does exactly what the class does.

What could mislead is refused by name, see :mod:`fsm.compile.refusals`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

from statemachine import StateChart

from fsm.arguments import as_several
from fsm.chart import Chart, ChartEdge, ChartNode
from fsm.compile.condition import Conditions
from fsm.compile.declaration import Declaration, DeclaredState, DeclaredTransition
from fsm.compile.refusals import (
    refuse_edges,
    refuse_internal,
    refuse_misleading,
    refuse_sending_actions,
)
from fsm.errors import MachineError
from fsm.machine import Deadline, Indicator

__all__ = ["read_chart"]

T = TypeVar("T")


def read_chart(chart_class: type) -> Chart:
    """Read a class; raises :class:`MachineError` for what cannot be compiled exactly."""
    name = getattr(chart_class, "__qualname__", repr(chart_class))
    if not (isinstance(chart_class, type) and issubclass(chart_class, StateChart)):
        raise MachineError(f"{name}: not a StateChart or StateMachine class")
    if not chart_class.states:
        raise MachineError(f"{name}: declares no states")
    return _chart(Declaration(chart_class))


def _chart(declared: Declaration) -> Chart:
    refuse_misleading(declared)
    conditions = Conditions(declared)
    nodes = tuple(_node(declared, state) for state in declared.states)
    edges = tuple(
        _edge(declared, conditions, state, transition)
        for state in declared.states
        for transition in declared.exits(state)
    )
    refuse_edges(declared, nodes, edges)
    refuse_sending_actions(declared)
    chart_class = declared.chart_class
    return Chart(
        class_name=declared.name,
        title=str(getattr(chart_class, "title", "") or declared.name),
        nodes=nodes,
        edges=edges,
        initial=declared.index(chart_class.initial_state),
        events=tuple(e for e in declared.events if not declared.is_done(e)),
        indicators=_indicators(declared),
        deadline=_attribute(declared, "deadline", Deadline),
        companion=_attribute(declared, "companion", str),
        unit=_attribute(declared, "unit", str),
        atomic_update=bool(chart_class.atomic_configuration_update),
    )


def _node(declared: Declaration, state: DeclaredState) -> ChartNode:
    children = tuple(map(declared.index, state.states))
    entry = tuple(
        declared.index(target) for t in state.transitions if t.initial for target in t.targets
    )
    return ChartNode(
        id=state.id,
        title=str(state.name),
        parent=declared.index(state.parent) if state.parent else None,
        children=children,
        entry=children if state.parallel else entry,
        parallel=bool(state.parallel),
        final=bool(state.final),
    )


def _edge(
    declared: Declaration,
    conditions: Conditions,
    state: DeclaredState,
    transition: DeclaredTransition,
) -> ChartEdge:
    events = tuple(str(event) for event in transition.events)
    where = declared.place(state, events)
    for target in transition.targets:
        if target not in declared:
            raise MachineError(
                f"{where}: leads to a state that is not in the class; a state and an event "
                "may not share one attribute name"
            )
    if list(transition.validators):
        raise MachineError(f"{where}: has a validator; write it as a guard (cond=)")
    refuse_internal(declared, transition, state, where)
    guard = conditions.guard(transition, where)
    if not events and guard.names:
        raise MachineError(
            f"{where}: an eventless transition may only depend on In('state'), not on "
            f"{', '.join(sorted(guard.names))}: it would move without an event"
        )
    targets = tuple(map(declared.index, transition.targets))
    return ChartEdge(declared.index(state), targets, events, bool(transition.internal), guard)


def _indicators(declared: Declaration) -> tuple[Indicator, ...]:
    indicators = getattr(declared.chart_class, "indicators", {})
    if not isinstance(indicators, Mapping):
        raise MachineError(f"{declared.name}: indicators must map a name to statuses")
    for name, statuses in indicators.items():
        if not isinstance(name, str) or not name:
            raise MachineError(f"{declared.name}: an indicator has the name {name!r}; give it one")
        if not isinstance(statuses, Iterable) or not all(isinstance(s, str) for s in statuses):
            raise MachineError(
                f"{declared.name}: the indicator {name!r} counts {statuses!r}; "
                "write a status, or a set of them"
            )
    return tuple(
        Indicator(name, frozenset(as_several(name, statuses, str)))
        for name, statuses in indicators.items()
    )


def _attribute(declared: Declaration, name: str, kind: type[T]) -> T | None:
    value = getattr(declared.chart_class, name, None)
    if value is not None and not isinstance(value, kind):
        raise MachineError(f"{declared.name}: {name} must be a {kind.__name__}")
    return value
