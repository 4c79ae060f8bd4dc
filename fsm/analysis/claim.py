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

from fsm.analysis.claim_text import CountClaim, PatternClaim, WithinClaim, claim_words, read_claim
from fsm.analysis.invariant import check_invariant
from fsm.analysis.pattern import check_number, check_pattern
from fsm.analysis.verdict import Verdict
from fsm.catalog import as_machine
from fsm.errors import FsmError
from fsm.machine import Machine

__all__ = ["check_claim"]


def check_claim(machine: Machine | str, claim: str) -> Verdict:
    """Return whether a claim holds, and a shortest trace against it where it does not.

    ``machine`` is a machine or its name. A claim is a pattern (``never``, ``always``,
    ``eventually``, ``possibly``), a number of occurrences (``at most 25 P``, ``at least 1 P``) or
    an invariant over statuses, states and indicators.

    Raises :class:`fsm.errors.FsmError` for any other text; a claim about times among them, since
    a machine says nothing about times: it is checked on a log.
    """
    text, loaded = claim_words(claim), as_machine(machine)
    match read_claim([loaded], text):
        case PatternClaim() as pattern:
            return check_pattern(loaded, pattern)
        case CountClaim() as count:
            return check_number(loaded, count)
        case WithinClaim():
            raise FsmError(
                f"{text!r}: a machine says nothing about times; "
                "check it on a log: fsm conform LOG --machine MACHINE --claim CLAIM"
            )
    return check_invariant(loaded, text)
