"""Claims about a machine in a line of text, each proved or refuted by a shortest trace.

>>> import fsm
>>> machine = fsm.load("with-feedback")
>>> print(check(machine, "never Sent before event:delivered or retry_succeeded"))
holds: never Sent before event:delivered or retry_succeeded
>>> print(check(machine, "Delivered + Bounces + errors + Pending is constant"))
holds: Delivered + Bounces + errors + Pending is constant
>>> print(check(machine, "eventually Sent after soft_bounce"))
does not hold: eventually Sent after soft_bounce; trace: relayed, soft_bounce, hard_bounce
"""

from __future__ import annotations

from fsm.analysis.invariant import check_invariant
from fsm.analysis.pattern import PATTERNS, check_pattern
from fsm.analysis.verdict import Verdict
from fsm.machine import Machine

__all__ = ["check"]


def check(machine: Machine, claim: str) -> Verdict:
    """Return whether a claim holds, and a shortest trace against it where it does not.

    A claim is a pattern (``never``, ``always``, ``eventually``, ``possibly``) or an invariant
    over statuses, states and indicators. Raises :class:`fsm.errors.FsmError` for what is neither.
    """
    text = " ".join(claim.split())
    judge = check_pattern if text.split(" ")[0] in PATTERNS else check_invariant
    return judge(machine, text)
