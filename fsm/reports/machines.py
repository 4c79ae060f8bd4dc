"""The sides of a report: each machine with its label, its colour, and its result."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from fsm.drawing.kinds import status_colours
from fsm.drawing.paints import colour_class
from fsm.engine.machine_result import MachineResult
from fsm.engine.result import Replay
from fsm.indicators import percent
from fsm.machine import Indicator, Machine
from fsm.reports.names import short_titles

__all__ = ["Side", "StatusPart", "sides_of"]

_COLORS = 4
"""More machines than that share colours."""


@dataclass(frozen=True, slots=True)
class StatusPart:
    """The messages of one status; ``colour`` is the CSS class of its colour."""

    name: str
    colour: str
    count: int
    percent: float | None
    recorded: bool = True
    """Whether the log records it."""


@dataclass(frozen=True)
class Side:
    """One machine of the report; ``color`` is the number of its colour."""

    color: int
    label: str
    machine: Machine
    companion: Machine | None
    result: MachineResult

    @cached_property
    def indicators(self) -> tuple[tuple[Machine, Indicator], ...]:
        """The indicators of the machine and its companion, each with its machine."""
        owners = (self.machine, self.companion)
        return tuple((owner, i) for owner in owners if owner for i in owner.indicators)

    @cached_property
    def recorded(self) -> tuple[tuple[Machine, Indicator], ...]:
        """The indicators that the log records."""
        unknown = self.result.unrecorded.indicators
        return tuple((owner, i) for owner, i in self.indicators if i.name not in unknown)

    @cached_property
    def colours(self) -> dict[str, str]:
        """The CSS class of the colour of each status."""
        colours = status_colours(self.machine)
        return {status: colour_class(colours[status].colour) for status in self.machine.statuses}

    @property
    def statuses(self) -> Iterator[StatusPart]:
        """The messages of each status."""
        whole, counts = self.result.to_send, self.result.statuses
        for name, count in counts.items():
            recorded = name not in self.result.unrecorded.statuses
            yield StatusPart(name, self.colours[name], count, percent(count, whole), recorded)


def sides_of(replay: Replay) -> tuple[Side, ...]:
    """Return the sides in the order in which the machines were given."""
    machines = {machine.name: machine for machine in replay.counts.machines}
    given = [machines[name] for name in replay.machines]
    labels = short_titles([machine.title for machine in given])
    return tuple(
        Side(
            number % _COLORS,
            label,
            machine,
            machines.get(machine.companion or ""),
            replay.machines[machine.name],
        )
        for number, (label, machine) in enumerate(zip(labels, given, strict=True))
    )
