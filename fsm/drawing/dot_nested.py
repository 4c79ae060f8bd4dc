"""The DOT text of a declaration: boxes in boxes, regions, history and initial marks."""

from __future__ import annotations

from itertools import pairwise

from graphviz import Digraph

from fsm.drawing.dot import Drawing, literal, style_classes
from fsm.drawing.layout import Layout
from fsm.drawing.model import Arrow, Box, DrawnState, Picture
from fsm.drawing.nesting import Nesting, automatic_labels
from fsm.drawing.overlay import Tone
from fsm.drawing.paints import Paint, paint_of
from fsm.text import shortened, wrapped

__all__ = ["NestedDrawing"]

_WHITE = "#ffffff"
_CLASS = {"shallow": "history", "deep": "deepHistory"}


class NestedDrawing(Drawing):
    """Writes the DOT text of a picture with boxes in boxes."""

    def __init__(self, picture: Picture, html: bool, layout: Layout) -> None:
        super().__init__(picture, html, layout)
        self.nesting = Nesting(picture)
        self.labels: dict[str | None, list[int]] = {}
        for number, arrow in enumerate(picture.arrows):
            if self._is_through(arrow):
                self.labels.setdefault(self._common_box(arrow), []).append(number)

    def source(self) -> str:
        """Return the DOT text."""
        picture, graph = self.picture, self._graph()
        if picture.initial is not None:
            self._mark(graph, "start", picture.initial)
        for node in picture.loose:
            self._node(graph, node, paint_of(node.rank))
        for box in reversed(picture.boxes) if self.layout.mirrored else picture.boxes:
            self._box(graph, box)
        if picture.initial is not None:
            self._lead(graph, "start", picture.initial_box or picture.initial)
        self._middles(graph, None)
        order = reversed if self.layout.mirrored else list
        for number, arrow in order([*enumerate(picture.arrows)]):
            self._arrow(graph, arrow, number)
        return str(graph.source)

    # Boxes -------------------------------------------------------------------------------------

    def _box(self, graph: Digraph, box: Box, depth: int = 0, region: bool = False) -> None:
        paint = paint_of(box.rank)
        notes = tuple(line for text in box.inside for line in wrapped(text, 40))
        marks = tuple((m.tone, line) for m in box.marks for line in wrapped(m.text, 40))
        title = tuple(f"\xa0{line}\xa0" for line in wrapped(box.label, 30))
        with graph.subgraph(name=self.clusters[box.name]) as cluster:
            cluster.attr(
                label=self._title(title, notes, marks),
                style="rounded,filled,dashed" if region else "rounded,filled",
                color=paint.border,
                fillcolor=self._ground(box.name),
                fontcolor=paint.text,
                penwidth="1" if depth else "1.3",
                tooltip=literal(shortened(box.label)),
                **self._place_of_title(box, "12" if depth else "14"),
                **style_classes(notes, marks),
            )
            for node in box.nodes:
                self._node(cluster, node, paint._replace(fill=_WHITE))
            for inner in box.boxes:
                self._box(cluster, inner, depth + 1, region=box.parallel)
            if box.initial:
                self._mark(cluster, self._start(box), box.first)
                for end in box.initial:
                    self._lead(cluster, self._start(box), end)
            self._middles(cluster, box.name)
            if box.parallel and self.layout.is_layered:
                self._align(cluster, box)

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

    def _mark(self, graph: Digraph, name: str, state: str) -> None:
        super()._mark(graph, name, state)
        graph.node(name, **{"class": "initial"})

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
            fillcolor=_WHITE,
            tooltip=f"{node.history} history",
            **{"class": _CLASS[node.history]},
            **self._place(self.places.get(node.name, (0.0, 0.0))),
            **self._id("state", self.numbers[node.name]),
        )

    # Arrows ------------------------------------------------------------------------------------

    def _is_through(self, arrow: Arrow) -> bool:
        """Return whether an arrow is drawn through its label, which is a node."""
        has_label = bool(automatic_labels(arrow) or arrow.effects)
        return not self.places and ((self.in_line and has_label) or self.nesting.is_bent(arrow))

    def _common_box(self, arrow: Arrow) -> str | None:
        return arrow.from_box if arrow.inner else self.nesting.around(arrow)

    def _ground(self, box: str | None) -> str:
        """Return the colour behind what is directly in a box, or in none."""
        if box is None:
            return "white"
        return _WHITE if len(self.nesting.around_box(box)) % 2 else paint_of(self.ranks[box]).fill

    def _middles(self, graph: Digraph, box: str | None) -> None:
        """Draw the labels of arrows that are directly in a box, or in none."""
        for number in self.labels.get(box, ()):
            self._middle(graph, number, self._ground(box))

    def _arrow(self, graph: Digraph, arrow: Arrow, number: int) -> None:
        attributes = self._attributes(arrow, number)
        if self.places:
            super()._arrow(graph, arrow, number)
            return
        source, target = self.ids[arrow.source], self._top(arrow.end)
        tail = {} if arrow.from_box is None else {"ltail": self.clusters[arrow.from_box]}
        head = self._head(arrow.end)
        if not self._is_through(arrow):
            label = self._arrow_label(arrow)
            graph.edge(source, target, **label, **attributes, **tail, **head)
        elif arrow.inner:
            graph.edge(f"label {number}", target, **attributes, **head)
        else:
            self._lines(graph, number, (source, target), attributes | tail, attributes | head)
        for end in arrow.forks:
            graph.edge(f"label {number}", self._top(end), **attributes, **self._head(end))
