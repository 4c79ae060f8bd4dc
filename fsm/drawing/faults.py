"""What is hard to read in a drawn picture: an arrow over a label, a title or a state.

A label stands in the middle of its arrow. It could be read for the label of another one only where
that one touches it. The title of a box may stand elsewhere at the same edge of its box.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from math import ceil, dist
from typing import NamedTuple, TypeAlias

from fsm.drawing.dot import LABEL
from fsm.drawing.layout import Layout, TitleSide
from fsm.text import display_width

__all__ = ["Faults", "Point", "find_faults", "numbers_of", "points_of"]

Point: TypeAlias = tuple[float, float]

_G, _PATH, _POLYGON, _TEXT = (
    f"{{http://www.w3.org/2000/svg}}{tag}" for tag in ("g", "path", "polygon", "text")
)
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_LETTER = 0.6
"""Width of a letter in bold sans-serif fonts, as a share of the font size; rather too much."""
_NEAR = 2.5
"""An arrow that is so near to a foreign label, in points, seems to touch it."""
_RIM = 2.5
"""An arrow ends at the rim of its state, and does not cross it."""
_EDGE = 10.0
"""The distance of a title from the left or the right of its box."""
_STEP = 3.0
"""Distance of the points at which an arrow is looked at."""
_CELL = 48.0
_START = {"start": 0.0, "middle": 0.5, "end": 1.0}


class _Area(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float

    def holds(self, point: Point) -> bool:
        return self.left < point[0] < self.right and self.top < point[1] < self.bottom

    def grown(self, by: float) -> _Area:
        return _Area(self.left - by, self.top - by, self.right + by, self.bottom + by)


@dataclass(frozen=True)
class Faults:
    """How many labels, states and titles arrows cross, and where crossed titles would be clear."""

    count: int = 0
    """The labels and states that arrows cross, and the titles that have no clear place."""
    sides: Mapping[int, TitleSide] = field(default_factory=dict)
    """Where the title of a box, by its number, is clear of arrows."""
    stuck: frozenset[int] = frozenset()
    """The boxes whose title is crossed wherever it stands."""

    def sides_moved(self, layout: Layout) -> bool:
        """Whether a title is clear only at another side than in the layout of the picture."""
        return any(side != layout.sides.get(box, "l") for box, side in self.sides.items())


def find_faults(svg: bytes) -> Faults:
    """Return what arrows cross in a picture of Graphviz.

    States, boxes, and arrows with their labels have the ids of :func:`fsm.drawing.dot.to_dot`.
    """
    areas: list[tuple[_Area, str]] = []
    boxes: list[tuple[int, _Area, _Area]] = []
    lines: list[tuple[str, list[Point]]] = []
    for group in ET.fromstring(svg).iter(_G):  # noqa: S314 - from Graphviz
        kind, _, rest = group.get("class", "").partition(" ")
        name = group.get("id", "")
        if kind == "edge":
            lines += ((name, list(_sampled(path.get("d", "")))) for path in group.iter(_PATH))
        elif kind == "node" and LABEL in rest.split():
            areas.append((_outline(group).grown(_NEAR), name))
        elif kind == "node" and name.startswith("state "):
            areas.append((_outline(group).grown(-_RIM), name))
        elif kind == "cluster" and name.startswith("box "):
            title = _title(group)
            if title is not None:
                boxes.append((int(name.removeprefix("box ")), _outline(group), title))
    touched = _touched(areas, lines)
    points = [point for _, line in lines for point in line]
    places = {number: _side(box, title, points) for number, box, title in boxes}
    return Faults(
        count=touched + sum(side is None for side in places.values()),
        sides={number: side for number, side in places.items() if side},
        stuck=frozenset(number for number, side in places.items() if side is None),
    )


def _touched(areas: Iterable[tuple[_Area, str]], lines: list[tuple[str, list[Point]]]) -> int:
    """Return how many areas the lines of others touch."""
    near: dict[tuple[int, int], list[tuple[str, Point]]] = {}
    for name, line in lines:
        for x, y in line:
            near.setdefault((int(x // _CELL), int(y // _CELL)), []).append((name, (x, y)))
    return sum(
        any(
            other != name and area.holds(point)
            for column in range(int(area.left // _CELL), int(area.right // _CELL) + 1)
            for row in range(int(area.top // _CELL), int(area.bottom // _CELL) + 1)
            for other, point in near.get((column, row), ())
        )
        for area, name in areas
    )


def _side(box: _Area, title: _Area, points: Iterable[Point]) -> TitleSide | None:
    """Return the side of a box where its title is clear: where it stands, if that is clear."""
    width = title.right - title.left
    crossing = [x for x, y in points if title.top < y < title.bottom and box.left < x < box.right]
    middle = (box.left + box.right - width) / 2
    starts: dict[TitleSide, float] = {
        "l": box.left + _EDGE,
        "r": box.right - _EDGE - width,
        "c": middle,
    }
    ordered = sorted(starts, key=lambda side: abs(starts[side] - title.left) > width / 4)
    for side in ordered:
        if not any(starts[side] - _NEAR < x < starts[side] + width + _NEAR for x in crossing):
            return side
    return None


def _title(group: ET.Element) -> _Area | None:
    """Return the area of the title of a box."""
    lines = [text for text in group.iter(_TEXT) if (text.text or "").strip("\xa0 ")]
    if not lines:
        return None
    areas = []
    for text in lines:
        x, y, size = (float(text.get(key) or 0) for key in ("x", "y", "font-size"))
        width = display_width((text.text or "").strip("\xa0")) * size * _LETTER
        left = x - width * _START.get(text.get("text-anchor", "start"), 0.0)
        areas.append(_Area(left, y - size * 0.8, left + width, y + size * 0.2))
    lefts, tops, rights, bottoms = zip(*areas, strict=True)
    return _Area(min(lefts), min(tops), max(rights), max(bottoms))


def _outline(group: ET.Element) -> _Area:
    shape = next((s for s in group.iter() if s.tag in (_PATH, _POLYGON)), None)
    points = points_of((shape.get("d") or shape.get("points") or "") if shape is not None else "")
    xs, ys = zip(*(points or [(0.0, 0.0)]), strict=True)
    return _Area(min(xs), min(ys), max(xs), max(ys))


def points_of(path: str) -> list[Point]:
    """Return the points of a path or a polygon of Graphviz."""
    numbers = numbers_of(path)
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def numbers_of(path: str) -> list[float]:
    """Return the numbers of a path."""
    return list(map(float, _NUMBER.findall(path)))


def _sampled(path: str) -> Iterator[Point]:
    """Yield points of a path of cubic curves that are close together."""
    points = points_of(path)
    for i in range(0, len(points) - 3, 3):
        a, b, c, d = points[i : i + 4]
        steps = max(2, ceil((dist(a, b) + dist(b, c) + dist(c, d)) / _STEP))
        for k in range(steps + 1):
            t = k / steps
            u = 1 - t
            p, q, r, s = u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t
            yield (
                p * a[0] + q * b[0] + r * c[0] + s * d[0],
                p * a[1] + q * b[1] + r * c[1] + s * d[1],
            )
