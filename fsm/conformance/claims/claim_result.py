"""What a log says about a claim."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ClaimEvent", "ClaimResult", "Violation"]


@dataclass(frozen=True, slots=True)
class ClaimEvent:
    """An event of the log that a violation is about."""

    event: str
    """The event."""
    timestamp: str
    """When it happened (RFC 3339, UTC)."""
    file: str
    """The file."""
    line: int
    """The line."""

    def as_dict(self) -> dict[str, object]:
        """Return a value for JSON."""
        return {
            "event": self.event,
            "timestamp": self.timestamp,
            "file": self.file,
            "line": self.line,
        }


@dataclass(frozen=True, slots=True)
class Violation:
    """A message that violates a claim."""

    message: str
    """The id of the message."""
    recipient: str | None
    """The recipient, where the log has any."""
    why: str
    """What was found."""
    events: tuple[ClaimEvent, ...]
    """The events concerned; at the last one the violation was found."""

    def as_dict(self) -> dict[str, object]:
        """Return a value for JSON."""
        recipient = {} if self.recipient is None else {"recipient": self.recipient}
        return {
            "message": self.message,
            **recipient,
            "file": self.events[-1].file,
            "line": self.events[-1].line,
            "why": self.why,
            "events": [event.as_dict() for event in self.events],
        }


@dataclass(frozen=True, slots=True)
class ClaimResult:
    """How many messages of a log agree with a claim, and the first ones that do not."""

    claim: str
    """The claim."""
    messages: int
    """The messages to which it applies: all, or with "after Q" and "of Q" those that have a Q."""
    violated: int
    """Those that violate it, whatever may still happen."""
    open: int
    """Those in which something must still happen, and still can."""
    examples: tuple[Violation, ...] = ()
    """The first messages that violate it, in the order of the log."""
    absent: tuple[str, ...] = ()
    """Events that the claim names and the log does not have."""
    notes: tuple[str, ...] = ()
    """What to know of how the claim was read, and of names that the log does not have."""

    @property
    def satisfied(self) -> int:
        """The messages that agree with it so far."""
        return self.messages - self.violated - self.open

    def as_dict(self) -> dict[str, object]:
        """Return a value for JSON."""
        return {
            "claim": self.claim,
            "messages": self.messages,
            "satisfied": self.satisfied,
            "violated": self.violated,
            "open": self.open,
            "absent": list(self.absent),
            "notes": list(self.notes),
            "examples": [example.as_dict() for example in self.examples],
        }
