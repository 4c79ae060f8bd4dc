"""Machines for the tests of suites: random ones, and every one of a size."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from fsm.mealy import Mealy
from fsm.suites.execution.batch import MachineBatch

NAMES = "abcdefgh"


def every_machine(states: int, inputs: int, outputs: int) -> MachineBatch:
    """Return all complete machines of a size, reachable or not, minimal or not."""
    cells, answers = states * inputs, states * outputs
    number = np.arange(answers**cells)
    digits = np.stack([number // answers**i % answers for i in range(cells)], axis=1)
    digits = digits.reshape(-1, states, inputs).astype(np.int32)
    return MachineBatch(next=digits // outputs, output=digits % outputs)


def inequivalent(batch: MachineBatch, mealy: Mealy) -> np.ndarray:
    """Return which machines some trace tells from a machine, by the pairs of their states.

    A cell that is missing in the machine says nothing. Written for itself: it shares nothing
    with what is tested.
    """
    count, _, inputs = batch.next.shape
    defined = mealy.next >= 0
    differs = batch.output[:, :, None, :] != mealy.output[None, None]
    apart = (differs & defined[None, None]).any(-1)
    machine = np.arange(count)[:, None, None]
    while True:
        further = apart.copy()
        for x in range(inputs):
            later = apart[machine, batch.next[:, :, x, None], mealy.next[None, None, :, x]]
            further |= later & defined[None, None, :, x]
        if np.array_equal(further, apart):
            return apart[:, 0, mealy.initial]
        apart = further


@st.composite
def mealys(
    draw: st.DrawFn,
    states: tuple[int, int] = (1, 6),
    inputs: tuple[int, int] = (1, 3),
    outputs: tuple[int, int] = (1, 3),
    *,
    partial: bool = False,
    shown: bool = False,
) -> Mealy:
    """Draw a machine, reachable or not, minimal or not."""
    n, p, q = (draw(st.integers(*bounds)) for bounds in (states, inputs, outputs))
    after = draw(_table(n, p, -1 if partial else 0, n - 1))
    output = np.where(after < 0, -1, draw(_table(n, p, 0, q - 1)))
    texts = st.lists(st.sampled_from(["Sent", "Failed"]), min_size=n, max_size=n)
    return Mealy(
        "drawn",
        tuple(f"s{i}" for i in range(n)),
        tuple(NAMES[:p]),
        tuple(str(i) for i in range(q)),
        after,
        output,
        shown=tuple(draw(texts)) if shown else None,
    )


@st.composite
def _table(draw: st.DrawFn, rows: int, columns: int, least: int, most: int) -> np.ndarray:
    cells = st.lists(st.integers(least, most), min_size=rows * columns, max_size=rows * columns)
    return np.array(draw(cells), dtype=np.int32).reshape(rows, columns)
