"""What is hard to read in a drawn picture: an arrow over a label, a title or a state.

A label stands in the middle of its arrow. It could be read for the label of another one only where
that one touches it. The title of a box may stand elsewhere at the same edge of its box.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from fsm.drawing.dot import LABEL
from fsm.drawing.geometry import Area, Lines, Point, area_of, path_points, points_of
from fsm.drawing.layout import Layout, TitleSide
from fsm.text import display_width

__all__ = ["Faults", "find_faults", "outline_of", "title_of"]

_G, _PATH, _POLYGON, _TEXT = (
    f"{{http://www.w3.org/2000/svg}}{tag}" for tag in ("g", "path", "polygon", "text")
)
_LETTER = 0.6
"""Width of a letter in bold sans-serif fonts, as a share of the font size; rather too much."""
_NEAR = 2.5
"""An arrow that is so near to a foreign label, in points, seems to touch it."""
_RIM = 2.5
"""An arrow ends at the rim of its state, and does not cross it."""
_EDGE = 10.0
"""The distance of a title from the left or the right of its box."""
_LASTING = 3
"""A crossed state or title is as bad as so many crossed labels."""
_START = {"start": 0.0, "middle": 0.5, "end": 1.0}


@dataclass(frozen=True)
class Faults:
    """How many labels, states and titles arrows cross, and where crossed titles would be clear."""

    count: int = 0
    """The labels and states that arrows cross, and the titles that have no clear place."""
    labels: int = 0
    """How many of them are labels, which can still be moved along their arrows."""
    sides: Mapping[int, TitleSide] = field(default_factory=dict)
    """Where the title of a box, by its number, is clear of arrows."""
    stuck: frozenset[int] = frozenset()
    """The boxes whose title is crossed wherever it stands."""

    @property
    def weight(self) -> int:
        """How hard the picture is to read."""
        return self.labels + _LASTING * (self.count - self.labels)

    def sides_moved(self, layout: Layout) -> bool:
        """Whether a title is clear only at another side than in the layout of the picture."""
        return any(side != layout.sides.get(box, "l") for box, side in self.sides.items())


def find_faults(svg: bytes) -> Faults:
    """Return what arrows cross in a picture of Graphviz.

    States, boxes, and arrows with their labels have the ids of :func:`fsm.drawing.dot.to_dot`.
    """
    areas: list[tuple[Area, str]] = []
    boxes: list[tuple[int, Area, Area]] = []
    lines: list[tuple[str, Iterator[Point]]] = []
    for group in ET.fromstring(svg).iter(_G):  # noqa: S314 - from Graphviz
        kind, _, rest = group.get("class", "").partition(" ")
        name = group.get("id", "")
        if kind == "edge":
            lines += ((name, path_points(path.get("d", ""))) for path in group.iter(_PATH))
        elif kind == "node" and LABEL in rest.split():
            areas.append((outline_of(group).grown(_NEAR), name))
        elif kind == "node" and name.startswith("state "):
            areas.append((outline_of(group).grown(-_RIM), name))
        elif kind == "cluster" and name.startswith("box "):
            title = title_of(group)
            if title is not None:
                boxes.append((int(name.removeprefix("box ")), outline_of(group), title))
    drawn = Lines(lines)
    crossed = [name for area, name in areas if drawn.touches(area, but=name)]
    labels = sum(name.startswith("arrow ") for name in crossed)
    points = [point for line in drawn.points.values() for point in line]
    places = {number: _side(box, title, points) for number, box, title in boxes}
    return Faults(
        count=len(crossed) + sum(side is None for side in places.values()),
        labels=labels,
        sides={number: side for number, side in places.items() if side},
        stuck=frozenset(number for number, side in places.items() if side is None),
    )


def _side(box: Area, title: Area, points: Iterable[Point]) -> TitleSide | None:
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


def title_of(group: ET.Element) -> Area | None:
    """Return the area of the title of a box."""
    lines = [text for text in group.iter(_TEXT) if (text.text or "").strip("\xa0 ")]
    if not lines:
        return None
    areas = []
    for text in lines:
        x, y, size = (float(text.get(key) or 0) for key in ("x", "y", "font-size"))
        width = display_width((text.text or "").strip("\xa0")) * size * _LETTER
        left = x - width * _START.get(text.get("text-anchor", "start"), 0.0)
        areas.append(Area(left, y - size * 0.8, left + width, y + size * 0.2))
    lefts, tops, rights, bottoms = zip(*areas, strict=True)
    return Area(min(lefts), min(tops), max(rights), max(bottoms))


def outline_of(group: ET.Element) -> Area:
    """Return the area of a state, a box or a label."""
    shape = next((s for s in group.iter() if s.tag in (_PATH, _POLYGON)), None)
    return area_of(
        points_of((shape.get("d") or shape.get("points") or "") if shape is not None else "")
    )
