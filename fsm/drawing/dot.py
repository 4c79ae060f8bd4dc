"""A machine as a DOT text, for Graphviz."""

from __future__ import annotations

from collections.abc import Iterable

from graphviz import Digraph

from fsm.drawing.dot_attributes import (
    PLAIN_BORDER,
    border_attributes,
    literal,
    markup,
    plain_lines,
    style_classes,
)
from fsm.drawing.layout import PLAIN, Layout, backward_arrows
from fsm.drawing.legend import LegendEntry, legend_lines, plain_line
from fsm.drawing.model import Arrow, Box, DrawnState, Picture
from fsm.drawing.nesting import Nesting, automatic_labels, has_label
from fsm.drawing.overlay import Tone
from fsm.drawing.paints import FONT, GREY, INK, LINE, MONOSPACE, TONES, Paint, paint_of
from fsm.text import joinable_lines, plain_ids, shortened, wrapped

__all__ = ["LABEL", "WHITE", "Drawing", "to_dot"]

LABEL = "label"
"""The CSS class of a node that is the label of an arrow."""
WHITE = "#ffffff"
_HASTE: tuple[dict[str, str], ...] = (
    {},
    {"nslimit": "2", "nslimit1": "2"},
    {"nslimit": "0.5", "nslimit1": "0.5", "mclimit": "0.2"},
)
"""Attributes that keep Graphviz from looking long for the best places."""
_CENTRED = 3
"""A legend with more lines is justified."""
_WIDENED = 30
_STIFF = "20"
"""The weight of a loop, which keeps its label next to its state."""
_WIDEST = 4.5
"""Width in points of the arrow with the largest weight."""
_WIDE = 2.0
_THROUGH = "90"
"""The opacity of a wide arrow, so that texts below it stay legible."""


def to_dot(
    picture: Picture, *, html: bool = True, layout: Layout = PLAIN, joinable: bool = True
) -> str:
    """Return a picture in DOT, the same text for the same picture.

    Statuses are boxes around their states. An arrow from a box stands for each of its states; a
    dashed arrow is a decision, with its reason in the tooltip. With ``html=False`` labels are plain
    text in one size, for a Graphviz that cannot read HTML-like labels. With ``joinable`` the lines
    of a long label can be joined by who reads the text; a picture needs no marks for that.
    """
    if picture.is_declared:
        from fsm.drawing.dot_nested import NestedDrawing

        return NestedDrawing(picture, html, layout, joinable).source()
    return Drawing(picture, html, layout, joinable).source()


class Drawing:
    """Writes the DOT text of a picture."""

    def __init__(self, picture: Picture, html: bool, layout: Layout, joinable: bool) -> None:
        self.picture = picture
        self.layout = layout
        self.html, self.joinable = html, html and joinable
        # Without HTML-like labels, the renderer needs one font name, not a list, to know widths.
        self.font = FONT if html else FONT.partition(",")[0]
        # "start" is the dot that points at the initial state; the others are keywords of DOT.
        words = ("start", "node", "edge", "graph", "digraph", "subgraph", "strict")
        self.ids = plain_ids((node.name for node in picture.nodes), reserved=words)
        self.numbers = {node.name: number for number, node in enumerate(picture.nodes)}
        # Who reads the text back knows a cluster by its name without "cluster_".
        boxes, states = [f"cluster_{box.name}" for box in picture.all_boxes], {*self.ids.values()}
        alike = [c for c in plain_ids(boxes).values() if c.removeprefix("cluster_") in states]
        clusters = plain_ids(boxes, reserved=alike)
        self.clusters = {b.name: clusters[f"cluster_{b.name}"] for b in picture.all_boxes}
        self.box_numbers = {box.name: number for number, box in enumerate(picture.all_boxes)}
        self.nesting = Nesting(picture)
        self.explained = legend_lines(picture)
        self.has_legend = bool(picture.legend or self.explained)
        self.order = reversed if layout.mirrored else list
        in_line = layout.in_line or not layout.is_layered
        self.in_line = {
            number
            for number, arrow in enumerate(picture.arrows)
            if (in_line and has_label(arrow)) or self.nesting.is_bent(arrow)
        }
        self.labels_in = self.nesting.arrows_in(
            {number: picture.arrows[number] for number in sorted(self.in_line)}
        )
        self.backward = backward_arrows(picture) if layout.in_line and layout.is_layered else ()

    def source(self) -> str:
        """Return the DOT text."""
        picture, graph = self.picture, self._graph()
        if picture.initial is not None:
            self._mark(graph, "start")
        for node in picture.loose:
            self._node(graph, node, paint_of(node.colour))
        for box in self.order(picture.boxes):
            self._box(graph, box)
        if picture.initial is not None:
            for end in (picture.initial_box or picture.initial, *picture.initial_forks):
                self._lead(graph, "start", end)
        self._labels(graph, None)
        for number, arrow in self.order([*enumerate(picture.arrows)]):
            self._arrow(graph, arrow, number)
        return str(graph.source)

    def _lead(self, graph: Digraph, mark: str, end: str) -> None:
        """Draw the arrow from an initial mark to a state."""
        graph.edge(mark, self.ids[end])

    def _graph(self) -> Digraph:
        """Return an empty graph."""
        graph = Digraph(plain_ids([self.picture.name])[self.picture.name])
        self._defaults(graph)
        return graph

    def _mark(self, graph: Digraph, name: str, **more: str) -> None:
        """Draw the dot from which an arrow leads to an initial state."""
        shape = {"shape": "circle", "style": "filled", "width": "0.14", "fillcolor": INK}
        graph.node(name, "", **shape, **more)

    def _defaults(self, graph: Digraph) -> None:
        label = {"label": self._legend(), "labelloc": "b", "fontcolor": INK}
        extra = label if self.has_legend else {}
        extra |= _HASTE[self.layout.haste]
        if not self.layout.is_layered:
            extra |= {"overlap": "false", "splines": "true"}
            extra["outputorder"] = "edgesfirst"
        graph.attr(
            "graph",
            rankdir=self.picture.direction,
            compound="true",
            newrank="true",
            bgcolor="white",
            fontname=self.font,
            fontsize="13",
            nodesep=f"{0.35 * self.layout.space:g}",
            ranksep=f"{0.55 * self.layout.space:g}",
            pad="0.15",
            **extra,
        )
        graph.attr(
            "node",
            shape="box",
            fontname=self.font,
            fontsize="13",
            fontcolor=INK,
            color=LINE,
            margin="0.18,0.09",
            **PLAIN_BORDER,
        )
        graph.attr(
            "edge",
            fontname=self.font,
            fontsize="11",
            fontcolor=INK,
            color=LINE,
            arrowsize="0.75",
        )

    def _id(self, kind: str, number: int) -> dict[str, str]:
        """Return the id that identifies a part of the picture in the SVG."""
        return {"id": f"{kind} {number}"} if self.layout.numbered else {}

    def _legend(self) -> str:
        told = [line for text in self.picture.legend for line in wrapped(text, 90)]
        justified = len(self.picture.legend) > _CENTRED
        if self.html and self.explained:
            end = '<BR ALIGN="LEFT"/>' if justified else "<BR/>"
            lines = (*map(markup, told), *map(_coloured, self.explained))
            return f"<{end.join(lines)}{end if justified else ''}>"
        return plain_lines((*told, *map(plain_line, self.explained)), justified=justified)

    def _box(self, graph: Digraph, box: Box) -> None:
        paint = paint_of(box.colour)
        with graph.subgraph(name=self.clusters[box.name]) as cluster:
            cluster.attr(
                label=self._label(tuple(map(_spaced, self._lines(box.label, 30))), (), bold=True),
                **(PLAIN_BORDER | border_attributes(paint)),
                color=paint.border,
                fillcolor=self._ground(box.name),
                fontcolor=paint.text,
                tooltip=literal(shortened(box.label)),
                **self._title_place(box, 14),
            )
            for node in box.nodes:
                self._node(cluster, node, paint._replace(fill=WHITE, line=""))
            self._labels(cluster, box.name)

    def _title_place(self, box: Box, margin: int) -> dict[str, str]:
        """Return the attributes of a box that say where its title stands."""
        number = self.box_numbers[box.name]
        below = number in self.layout.below
        edge = {"labelloc": "b" if below else "t"} if below or self.has_legend else {}
        return {
            "labeljust": self._justified(self.layout.sides.get(number, "l")),
            "margin": str(margin + (_WIDENED if number in self.layout.wide else 0)),
            **edge,
            **self._id("box", number),
        }

    def _justified(self, side: str) -> str:
        """Return how Graphviz calls a side of a title: in a picture to the left, it swaps them."""
        swapped = self.picture.direction == "RL"
        return {"l": "r", "r": "l"}.get(side, side) if swapped else side

    def _ground(self, box: str | None) -> str:
        """Return the colour inside of a box; without one, that of the picture."""
        return "white" if box is None else paint_of(self.nesting.boxes[box].colour).fill

    def _node(self, graph: Digraph, node: DrawnState, paint: Paint) -> None:
        small = (*((node.caption,) if node.caption else ()), *node.notes, *node.inside)
        notes = tuple(line for note in small for line in self._lines(note, 28))
        marks = tuple((m.tone, line) for m in node.marks for line in wrapped(m.text, 30))
        kind = "" if self.picture.language else "status "
        status = f", {kind}{shortened(node.status)}" if node.status is not None else ""
        graph.node(
            self.ids[node.name],
            self._label(self._lines(node.title, 24), notes, marks, mono=True),
            color=paint.border,
            fillcolor=paint.fill,
            tooltip=literal(f"{shortened(node.title)}{status}{', final' if node.final else ''}"),
            **({"peripheries": "2"} if node.final else {}),
            **border_attributes(paint),
            **self._id("state", self.numbers[node.name]),
            **style_classes(notes, marks),
        )

    def _arrow(self, graph: Digraph, arrow: Arrow, number: int) -> None:
        attributes = self._attributes(arrow, number)
        if number in self.in_line:
            self._through(graph, number, arrow, attributes)
            return
        tail, head = (self.ids[arrow.source], arrow.from_box), (self._top(arrow.end), arrow.to_box)
        self._line(graph, tail, head, attributes | self._arrow_label(arrow), backward=False)

    def _attributes(self, arrow: Arrow, number: int) -> dict[str, str]:
        attributes = self._id("arrow", number) | self._style(arrow) | self._width(arrow)
        if arrow.origins:
            attributes["tooltip"] = plain_lines(map(shortened, arrow.origins))
        return attributes

    def _style(self, arrow: Arrow) -> dict[str, str]:
        color, style = TONES[arrow.tone]
        if arrow.is_decision:
            style = ",".join(filter(None, (style, "dashed")))
        attributes = {"style": style} if style else {}
        if arrow.tone is not Tone.PLAIN:
            attributes |= {"color": color, "fontcolor": color}
        if arrow.tone is Tone.FADED:
            attributes["fontcolor"] = GREY
        return attributes

    def _width(self, arrow: Arrow) -> dict[str, str]:
        if not arrow.weight:
            return {}
        width = 1 + (_WIDEST - 1) * arrow.share**0.5
        attributes = {"penwidth": f"{width:.1f}"}
        if self.html and width > _WIDE:  # here no label can be drawn above the arrow
            attributes["color"] = f"{TONES[arrow.tone][0]}{_THROUGH}"
        return attributes

    def _lines(self, text: str, width: int) -> tuple[str, ...]:
        """Return a text in lines; those of a DOT text can be joined by who reads it."""
        if self.joinable:
            return joinable_lines(text, width)
        return wrapped(text, width, at_underscores=True)

    def _arrow_label(self, arrow: Arrow) -> dict[str, str]:
        labels = automatic_labels(arrow)
        wrapped_labels = [self._lines(label, 32) for label in labels]
        if not self.joinable and any(lines[1:] for lines in wrapped_labels):
            # Where one of several events is wrapped, a comma tells where each ends.
            ends = [self._lines(f"{label},", 32) for label in labels[:-1]]
            wrapped_labels = [*ends, *wrapped_labels[len(ends) :]]
        events = tuple(_spaced(line) for lines in wrapped_labels for line in lines)
        notes = tuple(_spaced(line) for effect in arrow.effects for line in self._lines(effect, 36))
        return {"label": self._label(events, notes)} | style_classes(notes, ())

    def _labels(self, graph: Digraph, box: str | None) -> None:
        """Draw the labels that stand in their arrows directly in a box, or in none, as nodes."""
        for number in self.labels_in.get(box, ()):
            arrow = self.picture.arrows[number]
            # Graphviz 2.43 fails at a node without any size.
            label = self._arrow_label(arrow) if has_label(arrow) else {"label": "\xa0"}
            attributes = self._attributes(arrow, number)
            kind = f"{LABEL} {label.get('class', '')}".strip()
            look = {"shape": "plain", "style": "filled", "fontsize": "11", "class": kind}
            look |= {"fillcolor": self._ground(box), "penwidth": "0"}
            look |= {key: attributes[key] for key in ("fontcolor", "tooltip") if key in attributes}
            graph.node(_middle(number), **label | look | self._id("arrow", number))

    def _through(
        self, graph: Digraph, number: int, arrow: Arrow, attributes: dict[str, str]
    ) -> None:
        """Draw an arrow as lines to and from its label."""
        source, middle = self.ids[arrow.source], _middle(number)
        if arrow.begin == arrow.end == arrow.source and self.layout.is_layered:
            self._loop(graph, source, middle, attributes)
            return
        backward = number in self.backward
        if not arrow.inner:
            first = attributes | {"dir": "none"}
            self._line(graph, (source, arrow.from_box), (middle, None), first, backward)
        for end in (arrow.end, *arrow.forks):
            head = self._top(end), None if end in self.ids else end
            self._line(graph, (middle, None), head, attributes, backward)

    def _line(
        self,
        graph: Digraph,
        tail: tuple[str, str | None],
        head: tuple[str, str | None],
        attributes: dict[str, str],
        backward: bool,
    ) -> None:
        """Draw a line between two nodes, cut at the borders of boxes.

        One that leads backward is turned: layers are in the direction of lines.
        """
        if backward:
            tail, head = head, tail
            attributes = {"dir": "back"} | attributes
        ends = {"ltail": tail[1], "lhead": head[1]}
        cuts = {key: self.clusters[box] for key, box in ends.items() if box is not None}
        graph.edge(tail[0], head[0], **attributes, **cuts)

    def _loop(self, graph: Digraph, state: str, middle: str, attributes: dict[str, str]) -> None:
        """Draw a loop on a state, with its label beside the state."""
        with graph.subgraph(graph_attr={"rank": "same"}) as row:
            row.node(state)
            row.node(middle)
        for direction in ("none", "back"):
            graph.edge(state, middle, **attributes, dir=direction, weight=_STIFF)

    def _top(self, name: str) -> str:
        """Return the node at which an arrow to a state ends."""
        return self.ids[name]

    def _label(
        self,
        lines: tuple[str, ...],
        notes: tuple[str, ...],
        marks: tuple[tuple[Tone, str], ...] = (),
        mono: bool = False,
        bold: bool = False,
    ) -> str:
        if not self.html:
            return plain_lines((*lines, *notes, *(line for _, line in marks)))
        text = "<BR/>".join(map(markup, lines))
        text = f"<B>{text}</B>" if bold else text
        face = f' FACE="{MONOSPACE}"' if mono else ""
        for note in notes:
            text += f'<BR/><FONT POINT-SIZE="9.5" COLOR="{GREY}"{face}>{markup(note)}</FONT>'
        for tone, line in marks:
            color = TONES[tone][0]
            text += f'<BR/><FONT POINT-SIZE="11" COLOR="{color}">{markup(line)}</FONT>'
        return f"<{text}>"


def _coloured(entries: Iterable[LegendEntry]) -> str:
    """Return a line of the legend with its signs in their colours."""
    parts = []
    for entry in entries:
        sign = f'<FONT COLOR="{paint_of(entry.colour).border}">{entry.sign}</FONT>&#160;'
        parts.append(f"{sign if entry.sign else ''}{markup(entry.in_words)}")
    return f'<FONT POINT-SIZE="11" COLOR="{GREY}">{"&#160;&#160;&#160;".join(parts)}</FONT>'


def _middle(number: int) -> str:
    """Return the name of the node that is the label of an arrow."""
    return f"label {number}"


def _spaced(line: str) -> str:
    """Return a line with some space at both ends, which keeps the label off its own arrow."""
    return f"\xa0{line}\xa0"
