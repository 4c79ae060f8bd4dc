"""Whether two instances of an implementation share their state."""

from __future__ import annotations

from collections.abc import Sequence

from fsm.errors import FsmError
from fsm.implementations.connection import Connection
from fsm.implementations.observation import (
    Observed,
    observe_again,
    reset_and_observe,
    send_and_observe,
)

__all__ = ["check_isolation"]

_NOTHING_SEEN = Observed(None, "")
_LOOKS = 2
"""What is seen at each step: once after the others, and once after the event."""


def check_isolation(
    connections: Sequence[Connection], trace: Sequence[str], *, shows: bool
) -> None:
    """Refuse instances of which one changes what another one does.

    The first runs a trace alone, and then again while each of the others is reset and sent the
    first event after every step; then it is looked at once more. The trace should leave the initial
    state, which a reset of another one restores. Raises :class:`FsmError` where the first does not
    do the same twice.
    """
    first, *others = connections
    if not others or not trace:
        return
    alone = _run(first, trace, (), shows=shows)
    for other in others:
        beside = _run(first, trace, [other], shows=shows)
        if beside != alone:
            place = next(i for i, (a, b) in enumerate(zip(alone, beside, strict=True)) if a != b)
            before = ", ".join(trace[: place // _LOOKS]) or "the reset"
            raise FsmError(
                f"{first.name}: two instances share their state: after {before} "
                f"one answers {alone[place].text!r} alone, and {beside[place].text!r} while "
                "another one is reset; leave --jobs out"
            )


def _run(
    connection: Connection, trace: Sequence[str], others: Sequence[Connection], *, shows: bool
) -> list[Observed]:
    seen = [reset_and_observe(connection, shows=shows)]
    for event in trace:
        for other in others:
            reset_and_observe(other, shows=shows)
            send_and_observe(other, trace[0], shows=shows)
        seen.append(observe_again(connection) if shows else _NOTHING_SEEN)
        seen.append(send_and_observe(connection, event, shows=shows))
    return seen
