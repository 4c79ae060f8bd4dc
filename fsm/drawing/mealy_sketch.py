"""A Mealy machine as what is drawn of it: its own states, and arrows ``input / output``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from fsm.drawing.declaration import TABLE_DRAWN
from fsm.drawing.model import Arrow, Look, Picture
from fsm.drawing.sketch import Sketch
from fsm.machine import Machine, State, Transition
from fsm.text import wrapped

if TYPE_CHECKING:
    from fsm.mealy import Mealy

__all__ = ["MEALY_TABLE", "MealySketch", "drawn_of", "sketch_of", "with_numbers", "without_inputs"]

MEALY_TABLE = f"{TABLE_DRAWN}: marks are for the states and events of the table of a Mealy machine"
"""What readers of the table of a Mealy machine are told."""

_WIDTH = 32
_MOST_LINES = 4
"""A longer label stands in the legend, with a number."""
_CROWDED = 60
"""With more arrows, labels longer than a line stand in the legend."""


@dataclass(frozen=True, repr=False)
class MealySketch(Sketch):
    """What is drawn of a Mealy machine."""

    labels: Mapping[str, tuple[tuple[str, ...], str]] = field(default_factory=dict, compare=False)
    """The inputs and the output of each label."""


def drawn_of(
    mealy: Mealy, look: Look, warn: Callable[[str], None] | None = None
) -> MealySketch | Machine:
    """Return what is drawn of a Mealy machine: its sketch, or its table.

    Only the table can have marks; ``warn`` is called with a message that says so.
    """
    if look.overlay and warn is not None:
        warn(MEALY_TABLE)
    return mealy.machine() if look.flat or look.overlay else sketch_of(mealy)


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
    labels: dict[str, tuple[tuple[str, ...], str]] = {}
    for (source, target, output), names in inputs.items():
        label = _label(names, mealy.outputs[output])
        labels[label] = tuple(names), mealy.outputs[output]
        ends = mealy.states[source], mealy.states[target]
        transitions.append(Transition(ends[0], label, ends[1], label))
    return MealySketch(
        name=mealy.name,
        title=mealy.name,
        states=tuple(states),
        events=mealy.inputs,
        transitions=tuple(transitions),
        initial=mealy.states[mealy.initial],
        labels=labels,
    )


def _label(inputs: Iterable[str], output: str) -> str:
    return f"{', '.join(inputs)} / {output}"


def without_inputs(
    sketch: MealySketch, transitions: Iterable[Transition], inputs: Iterable[str]
) -> Iterator[Transition]:
    """Yield some transitions of a sketch without those of some inputs."""
    hidden = frozenset(inputs)
    for transition in transitions:
        names, output = sketch.labels[transition.event]
        if kept := [name for name in names if name not in hidden]:
            label = _label(kept, output)
            yield replace(transition, event=label, trigger=label)


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
