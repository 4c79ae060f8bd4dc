"""Two machines compared: what tells them apart, each difference with a shortest trace.

Both machines run in lockstep from their initial states, over the events that both accept. All
differences are derived; none is declared. An event that depends on guards in one machine only is
compared under every valuation of these guards. States that are reached only by an event that one
machine rejects cannot be compared; the comparison lists them.

>>> import fsm
>>> comparison = compare(fsm.load("with-feedback"), fsm.load("without-feedback"))
>>> for line in describe_comparison(comparison)[:4]:
...     print(line)
with-feedback | without-feedback
One skeleton: 6 states, the same events lead to the same states.
status of awaiting: Pending | Sent; after: relayed
status of retrying: Failed | Sent; after: relayed, soft_bounce
"""

from __future__ import annotations

from fsm.comparison.description import comparison_lines, describe_comparison, remarks
from fsm.comparison.lockstep import compare
from fsm.comparison.result import (
    Comparison,
    Difference,
    DifferenceKind,
    EffectDifference,
    Settlement,
    StatePair,
)

__all__ = [
    "Comparison",
    "Difference",
    "DifferenceKind",
    "EffectDifference",
    "Settlement",
    "StatePair",
    "compare",
    "comparison_lines",
    "describe_comparison",
    "remarks",
]
