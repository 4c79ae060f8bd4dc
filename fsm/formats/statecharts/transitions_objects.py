"""Machines of the library ``transitions`` as objects of Python, read as their markup.

The library is not imported: what an object offers shows whether it is one of its machines.
"""

from __future__ import annotations

import inspect
from typing import Any, NoReturn

from fsm.errors import MachineError
from fsm.formats.json_objects import JsonObject
from fsm.formats.statecharts.function_names import FunctionNames, name_of_function
from fsm.formats.statecharts.transitions_markup import read_markup
from fsm.machine import Machine

__all__ = ["find_transitions_machine", "read_transitions_machine"]


class ObjectSource:
    """A document made of an object, which has no lines."""

    def __init__(self, name: str) -> None:
        self.file = name
        self.root = JsonObject()

    def line(self, member: JsonObject) -> int:  # noqa: ARG002
        """Return 0: an object has no lines."""
        return 0

    def refuse(self, member: JsonObject, what: str) -> NoReturn:  # noqa: ARG002
        """Raise :class:`fsm.errors.MachineError`."""
        raise MachineError(f"{self.file}: {what}")


def find_transitions_machine(value: object, name: str) -> Any | None:
    """Return the machine that an object is or has; ``None`` where there is none.

    A class is made an object of first, unless it has a machine itself. Raises
    :class:`MachineError` where that needs arguments or fails.
    """
    for found in (value, getattr(value, "machine", None)):
        if _is_machine(found):
            return found
    if isinstance(value, type) and _mentions_transitions(value):
        try:
            made = value()
        except Exception as error:  # the class is a program of the caller
            raise MachineError(
                f"{name}: no object could be made of the class without arguments "
                f"({type(error).__name__}: {error}); name a machine, module:machine"
            ) from error
        for found in (made, getattr(made, "machine", None), *vars(made).values()):
            if _is_machine(found):
                return found
    return None


def _is_machine(value: object) -> bool:
    if isinstance(value, type) or value is None:
        return False
    kinds = [kind.__module__.partition(".")[0] for kind in type(value).__mro__]
    return "transitions" in kinds and hasattr(value, "states") and hasattr(value, "events")


def _mentions_transitions(value: type) -> bool:
    """Whether a class is of the library, or its module knows the library."""
    if any(kind.__module__.partition(".")[0] == "transitions" for kind in value.__mro__):
        return True
    module = inspect.getmodule(value)
    return (
        any(
            getattr(item, "__module__", "")
            and str(item.__module__).partition(".")[0] == "transitions"
            for item in vars(module or object()).values()
            if isinstance(item, type)
        )
        if module
        else False
    )


def read_transitions_machine(machine: Any, name: str) -> Machine:
    """Return the table of a machine of the library; raises :class:`MachineError`."""
    source = ObjectSource(name)
    root = source.root
    separator = str(getattr(type(machine).state_cls, "separator", "_"))
    root["separator"] = separator
    known = FunctionNames(name)
    root["states"] = [_state(state, known) for state in machine.states.values()]
    root["transitions"] = _transitions(machine.events, _all_names(machine.states, separator), known)
    root["auto_transitions"] = bool(machine.auto_transitions)
    root["ignore_invalid_triggers"] = bool(machine.ignore_invalid_triggers)
    root["initial"] = _initial(machine.initial)
    for kind in ("before_state_change", "after_state_change"):
        root[kind] = [_name(callback) for callback in getattr(machine, kind, [])]
    return read_markup(source, name)


def _state(state: Any, known: FunctionNames) -> JsonObject:
    config = JsonObject(name=str(state.name))
    config["final"] = bool(getattr(state, "final", False))
    for kind in ("on_enter", "on_exit"):
        config[kind] = [_name(callback) for callback in getattr(state, kind, [])]
    if getattr(state, "timeout", 0):
        config["timeout"] = state.timeout
        config["on_timeout"] = [_name(callback) for callback in state.on_timeout]
    children = getattr(state, "states", None)
    if children:
        config["children"] = [_state(child, known) for child in children.values()]
        if getattr(state, "initial", None):
            config["initial"] = _initial(state.initial)
        config["transitions"] = _transitions(state.events, set(children), known)
    return config


def _initial(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_initial(item) for item in value]
    return str(getattr(value, "name", value))


def _all_names(states: Any, separator: str, prefix: str = "") -> set[str]:
    names = set()
    for key, state in states.items():
        full = prefix + str(getattr(key, "name", key))
        names.add(full)
        children = getattr(state, "states", None)
        if children:
            names |= _all_names(children, separator, full + separator)
    return names


def _transitions(events: Any, names: set[str], known: FunctionNames) -> list[JsonObject]:
    found = []
    for event in events.values():
        rows = [each for sources in event.transitions.values() for each in sources]
        target = str(event.name).removeprefix("to_")
        automatic = target != event.name and target in names and len(rows) > 1
        if automatic and all(each.dest == target and not each.conditions for each in rows):
            continue
        for each in rows:
            where = f"trigger {event.name!r}"
            one = JsonObject(trigger=str(event.name), source=each.source, dest=each.dest)
            conditions = each.conditions
            one["conditions"] = [known.of(c.func, where) for c in conditions if c.target]
            one["unless"] = [known.of(c.func, where) for c in conditions if not c.target]
            for kind in ("prepare", "before", "after"):
                one[kind] = [_name(callback) for callback in getattr(each, kind, [])]
            found.append(one)
    return found


def _name(callback: Any) -> str:
    """Return the name of a function, or the name under which it is looked up."""
    if isinstance(callback, str):
        return callback
    return name_of_function(callback)
