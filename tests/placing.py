"""Where the texts of a picture lie, and the arrows beside them."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from itertools import combinations, pairwise
from math import dist, hypot
from typing import NamedTuple

__all__ = ["ambiguous", "crossed", "leader_ends", "overlapping"]

SVG = "{http://www.w3.org/2000/svg}"
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e-?\d+)?")
STEPS = 12
"""Straight pieces by which a curve is measured."""
NEAR = 2.0
"""A foreign arrow this much further away than the own one is about as near, in points."""


CELL = 24.0


class Box(NamedTuple):
    left: float
    right: float
    top: float
    bottom: float

    def distance(self, x: float, y: float) -> float:
        dx = max(self.left - x, 0, x - self.right)
        dy = max(self.top - y, 0, y - self.bottom)
        return hypot(dx, dy)


Polyline = list[tuple[float, float]]


def overlapping(svg: str) -> list[tuple[str, str]]:
    """Return the texts that lie on each other."""
    return [
        (a, b)
        for (a, one), (b, other) in combinations(placed(ET.fromstring(svg)), 2)
        if one.left < other.right
        and other.left < one.right
        and one.top < other.bottom
        and other.top < one.bottom
    ]


def placed(part: ET.Element) -> Iterator[tuple[str, Box]]:
    """Yield each text with a cautious box: a character is at least 0.45 of its size wide."""
    for text in part.iter(f"{SVG}text"):
        words = "".join(text.itertext())
        x, y, size = (float(text.get(key) or 0) for key in ("x", "y", "font-size"))
        half = len(words) * size * 0.45 / 2
        start = text.get("text-anchor")
        if start == "start":
            x += half
        elif start == "end":
            x -= half
        yield words, Box(x - half, x + half, y - size * 0.8, y)


def curves(path: str) -> Iterator[Polyline]:
    """Yield the pieces of a path, each as points that are close together."""
    points: Polyline = []
    for command, numbers in re.findall(r"([MCL])([^MCL]*)", path):
        flat = list(map(float, NUMBER.findall(numbers)))
        pairs = list(zip(flat[::2], flat[1::2], strict=True))
        if command == "M":
            if points:
                yield points
            points = [pairs[0]]
            pairs = pairs[1:]
            if not pairs:
                continue
        if command == "L":
            for end in pairs:
                (x0, y0), (x1, y1) = points[-1], end
                points += [
                    (x0 + (x1 - x0) * k / STEPS, y0 + (y1 - y0) * k / STEPS)
                    for k in range(1, STEPS + 1)
                ]
            continue
        for i in range(0, len(pairs), 3):
            start, (a, b, end) = points[-1], pairs[i : i + 3]
            for k in range(1, STEPS + 1):
                t = k / STEPS
                u = 1 - t
                w = (u**3, 3 * u * u * t, 3 * u * t * t, t**3)
                points.append(
                    (
                        sum(f * p[0] for f, p in zip(w, (start, a, b, end), strict=True)),
                        sum(f * p[1] for f, p in zip(w, (start, a, b, end), strict=True)),
                    )
                )
    if points:
        yield points


def near(box: Box, lines: list[Polyline], within: float = 1e9) -> float:
    """Return the distance of an arrow to the box; for one further away than that, only so much."""
    least = within
    for line in lines:
        for one, other in pairwise(line):
            # No point of this piece is nearer than its nearest end less its length.
            if min(box.distance(*one), box.distance(*other)) - dist(one, other) < least:
                least = min(least, *(box.distance(x, y) for x, y in dense([one, other])))
    return least


def dense(line: Polyline) -> Iterator[tuple[float, float]]:
    """Yield points of a line that are at most 2 points apart."""
    yield line[0]
    for (x0, y0), (x1, y1) in pairwise(line):
        steps = max(1, int(hypot(x1 - x0, y1 - y0) / 2))
        for k in range(1, steps + 1):
            yield x0 + (x1 - x0) * k / steps, y0 + (y1 - y0) * k / steps


def kind_of(group: ET.Element) -> set[str]:
    return set((group.get("class") or "").split())


def drawn_arrows(svg: str) -> tuple[dict[str, list[Polyline]], dict[str, tuple[str, Box]]]:
    """Return the lines of each arrow, and the box of its label, by the number of the arrow."""
    lines: dict[str, list[Polyline]] = {}
    labels: dict[str, tuple[str, Box]] = {}
    for group in ET.fromstring(svg).iter(f"{SVG}g"):
        if "edge" not in kind_of(group):
            continue
        number = group.get("data-arrow", f"start {id(group)}")
        if "label" in kind_of(group):
            texts = list(placed(group))
            boxes = [box for _, box in texts]
            labels[number] = (
                " ".join(words for words, _ in texts),
                Box(
                    min(b.left for b in boxes),
                    max(b.right for b in boxes),
                    min(b.top for b in boxes),
                    max(b.bottom for b in boxes),
                ),
            )
        else:
            for path in group.iter(f"{SVG}path"):
                lines.setdefault(number, []).extend(curves(path.get("d") or ""))
    return lines, labels


def leader_ends(svg: str) -> dict[str, tuple[float, float]]:
    """Return where the leader line of each label that has one ends; it begins at its label."""
    ends = {}
    for group in ET.fromstring(svg).iter(f"{SVG}g"):
        for path in group.iter(f"{SVG}path"):
            if "label" in kind_of(group) and path.get("class") == "leader":
                ground = group.find(f"{SVG}polygon")
                assert ground is not None
                xs, ys = zip(*(p.split(",") for p in ground.get("points", "").split()), strict=True)
                sides = [*map(float, (min(xs, key=float), max(xs, key=float)))]
                sides += [*map(float, (min(ys, key=float), max(ys, key=float)))]
                line = next(curves(path.get("d") or ""))
                assert Box(*sides).distance(*line[0]) < 1
                ends[group.get("data-arrow", "")] = line[-1]
    return ends


def ambiguous(svg: str) -> list[tuple[str, float, float]]:
    """Return the labels that may be read for those of another arrow.

    Each with its distance to its own arrow and to the nearest other one. Where a leader line leads
    from the label to its own arrow, its end counts instead of the label.
    """
    lines, labels = drawn_arrows(svg)
    ends = leader_ends(svg)
    near_cell: dict[tuple[int, int], set[str]] = {}
    for number, parts in lines.items():
        for x, y in (point for line in parts for point in dense(line)):
            near_cell.setdefault((int(x // CELL), int(y // CELL)), set()).add(number)
    found = []
    for number, (words, box) in labels.items():
        if number in ends:
            x, y = ends[number]
            box = Box(x, x, y, y)
        own = near(box, lines.get(number, []))
        within = own + 2 * NEAR
        others = {
            other
            for column in range(*cells(box.left - within, box.right + within))
            for row in range(*cells(box.top - within, box.bottom + within))
            for other in near_cell.get((column, row), ())
        }
        foreign = min((near(box, lines[n], within) for n in others - {number}), default=within)
        if foreign < own + NEAR:
            found.append((words, round(own, 1), round(foreign, 1)))
    return found


def cells(start: float, end: float) -> tuple[int, int]:
    """Return the cells from a coordinate to another one."""
    return int(start // CELL), int(end // CELL) + 1


def crossed(svg: str) -> list[str]:
    """Return the titles of states and boxes that an arrow crosses which is drawn above them.

    What is drawn before a state, or before the ground of a title, passes below it.
    """
    over: dict[tuple[int, int], int] = {}
    titles: list[tuple[int, str, Box]] = []
    for place, group in enumerate(ET.fromstring(svg).iter(f"{SVG}g")):
        kind = kind_of(group)
        if "edge" in kind and "label" not in kind:
            for path in group.iter(f"{SVG}path"):
                for line in curves(path.get("d") or ""):
                    over |= {(int(x), int(y)): place for x, y in dense(line)}
        elif kind & {"node", "cluster"}:
            has_ground = "node" in kind or group.find(f"{SVG}polygon") is not None
            titles += ((place if has_ground else -1, *text) for text in placed(group) if text[0])
    return [
        words
        for place, words, box in titles
        if any(
            box.distance(x, y) <= 0 and over.get((x, y), -1) > place
            for x in range(int(box.left), int(box.right) + 1)
            for y in range(int(box.top), int(box.bottom) + 1)
        )
    ]
