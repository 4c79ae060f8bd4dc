"""Flows of viewflow (``viewflow.fsm``), read from the transitions that their methods declare.

A flow is a class with a ``State`` among its attributes. The library is not imported: the class says
all. Its methods are read like those of a model of Django-FSM.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from enum import Enum
from types import SimpleNamespace
from typing import Any

from fsm.errors import MachineError
from fsm.formats.statecharts.django_models import ANY, machine_of_methods
from fsm.machine import Machine
from fsm.suggest import no_such

__all__ = ["is_viewflow_flow", "read_viewflow_flow"]

_STATE = "viewflow.fsm"


def is_viewflow_flow(value: object) -> bool:
    """Whether a class has a state of viewflow."""
    return isinstance(value, type) and any(True for _ in _slots(value))


def read_viewflow_flow(flow: type, slot: str, name: str) -> Machine:
    """Return the machine of a state of a flow; an empty ``slot`` is its only one.

    Raises :class:`MachineError` for what cannot be a table.
    """
    slots = dict(_slots(flow))
    if not slot and len(slots) > 1:
        names = ", ".join(f"{name}.{each}" for each in slots)
        raise MachineError(f"{name}: several states have transitions; name one: {names}")
    wanted = slot or next(iter(slots))
    if wanted not in slots:
        raise MachineError(f"{name}: {no_such('state with transitions', wanted, slots)}")
    state = slots[wanted]
    methods = {
        key: SimpleNamespace(transitions={_source(t): _transition(t) for t in found})
        for key, found in _methods(flow, state)
    }
    known = [getattr(state, "_default", None)]
    known += [value for key, found in _methods(flow, state) for value in _values(found)]
    field = SimpleNamespace(default=known[0], flatchoices=list(_titles(known)))
    return machine_of_methods(name, field, methods)


def _slots(flow: type) -> Iterator[tuple[str, Any]]:
    for key in dir(flow):
        slot = inspect.getattr_static(flow, key, None)
        kind = type(slot)
        if kind.__name__ == "State" and kind.__module__.startswith(_STATE):
            yield key, slot


def _methods(flow: type, state: Any) -> Iterator[tuple[str, list[Any]]]:
    """Yield the methods that are transitions of a state, with their transitions."""
    for key in dir(flow):
        method: Any = getattr(flow, key, None)
        if getattr(method, "_state", None) is state and hasattr(method, "_descriptor"):
            yield key, list(method.get_transitions())


def _is_marker(value: object) -> bool:
    """Whether a value stands for any state, or for none."""
    return type(value).__name__ == "MARKER"


def _source(transition: Any) -> Any:
    return ANY if _is_marker(transition.source) else transition.source


def _transition(transition: Any) -> SimpleNamespace:
    """Return a transition as Django-FSM would have it."""
    target, permission = transition.target, transition.permission
    if _is_marker(target):
        target = None
    elif type(target).__name__ in ("RETURN_VALUE", "GET_STATE"):
        target = SimpleNamespace(allowed_states=transition.declared_targets(), get_state=True)
    return SimpleNamespace(
        name=getattr(transition.func, "__name__", ""),
        target=target,
        conditions=[_condition(each) for each in transition.conditions],
        permission=None if _is_marker(permission) else permission,
        on_error=None,
    )


def _condition(condition: Any) -> Any:
    """Return a condition, or the name of the method that it is (``this.method``)."""
    return condition.name if type(condition).__name__ == "ThisObject" else condition


def _values(transitions: Iterable[Any]) -> Iterator[Any]:
    """Yield the states that transitions name."""
    for transition in transitions:
        yield from (v for v in (transition.source, *transition.declared_targets())
                    if not _is_marker(v))  # fmt: skip


def _titles(values: Iterable[Any]) -> Iterator[tuple[Any, str]]:
    """Yield all members of the enumerations of states, each with its title."""
    kinds = dict.fromkeys(type(value) for value in values if isinstance(value, Enum))
    for member in (member for kind in kinds for member in kind):
        yield member, str(getattr(member, "label", member.value))
