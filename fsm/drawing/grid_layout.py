"""A layout that is always quick: states in rows, by their distance from the first one.

What Graphviz does better takes a time that nobody can tell beforehand; this takes one that grows
with the number of arrows.
"""

from __future__ import annotations

from itertools import chain
from math import ceil, sqrt

from fsm.drawing.model import Node, Picture
from fsm.text import wrapped

__all__ = ["Places", "places"]

Places = dict[str, tuple[float, float]]
"""The middle of each state, in points; up is positive."""

_WIDTH = 230.0
_LINE, _AROUND, _GAP = 15.0, 24.0, 70.0
_WIDER = 1.6
"""So many times wider than high the picture is, about."""


def places(picture: Picture) -> Places:
    """Return where each state stands: further down, the more arrows lead there from the start.

    A row that is too long goes on in the next one. In a row, states follow the order of those
    that lead to them. What no arrow leads to comes last.
    """
    beside: dict[str, list[str]] = {node.name: [] for node in picture.nodes}
    for arrow in picture.arrows:
        beside[arrow.source].append(arrow.target)
    nodes = {node.name: node for node in picture.nodes}
    longest = max(1, ceil(sqrt(len(nodes) * _WIDER)))
    found: Places = {}
    top = 0.0
    for layer in _layers(picture, beside):
        for start in range(0, len(layer), longest):
            row = layer[start : start + longest]
            height = max(_height(nodes[name]) for name in row)
            left = -_WIDTH * (len(row) - 1) / 2
            for i, name in enumerate(row):
                found[name] = (left + i * _WIDTH, top - height / 2)
            top -= height + _GAP
    return found


def _layers(picture: Picture, beside: dict[str, list[str]]) -> list[list[str]]:
    """Return the states by their distance from the start; those it does not reach come last."""
    names = [node.name for node in picture.nodes]
    layer = [picture.initial if picture.initial is not None else names[0]]
    seen: dict[str, None] = {}
    layers: list[list[str]] = []
    while layer:
        seen |= dict.fromkeys(layer)
        layers.append(layer)
        targets = chain.from_iterable(beside[name] for name in layer)
        layer = [name for name in dict.fromkeys(targets) if name not in seen]
    return [*layers, [name for name in names if name not in seen]]


def _height(node: Node) -> float:
    lines = len(wrapped(node.title, 24)) + bool(node.caption)
    lines += sum(len(wrapped(note, 28)) for note in (node.caption, *node.notes) if note)
    lines += sum(len(wrapped(mark.text, 30)) for mark in node.marks)
    return _AROUND + _LINE * lines
