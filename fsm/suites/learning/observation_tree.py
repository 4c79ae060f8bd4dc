"""What an implementation answered, as a tree: one node for each trace that was observed.

Two nodes are *apart* where the same inputs are answered differently after them; then the two
traces lead to different states (F. Vaandrager, B. Garhewal, J. Rot, T. Wissmann, A New Approach for
Active Automata Learning Based on Apartness, 2022).
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator

from fsm.suites.specification import Word

__all__ = ["ROOT", "ObservationTree"]

ROOT = 0
"""The node of the empty trace."""


class ObservationTree:
    """The observed traces; a node is a number, and an answer, too.

    ``shown`` says for each answer what is shown after it, as a number. A node takes 20 bytes.
    """

    def __init__(self, first: int, shown: list[int]) -> None:
        """Take what is shown after a reset, and what is shown after each answer."""
        self.shown = shown
        self._first = first
        self._parent = array("i", [-1])
        self._input = array("i", [-1])
        self._answer = array("i", [-1])
        self._child = array("i", [-1])
        self._sibling = array("i", [-1])

    def __len__(self) -> int:
        return len(self._parent)

    def add(self, node: int, x: int, answer: int) -> int:
        """Return a new node: the answer to an input after a node that had none yet."""
        new = len(self._parent)
        self._parent.append(node)
        self._input.append(x)
        self._answer.append(answer)
        self._child.append(-1)
        self._sibling.append(self._child[node])
        self._child[node] = new
        return new

    def after(self, node: int, x: int) -> int:
        """Return the node that an input leads to, -1 where it was not observed."""
        child = self._child[node]
        while child >= 0 and self._input[child] != x:
            child = self._sibling[child]
        return child

    def end(self, node: int, word: Word) -> int:
        """Return the node that a word leads to, -1 where it was not observed."""
        for x in word:
            node = self.after(node, x)
            if node < 0:
                break
        return node

    def answer(self, node: int) -> int:
        """Return the answer to the last input of a trace."""
        return self._answer[node]

    def shown_in(self, node: int) -> int:
        """Return what is shown in a node."""
        return self.shown[self._answer[node]] if node else self._first

    def children(self, node: int) -> Iterator[tuple[int, int]]:
        """Yield each input that was observed after a node, and the node it leads to."""
        child = self._child[node]
        while child >= 0:
            yield self._input[child], child
            child = self._sibling[child]

    def word(self, node: int, start: int = ROOT) -> Word:
        """Return the inputs that lead to a node from one before it."""
        inputs = []
        while node != start:
            inputs.append(self._input[node])
            node = self._parent[node]
        return tuple(reversed(inputs))

    def leaves(self) -> Iterator[Word]:
        """Yield the longest traces, in the order in which they were observed."""
        for node in range(len(self)):
            if self._child[node] < 0:
                yield self.word(node)

    def witness(self, a: int, b: int) -> Word | None:
        """Return a shortest word that shows two nodes to be apart, ``None`` where none does.

        It is empty where different things are shown in them.
        """
        if self.shown_in(a) != self.shown_in(b):
            return ()
        pairs = [(a, b)]
        for p, q in pairs:  # which grows meanwhile
            for x, after in self.children(p):
                other = self.after(q, x)
                if other >= 0:
                    if self._answer[after] != self._answer[other]:
                        return self.word(after, a)
                    pairs.append((after, other))
        return None

    def tells(self, word: Word, a: int, b: int) -> bool:
        """Whether a word was observed to be answered differently after two nodes."""
        if self.shown_in(a) != self.shown_in(b):
            return True
        for x in word:
            a, b = self.after(a, x), self.after(b, x)
            if a < 0 or b < 0:
                return False
            if self._answer[a] != self._answer[b]:
                return True
        return False
