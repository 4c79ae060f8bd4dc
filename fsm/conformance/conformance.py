"""The result of a conformance check: one part for each question that was asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fsm.conformance.least_repair import LeastRepair
from fsm.engine.result import Replay
from fsm.machine import Machine
from fsm.unit import Unit, unit_of

if TYPE_CHECKING:
    from fsm.conformance.causes import Cause
    from fsm.conformance.cells import CellComparison
    from fsm.conformance.claims.claim_result import ClaimResult

__all__ = ["Conformance"]


@dataclass(frozen=True, repr=False)
class Conformance:
    """Where a machine and what it is compared with disagree. A part not asked for is ``None``."""

    machine: Machine
    """The machine; one without a name stands for a log whose events are claimed about alone."""
    replay: Replay | None = None
    """The replay of the log; ``None`` without a log."""
    repair: LeastRepair | None = None
    """The least repair of the log; ``None`` without a log."""
    cells: CellComparison | None = None
    """The verdict on each cell; ``None`` where no other source than the log was given."""
    causes: tuple[Cause, ...] = ()
    """Why messages do not fit, the most frequent cause first."""
    may_end: str = "any"
    """Where messages may end: in ``any`` state but the initial one, ``all``, or ``final`` ones."""
    outside: str = "beside"
    """What events are that the machine does not have: counted ``beside``, or ``extra``."""
    claims: tuple[ClaimResult, ...] | None = None
    """What the log says about each claim; ``None`` where nothing was claimed."""

    @property
    def agrees(self) -> bool:
        """Whether no part found a disagreement."""
        if self.cells is not None and self.cells.disagreements:
            return False
        if any(claim.violated for claim in self.claims or ()):
            return False
        return self.repair is None or self.repair.not_fitting == 0

    @property
    def unit(self) -> Unit:
        """What one message is called."""
        return self.replay.unit if self.replay else unit_of([self.machine])

    def as_dict(self) -> dict[str, object]:
        """Return the result for JSON; each part adds its own members."""
        facts: dict[str, object] = {"machine": self.machine.name or None, "unit": self.unit.name}
        if self.repair is not None:
            facts |= {"may_end": self.may_end, "outside_counts_as": self.outside}
            facts |= self.repair.as_dict()
            facts["causes"] = [cause.as_dict() for cause in self.causes]
        if self.cells is not None:
            facts |= self.cells.as_dict()
        if self.claims is not None:
            facts["claims"] = [claim.as_dict() for claim in self.claims]
        return facts

    def __repr__(self) -> str:
        return f"<Conformance to {self.machine.name}: {'agrees' if self.agrees else 'disagrees'}>"
