"""An implementation that is reset and sent traces, within a bound; what it raises is an answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fsm.conformance.answers import Seen
from fsm.implementations.connection import Connection
from fsm.implementations.observation import Observed, reset_and_observe, send_and_observe
from fsm.mealy import NOTHING, REJECTED

__all__ = ["OverError", "ResetError", "SystemRuns", "are_alike"]


class OverError(Exception):
    """As many events were sent as allowed."""


class ResetError(Exception):
    """The implementation cannot be reset; says why."""


@dataclass
class SystemRuns:
    """Runs of an implementation, counted."""

    connection: Connection
    shows: bool
    """Whether it shows more than its answers."""
    left: int
    """How many events may still be sent."""
    sent: int = 0
    """How many events were sent."""

    def run(self, trace: Sequence[str]) -> list[Seen]:
        """Reset, send a trace, and return what was seen after the reset and after each event.

        After a call that broke the implementation, the same is seen of all that follow. Raises
        :class:`OverError` and :class:`ResetError`.
        """
        if self.left < len(trace):
            raise OverError
        self.left -= len(trace) or 1
        self.sent += len(trace)
        first = reset_and_observe(self.connection, shows=self.shows)
        if first.failure:
            raise ResetError(first.failure)
        seen = [Seen(first.shown if self.shows else NOTHING, False, "")]
        for event in trace:
            if self.connection.is_broken:
                seen.append(seen[-1])
                continue
            now = send_and_observe(self.connection, event, shows=self.shows)
            is_rejected = now.answer == REJECTED
            shown = now.shown
            if not self.shows:
                shown = seen[-1].shown if is_rejected or now.failure else now.answer or NOTHING
            seen.append(Seen(shown or NOTHING, is_rejected, now.failure or self._wrong_answer(now)))
        return seen

    def _wrong_answer(self, now: Observed) -> str:
        """Return what is wrong with an answer that is neither rejected nor what is shown."""
        if not self.shows or now.answer in (None, REJECTED, now.shown):
            return ""
        return f"answers {now.answer!r}, shows {now.shown}"

    @property
    def silence(self) -> tuple[str, ...]:
        """What is seen of an implementation that says nothing."""
        return () if self.shows else (NOTHING,)


def are_alike(a: Seen, b: Seen) -> bool:
    """Whether two answers are the same, but for the words of an exception."""
    kinds = [seen.failure.partition(":")[0] for seen in (a, b)]
    return a[:2] == b[:2] and kinds[0] == kinds[1]
