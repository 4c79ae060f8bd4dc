"""The result of checking a claim."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["CLAIM_FORMS", "Verdict"]

CLAIM_FORMS = (
    "claims are: never P, always P, eventually P, possibly P, each also with 'after Q'; "
    "never P before Q, always P before Q; at most 25 P, at least 1 P; "
    "A + B is constant; A + B <= 1; and of logs: P within 3.5d of Q, never P within 1h of Q, "
    "where Q may be 'start'"
)
"""What can be claimed, for messages about what cannot."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a claim holds.

    Where it does not, ``trace`` is a shortest one that shows it; the events of ``loop``, if any,
    can follow it again and again, and both together are as short as can be.
    """

    claim: str
    """The claim."""
    holds: bool
    """Whether it holds."""
    trace: tuple[str, ...] = ()
    """A shortest trace that refutes it; empty where it holds."""
    loop: tuple[str, ...] = ()
    """Events that can follow the trace again and again."""

    def __str__(self) -> str:
        if self.holds:
            return f"holds: {self.claim}"
        trace = f"trace: {', '.join(self.trace)}" if self.trace else "at the start"
        loop = f", then repeatedly: {', '.join(self.loop)}" if self.loop else ""
        return f"does not hold: {self.claim}; {trace}{loop}"

    def as_dict(self) -> dict[str, Any]:
        """Return a value for JSON."""
        return {
            "claim": self.claim,
            "holds": self.holds,
            "trace": None if self.holds else list(self.trace),
            "loop": None if self.holds else list(self.loop),
        }
