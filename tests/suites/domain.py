"""Search a whole fault domain for a machine that passes a suite and errs all the same.

An implementation is built cell by cell, as the tests ask for it: an undefined cell that a test
runs into leads to each state there is, or to one new state while there may be more, and answers
what is expected. Whatever a test then contradicts is given up. So all machines of a size are
tried without being listed, and those of five or six states are few enough. Written for itself: it
shares nothing with the methods it is to test.
"""

from __future__ import annotations

from collections.abc import Iterable

from fsm.mealy import Mealy

Table = list[list[int]]


def survivor(words: Iterable[tuple[int, ...]], mealy: Mealy, states: int) -> str | None:
    """Return a wrong machine of at most so many states that passes the tests, if there is one."""
    search = _Search(words, mealy, states)
    return search.describe() if search.finds() else None


class _Search:
    """A partial implementation of a specification whose outputs alone are seen.

    What is missing in the specification is not compared.
    """

    def __init__(self, words: Iterable[tuple[int, ...]], mealy: Mealy, states: int) -> None:
        self.right: Table = mealy.next.tolist()
        self.says: Table = mealy.output.tolist()
        self.initial = int(mealy.initial)
        self.tests = [(word, self.expected(word)) for word in sorted(words, key=len)]
        self.next: Table = [[-1] * len(mealy.inputs) for _ in range(states)]
        self.output: Table = [[-1] * len(mealy.inputs) for _ in range(states)]
        self.used = 1
        self.nodes = 0

    def expected(self, word: tuple[int, ...]) -> list[int]:
        outputs, s = [], self.initial
        for x in word:
            outputs.append(self.says[s][x])
            s = self.right[s][x]
        return outputs

    def finds(self) -> bool:
        """Whether a completion of what is built so far passes and errs."""
        self.nodes += 1
        passes, cell = self.open_cell()
        if not passes:
            return False
        if cell is None:
            return self.errs()
        s, x, answer = cell
        used, self.output[s][x] = self.used, answer
        for target in range(min(used + 1, len(self.next))):
            self.next[s][x], self.used = target, max(used, target + 1)
            if self.finds():
                return True
        self.next[s][x], self.output[s][x], self.used = -1, -1, used
        return False

    def open_cell(self) -> tuple[bool, tuple[int, int, int] | None]:
        """Return whether all tests pass as far as they can run, and where the first one stops."""
        found = None
        for word, expected in self.tests:
            s = 0
            for x, answer in zip(word, expected, strict=True):
                target = self.next[s][x]
                if target < 0:
                    found = found or (s, x, answer)
                    break
                if self.output[s][x] != answer:
                    return False, None
                s = target
        return True, found

    def errs(self) -> bool:
        """Whether some trace tells the implementation from the specification."""
        pairs = [(0, self.initial)]
        for s, right in pairs:
            for x, target in enumerate(self.next[s]):
                if self.right[right][x] < 0:
                    continue
                if target < 0 or self.output[s][x] != self.says[right][x]:
                    return True
                if (pair := (target, self.right[right][x])) not in pairs:
                    pairs.append(pair)
        return False

    def describe(self) -> str:
        return f"next {self.next[: self.used]}, output {self.output[: self.used]}"
