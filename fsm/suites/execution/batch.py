"""Many implementations run at once: arrays with one row for each machine."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from fsm.mealy import Mealy
from fsm.suites.specification import Word

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints: TypeAlias = NDArray[np.int32]

__all__ = ["MachineBatch"]


@dataclass(frozen=True, eq=False)
class MachineBatch:
    """Complete machines over the inputs and outputs of one specification.

    ``next`` and ``output`` have shape (machines, states, inputs); ``shown``, of shape (machines,
    states), numbers what is seen in each state as in the specification, or is ``None`` where
    nothing is. All begin in state 0.
    """

    next: Ints
    output: Ints
    shown: Ints | None = None

    def __len__(self) -> int:
        return len(self.next)

    def fails(self, words: Iterable[Word], spec: Mealy) -> NDArray[np.bool_]:
        """Return which machines answer some word with other outputs than the specification.

        What is shown counts where both show something. Consecutive words share the run of their
        common prefix; each word must be defined in the specification.
        """
        run = _Run(self, spec)
        before: Word = ()
        for word in words:
            pairs = enumerate(zip(before, word, strict=False))
            common = next((i for i, (x, y) in pairs if x != y), min(len(before), len(word)))
            run.back_to(common)
            for x in word[common:]:
                run.step(x)
            before = word
            if run.is_over:
                break
        return run.failed


class _Run:
    """The states of the machines not yet found wrong, after each input of a word."""

    def __init__(self, batch: MachineBatch, spec: Mealy) -> None:
        count, states, inputs = batch.next.shape
        self.spec_next, self.spec_output = spec.next.tolist(), spec.output.tolist()
        self.seen = _seen(spec) if batch.shown is not None else None
        self.inputs, self.states = inputs, states
        self.next, self.output = batch.next.ravel(), batch.output.ravel()
        self.shown = None if batch.shown is None else batch.shown.ravel()
        self.failed = np.zeros(count, dtype=bool)
        self.machine = np.arange(count)
        self.visited = [np.zeros(count, dtype=np.int32)]
        self.spec_visited = [spec.initial]
        self.is_over = count == 0
        self._check_shown()

    def back_to(self, length: int) -> None:
        """Go back to an earlier length; drop the failed machines when they are the majority."""
        del self.visited[length + 1 :], self.spec_visited[length + 1 :]
        wrong = self.failed[self.machine]
        if 2 * np.count_nonzero(wrong) > len(wrong):
            self.machine = self.machine[~wrong]
            self.visited = [states[~wrong] for states in self.visited]
            self.is_over = not len(self.machine)

    def step(self, x: int) -> None:
        """Run one input and compare."""
        at = self.spec_visited[-1]
        # the index of each machine's cell in the flattened tables
        place = (self.machine * self.states + self.visited[-1]) * self.inputs + x
        self.failed[self.machine[self.output[place] != self.spec_output[at][x]]] = True
        self.visited.append(self.next[place])
        self.spec_visited.append(self.spec_next[at][x])
        self._check_shown()

    def _check_shown(self) -> None:
        if self.shown is not None and self.seen is not None:
            shows = self.shown[self.machine * self.states + self.visited[-1]]
            wrong = shows != self.seen[self.spec_visited[-1]]
            self.failed[self.machine[wrong]] = True


def _seen(spec: Mealy) -> list[int] | None:
    """Number what is shown in each state, in the order of the states."""
    if spec.shown is None:
        return None
    number: dict[str, int] = {}
    return [number.setdefault(text, len(number)) for text in spec.shown]
