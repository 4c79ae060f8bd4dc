"""What colours and lines of a picture mean, in a few words under it: only what occurs in it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from fsm.drawing.kinds import StatusColour
from fsm.drawing.model import Box, DrawnState, Picture
from fsm.drawing.paints import colour_class, paint_of
from fsm.drawing.wording import CLOCK, Wording
from fsm.status_kinds import StatusKind, kind_named
from fsm.text import display_width, shortened, visible

__all__ = [
    "GAP",
    "LegendEntry",
    "counted_kinds",
    "legend_entries",
    "legend_lines",
    "plain_line",
    "words_in",
]

_MOST = 3
"""As many statuses of one colour are named."""
_LONGEST = 24
"""Characters of a name."""
_NARROW, _WIDE = 72, 92
"""Characters of a line, by the direction of the picture."""
_ENGLISH = "en"
GAP = "\xa0\xa0\xa0"


class LegendEntry(NamedTuple):
    """What one colour or line means."""

    text: str
    colour: str | None = None
    """The name of the colour; ``None`` for a line."""
    line: str = ""
    """What the line, or the sign, looks like, in words of the picture: ``dashed arrow``, ``[ ]``.
    """
    dashed: str = ""
    """What is dashed: ``arrow`` or ``box``; empty where nothing is."""

    @property
    def sign(self) -> str:
        """A small square for a colour, empty for a line."""
        if self.colour is None:
            return ""
        return "□" if paint_of(self.colour).line == "dotted" else "■"

    @property
    def signed(self) -> str:
        """The text with its sign, or after what the line looks like."""
        return f"{self.sign}\xa0{self.text}" if self.sign else self.in_words

    @property
    def in_words(self) -> str:
        """The text, after what the line looks like."""
        return f"{self.line}: {self.text}" if self.line else self.text


def legend_entries(picture: Picture) -> tuple[LegendEntry, ...]:
    """Return what the colours and lines of a picture mean; nothing if its legend is left out."""
    if not picture.explained:
        return ()
    words = words_in(picture.language)
    found = (*_colours(picture, words), *_lines(picture, words))
    return tuple(entry._replace(text=visible(entry.text)) for entry in found)


def words_in(language: str | None) -> Mapping[str, str]:
    """Return the words of legends in a language; the English ones for one that has none."""
    return _words().get((language or _ENGLISH).lower(), _words()[_ENGLISH])


@cache
def _words() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(files(__package__).joinpath("legend_words.toml").read_text("utf-8"))


def legend_lines(picture: Picture) -> list[tuple[LegendEntry, ...]]:
    """Return the entries in lines that are as wide as a picture of this direction may be."""
    width = _WIDE if picture.direction in ("LR", "RL") else _NARROW
    lines: list[tuple[LegendEntry, ...]] = []
    left = 0
    for entry in legend_entries(picture):
        needed = display_width(entry.signed) + len(GAP)
        begins = bool(lines) and entry.line != "" and lines[-1][0].line == ""
        if needed > left or begins:
            lines.append(())
            left = width
        lines[-1] = (*lines[-1], entry)
        left -= needed
    return lines


def plain_line(entries: Iterable[LegendEntry]) -> str:
    """Return a line as one text."""
    return GAP.join(entry.signed for entry in entries)


def counted_kinds(
    colours: Mapping[str | None, StatusColour], words: Wording
) -> tuple[tuple[str, str], ...]:
    """Return the indicators that tell the kind of a status, each with the name of its colour."""
    told = (
        (its.colour, words.indicator(its.indicator)) for its in colours.values() if its.indicator
    )
    return tuple(dict.fromkeys(told))


# Colours -------------------------------------------------------------------------------------


def _colours(picture: Picture, words: Mapping[str, str]) -> Iterator[LegendEntry]:
    statuses: dict[str, dict[str, None]] = {}
    for node in picture.nodes:
        if node.colour is not None and not node.history:
            named = statuses.setdefault(node.colour, {})
            named |= {node.status: None} if node.status else {}
    for kind in StatusKind:
        if kind.value in statuses:
            counted = [name for colour, name in picture.counted if kind_named(colour) is kind]
            reason = f" ({_listed(counted, words)})" if counted else ""
            names = _listed(list(statuses[kind.value]), words)
            text = f"{words[kind.value]}{reason}{': ' if names else ''}{names}"
            yield LegendEntry(text, kind.value)
    for colour, given in statuses.items():
        if colour.startswith("#"):
            yield LegendEntry(_listed(list(given), words), colour)
    of_no_kind = [colour for colour in statuses if colour.startswith("status ")]
    if of_no_kind and len(statuses) > 1:
        is_all = len(of_no_kind) == len(statuses)
        text = words["one colour" if is_all else "other colours"]
        if (different := len(set(map(colour_class, of_no_kind)))) < len(of_no_kind):
            text = words["colours repeat"].format(colours=different, count=len(of_no_kind))
        yield LegendEntry(text)


def _listed(names: list[str], words: Mapping[str, str]) -> str:
    """Return the first names of a list, and how many more there are."""
    shown = [shortened(name, _LONGEST) for name in names[:_MOST]]
    more = [words["others"].format(count=len(names) - _MOST)] if names[_MOST:] else []
    return ", ".join((*shown, *more))


# Lines ---------------------------------------------------------------------------------------


def _lines(picture: Picture, words: Mapping[str, str]) -> Iterator[LegendEntry]:
    labels = [label for arrow in picture.arrows for label in arrow.labels]
    parts: list[DrawnState | Box] = [*picture.nodes, *picture.all_boxes]
    labels += [line for part in parts for line in part.inside]
    effects = " ".join(effect for arrow in picture.arrows for effect in arrow.effects)
    if any(arrow.is_decision for arrow in picture.arrows):
        yield LegendEntry(words["decision"], line=words["dashed arrow"], dashed="arrow")
    if any(box.parallel and box.boxes for box in picture.all_boxes):
        yield LegendEntry(words["region"], line=words["dashed box"], dashed="box")
    if any("[" in label for label in labels):
        yield LegendEntry(words["condition"], line="[ ]")
    if any(CLOCK in label for label in labels):
        yield LegendEntry(words["timer"], line=CLOCK)
    if "↑" in effects or "↓" in effects:
        yield LegendEntry(words["effects"], line="↑ ↓")
