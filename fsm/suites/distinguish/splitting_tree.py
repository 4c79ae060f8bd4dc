"""The splitting tree: partition refinement that keeps the word which split each block.

Source: R. Smetsers, J. Moerman, D. Jansen, Minimal Separating Sequences for All Pairs of States,
LATA 2016. Blocks are split layer by layer, so that the word at the lowest common ancestor of two
states is as short as any that tells them apart.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from fsm.suites.specification import Spec, Word

__all__ = ["SplittingTree"]


class SplittingTree:
    """A tree of blocks of states of a complete specification; blocks in leaves cannot be split.

    Two states in one leaf are equivalent.
    """

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.leaf = [0] * len(spec.next)
        """The leaf each state is in."""
        self.parent = [-1]
        self.depth = [0]
        self.word: list[Word | None] = [None]
        """The word that splits each node; ``None`` for a leaf."""
        self.block = [list(range(len(spec.next)))]
        """The states of each node."""
        self._split(0, ())
        self._refine()

    # Questions

    @property
    def leaves(self) -> Iterator[list[int]]:
        """The classes of equivalent states, each in order."""
        return (b for b, word in zip(self.block, self.word, strict=True) if word is None)

    def apart(self, s: int, t: int) -> Word | None:
        """Return a shortest word that tells two states apart, ``None`` where there is none."""
        return self.word[self._ancestor(self.leaf[s], self.leaf[t])]

    def words(self, state: int) -> Iterator[Word]:
        """Yield the words on the path from a state to the root: they tell it from every other one.

        The words that two states share tell these two apart (harmonised identifiers).
        """
        node = self.parent[self.leaf[state]]
        while node >= 0:
            word = self.word[node]
            if word:
                yield word
            node = self.parent[node]

    # Construction

    def _refine(self) -> None:
        """Split by the leaves of the layer before, layer by layer, until nothing splits."""
        self._split_by_input()
        layer = len(self.block) > 1
        while layer:
            old = list(self.leaf)
            layer = self._split_by(old)

    def _split_by_input(self) -> None:
        """Split by the output of one input, and by what is shown after it."""
        shown = self.spec.shown
        # one number for each (output, shown after it)
        seen = [
            [o * len(shown) + shown[t] for t, o in zip(*cells, strict=True)]
            for cells in zip(self.spec.next, self.spec.output, strict=True)
        ]
        nodes = [node for node, word in enumerate(self.word) if word is None]
        for node in nodes:
            best = self._most_parts(node, seen)
            if best is not None:
                nodes += self._split(node, (best,))

    def _split_by(self, old: list[int]) -> bool:
        split = False
        after = [[old[t] for t in row] for row in self.spec.next]
        nodes = [node for node, word in enumerate(self.word) if word is None]
        for node in nodes:
            best = self._most_parts(node, after)
            if best is not None:
                split = True
                top = self._topmost(sorted({after[s][best] for s in self.block[node]}))
                nodes += self._split_below(node, best, top, old)
        return split

    def _most_parts(self, node: int, table: list[list[int]]) -> int | None:
        """Return the input on which the states of a node differ most, the first of these."""
        block = self.block[node]
        if len(block) < 2:
            return None
        parts = [len(set(column)) for column in zip(*(table[s] for s in block), strict=True)]
        most = max(parts, default=1)
        return parts.index(most) if most > 1 else None

    def _topmost(self, nodes: list[int]) -> int:
        """Return the lowest node above all of these."""
        top = nodes[0]
        for node in nodes[1:]:
            top = self._ancestor(top, node)
        return top

    def _ancestor(self, a: int, b: int) -> int:
        parent, depth = self.parent, self.depth
        while a != b:
            if depth[a] < depth[b]:
                a, b = b, a
            a = parent[a]
        return a

    def _split(self, node: int, word: Word) -> Iterable[int]:
        """Split a node by the outputs of a word; return its children."""
        parts: dict[object, list[int]] = {}
        for s in self.block[node]:
            parts.setdefault(self._trace(s, word), []).append(s)
        return self._grow(node, word, parts.values())

    def _split_below(self, node: int, x: int, top: int, old: list[int]) -> Iterable[int]:
        """Split a node by an input and the word of a node above all that it leads to.

        The states of the node answer the input alike, and what follows is known: the word split
        the states that the input leads to.
        """
        child: dict[int, int] = {}  # of the upper node, by the leaf of the layer before
        parts: dict[object, list[int]] = {}
        for s in self.block[node]:
            leaf = old[self.spec.next[s][x]]
            if leaf not in child:
                below = leaf
                while self.parent[below] != top:
                    below = self.parent[below]
                child[leaf] = below
            parts.setdefault(child[leaf], []).append(s)
        return self._grow(node, (x, *(self.word[top] or ())), parts.values())

    def _grow(self, node: int, word: Word, parts: Collection[list[int]]) -> Iterable[int]:
        """Add a child for each part of a node that a word splits; return the children."""
        if len(parts) < 2:
            return ()
        self.word[node] = word
        first = len(self.word)
        for part in parts:
            for s in part:
                self.leaf[s] = len(self.word)
            self.parent.append(node)
            self.depth.append(self.depth[node] + 1)
            self.word.append(None)
            self.block.append(part)
        return range(first, len(self.word))

    def _trace(self, s: int, word: Word) -> tuple[int, ...]:
        """Return what is shown in a state, and the outputs and what is shown on a word."""
        after, output, shown = self.spec.next, self.spec.output, self.spec.shown
        trace = [shown[s]]
        for x in word:
            trace.append(output[s][x])
            s = after[s][x]
            trace.append(shown[s])
        return tuple(trace)
