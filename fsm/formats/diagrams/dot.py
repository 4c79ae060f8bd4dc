"""State diagrams in DOT: a digraph whose edges are labelled with events.

An edge without a label from a node without a name (a point, a circle, a label that is empty) leads
to the initial state. A double border marks a final state, but not the active one in an export of
the library ``transitions``. The label of a subgraph is the status of the states inside.
"""

from __future__ import annotations

import re
from pathlib import Path

from fsm.errors import MachineError
from fsm.files import read_text
from fsm.formats.assembly import refuse
from fsm.formats.diagrams.state_diagram import DiagramEdge, DiagramNode, StarMark, StateDiagram
from fsm.formats.diagrams.to_machine import machine_of
from fsm.formats.dot import MAX_BYTES, label_lines, parse_dot
from fsm.formats.dot_edges import DotCluster, DotEdge, DotNode, DotPart, parse_parts
from fsm.formats.dot_tokens import Token
from fsm.machine import Machine
from fsm.mealy import Mealy

__all__ = ["parse_dot_diagram", "parse_labelled_dot", "read_labelled_dot"]

_ACTIVE = "darksalmon"
"""How ``transitions`` fills the active state."""
_POINTS = frozenset({"point", "none", "plaintext", "circle"})
_SMALL_PRINT = re.compile(r"<br\s*/?>\s*<font\b", re.IGNORECASE)


def read_labelled_dot(path: Path) -> Machine | Mealy:
    """Return what a DOT file holds: a Mealy machine, or the machine of a state diagram.

    Raises :class:`MachineError` with file and line for what is neither.
    """
    return parse_labelled_dot(read_text(path, MAX_BYTES, "a machine", MachineError), str(path))


def parse_labelled_dot(text: str, name: str) -> Machine | Mealy:
    """Return what a DOT text holds.

    It is a Mealy machine where at least half of the labels are ``input/output``, where states have
    the attribute ``shows``, and where no edge has a label.
    """
    parts = list(parse_parts(text, name))
    if _is_mealy(parts):
        return parse_dot(text, name)
    return machine_of(_diagram(parts, name))


def parse_dot_diagram(text: str, name: str, first_line: int = 1) -> StateDiagram | None:
    """Return what a DOT text shows; ``None`` for a graph without labels, or a Mealy machine."""
    parts = list(parse_parts("\n" * (first_line - 1) + text, name))
    return None if _is_mealy(parts) else _diagram(parts, name)


def _is_mealy(parts: list[DotPart]) -> bool:
    if any(isinstance(p, DotNode) and p.name == "start" and _is_point(p.name, p) for p in parts):
        return False  # as fsm draws machines; those for tests have no such node
    labels = [part.label for part in parts if isinstance(part, DotEdge) and part.label]
    shows = any(isinstance(part, DotNode) and "shows" in part.attributes for part in parts)
    pairs = sum(any("/" in line for line in label_lines(label)) for label in labels)
    return shows or 2 * pairs >= len(labels)


def _diagram(parts: list[DotPart], name: str) -> StateDiagram:
    diagram = StateDiagram(name)
    statements = {part.name: part for part in parts if isinstance(part, DotNode)}
    edges = [part for part in parts if isinstance(part, DotEdge)]
    entered = {edge.target for edge in edges}
    starts = {
        edge.source
        for edge in edges
        if edge.label is None
        and edge.source not in entered
        and _is_point(edge.source, statements.get(edge.source))
    }
    clusters = {c.name: _text(c.label) for c in parts if isinstance(c, DotCluster) and c.name}
    for part in parts:
        if isinstance(part, DotNode) and part.name not in starts:
            _add_node(diagram, part, clusters)
        elif isinstance(part, DotEdge):
            _add_edge(diagram, part, starts)
    return diagram


def _is_point(name: str, node: DotNode | None) -> bool:
    """Whether a node is the dot that points at the initial state."""
    attributes = node.attributes if node else {}
    shape = attributes["shape"].text.lower() if "shape" in attributes else ""
    is_blank = "label" in attributes and not attributes["label"].text.strip()
    named = name.strip("_").lower() in ("", "start", "init", "initial", "start0", "i", "qi", "[*]")
    return (
        is_blank or shape in ("point", "none", "plaintext") or (named and shape in ("", *_POINTS))
    )


def _add_node(diagram: StateDiagram, part: DotNode, clusters: dict[str, str]) -> None:
    box = part.cluster if part.cluster in clusters else ""
    if box and box not in diagram.boxes:
        diagram.boxes[box] = DiagramNode(clusters[box], "", part.line)
    node = diagram.node(part.name, part.line, box)
    node.box = box or node.box
    attributes = part.attributes
    if "label" in attributes and attributes["label"].text != r"\N":
        node.title = _text(attributes["label"]) or part.name
    shape = attributes["shape"].text.lower() if "shape" in attributes else ""
    borders = attributes["peripheries"].text if "peripheries" in attributes else ""
    active = "fillcolor" in attributes and attributes["fillcolor"].text == _ACTIVE
    if (borders == "2" or shape.startswith("double")) and not active:
        diagram.ends.append(StarMark(part.name, "", part.line))


def _add_edge(diagram: StateDiagram, edge: DotEdge, starts: set[str]) -> None:
    if edge.source in starts:
        if edge.label is not None:
            refuse(
                diagram.name, edge.line, f"the start {edge.source!r} has a label and is no state"
            )
        diagram.node(edge.target, edge.line)
        diagram.starts.append(StarMark(edge.target, "", edge.line))
        return
    for end in (edge.source, edge.target):
        diagram.node(end, edge.line)
    label = "\n".join(label_lines(edge.label)) if edge.label else ""
    source = edge.tail if edge.tail in diagram.boxes else edge.source
    diagram.edge(DiagramEdge(source, edge.target, label, edge.line))


def _text(label: Token) -> str:
    """Return a label in one line, without the small print that ``fsm draw`` adds below a title."""
    if label.kind == "html" and (small := _SMALL_PRINT.search(label.text)):
        label = label._replace(text=label.text[: small.start()])
    return " ".join(" ".join(label_lines(label)).split())
