"""A quick layout: states in rows, by their distance from the initial state.

Layouts by Graphviz are better, but their time is unpredictable. The time of this one is linear in
the number of states and arrows.
"""

from __future__ import annotations

from itertools import chain
from math import ceil, sqrt

from fsm.drawing.model import DrawnState, Picture
from fsm.text import wrapped

__all__ = ["Places", "grid_places"]

Places = dict[str, tuple[float, float]]
"""The centre of each state, in points; up is positive."""

_WIDTH = 230.0
_LINE, _AROUND, _GAP = 15.0, 24.0, 70.0
_ASPECT = 1.6
"""Approximate ratio of width to height of the picture."""


def grid_places(picture: Picture) -> Places:
    """Return the place of each state: further down for a larger distance from the initial state.

    A row that is too long continues in the next row. The order within a row is that of the states
    which lead there. Unreachable states come last.
    """
    targets_of: dict[str, list[str]] = {node.name: [] for node in picture.nodes}
    for arrow in picture.arrows:
        targets_of[arrow.source].append(arrow.target)
    nodes = {node.name: node for node in picture.nodes}
    longest = max(1, ceil(sqrt(len(nodes) * _ASPECT)))
    places: Places = {}
    top = 0.0
    for layer in _layers(picture, targets_of):
        for start in range(0, len(layer), longest):
            row = layer[start : start + longest]
            height = max(_height(nodes[name]) for name in row)
            left = -_WIDTH * (len(row) - 1) / 2
            for i, name in enumerate(row):
                places[name] = (left + i * _WIDTH, top - height / 2)
            top -= height + _GAP
    return places


def _layers(picture: Picture, targets_of: dict[str, list[str]]) -> list[list[str]]:
    """Return the states by their distance from the initial state; unreachable ones come last."""
    names = [node.name for node in picture.nodes]
    layer = [picture.initial if picture.initial is not None else names[0]]
    seen: dict[str, None] = {}
    layers: list[list[str]] = []
    while layer:
        seen |= dict.fromkeys(layer)
        layers.append(layer)
        targets = chain.from_iterable(targets_of[name] for name in layer)
        layer = [name for name in dict.fromkeys(targets) if name not in seen]
    return [*layers, [name for name in names if name not in seen]]


def _height(node: DrawnState) -> float:
    lines = len(wrapped(node.title, 24))
    lines += sum(len(wrapped(note, 28)) for note in (node.caption, *node.notes) if note)
    lines += sum(len(wrapped(mark.text, 30)) for mark in node.marks)
    return _AROUND + _LINE * lines
