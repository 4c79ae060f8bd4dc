"""Claims on logs: how many messages agree with what is claimed of them, and which do not."""

from __future__ import annotations

from functools import partial

from fsm.conformance.claims.claim_checking import check_claims
from fsm.conformance.claims.claim_result import ClaimEvent, ClaimResult, Violation
from fsm.submodules import submodule

TYPE_CHECKING = False
__all__ = ["ClaimEvent", "ClaimResult", "Violation", "check_claims"]

if not TYPE_CHECKING:
    # Modules of this package are imported when they are first asked for.
    __getattr__ = partial(submodule, __name__)
