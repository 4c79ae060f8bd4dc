"""The facts of a machine, claims proved or refuted, and relations to other machines."""

from __future__ import annotations

from fsm.analysis.claim import check_claim
from fsm.analysis.machine_facts import MachineFacts, analyse
from fsm.analysis.relate import equivalent, product, quotient, refines
from fsm.analysis.verdict import Verdict

__all__ = [
    "MachineFacts",
    "Verdict",
    "analyse",
    "check_claim",
    "equivalent",
    "product",
    "quotient",
    "refines",
]
