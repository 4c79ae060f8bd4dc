"""A picture in D2 (https://d2lang.com)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fsm.drawing.dot import PAINTS, TONES
from fsm.drawing.model import Arrow, Box, DrawnState, Picture
from fsm.drawing.overlay import Tone
from fsm.text import plain_ids, wrapped

__all__ = ["to_d2"]

_SPECIAL = re.compile(r'[\\"$]')
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
        ids = plain_ids((node.name for node in picture.nodes), reserved=_WORDS)
        statuses = {f"status {box.status}": box.status for box in picture.boxes}
        containers = plain_ids(statuses, reserved=(*_WORDS, *ids.values()))
        self.containers = {statuses[name]: id_ for name, id_ in containers.items()}
        self.ids = ids
        inside = {n.name: f"{self.containers[b.status]}." for b in picture.boxes for n in b.nodes}
        self.paths = {name: f"{inside.get(name, '')}{id_}" for name, id_ in ids.items()}

    def lines(self) -> Iterator[str]:
        picture = self.picture
        yield "vars: {d2-config: {layout-engine: elk}}"
        yield f"direction: {_DIRECTIONS[picture.direction]}"
        if picture.initial is not None:
            yield 'start: "" {shape: circle; width: 14; height: 14; style.fill: "#1f2933"}'
        for node in picture.loose:
            fill, border = ("#ffffff", "#52606d") if node.rank is None else _paint(node.rank)
            yield self._node(node, fill, border)
        for box in picture.boxes:
            yield from self._box(box)
        if picture.initial is not None:
            yield f"start -> {self.paths[picture.initial]}"
        for arrow in picture.arrows:
            yield self._arrow(arrow)
        if picture.legend:
            yield f"legend_text: {_quoted(picture.legend, 90)} {{shape: text; near: bottom-center}}"

    def _box(self, box: Box) -> Iterator[str]:
        fill, border = _paint(box.rank)
        yield f"{self.containers[box.status]}: {_quoted((box.label,), 60)} {{"
        yield f'  style: {{fill: "{fill}"; stroke: "{border}"; border-radius: 8; font-size: 16}}'
        for node in box.nodes:
            yield f"  {self._node(node, '#ffffff', border)}"
        yield "}"

    def _node(self, node: DrawnState, fill: str, border: str) -> str:
        text = _quoted((node.title, *node.notes, *(mark.text for mark in node.marks)), 28)
        style = f'fill: "{fill}"; stroke: "{border}"; border-radius: 8; font-color: "#1f2933"'
        if node.final:
            style += "; double-border: true"
        return f"{self.ids[node.name]}: {text} {{style: {{{style}}}}}"

    def _arrow(self, arrow: Arrow) -> str:
        container = self.containers.get(arrow.status) if arrow.status is not None else None
        text = _quoted(arrow.labels + arrow.effects, 36)
        ends = f"{container or self.paths[arrow.source]} -> {self.paths[arrow.target]}"
        return f"{ends}: {text}{_style(arrow)}"


def _style(arrow: Arrow) -> str:
    color, look = TONES[arrow.tone]
    styles = [f'stroke: "{color}"'] if arrow.tone is not Tone.PLAIN else []
    if arrow.is_decision or look == "dotted":
        styles.append("stroke-dash: 4")
    if arrow.weight:
        styles.append(f"stroke-width: {1 + round(5 * arrow.share**0.5)}")
    return f" {{style: {{{'; '.join(styles)}}}}}" if styles else ""


def _paint(rank: int) -> tuple[str, str]:
    paint = PAINTS[rank % len(PAINTS)]
    return paint.fill, paint.border


def _quoted(texts: tuple[str, ...], width: int) -> str:
    r"""Return texts as one quoted string of D2, one under the other.

    >>> print(_quoted(('a "b" ${c}', "d"), 40))
    "a \"b\" \${c}\nd"
    """
    lines = (line for text in texts for line in wrapped(text, width))
    lines = (_SPECIAL.sub(r"\\\g<0>", line) for line in lines)
    return '"' + "\\n".join(lines) + '"'
