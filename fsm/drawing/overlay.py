"""What is laid over a diagram: traffic, the difference of two machines, the path of a trace.

An overlay gives transitions, and lines under the names of states, a tone and a note. It knows
nothing of formats: each of them shows a tone as well as it can, and its sign everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from fsm.machine import Transition

__all__ = ["NO_OVERLAY", "Mark", "Overlay", "Tone", "joined"]


class Tone(Enum):
    """How something stands out. The value is its sign, which is read without colours."""

    PLAIN = ""
    FADED = "·"
    ADDED = "+"
    REMOVED = "−"
    CHANGED = "~"
    REJECTED = "✗"
    TAKEN = "▸"


@dataclass(frozen=True, slots=True)
class Mark:
    """The tone of a transition or a line; ``note`` follows the event, ``weight`` is traffic.

    ``details`` are small lines under the events of an arrow.
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
    """Marks of transitions, and marked lines of states by name; ``other`` is for the rest."""

    marks: Mapping[Transition, Mark] = field(default_factory=dict)
    lines: Mapping[str, Sequence[Mark]] = field(default_factory=dict)
    other: Mark = Mark()
    legend: Sequence[str] = ()

    def mark(self, transition: Transition) -> Mark:
        """Return the mark of a transition."""
        return self.marks.get(transition, self.other)

    def __bool__(self) -> bool:
        return bool(self.marks or self.lines)


NO_OVERLAY = Overlay()


def joined(marks: Iterable[Mark]) -> Mark:
    """Return one mark for transitions that are drawn as one: traffic adds up."""
    found = list(marks)
    tones = {mark.tone for mark in found}
    tone = tones.pop() if len(tones) == 1 else Tone.PLAIN
    notes = dict.fromkeys(mark.note for mark in found if mark.note)
    details = dict.fromkeys(detail for mark in found for detail in mark.details)
    return Mark(tone, ", ".join(notes), sum(mark.weight for mark in found), tuple(details))
