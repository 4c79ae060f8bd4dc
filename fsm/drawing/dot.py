"""A machine as a DOT text, for Graphviz."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import nullcontext
from html import escape as escape_html

from graphviz import Digraph, escape, nohtml

from fsm.drawing.layout import PLAIN, Layout, backward_arrows
from fsm.drawing.model import Arrow, Box, DrawnState, Picture
from fsm.drawing.nesting import automatic_labels, swapped
from fsm.drawing.overlay import Tone
from fsm.drawing.paints import FONT, GREY, INK, LINE, MONOSPACE, TONES, Paint, paint_of
from fsm.text import plain_ids, shortened, visible, wrapped

__all__ = ["LABEL", "Drawing", "literal", "style_classes", "to_dot"]

LABEL = "label"
"""The CSS class of a node that is the label of an arrow."""
_HASTE: tuple[dict[str, str], ...] = (
    {},
    {"nslimit": "2", "nslimit1": "2"},
    {"nslimit": "0.5", "nslimit1": "0.5", "mclimit": "0.2"},
)
_CENTRED = 3
"""A legend with more lines is justified."""
_WIDEST = 4.5
"""Width in points of the arrow with the largest weight."""
_WIDE = 2.0
_THROUGH = "90"
"""The opacity of a wide arrow, so that texts below it stay legible."""


def to_dot(picture: Picture, *, html: bool = True, layout: Layout = PLAIN) -> str:
    """Return a picture in DOT, the same text for the same picture.

    Statuses are boxes around their states. An arrow from a box stands for each of its states; a
    dashed arrow is a decision, with its reason in the tooltip. With ``html=False`` labels are plain
    text in one size, for a Graphviz that cannot read HTML-like labels.
    """
    if picture.is_declared:
        from fsm.drawing.dot_nested import NestedDrawing

        return NestedDrawing(picture, html, layout).source()
    return Drawing(picture, html, layout).source()


class Drawing:
    """Writes the DOT text of a picture."""

    def __init__(self, picture: Picture, html: bool, layout: Layout) -> None:
        self.picture = picture
        self.layout = layout
        self.in_line = layout.in_line or not layout.is_layered
        self.html = html
        self.places = layout.places
        # Without HTML-like labels, the renderer needs one font name, not a list, to know widths.
        self.font = FONT if html else FONT.partition(",")[0]
        # "start" is the dot that points at the initial state; the others are keywords of DOT.
        words = ("start", "node", "edge", "graph", "digraph", "subgraph", "strict")
        self.ids = plain_ids((node.name for node in picture.nodes), reserved=words)
        self.numbers = {node.name: number for number, node in enumerate(picture.nodes)}
        boxes = picture.all_boxes
        clusters = plain_ids(f"cluster_{box.name}" for box in boxes)
        self.clusters = {box.name: clusters[f"cluster_{box.name}"] for box in boxes}
        self.backward = backward_arrows(picture) if self.in_line and layout.is_layered else ()
        self.box_numbers = {box.name: number for number, box in enumerate(boxes)}
        self.ranks = {box.name: box.rank for box in boxes}
        self.box_of = {node.name: box.name for box in boxes for node in box.nodes}

    def source(self) -> str:
        """Return the DOT text."""
        picture, graph = self.picture, self._graph()
        if picture.initial is not None:
            self._mark(graph, "start", picture.initial)
        for node in picture.loose:
            self._node(graph, node, paint_of(node.rank))
        order = reversed if self.layout.mirrored else list
        for box in order([*picture.boxes]):
            self._box(graph, box)
        if picture.initial is not None:
            graph.edge("start", self.ids[picture.initial])
        for number, arrow in order([*enumerate(picture.arrows)]):
            self._arrow(graph, arrow, number)
        return str(graph.source)

    def _graph(self) -> Digraph:
        """Return an empty graph."""
        graph = Digraph(plain_ids([self.picture.name])[self.picture.name])
        self._defaults(graph)
        return graph

    def _mark(self, graph: Digraph, name: str, state: str) -> None:
        """Draw the dot from which an arrow leads to an initial state."""
        x, y = self.places.get(state, (0.0, 0.0))
        shape = {"shape": "circle", "style": "filled", "width": "0.14", "fillcolor": INK}
        graph.node(name, "", **shape, **self._place((x, y + 60)))

    def _defaults(self, graph: Digraph) -> None:
        extra = (
            {"label": self._legend(), "labelloc": "b", "fontcolor": INK}
            if self.picture.legend
            else {}
        )
        extra |= _HASTE[self.layout.haste]
        if not self.layout.is_layered:
            extra |= {"overlap": "false", "splines": "line" if self.places else "true"}
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
            style="rounded,filled",
            fontname=self.font,
            fontsize="13",
            fontcolor=INK,
            color=LINE,
            margin="0.18,0.09",
            penwidth="1.3",
        )
        graph.attr(
            "edge",
            fontname=self.font,
            fontsize="11",
            fontcolor=INK,
            color=LINE,
            arrowsize="0.75",
        )

    def _place(self, place: tuple[float, float]) -> dict[str, str]:
        return {"pos": f"{place[0]:.1f},{place[1]:.1f}"} if self.places else {}

    def _id(self, kind: str, number: int) -> dict[str, str]:
        """Return the id that identifies a part of the picture in the SVG."""
        return {"id": f"{kind} {number}"} if self.layout.numbered else {}

    def _legend(self) -> str:
        lines = (line for text in self.picture.legend for line in wrapped(text, 90))
        return _plain_lines(lines, justified=len(self.picture.legend) > _CENTRED)

    def _box(self, graph: Digraph, box: Box) -> None:
        paint = paint_of(box.rank)
        with graph.subgraph(name=self.clusters[box.name]) as cluster:
            cluster.attr(
                label=self._label(tuple(map(_spaced, wrapped(box.label, 30))), (), bold=True),
                style="rounded,filled",
                color=paint.border,
                fillcolor=paint.fill,
                fontcolor=paint.text,
                penwidth="1.3",
                tooltip=literal(shortened(box.label)),
                **self._place_of_title(box),
            )
            for node in box.nodes:
                self._node(cluster, node, paint._replace(fill="#ffffff"))

    def _place_of_title(self, box: Box, margin: str = "14") -> dict[str, str]:
        """Return where the title of a box stands, and the room around its states."""
        number, layout = self.box_numbers[box.name], self.layout
        place = {"labelloc": "b"} if number in layout.below else {}
        if self.picture.legend and not place:
            place = {"labelloc": "t"}
        return {
            "labeljust": layout.sides.get(number, "l"),
            "margin": "44" if number in layout.wide else margin,
            **place,
            **self._id("box", number),
        }

    def _node(self, graph: Digraph, node: DrawnState, paint: Paint) -> None:
        small = (*((node.caption,) if node.caption else ()), *node.notes, *node.inside)
        notes = tuple(line for note in small for line in wrapped(note, 28))
        marks = tuple((m.tone, line) for m in node.marks for line in wrapped(m.text, 30))
        kind = "" if self.picture.language else "status "
        status = f", {kind}{shortened(node.status)}" if node.status is not None else ""
        graph.node(
            self.ids[node.name],
            self._label(wrapped(node.title, 24), notes, marks, mono=True),
            color=paint.border,
            fillcolor=paint.fill,
            tooltip=literal(f"{shortened(node.title)}{status}{', final' if node.final else ''}"),
            **({"peripheries": "2"} if node.final else {}),
            **self._place(self.places.get(node.name, (0.0, 0.0))),
            **self._id("state", self.numbers[node.name]),
            **style_classes(notes, marks),
        )

    def _arrow(self, graph: Digraph, arrow: Arrow, number: int) -> None:
        source, target = self.ids[arrow.source], self.ids[arrow.target]
        attributes = self._attributes(arrow, number)
        if arrow.from_box is not None:
            attributes["ltail"] = self.clusters[arrow.from_box]
        if self.places:
            graph.edge(source, target, **attributes)
        elif self.in_line:
            self._through(graph, number, arrow, attributes)
        else:
            graph.edge(source, target, **self._arrow_label(arrow), **attributes)

    def _attributes(self, arrow: Arrow, number: int) -> dict[str, str]:
        attributes = self._id("arrow", number) | self._style(arrow) | self._width(arrow)
        tooltip = arrow.origins or (arrow.labels if self.places else ())
        if tooltip:
            attributes["tooltip"] = _plain_lines(map(shortened, tooltip))
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

    def _arrow_label(self, arrow: Arrow) -> dict[str, str]:
        labels = automatic_labels(arrow)
        events = tuple(_spaced(line) for label in labels for line in wrapped(label, 32))
        notes = tuple(_spaced(line) for effect in arrow.effects for line in wrapped(effect, 36))
        return {"label": self._label(events, notes)} | style_classes(notes, ())

    def _through(
        self, graph: Digraph, number: int, arrow: Arrow, attributes: dict[str, str]
    ) -> None:
        """Draw an arrow as two lines, with a node between them that is its label."""
        box = self._common_box(arrow)
        with graph.subgraph(name=self.clusters[box]) if box else nullcontext(graph) as home:
            self._middle(home, number, paint_of(self.ranks[box]).fill if box else "white")
        source, target = self.ids[arrow.source], self.ids[arrow.target]
        first, second = dict(attributes), {k: v for k, v in attributes.items() if k != "ltail"}
        self._lines(graph, number, (source, target), first, second)

    def _middle(self, graph: Digraph, number: int, ground: str) -> None:
        """Draw the label of an arrow as a node on a ground."""
        arrow = self.picture.arrows[number]
        label, attributes = self._arrow_label(arrow), self._attributes(arrow, number)
        kind = f"{LABEL} {label.get('class', '')}".strip()
        look = {"shape": "plain", "style": "filled", "fontsize": "11", "class": kind}
        look |= {"fillcolor": ground, "penwidth": "0"}
        look |= {key: attributes[key] for key in ("fontcolor", "tooltip") if key in attributes}
        graph.node(f"label {number}", **label | look | self._id("arrow", number))

    def _lines(
        self,
        graph: Digraph,
        number: int,
        ends: tuple[str, str],
        first: dict[str, str],
        second: dict[str, str],
    ) -> None:
        """Draw the lines of an arrow from its source to its label, and from there to its target."""
        (source, target), middle = ends, f"label {number}"
        if source == target and self.layout.is_layered and not {*first} & {"ltail"}:
            with graph.subgraph(graph_attr={"rank": "same"}) as row:
                row.node(source)
                row.node(middle)
            graph.edge(source, middle, **first, dir="none", weight="20")
            graph.edge(source, middle, **second, dir="back", weight="20")
        elif number in self.backward:
            graph.edge(target, middle, **swapped(second), dir="back")
            graph.edge(middle, source, **swapped(first), dir="none")
        else:
            graph.edge(source, middle, **first, dir="none")
            graph.edge(middle, target, **second)

    def _common_box(self, arrow: Arrow) -> str | None:
        """Return the box that holds both ends of an arrow, so that its label is inside."""
        if arrow.from_box is not None:
            return None
        own = self.box_of.get(arrow.source)
        return own if own == self.box_of.get(arrow.target) else None

    def _label(
        self,
        lines: tuple[str, ...],
        notes: tuple[str, ...],
        marks: tuple[tuple[Tone, str], ...] = (),
        mono: bool = False,
        bold: bool = False,
    ) -> str:
        if not self.html:
            return _plain_lines((*lines, *notes, *(line for _, line in marks)))
        text = "<BR/>".join(map(_markup, lines))
        text = f"<B>{text}</B>" if bold else text
        face = f' FACE="{MONOSPACE}"' if mono else ""
        for note in notes:
            text += f'<BR/><FONT POINT-SIZE="9.5" COLOR="{GREY}"{face}>{_markup(note)}</FONT>'
        for tone, line in marks:
            color = TONES[tone][0]
            text += f'<BR/><FONT POINT-SIZE="11" COLOR="{color}">{_markup(line)}</FONT>'
        return f"<{text}>"


def _spaced(line: str) -> str:
    """Return a line with some space at both ends, which keeps the label off its own arrow."""
    return f"\xa0{line}\xa0"


def style_classes(notes: tuple[str, ...], marks: tuple[tuple[Tone, str], ...]) -> dict[str, str]:
    """Return the CSS class that says how the last lines are styled: small, or in a tone."""
    names = [f"notes{len(notes)}"] if notes else []
    names += [f"mark_{tone.name}" for tone, _ in marks]
    return {"class": " ".join(names)} if names else {}


def _markup(line: str) -> str:
    """Return the line for an HTML-like label; Graphviz refuses an empty one."""
    return escape_html(line) or "&#160;"


def _plain_lines(lines: Iterable[str], *, justified: bool = False) -> str:
    """Return the lines as one text that Graphviz shows literally."""
    end = r"\l" if justified else ""
    text: str = nohtml((end or r"\n").join(map(literal, lines)) + end)
    return text


def literal(text: str) -> str:
    """Return the text so that Graphviz reads no escape, entity or HTML-like label in it."""
    literal: str = nohtml(escape(visible(text)).replace("&", "&amp;"))
    return literal
