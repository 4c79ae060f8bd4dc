"""The data of an SCXML document at its start, as far as plain values of it decide conditions.

Nothing is evaluated but comparisons of a datum with a number, a text or a truth value, and only
where no action that may run before the first event changes the datum.
"""

from __future__ import annotations

import ast
import operator
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from fsm.formats.xml import Element

__all__ = ["Datum", "decided_at_start", "plain_datum", "unchanged_data"]

Datum: TypeAlias = int | float | str | bool
"""What a datum can hold to decide a condition."""
_CONSTANTS = {"true": True, "false": False}
_EXPRESSIONS = ("expr", "cond", "eventexpr", "targetexpr", "typeexpr", "delayexpr", "srcexpr")
_ASSIGNS = re.compile(r"\+\+|--|(?<![=!<>])=(?![=>])")
_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


def unchanged_data(root: Element, late: Iterable[Element]) -> dict[str, Datum]:
    """Return the data with plain values that only the transitions ``late`` may change.

    Data of a state have their values from the start, unless the binding of the document is late. A
    script may change anything, and so may an expression that assigns.
    """
    ignored = {id(element) for element in late}
    changed: set[str] = set()
    parts = [root]
    for part in parts:
        expressions = (part.get(key, "") for key in _EXPRESSIONS)
        if part.tag in ("script", "foreach") or any(map(_ASSIGNS.search, expressions)):
            return {}
        changed |= {part.get(key, "").strip() for key in ("location", "idlocation")}
        parts += [child for child in part.children if id(child) not in ignored]
    models = root.all("datamodel") if root.get("binding") == "late" else _tagged(parts, "datamodel")
    declared = [data for model in models for data in model.all("data")]
    times = Counter(data.get("id", "") for data in _tagged(parts, "data"))
    found = {
        data.get("id", ""): value
        for data in declared
        if "src" not in data and (value := plain_datum(data.get("expr", ""))) is not None
    }
    changed |= {name for name, number in times.items() if number > 1}
    return {name: value for name, value in found.items() if name not in changed}


def _tagged(parts: Iterable[Element], tag: str) -> list[Element]:
    return [part for part in parts if part.tag == tag]


def decided_at_start(names: Iterable[str], data: Mapping[str, Datum]) -> Iterator[tuple[str, bool]]:
    """Yield the guards whose truth plain data decide, each with its truth."""
    for name in names:
        try:
            truth = _truth(ast.parse(name, mode="eval").body, data)
        except (SyntaxError, ValueError, RecursionError):
            continue
        if truth is not None:
            yield name, truth


def _truth(node: ast.expr, data: Mapping[str, Datum]) -> bool | None:
    match node:
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            values = _value(left, data), _value(right, data)
            compare = _COMPARISONS.get(type(op))
            # Values of two types are compared by rules of their own language.
            if compare is None or None in values or len({type(v) for v in values}) > 1:
                return None
            return compare(*values)
        case ast.Name(id=name) if isinstance(data.get(name), bool):
            return bool(data[name])
    return None


def _value(node: ast.expr, data: Mapping[str, Datum]) -> Datum | None:
    match node:
        case ast.Constant(value=bool() | int() | float() | str() as value):
            return value
        case ast.Name(id=name):
            return data.get(name)
    return None


def plain_datum(text: str) -> Datum | None:
    """Return the number, text or truth value that is written; ``None`` for anything else."""
    text = text.strip()
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    try:
        return _value(ast.parse(text, mode="eval").body, {})
    except (SyntaxError, ValueError, RecursionError):
        return None
