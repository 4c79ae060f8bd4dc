"""Breadth-first search and classes of equivalent states, for every room that walks a graph.

>>> arcs = {"a": [("x", "b"), ("y", "c")], "b": [("z", "c")], "c": []}
>>> search = PathSearch[str, str]("a")
>>> for node in search:
...     search.expand(node, arcs[node])
>>> list(search), search.path("c")
(['a', 'b', 'c'], ('y',))
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import Generic, TypeVar

__all__ = ["PathSearch", "breadth_first", "equivalence_classes", "reaching"]

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

    def paths(self) -> dict[Node, tuple[Label, ...]]:
        """Return the shortest path to each node reached so far, nearest nodes first."""
        paths: dict[Node, tuple[Label, ...]] = {}
        for node, arrival in self._arrival.items():
            paths[node] = (*paths[arrival[0]], arrival[1]) if arrival else ()
        return paths


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


def equivalence_classes(
    labels: Sequence[Hashable], successors: Sequence[Sequence[int]]
) -> list[list[int]]:
    """Return the states, by index, in classes of equivalent ones, each class in order.

    States are equivalent where they have one label and, input by input, equivalent successors;
    -1 stands for no successor and is equivalent to itself only. Source: E. Moore,
    Gedanken-Experiments on Sequential Machines, 1956.

    >>> equivalence_classes("abb", [[1, 2], [2, -1], [1, -1]])
    [[0], [1, 2]]
    """
    block, count = _numbered(labels)
    while True:
        block.append(-1)  # at index -1: the block of a missing successor
        finer, finer_count = _numbered(
            [(block[s], *[block[t] for t in row]) for s, row in enumerate(successors)]
        )
        if finer_count == count:
            break
        block, count = finer, finer_count
    classes: list[list[int]] = [[] for _ in range(count)]
    for s, number in enumerate(finer):
        classes[number].append(s)
    return classes


def _numbered(keys: Iterable[Hashable]) -> tuple[list[int], int]:
    """Number keys by their first occurrence; return the number of each, and how many there are."""
    numbers: dict[Hashable, int] = {}
    return [numbers.setdefault(key, len(numbers)) for key in keys], len(numbers)
