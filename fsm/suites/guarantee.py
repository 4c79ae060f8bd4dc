"""What a suite proves about an implementation that passes it, and what it assumes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fsm.text import quantity

__all__ = ["Guarantee"]

COVER_SOURCE = (
    "F. Vaandrager, I. Melse, New Fault Domains for Conformance Testing of Finite State Machines, "
    "CONCUR 2025"
)
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
    """What must be observed after each input, ``the output``, and after the reset, if anything."""
    partial: bool
    """Whether the specification has missing cells."""
    coverage: str
    """What the tests of a suite that is not complete run."""
    source: str
    """Where the method and its proof come from."""
    by_cover: bool = False
    """Whether the suite is complete for :attr:`cover_domain` too."""
    fewer_states: int = 0
    """How many states fewer than the specification the implementation may have at most.

    More than 0 only where states of a partial specification cannot be told apart and a suite for
    as many states would be too large.
    """
    completion: str = ""
    """What was assumed about missing cells that were completed, as a sentence."""

    @property
    def implementation_states(self) -> int:
        """How many states the implementation may have, m."""
        return self.states + self.extra_states - self.fewer_states

    @property
    def domain(self) -> str:
        """The fault domain, in words."""
        n, m = self.states, self.implementation_states
        more = f" ({n} + {self.extra_states} extra)" if self.extra_states else ""
        if self.fewer_states:
            more = (
                f" ({self.fewer_states} fewer than the {n} of the specification, of which not every"
                " two can be told apart: a weaker guarantee)"
            )
        states = quantity(m, "state")
        inputs = quantity(self.inputs, "input")
        return f"all machines with at most {states}{more} over the same {inputs}"

    @property
    def cover_domain(self) -> str:
        """The fault domain of the state cover, in words; it has machines of any number of states.

        The state cover is a shortest word to each state of the specification. A machine belongs to
        the domain where each of its states is reached by a word of the cover and at most
        ``extra_states`` further inputs, or where two words of the cover lead to equivalent states.
        """
        further = quantity(self.extra_states, "further input")
        reached = f"a word of the state cover and at most {further}"
        if not self.extra_states:
            reached = "a word of the state cover"
        return (
            f"all machines, whatever the number of their states, each of whose states is reached "
            f"by {reached}, or in which two words of the state cover lead to equivalent states"
        )

    def __str__(self) -> str:
        if not self.complete:
            return f"{self.coverage} Source: {self.source}."
        where = " wherever the specification is defined" if self.partial else ""
        merged = f" Of its {self.declared} states, equivalent ones count once."
        completion = f" {self.completion}" if self.completion else ""
        return (
            f"Complete for {self.domain}: one that passes every test is equivalent to the "
            f"specification{where}.{self._also}{merged if self.declared > self.states else ''} "
            f"Seen after each input: {self.observed}.{completion} Assumed: {ASSUMED}. Source: "
            f"{self.source}."
        )

    @property
    def _also(self) -> str:
        return f" Also complete for {self.cover_domain} ({COVER_SOURCE})." if self.by_cover else ""

    def as_dict(self) -> dict[str, Any]:
        """Return a value for JSON."""
        return {
            "complete": self.complete,
            "text": str(self),
            "states": self.states,
            "declared_states": self.declared,
            "implementation_states": self.implementation_states if self.complete else None,
            "extra_states": self.extra_states,
            "fewer_states": self.fewer_states,
            "completion": self.completion or None,
            "cover_domain": self.cover_domain if self.complete and self.by_cover else None,
            "observed": self.observed,
            "partial": self.partial,
            "source": self.source,
        }
