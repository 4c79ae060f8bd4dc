"""What an action may do through a function that it hands the machine to.

``helper(self)`` may send events as well as ``self.send("go")`` does. A function that can be found
is read by the names that it uses; of one that cannot be found anything is expected.
"""

from __future__ import annotations

import ast
import builtins
import inspect
from collections.abc import Callable, Iterator, Sequence
from types import FunctionType

__all__ = ["names_behind"]

_MACHINES = frozenset({"self", "machine"})
"""The parameters of an action that hold the machine."""
_ANYTHING = "send"
"""What is said of a function that cannot be found."""
_HARMLESS = (print, str, repr, isinstance, type, id, hasattr, hash, format, bool, vars, super)
_COLLECTING = frozenset({"append", "add", "debug", "info", "warning", "error", "exception", "log"})
"""Methods of unknown things that keep or show what they get, and call nothing."""

_Bodies = Callable[[FunctionType], Sequence[ast.stmt] | None]
_Unwrapped = Callable[[object], Iterator[FunctionType]]


def names_behind(
    function: FunctionType,
    body: _Bodies,
    unwrapped: _Unwrapped,
    machines: frozenset[str] = _MACHINES,
    depth: int = 0,
) -> Iterator[str]:
    """Yield the names used by the functions that a function hands the machine to."""
    if depth > 20:
        yield _ANYTHING
        return
    code = function.__code__
    machines &= frozenset(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount])
    if not machines:
        return
    statements = body(function) or ()
    machines = _with_aliases(statements, machines)
    for statement in statements:
        for call in ast.walk(statement):
            if isinstance(call, ast.Call) and _hands_over(call, machines):
                callee = _callee(function, call.func, machines)
                if callee is getattr:
                    yield from _attribute(call)
                elif callee is None:
                    yield _ANYTHING
                elif not any(callee is known for known in _HARMLESS):
                    yield from _inside(callee, function, body, unwrapped, depth)


def _with_aliases(statements: Sequence[ast.stmt], machines: frozenset[str]) -> frozenset[str]:
    """Return the names that hold the machine: its parameters, and other names given to it."""
    names, size = set(machines), 0
    while size != (size := len(names)):
        for statement in statements:
            for node in ast.walk(statement):
                match node:
                    case ast.Assign(targets=targets, value=value):
                        names |= _named(targets) if _holds(value, names) else set()
                    case (
                        ast.NamedExpr(target=target, value=value)
                        | ast.AnnAssign(target=target, value=value)
                    ):
                        names |= _named([target]) if _holds(value, names) else set()
                    case (
                        ast.For(target=target, iter=value)
                        | ast.comprehension(target=target, iter=value)
                    ):
                        names |= _named([target]) if _holds(value, names) else set()
    return frozenset(names)


def _named(targets: Sequence[ast.expr]) -> set[str]:
    return {n.id for target in targets for n in ast.walk(target) if isinstance(n, ast.Name)}


def _holds(value: ast.expr | None, names: set[str]) -> bool:
    """Whether a value is the machine, or a list, tuple or set with it."""
    match value:
        case ast.Name(id=name):
            return name in names
        case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
            return any(_holds(element, names) for element in elements)
    return False


def _hands_over(call: ast.Call, machines: frozenset[str]) -> bool:
    values = [*call.args, *(keyword.value for keyword in call.keywords)]
    return any(isinstance(value, ast.Name) and value.id in machines for value in values)


def _attribute(call: ast.Call) -> Iterator[str]:
    """Yield the attribute that ``getattr`` asks for."""
    match call.args:
        case [_, ast.Constant(value=str(name)), *_]:
            yield name
        case _:
            yield _ANYTHING


def _inside(
    callee: object, caller: FunctionType, body: _Bodies, unwrapped: _Unwrapped, depth: int
) -> Iterator[str]:
    is_class = isinstance(callee, type)
    functions = list(unwrapped(inspect.getattr_static(callee, "__init__") if is_class else callee))
    if not functions:
        yield _ANYTHING
    for function in functions:
        if function is not caller:
            code = function.__code__
            yield from code.co_names
            yield from names_behind(
                function, body, unwrapped, frozenset(code.co_varnames), depth + 1
            )


def _callee(caller: FunctionType, named: ast.expr, machines: frozenset[str]) -> object | None:
    """Return what is called; ``None`` where that is not known."""
    match named:
        case ast.Name(id=name) if name in caller.__code__.co_varnames + caller.__code__.co_cellvars:
            constants = caller.__code__.co_consts  # a function inside is read with its outer one
            is_inside = any(getattr(constant, "co_name", None) == name for constant in constants)
            return print if is_inside else None
        case ast.Name(id=name):
            return _global(caller, name)
        case ast.Attribute(value=ast.Name(id=name), attr=method):
            owner = None if name in machines else _global(caller, name)
            found = None if owner is None else inspect.getattr_static(owner, method, None)
            # A method of the machine is read by its name.
            return print if name in machines or method in _COLLECTING else found
        case ast.Attribute(attr=method) if method in _COLLECTING:
            return print
    return None


def _global(caller: FunctionType, name: str) -> object | None:
    code, cells = caller.__code__, caller.__closure__ or ()
    if name in code.co_freevars:
        try:
            found: object = cells[code.co_freevars.index(name)].cell_contents
        except ValueError:  # it is empty until the function around it has assigned its name
            return None
        return found
    known = caller.__globals__
    return known[name] if name in known else getattr(builtins, name, None)
