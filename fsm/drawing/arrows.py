"""The arrows of a picture: labels with the same ends share one, and its marks are merged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from fsm.drawing.model import Arrow, Look
from fsm.drawing.overlay import Mark, Overlay, Tone, merged_mark, merged_tone
from fsm.drawing.wording import Wording
from fsm.machine import Effect, Machine, Transition

__all__ = ["Ends", "Label", "arrows_of"]


@dataclass(frozen=True, slots=True)
class Ends:
    """Where an arrow begins and ends; the fields are those of :class:`Arrow`."""

    source: str
    target: str
    from_box: str | None = None
    to_box: str | None = None
    forks: tuple[str, ...] = ()
    inner: bool = False


@dataclass(frozen=True, slots=True)
class Label:
    """A label of an arrow, before labels of one arrow are stacked.

    It stands for all transitions that look the same.
    """

    ends: Ends
    text: str
    is_decision: bool
    tone: Tone
    automatic: str = ""

    @property
    def event(self) -> str:
        """The text without its guard."""
        return "" if self.text.startswith("[") else self.text.partition(" [")[0]


_Cells = Mapping[Label, Sequence[Transition]]


def arrows_of(
    labels: Iterable[tuple[Label, Sequence[Transition]]],
    machine: Machine,
    overlay: Overlay,
    look: Look,
) -> tuple[Arrow, ...]:
    """Return the arrows for labels and the transitions of each, in the order of their first label.

    Equal labels are one. Labels with the same ends share an arrow, unless one of them is a decision
    and another is not, their tones differ, or one is taken without an event, or unless an event of
    one state would come before another way of it, which it comes behind.
    """
    cells: dict[Label, list[Transition]] = {}
    for label, transitions in labels:
        cells.setdefault(label, []).extend(transitions)
    stacks = _stacks(cells, look)
    drawn = [_arrow(stack, cells, machine, overlay, look.wording) for stack in stacks]
    if not look.effects:
        drawn = [replace(arrow, effects=()) for arrow in drawn]
    most = max((arrow.weight for arrow in drawn), default=0)
    return tuple(replace(a, share=a.weight / most) if most else a for a in drawn)


def _stacks(labels: Iterable[Label], look: Look) -> list[list[Label]]:
    """Return the labels of each arrow; of two ways of an event the first one stays in front."""
    stacks: list[list[Label]] = []
    numbers: dict[tuple[object, ...], int] = {}
    last: dict[tuple[str, str], int] = {}
    """The last arrow with each event of a state."""
    for label in labels:
        key = (label.ends, *_apart(label, look))
        way = label.ends.from_box or label.ends.source, label.event
        if numbers.get(key, -1) < last.get(way, 0):
            numbers[key] = len(stacks)
            stacks.append([])
        last[way] = numbers[key]
        stacks[numbers[key]].append(label)
    return stacks


def _apart(label: Label, look: Look) -> tuple[object, ...]:
    """Return what labels of one arrow must have in common, besides its ends.

    Two loops at one state would cross each other's labels, so a state has only one.
    """
    ends = label.ends
    is_loop = ends.source == ends.target and ends.from_box == ends.to_box
    together = look.stacked or is_loop
    return (label.automatic,) if together else (label.automatic, label.is_decision, label.tone)


def _arrow(
    stack: list[Label], cells: _Cells, machine: Machine, overlay: Overlay, words: Wording
) -> Arrow:
    """Return the arrow of labels with the same ends."""
    first, ends = stack[0], stack[0].ends
    is_decision = all(label.is_decision for label in stack)
    marks = {label: merged_mark(map(overlay.mark, cells[label])) for label in stack}
    origins = (_origin(t) for label in stack for t in cells[label])
    return Arrow(
        source=ends.source,
        target=ends.target,
        from_box=ends.from_box,
        to_box=ends.to_box,
        forks=ends.forks,
        inner=ends.inner,
        labels=tuple(
            _label_text(label, cells[label], is_decision, marks[label]) for label in stack
        ),
        automatic=first.automatic,
        effects=merged_mark(marks.values()).details
        if overlay
        else _effects(machine, cells[first], words),
        is_decision=is_decision,
        origins=tuple(dict.fromkeys(filter(None, origins))),
        tone=merged_tone(label.tone for label in stack),
        weight=sum(mark.weight for mark in marks.values()),
        cells=tuple((t.source, t.event) for label in stack for t in cells[label]),
    )


def _label_text(label: Label, cells: Sequence[Transition], dashed: bool, mark: Mark) -> str:
    """Return the event with its sign and note, and with its decision if the arrow is not dashed."""
    origin = cells[0].origin if cells else None
    decided = f"({origin.label})" if label.is_decision and not dashed and origin else ""
    weight = f"{mark.weight:,}" if mark.weight else ""
    sign = "" if label.tone is Tone.FADED else label.tone.value
    return " ".join(filter(None, (sign, label.text, decided, weight, mark.note)))


def _origin(transition: Transition) -> str:
    origin = transition.origin
    return f"{transition.label} ({origin.citation}): {origin.reason}" if origin else ""


def _effects(machine: Machine, cells: Sequence[Transition], words: Wording) -> tuple[str, ...]:
    """Return the effects on indicators that transitions have in common."""
    rows = [machine.effects(t).items() for t in cells]
    return tuple(
        words.effect(name, effect)
        for name, effect in (rows[0] if rows else ())
        if effect is not Effect.NO_CHANGE and all((name, effect) in row for row in rows)
    )
