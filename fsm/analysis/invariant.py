"""Invariants: sums of counts that are constant or within bounds in every state with a status.

A name is a status, a state or an indicator; it counts 1 in the states that have it. A sum is that
of one message; over the messages of a delivery the sums add up, so an invariant still holds.

    Delivered + Bounces + errors + Pending is constant
    Sent + Failed <= 1
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from fsm.analysis.verdict import CLAIM_FORMS, Verdict
from fsm.errors import FsmError
from fsm.machine import Machine
from fsm.suggest import remedy

__all__ = ["check_invariant"]

_CONSTANT = " is constant"
_NUMBER = re.compile(r"\d{1,9}(?!\w)")
_COMPARE: dict[str, Callable[[int, int], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "=": operator.eq,
}


class _Term(NamedTuple):
    sign: int
    value: Mapping[str, int]
    """What the term counts in each state."""


def check_invariant(machine: Machine, claim: str) -> Verdict:
    """Check ``SUM is constant`` or ``SUM <= SUM`` in every reachable state that shows a status.

    Raises :class:`FsmError` for unknown names and for a text that is no invariant.
    """
    shown = [(s, trace) for s, trace in machine.shortest_traces() if machine.status(s) is not None]
    if claim.endswith(_CONSTANT):
        terms = _Sum(machine, claim, claim.removesuffix(_CONSTANT)).terms()
        values = {s: _value(terms, s) for s, _ in shown}
        first = next(iter(values.values()), 0)
        wrong = [trace for s, trace in shown if values[s] != first]
    else:
        comparator = re.search(r"<=|>=|!=|<|>|=", claim)
        if not comparator:
            raise FsmError(f"{claim!r} is no claim; {CLAIM_FORMS}")
        left = _Sum(machine, claim, claim[: comparator.start()]).terms()
        right = _Sum(machine, claim, claim[comparator.end() :]).terms()
        holds = _COMPARE[comparator[0]]
        wrong = [trace for s, trace in shown if not holds(_value(left, s), _value(right, s))]
    return Verdict(claim, not wrong, *wrong[:1])


def _value(terms: list[_Term], state: str) -> int:
    return sum(term.sign * term.value.get(state, 0) for term in terms)


class _Sum:
    """Reads a sum from left to right; the longest name wins, for names may hold a plus."""

    def __init__(self, machine: Machine, claim: str, text: str) -> None:
        self.machine, self.claim, self.text = machine, claim, text.strip()
        self.named = _named(machine)

    def terms(self) -> list[_Term]:
        terms, sign = [], 1
        while True:
            terms.append(_Term(sign, self._operand()))
            self.text = self.text.lstrip()
            if not self.text:
                return terms
            if self.text[0] not in "+-":
                raise FsmError(f"{self.claim!r}: + or - is expected before {self.text!r}")
            sign = 1 if self.text[0] == "+" else -1
            self.text = self.text[1:].lstrip()

    def _operand(self) -> Mapping[str, int]:
        for name in self.named:
            rest = self.text.removeprefix(name)
            if rest != self.text and not rest[:1].isalnum() and rest[:1] != "_":
                self.text = rest
                return self.named[name]
        if number := _NUMBER.match(self.text):
            self.text = self.text[number.end() :]
            return dict.fromkeys((s.name for s in self.machine.states), int(number[0]))
        word = re.split(r"\s[+-]\s", self.text)[0]
        raise FsmError(
            f"{self.machine.name}: no status, state or indicator is named {word!r}; "
            f"{remedy(word, self.named, 'fsm show MACHINE')}"
        )


def _named(machine: Machine) -> dict[str, dict[str, int]]:
    """Return the states in which each name counts, the longest names first.

    Where an indicator, a status and a state share a name, the indicator wins, then the status.
    """
    named = {state.name: {state.name: 1} for state in machine.states}
    for status in machine.statuses:
        named[status] = {s.name: 1 for s in machine.states if s.status == status}
    for indicator in machine.indicators:
        named[indicator.name] = {s.name: 1 for s in machine.states if indicator.counts(s.status)}
    return {name: named[name] for name in sorted(named, key=lambda name: (-len(name), name))}
