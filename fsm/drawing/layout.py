"""How Graphviz is to lay a picture out, besides what the picture says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from fsm.drawing.model import Picture

__all__ = ["PLAIN", "Layout", "TitleSide", "backward_arrows", "layers_passed"]

TitleSide: TypeAlias = Literal["l", "c", "r"]
"""Left, in the middle, right: the words of Graphviz."""


@dataclass(frozen=True)
class Layout:
    """How Graphviz is to lay a picture out."""

    engine: str = "dot"
    """The layout engine."""
    in_line: bool = False
    """Whether labels stand in the middle of their arrows, as nodes that nothing crosses; only the
    engine ``dot`` can put them beside their arrows, and some of them nearer to others."""
    numbered: bool = False
    """Whether states, boxes and arrows have ids, by which they are found in an SVG."""
    sides: Mapping[int, TitleSide] = field(default_factory=dict)
    """Where titles stand at the edges of their boxes, by the number of the box; default: left."""
    below: frozenset[int] = frozenset()
    """The boxes with the title at the lower edge."""
    wide: frozenset[int] = frozenset()
    """The boxes that are wider than their states need, so that arrows pass beside the title."""
    mirrored: bool = False
    """Whether boxes and arrows are given to Graphviz in reverse order, from which it begins."""
    haste: int = 0
    """How little time the engine has for the best places, from 0 to 2."""
    space: float = 1.0
    """By how much the distances of states are larger than usual."""

    @property
    def is_layered(self) -> bool:
        """Whether states stand in layers, in the direction of the picture."""
        return self.engine == "dot"


PLAIN = Layout()


def backward_arrows(picture: Picture) -> frozenset[int]:
    """Return the numbers of the arrows that lead back to a state on the way from the initial one.

    Without them, layers are in the direction of all arrows. They are found depth first.
    """
    leaving: dict[str, list[tuple[int, str]]] = {node.name: [] for node in picture.nodes}
    for number, arrow in enumerate(picture.arrows):
        leaving[arrow.source].append((number, arrow.target))
    backward: set[int] = set()
    is_done: dict[str, bool] = {}
    for root in ([picture.initial] if picture.initial is not None else []) + list(leaving):
        if root in is_done:
            continue
        is_done[root] = False
        stack = [(root, iter(leaving[root]))]
        while stack:
            name, exits = stack[-1]
            number, target = next(exits, (-1, ""))
            if number < 0:
                is_done[name] = True
                stack.pop()
            elif target not in is_done:
                is_done[target] = False
                stack.append((target, iter(leaving[target])))
            elif not is_done[target]:
                backward.add(number)
    return frozenset(backward)


def layers_passed(picture: Picture) -> int:
    """Return how many layers the arrows of a picture pass, all together.

    It tells how long a layout in layers takes: an arrow needs a place in each layer that it passes.
    """
    backward = backward_arrows(picture)
    before: dict[str, list[str]] = {node.name: [] for node in picture.nodes}
    entering = dict.fromkeys(before, 0)
    for number, arrow in enumerate(picture.arrows):
        ends = (arrow.source, arrow.target)
        if ends[0] != ends[1]:
            tail, head = ends[::-1] if number in backward else ends
            before[tail].append(head)
            entering[head] += 1
    layer = dict.fromkeys(before, 0)
    ready = [name for name, count in entering.items() if not count]
    while ready:
        tail = ready.pop()
        for head in before[tail]:
            layer[head] = max(layer[head], layer[tail] + 1)
            entering[head] -= 1
            if not entering[head]:
                ready.append(head)
    return sum(layer[head] - layer[tail] for tail, heads in before.items() for head in heads)
