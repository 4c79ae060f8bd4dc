"""Claims without times as monitors: small automata that read the steps of one message.

A monitor holds a value and takes the signal of each step, which is all that it needs to know of
it. Its standing says what the claim is worth after the steps so far, whatever is still to come:

    WAITING    the claim is about what follows something that has not happened
    HELD       nothing contradicts the claim, and nothing is owed
    OWED       something must still happen
    VIOLATED   nothing that is still to come can mend it
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol, TypeAlias, TypeVar

from fsm.analysis.claim_text import PatternClaim
from fsm.conformance.claims.joint_steps import JointStep

__all__ = ["ConstantMonitor", "Monitor", "PatternMonitor", "Standing"]


class Standing(IntEnum):
    """What a claim is worth for one message."""

    WAITING = 0
    HELD = 1
    OWED = 2
    VIOLATED = 3


Value = TypeVar("Value", bound=Hashable)
Signal = TypeVar("Signal", bound=Hashable)
_Scoped: TypeAlias = tuple[Standing, bool]
_Sum: TypeAlias = tuple[int | None, bool]


class Monitor(Protocol[Value, Signal]):
    """An automaton over signals; a violation lasts."""

    def signal(self, step: JointStep) -> Signal:
        """Return what the monitor needs to know of a step."""

    def start(self, initial: JointStep) -> Value:
        """Return the value at the start of a message."""

    def after(self, value: Value, signal: Signal) -> Value:
        """Return the value after a signal."""

    def standing(self, value: Value) -> Standing:
        """Return what the claim is worth."""


@dataclass(frozen=True)
class PatternMonitor:
    """``never``, ``always`` and ``eventually``: a value is (standing, whether in force).

    Within a step the event is read first, then the state, each compared with the claim's subject
    before the marker is looked at (see :mod:`fsm.analysis.pattern`, which must agree).
    """

    claim: PatternClaim

    def signal(self, step: JointStep) -> tuple[bool, bool, bool, bool]:
        """Return whether event and state are of the subject, and whether of the marker."""
        what, marker = self.claim.what, self.claim.marker
        of_marker = (step.takes(marker), step.holds(marker)) if marker else (False, False)
        return step.takes(what), step.holds(what), *of_marker

    def start(self, initial: JointStep) -> _Scoped:
        """Return the value at the start: the initial state is the first thing that is read."""
        in_force = self.claim.marker is None or self.claim.until
        standing = Standing.HELD if in_force else Standing.WAITING
        return self.after((standing, in_force), self.signal(initial))

    def after(self, value: _Scoped, signal: tuple[bool, bool, bool, bool]) -> _Scoped:
        """Return the value after a step."""
        standing, on = value
        what_event, what_state, marker_event, marker_state = signal
        if standing is Standing.VIOLATED:
            return value
        if self.claim.kind == "eventually":
            between = marker_event or (on and not what_event)
            now = marker_state or (between and not what_state)
            waits = standing is Standing.WAITING and not (between or now)
            return Standing.OWED if now else (standing if waits else Standing.HELD), now
        if self.claim.until:
            between = on and not marker_event
            now = between and not marker_state
        else:
            between = on or marker_event
            now = between or marker_state
        if self.claim.kind == "never":
            wrong = (on and what_event) or (between and what_state)
        else:
            wrong = (on and now if self.claim.until else now) and not what_state
        if wrong:
            return Standing.VIOLATED, False
        return Standing.HELD if between or now else standing, now

    def standing(self, value: _Scoped) -> Standing:
        """Return what the claim is worth."""
        return value[0]


@dataclass(frozen=True)
class ConstantMonitor:
    """A sum is constant: a value is (the sum, None before a state shows a status; whether wrong).

    ``sums`` has the sum in each state of the machine with the number ``machine``.
    """

    machine: int
    sums: Mapping[str, int]

    def signal(self, step: JointStep) -> int | None:
        """Return the sum after a step, None where no status is shown."""
        return self.sums.get(step.after[self.machine])

    def start(self, initial: JointStep) -> _Sum:
        """Return the sum in the initial state."""
        return self.signal(initial), False

    def after(self, value: _Sum, signal: int | None) -> _Sum:
        """Return the sum that must not change."""
        total, wrong = value
        if wrong or signal is None:
            return value
        return (signal, False) if total is None else (total, total != signal)

    def standing(self, value: _Sum) -> Standing:
        """Return what the claim is worth."""
        return Standing.VIOLATED if value[1] else Standing.HELD
