"""Whether two instances of an implementation share their state."""

from __future__ import annotations

from collections.abc import Sequence

from fsm.errors import FsmError
from fsm.implementations.connection import Connection
from fsm.implementations.observation import Observed, reset_and_observe, send_and_observe

__all__ = ["check_isolation"]


def check_isolation(
    connections: Sequence[Connection], trace: Sequence[str], *, shows: bool
) -> None:
    """Refuse instances of which one changes what another one does.

    The first runs a trace alone, and then again while each of the others is reset and sent the
    first event after every step. Raises :class:`FsmError` where the first does not do the same
    twice.
    """
    first, *others = connections
    if not others or not trace:
        return
    alone = _run(first, trace, (), shows=shows)
    for other in others:
        beside = _run(first, trace, [other], shows=shows)
        if beside != alone:
            step = next(i for i, (a, b) in enumerate(zip(alone, beside, strict=True)) if a != b)
            raise FsmError(
                f"{first.name}: two instances share their state: after {', '.join(trace[:step])} "
                f"one answers {alone[step].text!r} alone, and {beside[step].text!r} while another "
                "one is reset; leave --jobs out"
            )


def _run(
    connection: Connection, trace: Sequence[str], others: Sequence[Connection], *, shows: bool
) -> list[Observed]:
    seen = [reset_and_observe(connection, shows=shows)]
    for event in trace:
        for other in others:
            reset_and_observe(other, shows=shows)
            send_and_observe(other, trace[0], shows=shows)
        seen.append(send_and_observe(connection, event, shows=shows))
    return seen
