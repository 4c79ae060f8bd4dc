"""An SVG of a picture as drawing operations of Graphviz, which draws PNG and PDF from them.

So every image of a picture shows the same: arrows through their labels, moved labels, leader lines,
small notes, the legend. The operations are those of the format xdot. A line of text in several
colours is a node, because an operation knows one colour only; so is one with a backslash, which
versions of Graphviz read in different ways.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import NamedTuple

from graphviz import Digraph

from fsm.drawing.dot_attributes import markup
from fsm.drawing.geometry import Point, numbers_of, points_of
from fsm.text import display_width

__all__ = ["painted_dot"]

_G, _PATH, _POLYGON, _POLYLINE, _ELLIPSE, _CIRCLE, _TEXT = (
    f"{{http://www.w3.org/2000/svg}}{tag}"
    for tag in ("g", "path", "polygon", "polyline", "ellipse", "circle", "text")
)
_POINTS = 72
"""Points per inch."""
_NONE = ("none", "transparent")
_INVISIBLE = "transparent"
_JUSTIFIED = {"start": -1, "middle": 0, "end": 1}
_PLAIN, _BOLD = 0, 1
_WIDEST_LETTER = 0.8
"""Width of a letter, as a share of the font size; rather too much."""
_RISE = 0.2
"""Graphviz places a line of text by its middle, which is so far above its baseline, as a share of
the font size."""
_PIECE = re.compile(r"([MLC])([^MLC]*)")


_TOKEN = re.compile(r"(?:\\.|[^\\]){1,8000}", re.DOTALL)
"""A part of a text in quotes: Graphviz reads only short ones, which can be joined."""


def painted_dot(root: ET.Element) -> str:
    """Return a DOT text that draws an SVG of :mod:`fsm.drawing.svg`, for the engine ``neato -n2``.

    Colours are those of the light theme.
    """
    return _Painting(root).source()


class _Pen(NamedTuple):
    """How shapes are drawn: the line and the ground."""

    stroke: str
    fill: str
    width: float
    style: str


class _Painting:
    """The drawing operations of an SVG; its coordinates go down, those of Graphviz go up."""

    def __init__(self, root: ET.Element) -> None:
        _, _, self.width, self.height = numbers_of(root.get("viewBox", "0 0 1 1"))
        self.pen = _Pen("", "", 0.0, "")
        self.operations: list[str] = []
        self.graph = Digraph()
        graph = next(root.iter(_G))
        *_, self.left, self.top = [0.0, 0.0, *numbers_of(graph.get("transform", ""))]
        for element in graph.iter():
            self._draw(element)

    def source(self) -> str:
        """Return the DOT text."""
        operations = '"+"'.join(_TOKEN.findall(_quoted(" ".join(self.operations))))
        self.graph.body.append(f'graph [pad=0 bgcolor=white _background="{operations}"]\n')
        page = {"width": f"{self.width / _POINTS:.4f}", "height": f"{self.height / _POINTS:.4f}"}
        place = f"{self.width / 2:.2f},{self.height / 2:.2f}!"
        self.graph.node("page", "", pos=place, style="invis", fixedsize="true", shape="box", **page)
        return str(self.graph.source)

    def _draw(self, element: ET.Element) -> None:
        if element.tag == _TEXT and (len(element) or "\\" in (element.text or "")):
            self._node(element)
        elif element.tag == _TEXT:
            self._text(element)
        elif element.tag == _PATH:
            self._shape(element, "bB", _curve(element.get("d", "")))
        elif element.tag == _POLYGON:
            self._shape(element, "Pp", points_of(element.get("points", ""))[:-1])
        elif element.tag == _POLYLINE:
            self._shape(element, "LL", points_of(element.get("points", "")))
        elif element.tag in (_ELLIPSE, _CIRCLE):
            self._ellipse(element)

    def _ellipse(self, element: ET.Element) -> None:
        x, y, rx, ry, r = (float(element.get(key, 0)) for key in ("cx", "cy", "rx", "ry", "r"))
        self._style(element)
        form = "e" if element.get("fill") in _NONE else "E"
        self._put(form, self._place((x, y)), f"{rx or r:g} {ry or r:g}")

    def _shape(self, element: ET.Element, forms: str, points: list[Point]) -> None:
        """Draw a shape; ``forms`` are the operations with and without a ground."""
        is_filled = element.get("fill", "none") not in _NONE
        self._style(element)
        self._put(forms[not is_filled], len(points), *map(self._place, points))

    def _style(self, element: ET.Element) -> None:
        """Change the pen to what an element is drawn with."""
        stroke, fill = element.get("stroke", "none"), element.get("fill", "none")
        gaps = numbers_of(element.get("stroke-dasharray", ""))
        style = "" if not gaps else "dotted" if gaps[0] <= gaps[-1] else "dashed"
        width = float(element.get("stroke-width", 1))
        pen = _Pen(_colour(stroke), _colour(fill), width, style or "solid")
        if pen.stroke != self.pen.stroke:
            self._put("c", _counted(pen.stroke))
        if pen.fill != self.pen.fill:
            self._put("C", _counted(pen.fill))
        if pen[2:] != self.pen[2:]:
            self._put("S", _counted(pen.style))
            self._put("S", _counted(f"setlinewidth({pen.width:g})"))
        self.pen = pen

    def _text(self, element: ET.Element) -> None:
        text, size = element.text or "", float(element.get("font-size", 13))
        if not text.strip("\xa0 "):
            return
        width = display_width(text) * size * _WIDEST_LETTER
        self._put("c", _counted(_colour(element.get("fill", "black"))))
        self._put("F", f"{size:g}", _counted(element.get("font-family", "")))
        self._put("t", _BOLD if element.get("font-weight") == "bold" else _PLAIN)
        anchor = _JUSTIFIED[element.get("text-anchor", "start")]
        x, y = (float(element.get(key, 0)) for key in ("x", "y"))
        self._put("T", self._place((x, y + _RISE * size)), anchor, f"{width:g}", _counted(text))
        self.pen = self.pen._replace(stroke="")

    def _node(self, element: ET.Element) -> None:
        """Draw a line of text as a node without a border; parts of it may have other colours."""
        size, colour = element.get("font-size", "13"), element.get("fill", "black")
        label = _markup(element.text)
        for part in element:
            label += f'<FONT COLOR="{part.get("fill", colour)}">{_markup(part.text)}</FONT>'
            label += _markup(part.tail)
        label = f"<B>{label}</B>" if element.get("font-weight") == "bold" else label
        anchor = _JUSTIFIED[element.get("text-anchor", "start")]
        width = display_width("".join(element.itertext())) * float(size) * _WIDEST_LETTER
        align = ("LEFT", "CENTER", "RIGHT")[anchor + 1]
        cell = f'<TD WIDTH="{width:.0f}" ALIGN="{align}">{label}</TD>'
        table = f'<TABLE BORDER="0" CELLBORDER="0" CELLPADDING="0" CELLSPACING="0"><TR>{cell}</TR>'
        x, y = (float(element.get(key, 0)) for key in ("x", "y"))
        middle = (x - anchor * width / 2, y - float(size) * _RISE)
        self.graph.node(
            f"line {len(self.operations)} {len(self.graph.body)}",
            f"<{table}</TABLE>>",
            pos=f"{self._place(middle).replace(' ', ',')}!",
            shape="plain",
            fontname=element.get("font-family", ""),
            fontsize=size,
            fontcolor=colour,
        )

    def _place(self, point: Point) -> str:
        return f"{point[0] + self.left:.2f} {self.height - point[1] - self.top:.2f}"

    def _put(self, *words: str | float) -> None:
        self.operations.append(" ".join(map(str, words)))


def _colour(name: str) -> str:
    return _INVISIBLE if name in _NONE else name


def _counted(text: str) -> str:
    """Return a text as operations hold it, after the number of its bytes."""
    return f"{len(text.encode())} -{text}"


def _quoted(text: str) -> str:
    return text.replace('"', '\\"')


def _markup(text: str | None) -> str:
    return markup(text) if text else ""


def _curve(path: str) -> list[Point]:
    """Return a path as the points of cubic curves, its start first."""
    curve: list[Point] = []
    for command, rest in _PIECE.findall(path):
        for point in points_of(rest):
            if command == "L":
                start = curve[-1]
                curve += [_part(start, point, 1 / 3), _part(start, point, 2 / 3)]
            curve.append(point)
    return curve


def _part(start: Point, end: Point, share: float) -> Point:
    return start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share
