"""A lexicon: the words of one language for titles, columns, steps, statuses and effects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from fsm.machine import Effect, Machine, Transition
from fsm.tables.read.cell_text import is_unspaced, normalise, script_of

__all__ = ["DocumentedStep", "Lexicon", "StatedEffect", "is_distinctive"]

_SHORT = 8
"""A title without blanks in an unspaced script counts as one word up to this many letters."""


@dataclass(frozen=True, slots=True)
class DocumentedStep:
    """A step of a documented table: the event, and its source state where that is not unique."""

    event: str
    source: str | None = None

    def transition(self, machine: Machine) -> Transition | None:
        """Return the transition that the shortest trace to this step ends with."""
        return _transition(machine, self)


@lru_cache(256)
def _transition(machine: Machine, step: DocumentedStep) -> Transition | None:
    return machine.first_transition(step.event, step.source)


@dataclass(frozen=True, slots=True)
class StatedEffect:
    """The effect on an indicator that one line of a cell states, and its word for the indicator."""

    indicator: str
    effect: Effect
    word: str


@dataclass(frozen=True, repr=False)
class Lexicon:
    """One language. All labels are normalised (:func:`fsm.tables.read.cell_text.normalise`)."""

    language: str
    titles: Mapping[str, str]
    """Table title to machine name."""
    columns: Mapping[str, str]
    """Column header to its role, one of :data:`fsm.tables.words.lexicon_files.COLUMNS`."""
    statuses: Mapping[str, str]
    indicators: Mapping[str, str]
    effects: tuple[tuple[str, Effect], ...]
    """Patterns with the slot ``{indicator}``, and the effect that each states."""
    steps: Mapping[tuple[str, str], DocumentedStep]
    """(machine name, step label) to the step."""
    tolerated: frozenset[str] = frozenset()
    """Labels that are understood, but not preferred."""
    preferred: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """(section, name) to the label that is used when a table is written, not normalised."""
    documented: Mapping[str, tuple[tuple[DocumentedStep, str], ...]] = field(default_factory=dict)
    """Machine name to the steps of its documented table, in order, with their preferred labels."""

    def __repr__(self) -> str:
        return f"<Lexicon {self.language!r}: {len(self.titles)} titles, {len(self.steps)} steps>"

    def machine(self, title: str) -> str | None:
        """Return the machine that a title names."""
        return self.titles.get(normalise(title))

    def machine_of_full_title(self, title: str) -> str | None:
        """Return the machine that a title names in several words.

        A single common word, such as "Delivery", stands above many tables and is not enough.
        """
        return self.machine(title) if is_distinctive(normalise(title)) else None

    def column(self, header: str) -> str | None:
        """Return the role of a column."""
        return self.columns.get(normalise(header))

    def role_and_machine(self, header: str) -> tuple[str, str] | None:
        """Return role and machine of a column whose header names both, in either order."""
        for machine, rest in self._machines_in(header):
            if role := self.columns.get(rest):
                return role, machine
        return None

    def machine_in_header(self, header: str) -> str | None:
        """Return the machine that a header names next to other words."""
        return next((machine for machine, rest in self._machines_in(header) if rest), None)

    def _machines_in(self, header: str) -> Iterator[tuple[str, str]]:
        """Yield each machine that a header begins or ends with, and the rest of the header."""
        label = normalise(header).strip("() ")
        for title, machine in self.titles.items():
            if is_distinctive(title):
                for rest in (label.removeprefix(title), label.removesuffix(title)):
                    if rest != label:
                        yield machine, rest.strip(" -:,()")

    def status(self, text: str) -> str | None:
        """Return the status that a cell states."""
        return self.statuses.get(normalise(text))

    def step(self, machine: str, text: str) -> DocumentedStep | None:
        """Return the step of a machine that a cell names."""
        return self.steps.get((machine, normalise(text)))

    def knows_step(self, text: str) -> bool:
        """Whether a text is a step of any machine."""
        return normalise(text) in self._step_labels

    def effect(self, text: str) -> StatedEffect | None:
        """Return the indicator and the effect that one line of a cell states."""
        label = normalise(text)
        for pattern, effect in self.effects:
            head, _, tail = pattern.partition("{indicator}")
            if len(label) < len(head) + len(tail):
                continue
            if label.startswith(head) and label.endswith(tail):
                word = label[len(head) : len(label) - len(tail)].strip()
                if word in self.indicators:
                    return StatedEffect(self.indicators[word], effect, word)
        return None

    def tolerates(self, text: str) -> bool:
        """Whether a label is understood, but not preferred."""
        return normalise(text) in self.tolerated

    def knows(self, text: str) -> bool:
        """Whether a text is a title, a header, a status, an effect or a step of this language."""
        label = normalise(text)
        known = (self.titles, self.columns, self.statuses, self._step_labels)
        return any(label in labels for labels in known) or self.effect(text) is not None

    @cached_property
    def _step_labels(self) -> frozenset[str]:
        return frozenset(label for _, label in self.steps)

    @cached_property
    def scripts(self) -> frozenset[str]:
        """The scripts of its letters, by the first word of their Unicode names."""
        labels = (*self.titles, *self.columns, *self.statuses, *self._step_labels, *self.indicators)
        return frozenset(script_of(c) for label in labels for c in label if c.isalpha())

    def steps_of(self, machine: str) -> dict[str, DocumentedStep]:
        """Return the steps of a machine by their labels."""
        return {label: step for (name, label), step in self.steps.items() if name == machine}


def is_distinctive(title: str) -> bool:
    """Whether a normalised title has several words, or is long in a script without blanks.

    >>> is_distinctive("delivery"), is_distinctive("with feedback service")
    (False, True)
    """
    letters = sum(c.isalpha() for c in title)
    return " " in title or "-" in title or (is_unspaced(title) and letters > _SHORT)
