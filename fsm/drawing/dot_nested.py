"""The DOT text of a declaration: boxes in boxes, regions, history and initial marks."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from itertools import pairwise

from graphviz import Digraph

from fsm.drawing.dot import WHITE, Drawing
from fsm.drawing.dot_attributes import PLAIN_BORDER, border_attributes, literal, style_classes
from fsm.drawing.model import Box, DrawnState
from fsm.drawing.overlay import Tone
from fsm.drawing.paints import Paint, paint_of
from fsm.text import shortened, wrapped

__all__ = ["NestedDrawing"]

_CLASS = {"shallow": "history", "deep": "deepHistory"}


class NestedDrawing(Drawing):
    """Writes the DOT text of a picture with boxes in boxes."""

    # Boxes -------------------------------------------------------------------------------------

    def _box(self, graph: Digraph, box: Box, depth: int = 0, region: bool = False) -> None:
        paint = paint_of(box.colour)
        notes = tuple(line for text in box.inside for line in self._lines(text, 40))
        marks = tuple((m.tone, line) for m in box.marks for line in wrapped(m.text, 40))
        shown = "" if box.nameless and not self.joinable else box.label
        title = tuple(f"\xa0{line}\xa0" for line in self._lines(shown, 30))
        with graph.subgraph(name=self.clusters[box.name]) as cluster:
            cluster.attr(
                label=self._title(title, notes, marks),
                color=paint.border,
                fillcolor=self._ground(box.name),
                fontcolor=paint.text,
                **self._frame(paint, depth, region),
                tooltip=literal(shortened(box.label)),
                **self._title_place(box, 12 if depth else 14),
                **style_classes(notes, marks),
            )
            for node in box.nodes:
                self._node(cluster, node, paint._replace(fill=WHITE, line=""))
            for inner in self._in_order(box):
                self._box(cluster, inner, depth + 1, region=box.parallel)
            if box.initial:
                self._mark(cluster, self._start(box), box.first)
                for end in box.initial:
                    self._lead(cluster, self._start(box), end)
                self._raise_history(cluster, box)
            self._labels(cluster, box.name)
            if box.parallel and self.layout.is_layered:
                self._align(cluster, box)

    def _frame(self, paint: Paint, depth: int, region: bool) -> dict[str, str]:
        """Return the attributes of the border of a box: only outermost ones show their kind."""
        if not depth:
            return PLAIN_BORDER | border_attributes(paint)
        return {"style": "rounded,filled,dashed" if region else "rounded,filled", "penwidth": "1"}

    def _in_order(self, box: Box) -> Iterable[Box]:
        """Return the boxes in a box as Graphviz is to be given them.

        It sets regions from right to left where layers are one below the other. Who reads a text
        is given them as declared.
        """
        across = self.picture.direction in ("LR", "RL")
        as_declared = across or self.joinable or not box.parallel
        return box.boxes if as_declared else reversed(box.boxes)

    def _title(
        self,
        title: tuple[str, ...],
        notes: tuple[str, ...],
        marks: tuple[tuple[Tone, str], ...],
    ) -> str:
        """Return the label of a box; several lines begin at its left side."""
        label = self._label(title, notes, marks, bold=True)
        if not self.html:
            return label if "\\n" not in label else label.replace("\\n", "\\l") + "\\l"
        left = '<BR ALIGN="LEFT"/>'
        return label if "<BR/>" not in label else f"{label[:-1].replace('<BR/>', left)}{left}>"

    def _raise_history(self, cluster: Digraph, box: Box) -> None:
        """Keep history states near the initial mark: arrows to them set no layer."""
        for node in box.nodes:
            if node.history and self.layout.is_layered:
                cluster.edge(self._start(box), self.ids[node.name], style="invis")

    def _line(
        self,
        graph: Digraph,
        tail: tuple[str, str | None],
        head: tuple[str, str | None],
        attributes: dict[str, str],
        backward: bool,
    ) -> None:
        if head[0] in self.raised:
            attributes = attributes | {"constraint": "false"}
        super()._line(graph, tail, head, attributes, backward)

    @cached_property
    def raised(self) -> set[str]:
        """The history states that stand near the initial mark of their box."""
        boxes = (box for box in self.picture.all_boxes if box.initial)
        return {self.ids[node.name] for box in boxes for node in box.nodes if node.history}

    def _ground(self, box: str | None) -> str:
        depth = 1 if box is None else len(self.nesting.around_box(box))
        return "white" if box is None else WHITE if depth % 2 else super()._ground(box)

    def _align(self, cluster: Digraph, box: Box) -> None:
        """Begin all regions at the same height, in declared order."""
        tops = [self._top(part.name) for part in box.parts]
        with cluster.subgraph() as row:
            row.attr(rank="same")
            for top in tops:
                row.node(top)
        for one, other in pairwise(tops):
            cluster.edge(one, other, style="invis")

    def _lead(self, graph: Digraph, mark: str, end: str) -> None:
        """Draw the arrow from an initial mark to a state or a box."""
        graph.edge(mark, self._top(end), **self._head(end), arrowsize="0.6", weight="4")

    def _head(self, end: str) -> dict[str, str]:
        """Return the attribute of an arrow that ends at the border of a box."""
        return {} if end in self.ids or self.places else {"lhead": self.clusters[end]}

    def _start(self, box: Box) -> str:
        return f"start {self.box_numbers[box.name]}"

    def _top(self, name: str) -> str:
        """Return the node at which an arrow to a state or a box ends: of a box the uppermost one.

        That is its initial mark, so that arrows to a box come from above.
        """
        if name in self.ids:
            return self.ids[name]
        box = self.nesting.boxes[name]
        if box.initial:
            return self._start(box)
        if box.parallel:
            return self._top(box.parts[0].name)
        return self.ids[box.first]

    # States ------------------------------------------------------------------------------------

    def _mark(self, graph: Digraph, name: str, state: str, **more: str) -> None:
        super()._mark(graph, name, state, **{"class": "initial"}, **more)

    def _node(self, graph: Digraph, node: DrawnState, paint: Paint) -> None:
        if not node.history:
            super()._node(graph, node, paint)
            return
        graph.node(
            self.ids[node.name],
            self._label((node.title,), ()),
            shape="circle",
            style="filled",
            width="0.32",
            fixedsize="true",
            fontsize="10",
            color=paint.border,
            fillcolor=WHITE,
            tooltip=f"{node.history} history",
            **{"class": _CLASS[node.history]},
            **self._place(self.places.get(node.name, (0.0, 0.0))),
            **self._id("state", self.numbers[node.name]),
        )
