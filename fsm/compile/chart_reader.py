"""Read a python-statemachine class into a :class:`Chart`, which does exactly what the class does.

What could mislead is refused by name, see :mod:`fsm.compile.refusals`.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

from statemachine import HistoryState, StateChart

from fsm.arguments import as_several
from fsm.chart import Chart, ChartEdge, ChartNode, ChartTimer
from fsm.compile.condition import Conditions
from fsm.compile.declaration import Declaration, DeclaredState, DeclaredTransition
from fsm.compile.emissions import Emissions
from fsm.compile.refusals import (
    assumptions,
    misspelt,
    refuse_edges,
    refuse_internal,
    refuse_misleading,
)
from fsm.errors import AssumptionWarning, MachineError
from fsm.machine import Deadline, Indicator, Timer
from fsm.machine_faults import as_tuple, timer_fault
from fsm.suggest import no_such

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
    for text in misspelt(declared):
        warnings.warn(f"{declared.name}: {text}", AssumptionWarning, stacklevel=4)
    emissions = Emissions(declared)
    known = (*declared.alphabet, *_raised_by_the_library(declared))
    known = tuple(dict.fromkeys((*known, *emissions.events)))
    conditions = Conditions(declared)
    nodes = tuple(_node(declared, emissions, state) for state in declared.states)
    edges = tuple(
        _edge(declared, conditions, emissions, transition, known)
        for state in declared.states
        for transition in declared.exits(state)
    )
    refuse_edges(declared, nodes, edges)
    chart_class = declared.chart_class
    return Chart(
        class_name=declared.name,
        title=str(getattr(chart_class, "title", "") or declared.name),
        nodes=nodes,
        edges=edges,
        initial=declared.index(chart_class.initial_state),
        events=declared.alphabet,
        indicators=_indicators(declared),
        deadline=_attribute(declared, "deadline", Deadline),
        companion=_attribute(declared, "companion", str),
        unit=_attribute(declared, "unit", str),
        colours=_colours(declared),
        timers=tuple(_timers(declared)),
        atomic_update=bool(chart_class.atomic_configuration_update),
        start=_start(declared),
        has_data=conditions.read_data,
        enters_itself=bool(chart_class.enable_self_transition_entries),
        strict=not chart_class.allow_event_without_transition,
        assumed=tuple(assumptions(declared)),
    )


def _raised_by_the_library(declared: Declaration) -> Iterator[str]:
    """Yield the events that complete states raise."""
    return (f"done.state.{state.id}" for state in declared.states if state.states)


def _start(declared: Declaration) -> tuple[int, ...]:
    """Return the states that are entered at the start, where a list of their values is given."""
    values = declared.chart_class.start_configuration_values
    by_value = {state.value: state for state in declared.states}
    unknown = [value for value in values if value not in by_value]
    if unknown:
        raise MachineError(
            f"{declared.name}: start_configuration_values has {unknown[0]!r}, which is the value "
            "of no state"
        )
    return tuple(declared.index(by_value[value]) for value in values)


def _node(declared: Declaration, emissions: Emissions, state: DeclaredState) -> ChartNode:
    children = tuple(map(declared.index, state.states))
    is_history = isinstance(state, HistoryState)
    entry = tuple(
        declared.index(target)
        for t in state.transitions
        if t.initial or is_history
        for target in t.targets
    )
    raised, sent = emissions.of_entry(state)
    raised_on_exit, sent_on_exit = emissions.of_exit(state)
    return ChartNode(
        id=state.id,
        title=str(state.name),
        parent=declared.index(state.parent) if state.parent else None,
        children=children,
        entry=children if state.parallel else entry,
        parallel=bool(state.parallel),
        final=bool(state.final),
        history=state.type.value if isinstance(state, HistoryState) else "",
        raised=raised,
        raised_on_exit=raised_on_exit,
        sent=sent,
        sent_on_exit=sent_on_exit,
    )


def _edge(
    declared: Declaration,
    conditions: Conditions,
    emissions: Emissions,
    transition: DeclaredTransition,
    known: tuple[str, ...],
) -> ChartEdge:
    state = transition.source
    written = tuple(map(str, transition.events))
    # An event that never happens makes no transition without event.
    events = declared.heard(transition, known) or written
    where = declared.place(state, written)
    for target in transition.targets:
        if target not in declared:
            raise MachineError(
                f"{where}: leads to a state that is not in the class; a state and an event "
                "may not share one attribute name"
            )
    if list(transition.validators) and not events:
        raise MachineError(f"{where}: has a validator; write it as a guard (cond=)")
    refuse_internal(declared, transition, state, where)
    raised, sent = emissions.of_transition(transition)
    raised_after, sent_after = emissions.after_transition(transition)
    return ChartEdge(
        source=declared.index(state),
        targets=tuple(map(declared.index, transition.targets)),
        events=events,
        internal=bool(transition.internal),
        guard=conditions.guard(transition, where),
        validator=conditions.validator(transition, where),
        raised=raised,
        sent=sent,
        raised_after=raised_after,
        sent_after=sent_after,
    )


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


def _colours(declared: Declaration) -> tuple[tuple[str, str], ...]:
    """Return the colours of statuses; the machine checks them when its statuses are known."""
    colours = getattr(declared.chart_class, "colours", None) or {}
    if not isinstance(colours, Mapping):
        raise MachineError(
            f"{declared.name}: colours is {colours!r}; write a mapping of statuses to colours, "
            "such as {'Sent': 'good', 'Failed': '#b00020'}"
        )
    return tuple(colours.items())


def _timers(declared: Declaration) -> Iterator[ChartTimer]:
    """Yield the timers of a class, each of one state: its own or one around others."""
    ids = {state.id: declared.index(state) for state in declared.states}
    declaration = getattr(declared.chart_class, "timers", None) or ()
    several = (declaration,) if isinstance(declaration, Timer) else declaration
    for timer in as_tuple(several, Timer, f"{declared.name}: timers"):
        if fault := timer_fault(timer):
            raise MachineError(f"{declared.name}: {fault}")
        where = f"{declared.name}: the timer {str(timer)!r}"
        if timer.event not in declared.alphabet:
            raise MachineError(f"{where}: {no_such('event', timer.event, declared.alphabet)}")
        if len(timer.states) != 1 or timer.restarts:
            raise MachineError(
                f"{where}: name one state of the class, perhaps one around others; where leaving "
                "one of several for another restarts the timer, write one for each"
            )
        if timer.states[0] not in ids:
            raise MachineError(f"{where}: {no_such('state', timer.states[0], ids)}")
        yield ChartTimer(ids[timer.states[0]], timer.event, timer.delay, timer.stops)


def _attribute(declared: Declaration, name: str, kind: type[T]) -> T | None:
    value = getattr(declared.chart_class, name, None)
    if value is not None and not isinstance(value, kind):
        raise MachineError(f"{declared.name}: {name} must be a {kind.__name__}")
    return value
