"""A picture as a PlantUML state diagram."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fsm.drawing.dot import PAINTS, TONES
from fsm.drawing.model import Arrow, Box, DrawnState, Picture
from fsm.drawing.overlay import Mark, Tone
from fsm.text import plain_ids, wrapped

__all__ = ["to_plantuml"]

# Everything but characters without a meaning in Creole and the preprocessor becomes an entity.
_SPECIAL = re.compile(r"[^\w ,()+=%↑↓…·−✗▸⊕⊖]|(?<![^\W_])_|_(?![^\W_])|%(?=\w)")
_WORDS = (
    "as", "caption", "end", "endlegend", "endnote", "enduml", "footer", "header", "hide", "left",
    "legend", "note", "scale", "skinparam", "startuml", "state", "title", "top",
)  # fmt: skip
_STYLE = (
    "skinparam shadowing false",
    "skinparam defaultFontName Helvetica",
    "skinparam ArrowColor #52606d",
    "skinparam StateBackgroundColor #ffffff",
    "skinparam StateBorderColor #52606d",
    "skinparam StateStartColor #1f2933",
    "skinparam StateEndColor #1f2933",
)
_ACROSS = ("LR", "RL")


def to_plantuml(picture: Picture) -> str:
    """Return a picture in PlantUML.

    Statuses are composite states, decisions are dashed arrows. PlantUML draws only to the
    right and downwards: RL is drawn as LR, BT as TB.
    """
    return "\n".join(_PlantUmlWriter(picture).lines()) + "\n"


class _PlantUmlWriter:
    def __init__(self, picture: Picture) -> None:
        self.picture = picture
        self.ids = plain_ids((node.name for node in picture.nodes), reserved=_WORDS)
        statuses = {f"status {box.status}": box.status for box in picture.boxes}
        composites = plain_ids(statuses, reserved=(*_WORDS, *self.ids.values()))
        self.composites = {statuses[name]: id_ for name, id_ in composites.items()}

    def lines(self) -> Iterator[str]:
        picture = self.picture
        yield "@startuml"
        yield "hide empty description"
        across = picture.direction in _ACROSS
        yield "left to right direction" if across else "top to bottom direction"
        yield from _STYLE
        for node in picture.loose:
            yield self._node(node, "" if node.rank is None else _paint(node.rank))
        for box in picture.boxes:
            yield from self._box(box)
        if picture.initial is not None:
            yield f"[*] --> {self.ids[picture.initial]}"
        for arrow in picture.arrows:
            yield self._arrow(arrow)
        for node in picture.nodes:
            if node.final:
                yield f"{self.ids[node.name]} --> [*]"
        if picture.legend:
            yield "legend"
            lines = (line for text in picture.legend for line in _escaped(text).split("\\n"))
            yield from (f"  {line}" for line in lines)
            yield "endlegend"
        yield "@enduml"

    def _box(self, box: Box) -> Iterator[str]:
        title = _escaped(box.label)
        yield f'state "{title}" as {self.composites[box.status]} {_paint(box.rank)} {{'
        for node in box.nodes:
            yield f"  {self._node(node, _paint(box.rank, '#ffffff'))}"
        yield "}"

    def _node(self, node: DrawnState, paint: str) -> str:
        lines = [*map(_escaped, (node.title, *node.notes)), *map(_marked, node.marks)]
        text = "\\n".join(lines)
        return f'state "{text}" as {self.ids[node.name]} {paint}'.rstrip()

    def _arrow(self, arrow: Arrow) -> str:
        composite = self.composites.get(arrow.status) if arrow.status is not None else None
        text = "\\n".join(map(_escaped, arrow.labels + arrow.effects))
        ends = composite or self.ids[arrow.source], self.ids[arrow.target]
        return f"{ends[0]} -{_style(arrow)}-> {ends[1]} : {text}"


def _marked(mark: Mark) -> str:
    color = TONES[mark.tone][0]
    lines = _escaped(mark.text).split("\\n")
    return "\\n".join(f"<color:{color}>{line}</color>" for line in lines)


def _style(arrow: Arrow) -> str:
    color, style = TONES[arrow.tone]
    words = [color] if arrow.tone is not Tone.PLAIN else []
    words += ["dashed"] if arrow.is_decision else [style] if style else []
    if arrow.weight:
        words.append(f"thickness={1 + round(5 * arrow.share**0.5)}")
    return f"[{','.join(words)}]" if words else ""


def _paint(rank: int, fill: str | None = None) -> str:
    paint = PAINTS[rank % len(PAINTS)]
    return f"{fill or paint.fill} #{paint.border}"


def _escaped(text: str) -> str:
    """Return the text with everything that is syntax in PlantUML as entities.

    >>> _escaped("<img:secret.png> **b**")
    '&#60;img&#58;secret&#46;png&#62; &#42;&#42;b&#42;&#42;'
    """
    return "\\n".join(_SPECIAL.sub(_entity, line) or "&#32;" for line in wrapped(text, 40))


def _entity(match: re.Match[str]) -> str:
    """Return the entity of a character; those of two characters do not work in PlantUML."""
    number = ord(match[0])
    return f"<U+{number:04X}>" if match[0] in "\\$" else f"&#{number};"
