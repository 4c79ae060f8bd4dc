"""The words of one language for steps, statuses, indicators and effects: data, not code."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

from fsm.errors import PageError
from fsm.machine import Effect
from fsm.tables.read.cell_text import is_unspaced, normalise, script_of
from fsm.toml import Toml, parse_toml, read_toml

__all__ = [
    "Lexicon",
    "Stated",
    "Step",
    "combined_lexicons",
    "is_distinctive",
    "languages",
    "load_lexicon",
    "read_lexicon",
]

COLUMNS = (
    "step", "indicators", "status", "from", "event", "to", "decision", "source", "reason", "note",
)  # fmt: skip
_SECTIONS = ("titles", "columns", "statuses", "indicators", "effects")
_KNOWN = ("language", "tolerated", *_SECTIONS, "steps")
_SHORT = 8
"""Titles of so many letters are one word in scripts that put no blanks between words."""


@dataclass(frozen=True, slots=True)
class Step:
    """What a documented step means: ``event``, accepted in ``source`` or wherever first."""

    event: str
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Stated:
    """What one item of a cell states of an indicator, and the word it calls it by."""

    indicator: str
    effect: Effect
    word: str


@dataclass(frozen=True)
class Lexicon:
    """One language. All labels are normalised (:func:`fsm.tables.read.cell_text.normalise`)."""

    language: str
    titles: Mapping[str, str]
    """Table title to machine name."""
    columns: Mapping[str, str]
    """Column header to its role, one of :data:`COLUMNS`; ``note`` holds free text."""
    statuses: Mapping[str, str]
    indicators: Mapping[str, str]
    effects: tuple[tuple[str, Effect], ...]
    """Patterns with the slot ``{indicator}``, and the effect they state."""
    steps: Mapping[tuple[str, str], Step]
    """(machine name, step label) to its meaning."""
    tolerated: frozenset[str] = frozenset()
    """Labels that are understood, but not the right word."""
    written: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """(section, name) to the label we write, as it is written."""
    documented: Mapping[str, tuple[tuple[Step, str], ...]] = field(default_factory=dict)
    """Machine to the steps of its documented table, in order, with the labels we write."""

    def machine(self, title: str) -> str | None:
        """Return the machine a table of this title is about."""
        return self.titles.get(normalise(title))

    def full_title(self, title: str) -> str | None:
        """Return the machine of a title that says enough to name it: one of several words.

        A single common word stands above many tables.
        """
        return self.machine(title) if is_distinctive(normalise(title)) else None

    def column(self, header: str) -> str | None:
        """Return the role of a column."""
        return self.columns.get(normalise(header))

    def header(self, text: str) -> tuple[str, str] | None:
        """Return role and machine of a column whose header has both, in either order."""
        for machine, rest in self._beside_titles(text):
            if role := self.columns.get(rest):
                return role, machine
        return None

    def half(self, text: str) -> str | None:
        """Return the machine that a header names beside other words."""
        return next((machine for machine, rest in self._beside_titles(text) if rest), None)

    def _beside_titles(self, text: str) -> Iterator[tuple[str, str]]:
        """Yield the machine of each telling title in a header, and the rest of the header."""
        label = normalise(text).strip("() ")
        for title, machine in self.titles.items():
            if is_distinctive(title):
                for rest in (label.removeprefix(title), label.removesuffix(title)):
                    if rest != label:
                        yield machine, rest.strip(" -:,()")

    def status(self, text: str) -> str | None:
        """Return the status a cell states."""
        return self.statuses.get(normalise(text))

    def step(self, machine: str, text: str) -> Step | None:
        """Return what a step of this machine means."""
        return self.steps.get((machine, normalise(text)))

    def knows_step(self, text: str) -> bool:
        """Whether a text is a step of any machine."""
        return normalise(text) in self._steps

    def effect(self, text: str) -> Stated | None:
        """Return the indicator and the effect that one item of a cell states."""
        folded = normalise(text)
        for pattern, effect in self.effects:
            head, _, tail = pattern.partition("{indicator}")
            if len(folded) < len(head) + len(tail):
                continue
            if folded.startswith(head) and folded.endswith(tail):
                slot = folded[len(head) : len(folded) - len(tail)].strip()
                if slot in self.indicators:
                    return Stated(self.indicators[slot], effect, slot)
        return None

    def tolerates(self, text: str) -> bool:
        """Whether a label is understood, but is not the right word."""
        return normalise(text) in self.tolerated

    def knows(self, text: str) -> bool:
        """Whether a text is a title, a header, a status, an effect or a step of this language."""
        label = normalise(text)
        known = (self.titles, self.columns, self.statuses, self._steps)
        return any(label in labels for labels in known) or self.effect(text) is not None

    @cached_property
    def _steps(self) -> frozenset[str]:
        return frozenset(label for _, label in self.steps)

    @cached_property
    def scripts(self) -> frozenset[str]:
        """The scripts of its letters, as Unicode calls them."""
        words = (*self.titles, *self.columns, *self.statuses, *self._steps, *self.indicators)
        return frozenset(script_of(c) for word in words for c in word if c.isalpha())

    def step_labels(self, machine: str) -> dict[str, Step]:
        """Return the step labels known for a machine, and what they mean."""
        return {label: step for (name, label), step in self.steps.items() if name == machine}


@cache
def languages() -> tuple[str, ...]:
    """Return the languages that ship with the package, English first."""
    names = (entry.name for entry in files("fsm.tables.words").joinpath("lexicons").iterdir())
    found = sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml"))
    return tuple(sorted(found, key=lambda name: name != "en"))


@cache
def load_lexicon(language: str = "en") -> Lexicon:
    """Return a lexicon that ships with the package."""
    name = f"{language}.toml"
    text = files("fsm.tables.words").joinpath("lexicons", name).read_text("utf-8")
    return _lexicon(parse_toml(text, name, PageError))


def read_lexicon(path: Path) -> Lexicon:
    """Read a lexicon from a file; raises :class:`PageError` naming the file and the fault."""
    return _lexicon(read_toml(path, PageError))


def combined_lexicons(given: Iterable[Path]) -> list[Lexicon]:
    """Return the lexicons of some files, and those that ship, one for each language.

    The files come first. In one language they add up: a file's words stand before those that
    ship. Raises :class:`PageError` where two files give one word two meanings.
    """
    found: dict[str, Lexicon] = {}
    for path in given:
        lexicon = read_lexicon(path)
        before = found.get(lexicon.language)
        if before is not None:
            _refuse_conflict(before, lexicon, read_toml(path, PageError))
            lexicon = _added(before, lexicon)
        found[lexicon.language] = lexicon
    for language in languages():
        own = load_lexicon(language)
        found[language] = _added(found[language], own) if language in found else own
    return list(found.values())


def _added(first: Lexicon, more: Lexicon) -> Lexicon:
    """Return a lexicon with the words of two; where they differ, the first one is right."""
    known = {pattern for pattern, _ in first.effects}
    return Lexicon(
        first.language,
        {**more.titles, **first.titles},
        {**more.columns, **first.columns},
        {**more.statuses, **first.statuses},
        {**more.indicators, **first.indicators},
        (*first.effects, *(e for e in more.effects if e[0] not in known)),
        {**more.steps, **first.steps},
        first.tolerated | more.tolerated,
        {**more.written, **first.written},
        {**more.documented, **first.documented},
    )


def _refuse_conflict(before: Lexicon, after: Lexicon, toml: Toml) -> None:
    for section in (*_SECTIONS, "steps"):
        known, new = dict(getattr(before, section)), dict(getattr(after, section))
        for word in sorted(known.keys() & new.keys(), key=str):
            if known[word] != new[word]:
                text = word if isinstance(word, str) else word[1]
                place = f"{toml.name}:{toml.line(section, text)}"
                other = f"stands for something else in another lexicon of {after.language!r}"
                raise PageError(f"{place}: {text!r} {other}")


def is_distinctive(title: str) -> bool:
    """Whether a title, normalised, has several words, or is long where words have no blanks."""
    letters = sum(c.isalpha() for c in title)
    return " " in title or "-" in title or (is_unspaced(title) and letters > _SHORT)


# Reading -------------------------------------------------------------------------------------


def _lexicon(toml: Toml) -> Lexicon:
    data = toml.data
    unknown = next((key for key in data if key not in _KNOWN), None)
    if unknown is not None:
        raise PageError(
            f"{toml.name}:{toml.line('', unknown)}: not a lexicon: no entry {unknown!r}; there "
            f"are: {', '.join(_KNOWN)}"
        )
    if not (isinstance(data.get("language"), str) and data["language"].strip()):
        raise PageError(f'{toml.name}: not a lexicon: it needs a line such as language = "nl"')
    steps = _entries(toml)
    return Lexicon(
        language=data["language"],
        titles=_by_label(toml, "titles"),
        columns=_by_label(toml, "columns", COLUMNS),
        statuses=_by_label(toml, "statuses"),
        indicators=_by_label(toml, "indicators"),
        effects=tuple(_effects(toml)),
        steps=_steps(toml, steps),
        tolerated=frozenset(map(normalise, _tolerated(toml))),
        written=dict(_written(data)),
        documented=_documented(steps),
    )


def _are_words(words: object, *, some: bool = True) -> bool:
    """Whether something is a list of texts that show something; ``some``: not an empty one."""
    if not isinstance(words, list) or (some and not words):
        return False
    return all(isinstance(word, str) and normalise(word) for word in words)


def _tolerated(toml: Toml) -> list[str]:
    words: list[str] = toml.data.get("tolerated", [])
    if not _are_words(words, some=False):
        place = f"{toml.name}:{toml.line('', 'tolerated')}"
        raise PageError(f'{place}: not a lexicon: write tolerated = ["a word", "another word"]')
    return words


def _entries(toml: Toml) -> list[Mapping[str, Any]]:
    """Return the steps, each with its machines, event and labels."""
    entries: list[Mapping[str, Any]] = toml.data.get("steps", [])
    listed = isinstance(entries, list) and all(isinstance(entry, dict) for entry in entries)
    for entry in entries if listed else [{}]:
        listed = _are_words(entry.get("machines")) and _are_words(entry.get("labels"))
        listed = listed and isinstance(entry.get("from", ""), str)
        if not (listed and isinstance(entry.get("event"), str)):
            labels = entry.get("labels")
            told = [entry.get("event"), *(labels if isinstance(labels, list) else [labels])]
            place = f"{toml.name}:{toml.line('steps', *map(str, told))}"
            raise PageError(
                f'{place}: not a lexicon: write [[steps]], machines = ["a machine"], event = '
                '"an event", labels = ["a step", "the same"], and perhaps from = "a state"'
            )
    return entries


def _written(data: Mapping[str, Any]) -> Iterator[tuple[tuple[str, str], str]]:
    """Yield the first label of everything that has labels."""
    for section in _SECTIONS:
        for name, labels in data.get(section, {}).items():
            yield (section, name), labels[0]


def _documented(
    entries: Sequence[Mapping[str, Any]],
) -> dict[str, tuple[tuple[Step, str], ...]]:
    found: dict[str, tuple[tuple[Step, str], ...]] = {}
    for entry in entries:
        step = Step(entry["event"], entry.get("from")), entry["labels"][0]
        for machine in entry["machines"]:
            found[machine] = (*found.get(machine, ()), step)
    return found


def _by_label(toml: Toml, section: str, names: Sequence[str] = ()) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, label in _labels(toml, section):
        if names and name not in names:
            place = f"{toml.name}:{toml.line(section, name)}"
            raise PageError(f"{place}: no column {name!r}; there are: {', '.join(names)}")
        _put(found, normalise(label), name, toml, section, label)
    return found


def _labels(toml: Toml, section: str) -> Iterator[tuple[str, str]]:
    entries = toml.data.get(section, {})
    if not isinstance(entries, dict):
        place = f"{toml.name}:{toml.line('', section)}"
        raise PageError(f'{place}: not a lexicon: [{section}] has lines such as name = ["a word"]')
    for name, labels in entries.items():
        if not _are_words(labels):
            raise PageError(
                f"{toml.name}:{toml.line(section, name)}: not a lexicon: write "
                f'{name} = ["a word", "another word"]'
            )
        yield from ((name, label) for label in labels)


def _put(
    found: dict[Any, Any],
    key: object,
    meaning: object,
    toml: Toml,
    section: str,
    label: str,
    shown: Callable[[Any], str] = str,
) -> None:
    """Note what a word means; raises :class:`PageError` where it means something already."""
    known = found.setdefault(key, meaning)
    if known != meaning:
        raise PageError(
            f"{toml.name}:{toml.line(section, label)}: {label!r} stands for two meanings, "
            f"{shown(known)!r} and {shown(meaning)!r}; a word has one"
        )


def _effects(toml: Toml) -> Iterator[tuple[str, Effect]]:
    found: dict[str, Effect] = {}
    known = [effect.value for effect in Effect]
    for name, text in _labels(toml, "effects"):
        if name not in known:
            place = f"{toml.name}:{toml.line('effects', name)}"
            raise PageError(f"{place}: no effect {name!r}; there are: {', '.join(known)}")
        if text.count("{indicator}") != 1:
            place = f"{toml.name}:{toml.line('effects', text)}"
            raise PageError(f"{place}: the effect {text!r} needs one {{indicator}} for its name")
        _put(found, _pattern(text), Effect(name), toml, "effects", text, lambda e: str(e.value))
    yield from found.items()


def _pattern(text: str) -> str:
    head, _, tail = text.partition("{indicator}")
    gap_before = " " if head.endswith(" ") else ""
    gap_after = " " if tail.startswith(" ") else ""
    return f"{normalise(head)}{gap_before}{{indicator}}{gap_after}{normalise(tail)}"


def _steps(toml: Toml, entries: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], Step]:
    found: dict[tuple[str, str], Step] = {}
    for entry in entries:
        meaning = Step(entry["event"], entry.get("from"))
        for machine in entry["machines"]:
            for label in entry["labels"]:
                key = machine, normalise(label)
                _put(found, key, meaning, toml, "steps", label, lambda step: step.event)
    return found
