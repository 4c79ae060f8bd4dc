"""Marks on a diagram: event counts, differences of two machines, or the path of a trace.

An overlay gives a tone and a note to transitions, and to lines under the names of states. Every
format shows the sign of a tone; its colour and line style only where the format can.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from fsm.machine import Transition
from fsm.read_only import hold_mappings

__all__ = ["NO_OVERLAY", "Mark", "Overlay", "Tone", "merged_mark", "merged_tone", "prevailing_tone"]


class Tone(Enum):
    """How something is highlighted. The value is its sign, for readers who see no colours."""

    PLAIN = ""
    FADED = "·"
    ADDED = "+"
    REMOVED = "−"
    CHANGED = "~"
    REJECTED = "✗"
    TAKEN = "▸"
    MISSING = "⊕"
    EXTRA = "⊖"


@dataclass(frozen=True, slots=True)
class Mark:
    """The tone of a transition or a line.

    ``note`` follows the event, ``weight`` is its count, ``details`` are small lines under the
    events of an arrow.
    """

    tone: Tone = Tone.PLAIN
    note: str = ""
    weight: int = 0
    details: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The note with its sign."""
        return f"{self.tone.value} {self.note}".strip()


@dataclass(frozen=True)
class Overlay:
    """Marks of transitions and marked lines of states; the other transitions have ``other``."""

    marks: Mapping[Transition, Mark] = field(default_factory=dict)
    """The marks of transitions."""
    lines: Mapping[str, Sequence[Mark]] = field(default_factory=dict)
    """The marked lines of states, by their names."""
    other: Mark = Mark()
    """The mark of all other transitions."""
    legend: Sequence[str] = ()
    """What the marks mean, in lines under the drawing."""

    def __post_init__(self) -> None:
        hold_mappings(self, "marks", "lines")

    def mark(self, transition: Transition) -> Mark:
        """Return the mark of a transition."""
        return self.marks.get(transition, self.other)

    def __bool__(self) -> bool:
        return bool(self.marks or self.lines)


NO_OVERLAY = Overlay()


def merged_tone(tones: Iterable[Tone]) -> Tone:
    """Return the tone of an arrow for several events: theirs, or plain where they differ.

    What is extra in a state is seen at a loop that the state has anyway.
    """
    different = set(tones)
    if Tone.EXTRA in different:
        different.discard(Tone.FADED)
    return different.pop() if len(different) == 1 else Tone.PLAIN


def prevailing_tone(tones: Iterable[Tone]) -> Tone | None:
    """Return the tone of one declared transition for those of its cells.

    What was taken, or is marked, prevails over what was not; ``None`` where marks differ.
    """
    different = set(tones)
    if len(different) > 1:
        different.discard(Tone.FADED)
    if different == {Tone.PLAIN, Tone.REJECTED}:
        return Tone.PLAIN
    return different.pop() if len(different) == 1 else None


def merged_mark(marks: Iterable[Mark]) -> Mark:
    """Return one mark for transitions that are drawn as one arrow; their counts are added up."""
    merged = list(marks)
    tone = merged_tone(mark.tone for mark in merged)
    notes = dict.fromkeys(mark.note for mark in merged if mark.note)
    details = dict.fromkeys(detail for mark in merged for detail in mark.details)
    return Mark(tone, ", ".join(notes), sum(mark.weight for mark in merged), tuple(details))
