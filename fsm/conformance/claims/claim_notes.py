"""What to know of how a claim was read, and of names that the log does not have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

from fsm.analysis.claim_names import kinds_of, misread
from fsm.analysis.claim_text import START
from fsm.conformance.claims.claim_observers import (
    LogClaim,
    is_from_start,
    named_events,
    parts_of,
)
from fsm.engine.result import Replay
from fsm.engine.undefined import undefined_events
from fsm.machine import Machine
from fsm.suggest import suggestion

__all__ = ["ClaimNotes"]


class ClaimNotes:
    """Notes on claims that were observed in a replay; ``machines`` are those of the claims."""

    def __init__(self, result: Replay, machines: Sequence[Machine]) -> None:
        self.result, self.machines = result, machines
        self.alone = not machines[0].name

    def absent(self, claim: LogClaim) -> tuple[str, ...]:
        """Return the events that a claim names and the log does not have, sorted."""
        return tuple(sorted(named_events(claim) & self.result.counts.unseen))

    def notes(self, claim: LogClaim, *, vacuous: bool) -> Iterator[str]:
        """Yield the notes on a claim; ``vacuous`` where nothing violates it, or is owed."""
        if is_from_start(claim) and (kinds := self._kinds_of_start()):
            several = " or ".join(f"{kind}:{START}" for kind in kinds)
            yield f"{START!r} is the beginning of each trace here; what has that name is {several}"
        if absent := self.absent(claim):
            note = f"the log has no event {', '.join(absent)}"
            if not self.alone:
                yield note
                return
            nothing = ", so it applied to nothing" if vacuous and self._is_empty(claim) else ""
            advice = map(self._advice, absent)
            yield "; ".join(dict.fromkeys(filter(None, [note + nothing, *advice])))

    def _kinds_of_start(self) -> list[str]:
        """Return what else is named as the beginning of a trace is: an event, a state, a status."""
        if self.alone:
            return [] if START in self.result.counts.unseen else ["event"]
        kinds = (kind for machine in self.machines for kind in kinds_of(machine, START))
        return list(dict.fromkeys(kinds))

    def _is_empty(self, claim: LogClaim) -> bool:
        """Return whether a log alone has nothing of the subject, or nothing of the marker."""
        unseen = self.result.counts.unseen
        return any(all(names.events <= unseen for names in part) for part in parts_of(claim))

    def _advice(self, name: str) -> str:
        return suggestion(name, self._events) or misread(name)

    @cached_property
    def _events(self) -> list[str]:
        """The events of the log; those that no claim names are read once more."""
        unseen = self.result.counts.unseen
        claimed = [event for event in self.machines[0].events if event not in unseen]
        return [*claimed, *undefined_events(self.result)]
