"""What a state diagram shows, the same for every language of diagrams."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from fsm.formats.assembly import MAX_PARTS, refuse

__all__ = ["OWN_BOX", "DiagramEdge", "DiagramNode", "StateDiagram"]

OWN_BOX = ("status_", "cluster_")
"""How the ids of the boxes begin that ``fsm draw`` puts around the states of a status.

The second one is how every box in DOT begins that Graphviz draws.
"""


class DiagramEdge(NamedTuple):
    """An arrow. The label has a line break where the diagram has one; it may be empty."""

    source: str
    target: str
    label: str
    line: int


@dataclass(slots=True)
class DiagramNode:
    """A state: its title, the box around it (empty: none), the line of its first mention."""

    title: str
    box: str
    line: int


@dataclass
class StateDiagram:
    """States, boxes around them and arrows, each with its line; states are known by their ids."""

    name: str
    """The file that messages refer to."""
    nodes: dict[str, DiagramNode] = field(default_factory=dict)
    boxes: dict[str, DiagramNode] = field(default_factory=dict)
    edges: list[DiagramEdge] = field(default_factory=list)
    initial: dict[str, int] = field(default_factory=dict)
    """The states that the start leads to, with the line of the arrow."""
    final: dict[str, int] = field(default_factory=dict)
    """The states that are marked as final, with the line of the mark."""

    def node(self, id_: str, line: int, box: str = "") -> DiagramNode:
        """Return the state with an id, which is added at its first mention."""
        if id_ not in self.nodes:
            if len(self.nodes) >= MAX_PARTS:
                refuse(self.name, line, f"more than {MAX_PARTS} states")
            self.nodes[id_] = DiagramNode(id_, box, line)
        return self.nodes[id_]

    def edge(self, edge: DiagramEdge) -> None:
        """Add an arrow."""
        if len(self.edges) >= MAX_PARTS:
            refuse(self.name, edge.line, f"more than {MAX_PARTS} arrows")
        self.edges.append(edge)

    @property
    def is_own(self) -> bool:
        """Whether all boxes are those that ``fsm draw`` puts around statuses."""
        return bool(self.boxes) and all(id_.startswith(OWN_BOX) for id_ in self.boxes)

    def without_boxes(self) -> list[DiagramEdge]:
        """Return the arrows from state to state.

        An arrow from a box is one from each of its states, behind those of the states themselves.
        Raises :class:`fsm.errors.MachineError` for an arrow to a box.
        """
        inside: dict[str, list[str]] = {}
        for id_, node in self.nodes.items():
            inside.setdefault(node.box, []).append(id_)
        edges = [edge for edge in self.edges if edge.source not in self.boxes]
        for edge in self.edges:
            if edge.target in self.boxes:
                what = f"an arrow to {edge.target!r}, which has states inside"
                refuse(self.name, edge.line, f"{what}; nesting is not read yet")
            if edge.source in self.boxes:
                edges += [edge._replace(source=id_) for id_ in inside[edge.source]]
            if len(edges) > MAX_PARTS:
                refuse(self.name, edge.line, f"more than {MAX_PARTS} arrows")
        return edges
