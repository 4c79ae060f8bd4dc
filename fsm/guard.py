"""Conditions on transitions, as boolean formulas over named guards."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import TypeAlias

from fsm.errors import MachineError
from fsm.machine_parts import MAX_GUARDS, symbol

__all__ = [
    "ALWAYS",
    "MAX_GUARDS",
    "Formula",
    "Guard",
    "Valuation",
    "parse_guard",
    "symbol",
    "valuations",
]

Valuation: TypeAlias = Mapping[str, bool]
"""The truth of each named guard."""


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula: an operator, and the formulas or names that it is about.

    ``and`` and ``or`` have any number of ``parts``, ``not`` one; ``and`` without parts is true,
    ``or`` false. ``name`` reads the guard that is the one name in ``names``, ``in`` holds where all
    states in ``names`` are active.
    """

    operator: str
    parts: tuple[Formula, ...] = ()
    names: frozenset[str] = frozenset()

    def holds(self, valuation: Valuation, active: frozenset[str]) -> bool:
        """Whether it is true; no part is read that does not matter any more."""
        match self.operator:
            case "name":
                (name,) = self.names
                return valuation[name]
            case "and":
                return all(part.holds(valuation, active) for part in self.parts)
            case "or":
                return any(part.holds(valuation, active) for part in self.parts)
            case "not":
                return not self.parts[0].holds(valuation, active)
        return self.names <= active

    def guards(self) -> Iterator[str]:
        """Yield the named guards that it reads."""
        if self.operator == "name":
            yield from self.names
        for part in self.parts:
            yield from part.guards()


_TRUTH = {True: Formula("and"), False: Formula("or")}


@dataclass(frozen=True, slots=True)
class Guard:
    """A condition: its text, and its meaning."""

    text: str
    formula: Formula

    @classmethod
    def named(cls, text: str) -> Guard:
        """Return a condition that is known by its text; an empty one always holds."""
        return cls(text, Formula("name", (), frozenset({text}))) if text else ALWAYS

    @property
    def names(self) -> frozenset[str]:
        """The named guards that it reads."""
        return frozenset(self.formula.guards())

    def test(self, valuation: Valuation, active: frozenset[str]) -> bool:
        """Whether it holds, given the truth of its guards and the ids of the active states.

        Only ``In('state')`` reads the active states.
        """
        return self.formula.holds(valuation, active)

    def __and__(self, other: Guard) -> Guard:
        if self == ALWAYS:
            return other
        text = f"{_operand(self.text)} and {_operand(other.text)}"
        return Guard(text, Formula("and", (self.formula, other.formula)))

    def negated(self) -> Guard:
        """Return the opposite condition."""
        text = f"not {self.text}" if self.text.isidentifier() else f"not ({self.text})"
        return Guard(text, Formula("not", (self.formula,)))


def _operand(text: str) -> str:
    """Put brackets around an ``or``, so that ``and`` can be added."""
    try:
        tree = ast.parse(text, mode="eval").body
    except SyntaxError:  # the name of a function need not be an expression
        return f"({text})"
    return f"({text})" if isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.Or) else text


ALWAYS = Guard("", _TRUTH[True])


def parse_guard(text: str, where: str, *, opaque: bool = False) -> Guard:
    """Read a boolean expression: names, ``and or not``, comparisons and ``In('state')``.

    A comparison such as ``count > 3`` is one named guard, since the machine holds no values. With
    ``opaque`` any other part, such as ``f(x)``, is a named guard as well, and ``a != b`` the
    opposite of ``a == b``. Raises :class:`MachineError` with ``where`` for anything else.
    """
    try:
        tree = ast.parse(text, mode="eval")
    except SyntaxError as error:
        raise MachineError(f"{where}: cannot read the guard {text!r}") from error
    return Guard(ast.unparse(tree.body), _formula(tree.body, where, opaque))


def _opaque(node: ast.expr) -> Formula:
    match node:
        case ast.Compare(ops=[ast.NotEq()], left=left, comparators=others):
            return Formula("not", (_named(ast.Compare(left, [ast.Eq()], others)),))
    return _named(node)


def _named(node: ast.expr) -> Formula:
    return Formula("name", (), frozenset({ast.unparse(node)}))


def _formula(node: ast.expr, where: str, opaque: bool) -> Formula:
    match node:
        case ast.BoolOp(op=op, values=values):
            parts = tuple(_formula(value, where, opaque) for value in values)
            return Formula("and" if isinstance(op, ast.And) else "or", parts)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return Formula("not", (_formula(operand, where, opaque),))
        case ast.Call(func=ast.Name(id=function), args=args) if function.lower() == "in":
            ids = frozenset(
                a.value for a in args if isinstance(a, ast.Constant) and isinstance(a.value, str)
            )
            if not ids or len(ids) < len(args) or node.keywords:
                raise MachineError(f"{where}: {ast.unparse(node)} must name states in quotes")
            return Formula("in", (), ids)
        case ast.Constant(value=value):
            return _TRUTH[bool(value)]
        case ast.Name():
            return Formula("name", (), frozenset({node.id}))
        case _ if opaque:
            return _opaque(node)
        case ast.Compare():
            read = [n for n in ast.walk(node) if isinstance(n, ast.Name)]
            if not read or any(isinstance(n, ast.Call) for n in ast.walk(node)):
                raise MachineError(
                    f"{where}: the comparison {ast.unparse(node)!r} must read an attribute, and "
                    "nothing but attributes"
                )
            return Formula("name", (), frozenset({ast.unparse(node)}))
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
