"""A machine as a Mermaid state diagram, as GitHub and many wikis draw it in Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fsm.drawing.model import Arrow, Box, DrawnState, Picture
from fsm.drawing.nested_text import DiagramText
from fsm.drawing.nesting import Nesting
from fsm.text import joinable_lines

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
_HISTORY = {"shallow": "history", "deep": "deepHistory"}


def to_mermaid(picture: Picture) -> str:
    """Return a picture as a Mermaid ``stateDiagram-v2``.

    Statuses are composite states; an arrow from one stands for each of its states.
    Mermaid has one style of arrows, so decisions are not dashed, and the marks of an overlay are
    signs. Names are cut after 1,000 characters.
    """
    return "\n".join(_MermaidWriter(picture).lines()) + "\n"


class _MermaidWriter(DiagramText):
    indent = "    "
    line_break = "<br/>"

    def __init__(self, picture: Picture) -> None:
        nesting = Nesting(picture)
        arrows: dict[str | None, list[Arrow]] = {}
        for arrow in picture.arrows:
            # Mermaid moves a state into the block in which an arrow names it.
            blocks = {nesting.box_of(arrow.begin), nesting.box_of(arrow.end)}
            block = blocks.pop() if picture.is_declared and len(blocks) == 1 else None
            arrows.setdefault(block, []).append(arrow)
        super().__init__(picture, _WORDS, arrows)

    def lines(self) -> Iterator[str]:
        picture = self.picture
        yield "stateDiagram-v2"
        yield f"    direction {picture.direction}"
        for node in picture.loose:
            yield from self._node(node, 1)
        for box in picture.boxes:
            yield from self._box(box, 1)
        if picture.initial is not None:
            yield f"    [*] --> {self.end(picture.initial, picture.initial_box)}"
        yield from (f"    [*] --> {self.ids[name]}" for name in picture.initial_forks)
        yield from self.arrows_in(None, 1)
        for node in picture.loose if picture.is_declared else picture.nodes:
            yield from self.final_of(node, 1)
        if picture.legend:
            text = "<br/>".join(map(_escaped, picture.legend))
            yield f"    note right of {self.ids[picture.nodes[0].name]} : {text}"

    def _box(self, box: Box, depth: int) -> Iterator[str]:
        # The bar of a composite state has room for one line.
        space, id_ = "    " * depth, self.composites[box.name]
        yield f'{space}state "{_escaped(box.label, width=1000)}" as {id_} {{'
        regions = [list(self._region(part, depth + 1)) for part in box.parts]
        for number, region in enumerate(regions):
            if number and box.parallel:
                yield f"{space}    --"
            yield from region
        for name in box.initial:
            yield f"{space}    [*] --> {self.ids[name]}"
        yield from self.arrows_in(box.name, depth + 1)
        if self.picture.is_declared and not box.parallel:
            for node in box.nodes:
                yield from self.final_of(node, depth + 1)
        yield f"{space}}}"
        notes = (*box.inside, *(mark.text for mark in box.marks))
        if notes:
            yield f"{space}note right of {id_} : {'<br/>'.join(map(_escaped, notes))}"

    def _region(self, part: DrawnState | Box, depth: int) -> Iterator[str]:
        return self._box(part, depth) if isinstance(part, Box) else self._node(part, depth)

    def _node(self, node: DrawnState, depth: int) -> Iterator[str]:
        lines = (node.title, *node.notes, *(mark.text for mark in node.marks))
        space, id_ = "    " * depth, self.ids[node.name]
        yield f'{space}state "{"<br/>".join(map(_escaped, lines))}" as {id_}'
        yield from (f"{space}{id_} : {_escaped(line)}" for line in node.inside)
        if node.history:  # Mermaid has no history; the class is for readers of the text
            yield f"{space}class {id_} {_HISTORY[node.history]}"

    def escaped(self, text: str) -> str:
        """Return a text without syntax, in lines."""
        return _escaped(text)


def _escaped(text: str, width: int = 40) -> str:
    """Return the text with everything that is syntax in Mermaid as entities.

    >>> _escaped('a "quoted" --> 100 %')
    'a #34;quoted#34; #45;#45;#62; 100 %'
    """
    return "<br/>".join(map(_escaped_line, joinable_lines(text, width)))


def _escaped_line(line: str) -> str:
    entities = _SPECIAL.sub(lambda match: f"#{ord(match[0])};", line)
    # Mermaid takes "direction LR" anywhere in a line for a command.
    return _DIRECTION.sub("#32;", entities) or "#32;"
