"""Labels and titles that an arrow touches, put where they can be read.

A label goes along its own arrow to a place that nothing else touches. Where a mesh leaves none, it
stands in the nearest free place, and a dotted leader line with a dot at its end leads to its arrow.
The picture grows to the right and downwards if it must. The title of a box stays where it is: an
arrow that crosses it passes below.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator
from itertools import count
from math import ceil, dist

from fsm.drawing.faults import outline_of, title_of
from fsm.drawing.geometry import (
    Area,
    Areas,
    Lines,
    Point,
    area_of,
    numbers_of,
    path_points,
    points_of,
)

__all__ = ["LEADER", "place_labels"]

LEADER = "leader"
"""The CSS class of a leader line and of the dot at its end."""
_G, _PATH, _POLYGON, _TEXT, _CIRCLE = (
    f"{{http://www.w3.org/2000/svg}}{tag}" for tag in ("g", "path", "polygon", "text", "circle")
)
_NEAR = 2.5
"""An arrow that is so near to a foreign label, in points, seems to touch it."""
_CLEAR = (6.0, 4.0, 2.5)
"""A leader line ends where other arrows are further away than this, the first that is possible."""
_APART = 12.0
"""Distance of the places at which a label is tried."""
_EVERY = 4
"""Of so many points of an arrow, one is tried as the end of a leader line."""
_CHOICE = 16
"""The best of so many free places is taken."""
_CROSSING = 40.0
_COVERING = 2000.0
"""A leader line is so much longer, in points, rather than cross an arrow, or a state or a label."""
_STEP = 3.0
_DOT = 1.8
_MARGIN = 11.0


def place_labels(root: ET.Element, graph: ET.Element) -> None:
    """Move the labels of arrows that other arrows touch, in the graph of a picture.

    Titles of boxes that an arrow crosses get a ground in the colour of their box.
    """
    drawing = _Drawing(graph)
    drawing.cover_titles()
    touched = drawing.touched()
    for number in touched:
        drawing.place(number)
    if touched:
        _enlarge(root, graph, drawing.labels.named.values())


class _Drawing:
    """What is drawn where, and the places of labels."""

    def __init__(self, graph: ET.Element) -> None:
        self.groups: dict[str, ET.Element] = {}
        self.solid, self.labels = Areas(), Areas()
        self.boxes: list[tuple[Area, str]] = []
        self.titles: list[tuple[ET.Element, Area]] = []
        self.lines = Lines()
        for line, text in enumerate(graph.findall(_TEXT)):  # of the legend
            if area := title_of(text):
                self.solid.put(f"legend {line}", area)
        for group in graph.findall(_G):
            kind, _, part = group.get("class", "").partition(" ")
            number = group.get("data-arrow", f"start {len(self.lines.points)}")
            if kind == "edge" and part:
                self.groups[number] = group
                self.labels.put(number, outline_of(group))
            elif kind == "edge":
                for path in group.iter(_PATH):
                    self.lines.add(number, path_points(path.get("d", "")))
            elif kind == "node":
                self.solid.put(f"state {len(self.solid.named)}", outline_of(group))
            elif part:
                title = title_of(group)
                if title is not None:
                    self.solid.put(f"title {len(self.solid.named)}", title)
                    self.titles.append((group, title))
            else:
                shape = group.find(_PATH)
                fill = "white" if shape is None else shape.get("fill", "white")
                self.boxes.append((outline_of(group), fill))
        self.ground = _ground(graph), "white"
        self.inside = self.ground[0].grown(-_MARGIN)

    def touched(self) -> list[str]:
        """Return the numbers of the labels that foreign arrows touch."""
        return [
            number
            for number, area in self.labels.named.items()
            if number in self.lines.points and self.lines.touches(area.grown(_NEAR), but=number)
        ]

    def cover_titles(self) -> None:
        """Draw a ground below each title of a box that an arrow crosses."""
        for group, title in self.titles:
            if self.lines.touches(title):
                box, fill = self._box_around(Area(*title.middle, *title.middle))
                left, top, right, bottom = title
                right = min(right, box.right - _STEP)
                corners = ((left, top), (right, top), (right, bottom), (left, bottom), (left, top))
                points = " ".join(f"{x:.2f},{y:.2f}" for x, y in corners)
                ground = {"points": points, "fill": fill, "stroke": "none"}
                group.insert(0, ET.Element(_POLYGON, ground))

    def _box_around(self, place: Area) -> tuple[Area, str]:
        """Return the innermost box around a place and its colour; outside of boxes, the picture."""
        around = [(box, fill) for box, fill in self.boxes if box.covers(place)]
        return min(around, key=lambda each: each[0].width * each[0].height, default=self.ground)

    def place(self, number: str) -> None:
        """Move a label along its arrow or, if nothing is free there, away with a leader line."""
        for place in self._along(number):
            self._move(number, place)
            return
        place, leader = self._beside(number)
        self._move(number, place)
        self.lines.add(number, _between(*leader))
        for part in _leader_parts(self.groups[number], leader):
            self.groups[number].insert(0, part)

    def _along(self, number: str) -> Iterator[Area]:
        """Yield free places of a label on its own arrow, the nearest first."""
        area = self.labels.named[number]
        x, y = area.middle
        for point in sorted(self.lines.points[number], key=lambda point: dist(point, (x, y))):
            place = area.moved(point[0] - x, point[1] - y)
            if self._is_free(place, number, own=number) and self.inside.covers(place):
                yield place

    def _beside(self, number: str) -> tuple[Area, tuple[Point, Point]]:
        """Return a free place near an arrow, and the leader line from its label to the arrow."""
        ends = self._clear_points(number)
        found: list[tuple[float, Area, tuple[Point, Point]]] = []
        for place in self._around(self.labels.named[number]):
            if self._is_free(place, number):
                end = min(ends, key=lambda point: dist(point, place.nearest(point)))
                leader = place.nearest(end), end
                found.append((self._cost(leader, number), place, leader))
                if len(found) == _CHOICE:
                    break
        return min(found)[1:]

    def _clear_points(self, number: str) -> list[Point]:
        """Return the points of an arrow that other arrows are far away from."""
        points = self.lines.points[number][::_EVERY]
        for distance in _CLEAR:
            around = ((p, Area(*p, *p).grown(distance)) for p in points)
            if clear := [p for p, area in around if not self.lines.touches(area, but=number)]:
                return clear
        return points

    def _around(self, area: Area) -> Iterator[Area]:
        """Yield places around an area, ring by ring, not further left or up than the picture."""
        for ring in count(1):
            steps = range(-ring, ring + 1)
            for column, row in ((c, r) for c in steps for r in steps if ring in (abs(c), abs(r))):
                place = area.moved(column * _APART, row * _APART)
                if self.inside.left < place.left and self.inside.top < place.top:
                    yield place

    def _is_free(self, place: Area, number: str, own: str | None = None) -> bool:
        """Return whether a label would touch nothing; ``own`` names an arrow that it may touch."""
        place = place.grown(_NEAR)
        return not (
            self.solid.meet(place)
            or self.labels.meet(place, but=number)
            or self.lines.touches(place, but=own)
        )

    def _cost(self, leader: tuple[Point, Point], number: str) -> float:
        """Return the length of a leader line, and more where it crosses something."""
        crossed, covered = set[str](), 0
        for x, y in _between(*leader):
            near = Area(x, y, x, y).grown(_NEAR / 2)
            crossed.update(self.lines.through(near))
            covered += self.solid.meet(near) or self.labels.meet(near, but=number)
        crossings = len(crossed - {number})
        return dist(*leader) + _CROSSING * crossings + _COVERING * bool(covered)

    def _move(self, number: str, place: Area) -> None:
        old = self.labels.named[number]
        x, y = place.left - old.left, place.top - old.top
        self.labels.put(number, place)
        for part in self.groups[number]:
            if part.tag == _TEXT:
                part.set("x", f"{float(part.get('x', 0)) + x:.2f}")
                part.set("y", f"{float(part.get('y', 0)) + y:.2f}")
            elif part.tag == _POLYGON:
                moved = ((a + x, b + y) for a, b in points_of(part.get("points", "")))
                part.set("points", " ".join(f"{a:.2f},{b:.2f}" for a, b in moved))
                part.set("fill", self._box_around(place)[1])


def _between(start: Point, end: Point) -> list[Point]:
    """Return points of a straight line that are close together."""
    steps = max(1, ceil(dist(start, end) / _STEP))
    return [
        (start[0] + (end[0] - start[0]) * k / steps, start[1] + (end[1] - start[1]) * k / steps)
        for k in range(steps + 1)
    ]


def _leader_parts(group: ET.Element, leader: tuple[Point, Point]) -> Iterator[ET.Element]:
    color = next((text.get("fill", "black") for text in group.iter(_TEXT)), "black")
    (left, top), (x, y) = leader
    dot = {"cx": f"{x:.2f}", "cy": f"{y:.2f}", "r": f"{_DOT}", "fill": color}
    yield ET.Element(_CIRCLE, {"class": LEADER, **dot})
    line = {"d": f"M{left:.2f},{top:.2f}L{x:.2f},{y:.2f}", "fill": "none", "stroke": color}
    yield ET.Element(_PATH, {"class": LEADER, **line, "stroke-dasharray": "2,2"})


def _ground(graph: ET.Element) -> Area:
    """Return the area of the whole picture."""
    ground = graph.find(_POLYGON)
    return area_of(points_of(ground.get("points", "")) if ground is not None else ())


def _enlarge(root: ET.Element, graph: ET.Element, areas: Iterable[Area]) -> None:
    """Make the picture so large, to the right and downwards, that it holds all areas."""
    old = _ground(graph)
    right = max([old.right, *(area.right + _MARGIN for area in areas)])
    bottom = max([old.bottom, *(area.bottom + _MARGIN for area in areas)])
    ground = graph.find(_POLYGON)
    if ground is None or (right, bottom) == (old.right, old.bottom):
        return
    corners = ((old.left, bottom), (old.left, old.top), (right, old.top), (right, bottom))
    ground.set("points", " ".join(f"{x:.2f},{y:.2f}" for x, y in (*corners, corners[0])))
    left, top, width, height = numbers_of(root.get("viewBox", "0 0 0 0"))
    width, height = width + right - old.right, height + bottom - old.bottom
    root.set("viewBox", f"{left:.2f} {top:.2f} {width:.2f} {height:.2f}")
    root.set("width", f"{width:.0f}pt")
    root.set("height", f"{height:.0f}pt")
