"""Every difference between two Mealy machines over the same inputs, each with its trace."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

from fsm.graph import PathSearch
from fsm.mealy import Mealy
from fsm.text import visible, with_visible_ends
from fsm.trace import Trace

__all__ = ["CellDifference", "cell_differences", "first_difference", "uncompared_cells"]


class CellDifference(NamedTuple):
    """A cell of the first machine that the second one answers differently after a trace.

    The trace is a shortest one that ends in this cell and agrees until then; ``input`` is its
    last event, or empty where the machines show different things at the start.
    """

    state: str
    input: str
    expected: str
    got: str
    trace: Trace

    def __str__(self) -> str:
        what = f"{self.input} in {self.state}" if self.input else f"{self.state}, after the reset"
        trace = f"; trace: {', '.join(self.trace)}" if self.trace else ""
        answers = " | ".join(map(with_visible_ends, (self.expected, self.got)))
        return visible(f"{what}: {answers}{trace}")


def cell_differences(a: Mealy, b: Mealy) -> tuple[CellDifference, ...]:
    """Return where ``b`` differs from ``a``: one difference for each cell of ``a``.

    Traces continue only where both machines have agreed so far, except after the reset: what
    follows another difference is not compared, see :func:`uncompared_cells`, and an event that both
    reject there is not told again. What is shown is compared where both machines show something. A
    cell of ``a`` that ``b`` lacks is a difference; missing cells of ``a`` are not compared.
    """
    by_cell: dict[tuple[str, str], CellDifference] = {}
    for difference in _in_lockstep(a, b):
        by_cell.setdefault((difference.state, difference.input), difference)
    return tuple(by_cell.values())


def uncompared_cells(a: Mealy, b: Mealy) -> tuple[tuple[str, str], ...]:
    """Return the cells (state, input) of ``a`` to which only traces with a difference lead."""
    pairs = _agreeing(a, b)
    for _ in _along(a, b, pairs):
        pass
    compared = {s for s, _ in pairs}
    return tuple(
        (a.states[s], a.inputs[x]) for s in a.reached if s not in compared for x in _defined(a, s)
    )


def first_difference(a: Mealy, b: Mealy) -> CellDifference | None:
    """Return the difference with the shortest trace, ``None`` where there is none."""
    return next(_in_lockstep(a, b), None)


_Pairs: TypeAlias = PathSearch[tuple[int, int], str]
"""The pairs of states that traces reach in both machines."""


def _agreeing(a: Mealy, b: Mealy) -> _Pairs:
    return PathSearch[tuple[int, int], str]((a.initial, b.initial))


def _in_lockstep(a: Mealy, b: Mealy) -> Iterator[CellDifference]:
    """Yield the differences, breadth first."""
    first = _shown(a, a.initial, b), _shown(b, b.initial, a)
    if first[0] != first[1]:
        yield CellDifference(a.states[a.initial], "", *first, ())
    yield from _along(a, b, _agreeing(a, b))


def _along(a: Mealy, b: Mealy, pairs: _Pairs) -> Iterator[CellDifference]:
    """Follow the pairs of states as long as the answers agree; yield where they do not."""
    column = [b.inputs.index(name) if name in b.inputs else -1 for name in a.inputs]
    shows = bool(a.shown and b.shown)
    for s, t in pairs:
        for x in _defined(a, s):
            expected, got = (
                mealy.answer(state, cell, shows=shows)
                for mealy, state, cell in ((a, s, x), (b, t, column[x]))
            )
            if expected == got:
                after = int(a.next[s, x]), int(b.next[t, column[x]])
                pairs.reach(after, (s, t), a.inputs[x])
            elif not _stays(a, s, x, b, t, column[x]):
                trace = (*pairs.path((s, t)), a.inputs[x])
                yield CellDifference(a.states[s], a.inputs[x], expected, got, trace)


def _stays(a: Mealy, s: int, x: int, b: Mealy, t: int, y: int) -> bool:
    """Whether both stay and answer alike: then only what they show differs, as it did before."""
    if y < 0 or (s, t) != (a.next[s, x], b.next[t, y]):
        return False
    return a.outputs[int(a.output[s, x])] == b.outputs[int(b.output[t, y])]


def _defined(mealy: Mealy, state: int) -> list[int]:
    return [x for x, t in enumerate(mealy.next[state].tolist()) if t >= 0]


def _shown(mealy: Mealy, state: int, other: Mealy) -> str:
    """Return what is shown in a state, nothing unless both machines show something."""
    return mealy.shown[state] if mealy.shown and other.shown else ""
