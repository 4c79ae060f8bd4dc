"""A picture in D2 (https://d2lang.com)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fsm.drawing.legend import LegendEntry, legend_entries
from fsm.drawing.model import Arrow, Box, DrawnState, Picture
from fsm.drawing.nesting import Nesting, automatic_labels, ids_of
from fsm.drawing.overlay import Tone
from fsm.drawing.paints import TONES, paint_of
from fsm.text import joinable_lines

__all__ = ["to_d2"]

_SPECIAL = re.compile(r'[\\"$]')
_START = 'start: "" {shape: circle; width: 14; height: 14; style.fill: "#1f2933"}'
_DIRECTIONS = {"LR": "right", "TB": "down", "RL": "left", "BT": "up"}
# Keywords of D2.
_WORDS = (
    "3d", "animated", "background_color", "bold", "border_radius", "class", "classes",
    "constraint", "direction", "double_border", "dsl", "fill", "filled", "font", "font_color",
    "font_size", "grid_columns", "grid_gap", "grid_rows", "height", "icon", "italic", "label",
    "layers", "left", "link", "multiple", "near", "null", "opacity", "scenarios", "shadow",
    "shape", "source_arrowhead", "start", "steps", "stroke", "stroke_dash", "stroke_width",
    "style", "target_arrowhead", "text_transform", "tooltip", "top", "underline", "vars",
    "width",
)  # fmt: skip


def to_d2(picture: Picture) -> str:
    """Return a picture in D2.

    Statuses are containers. An arrow from a container stands for each of its states; a dashed
    arrow is a decision.
    """
    return "\n".join(_D2Writer(picture).lines()) + "\n"


class _D2Writer:
    def __init__(self, picture: Picture) -> None:
        self.picture = picture
        self.ids, self.containers = ids_of(picture, _WORDS)
        nesting = Nesting(picture)
        self.paths = {
            node.name: self._path(nesting.around_state(node.name), self.ids[node.name])
            for node in picture.nodes
        }
        self.boxes = {
            box.name: self._path(nesting.around_box(box.name), self.containers[box.name])
            for box in picture.all_boxes
        }

    def _path(self, around: tuple[str, ...], id_: str) -> str:
        return ".".join((*(self.containers[box] for box in around), id_))

    def lines(self) -> Iterator[str]:
        picture = self.picture
        yield "vars: {"
        yield "  d2-config: {layout-engine: elk}"
        yield from self._legend(legend_entries(picture))
        yield "}"
        yield f"direction: {_DIRECTIONS[picture.direction]}"
        if picture.initial is not None:
            yield _START
        for node in picture.loose:
            yield self._node(node, *_look(node.colour, 0))
        for box in picture.boxes:
            yield from self._box(box, 0)
        if picture.initial is not None:
            yield f"start -> {self._end(picture.initial, picture.initial_box)}"
        yield from (f"start -> {self._named(name)}" for name in picture.initial_forks)
        for arrow in picture.arrows:
            yield from self._arrow(arrow)
        if picture.legend:
            yield f"legend_text: {_quoted(picture.legend, 90)} {{shape: text; near: bottom-center}}"

    def _legend(self, entries: tuple[LegendEntry, ...]) -> Iterator[str]:
        """Yield the legend, in which shapes and arrows look as in the picture."""
        if not entries:
            return
        yield "  d2-legend: {"
        for number, entry in enumerate(entries, 1):
            text = _quoted((entry.in_words,), 90)
            fill, border, line = _look(entry.colour, 0)
            style = f'fill: "{fill}"; stroke: "{border}"; border-radius: 8{line}'
            if entry.dashed == "box":
                style += "; stroke-dash: 4"
            if entry.dashed == "arrow" and number > 1:
                yield f"    k1 -> k1: {_quoted((entry.text,), 90)} {{style.stroke-dash: 4}}"
            elif entry.colour or entry.dashed == "box":
                yield f"    k{number}: {text} {{style: {{{style}}}}}"
            else:
                yield f"    k{number}: {text} {{shape: text}}"
        yield "  }"

    def _box(self, box: Box, depth: int, region: bool = False) -> Iterator[str]:
        fill, border, line = _look(box.colour, depth)
        space = "  " * depth
        text = _quoted((box.label, *box.inside, *(mark.text for mark in box.marks)), 60)
        dash = "; stroke-dash: 4" if region else line
        yield f"{space}{self.containers[box.name]}: {text} {{"
        yield (
            f'{space}  style: {{fill: "{fill}"; stroke: "{border}"; border-radius: 8; '
            f"font-size: 16{dash}}}"
        )
        if box.initial:
            yield f"{space}  {_START}"
        for node in box.nodes:
            yield f"{space}  {self._node(node, '#ffffff', border)}"
        for inner in box.boxes:
            yield from self._box(inner, depth + 1, box.parallel)
        if box.initial:
            around = f"{self.boxes[box.name]}."
            for name in box.initial:
                yield f"{space}  start -> {self._named(name).removeprefix(around)}"
        yield f"{space}}}"

    def _node(self, node: DrawnState, fill: str, border: str, line: str = "") -> str:
        if node.history:
            style = f'fill: "#ffffff"; stroke: "{border}"; font-color: "#1f2933"; font-size: 13'
            label = _quoted((node.title,), 28)
            return (
                f"{self.ids[node.name]}: {label} "
                f"{{shape: circle; width: 36; height: 36; style: {{{style}}}}}"
            )
        lines = (node.title, *node.notes, *node.inside, *(mark.text for mark in node.marks))
        style = f'fill: "{fill}"; stroke: "{border}"; border-radius: 8; font-color: "#1f2933"'
        style += line
        if node.final:
            style += "; double-border: true"
        return f"{self.ids[node.name]}: {_quoted(lines, 28)} {{style: {{{style}}}}}"

    def _arrow(self, arrow: Arrow) -> Iterator[str]:
        text = _quoted(automatic_labels(arrow) + arrow.effects, 36)
        begin = self._end(arrow.source, arrow.from_box)
        yield f"{begin} -> {self._end(arrow.target, arrow.to_box)}: {text}{_style(arrow)}"
        for name in arrow.forks:
            yield f"{begin} -> {self._named(name)}: {text}{_style(arrow)}"

    def _end(self, state: str, box: str | None) -> str:
        return self.paths[state] if box is None else self.boxes[box]

    def _named(self, name: str) -> str:
        """Return the path of a state, or of a box of a declaration."""
        return self.paths.get(name) or self.boxes[name]


def _style(arrow: Arrow) -> str:
    color, look = TONES[arrow.tone]
    styles = [f'stroke: "{color}"'] if arrow.tone is not Tone.PLAIN else []
    if arrow.is_decision or look == "dotted":
        styles.append("stroke-dash: 4")
    if arrow.weight:
        styles.append(f"stroke-width: {1 + round(5 * arrow.share**0.5)}")
    return f" {{style: {{{'; '.join(styles)}}}}}" if styles else ""


_LINES = {"": "", "bold": "; stroke-width: 4", "dotted": "; stroke-dash: 2"}
"""The styles of borders."""


def _look(colour: str | None, depth: int) -> tuple[str, str, str]:
    """Return the fill of a state or a box, its border, and the style of that.

    Every other box around is white, and only outermost borders show their kind.
    """
    paint = paint_of(colour)
    return "#ffffff" if depth % 2 else paint.fill, paint.border, "" if depth else _LINES[paint.line]


def _quoted(texts: tuple[str, ...], width: int) -> str:
    r"""Return texts as one quoted string of D2, one under the other.

    >>> print(_quoted(('a "b" ${c}', "d"), 40))
    "a \"b\" \${c}\nd"
    """
    lines = (line for text in texts for line in joinable_lines(text, width))
    lines = (_SPECIAL.sub(r"\\\g<0>", line) for line in lines)
    return '"' + "\\n".join(lines) + '"'
