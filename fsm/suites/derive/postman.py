"""Closed walks of least cost: how often each arc of a graph is taken, and in which order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

__all__ = ["Arc", "circuit", "least_copies"]


class Arc(NamedTuple):
    """An arc between two numbered vertices, and what it costs to take it."""

    source: int
    target: int
    cost: int = 1


def least_copies(vertices: int, arcs: Sequence[Arc], needed: Sequence[int]) -> list[int]:
    """Return how often to take each arc: at least as often as needed, each vertex balanced.

    The cost of all copies is minimal. Where the needed copies do not balance, a flow
    of least cost through arcs of unlimited capacity does (the Chinese postman of Edmonds and
    Johnson 1973). The graph must be strongly connected.
    """
    import networkx as nx

    demand = [0] * vertices
    for arc, count in zip(arcs, needed, strict=True):
        demand[arc.source] += count
        demand[arc.target] -= count
    first: dict[tuple[int, int], int] = {}
    for i, arc in enumerate(arcs):
        first.setdefault((arc.source, arc.target), i)
    graph = nx.DiGraph()
    graph.add_nodes_from((v, {"demand": d}) for v, d in enumerate(demand))
    graph.add_edges_from((*ends, {"weight": arcs[i].cost}) for ends, i in first.items())
    _, flow = nx.network_simplex(graph)
    copies = list(needed)
    for (source, target), i in first.items():
        copies[i] += flow[source][target]
    return copies


def circuit(arcs: Sequence[Arc], copies: Sequence[int], start: int) -> list[int]:
    """Return the arcs of a closed walk from a vertex that takes each as often as it has copies.

    Every vertex must be left as often as it is entered, and all arcs with copies be connected
    (Hierholzer 1873).
    """
    left = list(copies)
    leaving: dict[int, list[int]] = {}
    for i in reversed(range(len(arcs))):
        leaving.setdefault(arcs[i].source, []).append(i)
    walk: list[int] = []
    stack = [(start, -1)]
    while stack:
        vertex, arrived_by = stack[-1]
        out = leaving.get(vertex, [])
        while out and not left[out[-1]]:
            out.pop()
        if out:
            left[out[-1]] -= 1
            stack.append((arcs[out[-1]].target, out[-1]))
        else:
            stack.pop()
            walk.append(arrived_by)
    return walk[-2::-1]
