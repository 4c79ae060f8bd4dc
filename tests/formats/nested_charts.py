"""Declared statecharts of any shape: compounds, regions, final states, guards."""

from typing import Any

from hypothesis import strategies as st

from fsm.chart import Chart, ChartEdge, ChartNode
from fsm.guard import ALWAYS, Guard, parse_guard

__all__ = ["charts"]

EVENTS = ("go", "stop", "tick")
GUARDS = [
    ALWAYS,
    ALWAYS,
    Guard.named("ok"),
    parse_guard("not ok", ""),
    parse_guard("ok or hot", ""),
]


class _Builder:
    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.nodes: list[dict[str, Any]] = []

    def state(self, parent: int | None, depth: int) -> int:
        """Add a state, and what is inside of it; return its number."""
        number = len(self.nodes)
        kind = self.draw(st.sampled_from(("atom", "atom", "compound", "parallel")[: 2 + depth]))
        node: dict[str, Any] = {
            "parent": parent,
            "children": (),
            "entry": (),
            "parallel": False,
            "final": False,
        }
        self.nodes.append(node)
        if kind == "compound":
            self.inside(number, depth - 1)
        elif kind == "parallel":
            node["parallel"] = True
            node["children"] = node["entry"] = (self.region(number), self.region(number))
        return number

    def region(self, parent: int) -> int:
        number = len(self.nodes)
        self.nodes.append(
            {"parent": parent, "children": (), "entry": (), "parallel": False, "final": False}
        )
        self.inside(number, 0)
        return number

    def inside(self, number: int, depth: int) -> None:
        children = [self.state(number, depth) for _ in range(self.draw(st.integers(1, 2)))]
        entry = children[0]
        if self.draw(st.booleans()):
            children.append(len(self.nodes))
            self.nodes.append(
                {"parent": number, "children": (), "entry": (), "parallel": False, "final": True}
            )
        self.nodes[number] |= {"children": tuple(children), "entry": (entry,)}
        kind = self.draw(st.sampled_from(("", "", "shallow", "deep")))
        if kind:
            node = {"parent": number, "children": (), "entry": (entry,), "parallel": False}
            self.nodes.append(node | {"final": False, "history": kind})


@st.composite
def charts(draw: st.DrawFn) -> Chart:
    builder = _Builder(draw)
    for _ in range(draw(st.integers(1, 3))):
        builder.state(None, 2)
    nodes = tuple(
        ChartNode(f"s{i}", f"State {i}", n["parent"], n["children"], n["entry"], n["parallel"],
                  n["final"], n.get("history", ""))
        for i, n in enumerate(builder.nodes)
    )  # fmt: skip
    edges = []
    for source, node in enumerate(nodes):
        for event in draw(st.lists(st.sampled_from(EVENTS), max_size=2, unique=True)):
            if not node.final and not node.history:
                target = draw(st.integers(0, len(nodes) - 1))
                edges.append(_edge(draw, source, target, event))
        done = bool(node.children) and draw(st.booleans())
        if done and all(any(nodes[j].final for j in nodes[i].children) for i in
                        (node.children if node.parallel else (source,))):  # fmt: skip
            target = draw(st.integers(0, len(nodes) - 1))
            edges.append(ChartEdge(source, (target,), (f"done.state.s{source}",), False, ALWAYS))
    return Chart("c", "c", nodes, tuple(edges), 0, EVENTS, (), None, None, False, rules="scxml")


def _edge(draw: st.DrawFn, source: int, target: int, event: str) -> ChartEdge:
    if draw(st.integers(0, 5)) == 0:
        return ChartEdge(source, (), (event,), True, ALWAYS)
    return ChartEdge(source, (target,), (event,), False, draw(st.sampled_from(GUARDS)))
