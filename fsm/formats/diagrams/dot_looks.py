"""What the looks of a node in DOT say: a start, an end, a pseudo-state, the active state."""

from __future__ import annotations

from fsm.formats.diagrams.state_diagram import PseudoState
from fsm.formats.dot import label_lines
from fsm.formats.dot_edges import DotNode

__all__ = [
    "ACTIVE",
    "is_end",
    "is_invisible",
    "is_point",
    "is_start",
    "pseudo_state",
    "shows_nothing",
]

ACTIVE = "darksalmon"
"""How ``transitions`` fills the active state."""
_POINTS = frozenset({"point", "none", "plaintext", "circle"})
_PAPER = frozenset({"white", "transparent", "#ffffff"})
_CLASSES: dict[str, PseudoState] = {
    "choice": "choice", "junction": "choice", "fork": "fork", "join": "join",
    "history": "shallow", "deephistory": "deep",
}  # fmt: skip
"""The classes by which state-machine-cat, and fsm, name pseudo-states."""


def is_point(name: str, node: DotNode | None) -> bool:
    """Whether a node is the dot that points at the initial state."""
    shape = node.text("shape").lower() if node else ""
    blank = node is not None and _is_blank(node)
    named = name.strip("_").lower() in ("", "start", "init", "initial", "start0", "i", "qi", "[*]")
    bare = shape in ("point", "none", "plaintext") or (node is not None and _is_white(node))
    return blank or bare or (named and shape in ("", *_POINTS))


def shows_nothing(name: str, node: DotNode | None) -> bool:
    """Whether a node is a point, or has neither a border nor a text."""
    if node is None:
        return not name.strip()
    shape, label = node.text("shape").lower(), node.attributes.get("label")
    blank = _is_blank(node) or ((label is None or label.text == r"\N") and not name.strip())
    return shape == "point" or (blank and shape in ("none", "plaintext")) or _is_white(node)


def is_start(node: DotNode) -> bool:
    """Whether a node is a start by its class."""
    return "initial" in _classes(node)


def is_end(node: DotNode) -> bool:
    """Whether a node that arrows lead to is the end, and no state: it has a border and no name."""
    shape = node.text("shape").lower()
    looks = node.text("peripheries") == "2" or shape in ("doublecircle", "point")
    return bool({"final", "terminate"} & _classes(node)) or (_is_blank(node) and looks)


def is_invisible(node: DotNode) -> bool:
    """Whether a node is not drawn."""
    return "invis" in node.text("style")


def pseudo_state(node: DotNode) -> PseudoState:
    """Return what a node is that is no state; empty for a state."""
    found = next((kind for name, kind in _CLASSES.items() if name in _classes(node)), None)
    if found:
        return found
    return "choice" if node.text("shape").lower() == "diamond" and _is_blank(node) else ""


def _is_white(node: DotNode) -> bool:
    """Whether border and text of a node have the colour of the paper."""
    return all(node.text(key).lower() in _PAPER for key in ("color", "fontcolor"))


def _classes(node: DotNode) -> set[str]:
    return set(node.text("class").lower().split())


def _is_blank(node: DotNode) -> bool:
    label = node.attributes.get("label")
    return label is not None and not label_lines(label)
