"""A Mealy machine as what is drawn of it: its own states, and arrows ``input / output``."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fsm.drawing.model import Arrow, Picture
from fsm.drawing.sketch import Sketch
from fsm.machine import State, Transition
from fsm.text import wrapped

if TYPE_CHECKING:
    from fsm.mealy import Mealy

__all__ = ["MealySketch", "sketch_of", "with_numbers"]

_WIDTH = 32
_MOST_LINES = 4
"""A longer label stands in the legend, with a number."""
_CROWDED = 60
"""With more arrows, labels longer than a line stand in the legend."""


@dataclass(frozen=True, repr=False)
class MealySketch(Sketch):
    """What is drawn of a Mealy machine."""


def sketch_of(mealy: Mealy) -> MealySketch:
    """Return a sketch of a Mealy machine.

    Inputs that lead from one state to another with the same output are one transition, such as
    ``a, b / x``. What a state shows is its status.
    """
    shown = mealy.shown or (None,) * len(mealy.states)
    states = (
        State(name, status, name, (name,)) for name, status in zip(mealy.states, shown, strict=True)
    )
    inputs: dict[tuple[int, int, int], list[str]] = {}
    for s, (targets, outputs) in enumerate(
        zip(mealy.next.tolist(), mealy.output.tolist(), strict=True)
    ):
        for name, target, output in zip(mealy.inputs, targets, outputs, strict=True):
            if target >= 0:
                inputs.setdefault((s, target, output), []).append(name)
    transitions = []
    for (source, target, output), names in inputs.items():
        label = f"{', '.join(names)} / {mealy.outputs[output]}"
        ends = mealy.states[source], mealy.states[target]
        transitions.append(Transition(ends[0], label, ends[1], label))
    return MealySketch(
        name=mealy.name,
        title=mealy.name,
        states=tuple(states),
        events=mealy.inputs,
        transitions=tuple(transitions),
        initial=mealy.states[mealy.initial],
    )


def with_numbers(picture: Picture) -> Picture:
    """Return a picture whose long labels are numbers, which the legend explains."""
    most = 1 if len(picture.arrows) > _CROWDED else _MOST_LINES
    numbers: dict[tuple[str, ...], int] = {}
    arrows = []
    for arrow in picture.arrows:
        if _lines(arrow) > most:
            number = numbers.setdefault(arrow.labels, len(numbers) + 1)
            arrow = replace(arrow, labels=(f"({number})",))
        arrows.append(arrow)
    explained = (f"({number}) {';  '.join(labels)}" for labels, number in numbers.items())
    return replace(picture, arrows=tuple(arrows), legend=(*picture.legend, *explained))


def _lines(arrow: Arrow) -> int:
    """Return how many lines the label of an arrow has."""
    return sum(len(wrapped(label, _WIDTH)) for label in arrow.labels)
