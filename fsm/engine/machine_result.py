"""What one machine made of a log: the counts at its end."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

from fsm.engine.unrecorded import RECORDED, Unrecorded
from fsm.indicators import Share
from fsm.read_only import hold_mappings

__all__ = ["MachineResult"]


@dataclass(frozen=True, repr=False)
class MachineResult:
    """What one machine made of a log: the messages in each state, status and indicator."""

    to_send: int
    """How many messages were to be sent."""
    states: dict[str, int]
    """How many messages are in each state at the end."""
    statuses: dict[str, int]
    """How many messages have each status at the end."""
    indicators: dict[str, Share]
    """The indicators at the end, those of a companion included."""
    expired: int
    """Messages whose validity period ended while they were retried."""
    timers: dict[str, int] = field(default_factory=dict)
    """How often each timer fired, as ``{"expire after 30m in waiting": 2}``."""
    unrecorded: Unrecorded = RECORDED
    """What the log cannot know; there, a count of 0 means nothing."""

    def __post_init__(self) -> None:
        hold_mappings(self, "states", "statuses", "indicators", "timers")

    def __repr__(self) -> str:
        return f"<MachineResult of {self.to_send:,} to send: {self.statuses}>"

    def as_dict(self) -> dict[str, object]:
        """Return the counts for JSON; null what is not recorded, which ``not_recorded`` says."""
        unknown = self.unrecorded
        nothing = {"count": None, "percent": None}
        facts = asdict(self)
        del facts["unrecorded"]
        if not self.timers:
            del facts["timers"]
        facts["states"] = facts["states"] | dict.fromkeys(unknown.states)
        facts["statuses"] = facts["statuses"] | dict.fromkeys(unknown.statuses)
        facts["indicators"] = facts["indicators"] | dict.fromkeys(unknown.indicators, nothing)
        return facts | ({"not_recorded": unknown.as_dict()} if unknown else {})

    @property
    def sent(self) -> int:
        """Messages handed over: all that have a status."""
        return sum(self.statuses.values())
