"""Conditions on transitions, as boolean formulas over named guards."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from fsm.errors import MachineError
from fsm.machine import symbol

__all__ = ["ALWAYS", "Guard", "parse_guard", "symbol", "valuations"]

Valuation = Mapping[str, bool]
Test = Callable[[Valuation, frozenset[str]], bool]

MAX_GUARDS = 6
"""An event that depends on more guards has more than 64 symbols and is refused."""


@dataclass(frozen=True, slots=True)
class Guard:
    """A condition: its text, the named guards it reads, and its test.

    The test takes a valuation (guard name to truth) and the ids of the active states, which
    only ``In('state')`` reads.
    """

    text: str
    names: frozenset[str]
    test: Test

    def __and__(self, other: Guard) -> Guard:
        if self is ALWAYS:
            return other
        text = f"{_operand(self.text)} and {_operand(other.text)}"
        return Guard(
            text, self.names | other.names, lambda v, c: self.test(v, c) and other.test(v, c)
        )

    def negated(self) -> Guard:
        """Return the opposite condition."""
        text = f"not {self.text}" if self.text.isidentifier() else f"not ({self.text})"
        return Guard(text, self.names, lambda v, c: not self.test(v, c))


def _operand(text: str) -> str:
    """Put brackets around an ``or``, so that ``and`` can be added."""
    tree = ast.parse(text, mode="eval").body
    return f"({text})" if isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.Or) else text


ALWAYS = Guard("", frozenset(), lambda _valuation, _active: True)


def parse_guard(text: str, where: str) -> Guard:
    """Read a boolean expression: names, ``and or not``, comparisons and ``In('state')``.

    A comparison such as ``count > 3`` is one named guard, since the machine holds no values.
    Raises :class:`MachineError` with ``where`` for anything else.
    """
    try:
        tree = ast.parse(text, mode="eval")
    except SyntaxError as error:
        raise MachineError(f"{where}: cannot read the guard {text!r}") from error
    names: set[str] = set()
    test = _build(tree.body, names, where)
    return Guard(ast.unparse(tree.body), frozenset(names), test)


def _build(node: ast.expr, names: set[str], where: str) -> Test:
    match node:
        case ast.BoolOp(op=op, values=values):
            tests = [_build(value, names, where) for value in values]
            combine = all if isinstance(op, ast.And) else any
            return lambda v, c: combine(test(v, c) for test in tests)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            inner = _build(operand, names, where)
            return lambda v, c: not inner(v, c)
        case ast.Call(func=ast.Name(id=function), args=args) if function.lower() == "in":
            ids = frozenset(
                a.value for a in args if isinstance(a, ast.Constant) and isinstance(a.value, str)
            )
            if not ids or len(ids) < len(args) or node.keywords:
                raise MachineError(f"{where}: {ast.unparse(node)} must name states in quotes")
            return lambda _v, c: ids <= c
        case ast.Constant(value=value):
            truth = bool(value)
            return lambda _v, _c: truth
        case ast.Name():
            names.add(node.id)
            return lambda v, _c: v[node.id]
        case ast.Compare():
            read = [n for n in ast.walk(node) if isinstance(n, ast.Name)]
            if not read or any(isinstance(n, ast.Call) for n in ast.walk(node)):
                raise MachineError(
                    f"{where}: the comparison {ast.unparse(node)!r} must read an attribute, and "
                    "nothing but attributes"
                )
            name = ast.unparse(node)
            names.add(name)
            return lambda v, _c: v[name]
        case _:
            raise MachineError(f"{where}: cannot read the guard {ast.unparse(node)!r}")


def valuations(names: Iterable[str], where: str) -> Iterator[dict[str, bool]]:
    """Yield every valuation of the named guards, all true first."""
    ordered = sorted(names)
    if len(ordered) > MAX_GUARDS:
        raise MachineError(
            f"{where}: depends on {len(ordered)} guards ({', '.join(ordered)}), "
            f"at most {MAX_GUARDS} can be refined; join some of them into one"
        )
    for values in product((True, False), repeat=len(ordered)):
        yield dict(zip(ordered, values, strict=True))
