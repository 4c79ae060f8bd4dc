"""The shortest trace on which an implementation fails, searched from a failed test.

A test of a good suite is long because it tests many things at once; a reader wants the shortest
trace that fails. A bounded number of candidates is run against the implementation itself, and the
one that is found is run once more: a difference that does not come back is no reproduction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import product
from typing import NamedTuple

from fsm.implementations.connection import Connection
from fsm.machine_parts import Timer
from fsm.mealy import Mealy
from fsm.suites.execution.implementation import Implementation, RunResult, run_test
from fsm.suites.specification import Spec, Word
from fsm.text import visible

__all__ = ["REPEATS", "RESETS", "Reproduction", "reproduce"]

RESETS = 300
"""How many candidates are run at most."""
REPEATS = 10
"""How often a trace that does not end as before is run, to say how often it fails."""


class Reproduction(NamedTuple):
    """A failing run; ``proven`` where every shorter trace was run, and none fails in this way."""

    run: RunResult
    proven: bool
    is_deterministic: bool = True
    """Whether its trace ended in the same way whenever it was run."""
    failures: int = 2
    """How many of ``runs`` of its trace failed."""
    runs: int = 2

    def __str__(self) -> str:
        trace = visible(", ".join(self.run.trace)) or "(reset)"
        if self.is_deterministic:
            return f"{'shortest' if self.proven else 'short'} reproduction: {trace}"
        ways = ", not always in the same way" if self.failures == self.runs else ""
        return (
            f"not deterministic: fails in {self.failures} of {self.runs} runs{ways}; the trace: "
            f"{trace}"
        )


def reproduce(
    implementation: Implementation | Connection,
    mealy: Mealy,
    failed: RunResult,
    resets: int = RESETS,
    *,
    timers: Sequence[Timer] = (),
    values: Mapping[str, Mapping[str, object]] | None = None,
    is_same: Callable[[RunResult], bool] | None = None,
) -> Reproduction:
    """Return the shortest failing run that is found with this many resets.

    With ``is_same``, only failing runs count of which it says that they fail in the same way.

    It is the failed run itself where nothing shorter fails, or where it does not fail again in the
    same way; deterministic for a deterministic implementation. ``timers`` and ``values`` are those
    with which it failed, see :func:`run_test`.
    """
    run = partial(run_test, implementation, mealy, timers=timers, values=values)
    return _Shrinking(run, mealy, failed, resets, is_same).result()


class _Shrinking:
    """A failing run that gets shorter, and the resets that are left."""

    def __init__(
        self,
        run: Callable[[Iterable[str]], RunResult],
        mealy: Mealy,
        failed: RunResult,
        resets: int,
        is_same: Callable[[RunResult], bool] | None,
    ) -> None:
        self.mealy, self.is_same = mealy, is_same
        self.best, self.left = failed, resets
        self.after = mealy.next.tolist()
        self._run_test = run

    def result(self) -> Reproduction:
        failed = self.best
        again = self._run(failed.trace)
        if again != failed:
            return self._unsteady(failed, again)
        self._by_shortcuts()
        proven = self._by_length()
        if not proven:
            self._by_removal()
        if self.best != failed:
            again = self._run(self.best.trace)
            if again != self.best:
                return self._unsteady(self.best, again)
        return Reproduction(self.best, proven)

    def _run(self, trace: Iterable[str]) -> RunResult:
        self.left -= 1
        return self._run_test(trace)

    def _unsteady(self, failed: RunResult, again: RunResult) -> Reproduction:
        """Run a trace that did not end twice in the same way more often, and count."""
        runs = [failed, again, *(self._run_test(failed.trace) for _ in range(REPEATS - 2))]
        failures = sum(not run.agrees for run in runs)
        return Reproduction(failed, False, False, failures, len(runs))

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
        while i < len(self.word) and self.left > 1:
            word = self.word
            candidate = (*word[:i], *word[i + 1 :])
            if not (self._is_defined(candidate) and self._fails(candidate)):
                i += 1

    @property
    def word(self) -> Word:
        return self.mealy.word(self.best.trace)

    def _fails(self, word: Word) -> bool:
        """Return whether a candidate fails; the failing run becomes the best one."""
        if self.left <= 1:  # one is kept for the trace that is found
            return False
        run = self._run(self.mealy.inputs[x] for x in word)
        fails = not run.agrees and (self.is_same is None or self.is_same(run))
        if fails:
            self.best = run
        return fails

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
