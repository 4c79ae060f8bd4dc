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
from functools import partial
from typing import NamedTuple

from fsm.analysis.verdict import CLAIM_FORMS, Verdict
from fsm.errors import FsmError
from fsm.machine import Machine
from fsm.suggest import remedy

__all__ = ["Invariant", "check_invariant", "read_invariant", "refuse_no_sum"]

_CONSTANT = " is constant"
_COMPARATOR = re.compile(r"(<=|>=|!=|<|>|=)")
_NUMBER = re.compile(r"\d{1,9}(?!\w)")
_ALLOWS: dict[str, Callable[[int], bool]] = {
    "<=": lambda difference: difference <= 0,
    ">=": lambda difference: difference >= 0,
    "!=": lambda difference: difference != 0,
    "<": lambda difference: difference < 0,
    ">": lambda difference: difference > 0,
    "=": lambda difference: difference == 0,
}
"""By the comparator, what the left side less the right one may be."""


class _Term(NamedTuple):
    sign: int
    value: Mapping[str, int]
    """What the term counts in each state."""


class Invariant(NamedTuple):
    """A sum in each state that shows a status, and what is claimed of it.

    The sum is the difference of both sides of a comparison. ``allows`` tells whether a value of it
    agrees with the claim; ``None`` claims that all values are the same one.
    """

    text: str
    values: Mapping[str, int]
    allows: Callable[[int], bool] | None


def check_invariant(machine: Machine, claim: str) -> Verdict:
    """Check ``SUM is constant`` or ``SUM <= SUM`` in every reachable state that shows a status.

    Raises :class:`FsmError` for unknown names and for a text that is no invariant.
    """
    _, values, allows = read_invariant(machine, claim)
    shown = [state for state in machine.traces if state in values]
    allows = allows or partial(operator.eq, values[shown[0]] if shown else 0)
    wrong = next((state for state in shown if not allows(values[state])), None)
    return Verdict(claim, wrong is None, () if wrong is None else machine.traces[wrong])


def read_invariant(machine: Machine, claim: str) -> Invariant:
    """Return what an invariant claims of the states of a machine.

    Raises :class:`FsmError` for unknown names and for a text that is no invariant.
    """
    refuse_no_sum(claim)
    allows = None
    if claim.endswith(_CONSTANT):
        terms = _Sum(machine, claim, claim.removesuffix(_CONSTANT)).terms()
    else:
        left, comparator, right = _COMPARATOR.split(claim, maxsplit=1)
        terms = _Sum(machine, claim, left).terms()
        taken = _Sum(machine, claim, right).terms()
        terms += [term._replace(sign=-term.sign) for term in taken]
        allows = _ALLOWS[comparator]
    shown = [state.name for state in machine.states if state.status is not None]
    return Invariant(claim, {state: _value(terms, state) for state in shown}, allows)


def refuse_no_sum(claim: str) -> None:
    """Raise :class:`FsmError` for a text that claims nothing of a sum, and so is no claim."""
    if not (claim.endswith(_CONSTANT) or _COMPARATOR.search(claim)):
        kind, _, what = claim.partition(" ")
        two = f"write two claims: at most {what}, at least {what}; " if kind == "exactly" else ""
        raise FsmError(f"{claim!r} is no claim; {two}{CLAIM_FORMS}")


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
