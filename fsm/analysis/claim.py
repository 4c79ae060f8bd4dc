"""Claims about a machine, each a line of text that is proved, or refuted by a shortest trace.

>>> import fsm
>>> machine = fsm.load("with-feedback")
>>> print(check_claim(machine, "never Sent before event:delivered or retry_succeeded"))
holds: never Sent before event:delivered or retry_succeeded
>>> print(check_claim(machine, "Delivered + Bounces + errors + Pending is constant"))
holds: Delivered + Bounces + errors + Pending is constant
>>> print(check_claim(machine, "eventually Sent after soft_bounce"))
does not hold: eventually Sent after soft_bounce; trace: relayed, soft_bounce, hard_bounce
"""

from __future__ import annotations

from fsm.analysis.invariant import check_invariant
from fsm.analysis.pattern import PATTERNS, check_pattern
from fsm.analysis.verdict import Verdict
from fsm.catalog import as_machine
from fsm.errors import ArgumentError
from fsm.machine import Machine

__all__ = ["check_claim"]


def check_claim(machine: Machine | str, claim: str) -> Verdict:
    """Return whether a claim holds, and a shortest trace against it where it does not.

    ``machine`` is a machine or its name. A claim is a pattern (``never``, ``always``,
    ``eventually``, ``possibly``) or an invariant over statuses, states and indicators.

    Raises :class:`fsm.errors.FsmError` for any other text.
    """
    given: object = claim
    if not isinstance(given, str):
        raise ArgumentError(f"claim: {given!r} is not a text; see fsm analyse --help")
    text = " ".join(claim.split())
    judge = check_pattern if text.split(" ")[0] in PATTERNS else check_invariant
    return judge(as_machine(machine), text)
