"""An implementation that is reset and sent traces, within a bound; what it raises is an answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fsm.conformance.answers import Seen
from fsm.mealy import NOTHING, REJECTED
from fsm.suites.execution.implementation import SYSTEM_FAILURES, Implementation

__all__ = ["OverError", "ResetError", "SystemRuns", "are_alike"]


class OverError(Exception):
    """As many events were sent as allowed."""


class ResetError(Exception):
    """The implementation cannot be reset; says why."""


@dataclass
class SystemRuns:
    """Runs of an implementation, counted."""

    implementation: Implementation
    observe: Callable[[], str] | None
    """Returns what is shown; ``None`` of an implementation that shows nothing but answers."""
    left: int
    """How many events may still be sent."""
    sent: int = 0
    """How many events were sent."""

    def run(self, trace: Sequence[str]) -> list[Seen]:
        """Reset, send a trace, and return what was seen after the reset and after each event.

        Raises :class:`OverError` and :class:`ResetError`.
        """
        if self.left < len(trace):
            raise OverError
        self.left -= len(trace) or 1
        self.sent += len(trace)
        try:
            self.implementation.reset()
        except SYSTEM_FAILURES as error:
            raise ResetError(_failure(error)) from error
        seen = [Seen(self.observe() if self.observe else NOTHING, False, "")]
        for event in trace:
            try:
                answer = self.implementation.send(event)
                failure = ""
            except SYSTEM_FAILURES as error:  # whatever it does, it is an answer
                answer, failure = None, _failure(error)
            text = NOTHING if answer is None else str(answer)
            is_rejected = text == REJECTED
            if self.observe:
                shown = self.observe()
            else:
                shown = seen[-1].shown if is_rejected or failure else text
            seen.append(Seen(shown, is_rejected, failure))
        return seen

    @property
    def silence(self) -> tuple[str, ...]:
        """What is seen of an implementation that says nothing."""
        return () if self.observe else (NOTHING,)


def are_alike(a: Seen, b: Seen) -> bool:
    """Whether two answers are the same, but for the words of an exception."""
    kinds = [seen.failure.partition(":")[0] for seen in (a, b)]
    return a[:2] == b[:2] and kinds[0] == kinds[1]


def _failure(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"
