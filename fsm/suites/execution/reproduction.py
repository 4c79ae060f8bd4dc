"""The shortest trace on which an implementation fails, searched from a failed test.

A test of a good suite is long because it tests many things at once; a reader wants the shortest
trace that fails. A bounded number of candidates is run against the implementation itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

from fsm.mealy import Mealy
from fsm.suites.execution.implementation import Implementation, RunResult, run_test
from fsm.suites.specification import Spec, Word
from fsm.text import visible

__all__ = ["RESETS", "Reproduction", "reproduce"]

RESETS = 300
"""How many candidates are run at most."""


class Reproduction(NamedTuple):
    """A failing run; ``proven`` where every shorter trace was run and passed."""

    run: RunResult
    proven: bool

    def __str__(self) -> str:
        title = "shortest reproduction" if self.proven else "short reproduction"
        return f"{title}: {visible(', '.join(self.run.trace)) or '(reset)'}"


def reproduce(
    implementation: Implementation, mealy: Mealy, failed: RunResult, resets: int = RESETS
) -> Reproduction:
    """Return the shortest failing run that is found with this many resets.

    It is the failed run itself where nothing shorter fails; deterministic for a deterministic
    implementation.
    """
    return _Shrinking(implementation, mealy, failed, resets).result()


class _Shrinking:
    """A failing run that gets shorter, and the resets that are left."""

    def __init__(
        self, implementation: Implementation, mealy: Mealy, failed: RunResult, resets: int
    ) -> None:
        self.implementation, self.mealy = implementation, mealy
        self.best, self.left = failed, resets
        self.after = mealy.next.tolist()

    def result(self) -> Reproduction:
        self._by_shortcuts()
        proven = self._by_length()
        if not proven:
            self._by_removal()
        return Reproduction(self.best, proven)

    def _by_shortcuts(self) -> None:
        """Reach a state of the trace by its shortest word and go on from there."""
        spec = Spec.of(self.mealy)
        cover = dict(zip(spec.origin, spec.cover, strict=True))
        word = self.word
        visited = self.mealy.walk(word)
        shorter = {(*cover[s], *word[i:]) for i, s in enumerate(visited[:-1])}
        for candidate in sorted(shorter, key=lambda word: (len(word), word)):
            if len(candidate) >= len(word) or self._fails(candidate):
                break

    def _by_length(self) -> bool:
        """Try every shorter trace, while resets last; return whether all of them were tried."""
        inputs = len(self.mealy.inputs)
        for length in range(len(self.word)):
            if inputs**length > self.left:
                return False
            for candidate in self._defined(length):
                if self._fails(candidate):
                    return True
        return True

    def _by_removal(self) -> None:
        """Remove one event after the other, as long as the rest still fails."""
        i = 0
        while i < len(self.word) and self.left:
            word = self.word
            candidate = (*word[:i], *word[i + 1 :])
            if not (self._is_defined(candidate) and self._fails(candidate)):
                i += 1

    @property
    def word(self) -> Word:
        return self.mealy.word(self.best.trace)

    def _fails(self, word: Word) -> bool:
        """Return whether a candidate fails; the failing run becomes the best one."""
        if not self.left:
            return False
        self.left -= 1
        run = run_test(self.implementation, self.mealy, (self.mealy.inputs[x] for x in word))
        if not run.agrees:
            self.best = run
        return not run.agrees

    def _defined(self, length: int) -> Iterator[Word]:
        words = product(range(len(self.mealy.inputs)), repeat=length)
        return (word for word in words if self._is_defined(word))

    def _is_defined(self, word: Word) -> bool:
        state = self.mealy.initial
        for x in word:
            state = self.after[state][x]
            if state < 0:
                return False
        return True
