"""A lexicon: the words of one language for titles, columns, steps, statuses and effects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from fsm.machine import Effect, Machine, Transition
from fsm.tables.read.cell_text import is_unspaced, normalise, script_of

__all__ = ["DocumentedStep", "Lexicon", "StatedEffect", "is_distinctive"]

_REMEMBERED = 5_000
"""How many lines a lexicon remembers with their effects."""
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
        """Yield each machine that a header names, and the rest of the header.

        A script without blanks joins both: "\u65e0EFS" ("without EFS") below "KPI\u6458\u8981".
        """
        label = normalise(header).strip("() ")
        for title, machine in self._titles_in_headers:
            before, found, after = label.partition(title)
            if not found or not (_ends_word(before, title) and _begins_word(title, after)):
                continue
            rest = (part.strip(" -:,()") for part in (before, after))
            yield machine, " ".join(filter(None, rest))

    @cached_property
    def _titles_in_headers(self) -> list[tuple[str, str]]:
        """The titles that may stand in a header, the longest first, and their machines."""
        titles = (t for t in self.titles.items() if is_distinctive(t[0]) or is_unspaced(t[0]))
        return sorted(titles, key=lambda title: -len(title[0]))

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
        if label not in self._effects_of_lines:
            if len(self._effects_of_lines) > _REMEMBERED:
                self._effects_of_lines.clear()
            self._effects_of_lines[label] = self._effect(label)
        return self._effects_of_lines[label]

    def _effect(self, label: str) -> StatedEffect | None:
        for head, tail, effect in self._patterns:
            if len(label) < len(head) + len(tail):
                continue
            if label.startswith(head) and label.endswith(tail):
                word = label[len(head) : len(label) - len(tail)].strip()
                if word in self.indicators:
                    return StatedEffect(self.indicators[word], effect, word)
        return None

    @cached_property
    def _effects_of_lines(self) -> dict[str, StatedEffect | None]:
        """What the lines that were read state: most lines stand in many tables."""
        return {}

    @cached_property
    def _patterns(self) -> list[tuple[str, str, Effect]]:
        """The texts before and after the indicator of each pattern, and its effect."""
        parts = ((pattern.partition("{indicator}"), effect) for pattern, effect in self.effects)
        return [(head, tail, effect) for (head, _, tail), effect in parts]

    def tolerates(self, text: str) -> bool:
        """Whether a label is understood, but not preferred."""
        return normalise(text) in self.tolerated

    def knows(self, text: str) -> bool:
        """Whether a text is a title, a header, a status, an effect or a step of this language."""
        return normalise(text) in self.labels or self.effect(text) is not None

    def may_document(self, texts: Set[str], headers: Iterable[str]) -> bool:
        """Whether a table may be documented in this language.

        It may where a text in or above it, normalised, is a label, or where a header names a
        machine.
        """
        return not self.labels.isdisjoint(texts) or any(map(self.machine_in_header, headers))

    @cached_property
    def labels(self) -> frozenset[str]:
        """All titles, headers, statuses and steps."""
        return frozenset((*self.titles, *self.columns, *self.statuses, *self._step_labels))

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


def _ends_word(before: str, title: str) -> bool:
    return is_unspaced(title) or not before[-1:].isalnum()


def _begins_word(title: str, after: str) -> bool:
    return is_unspaced(title) or not after[:1].isalnum()
