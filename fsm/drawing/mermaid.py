"""A machine as a Mermaid state diagram, as GitHub and many wikis draw it in Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fsm.drawing.model import Arrow, Box, DrawnState, Picture
from fsm.text import plain_ids, wrapped

__all__ = ["to_mermaid"]

# Everything but characters without a meaning in Mermaid, Markdown and HTML becomes an entity.
_SPECIAL = re.compile(
    r"[^\w ,()+=/%\[\]↑↓…]|%(?=[%{])|(?<=%)%|\[(?=\[)|(?<=\[)\[|(?<![^\W_])_|_(?![^\W_])"
)
_DIRECTION = re.compile(r"(?<=direction) ", re.IGNORECASE)
_WORDS = (
    "as", "choice", "class", "classdef", "click", "default", "direction", "end", "fork", "hide",
    "href", "join", "note", "root", "scale", "state", "statediagram", "style",
    "constructor", "prototype",
)  # fmt: skip


def to_mermaid(picture: Picture) -> str:
    """Return a picture as a Mermaid ``stateDiagram-v2``.

    Statuses are composite states; an arrow from one stands for each of its states.
    Mermaid has one style of arrows, so decisions are not dashed, and the marks of an overlay are
    signs. Names are cut after 1,000 characters.
    """
    return "\n".join(_MermaidWriter(picture).lines()) + "\n"


class _MermaidWriter:
    def __init__(self, picture: Picture) -> None:
        self.picture = picture
        statuses = {f"status {box.status}": box.status for box in picture.boxes}
        self.ids = plain_ids((node.name for node in picture.nodes), reserved=_WORDS)
        taken = (*_WORDS, *self.ids.values())
        composites = plain_ids(statuses, reserved=taken)
        self.composites = {statuses[name]: composite for name, composite in composites.items()}

    def lines(self) -> Iterator[str]:
        picture = self.picture
        yield "stateDiagram-v2"
        yield f"    direction {picture.direction}"
        for node in picture.loose:
            yield f"    {self._node(node)}"
        for box in picture.boxes:
            yield from self._box(box)
        if picture.initial is not None:
            yield f"    [*] --> {self.ids[picture.initial]}"
        for arrow in picture.arrows:
            yield f"    {self._arrow(arrow)}"
        for node in picture.nodes:
            if node.final:
                yield f"    {self.ids[node.name]} --> [*]"
        if picture.legend:
            text = "<br/>".join(map(_escaped, picture.legend))
            yield f"    note right of {self.ids[picture.nodes[0].name]} : {text}"

    def _box(self, box: Box) -> Iterator[str]:
        # The bar of a composite state has room for one line.
        yield f'    state "{_escaped(box.label, width=1000)}" as {self.composites[box.status]} {{'
        for node in box.nodes:
            yield f"        {self._node(node)}"
        yield "    }"

    def _node(self, node: DrawnState) -> str:
        lines = (node.title, *node.notes, *(mark.text for mark in node.marks))
        return f'state "{"<br/>".join(map(_escaped, lines))}" as {self.ids[node.name]}'

    def _arrow(self, arrow: Arrow) -> str:
        composite = self.composites.get(arrow.status) if arrow.status is not None else None
        text = "<br/>".join(map(_escaped, arrow.labels + arrow.effects))
        return f"{composite or self.ids[arrow.source]} --> {self.ids[arrow.target]} : {text}"


def _escaped(text: str, width: int = 40) -> str:
    """Return the text with everything that is syntax in Mermaid as entities.

    >>> _escaped('a "quoted" --> 100 %')
    'a #34;quoted#34; #45;#45;#62; 100 %'
    """
    return "<br/>".join(map(_escaped_line, wrapped(text, width)))


def _escaped_line(line: str) -> str:
    entities = _SPECIAL.sub(lambda match: f"#{ord(match[0])};", line)
    # Mermaid takes "direction LR" anywhere in a line for a command.
    return _DIRECTION.sub("#32;", entities) or "#32;"
