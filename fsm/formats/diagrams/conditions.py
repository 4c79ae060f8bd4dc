"""Guards as diagrams write them: formulas, ``else``, or any text as one condition."""

from __future__ import annotations

import re
from collections.abc import Sequence

from fsm.errors import MachineError
from fsm.guard import ALWAYS, MAX_GUARDS, Formula, Guard, parse_guard, valuations

__all__ = ["choice_guards", "conjunction", "drawn_guard", "is_exhaustive"]

_OTHERWISE = frozenset({"else", "otherwise"})
# What Python reads as a formula without complaints about odd literals.
_FORMULA = re.compile(r"(?:[A-Za-z_]\w*|\d+(?![\w.])|[()<>=!]|\s)+", re.ASCII)
_NOT = re.compile(r"(?:not\b|!|¬)\s*(.+)", re.IGNORECASE | re.DOTALL)
_LONGEST = 200
_COMPARISON = re.compile(r"([^<>=!]+?)\s*(<=|>=|==|!=|<|>)\s*([^<>=!]+)")
_OPPOSITE = {"<": ">=", ">=": "<", ">": "<=", "<=": ">", "==": "!=", "!=": "=="}
_ANSWERS = {"yes": True, "y": True, "true": True, "no": False, "n": False, "false": False}


def drawn_guard(text: str) -> Guard | None:
    """Return a guard; ``None`` for ``else``. What is no formula is one condition as a whole."""
    if text.casefold() in _OTHERWISE:
        return None
    if _FORMULA.fullmatch(text) and len(text) <= _LONGEST:
        try:
            return parse_guard(text.strip(), "")
        except (MachineError, ValueError, RecursionError, MemoryError):
            pass
    negated = _NOT.fullmatch(text)
    if negated:
        return Guard.named(negated[1].strip()).negated()
    return Guard.named(text)


def choice_guards(texts: Sequence[str], question: str) -> list[Guard | None]:
    """Return the guards of a choice, of which each one is an answer to a question.

    ``yes`` and ``no`` are the choice itself and its opposite, and a comparison is the opposite of
    another one where numbers say so.

    >>> [guard.text for guard in choice_guards(["n < 0", "n >= 0"], "if") if guard]
    ['n < 0', 'not (n < 0)']
    >>> [guard.text for guard in choice_guards(["no", "Yes"], "paid") if guard]
    ['not paid', 'paid']
    """
    guards: list[Guard | None] = []
    stated: dict[str, Guard] = {}
    for text in texts:
        guard = drawn_guard(text) if text else ALWAYS
        answer = _ANSWERS.get(text.casefold())
        opposite = stated.get(_opposite(text))
        if answer is not None:
            guard = Guard.named(question) if answer else Guard.named(question).negated()
        elif opposite is not None:
            guard = opposite.negated()
        elif guard is not None:
            stated[" ".join(text.split())] = guard
        guards.append(guard)
    return guards


def _opposite(text: str) -> str:
    match = _COMPARISON.fullmatch(" ".join(text.split()))
    return f"{match[1]} {_OPPOSITE[match[2]]} {match[3]}" if match else ""


def conjunction(guards: Sequence[Guard]) -> Guard:
    """Return the guard that holds where all of these do."""
    stated = [guard for guard in guards if guard != ALWAYS]
    if len(stated) < 2:
        return stated[0] if stated else ALWAYS
    text = " and ".join(f"({g.text})" if " or " in g.text else g.text for g in stated)
    return Guard(text, Formula("and", tuple(guard.formula for guard in stated)))


def is_exhaustive(guards: Sequence[Guard | None]) -> bool:
    """Whether one of the guards holds at any time; of many conditions, this is not tried."""
    stated = [guard for guard in guards if guard is not None]
    if len(stated) < len(guards) or ALWAYS in stated:
        return True
    names = {name for guard in stated for name in guard.names}
    if len(names) > MAX_GUARDS:
        return False
    return all(
        any(guard.test(valuation, frozenset()) for guard in stated)
        for valuation in valuations(names, "")
    )
