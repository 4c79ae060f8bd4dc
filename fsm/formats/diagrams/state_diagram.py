"""What a state diagram shows, the same for every language of diagrams."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias

from fsm.formats.assembly import MAX_PARTS, refuse
from fsm.formats.diagrams.labels import plain_label

__all__ = [
    "CLOCK",
    "MAX_DEPTH",
    "OWN_BOX",
    "DiagramEdge",
    "DiagramNode",
    "PseudoState",
    "StarMark",
    "StateDiagram",
]

OWN_BOX = "status_"
"""How the ids of the boxes begin that ``fsm draw`` puts around the states of a status."""

CLOCK = "⏱"
"""The sign of a timer, with which ``fsm draw`` begins the label of its arrow."""
_BY_ITSELF = re.compile(rf"^always(?=\s*(?:\[|/|$))|^{CLOCK}", re.MULTILINE)
_RAISE = re.compile(r"\braise\s")

MAX_DEPTH = 50
"""States inside each other."""

PseudoState: TypeAlias = Literal[
    "", "choice", "fork", "join", "point", "receive", "shallow", "deep", "start", "end"
]
"""What a node is that is no state; empty for a state.

A ``point`` joins arrows: an entry or exit point, a pin. ``receive`` is the event of the arrows that
leave it, a symbol of SDL. ``shallow`` and ``deep`` are history
states, ``start`` and ``end`` the marks that are ``[*]`` otherwise.
"""


class DiagramEdge(NamedTuple):
    """An arrow. The label has a line break where the diagram has one; it may be empty."""

    source: str
    target: str
    label: str
    line: int
    internal: bool = False
    """Whether it leaves no state: the event is accepted, and nothing changes."""


class StarMark(NamedTuple):
    """An arrow between a state and ``[*]``, and where it is drawn: in which box and region."""

    state: str
    label: str
    line: int
    box: str = ""
    region: int = 0


@dataclass(slots=True)
class DiagramNode:
    """A state: its title, the box around it (empty: none), the line of its first mention."""

    title: str
    box: str
    line: int
    region: int = 0
    """The number of the region inside of the box, from 0."""
    kind: PseudoState = ""


@dataclass
class StateDiagram:
    """States, boxes around them and arrows, each with its line; states are known by their ids.

    A box is a state with states inside.
    """

    name: str
    """The file that messages refer to."""
    nodes: dict[str, DiagramNode] = field(default_factory=dict)
    boxes: dict[str, DiagramNode] = field(default_factory=dict)
    edges: list[DiagramEdge] = field(default_factory=list)
    starts: list[StarMark] = field(default_factory=list)
    """The arrows from ``[*]``."""
    ends: list[StarMark] = field(default_factory=list)
    """The arrows to ``[*]``."""
    finals: dict[str, int] = field(default_factory=dict)
    """The states that are final by their looks, with the line."""
    boxes_are_statuses: bool = False
    """Whether boxes are what ``fsm draw`` puts around statuses, if the diagram is flat."""
    raised: dict[str, list[str]] = field(default_factory=dict)
    """The events that entering a state raises."""
    raised_on_exit: dict[str, list[str]] = field(default_factory=dict)
    """The events that leaving a state raises."""
    skipped: Counter[str] = field(default_factory=Counter)
    """What is not read, such as notes, and how often it occurs."""
    start_mark: str = "[*] --> STATE"
    """How a state is marked as the initial one."""
    assumed: list[str] = field(default_factory=list)
    """What the diagram does not say itself, and how it was read."""

    def node(self, id_: str, line: int, box: str = "", region: int = 0) -> DiagramNode:
        """Return the state with an id, which is added at its first mention."""
        if id_ not in self.nodes:
            if len(self.nodes) >= MAX_PARTS:
                refuse(self.name, line, f"more than {MAX_PARTS} states")
            self.nodes[id_] = DiagramNode(id_, box, line, region)
        return self.nodes[id_]

    def part(self, id_: str) -> DiagramNode:
        """Return the state or the box with an id."""
        return self.boxes.get(id_) or self.nodes[id_]

    def edge(self, edge: DiagramEdge) -> None:
        """Add an arrow."""
        if len(self.edges) >= MAX_PARTS:
            refuse(self.name, edge.line, f"more than {MAX_PARTS} arrows")
        self.edges.append(edge)

    @property
    def initial(self) -> dict[str, int]:
        """The states outside of boxes that the start leads to, with the line of the arrow."""
        return _first_lines(self.starts)

    @property
    def final(self) -> dict[str, int]:
        """The states outside of boxes that are marked as final, with the line of the mark."""
        return self.finals | _first_lines(self.ends)

    @property
    def is_own(self) -> bool:
        """Whether all boxes are those that ``fsm draw`` puts around statuses."""
        return self.boxes_are_statuses or (
            bool(self.boxes) and all(id_.startswith(OWN_BOX) for id_ in self.boxes)
        )

    @property
    def nesting(self) -> tuple[int, str] | None:
        """The first line that needs nested states, and why; ``None`` for a flat diagram.

        Flat is a diagram without pseudo-states, whose boxes are in no other one and only left.
        """
        boxes = self.boxes
        found = [(box.line, f"{id_!r} is in {box.box!r}") for id_, box in boxes.items() if box.box]
        found += [(n.line, f"a {n.kind} state") for n in self.nodes.values() if n.kind]
        found += [(self.part(id_).line, f"{id_!r} raises an event")
                  for raised in (self.raised, self.raised_on_exit)
                  for id_, events in raised.items() if events]  # fmt: skip
        found += [(n.line, f"regions in {n.box!r}") for n in self.nodes.values() if n.region]
        for mark in (*self.starts, *self.ends):
            if mark.box or mark.state in boxes:
                found.append((mark.line, f"[*] with the states in {mark.box or mark.state!r}"))
        found += [(m.line, f"an arrow to [*] with the label {plain_label(m.label)!r}")
                  for m in self.ends if m.label]  # fmt: skip
        for edge in self.edges:
            if edge.internal:
                found.append((edge.line, "an internal transition"))
            elif _happens_by_itself(edge.label):
                found.append((edge.line, f"{plain_label(edge.label)!r} happens by itself"))
            elif edge.target in boxes:
                found.append((edge.line, f"an arrow to {edge.target!r}, which has states inside"))
        return min(found, default=None)

    def without_boxes(self) -> list[DiagramEdge]:
        """Return the arrows from state to state of a flat diagram.

        An arrow from a box is one from each of its states, behind those of the states themselves.
        Raises :class:`fsm.errors.MachineError` for a diagram that is not flat.
        """
        if nesting := self.nesting:
            refuse(self.name, nesting[0], f"{nesting[1]}; only flat diagrams are read here")
        inside: dict[str, list[str]] = {}
        for id_, node in self.nodes.items():
            inside.setdefault(node.box, []).append(id_)
        edges = [edge for edge in self.edges if edge.source not in self.boxes]
        for edge in self.edges:
            if edge.source in self.boxes:
                edges += [edge._replace(source=id_) for id_ in inside[edge.source]]
            if len(edges) > MAX_PARTS:
                refuse(self.name, edge.line, f"more than {MAX_PARTS} arrows")
        return edges


def _happens_by_itself(label: str) -> bool:
    """Whether a label is that of an automatic arrow, of a timer, or raises an event."""
    action = label.find("/")
    raises = action >= 0 and _RAISE.search(label, action) is not None
    return raises or _BY_ITSELF.search(label) is not None


def _first_lines(marks: list[StarMark]) -> dict[str, int]:
    lines: dict[str, int] = {}
    for mark in marks:
        if not mark.box:
            lines.setdefault(mark.state, mark.line)
    return lines
