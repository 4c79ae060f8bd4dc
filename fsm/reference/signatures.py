"""Signatures and attributes as a reader writes them, the same with every version of Python."""

from __future__ import annotations

import ast
import inspect
import json
import re
import sys
import textwrap
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from enum import Enum
from functools import cached_property
from typing import Any, Literal, NamedTuple, get_args, get_origin

from fsm.drawing.graphviz import Renderer

__all__ = ["Attribute", "attributes_of", "methods_of", "properties_of", "signature_text"]

_WIDTH = 88
_FOR_CHECKERS = {"Renderer": Renderer}
"""Short types that some modules import only for type checkers."""
_NAME = re.compile(r"\b_?[A-Z]\w+")


class Attribute(NamedTuple):
    """An attribute of a type: its name, its type as it is declared, and its docstring."""

    name: str
    kind: str
    text: str


def signature_text(function: Callable[..., Any], name: str) -> str:
    """Return the signature of a function under a name, on several lines if it is long.

    >>> from fsm import run
    >>> print(signature_text(run, "fsm.run"))
    fsm.run(
        machine: Machine | str,
        trace: Iterable[str],
        start: str | None = None,
    ) -> tuple[Step, ...]
    """
    signature = inspect.signature(function)
    given = [p for p in signature.parameters.values() if p.name not in ("self", "cls")]
    parameters = list(_parameters(given, function))
    result = _annotation(signature.return_annotation, function.__module__)
    line = f"{name}({', '.join(parameters)}) -> {result}"
    if len(line) <= _WIDTH:
        return line
    body = "".join(f"    {parameter},\n" for parameter in parameters)
    return f"{name}(\n{body}) -> {result}"


def _parameters(parameters: list[inspect.Parameter], function: Callable[..., Any]) -> Iterator[str]:
    by_name = False
    for each in parameters:
        if each.kind is each.KEYWORD_ONLY and not by_name:
            by_name = True
            yield "*"
        text = f"{each.name}: {_annotation(each.annotation, function.__module__)}"
        default = "" if each.default is each.empty else f" = {_value(each.default)}"
        yield f"{text}{default}"


def _annotation(annotation: Any, module: str) -> str:
    """Return an annotation as it is written; private names and short types are spelled out."""
    names = _FOR_CHECKERS | vars(sys.modules[module])
    return _NAME.sub(lambda match: _spelled(match[0], names.get(match[0])), str(annotation))


def _spelled(name: str, value: Any) -> str:
    if get_origin(value) is Literal:
        return f"Literal[{', '.join(map(_value, get_args(value)))}]"
    if name.startswith("_"):
        return str(value).replace("os.PathLike", "PathLike")
    return str(value) if get_origin(value) is tuple else name


def _value(value: Any) -> str:
    """Return a default as it is written."""
    if callable(value):
        return str(value.__name__)
    if isinstance(value, str):
        return json.dumps(value)
    if isinstance(value, tuple):
        return f"({', '.join(map(_value, value))}{',' * (len(value) == 1)})"
    if isinstance(value, datetime):
        return f"datetime({value.year}, {value.month}, {value.day}, {value.hour}, tzinfo=UTC)"
    if isinstance(value, timedelta):
        return f"timedelta(seconds={value.total_seconds():_.0f})"
    return f"{value:_}" if type(value) is int else repr(value)


def attributes_of(kind: type) -> list[Attribute]:
    """Return the fields of a dataclass or named tuple, and the members of an enumeration."""
    (body,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    assert isinstance(body, ast.ClassDef)  # noqa: S101
    found = []
    for statement, following in zip(body.body, [*body.body[1:], None], strict=True):
        if isinstance(statement, ast.AnnAssign):
            name, declared = ast.unparse(statement.target), ast.unparse(statement.annotation)
        elif isinstance(statement, ast.Assign) and issubclass(kind, Enum):
            name, declared = ast.unparse(statement.targets[0]), ast.unparse(statement.value)
        else:
            continue
        if not name.startswith("_"):
            declared = _annotation(declared, kind.__module__).replace("'", '"')
            found.append(Attribute(name, declared, _docstring(following)))
    return found


def _docstring(statement: ast.stmt | None) -> str:
    """Return the text of a statement that is a docstring."""
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        return str(statement.value.value)
    return ""


def properties_of(kind: type) -> list[Attribute]:
    """Return the properties of a type."""
    found = []
    for name, value in vars(kind).items():
        getter = value.func if isinstance(value, cached_property) else getattr(value, "fget", None)
        if getter and not name.startswith("_"):
            returned = inspect.signature(getter).return_annotation
            kind_of_value = _annotation(returned, getter.__module__)
            found.append(Attribute(name, kind_of_value, getter.__doc__ or ""))
    return found


def methods_of(kind: type) -> list[tuple[str, Callable[..., Any]]]:
    """Return the public methods of a type, in the order of its code."""
    fields = getattr(kind, "__dataclass_fields__", {})  # one may have a function as its default
    functions = {
        name: value.__func__ if isinstance(value, classmethod | staticmethod) else value
        for name, value in vars(kind).items()
        if not name.startswith("_") and name not in fields
    }
    return [(name, value) for name, value in functions.items() if inspect.isfunction(value)]
