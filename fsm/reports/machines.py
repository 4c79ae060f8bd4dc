"""The sides of a report: each machine with its name, its colour, and what it made of the log."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from fsm.drawing.model import ranks_of
from fsm.engine.result import MachineResult, Replay
from fsm.indicators import percent
from fsm.machine import Indicator, Machine
from fsm.page.palette import RANKS
from fsm.reports.names import labels

__all__ = ["Side", "StatusPart", "sides"]

_COLORS = 4
"""Machines beyond that share colours."""


@dataclass(frozen=True, slots=True)
class StatusPart:
    """The messages of one status; ``rank`` picks its colour."""

    name: str
    rank: int
    count: int
    percent: float | None
    recorded: bool = True
    """Whether the log can know it."""


@dataclass(frozen=True)
class Side:
    """One machine of the report; ``color`` picks its colour."""

    color: int
    label: str
    machine: Machine
    companion: Machine | None
    result: MachineResult

    @cached_property
    def indicators(self) -> tuple[tuple[Machine, Indicator], ...]:
        """The indicators it shows, each with the machine that has it."""
        owners = (self.machine, self.companion)
        return tuple((owner, i) for owner in owners if owner for i in owner.indicators)

    @cached_property
    def recorded(self) -> tuple[tuple[Machine, Indicator], ...]:
        """Those of them that the log can know."""
        unknown = self.result.unrecorded.indicators
        return tuple((owner, i) for owner, i in self.indicators if i.name not in unknown)

    @cached_property
    def ranks(self) -> dict[str, int]:
        """The colour of each status."""
        return {status: rank % RANKS for status, rank in ranks_of(self.machine).items()}

    @property
    def statuses(self) -> Iterator[StatusPart]:
        """The messages of each status, and those that show none yet."""
        whole, counts = self.result.to_send, self.result.statuses
        for name, count in counts.items():
            recorded = name not in self.result.unrecorded.statuses
            yield StatusPart(name, self.ranks[name], count, percent(count, whole), recorded)


def sides(replay: Replay) -> tuple[Side, ...]:
    """Return the machines of a replay in the order in which they were given."""
    machines = {machine.name: machine for machine in replay.counts.machines}
    given = [machines[name] for name in replay.machines]
    named = labels([machine.title for machine in given])
    return tuple(
        Side(
            number % _COLORS,
            label,
            machine,
            machines.get(machine.companion or ""),
            replay.machines[machine.name],
        )
        for number, (label, machine) in enumerate(zip(named, given, strict=True))
    )
