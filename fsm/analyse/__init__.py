"""Questions about a machine: its facts, claims proved or refuted, relations to other machines."""

from __future__ import annotations

from fsm.analyse.claim import check
from fsm.analyse.facts import Facts, facts
from fsm.analyse.relate import equivalent, product, quotient, refines
from fsm.analyse.verdict import Verdict

__all__ = ["Facts", "Verdict", "check", "equivalent", "facts", "product", "quotient", "refines"]
