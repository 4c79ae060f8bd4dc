"""Mutants: implementations with one fault each, and how many of them a suite detects.

>>> import fsm
>>> from fsm.suites import suite
>>> for score in mutation_score(suite(fsm.load("with-feedback"))):
...     print(score)
wrong-target: 158 of 163 killed
wrong-output: 144 of 144 killed
missing-transition: 11 of 11 killed
extra-state: 83 of 432 killed
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

from fsm.mealy import NOTHING, REJECTED, Mealy
from fsm.suites.differences import first_difference
from fsm.suites.equivalence import trimmed
from fsm.suites.execution.batch import MachineBatch

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fsm.suites.generation import Suite

__all__ = ["KINDS", "LIMIT", "Mutant", "Score", "mutation_score"]

LIMIT = 1000
"""The largest number of mutants of a kind that are run; of more, a sample by the suite's seed."""

_UNDEFINED = -2  # the output of a missing cell; no real output has this number
_BYTES = 1 << 27  # the size of the tables of one batch
_COPY, _NO_OUTPUT = "\0copy", "\0nothing"  # names that no machine has


class Mutant(NamedTuple):
    """A change of one cell: where it leads, and what it answers.

    With ``copy_of`` the cell leads to a new state instead, a copy of that state, in which the
    cell of input ``inner`` is the changed one.
    """

    state: int
    input: int
    target: int
    output: int
    copy_of: int = -1
    inner: int = -1


Mutants: TypeAlias = Callable[[Mealy], Iterator[Mutant]]


class Score(NamedTuple):
    """How many mutants of one kind a suite kills.

    ``equivalent`` mutants behave as the specification does; neither ``killed`` nor ``mutants``
    counts them. ``made`` is the number of all mutants, of which ``mutants + equivalent`` were run.
    ``survivors`` are shortest traces that would kill mutants that passed, a few of them.
    """

    kind: str
    killed: int
    mutants: int
    equivalent: int
    made: int
    survivors: tuple[tuple[str, ...], ...]

    @property
    def rate(self) -> float | None:
        """The share that was killed, in percent; ``None`` where there were no mutants."""
        return 100 * self.killed / self.mutants if self.mutants else None

    def as_dict(self) -> dict[str, object]:
        """Return a value for JSON."""
        return self._asdict() | {"rate": self.rate}

    def __str__(self) -> str:
        return f"{self.kind}: {self.killed:,} of {self.mutants:,} killed"


def wrong_target(mealy: Mealy) -> Iterator[Mutant]:
    """Each cell leads to each other state."""
    for s, x, t, o in _cells(mealy):
        yield from (Mutant(s, x, u, o) for u in range(len(mealy.states)) if u != t)


def wrong_output(mealy: Mealy) -> Iterator[Mutant]:
    """Each cell answers each other output."""
    for s, x, t, o in _cells(mealy):
        yield from (Mutant(s, x, t, p) for p in range(len(mealy.outputs)) if p != o)


def missing_transition(mealy: Mealy) -> Iterator[Mutant]:
    """Each cell stays and rejects the event, or gives no output if the machine rejects none."""
    refusal = next((o for o in (REJECTED, NOTHING) if o in mealy.outputs), None)
    silent = len(mealy.outputs) if refusal is None else mealy.outputs.index(refusal)
    for s, x, t, o in _cells(mealy):
        if (t, o) != (s, silent):
            yield Mutant(s, x, s, silent)


def extra_state(mealy: Mealy) -> Iterator[Mutant]:
    """Each cell leads to a copy of its target in which one cell has a wrong target or output."""
    after, output = mealy.next.tolist(), mealy.output.tolist()
    for s, x, t, _ in _cells(mealy):
        for inner, (u, o) in enumerate(zip(after[t], output[t], strict=True)):
            if u >= 0:
                wrong = ((u + 1) % len(mealy.states), o), (u, (o + 1) % len(mealy.outputs))
                changes = {change for change in wrong if change != (u, o)}
                yield from (Mutant(s, x, *change, t, inner) for change in sorted(changes))


KINDS: dict[str, Mutants] = {
    "wrong-target": wrong_target,
    "wrong-output": wrong_output,
    "missing-transition": missing_transition,
    "extra-state": extra_state,
}


def mutation_score(suite: Suite, limit: int = LIMIT) -> tuple[Score, ...]:
    """Run a suite against the mutants of its machine, kind by kind."""
    mealy = trimmed(suite.mealy)
    return tuple(_score(suite, mealy, kind, limit) for kind in KINDS)


def _score(suite: Suite, mealy: Mealy, kind: str, limit: int) -> Score:
    make = KINDS[kind]
    made = sum(1 for _ in make(mealy))
    chosen = _sampled(make(mealy), made, limit, suite.options.seed)
    passed = list(_passing(suite, mealy, chosen))
    traces = [_killing_trace(mealy, mutant) for mutant in passed]
    survivors = sorted((len(trace), trace) for trace in traces if trace is not None)
    return Score(
        kind,
        killed=len(chosen) - len(passed),
        mutants=len(chosen) - len(passed) + len(survivors),
        equivalent=len(passed) - len(survivors),
        made=made,
        survivors=tuple(trace for _, trace in survivors[:5]),
    )


def _passing(suite: Suite, mealy: Mealy, mutants: list[Mutant]) -> Iterator[Mutant]:
    """Yield the mutants that pass, running as many at once as fit in bounded memory."""
    size = 8 * (len(mealy.states) + 1) * max(1, len(mealy.inputs))
    step = max(1, _BYTES // size)
    for start in range(0, len(mutants), step):
        part = mutants[start : start + step]
        failed = _batch(mealy, part).fails(suite.words(), mealy)
        yield from (mutant for mutant, wrong in zip(part, failed, strict=True) if not wrong)


def _killing_trace(mealy: Mealy, mutant: Mutant) -> tuple[str, ...] | None:
    """Return a shortest trace that detects a mutant, ``None`` where it is equivalent."""
    batch = _batch(mealy, [mutant])
    shown = mealy.shown and (*mealy.shown, mealy.shown[mutant.copy_of])
    outputs = (*mealy.outputs, _NO_OUTPUT)
    output = np.where(batch.output[0] < 0, len(mealy.outputs), batch.output[0])
    states = (*mealy.states, _COPY)
    difference = first_difference(
        mealy, Mealy(mealy.name, states, mealy.inputs, outputs, batch.next[0], output, shown=shown)
    )
    return difference.trace if difference else None


def _cells(mealy: Mealy) -> Iterator[tuple[int, int, int, int]]:
    """Yield each transition: state, input, next state, output."""
    after, output = mealy.next.tolist(), mealy.output.tolist()
    for s, row in enumerate(after):
        yield from ((s, x, t, output[s][x]) for x, t in enumerate(row) if t >= 0)


def _sampled(mutants: Iterator[Mutant], made: int, limit: int, seed: int) -> list[Mutant]:
    if made <= limit:
        return list(mutants)
    kept = set(np.random.default_rng(seed).choice(made, limit, replace=False).tolist())
    return [mutant for i, mutant in enumerate(mutants) if i in kept]


def _batch(mealy: Mealy, mutants: list[Mutant]) -> MachineBatch:
    """Return the mutants as tables; the last state of each mutant is the copied state.

    Cells that the specification lacks get an output that no test expects.
    """
    copies = np.array([mutant.copy_of for mutant in mutants])
    after = _with_copies(np.maximum(mealy.next, 0), copies)
    output = _with_copies(np.where(mealy.output < 0, _UNDEFINED, mealy.output), copies)
    states = len(mealy.states)
    for i, mutant in enumerate(mutants):
        cell = i, mutant.state, mutant.input
        if mutant.copy_of >= 0:
            after[cell] = states
            cell = i, states, mutant.inner
        after[cell], output[cell] = mutant.target, mutant.output
    shown = None if mealy.shown is None else _with_copies(_numbered(mealy.shown), copies)
    return MachineBatch(after, output, shown)


def _with_copies(table: NDArray[np.int32], copies: NDArray[np.int64]) -> NDArray[np.int32]:
    """Return a table once for each mutant, the row of the copied state appended."""
    wide = np.empty((len(copies), len(table) + 1, *table.shape[1:]), dtype=np.int32)
    wide[:, :-1] = table
    wide[:, -1] = table[copies]
    return wide


def _numbered(texts: tuple[str, ...]) -> NDArray[np.int32]:
    number = {text: i for i, text in enumerate(dict.fromkeys(texts))}
    return np.array([number[text] for text in texts], dtype=np.int32)
