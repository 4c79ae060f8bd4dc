"""A picture as a PlantUML state diagram."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from fsm.drawing.legend import LegendEntry, legend_lines
from fsm.drawing.model import Arrow, Box, DrawnState, Picture
from fsm.drawing.nested_text import DiagramText
from fsm.drawing.nesting import Nesting
from fsm.drawing.overlay import Mark, Tone
from fsm.drawing.paints import TONES, paint_of
from fsm.text import joinable_lines

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
_REGION = "<<region>>"
_HISTORY = {"shallow": "<<history>>", "deep": "<<history*>>"}


def to_plantuml(picture: Picture) -> str:
    """Return a picture in PlantUML.

    Statuses are composite states, decisions are dashed arrows. PlantUML draws only to the
    right and downwards: RL is drawn as LR, BT as TB.
    """
    return "\n".join(_PlantUmlWriter(picture).lines()) + "\n"


class _PlantUmlWriter(DiagramText):
    indent = "  "
    line_break = "\\n"

    def __init__(self, picture: Picture) -> None:
        nesting = Nesting(picture)
        super().__init__(picture, _WORDS, nesting.inside(picture.arrows))
        self.crossed = nesting.crossed(picture.arrows) if picture.is_declared else frozenset()

    def lines(self) -> Iterator[str]:
        picture = self.picture
        yield "@startuml"
        yield "hide empty description"
        across = picture.direction in _ACROSS
        yield "left to right direction" if across else "top to bottom direction"
        yield from _STYLE
        for node in picture.loose:
            yield from self._node(node, _paint(node.colour, line=_line_of(node.colour)), 0)
        for box in picture.boxes:
            yield from self._box(box, 0)
        if picture.initial is not None:
            yield f"[*] --> {self.end(picture.initial, picture.initial_box)}"
        yield from (f"[*] --> {self.ids[name]}" for name in picture.initial_forks)
        yield from self.arrows_in(None, 0)
        for node in picture.loose if picture.is_declared else picture.nodes:
            yield from self.final_of(node, 0)
        told = [line for text in picture.legend for line in _escaped(text).split("\\n")]
        told += [self._told(entries) for entries in legend_lines(picture)]
        if told:
            yield "legend"
            yield from (f"  {line}" for line in told)
            yield "endlegend"
        yield "@enduml"

    def _told(self, entries: Iterable[LegendEntry]) -> str:
        """Return a line of the legend with its signs in their colours."""
        parts = []
        for entry in entries:
            sign = f"<color:{paint_of(entry.colour).border}>{entry.sign}</color> "
            text = _escaped(entry.in_words).replace("\\n", " ")
            parts.append(f"{sign if entry.sign else ''}{text}")
        return "   ".join(parts)

    def _box(self, box: Box, depth: int, kind: str = "") -> Iterator[str]:
        space, id_ = "  " * depth, self.composites[box.name]
        line = "dashed" if kind else "" if depth else _line_of(box.colour)
        paint = _paint(box.colour, "#ffffff" if depth % 2 else "", line)
        yield f'{space}state "{_escaped(box.label)}" as {id_} {kind}{paint}'.rstrip() + " {"
        # PlantUML draws no arrow out of a region; where there is one, regions are boxes.
        is_crossed = box.name in self.crossed
        region = f"{_REGION} " if is_crossed else ""
        for number, part in enumerate(box.parts):
            if number and box.parallel and not is_crossed:
                yield f"{space}  ||"
            if isinstance(part, Box):
                yield from self._box(part, depth + 1, region)
            else:
                white = _paint(box.colour, "#ffffff")
                yield from self._node(part, f"{region}{white}", depth + 1)
        for name in box.initial:
            yield f"{space}  [*] --> {self.ids[name]}"
        yield from self.arrows_in(box.name, depth + 1)
        if self.picture.is_declared and not box.parallel:
            for node in box.nodes:
                yield from self.final_of(node, depth + 1)
        yield f"{space}}}"
        yield from (f"{space}{id_} : {_escaped(line)}" for line in box.inside)
        yield from (f"{space}{id_} : {_marked(mark)}" for mark in box.marks)

    def _node(self, node: DrawnState, paint: str, depth: int) -> Iterator[str]:
        lines = [*map(_escaped, (node.title, *node.notes)), *map(_marked, node.marks)]
        space, id_, text = "  " * depth, self.ids[node.name], "\\n".join(lines)
        kind = f"{_HISTORY[node.history]} " if node.history else ""
        yield f'{space}state "{text}" as {id_} {kind}{paint}'.rstrip()
        yield from (f"{space}{id_} : {_escaped(line)}" for line in node.inside)

    def line(self, arrow: Arrow) -> str:
        """Return the line of an arrow."""
        return f"-{_style(arrow)}->"

    def escaped(self, text: str) -> str:
        """Return a text without syntax, in lines."""
        return _escaped(text)


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


def _paint(colour: str | None, fill: str = "", line: str = "") -> str:
    """Return the colours of a state, with the style of its border; empty for no colour."""
    if colour is None:
        return ""
    paint = paint_of(colour)
    style = f"[{line}]" if line else ""
    return f"{fill or paint.fill} ##{style}{paint.border.removeprefix('#')}"


def _line_of(colour: str | None) -> str:
    return paint_of(colour).line


def _escaped(text: str) -> str:
    """Return the text with everything that is syntax in PlantUML as entities.

    >>> _escaped("<img:secret.png> **b**")
    '&#60;img&#58;secret&#46;png&#62; &#42;&#42;b&#42;&#42;'
    """
    return "\\n".join(_SPECIAL.sub(_entity, line) or "&#32;" for line in joinable_lines(text, 40))


def _entity(match: re.Match[str]) -> str:
    """Return the entity of a character; those of two characters do not work in PlantUML."""
    number = ord(match[0])
    return f"<U+{number:04X}>" if match[0] in "\\$" else f"&#{number};"
