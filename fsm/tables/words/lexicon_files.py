"""Read lexicons from TOML files: those that ship with the package, and those that users add."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

from fsm.errors import PageError
from fsm.file_kinds import misplaced_toml
from fsm.machine import Effect
from fsm.suggest import no_such
from fsm.tables.read.cell_text import normalise
from fsm.tables.words.lexicon import DocumentedStep, Lexicon
from fsm.toml import Toml, parse_toml, read_toml

__all__ = [
    "COLUMNS",
    "combined_lexicons",
    "languages",
    "lexicon_text",
    "load_lexicon",
    "pattern_of",
    "read_lexicon",
    "read_lexicon_text",
]

COLUMNS = (
    "step", "indicators", "status", "from", "event", "to", "decision", "source", "reason", "note",
)  # fmt: skip
"""The roles of columns; a ``note`` holds free text."""
_SECTIONS = ("titles", "columns", "statuses", "indicators", "effects")
_STEP = {"machines", "event", "from", "labels"}
"""The keys of a step."""
_DRAWN = ("states", "events")
"""Sections for diagrams, with words that no documented table has."""
_SLOT = "\ue000"
"""Stands for the slot of a pattern while the pattern is normalised: no text has this letter."""
_KNOWN = ("kind", "language", "tolerated", *_SECTIONS, *_DRAWN, "steps")

Key = TypeVar("Key")
Meaning = TypeVar("Meaning")


@cache
def languages() -> tuple[str, ...]:
    """Return the languages that ship with the package, English first."""
    names = (entry.name for entry in files("fsm.tables.words").joinpath("lexicons").iterdir())
    shipped = sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml"))
    return tuple(sorted(shipped, key=lambda name: name != "en"))


@cache
def load_lexicon(language: str = "en") -> Lexicon:
    """Return a lexicon that ships with the package."""
    return _lexicon(parse_toml(lexicon_text(language), f"{language}.toml", PageError))


def lexicon_text(language: str) -> str:
    """Return the TOML of a lexicon that ships; raises :class:`PageError` for another language."""
    if language not in languages():
        raise PageError(no_such("language", language, languages()))
    return files("fsm.tables.words").joinpath("lexicons", f"{language}.toml").read_text("utf-8")


def read_lexicon(path: Path) -> Lexicon:
    """Read a lexicon from a file; raises :class:`PageError` with the file, the line, the fault."""
    return _lexicon_of(read_toml(path, PageError))


def read_lexicon_text(text: str, name: str) -> Lexicon:
    """Read a lexicon from the text of a file; raises what :func:`read_lexicon` raises."""
    return _lexicon_of(parse_toml(text, name, PageError))


def _lexicon_of(toml: Toml) -> Lexicon:
    if wrong := misplaced_toml(toml.data, "lexicon"):
        raise PageError(f"{toml.name}: {wrong}")
    return _lexicon(toml)


def combined_lexicons(paths: Iterable[Path]) -> list[Lexicon]:
    """Return one lexicon per language: from the given files first, then from the package.

    Lexicons of one language are merged; where they differ, a file overrides the package.
    Raises :class:`PageError` where two files give one label different meanings.
    """
    by_language: dict[str, Lexicon] = {}
    for path in paths:
        lexicon = read_lexicon(path)
        known = by_language.get(lexicon.language)
        if known is not None:
            _refuse_conflict(known, lexicon, read_toml(path, PageError))
            lexicon = _merged(known, lexicon)
        by_language[lexicon.language] = lexicon
    for language in languages():
        shipped = load_lexicon(language)
        given = by_language.get(language)
        by_language[language] = _merged(given, shipped) if given else shipped
    return list(by_language.values())


def _merged(first: Lexicon, more: Lexicon) -> Lexicon:
    """Return the labels of both lexicons; where they differ, the first one holds."""
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
        {**more.preferred, **first.preferred},
        {**more.documented, **first.documented},
    )


def _refuse_conflict(before: Lexicon, after: Lexicon, toml: Toml) -> None:
    for section in (*_SECTIONS, "steps"):
        known, new = dict(getattr(before, section)), dict(getattr(after, section))
        for key in sorted(known.keys() & new.keys(), key=str):
            if known[key] != new[key]:
                label = key if isinstance(key, str) else key[1]
                place = f"{toml.name}:{toml.line(section, label)}"
                other = f"stands for something else in another lexicon of {after.language!r}"
                raise PageError(f"{place}: {label!r} {other}")


# One file ------------------------------------------------------------------------------------


def _lexicon(toml: Toml) -> Lexicon:
    data = toml.data
    unknown = next((key for key in data if key not in _KNOWN), None)
    if unknown is not None:
        raise _refusal(toml, "", unknown, no_such("entry", unknown, _KNOWN))
    if not (isinstance(data.get("language"), str) and data["language"].strip()):
        raise PageError(f'{toml.name}: not a lexicon: it needs a line such as language = "nl"')
    entries = _step_entries(toml)
    return Lexicon(
        language=data["language"],
        titles=_meanings(toml, "titles"),
        columns=_columns(toml),
        statuses=_meanings(toml, "statuses"),
        indicators=_meanings(toml, "indicators"),
        effects=_effects(toml),
        steps=_steps(toml, entries),
        tolerated=frozenset(map(normalise, _tolerated(toml))),
        preferred=_preferred(toml),
        documented=_documented(entries),
    )


def _refusal(toml: Toml, section: str, text: str, fault: str) -> PageError:
    return PageError(f"{toml.name}:{toml.line(section, text)}: not a lexicon: {fault}")


def _are_labels(value: object, *, may_be_empty: bool = False) -> bool:
    """Whether a value is a list of texts, each with something to see."""
    if not isinstance(value, list) or not (value or may_be_empty):
        return False
    return all(isinstance(label, str) and normalise(label) for label in value)


def _tolerated(toml: Toml) -> list[str]:
    labels: list[str] = toml.data.get("tolerated", [])
    if not _are_labels(labels, may_be_empty=True):
        fault = 'write tolerated = ["a word", "another word"]'
        raise _refusal(toml, "", "tolerated", fault)
    return labels


def _step_entries(toml: Toml) -> list[Mapping[str, Any]]:
    """Return the tables ``[[steps]]``, each with its machines, event and labels."""
    entries: list[Mapping[str, Any]] = toml.data.get("steps", [])
    is_list = isinstance(entries, list) and all(isinstance(entry, dict) for entry in entries)
    for entry in entries if is_list else [{}]:
        if not _is_step(entry):
            labels = entry.get("labels")
            texts = [entry.get("event"), *(labels if isinstance(labels, list) else [labels])]
            place = f"{toml.name}:{toml.line('steps', *map(str, texts))}"
            raise PageError(
                f'{place}: not a lexicon: write [[steps]], machines = ["a machine"], event = '
                '"an event", labels = ["a step", "another label"], and optionally from = "a state"'
            )
    return entries


def _is_step(entry: Mapping[str, Any]) -> bool:
    return (
        entry.keys() <= _STEP
        and _are_labels(entry.get("machines"))
        and _are_labels(entry.get("labels"))
        and isinstance(entry.get("event"), str)
        and isinstance(entry.get("from", ""), str)
    )


def _preferred(toml: Toml) -> dict[tuple[str, str], str]:
    """Return the first label of each name: the one that is written."""
    words: dict[tuple[str, str], str] = {}
    for section in (*_SECTIONS, *_DRAWN):
        for name, label in _labels(toml, section):
            words.setdefault((section, name), label)
    return words


def _documented(
    entries: Sequence[Mapping[str, Any]],
) -> dict[str, tuple[tuple[DocumentedStep, str], ...]]:
    steps: dict[str, tuple[tuple[DocumentedStep, str], ...]] = {}
    for entry in entries:
        step = DocumentedStep(entry["event"], entry.get("from")), entry["labels"][0]
        for machine in entry["machines"]:
            steps[machine] = (*steps.get(machine, ()), step)
    return steps


def _meanings(toml: Toml, section: str) -> dict[str, str]:
    """Return the name of each label of a section."""
    meanings: dict[str, str] = {}
    for name, label in _labels(toml, section):
        _add_meaning(meanings, normalise(label), name, toml, section, label)
    return meanings


def _columns(toml: Toml) -> dict[str, str]:
    for name, _ in _labels(toml, "columns"):
        if name not in COLUMNS:
            place = f"{toml.name}:{toml.line('columns', name)}"
            raise PageError(f"{place}: {no_such('column', name, COLUMNS)}")
    return _meanings(toml, "columns")


def _labels(toml: Toml, section: str) -> Iterator[tuple[str, str]]:
    """Yield each name of a section with each of its labels."""
    entries = toml.data.get(section, {})
    if not isinstance(entries, dict):
        raise _refusal(toml, "", section, f'[{section}] has lines such as name = ["a word"]')
    for name, labels in entries.items():
        if not _are_labels(labels):
            fault = f'write {name} = ["a word", "another word"]'
            raise _refusal(toml, section, name, fault)
        yield from ((name, label) for label in labels)


def _add_meaning(
    meanings: dict[Key, Meaning],
    key: Key,
    meaning: Meaning,
    toml: Toml,
    section: str,
    label: str,
    describe_meaning: Callable[[Meaning], str] = str,
) -> None:
    """Add what a label means; raises :class:`PageError` where it has another meaning already."""
    known = meanings.setdefault(key, meaning)
    if known != meaning:
        raise PageError(
            f"{toml.name}:{toml.line(section, label)}: {label!r} has two meanings, "
            f"{describe_meaning(known)!r} and {describe_meaning(meaning)!r}; a label has one"
        )


def _effects(toml: Toml) -> tuple[tuple[str, Effect], ...]:
    effects: dict[str, Effect] = {}
    known = [effect.value for effect in Effect]
    for name, text in _labels(toml, "effects"):
        if name not in known:
            place = f"{toml.name}:{toml.line('effects', name)}"
            raise PageError(f"{place}: {no_such('effect', name, known)}")
        if text.count("{indicator}") != 1:
            place = f"{toml.name}:{toml.line('effects', text)}"
            raise PageError(f"{place}: the effect {text!r} needs one {{indicator}} for its name")
        _add_meaning(effects, pattern_of(text), Effect(name), toml, "effects", text, _effect_name)
    return tuple(effects.items())


def _effect_name(effect: Effect) -> str:
    return str(effect.value)


def pattern_of(text: str) -> str:
    """Return a normalised pattern; the blanks and dashes around its slot are kept."""
    return normalise(text.replace("{indicator}", _SLOT)).replace(_SLOT, "{indicator}")


def _steps(
    toml: Toml, entries: Iterable[Mapping[str, Any]]
) -> dict[tuple[str, str], DocumentedStep]:
    steps: dict[tuple[str, str], DocumentedStep] = {}
    for entry in entries:
        step = DocumentedStep(entry["event"], entry.get("from"))
        for machine in entry["machines"]:
            for label in entry["labels"]:
                key = machine, normalise(label)
                _add_meaning(steps, key, step, toml, "steps", label, lambda known: known.event)
    return steps
