"""What a suite proves about an implementation that passes it, and what it assumes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fsm.text import quantity

__all__ = ["Guarantee"]

ASSUMED = "the implementation is deterministic and answers every input, and a reset works"


@dataclass(frozen=True, slots=True)
class Guarantee:
    """The fault domain and what passing means in it.

    ``states`` is the number of states of the specification, without equivalent and unreachable
    ones where the suite is ``complete``; the implementation may have ``extra_states`` more. A
    ``partial`` specification has missing cells, about which the suite says nothing.
    """

    complete: bool
    """Whether passing proves equivalence in the fault domain."""
    states: int
    """How many states the specification has."""
    declared: int
    """The number of reachable states of the specification, equivalent ones included."""
    inputs: int
    """How many inputs it has."""
    extra_states: int
    """How many more states the implementation may have."""
    observed: str
    """What must be observed after each input: ``output``, ``output and status``, ..."""
    partial: bool
    """Whether the specification has missing cells."""
    coverage: str
    """What the tests of a suite that is not complete run."""
    source: str
    """Where the method and its proof come from."""

    @property
    def implementation_states(self) -> int:
        """How many states the implementation may have, m."""
        return self.states + self.extra_states

    @property
    def domain(self) -> str:
        """The fault domain, in words."""
        n, m = self.states, self.implementation_states
        more = f" ({n} + {self.extra_states} extra)" if self.extra_states else ""
        states = quantity(m, "state")
        inputs = quantity(self.inputs, "input")
        return f"all machines with at most {states}{more} over the same {inputs}"

    def __str__(self) -> str:
        if not self.complete:
            return f"{self.coverage} Source: {self.source}."
        where = " wherever the specification is defined" if self.partial else ""
        merged = f" Of its {self.declared} states, equivalent ones count once."
        return (
            f"Complete for {self.domain}: one that passes every test is equivalent to the "
            f"specification{where}.{merged if self.declared > self.states else ''} Seen after "
            f"each input: {self.observed}. Assumed: {ASSUMED}. Source: {self.source}."
        )

    def as_dict(self) -> dict[str, Any]:
        """Return a value for JSON."""
        return {
            "complete": self.complete,
            "text": str(self),
            "states": self.states,
            "declared_states": self.declared,
            "implementation_states": self.implementation_states if self.complete else None,
            "extra_states": self.extra_states,
            "observed": self.observed,
            "partial": self.partial,
            "source": self.source,
        }
