"""Signatures and attributes as a reader writes them, the same with every version of Python."""

from __future__ import annotations

import ast
import inspect
import re
import sys
import textwrap
from collections.abc import Callable, Iterator
from datetime import datetime
from enum import Enum
from functools import cached_property
from typing import Any, NamedTuple

__all__ = ["Attribute", "attributes_of", "methods_of", "properties_of", "signature_text"]

_WIDTH = 88
_PRIVATE = re.compile(r"\b_[A-Z]\w+")


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
    result = _annotation(signature.return_annotation, function)
    line = f"{name}({', '.join(parameters)}) -> {result}"
    if len(line) <= _WIDTH:
        return line
    body = "".join(f"    {parameter},\n" for parameter in parameters)
    return f"{name}(\n{body}) -> {result}"


def _parameters(
    parameters: list[inspect.Parameter], function: Callable[..., Any]
) -> Iterator[str]:
    by_name = False
    for each in parameters:
        if each.kind is each.KEYWORD_ONLY and not by_name:
            by_name = True
            yield "*"
        text = f"{each.name}: {_annotation(each.annotation, function)}"
        stars = {each.VAR_POSITIONAL: "*", each.VAR_KEYWORD: "**"}.get(each.kind, "")
        default = "" if each.default is each.empty else f" = {_default(each.default)}"
        yield f"{stars}{text}{default}"


def _annotation(annotation: Any, function: Callable[..., Any]) -> str:
    """Return an annotation as it is written; private names of types are spelled out."""
    module = sys.modules[function.__module__]
    return _PRIVATE.sub(lambda match: _spelled(getattr(module, match[0])), str(annotation))


def _spelled(value: Any) -> str:
    return str(value).replace("os.PathLike", "PathLike")


def _default(value: Any) -> str:
    if callable(value):
        return str(value.__name__)
    if isinstance(value, datetime):
        return f"datetime({value:%Y, %-m, %-d, %-H}, tzinfo=UTC)"
    return f"{value:_}" if isinstance(value, int) and not isinstance(value, bool) else repr(value)


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
        getter = getattr(value, "fget", None) or getattr(value, "func", None)
        if isinstance(value, property | cached_property) and not name.startswith("_"):
            returned = _annotation(inspect.signature(getter).return_annotation, getter)
            found.append(Attribute(name, returned, getter.__doc__ or ""))
    return found


def methods_of(kind: type) -> list[tuple[str, Callable[..., Any]]]:
    """Return the public methods of a type, in the order of its code."""
    functions = {
        name: value.__func__ if isinstance(value, classmethod | staticmethod) else value
        for name, value in vars(kind).items()
        if not name.startswith("_")
    }
    return [(name, value) for name, value in functions.items() if inspect.isfunction(value)]
