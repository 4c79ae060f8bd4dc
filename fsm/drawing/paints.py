"""The colours of pictures, for the light and the dark theme."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

from fsm.drawing.overlay import Tone
from fsm.status_kinds import StatusKind

__all__ = [
    "COLOURS",
    "FONT",
    "GREY",
    "INK",
    "LINE",
    "MONOSPACE",
    "TONES",
    "UNPAINTED",
    "Paint",
    "colour_class",
    "contrast_of",
    "dark_colors",
    "dark_paint_of",
    "dark_rules",
    "paint_of",
]

FONT = "Helvetica,Arial,sans-serif"
MONOSPACE = "Menlo,Consolas,monospace"
GREY = "#5f6b76"
INK = "#1f2933"
LINE = "#52606d"
_WHITE = "#ffffff"
_DARK_WHITE = "#18222c"


class Paint(NamedTuple):
    """The colours of one status, and the style of its border."""

    fill: str
    border: str
    text: str
    line: str = ""
    """The style of the border: ``bold``, ``dotted``, or empty for a plain line; kinds differ not in
    colour alone."""


UNPAINTED = Paint(_WHITE, LINE, INK)

# Borders and texts were searched by computer for the largest difference between kinds as people see
# them who lack one kind of cone: tests/test_colours.py asserts it. Green and red next to each other
# would be half as different as blue and red are. Fills are light enough for dark text.
_LIGHT = {
    StatusKind.GOOD.value: Paint("#deeefe", "#2482e0", "#0b57a4"),
    StatusKind.BAD.value: Paint("#ffe9e2", "#8f2412", "#6e1206", "bold"),
    StatusKind.OPEN.value: Paint("#fdf3cf", "#b87a12", "#7d5c00"),
    StatusKind.NOT_YET.value: Paint(_WHITE, "#4d5660", "#454e58", "dotted"),
}
_DARK = {
    StatusKind.GOOD.value: Paint("#122c49", "#5ea6f7", "#5ea6f7"),
    StatusKind.BAD.value: Paint("#4a1c18", "#f07f78", "#f07f78", "bold"),
    StatusKind.OPEN.value: Paint("#3b3209", "#f7dc62", "#f7dc62"),
    StatusKind.NOT_YET.value: Paint(_DARK_WHITE, "#c6cbd1", "#c6cbd1", "dotted"),
}
# Statuses of no kind: green and violet, which no kind has. Each with its dark colour.
_OF_NO_KIND = (
    ("#3f2a92", "#9693bc"),
    ("#78925e", "#8da523"),
    ("#948095", "#a7919d"),
    ("#256346", "#93c1a7"),
    ("#6c5f92", "#e5c0fc"),
    ("#3c826c", "#8dffd5"),
)
COLOURS = (*_LIGHT, *(f"status {number}" for number, _ in enumerate(_OF_NO_KIND, 1)))
"""The names of the colours that every page has; besides, a machine may have colours of its own."""

# The colour of a tone, and the style of its arrows: colour is never the only difference.
TONES = {
    Tone.PLAIN: (LINE, ""),
    Tone.FADED: ("#a9b4be", ""),
    Tone.ADDED: ("#00795a", "bold"),
    Tone.REMOVED: ("#b3432b", "dotted"),
    Tone.CHANGED: ("#574400", "bold"),
    Tone.REJECTED: ("#c1121f", ""),
    Tone.TAKEN: ("#005f96", "bold"),
    Tone.MISSING: ("#005f96", "dotted"),
    Tone.EXTRA: ("#b3432b", "bold"),
}


def paint_of(colour: str | None) -> Paint:
    """Return the light colours for the name of a colour.

    The name is that of a kind, ``status 1``, ``status 2``, ..., or a colour such as ``#b00020``,
    which is made as dark as readers need; ``None`` stands for no status.
    """
    if colour is None:
        return UNPAINTED
    return _LIGHT[colour] if colour in _LIGHT else _light_paint(_base(colour)[0])


def dark_paint_of(colour: str) -> Paint:
    """Return the colours of :func:`paint_of` for the dark theme."""
    return _DARK[colour] if colour in _DARK else _dark_paint(_base(colour)[1])


def colour_class(colour: str) -> str:
    """Return the CSS class for the name of a colour.

    >>> colour_class("not yet"), colour_class("status 7"), colour_class("#b00020")
    ('colour-not-yet', 'colour-status-1', 'colour-b00020')
    """
    name = colour.removeprefix("#")
    if colour.startswith("status "):
        name = f"status {_number(colour) + 1}"
    return f"colour-{name.replace(' ', '-')}"


def _number(colour: str) -> int:
    """Return which of the colours of no kind a status has; more statuses share them."""
    return (int(colour.removeprefix("status ")) - 1) % len(_OF_NO_KIND)


def _base(colour: str) -> tuple[str, str]:
    """Return a colour from which the others are mixed, for the light and the dark theme."""
    return (colour, colour) if colour.startswith("#") else _OF_NO_KIND[_number(colour)]


# Mixing --------------------------------------------------------------------------------------


@cache
def _light_paint(base: str) -> Paint:
    fill = _until(4.55, GREY, [_mixed(base, _WHITE, share) for share in (13, 10, 7, 4, 2)])
    border = _until(3.3, fill, _towards(base, "#000000"))
    return Paint(fill, border, _until(4.6, fill, _towards(border, "#000000")))


@cache
def _dark_paint(base: str) -> Paint:
    grey = "#9fb0c0"
    fill = _until(5.15, grey, [_mixed(base, _DARK_WHITE, share) for share in (20, 15, 10, 5, 0)])
    line = _until(4.6, fill, _towards(base, _WHITE))
    return Paint(fill, line, line)


def _towards(colour: str, end: str) -> list[str]:
    """Return a colour, and mixtures with more and more of another one."""
    return [_mixed(colour, end, share) for share in range(100, -1, -5)]


def _until(contrast: float, ground: str, colours: list[str]) -> str:
    """Return the first colour with a contrast to a ground, or the last one."""
    return next((c for c in colours if contrast_of(c, ground) >= contrast), colours[-1])


def _mixed(one: str, other: str, share: int) -> str:
    """Return a mixture with so many percent of the first colour."""
    pairs = zip(_channels(one), _channels(other), strict=True)
    return "#" + "".join(f"{(a * share + b * (100 - share) + 50) // 100:02x}" for a, b in pairs)


def contrast_of(one: str, other: str) -> float:
    """Return the contrast of two colours, from 1 to 21 (WCAG 2)."""
    dark, light = sorted(map(_luminance, (one, other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    shares = [channel / 255 for channel in _channels(colour)]
    light = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in shares]
    return sum(c * weight for c, weight in zip(light, (0.2126, 0.7152, 0.0722), strict=True))


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


# Dark mode -----------------------------------------------------------------------------------


def dark_rules(selector: str, colours: Iterable[str] = ()) -> str:
    """Return the CSS rules that replace the colours of a picture by dark ones, below a selector.

    The light colours stay in the attributes, so that a program without CSS shows the light picture.
    ``colours`` are those that a machine has besides :data:`COLOURS`.
    """
    rules = []
    for light, dark in dark_colors(colours).items():
        for attribute in ("fill", "stroke"):
            rules.append(f'{selector} [{attribute}="{light}"]{{{attribute}:{dark}}}')
    return "".join(rules)


def dark_colors(colours: Iterable[str] = ()) -> dict[str, str]:
    """Return the dark colour for each light colour, also for those of ``colours``."""
    papers = {"white": "#0f161d", _WHITE: _DARK_WHITE}
    inks = {INK: "#e6edf3", LINE: "#9fb0c0", GREY: "#9fb0c0"}
    tones = {TONES[tone][0]: color for tone, color in _DARK_TONES.items()}
    status: dict[str, str] = {}
    for name in dict.fromkeys((*colours, *COLOURS)):
        status |= dict(zip(paint_of(name)[:3], dark_paint_of(name)[:3], strict=True))
    return status | papers | inks | tones


_DARK_TONES = {
    Tone.FADED: "#56626e",
    Tone.ADDED: "#3ccfa0",
    Tone.REMOVED: "#ff9d7a",
    Tone.CHANGED: "#e0b83c",
    Tone.REJECTED: "#ff7b80",
    Tone.TAKEN: "#56b4e9",
    Tone.MISSING: "#56b4e9",
    Tone.EXTRA: "#ff9d7a",
}
