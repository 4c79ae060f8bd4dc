"""Joins: an arrow that is taken once a state of every region has arrived."""

from __future__ import annotations

import re
from collections import Counter
from typing import NamedTuple

from fsm.formats.assembly import refuse
from fsm.formats.diagrams.chart_nodes import ChartNodes
from fsm.formats.diagrams.labels import read_label
from fsm.formats.diagrams.state_diagram import DiagramEdge, StateDiagram
from fsm.guard import Formula, Guard

__all__ = ["Joining", "joinings"]

_BRACKETS = re.compile(r"[\[\]]")
"""What a guard of an arrow, which asks for a state by its name, may not have inside."""


class Joining(NamedTuple):
    """An arrow that leaves a join."""

    box: str
    """The state whose regions are joined."""
    waiting: frozenset[str]
    """The states that are all active when the arrow is taken."""
    edge: DiagramEdge

    @property
    def guard(self) -> Guard:
        """The condition that all of them are active."""
        text = " and ".join(f"In('{id_}')" for id_ in sorted(self.waiting))
        return Guard(text, Formula("in", (), self.waiting))


def joinings(diagram: StateDiagram, nodes: ChartNodes) -> list[Joining]:
    """Return the arrows that leave the joins; take those that lead there out of the diagram.

    A state waits at the join itself, if its arrow has no event. Else it waits in a state of its
    own. Raises :class:`fsm.errors.MachineError` for states that are not in different regions.
    """
    arriving: dict[str, list[DiagramEdge]] = {
        id_: [] for id_, node in diagram.nodes.items() if node.kind == "join"
    }
    ways = Counter(edge.target for edge in diagram.edges if edge.target in arriving)
    for join in [id_ for id_ in arriving if ways[id_] == 1]:
        del arriving[join]
        diagram.nodes[join].kind = "point"  # there is nothing to wait for
    if not arriving:
        return []
    leaving: dict[str, list[DiagramEdge]] = {id_: [] for id_ in arriving}
    rest: list[DiagramEdge] = []
    for edge in diagram.edges:
        if edge.target in arriving:
            arriving[edge.target].append(edge)
        elif edge.source in leaving:
            leaving[edge.source].append(edge)
        else:
            rest.append(edge)
    diagram.edges[:] = rest
    found = []
    for join, edges in arriving.items():
        line = diagram.nodes[join].line
        if not edges or not leaving[join]:
            refuse(diagram.name, line, f"arrows lead to the join {join!r} and away from it")
        waiting = frozenset(_waiting(diagram, nodes, edge) for edge in edges)
        box = _joined(diagram, nodes, join, waiting)
        found += [Joining(box, waiting, edge) for edge in leaving[join]]
    return found


def _waiting(diagram: StateDiagram, nodes: ChartNodes, edge: DiagramEdge) -> str:
    """Return the state in which an arrow to a join waits for the others."""
    part = diagram.part(edge.source)
    if part.kind:
        what = f"the arrow from {edge.source!r} to the join {edge.target!r} leaves no state"
        refuse(diagram.name, edge.line, f"{what}; draw it from a state")
    first = any(mark.state == edge.source for mark in diagram.starts)
    if not read_label(edge.label) and edge.source not in diagram.boxes and not first:
        return edge.source
    wait = nodes.fresh(_BRACKETS.sub("", f"{edge.source}.{edge.target}"))
    title = f"{diagram.nodes[edge.target].title} from {part.title}"
    diagram.node(wait, edge.line, part.box, part.region).title = title
    diagram.edge(edge._replace(target=wait))
    if first and not edge.label:
        what = f"line {edge.line}: {edge.source!r} is left by an event 'to {title}'"
        diagram.assumed.append(f"{what}: it is entered first, and would be passed at once")
    return wait


def _joined(diagram: StateDiagram, nodes: ChartNodes, join: str, waiting: frozenset[str]) -> str:
    """Return the state in whose regions states wait, each in another one."""
    ways = [[id_, *nodes.around(id_)] for id_ in sorted(waiting)]
    common = [box for box in ways[0] if all(box in way for way in ways[1:])]
    box = common[0] if common else ""
    below = {diagram.part(way[way.index(box) - 1]).region for way in ways if box in way[1:]}
    if len(below) < len(ways):
        names = ", ".join(map(repr, sorted(waiting)))
        what = f"the join {join!r} waits for {names}, which are not in regions of one state"
        remedy = "part the regions by --, or begin them with a fork"
        refuse(diagram.name, diagram.nodes[join].line, f"{what}; {remedy}")
    return box
