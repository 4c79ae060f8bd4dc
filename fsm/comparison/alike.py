"""The states of two machines that no trace tells apart, in time that hardly grows with their pairs.

Two machines of n states have n times n pairs of states. Pairs that nothing tells apart lead only to
such pairs, so a search for differences may leave out what follows them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fsm.alphabet import JointInput
from fsm.comparison.result import StatePair
from fsm.comparison.timers import timers_at
from fsm.graph import equivalence_classes
from fsm.machine import Machine

__all__ = ["alike_pairs", "expiry"]


def alike_pairs(
    a: Machine, b: Machine, inputs: Sequence[JointInput]
) -> Callable[[StatePair], bool]:
    """Return what tells whether a state of ``a`` and one of ``b`` are alike.

    Alike states agree in all that a comparison looks at, and so do those that follow them: the
    status, whether it is final, the events accepted, what the deadline and timers do, and the
    indicators of both that count the status.
    """
    labels: list[object] = []
    rows: list[list[int]] = []
    place: dict[tuple[int, str], int] = {}
    named = {i.name for i in a.indicators} & {i.name for i in b.indicators}
    for side, machine in enumerate((a, b)):
        indicators = sorted(
            (i for i in machine.indicators if i.name in named), key=lambda i: i.name
        )
        first = len(place)
        place |= {(side, state.name): first + s for s, state in enumerate(machine.states)}
        symbols = [(joint.a, joint.b)[side] for joint in inputs]
        for state in machine.states:
            steps = [machine.step(state.name, s) if s is not None else None for s in symbols]
            rows.append([place[side, t.target] if t else -1 for t in steps])
            counted = tuple(i.counts(state.status) for i in indicators)
            due = expiry(machine, state.name), timers_at(machine, state.name, steps)
            labels.append((state.status, state.final, due, counted))
    number = {
        s: block for block, states in enumerate(equivalence_classes(labels, rows)) for s in states
    }
    return lambda pair: number[place[0, pair[0]]] == number[place[1, pair[1]]]


def expiry(machine: Machine, state: str) -> str | None:
    """Return what the end of the validity period does in a state."""
    deadline = machine.deadline
    if deadline is None or deadline.state != state:
        return None
    return f"{deadline.event}, counted from {deadline.start}"
