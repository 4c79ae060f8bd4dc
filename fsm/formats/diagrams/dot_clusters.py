"""The clusters of a DOT text: which of them are states, and which nodes are in them.

A cluster with a label is a state; one without is room that a tool needs. A node that stands for a
whole cluster, to which edges are drawn, is its border: a point with its name, or an invisible one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from fsm.formats.assembly import refuse
from fsm.formats.diagrams.dot_looks import is_invisible
from fsm.formats.diagrams.scopes import TOP, Scope
from fsm.formats.diagrams.state_diagram import MAX_DEPTH
from fsm.formats.dot import label_lines
from fsm.formats.dot_edges import DotCluster, DotEdge, DotNode, DotPart

__all__ = ["DotClusters"]

_PREFIX = re.compile(r"cluster[_\d]*", re.IGNORECASE)
_DONE = re.compile(r"done[ ._]state[ ._](.+)", re.IGNORECASE)
_UNCHANGED = "None"
"""How django-fsm names the target of a transition that does not change the state."""


class DotClusters:
    """Where nodes are, and what stands for a whole cluster."""

    def __init__(self, parts: Sequence[DotPart], file: str) -> None:
        self.file = file
        clusters = {p.name: p for p in parts if isinstance(p, DotCluster) and p.name}
        self.parents = {name: cluster.parent for name, cluster in clusters.items()}
        nodes = [part for part in parts if isinstance(part, DotNode)]
        self.prefix = self._django_prefix(clusters, nodes)
        """How the ids of the states of a Django model begin; else empty."""
        self.ids: dict[str, str] = {}
        """The id of each cluster that is a state."""
        self.boxes: dict[str, DotCluster] = {}
        for name, cluster in sorted(clusters.items(), key=lambda item: item[1].line):
            if (
                _PREFIX.match(name)
                and cluster.label
                and label_lines(cluster.label)
                and not self.prefix
            ):
                self.ids[name] = self._id(name)
                self.boxes[self.ids[name]] = cluster
        self._check_depth()
        self.places = self._places(parts)
        self.borders = dict(self._borders(nodes))
        """The box of each node that stands for it."""
        self.parallel = list(self._parallel(nodes))

    def _id(self, name: str) -> str:
        id_ = name.removeprefix("cluster_") or name
        return name if id_ in self.boxes else id_

    def _check_depth(self) -> None:
        for name in self.ids:
            depth, around = 0, name
            while around and depth <= MAX_DEPTH:
                around, depth = self.parents.get(around, ""), depth + 1
            if depth > MAX_DEPTH:
                line = self.boxes[self.ids[name]].line
                refuse(self.file, line, f"more than {MAX_DEPTH} clusters in each other")

    # Places ----------------------------------------------------------------------------------

    def _places(self, parts: Sequence[DotPart]) -> dict[str, str]:
        """Return the innermost subgraph that each node is in.

        A statement of a node says more than an edge, which may lead out of a cluster.
        """
        stated: dict[str, str] = {}
        named: dict[str, str] = {}
        for part in parts:
            if isinstance(part, DotNode):
                self._place(stated, part.name, part.cluster)
            elif isinstance(part, DotEdge):
                self._place(named, part.source, part.cluster)
                self._place(named, part.target, part.cluster)
        return named | {
            name: cluster for name, cluster in stated.items() if cluster or name not in named
        }

    def _place(self, places: dict[str, str], node: str, cluster: str) -> None:
        before = places.setdefault(node, cluster)
        if before in self._chain(cluster):
            places[node] = cluster

    def _chain(self, cluster: str) -> list[str]:
        """Return the subgraphs around a subgraph, the nearest first, and the whole graph."""
        chain: list[str] = []
        while cluster and len(chain) <= 2 * MAX_DEPTH:
            cluster = self.parents.get(cluster, "")
            chain.append(cluster)
        return chain

    def around(self, name: str) -> list[str]:
        """Return the clusters that are states around a node, the innermost first."""
        cluster = self.places.get(name, "")
        return [inner for inner in (cluster, *self._chain(cluster)) if inner in self.ids]

    def scope(self, cluster: str) -> Scope:
        """Return the state that a subgraph is, or is in."""
        around = (c for c in (cluster, *self._chain(cluster)) if c in self.ids)
        inner = next(around, None)
        return TOP if inner is None else Scope(self.ids[inner], 0)

    def scope_of(self, name: str) -> Scope:
        """Return the state that a node is in."""
        return self.scope(self.places.get(name, ""))

    # What stands for a cluster ---------------------------------------------------------------

    def _borders(self, nodes: Sequence[DotNode]) -> Iterator[tuple[str, str]]:
        for node in nodes:
            scope = self.scope_of(node.name)
            is_point = node.text("shape").lower() == "point"
            if scope.box and is_point and (node.name == scope.box or is_invisible(node)):
                yield node.name, scope.box

    def _parallel(self, nodes: Sequence[DotNode]) -> Iterator[str]:
        """Yield the states whose states inside are regions.

        They are dashed or dotted in the diagrams of python-statemachine, state-machine-cat,
        ``transitions`` and fsm; ``transitions`` draws its point without a width.
        """
        inside: dict[str, list[DotCluster]] = {}
        for cluster in self.boxes.values():
            inside.setdefault(self.scope(cluster.parent).box, []).append(cluster)
        points = {node.name for node in nodes if node.text("width") in ("0", "0.0")
                  and not is_invisible(node) and node.name in self.borders}  # fmt: skip
        for box, cluster in self.boxes.items():
            regions = inside.get(box, ())
            dashed = [c for c in regions if {"dashed", "dotted"} & set(_words(c.text("style")))]
            classed = "parallel" in cluster.text("class").split()
            if box in points or classed or (len(dashed) > 1 and len(dashed) == len(regions)):
                yield box

    # Django ----------------------------------------------------------------------------------

    def _django_prefix(self, clusters: dict[str, DotCluster], nodes: Sequence[DotNode]) -> str:
        """Return how the ids of states begin in a diagram of django-fsm."""
        found = [
            f"{lines[0].lower()}."
            for cluster in clusters.values()
            if cluster.label and (lines := label_lines(cluster.label))
        ]
        starts = {f"{prefix}_initial" for prefix in found}
        drawn = [node for node in nodes if node.name in starts]
        if len(drawn) > 1:
            what = "a second machine; a file has one: draw one model and field at a time"
            refuse(self.file, drawn[1].line, what)
        return drawn[0].name.removesuffix("_initial") if drawn else ""

    def short(self, name: str) -> str:
        """Return the id of a state: without the name of the model in a diagram of django-fsm."""
        return name.removeprefix(self.prefix) if self.prefix else name

    def is_left_out(self, name: str) -> bool:
        """Whether a node is no state: django-fsm draws one for "stays" and one for any state."""
        return bool(self.prefix) and self.short(name) in (_UNCHANGED, "*")

    def is_error(self, edge: DotEdge) -> bool:
        """Whether an edge of django-fsm is what happens when a transition fails."""
        return bool(self.prefix) and edge.label is None and edge.text("style") == "dotted"

    def completion(self, label: str) -> str:
        """Return a label, where the event of a state that is complete has its name in SCXML."""
        match = _DONE.fullmatch(label)
        box = match and next((b for b in self.boxes if b.casefold() == match[1].casefold()), None)
        return f"done.state.{box}" if box else label


def _words(text: str) -> list[str]:
    return re.split(r"[\s,]+", text.lower())
