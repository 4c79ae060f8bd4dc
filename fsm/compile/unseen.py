"""What a class does without an event, or with actions that do not stand in it: all is refused."""

from __future__ import annotations

import ast
import dis
from collections.abc import Callable, Iterable, Iterator, Sequence
from types import CodeType, FunctionType

from fsm.errors import MachineError

__all__ = ["refuse_unseen"]

_STATE = frozenset({"current_state_value", "current_state", "configuration", "history_values"})
"""Attributes by which a function may move the machine without an event."""
_ADDS = "add_listener"
_PLACES = ("model", "state_field", "start_value", "listeners")
"""The parameters of the library's ``__init__``, in their order."""
_REFUSED = {
    "model": "gives the machine a model, whose actions are not read; declare them in the class",
    "start_value": "gives a start_value, which overrides the initial state; mark that state "
    "initial=True",
    "listeners": "gives the machine listeners, whose actions are not read; declare them in the "
    "class: listeners = [...]",
}


def refuse_unseen(
    name: str,
    functions: Iterable[tuple[str, FunctionType]],
    body: Callable[[FunctionType], Sequence[ast.stmt] | None],
) -> None:
    """Refuse what the functions of a class do to it that its declaration does not show.

    That is to set the state, and to give the machine a model, listeners or another state to start
    in. What ``__init__`` only passes on from its own parameters is up to who makes the machine.
    ``body`` returns the statements of a function, or ``None`` where its source is not known.

    Raises :class:`MachineError`, which names the class and the function.
    """
    for key, function in functions:
        for attribute in sorted(_attributes_set(function.__code__) & _STATE):
            raise MachineError(
                f"{name}: {key} sets {attribute!r}, which moves the machine without an event; "
                "declare the move as a transition"
            )
        given = {"listeners"} if _ADDS in function.__code__.co_names else set()
        if key == "__init__":
            given |= set(_given(body(function) or (), function.__code__))
        for parameter, what in _REFUSED.items():
            if parameter in given:
                raise MachineError(f"{name}: {key} {what}")


def _attributes_set(code: CodeType) -> set[str]:
    """Return the names of the attributes that a function sets, also inside of it."""
    names = {i.argval for i in dis.get_instructions(code) if i.opname == "STORE_ATTR"}
    inner = (constant for constant in code.co_consts if isinstance(constant, CodeType))
    return names.union(*map(_attributes_set, inner))


def _given(statements: Sequence[ast.stmt], code: CodeType) -> Iterator[str]:
    """Yield the parameters of the library's ``__init__`` that are given more than passed on."""
    passed = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    for statement in statements:
        for call in ast.walk(statement):
            if isinstance(call, ast.Call) and _is_init(call.func):
                # Of StateChart.__init__(self, ...), the machine comes first.
                args = call.args if _is_super(call.func) else call.args[1:]
                named = [(keyword.arg or "", keyword.value) for keyword in call.keywords]
                for parameter, value in [*zip(_PLACES, args, strict=False), *named]:
                    if isinstance(value, ast.Constant):
                        is_given = parameter == "start_value" and value.value is not None
                    else:
                        is_given = not (isinstance(value, ast.Name) and value.id in passed)
                    if is_given and not isinstance(value, ast.Starred):
                        yield parameter


def _is_init(called: ast.expr) -> bool:
    return isinstance(called, ast.Attribute) and called.attr == "__init__"


def _is_super(called: ast.expr) -> bool:
    match called:
        case ast.Attribute(value=ast.Call(func=ast.Name(id="super"))):
            return True
    return False
