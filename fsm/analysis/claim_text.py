"""The forms of claims: how a line of text is read, for machines and for logs alike.

    never P, always P, eventually P, possibly P         also with "after Q"
    never P before Q, always P before Q
    at most N P, at least N P
    P within D of Q, never P within D of Q              D is a duration such as 3.5d; Q may be start

P and Q are names of events, states and statuses, joined by ``or``
(:mod:`fsm.analysis.claim_names`); a name with such a word in it is quoted, as in
``never "pay or return" after open``. Sums over states are another kind of claim
(:mod:`fsm.analysis.invariant`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple, TypeAlias

from fsm.analysis.claim_names import Names, keep_together, read_names
from fsm.arguments import LONGEST
from fsm.epoch import duration_fault, read_duration
from fsm.errors import ArgumentError, FsmError
from fsm.machine import Machine

__all__ = [
    "START",
    "CountClaim",
    "NamesByMachine",
    "PatternClaim",
    "WithinClaim",
    "claim_words",
    "read_claim",
]

START = "start"
"""In ``of start``: the beginning of the trace."""
_PATTERNS = ("never", "always", "eventually", "possibly")
_COUNT = re.compile(r"at (most|least) (\S+) (.+)")
_WITHIN = re.compile(r"(.+) within (\S+|\d.{0,60}?) of (.+)")
_NUMBER = re.compile(r"\d{1,9}")
_QUOTED = re.compile(r'"[^"]*"')

NamesByMachine: TypeAlias = tuple[Names, ...]
"""What a part of a claim stands for, in each machine."""


class PatternClaim(NamedTuple):
    """``never P after Q`` and its like: about ``what``, in the scope that ``marker`` opens.

    With ``until`` the marker ends the scope. Without a marker the scope is the whole trace.
    """

    text: str
    kind: str
    what: NamesByMachine
    marker: NamesByMachine | None
    until: bool


class CountClaim(NamedTuple):
    """``at most N P``, or ``at least N P``."""

    text: str
    most: bool
    number: int
    what: NamesByMachine


class WithinClaim(NamedTuple):
    """``P within D of Q``: after each Q, P happens before more than D has passed.

    ``forbidden`` claims that it does not. A ``marker`` of None stands for the start of the trace.
    """

    text: str
    forbidden: bool
    what: NamesByMachine
    limit: timedelta
    marker: NamesByMachine | None


def claim_words(claim: str) -> str:
    """Return the text of a claim with single spaces; raises :class:`ArgumentError` for no text."""
    given: object = claim
    if not isinstance(given, str):
        raise ArgumentError(f"claim: {given!r} is not a text; see fsm analyse --help")
    return " ".join(given.split())


def read_claim(
    machines: Sequence[Machine], claim: str
) -> PatternClaim | CountClaim | WithinClaim | None:
    """Read a claim about a machine and its companions; None where it can only be a sum.

    Raises :class:`FsmError` for unknown names, and for a text that begins like a claim and is none.
    """
    text = _QUOTED.sub(lambda match: keep_together(match[0]), claim)
    if match := _WITHIN.fullmatch(text):
        return _within(machines, claim, *match.groups())
    if match := _COUNT.fullmatch(text):
        most, number, what = match.groups()
        if not _NUMBER.fullmatch(number):
            raise FsmError(f"{claim!r}: {number!r} is not a whole number below 1,000,000,000")
        return CountClaim(claim, most == "most", int(number), read_names(machines, claim, what))
    if text.split(" ")[0] in _PATTERNS:
        return _pattern(machines, claim, text)
    return None


def _pattern(machines: Sequence[Machine], claim: str, text: str) -> PatternClaim:
    kind, _, rest = text.partition(" ")
    subject, scope, marker = rest, "", ""
    for word in (" after ", " before "):
        if word in rest:
            subject, scope, marker = rest.partition(word)
    if scope == " before " and kind in ("eventually", "possibly"):
        raise FsmError(f"{claim!r}: {kind} takes 'after' only; write: never Q before P")
    what = read_names(machines, claim, subject)
    if kind == "always" and any(names.events for names in what):
        raise FsmError(f"{claim!r}: always is about states and statuses, not about events")
    names = read_names(machines, claim, marker) if scope else None
    return PatternClaim(claim, kind, what, names, scope == " before ")


def _within(
    machines: Sequence[Machine], claim: str, subject: str, duration: str, marker: str
) -> WithinClaim:
    limit = read_duration(duration)
    fault = duration_fault(duration, LONGEST)
    if limit is None or fault:
        raise FsmError(
            f"{claim!r}: {duration!r} {fault}; "
            "write for example 3.5d, 36h or 1h 30m, and 0s for the same time"
        )
    first, _, rest = subject.partition(" ")
    if first in _PATTERNS and first != "never":
        raise FsmError(
            f"{claim!r}: {first} takes no time; "
            f"write: P within {duration} of Q, or never P within {duration} of Q"
        )
    forbidden = first == "never"
    what = read_names(machines, claim, rest if forbidden else subject)
    names = None if marker == START else read_names(machines, claim, marker)
    return WithinClaim(claim, forbidden, what, limit, names)
