"""What each source says about one cell of a machine, and whether the sources agree.

A cell is a state and an event. A source says that the event is accepted there, perhaps also where
it leads and what is shown afterwards, or that it is rejected; or it is silent.

>>> votes = [Vote.goes_to("document", "sent"), Vote.goes_to("machine", "sent")]
>>> judge([*votes, Vote.accepts("log")]).agrees
True
>>> judge([*votes, Vote.rejects_it("implementation")]).odd_one_out
'implementation'
>>> judge([votes[0], Vote.rejects_it("implementation")]).parties
('document', 'implementation')
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fsm.machine import Machine
from fsm.mealy import NOTHING

__all__ = [
    "DOCUMENT",
    "IMPLEMENTATION",
    "LOG",
    "MACHINE",
    "SOURCES",
    "Judgement",
    "Vote",
    "judge",
    "shown_in",
    "shows_states",
]

DOCUMENT, MACHINE, IMPLEMENTATION, LOG = SOURCES = (
    "document",
    "machine",
    "implementation",
    "log",
)
"""The sources that vote, in the order in which they are listed."""


@dataclass(frozen=True, slots=True)
class Vote:
    """What one source says about a cell, as what it leaves possible."""

    source: str
    """One of :data:`SOURCES`, or ``documented machine`` where it was made from the document."""
    rejects: bool
    """Whether the event may be rejected."""
    targets: frozenset[str] | None
    """The states to which the event may lead; ``None`` where that is not told."""
    shown: frozenset[str] | None
    """What may be shown after the event; ``None`` where that is not told."""
    text: str
    """The same in a few words: ``goes to sent``, ``rejects``."""

    @classmethod
    def goes_to(cls, source: str, target: str, shown: str | None = None) -> Vote:
        """Return the vote of a source that accepts the event and tells where it leads."""
        text = f"goes to {target}" if shown is None else f"goes to {target}, shows {shown}"
        seen = None if shown is None else frozenset([shown])
        return cls(source, False, frozenset([target]), seen, text)

    @classmethod
    def shows(cls, source: str, shown: str) -> Vote:
        """Return the vote of a source that accepts the event and tells what is shown then."""
        return cls(source, False, None, frozenset([shown]), f"accepts, shows {shown}")

    @classmethod
    def accepts(cls, source: str) -> Vote:
        """Return the vote of a source that accepts the event, and does not tell where it leads."""
        return cls(source, False, None, None, "accepts")

    @classmethod
    def rejects_it(cls, source: str, text: str = "rejects") -> Vote:
        """Return the vote of a source that rejects the event."""
        return cls(source, True, frozenset(), frozenset(), text)

    @classmethod
    def fails(cls, source: str, text: str) -> Vote:
        """Return a vote that agrees with no other one."""
        return cls(source, False, frozenset(), frozenset(), text)


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether the votes on a cell agree, and who disagrees."""

    agrees: bool
    """Whether some behaviour of the cell fits all votes."""
    odd_one_out: str | None = None
    """The one source that differs from at least two others that agree; ``None`` without one."""
    parties: tuple[str, ...] = ()
    """The sources that disagree; empty where all agree."""
    camps: tuple[tuple[str, ...], ...] = ()
    """The parties by what they say, where they say two different things; else empty."""


def judge(votes: Sequence[Vote]) -> Judgement:
    """Return whether votes of independent sources agree.

    One source is the odd one out where the others, at least two, agree without it, and that is so
    of no other source.
    """
    if len(votes) < 2 or _agree(votes):
        return Judgement(agrees=True)
    rest_of = {vote: [other for other in votes if other is not vote] for vote in votes}
    odd = [vote for vote, rest in rest_of.items() if len(rest) > 1 and _agree(rest)]
    parties = [v for v, rest in rest_of.items() if any(not _agree((v, other)) for other in rest)]
    parties = parties or list(votes)
    return Judgement(
        agrees=False,
        odd_one_out=odd[0].source if len(odd) == 1 else None,
        parties=tuple(vote.source for vote in parties),
        camps=_camps(parties),
    )


def _camps(parties: Sequence[Vote]) -> tuple[tuple[str, ...], ...]:
    """Return the sources of votes in two groups that agree within themselves, if there are such."""
    with_first = [vote for vote in parties if vote is parties[0] or _agree((vote, parties[0]))]
    others = [vote for vote in parties if vote not in with_first]
    if not (others and _agree(others)) or (len(with_first) > 1 and not _agree(with_first)):
        return ()
    return tuple(tuple(vote.source for vote in camp) for camp in (with_first, others))


def shown_in(machine: Machine, state: str) -> str | None:
    """Return what a machine shows in a state, ``None`` where it shows no more than its states.

    A machine without statuses of its own has the names of its states as statuses, or none.
    """
    return None if shows_states(machine) else machine.status(state) or NOTHING


def shows_states(machine: Machine) -> bool:
    """Whether the statuses of a machine are the names of its states, or it has none."""
    return all(state.status in (None, state.name) for state in machine.states)


def _agree(votes: Sequence[Vote]) -> bool:
    """Whether something is possible by every vote."""
    if all(vote.rejects for vote in votes):
        return True
    told = ([v.targets for v in votes], [v.shown for v in votes])
    return all(
        frozenset.intersection(*sets) if sets else True
        for sets in ([s for s in of_kind if s is not None] for of_kind in told)
    )
