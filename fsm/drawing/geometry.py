"""Points, areas and lines of a drawn picture, in the coordinates of its SVG."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from math import ceil, dist
from typing import NamedTuple, TypeAlias

__all__ = ["Area", "Areas", "Lines", "Point", "area_of", "numbers_of", "path_points", "points_of"]

Point: TypeAlias = tuple[float, float]
_Cell: TypeAlias = tuple[int, int]

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_PIECE = re.compile(r"([MLC])([^MLC]*)")
_STEP = 3.0
"""Distance of the points at which a line is looked at."""
_CELL = 48.0


class Area(NamedTuple):
    """An upright rectangle; down is positive."""

    left: float
    top: float
    right: float
    bottom: float

    def holds(self, point: Point) -> bool:
        """Return whether a point is inside."""
        return self.left < point[0] < self.right and self.top < point[1] < self.bottom

    def grown(self, by: float) -> Area:
        """Return the area with a margin."""
        return Area(self.left - by, self.top - by, self.right + by, self.bottom + by)

    def moved(self, x: float, y: float) -> Area:
        """Return the area at another place."""
        return Area(self.left + x, self.top + y, self.right + x, self.bottom + y)

    def meets(self, other: Area) -> bool:
        """Return whether two areas have a part in common."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )

    def covers(self, other: Area) -> bool:
        """Return whether another area is inside."""
        return (
            self.left <= other.left
            and other.right <= self.right
            and self.top <= other.top
            and other.bottom <= self.bottom
        )

    @property
    def width(self) -> float:
        """How wide it is."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """How high it is."""
        return self.bottom - self.top

    @property
    def middle(self) -> Point:
        """The point in the middle."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    def nearest(self, point: Point) -> Point:
        """Return the point of the area that is nearest to another point."""
        x, y = point
        return min(max(x, self.left), self.right), min(max(y, self.top), self.bottom)


class Lines:
    """Named lines, and which of them pass through an area."""

    def __init__(self, lines: Iterable[tuple[str, Iterable[Point]]] = ()) -> None:
        self.points: dict[str, list[Point]] = {}
        self._near: dict[_Cell, list[tuple[str, Point]]] = {}
        for name, line in lines:
            self.add(name, line)

    def add(self, name: str, line: Iterable[Point]) -> None:
        """Add a line, or a part of one, as points that are close together."""
        points = list(line)
        self.points.setdefault(name, []).extend(points)
        for x, y in points:
            self._near.setdefault((int(x // _CELL), int(y // _CELL)), []).append((name, (x, y)))

    def through(self, area: Area) -> Iterator[str]:
        """Yield the name of a line for each of its points in an area."""
        left, top, right, bottom = area
        for cell in _cells(area):
            for name, (x, y) in self._near.get(cell, ()):
                if left < x < right and top < y < bottom:
                    yield name

    def touches(self, area: Area, *, but: str | None = None) -> bool:
        """Return whether a line passes through an area; ``but`` names one that may."""
        return any(name != but for name in self.through(area))


class Areas:
    """Named areas, and whether one of them meets another area."""

    def __init__(self) -> None:
        self.named: dict[str, Area] = {}
        self._near: dict[_Cell, set[str]] = {}

    def put(self, name: str, area: Area) -> None:
        """Add an area, or move it."""
        for cell in _cells(self.named[name]) if name in self.named else ():
            self._near[cell].discard(name)
        self.named[name] = area
        for cell in _cells(area):
            self._near.setdefault(cell, set()).add(name)

    def meet(self, area: Area, *, but: str | None = None) -> bool:
        """Return whether an area meets one of these; ``but`` names one that it may meet."""
        return any(
            name != but and area.meets(self.named[name])
            for cell in _cells(area)
            for name in self._near.get(cell, ())
        )


def _cells(area: Area) -> Iterator[_Cell]:
    """Yield the cells of the plane in which an area lies."""
    rows = range(int(area.top // _CELL), int(area.bottom // _CELL) + 1)
    for column in range(int(area.left // _CELL), int(area.right // _CELL) + 1):
        for row in rows:
            yield column, row


def points_of(path: str) -> list[Point]:
    """Return the points of a path or a polygon of Graphviz."""
    numbers = numbers_of(path)
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def numbers_of(path: str) -> list[float]:
    """Return the numbers of a path."""
    return list(map(float, _NUMBER.findall(path)))


def area_of(points: Iterable[Point]) -> Area:
    """Return the smallest area around points; without any, an empty one at the origin."""
    xs, ys = zip(*(list(points) or [(0.0, 0.0)]), strict=True)
    return Area(min(xs), min(ys), max(xs), max(ys))


def path_points(path: str) -> Iterator[Point]:
    """Yield points of a path of straight lines and cubic curves that are close together."""
    at: Point = (0.0, 0.0)
    for command, rest in _PIECE.findall(path):
        points = points_of(rest)
        if command == "M":
            at, points = points[0], points[1:]
        ends = zip(points[::3], points[1::3], points[2::3], strict=False)
        if command != "C":
            ends = zip(chain([at], points), points, points, strict=False)
        for b, c, d in ends:
            yield from _curve(at, b, c, d)
            at = d


def _curve(a: Point, b: Point, c: Point, d: Point) -> Iterator[Point]:
    steps = max(2, ceil((dist(a, b) + dist(b, c) + dist(c, d)) / _STEP))
    for k in range(steps + 1):
        t = k / steps
        u = 1 - t
        p, q, r, s = u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t
        yield (
            p * a[0] + q * b[0] + r * c[0] + s * d[0],
            p * a[1] + q * b[1] + r * c[1] + s * d[1],
        )
