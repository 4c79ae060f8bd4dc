"""The tests of the H method, with words that reuse what the tests run already.

The H method asks of the tests: they run the state cover V and every further word of up to k + 1
inputs, and tell apart, wherever they lead to different states, any two words of V, a word of V and
a longer trace, and any two prefixes of one trace (R. Dorofeeva, K. El-Fakih, N. Yevtushenko, An
Improved Conformance Testing Method, FORTE 2005). Which word does it is free. Here it is one that
tells a trace from many others for few further inputs: a word that the tests run already costs
nothing, one that goes on where a test ends costs its length, any other one the way to it as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fsm.suites.distinguish.identifiers import Identifier, Separator
from fsm.suites.specification import Spec, Word

__all__ = ["reusing_tests"]

VISITED = 400
"""How many places of the tests are visited to find the cheapest word for one pair of traces."""


def reusing_tests(
    spec: Spec, extra_states: int, apart: Separator, identifiers: Sequence[Identifier]
) -> Iterator[Word]:
    """Yield the tests, none a prefix of another, sorted.

    ``apart`` must have a word for every two states that show the same; the words of the identifiers
    are tried as well.
    """
    tests = _Tests(spec, apart, identifiers)
    cover = [tests.run(0, path) for path in spec.cover]
    tests.follow_by_all(cover, extra_states + 1)
    # The deepest states first: words that follow the others are then the beginnings of longer ones.
    for s in reversed(range(len(cover))):
        for x, t in enumerate(spec.next[s]):
            if t >= 0 and spec.parent[t] != (s, x):
                tests.identify(tests.children[cover[s]][x], extra_states, cover)
    for node in cover:
        tests.tell_from_all(node, cover)
    yield from tests.words()


TRIED = 8
"""For how many of the traces that are left a cheapest word is searched, before one is chosen."""


class _Tests:
    """The tests as a tree: nodes are numbers, the root is 0, tests end in the leaves."""

    def __init__(self, spec: Spec, apart: Separator, identifiers: Sequence[Identifier]) -> None:
        self.spec = spec
        self.apart = apart
        self.identifiers = identifiers
        self.children: list[dict[int, int]] = [{}]
        self.state = [0]
        self.depth = [0]
        self.left = 0
        """How many more places the search for a cheapest word may visit."""

    def words(self) -> Iterator[Word]:
        """Yield the tests, sorted."""
        stack: list[tuple[int, Word]] = [(0, ())]
        while stack:
            node, word = stack.pop()
            if not self.children[node]:
                yield word
            stack += [(child, (*word, x)) for x, child in sorted(self.children[node].items())[::-1]]

    # Growing

    def run(self, node: int, word: Word) -> int:
        """Let a word follow a node, and return where it ends."""
        for x in word:
            child = self.children[node].get(x)
            if child is None:
                child = self.children[node][x] = len(self.state)
                self.children.append({})
                self.state.append(self.spec.next[self.state[node]][x])
                self.depth.append(self.depth[node] + 1)
            node = child
        return node

    def follow_by_all(self, nodes: list[int], length: int) -> None:
        """Let every word of a length follow the nodes."""
        for _ in range(length):
            nodes = [
                self.run(node, (x,))
                for node in nodes
                for x, t in enumerate(self.spec.next[self.state[node]])
                if t >= 0
            ]

    def identify(self, node: int, ahead: int, others: list[int]) -> None:
        """Tell a trace, and all that go on with up to ``ahead`` inputs, from the others."""
        self.tell_from_all(node, others)
        if ahead:
            for x, t in enumerate(self.spec.next[self.state[node]]):
                if t >= 0:
                    self.identify(self.children[node][x], ahead - 1, [*others, node])

    def tell_from_all(self, node: int, others: list[int]) -> None:
        """Tell a trace from those of the others that lead to another state."""
        spec, s = self.spec, self.state[node]
        left = [
            other
            for other in others
            if self.state[other] != s
            and spec.shown[self.state[other]] == spec.shown[s]
            and not self._are_told(other, node)
        ]
        while left:
            words = {self._word(node, other) for other in left[:TRIED]}
            words.update(self.identifiers[s].words)
            options = [(*self._price(node, word, left), word) for word in words]
            _, told, word = min(options, key=lambda option: (option[0], len(option[2]), option[2]))
            self.run(node, word)
            for other, length in told.items():
                self.run(other, word[:length])
            left = [other for other in left if other not in told]

    # Prices

    def _price(self, node: int, word: Word, others: list[int]) -> tuple[float, dict[int, int]]:
        """Return the inputs a word adds for each trace it tells from a node, and these traces.

        Each comes with the length of the prefix that does. A word that leaves some over needs
        another word, and with it the way to the node once more.
        """
        told = {}
        cost = self._cost(node, word)
        for other in others:
            length = self.spec.apart(self.state[node], self.state[other], word)
            if length:
                told[other] = length
                cost += self._cost(other, word[:length])
        if len(told) < len(others):
            cost += self.depth[node]
        return (cost / len(told) if told else float("inf")), told

    def _cost(self, node: int, word: Word) -> int:
        """Return how many inputs a word adds that is to follow a node."""
        for i, x in enumerate(word):
            child = self.children[node].get(x)
            if child is None:
                return len(word) - i + (self.depth[node] if self.children[node] else 0)
            node = child
        return 0

    def _are_told(self, a: int, b: int) -> bool:
        """Whether a word that follows both nodes already tells their states apart."""
        spec, state = self.spec, self.state
        pairs = [(a, b)]
        for u, v in pairs:
            after = self.children[v]
            for x, child in self.children[u].items():
                other = after.get(x)
                if other is not None:
                    y, z = state[child], state[other]
                    if (
                        spec.output[state[u]][x] != spec.output[state[v]][x]
                        or spec.shown[y] != spec.shown[z]
                    ):
                        return True
                    if y != z:
                        pairs.append((child, other))
        return False

    def _word(self, a: int, b: int) -> Word:
        """Return the cheapest word found that tells the states of two nodes apart."""
        word = self.apart(self.state[a], self.state[b]) or ()
        self.left = VISITED
        below = self._cost(a, word) + self._cost(b, word)
        found = self._cheapest((a, self.state[a]), (b, self.state[b]), below)
        return found[1] if found else word

    def _cheapest(
        self, a: tuple[int, int], b: tuple[int, int], below: int
    ) -> tuple[int, Word] | None:
        """Return the cheapest word below a cost that tells two states apart, each at a node.

        The node is -1 where a word has left the tests.
        """
        spec, (u, s), (v, t) = self.spec, a, b
        if u < 0 and v < 0:
            word = self.apart(s, t)
            return (2 * len(word), word) if word is not None and 2 * len(word) < below else None
        self.left -= 1
        if self.left < 0:
            return None
        best: tuple[int, Word] | None = None
        for x, (y, z) in enumerate(zip(spec.next[s], spec.next[t], strict=True)):
            if y < 0 or z < 0:
                continue
            left, child = self._step(u, x)
            right, other = self._step(v, x)
            cost = left + right
            if cost >= below:
                continue
            if spec.output[s][x] != spec.output[t][x] or spec.shown[y] != spec.shown[z]:
                best, below = (cost, (x,)), cost
            elif y != z:
                rest = self._cheapest((child, y), (other, z), below - cost)
                if rest is not None:
                    below = cost + rest[0]
                    best = below, (x, *rest[1])
        return best

    def _step(self, node: int, x: int) -> tuple[int, int]:
        """Return what an input costs at a node, and the node it leads to, -1 for a new one."""
        if node < 0:
            return 1, -1
        children = self.children[node]
        if x in children:
            return 0, children[x]
        return (self.depth[node] + 1 if children else 1), -1
