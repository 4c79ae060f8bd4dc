"""Breadth-first search, shortest lassos and classes of equivalent states of a graph.

>>> arcs = {"a": [("x", "b"), ("y", "c")], "b": [("z", "c")], "c": []}
>>> search = PathSearch[str, str]("a")
>>> for node in search:
...     search.expand(node, arcs[node])
>>> list(search), search.path("c")
(['a', 'b', 'c'], ('y',))
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Generic, TypeVar, overload

from fsm.read_only import Unchangeable

__all__ = [
    "PathSearch",
    "SharedPath",
    "ShortestPaths",
    "breadth_first",
    "equivalence_classes",
    "reaching",
    "shortest_lasso",
]

Node = TypeVar("Node", bound=Hashable)
Label = TypeVar("Label")


class PathSearch(Generic[Node, Label]):
    """A search that the caller drives: iterate over the nodes and report the arcs that leave each.

    Nodes come in the order in which they were reached, so paths are shortest ones; among paths of
    one length, the arcs reported first win. The caller expands the nodes, and can therefore stop
    early, refuse too large a graph, or compare what it meets, without computing an arc twice.
    """

    __slots__ = ("_arrival", "_nodes")

    def __init__(self, *starts: Node) -> None:
        self._arrival: dict[Node, tuple[Node, Label] | None] = dict.fromkeys(starts)
        self._nodes = list(self._arrival)

    def __iter__(self) -> Iterator[Node]:
        return iter(self._nodes)  # an iterator of a list also yields what is appended meanwhile

    def __len__(self) -> int:
        return len(self._nodes)

    def __contains__(self, node: object) -> bool:
        return node in self._arrival

    def reach(self, target: Node, source: Node, label: Label) -> None:
        """Report an arc from one node to another; only the first one to a node counts."""
        if target not in self._arrival:
            self._arrival[target] = source, label
            self._nodes.append(target)

    def expand(self, source: Node, arcs: Iterable[tuple[Label, Node]]) -> None:
        """Report all arcs of a node, each a label and a target."""
        arrival, nodes = self._arrival, self._nodes
        for label, target in arcs:
            if target not in arrival:
                arrival[target] = source, label
                nodes.append(target)

    def arrival(self, node: Node) -> tuple[Node, Label] | None:
        """Return the arc that reached a node, its source and label; ``None`` for a start."""
        return self._arrival[node]

    def path(self, node: Node) -> tuple[Label, ...]:
        """Return the labels of a shortest path from a start to a node that was reached."""
        labels = []
        while arrival := self._arrival[node]:
            node, label = arrival
            labels.append(label)
        return tuple(reversed(labels))

    def lengths(self) -> dict[Node, int]:
        """Return the length of a shortest path to each node, nearest nodes first."""
        lengths: dict[Node, int] = {}
        for node, arrival in self._arrival.items():
            lengths[node] = lengths[arrival[0]] + 1 if arrival else 0
        return lengths

    def paths(self) -> ShortestPaths[Node, Label]:
        """Return the shortest path to each node, nearest nodes first."""
        return ShortestPaths(self)


class ShortestPaths(Unchangeable, Mapping[Node, tuple[Label, ...]]):
    """The nodes that a search reached, each with a shortest path to it.

    A path is made when it is asked for, since the paths together can be as long as the square of
    the number of nodes.
    """

    __slots__ = ("_search",)

    def __init__(self, search: PathSearch[Node, Label]) -> None:
        self._search = search

    def __iter__(self) -> Iterator[Node]:
        return iter(self._search)

    def __len__(self) -> int:
        return len(self._search)

    def __contains__(self, node: object) -> bool:
        return node in self._search

    def __getitem__(self, node: Node) -> tuple[Label, ...]:
        return self._search.path(node)

    def __repr__(self) -> str:
        return repr(dict(self))


class SharedPath(Sequence[Label]):
    """A shortest path to a node that a search reached, and what follows it.

    Its labels are made when they are asked for: many paths with one beginning take little memory.
    It equals the tuple of its labels.
    """

    __slots__ = ("_last", "_length", "_node", "_search")

    def __init__(
        self, search: PathSearch[Any, Label], node: Hashable, length: int, *last: Label
    ) -> None:
        """Take a node, the length of the path to it, and the labels after that path."""
        self._search, self._node, self._last = search, node, last
        self._length = length + len(last)

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[Label]:
        return iter((*self._search.path(self._node), *self._last))

    @overload
    def __getitem__(self, place: int) -> Label: ...

    @overload
    def __getitem__(self, place: slice) -> tuple[Label, ...]: ...

    def __getitem__(self, place: int | slice) -> Label | tuple[Label, ...]:
        return tuple(self)[place]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SharedPath | tuple) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return repr(tuple(self))


def breadth_first(
    starts: Iterable[Node], successors: Callable[[Node], Iterable[Node]]
) -> dict[Node, None]:
    """Return the nodes that can be reached, the starts among them, nearest first.

    The result is an ordered set.
    """
    reached = dict.fromkeys(starts)
    nodes = list(reached)
    for node in nodes:
        for target in successors(node):
            if target not in reached:
                reached[target] = None
                nodes.append(target)
    return reached


def reaching(goals: Iterable[Node], arcs: Iterable[tuple[Node, Node]]) -> dict[Node, None]:
    """Return the nodes from which arcs (source, target) lead to a goal, the goals among them.

    >>> list(reaching(["c"], [("a", "b"), ("b", "c"), ("c", "d")]))
    ['c', 'b', 'a']
    """
    sources: dict[Node, list[Node]] = {}
    for source, target in arcs:
        sources.setdefault(target, []).append(source)
    return breadth_first(goals, lambda node: sources.get(node, ()))


def shortest_lasso(
    stems: PathSearch[Node, Label],
    arcs: Mapping[Node, Sequence[tuple[Label, Node]]],
    below: int | None = None,
) -> tuple[tuple[Label, ...], tuple[Label, ...]] | None:
    """Return the shortest path into a loop along ``arcs``, and the loop: together the shortest.

    Of several lassos the one with the shortest path into the loop is returned; of these the one
    whose path, then whose loop, has the first labels, in the order in which arcs were reported.
    The result is ``None`` where there is no loop, or none of fewer than ``below`` labels.

    The loop of a shortest lasso begins with the node of it that the search reached first. So each
    node is tried in this order, and then left out together with all nodes that are on no loop any
    more. The time is at most that of one search from each node.

    >>> search = PathSearch[int, str](0)
    >>> arcs = {0: [("a", 1), ("b", 2)], 1: [("a", 2)], 2: [("c", 1), ("d", 3)], 3: []}
    >>> for node in search:
    ...     search.expand(node, arcs[node])
    >>> shortest_lasso(search, arcs)
    (('a',), ('a', 'c'))
    """
    length = stems.lengths()
    loops = _Loops(arcs)
    best: tuple[Node, tuple[Label, ...]] | None = None
    for node in stems:
        if below is not None and length[node] + 1 >= below:
            break
        if node in loops:
            most = None if below is None else below - length[node] - 1
            ends = min(max(length[source], length[node]) for source in loops.sources(node))
            if below is None or ends + 1 < below:
                loop = loops.shortest(node, most)
                if loop:
                    best, below = (node, loop), length[node] + len(loop)
            loops.leave_out(node)
    return best and (stems.path(best[0]), best[1])


class _Loops(Generic[Node, Label]):
    """The nodes of a graph that may be on a loop: each has an arc from, and one to, another."""

    def __init__(self, arcs: Mapping[Node, Sequence[tuple[Label, Node]]]) -> None:
        self._arcs = arcs
        self._targets: dict[Node, dict[Node, None]] = {
            node: {target: None for _, target in leaving if target in arcs}
            for node, leaving in arcs.items()
        }
        self._sources: dict[Node, dict[Node, None]] = {node: {} for node in arcs}
        for node, targets in self._targets.items():
            for target in targets:
                self._sources[target][node] = None
        ends = [n for n in arcs if not (self._targets[n] and self._sources[n])]
        self.leave_out(*ends)

    def __contains__(self, node: object) -> bool:
        return node in self._targets

    def sources(self, node: Node) -> Iterable[Node]:
        """Return the nodes from which an arc leads to a node."""
        return self._sources[node]

    def leave_out(self, *nodes: Node) -> None:
        """Leave out nodes, and all that can be on no loop without them."""
        rest = list(nodes)
        while rest:
            node = rest.pop()
            if node not in self._targets:
                continue
            for target in self._targets.pop(node):
                if target != node:
                    del self._sources[target][node]
                    if not self._sources[target]:
                        rest.append(target)
            for source in self._sources.pop(node):
                if source != node:
                    del self._targets[source][node]
                    if not self._targets[source]:
                        rest.append(source)

    def shortest(self, start: Node, most: int | None) -> tuple[Label, ...] | None:
        """Return a shortest loop from a node back to it, of at most ``most`` arcs."""
        search = PathSearch[Node, Label](start)
        length = {start: 0}
        for node in search:
            if most is not None and length[node] >= most:
                return None
            for label, target in self._arcs[node]:
                if target == start:
                    return (*search.path(node), label)
                if target in self._targets and target not in length:
                    length[target] = length[node] + 1
                    search.reach(target, node, label)
        return None


def equivalence_classes(
    labels: Sequence[Hashable], successors: Sequence[Sequence[int]]
) -> list[list[int]]:
    """Return the states, by index, in classes of equivalent ones, each class in order.

    States are equivalent where they have one label and, input by input, equivalent successors;
    -1 stands for no successor and is equivalent to itself only. The rows of states with different
    labels may be about different inputs.

    The time is O(n k log n) for n states and k inputs: rounds over the whole table (E. Moore,
    Gedanken-Experiments on Sequential Machines, 1956) as long as each doubles the number of
    classes, then class by class.

    >>> equivalence_classes("abb", [[1, 2], [2, -1], [1, -1]])
    [[0], [1, 2]]
    """
    block, count = _numbered(labels)
    before = 0
    while count >= 2 * before and count > before:
        after = [*block, -1]  # at index -1: the block of a missing successor
        rows = [(block[s], *[after[t] for t in row]) for s, row in enumerate(successors)]
        before = count
        block, count = _numbered(rows)
    if count > before:
        _refine(block, count, successors)
    classes: dict[int, list[int]] = {}
    for s, number in enumerate(block):
        classes.setdefault(number, []).append(s)
    return list(classes.values())


def _refine(block: list[int], count: int, successors: Sequence[Sequence[int]]) -> None:
    """Split blocks until the successors of the states in each are in one block, input by input.

    ``block`` numbers the block of each state, and is changed. A block is split by the inputs that
    lead to another one, the splitter; of its parts the largest need not become a splitter unless
    the block still was to be one. Sources: J. Hopcroft, An n log n algorithm for minimizing states
    in a finite automaton, 1971; for missing successors A. Valmari, P. Lehtinen, Efficient
    minimization of DFAs with partial transition functions, STACS 2008.
    """
    arcs: list[list[tuple[int, int]]] = [[] for _ in block]
    for s, row in enumerate(successors):
        for x, t in enumerate(row):
            if t >= 0:
                arcs[t].append((s, x))
    members: list[set[int]] = [set() for _ in range(count)]
    for s, b in enumerate(block):
        members[b].add(s)
    splitters = set(range(count))
    while splitters:
        leading = [arc for t in members[splitters.pop()] for arc in arcs[t]]
        for b, parts in _by_inputs(leading, block).items():
            split = _split(b, parts, members, block)
            if b not in splitters:
                split.remove(max(split, key=lambda b: len(members[b])))
            splitters.update(split)


def _by_inputs(arcs: Iterable[tuple[int, int]], block: Sequence[int]) -> dict[int, list[list[int]]]:
    """Return the states that arcs (state, input) leave: by block, those with the same inputs."""
    inputs: dict[int, list[int]] = {}
    for s, x in arcs:
        inputs.setdefault(s, []).append(x)
    alike: dict[tuple[int, ...], list[int]] = {}
    for s, leading in inputs.items():
        alike.setdefault((block[s], *sorted(leading)), []).append(s)
    parts: dict[int, list[list[int]]] = {}
    for (b, *_), states in alike.items():
        parts.setdefault(b, []).append(states)
    return parts


def _split(
    whole: int, parts: list[list[int]], members: list[set[int]], block: list[int]
) -> list[int]:
    """Make blocks of parts of a block, and return them with what is left: no block is empty."""
    rest = len(members[whole]) - sum(map(len, parts))
    split = [whole]
    for part in parts if rest else parts[1:]:
        split.append(len(members))
        members[whole].difference_update(part)
        members.append(set(part))
        for s in part:
            block[s] = split[-1]
    return split


def _numbered(keys: Iterable[Hashable]) -> tuple[list[int], int]:
    """Number keys by their first occurrence; return the number of each, and how many there are."""
    numbers: dict[Hashable, int] = {}
    return [numbers.setdefault(key, len(numbers)) for key in keys], len(numbers)
