"""The words of one language for steps, statuses, indicators and effects: data, not code."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

from fsm.errors import PageError
from fsm.machine import Effect
from fsm.spec.text import normalise, script

__all__ = ["Lexicon", "Stated", "Step", "languages", "load_lexicon", "read_lexicon"]


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
    """One language. All labels are held normalised, see :func:`fsm.spec.text.normalise`."""

    language: str
    titles: Mapping[str, str]
    """Table title to machine name."""
    columns: Mapping[str, str]
    """Column header to its role: step, indicators, status, from, event, to, source, reason."""
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

    def column(self, header: str) -> str | None:
        """Return the role of a column."""
        return self.columns.get(normalise(header))

    def header(self, text: str) -> tuple[str, str] | None:
        """Return role and machine of a column whose header has both, in either order."""
        label = normalise(text.replace("<br", " <br").replace("<BR", " <br"))
        for title, machine in self.titles.items():
            for rest in (label.removeprefix(title), label.removesuffix(title)):
                role = self.columns.get(rest.strip(" -:,()"))
                if rest != label and role:
                    return role, machine
        return None

    def status(self, text: str) -> str | None:
        """Return the status a cell states."""
        return self.statuses.get(normalise(text))

    def step(self, machine: str, text: str) -> Step | None:
        """Return what a step of this machine means."""
        return self.steps.get((machine, normalise(text)))

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
        return frozenset(script(c) for word in words for c in word if c.isalpha())

    def step_labels(self, machine: str) -> tuple[str, ...]:
        """Return the step labels known for a machine."""
        return tuple(label for name, label in self.steps if name == machine)


@cache
def languages() -> tuple[str, ...]:
    """Return the languages that ship with the package, English first."""
    names = (entry.name for entry in files("fsm.spec").joinpath("lexicons").iterdir())
    found = sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml"))
    return tuple(sorted(found, key=lambda name: name != "en"))


@cache
def load_lexicon(language: str = "en") -> Lexicon:
    """Return a lexicon that ships with the package."""
    name = f"{language}.toml"
    return _lexicon(files("fsm.spec").joinpath("lexicons", name).read_text("utf-8"), name)


def read_lexicon(path: Path) -> Lexicon:
    """Read a lexicon from a file; raises :class:`PageError` naming the file and the fault."""
    try:
        return _lexicon(path.read_text("utf-8"), str(path))
    except OSError as error:
        raise PageError(f"{path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise PageError(f"{path}: not UTF-8 text") from error


def _lexicon(text: str, name: str) -> Lexicon:
    try:
        data = tomllib.loads(text)
        return Lexicon(
            language=str(data["language"]),
            titles=_by_label(data["titles"]),
            columns=_by_label(data["columns"]),
            statuses=_by_label(data["statuses"]),
            indicators=_by_label(data["indicators"]),
            effects=tuple(
                (_pattern(pattern), Effect(effect))
                for effect, patterns in data["effects"].items()
                for pattern in patterns
            ),
            steps=dict(_steps(data["steps"])),
            tolerated=frozenset(map(normalise, data.get("tolerated", ()))),
            written=dict(_written(data)),
            documented=_documented(data["steps"]),
        )
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise PageError(f"{name}: not a lexicon: {error!r}") from error


def _written(data: Mapping[str, Any]) -> Iterator[tuple[tuple[str, str], str]]:
    """Yield the first label of everything that has labels."""
    for section in ("titles", "columns", "statuses", "indicators", "effects"):
        for name, labels in data[section].items():
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


def _by_label(section: Mapping[str, Iterable[str]]) -> dict[str, str]:
    return {normalise(label): value for value, labels in section.items() for label in labels}


def _pattern(text: str) -> str:
    head, slot, tail = text.partition("{indicator}")
    if not slot:
        raise ValueError(f"the effect pattern {text!r} has no {{indicator}}")
    gap_before = " " if head.endswith(" ") else ""
    gap_after = " " if tail.startswith(" ") else ""
    return f"{normalise(head)}{gap_before}{{indicator}}{gap_after}{normalise(tail)}"


def _steps(entries: Iterable[Mapping[str, Any]]) -> Iterator[tuple[tuple[str, str], Step]]:
    for entry in entries:
        meaning = Step(entry["event"], entry.get("from"))
        for machine in entry["machines"]:
            for label in entry["labels"]:
                yield (machine, normalise(label)), meaning
