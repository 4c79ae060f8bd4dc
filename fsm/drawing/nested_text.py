"""What Mermaid and PlantUML write alike: arrows between states and boxes, forks, final states."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from fsm.drawing.model import Arrow, DrawnState, Picture
from fsm.drawing.nesting import automatic_labels, ids_of
from fsm.formats.diagrams.labels import read_label
from fsm.text import plain_ids

__all__ = ["DiagramText"]


class DiagramText(ABC):
    """Writes the arrows of one picture in a language of state diagrams."""

    indent: ClassVar[str]
    """The space before what stands in one box more."""
    line_break: ClassVar[str]
    """What breaks a line inside a text."""

    def __init__(
        self,
        picture: Picture,
        words: Sequence[str],
        arrows: Mapping[str | None, Sequence[Arrow]],
    ) -> None:
        """Take a picture, the words that no id may be, and the arrows to write in each box."""
        self.picture, self.arrows = picture, _in_order(picture, arrows)
        self.ids, self.composites = ids_of(picture, words)
        self.forks = plain_ids(
            (f"fork {number}" for number, arrow in enumerate(picture.arrows) if arrow.forks),
            (*words, *self.ids.values(), *self.composites.values()),
        )

    def line(self, arrow: Arrow) -> str:  # noqa: ARG002 - PlantUML asks it
        """Return the line of an arrow."""
        return "-->"

    @abstractmethod
    def escaped(self, text: str) -> str:
        """Return a text without syntax, in lines."""

    def final_of(self, node: DrawnState, depth: int) -> Iterator[str]:
        """Yield the arrow of a final state to the end."""
        if node.final:
            yield f"{self.indent * depth}{self.ids[node.name]} --> [*]"

    def arrows_in(self, box: str | None, depth: int) -> Iterator[str]:
        """Yield the arrows that are written in a box; ``None`` is the picture."""
        for arrow in self.arrows.get(box, ()):
            yield from (f"{self.indent * depth}{line}" for line in self._arrow(arrow))

    def _arrow(self, arrow: Arrow) -> Iterator[str]:
        events = _listed(automatic_labels(arrow))
        text = self.line_break.join(map(self.escaped, (*events, *arrow.effects)))
        text = f" : {text}" if text else ""
        line = self.line(arrow)
        begin = self.end(arrow.source, arrow.from_box)
        end = self.end(arrow.target, arrow.to_box)
        if not arrow.forks:
            yield f"{begin} {line} {end}{text}"
            return
        fork = self.forks[f"fork {self.picture.arrows.index(arrow)}"]
        yield f"state {fork} <<fork>>"
        yield f"{begin} {line} {fork}{text}"
        yield f"{fork} {line} {end}"
        yield from (f"{fork} {line} {self.ids[name]}" for name in arrow.forks)

    def end(self, state: str, box: str | None) -> str:
        """Return the id of what an arrow ends at."""
        return self.ids[state] if box is None else self.composites[box]


def _in_order(
    picture: Picture, arrows: Mapping[str | None, Sequence[Arrow]]
) -> Mapping[str | None, Sequence[Arrow]]:
    """Return the arrows in each box; the ways of one event are together, in the order they count.

    A state has all of its arrows outside of all boxes, if an event of it has ways in several.
    """
    found: dict[tuple[str, str], set[str | None]] = {}
    for box, row in arrows.items():
        for arrow in row:
            for label in automatic_labels(arrow):
                found.setdefault((arrow.begin, label.partition(" [")[0]), set()).add(box)
    moved = {begin for (begin, _), boxes in found.items() if len(boxes) > 1}
    if not moved:
        return arrows
    kept: dict[str | None, Sequence[Arrow]] = {
        box: [a for a in row if a.begin not in moved] for box, row in arrows.items() if box
    }
    inside = {id(arrow) for row in kept.values() for arrow in row}
    kept[None] = [arrow for arrow in picture.arrows if id(arrow) not in inside]
    return kept


def _listed(labels: tuple[str, ...]) -> tuple[str, ...]:
    """Return events with commas between them, where a reader could take them for one text.

    That is where an event has several words. The labels ``inputs / output`` of a Mealy machine
    stand as they are.
    """
    is_mealy = any(" / " in f"{label} " for label in labels)
    has_words = any(" " in event for label in labels for event, _ in read_label(label))
    return (
        (*(f"{label}," for label in labels[:-1]), *labels[-1:])
        if has_words and not is_mealy
        else labels
    )
