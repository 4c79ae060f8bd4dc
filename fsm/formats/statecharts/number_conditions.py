"""Comparisons of one value with numbers, and which of them exclude each other."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterable
from typing import NamedTuple

__all__ = ["NumberCondition", "excluded_conditions", "read_number_condition"]

_OPERATORS: dict[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Eq: operator.eq, ast.Gt: operator.gt, ast.GtE: operator.ge,
    ast.Lt: operator.lt, ast.LtE: operator.le,
}  # fmt: skip


class NumberCondition(NamedTuple):
    """A value by its text, and the number with which it is compared."""

    text: str
    value: str
    names: frozenset[str]
    """The variables of the value."""
    holds: Callable[[float, float], bool]
    number: float


def read_number_condition(node: ast.expr) -> NumberCondition | None:
    """Return a comparison of names with a number; ``None`` for anything else.

    >>> read_number_condition(ast.parse("t >= 3", mode="eval").body).value
    't'
    """
    match node:
        case ast.Compare(
            left=left, ops=[op], comparators=[ast.Constant(value=int() | float() as n)]
        ):
            holds = _OPERATORS.get(type(op))
            names = [each.id for each in ast.walk(left) if isinstance(each, ast.Name)]
            calls = any(isinstance(each, ast.Call) for each in ast.walk(left))
            if holds and names and not calls and abs(n) < 1e9:
                text, value = ast.unparse(node), ast.unparse(left)
                return NumberCondition(text, value, frozenset(names), holds, float(n))
    return None


def excluded_conditions(known: Iterable[NumberCondition]) -> dict[str, list[str]]:
    """Return for each comparison, by its text, those before it that never hold together with it."""
    before: list[NumberCondition] = []
    found: dict[str, list[str]] = {}
    for each in known:
        if each.text not in found:
            found[each.text] = [b.text for b in before if _exclude_each_other(b, each)]
            before.append(each)
    return found


def _exclude_each_other(one: NumberCondition, other: NumberCondition) -> bool:
    low, high = sorted((one.number, other.number))
    numbers = (low - 1, low, (low + high) / 2, high, high + 1)
    return one.value == other.value and not any(
        one.holds(x, one.number) and other.holds(x, other.number) for x in numbers
    )
