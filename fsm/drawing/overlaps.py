"""Whether every text of a drawn picture can be read: none lies on another, or on a state."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator

from fsm.text import columns

__all__ = ["is_clear"]

_SVG = "{http://www.w3.org/2000/svg}"
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_WIDTH = 0.5
"""Of its size, a letter of the sans-serif fonts is so wide on average."""
_RIM = 1.0
_START = {"start": 0.0, "middle": 0.5, "end": 1.0}

_Box = tuple[float, float, float, float]
"""Left, top, right, bottom; down is positive."""


def is_clear(svg: bytes) -> bool:
    """Return whether no two of the states and labels that Graphviz drew lie on each other.

    Graphviz keeps states apart, but not every label: of arrows between states of one rank, and
    beside the boxes of statuses, some come to lie on what is there.
    """
    beside: list[_Box] = []
    for box in sorted(_boxes(ET.fromstring(svg))):  # noqa: S314 - from Graphviz
        beside = [other for other in beside if other[2] > box[0]]
        if any(other[1] < box[3] and box[1] < other[3] for other in beside):
            return False
        beside.append(box)
    return True


def _boxes(root: ET.Element) -> Iterator[_Box]:
    """Yield the outline of each state, and each line of text that stands in none."""
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
    width = columns(words) * size * _WIDTH
    left = x - width * _START.get(text.get("text-anchor", "start"), 0.0)
    return left, y - size * 0.75, left + width, y
