"""Twenty systems that keep the status of a message wrongly, each in a way that happens."""

from __future__ import annotations

import sys
import time
from typing import ClassVar

NEXT = {
    ("", "relayed"): "awaiting",
    ("awaiting", "delivered"): "delivered",
    ("awaiting", "hard_bounce"): "hard_bounced",
    ("awaiting", "soft_bounce"): "retrying",
    ("awaiting", "retry_failed"): "exhausted",
    ("retrying", "retry_succeeded"): "delivered",
    ("retrying", "delivered"): "delivered",
    ("retrying", "retry_failed"): "exhausted",
    ("retrying", "soft_bounce"): "retrying",
    ("retrying", "hard_bounce"): "hard_bounced",
    ("delivered", "hard_bounce"): "hard_bounced",
}
STATUS = {"awaiting": "Pending", "delivered": "Sent"}


class Right:
    """What with-feedback says."""

    next: ClassVar = NEXT

    def __init__(self) -> None:
        self.state = ""

    def reset(self) -> object:
        self.state = ""
        return None

    def send(self, event: str) -> object:
        if (self.state, event) not in self.next:
            return "rejected"
        self.state = self.next[self.state, event]
        return None

    def observe(self) -> object:
        return STATUS.get(self.state, "Failed") if self.state else None


class SoftIsHard(Right):
    next: ClassVar = NEXT | {("awaiting", "soft_bounce"): "hard_bounced"}


class LateRetryIgnored(Right):
    next: ClassVar = {k: v for k, v in NEXT.items() if k != ("retrying", "retry_succeeded")}


class LastWriterWins(Right):
    next: ClassVar = NEXT | {("hard_bounced", "delivered"): "delivered"}


class NoAsynchronousBounce(Right):
    next: ClassVar = {k: v for k, v in NEXT.items() if k != ("delivered", "hard_bounce")}


class RelayedTwice(Right):
    next: ClassVar = NEXT | {("delivered", "relayed"): "awaiting"}


class StillRetries(Right):
    next: ClassVar = NEXT | {("retrying", "retry_failed"): "retrying"}


class NoHandover(Right):
    next: ClassVar = NEXT | {("", "delivered"): "delivered"}


class SoftAfterSoftRejected(Right):
    next: ClassVar = {k: v for k, v in NEXT.items() if k != ("retrying", "soft_bounce")}


class GivesNoSign(Right):
    def send(self, event: str) -> object:
        super().send(event)
        return None


class LowerCase(Right):
    def observe(self) -> object:
        shown = super().observe()
        return shown.lower() if isinstance(shown, str) else None


class NothingForFailed(Right):
    def observe(self) -> object:
        shown = super().observe()
        return None if shown == "Failed" else shown


class EmptyAtFirst(Right):
    def observe(self) -> object:
        return super().observe() or ""


class NumberAsStatus(Right):
    def observe(self) -> object:
        shown = super().observe()
        return 1 if shown == "Sent" else shown


class TrueAsAnswer(Right):
    def send(self, event: str) -> object:
        return super().send(event) or True


class RaisesAtHardBounce(Right):
    def send(self, event: str) -> object:
        if event == "hard_bounce" and self.state == "retrying":
            raise KeyError("recipient")
        return super().send(event)


class EndsTheProgram(Right):
    def send(self, event: str) -> object:
        if event == "retry_failed":
            sys.exit("no more retries")
        return super().send(event)


class Hangs(Right):
    def send(self, event: str) -> object:
        if event == "soft_bounce" and self.state == "retrying":
            while True:
                time.sleep(0.05)
        return super().send(event)


class CountsRetries(Right):
    """The third soft bounce ends the retries."""

    def reset(self) -> object:
        self.bounces = 0
        return super().reset()

    def send(self, event: str) -> object:
        answer = super().send(event)
        if event == "soft_bounce" and answer is None:
            self.bounces += 1
            if self.bounces == 2:
                self.state = "exhausted"
        return answer


class ResetKeepsFailures(Right):
    def reset(self) -> object:
        if self.state != "hard_bounced":
            super().reset()
        return None


class SlowCoroutine(Right):
    """Asynchronous, and wrong where a message is delivered at once."""

    async def reset(self) -> object:  # type: ignore[override]
        return super().reset()

    async def send(self, event: str) -> object:  # type: ignore[override]
        if self.state == "awaiting" and event == "delivered":
            return "rejected"
        return super().send(event)


WRONG = (
    SoftIsHard,
    LateRetryIgnored,
    LastWriterWins,
    NoAsynchronousBounce,
    RelayedTwice,
    StillRetries,
    NoHandover,
    SoftAfterSoftRejected,
    GivesNoSign,
    LowerCase,
    NothingForFailed,
    EmptyAtFirst,
    NumberAsStatus,
    TrueAsAnswer,
    RaisesAtHardBounce,
    EndsTheProgram,
    Hangs,
    CountsRetries,
    ResetKeepsFailures,
    SlowCoroutine,
)
