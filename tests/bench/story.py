"""What all logs of a size tell: fates in the proportions of a newsletter's, ordered by time."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from heapq import heappop, heappush

__all__ = ["SECOND", "Step", "steps"]

SEED = 1
START = 1_767_603_600  # 2026-01-05T09:00:00Z
SECOND = 1_000_000
FATES = ("delivered", "refused", "later", "refused later", "expired", "silent")
SHARES = (74.3, 12.9, 10.3, 0.3, 0.2, 2.0)
DEFERRED, REFUSED, SENT = (
    "452 4.2.2 The mailbox is over its quota, try again later",
    "550 5.1.1 <%s>: Recipient address rejected: User unknown in virtual mailbox table",
    "250 2.0.0 Ok: queued as %s",
)


@dataclass(frozen=True)
class Step:
    """One event of one message. ``time`` counts microseconds since 1970."""

    time: int
    message: int
    event: str
    attempt: int
    since: int
    """Microseconds since the hand-over."""

    @property
    def address(self) -> str:
        number = self.message * 7_919 % 1_000_003
        return f"reader{number}@domain{number % 997}.example"

    @property
    def key(self) -> str:
        """Hexadecimal digits that no other message has."""
        return f"{self.message * 2_654_435_761 % (1 << 40):010X}"

    @property
    def host(self) -> str:
        return f"mx{self.message % 5}.domain{self.message * 7_919 % 1_000_003 % 997}.example"

    @property
    def reply(self) -> str:
        if self.event == "soft_bounce":
            return DEFERRED
        if self.event == "hard_bounce":
            return REFUSED % self.address
        return "" if self.event != "delivered" else SENT % f"4{self.key}"


def steps(messages: int) -> Iterator[Step]:
    """Yield the events of all messages, ordered by time."""
    luck = random.Random(SEED)
    waiting: list[tuple[int, int, str, int, int]] = []
    for message in range(messages):
        began = START * SECOND + message * 20_000
        while waiting and waiting[0][0] <= began:
            yield _step(heappop(waiting))
        yield _step((began, message, "relayed", 0, began))
        for time, event, attempt in _fate(luck, began):
            heappush(waiting, (time, message, event, attempt, began))
    while waiting:
        yield _step(heappop(waiting))


def _step(told: tuple[int, int, str, int, int]) -> Step:
    time, message, event, attempt, began = told
    return Step(time, message, event, attempt, time - began)


def _fate(luck: random.Random, began: int) -> Iterator[tuple[int, str, int]]:
    [fate] = luck.choices(FATES, SHARES)
    time, attempt = began + int(luck.expovariate(0.7) * SECOND), 1
    if fate in ("later", "refused later", "expired"):
        for attempt in range(1, 2 + int(luck.expovariate(0.4))):
            yield time, "soft_bounce", attempt
            time += int((300 << min(attempt, 4)) * SECOND * luck.uniform(0.9, 1.1))
        attempt += 1
    ends = {"refused": "hard_bounce", "refused later": "hard_bounce", "expired": "retry_failed"}
    if fate == "silent":
        return
    yield time, ends.get(fate, "delivered"), attempt
    if fate in ("delivered", "later") and luck.random() < 0.3:
        time += int(luck.expovariate(1 / 3600) * SECOND)
        yield time, "opened", 0
        if luck.random() < 0.15:
            yield time + 30 * SECOND, "clicked", 0
