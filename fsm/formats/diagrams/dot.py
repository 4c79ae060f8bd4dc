"""State diagrams in DOT: a digraph whose edges are labelled with events.

An edge without a label from a node without a name (a point, a circle, a label that is empty) leads
to the initial state. A double border marks a final state, but not the active one in an export of
the library ``transitions``. A cluster with a label is a state with states inside; in a diagram
without an arrow to it, or a mark inside, its label is the status of the states inside.
"""

from __future__ import annotations

import re
from pathlib import Path

from fsm.errors import MachineError
from fsm.files import read_text
from fsm.formats.diagrams.dot_clusters import DotClusters
from fsm.formats.diagrams.dot_labels import arrow_label, node_label
from fsm.formats.diagrams.dot_looks import (
    ACTIVE,
    is_end,
    is_invisible,
    is_point,
    is_start,
    pseudo_state,
    shows_nothing,
)
from fsm.formats.diagrams.labels import read_label
from fsm.formats.diagrams.mealy_labels import is_marked, mealy_of
from fsm.formats.diagrams.parallel_exports import refuse_own_rules
from fsm.formats.diagrams.reactions import add_reactions
from fsm.formats.diagrams.scopes import Scope
from fsm.formats.diagrams.state_diagram import DiagramEdge, DiagramNode, StarMark, StateDiagram
from fsm.formats.diagrams.to_machine import machine_of
from fsm.formats.diagrams.wrapping import join_wrapped_labels
from fsm.formats.dot import MAX_BYTES, label_lines, parse_dot
from fsm.formats.dot_edges import DotCluster, DotEdge, DotNode, DotPart, parse_parts
from fsm.formats.dot_tokens import Token
from fsm.machine import Machine
from fsm.mealy import Mealy

__all__ = ["parse_dot_diagram", "parse_labelled_dot", "read_labelled_dot"]

_BAR = re.compile(r"(?:^|\s+)\|(?:\s+|$)")
_STARTS = ("start", "ENTRY")
_NOT = re.compile(r"!(?=\w)")
_GUARDED = re.compile(r"(?:^|\s)\[[^\[\]]*\]\s*/")


def read_labelled_dot(path: Path) -> Machine | Mealy:
    """Return what a DOT file holds: a Mealy machine, or the machine of a state diagram.

    Raises :class:`MachineError` with file and line for what is neither.
    """
    return parse_labelled_dot(read_text(path, MAX_BYTES, "a machine", MachineError), str(path))


def parse_labelled_dot(text: str, name: str) -> Machine | Mealy:
    """Return what a DOT text holds.

    It is a Mealy machine where at least half of the labels are ``input/output``, where states have
    the attribute ``shows``, where no edge has a label, and where ``fsm draw`` marked it as one.
    """
    parts = list(parse_parts(text, name))
    if is_marked(text):
        return mealy_of(_DotReader(parts, name, is_marked=True).diagram(), text)
    if _is_mealy(parts):
        return parse_dot(text, name)
    return machine_of(_DotReader(parts, name).diagram())


def parse_dot_diagram(text: str, name: str, first_line: int = 1) -> StateDiagram | None:
    """Return what a DOT text shows; ``None`` for a graph without labels, or a Mealy machine."""
    parts = list(parse_parts("\n" * (first_line - 1) + text, name))
    return None if _is_mealy(parts) else _DotReader(parts, name).diagram()


def _is_mealy(parts: list[DotPart]) -> bool:
    nodes = [part for part in parts if isinstance(part, DotNode)]
    if any("shows" in node.attributes for node in nodes):
        return True
    labels = [part.label for part in parts if isinstance(part, DotEdge) and part.label]
    if any(isinstance(p, DotCluster) and p.name and p.label for p in parts):
        return False  # machines for tests have no states inside of others
    if any(n.name in _STARTS and is_point(n.name, n) for n in nodes) or any(
        map(pseudo_state, nodes)
    ):
        return False  # fsm, Ragel and state-machine-cat draw such nodes
    pairs = sum(any(_is_pair(line) for line in label_lines(label)) for label in labels)
    return 2 * pairs >= len(labels)


def _is_pair(line: str) -> bool:
    """Whether a line is an input and an output; behind a guard there is an action."""
    return "/" in line.strip()[1:] and _GUARDED.search(line) is None


class _DotReader:
    def __init__(self, parts: list[DotPart], name: str, *, is_marked: bool = False) -> None:
        self.is_marked = is_marked
        self.result = StateDiagram(name, start_mark="i [shape=point]; i -> STATE")
        self.parts = parts
        self.clusters = DotClusters(parts, name)
        self.statements: dict[str, DotNode] = {}
        for node in (part for part in parts if isinstance(part, DotNode)):
            first = self.statements.setdefault(node.name, node)
            merged = {**node.attributes, **first.attributes}
            self.statements[node.name] = first._replace(attributes=merged)
        self.edges = [part for part in parts if isinstance(part, DotEdge)
                      if "invis" not in part.text("style")]  # fmt: skip
        self.entered = {edge.target for edge in self.edges}
        self.left = {edge.source for edge in self.edges}
        self.is_export = any(n.text("fillcolor") == ACTIVE for n in self.statements.values())
        self.starts = {e.source for e in self.edges if self._is_start(e)}
        self.ends = {
            n.name
            for n in self.statements.values()
            if n.name in self.entered and n.name not in self.left and is_end(n)
        }
        self.labels = {n.name: n for n in self.statements.values() if self._is_label(n)}

    def _is_start(self, edge: DotEdge) -> bool:
        node = self.statements.get(edge.source)
        if edge.source in self.clusters.borders:
            return False
        if node is not None and is_start(node):
            return True
        if edge.source in self.entered:
            return False
        if edge.label is None or not label_lines(edge.label):
            return is_point(edge.source, node)
        # Whatever the arrow says, what shows no name is no state among others.
        target = self.statements.get(edge.target)
        return shows_nothing(edge.source, node) and not shows_nothing(edge.target, target)

    def _is_label(self, node: DotNode) -> bool:
        """Whether a node is the label of an arrow, as ``fsm draw`` draws those of boxes."""
        return node.text("shape") == "plain" and node.name.startswith("label ")

    def diagram(self) -> StateDiagram:
        """Return what the parts show."""
        diagram, clusters = self.result, self.clusters
        statements = dict(self.statements)
        for id_, cluster in clusters.boxes.items():
            title, lines = node_label(cluster.label) if cluster.label else (id_, [])
            scope = clusters.scope(cluster.parent)
            diagram.boxes[id_] = DiagramNode(title or id_, scope.box, cluster.line)
            add_reactions(diagram, id_, lines, cluster.line)
        diagram.boxes_are_statuses = bool(diagram.boxes)
        for part in self.parts:
            if isinstance(part, DotNode):
                if statement := statements.pop(part.name, None):
                    self._add_node(statement)
            elif isinstance(part, DotEdge) and "invis" not in part.text("style"):
                self._add_edge(part)
        self._add_regions()
        if self.is_export:
            refuse_own_rules(diagram, self.clusters.parallel)
        self._start_where_active()
        if not (self.is_marked or any(e.label and _is_own(e.label) for e in self.edges)):
            join_wrapped_labels(diagram)
        inside = {part.box for part in (*diagram.nodes.values(), *diagram.boxes.values())}
        for id_ in set(diagram.boxes) - inside:
            del diagram.boxes[id_]
        return diagram

    # Nodes -----------------------------------------------------------------------------------

    def _add_node(self, part: DotNode) -> None:
        diagram, name = self.result, part.name
        known = name in self.starts or name in self.clusters.borders or name in self.ends
        lone = name not in self.entered and name not in self.left
        known |= lone and _shape(part) == "point"
        if known or is_invisible(part) or self.clusters.is_left_out(name):
            return
        id_ = self.clusters.short(name)
        node = self._node(name, part.line)
        node.kind = pseudo_state(part) or node.kind
        if name in self.labels:
            ways = sum(edge.source == name for edge in self.edges)
            node.kind = "fork" if ways > 1 else "point"
            return
        label = part.attributes.get("label")
        if label is not None and label.text != r"\N":
            title, lines = node_label(label, part.text("shape"))
            node.title = title or id_
            add_reactions(diagram, id_, [] if self.is_export else lines, part.line)
        shape, active = part.text("shape").lower(), part.text("fillcolor") == ACTIVE
        if (part.text("peripheries") == "2" or shape.startswith("double")) and not active:
            diagram.finals.setdefault(id_, part.line)

    def _node(self, name: str, line: int) -> DiagramNode:
        scope = self.clusters.scope_of(name)
        return self.result.node(self.clusters.short(name), line, scope.box)

    def _add_regions(self) -> None:
        """Number the regions of parallel states: each state inside is one."""
        diagram = self.result
        parts = [*diagram.nodes.values(), *diagram.boxes.values()]
        for box in self.clusters.parallel:
            inside = [part for part in parts if part.box == box and not part.kind]
            for region, part in enumerate(sorted(inside, key=lambda part: part.line)):
                part.region = region

    def _start_where_active(self) -> None:
        """Take the active state of an export as the initial one, which is not marked there."""
        diagram = self.result
        active = [n for n in self.statements.values() if n.text("fillcolor") == ACTIVE]
        active = active or self._only_red()
        first = [id_ for id_ in diagram.nodes if id_ not in self.entered]
        is_clear = self.is_export and len(first) == 1 and not diagram.boxes
        if not active or diagram.initial or is_clear:
            return
        id_ = self.clusters.short(active[0].name)
        if len(active) > 1:  # in several regions
            id_ = [id_, *(self.clusters.ids[c] for c in self.clusters.around(active[0].name))][-1]
        diagram.starts.append(StarMark(id_, "", active[0].line))
        diagram.assumed.append(f"{id_!r} is initial: it is drawn as active")

    def _only_red(self) -> list[DotNode]:
        """Return the active state in the pictures of looplab/fsm: nothing else has looks there."""
        nodes = self.statements.values()
        looks = [n for n in nodes if n.attributes]
        is_whole = {*self.entered, *self.left} <= self.statements.keys()
        is_marked = len(looks) == 1 and {k: v.text for k, v in looks[0].attributes.items()} == {
            "color": "red"
        }
        return looks if is_whole and is_marked else []

    # Edges -----------------------------------------------------------------------------------

    def _add_edge(self, edge: DotEdge) -> None:
        diagram = self.result
        if self.clusters.is_left_out(edge.source) or self.clusters.is_error(edge):
            diagram.skipped["error arrow"] += 1
            return
        source, target = (
            self._end(edge, edge.source, "ltail"),
            self._end(edge, edge.target, "lhead"),
        )
        label = arrow_label(edge.label) if edge.label else ""
        if edge.text("dir") == "back":
            source, target = target, source
        if edge.source in self.starts:
            scope = self.clusters.scope_of(edge.source)
            if label and shows_nothing(edge.source, self.statements.get(edge.source)):
                diagram.skipped["start label"] += 1
                label = ""
            diagram.starts.append(StarMark(target, label, edge.line, *scope))
        elif edge.target in self.ends:
            scope = self.clusters.scope_of(edge.target)
            diagram.ends.append(StarMark(source, label, edge.line, *scope))
        elif self._is_default_entry(edge, label):
            diagram.starts.append(StarMark(target, "", edge.line, *Scope(source, 0)))
            if rest := _without_blank_events(label):
                self._add_arrow(edge, source, target, rest)
        elif self.clusters.is_left_out(edge.target):
            diagram.edge(DiagramEdge(source, source, label, edge.line, internal=True))
        else:
            self._add_arrow(edge, source, target, label)

    def _add_arrow(self, edge: DotEdge, source: str, target: str, label: str) -> None:
        diagram = self.result
        if edge.source in self.labels:  # the label stands at the arrow to it, if there is one
            if edge.source in self.entered:
                label = ""
            elif diagram.part(edge.source).kind == "fork":  # inside of the state that it leaves
                around = self.clusters.scope_of(edge.source).box
                if around and all(e.source != around or e.target != source for e in diagram.edges):
                    first = self._label_of(edge.source)
                    diagram.edge(DiagramEdge(around, source, first, edge.line))
                label = ""
            else:
                label = self._label_of(edge.source)
                source = self.clusters.scope_of(edge.source).box or source
        elif edge.target in self.labels:
            label = self._label_of(edge.target)
        if source == target and not label and diagram.part(source).kind:
            return  # room for the label of a choice, in exports of state-machine-cat
        for text, internal in self._events(label, edge.source == edge.target):
            diagram.edge(DiagramEdge(source, target, text, edge.line, internal))

    def _events(self, label: str, is_loop: bool) -> list[tuple[str, bool]]:
        """Return the labels of an arrow, and whether each one is of an internal transition."""
        if self.is_export:
            label = _NOT.sub("not ", _without_blank_events(label).replace(" & ", " and "))
        lines = label.split("\n")
        internal = [line for line in lines if is_loop and line.endswith(" [internal]")]
        rest = "\n".join(line for line in lines if line not in internal)
        found = [(line.removesuffix(" [internal]"), True) for line in internal]
        return [*found, (self.clusters.completion(rest), False)] if rest or not found else found

    def _label_of(self, name: str) -> str:
        label = self.labels[name].attributes.get("label")
        return arrow_label(label) if label else ""

    def _end(self, edge: DotEdge, name: str, key: str) -> str:
        """Return the state or the box at an end of an edge."""
        if box := self.clusters.borders.get(name):
            return box
        if (cluster := edge.text(key)) in self.clusters.around(name):
            return self.clusters.ids[cluster]
        if name in self.starts or name in self.ends or self.clusters.is_left_out(name):
            return name
        self._node(name, edge.line)
        return self.clusters.short(name)

    def _is_default_entry(self, edge: DotEdge, label: str) -> bool:
        """Whether an edge leads from the border of a box to the state that is entered first."""
        box = self.clusters.borders.get(edge.source)
        blank = "" in _BAR.split(label) if self.is_export else not read_label(label)
        return box is not None and blank and box in (
            self.clusters.ids[name] for name in self.clusters.around(edge.target)
        )  # fmt: skip


def _is_own(label: Token) -> bool:
    """Whether ``fsm draw`` has written a label, which has a blank at both ends."""
    return label.kind == "html" and label.text.strip("<>")[:1] == "\xa0"


def _shape(node: DotNode | None) -> str:
    return node.text("shape").lower() if node else ""


def _without_blank_events(label: str) -> str:
    """Return the events of an export, one in each line; the arrow to what begins has none."""
    return "\n".join(
        filter(None, (part for line in label.split("\n") for part in _BAR.split(line)))
    )
