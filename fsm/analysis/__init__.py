"""Questions about a machine: its facts, claims proved or refuted, relations to other machines."""

from __future__ import annotations

from fsm.analysis.claim import check
from fsm.analysis.facts import Facts, facts
from fsm.analysis.relate import equivalent, product, quotient, refines
from fsm.analysis.verdict import Verdict

__all__ = ["Facts", "Verdict", "check", "equivalent", "facts", "product", "quotient", "refines"]
