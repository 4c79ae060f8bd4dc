"""Whether all texts of a drawn picture are readable: none overlaps another text or a state."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator

from fsm.text import display_width

__all__ = ["is_clear"]

_SVG = "{http://www.w3.org/2000/svg}"
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_WIDTH = 0.5
"""Average width of a letter in sans-serif fonts, as a share of the font size."""
_RIM = 1.0
"""Shapes may overlap by so many points: neighbours touch without harm."""
_START = {"start": 0.0, "middle": 0.5, "end": 1.0}

_Box = tuple[float, float, float, float]
"""Left, top, right, bottom; down is positive."""


def is_clear(svg: bytes) -> bool:
    """Return whether no two of the states and labels that Graphviz drew overlap.

    Graphviz keeps states apart, but not every label: labels of arrows between states of one rank,
    and labels next to the boxes of statuses, may overlap others.
    """
    # Sweep from left to right; only boxes that reach the left edge of the next one can overlap it.
    open_boxes: list[_Box] = []
    for box in sorted(_boxes(ET.fromstring(svg))):  # noqa: S314 - from Graphviz
        open_boxes = [other for other in open_boxes if other[2] > box[0]]
        if any(other[1] < box[3] and box[1] < other[3] for other in open_boxes):
            return False
        open_boxes.append(box)
    return True


def _boxes(root: ET.Element) -> Iterator[_Box]:
    """Yield the outline of each state, and each line of text outside of states."""
    for group in root.iter(f"{_SVG}g"):
        kind = group.get("class", "").partition(" ")[0]
        if kind not in ("node", "edge", "cluster"):
            continue
        shapes = [*group.iter(f"{_SVG}path"), *group.iter(f"{_SVG}polygon")]
        if kind == "node" and shapes:
            yield _outline(shapes[0])
        else:
            yield from map(_line, group.iter(f"{_SVG}text"))


def _outline(shape: ET.Element) -> _Box:
    numbers = list(map(float, _NUMBER.findall(shape.get("d") or shape.get("points") or "0 0")))
    xs, ys = numbers[::2], numbers[1::2]
    return min(xs) + _RIM, min(ys) + _RIM, max(xs) - _RIM, max(ys) - _RIM


def _line(text: ET.Element) -> _Box:
    x, y, size = (float(text.get(key) or 0) for key in ("x", "y", "font-size"))
    words = (text.text or "").strip("\xa0 ")
    width = display_width(words) * size * _WIDTH
    left = x - width * _START.get(text.get("text-anchor", "start"), 0.0)
    return left, y - size * 0.75, left + width, y
