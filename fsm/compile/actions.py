"""Refuse actions that send events: they move the machine in a way that no table shows."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial, partialmethod
from types import CellType, CodeType, FunctionType, MethodType
from typing import Any

from statemachine.callbacks import CallbackGroup, CallbackSpec, SpecReference

from fsm.compile.declaration import Declaration
from fsm.errors import MachineError

__all__ = ["refuse_sending_actions"]

_SENDERS = frozenset({"send", "raise_", "cancel_event"})


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
